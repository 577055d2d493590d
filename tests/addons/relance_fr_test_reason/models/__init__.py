from . import relance_decision
