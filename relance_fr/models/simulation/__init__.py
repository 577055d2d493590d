from . import relance_simulator
from . import relance_calendar
from . import res_company
