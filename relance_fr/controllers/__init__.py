from . import letters
from . import payment_plans
