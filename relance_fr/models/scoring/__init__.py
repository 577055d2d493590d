from . import relance_partner_profile
from . import relance_segment
from . import relance_alert
from . import res_partner
from . import res_company
