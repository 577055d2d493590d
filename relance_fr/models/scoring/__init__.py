from . import relance_alert
from . import res_partner
from . import res_company
