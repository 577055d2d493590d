from . import relance_segment
from . import relance_partner_profile
from . import res_company
