from . import relance_claim
from . import relance_invoice_mention
from . import relance_limitation_alert
from . import account_move
from . import res_company
