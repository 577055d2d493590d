from . import relance_letter
