from . import relance_decision
from . import relance_decision_addressee
from . import relance_decision_explain
from . import account_move
from . import account_move_line
from . import res_partner
from . import res_company
