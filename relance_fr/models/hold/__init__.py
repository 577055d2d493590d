from . import relance_hold
from . import relance_hold_insolvency
from . import relance_hold_claim
from . import relance_letter
from . import account_move
from . import res_company
from . import res_partner
from . import ir_attachment
