from . import letters
from . import provider
from . import register
from . import payment_plans
