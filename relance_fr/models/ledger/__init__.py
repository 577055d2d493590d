from . import relance_ledger
from . import relance_ledger_account
from . import account_journal
from . import account_move
from . import account_move_line
from . import res_company
