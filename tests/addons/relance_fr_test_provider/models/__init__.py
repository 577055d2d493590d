from . import res_company
from . import relance_provider_test
