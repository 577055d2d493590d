from . import test_calendar
from . import test_escalation
from . import test_partner
from . import test_rate
from . import test_terms
