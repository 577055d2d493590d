from . import relance_call
from . import relance_answer
from . import relance_portal_account
from . import account_move
from . import res_partner
