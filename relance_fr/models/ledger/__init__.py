from . import relance_ledger
from . import relance_ledger_bank
