from . import relance_simulator
from . import relance_calendar
