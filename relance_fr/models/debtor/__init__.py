from . import relance_regime_text
from . import res_partner
from . import res_partner_regime
from . import res_partner_category
