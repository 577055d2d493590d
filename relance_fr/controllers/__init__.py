from . import letters
from . import provider
from . import register
from . import payment_plans
from . import debtor_account
from . import debtor_answers
from . import overdue
from . import attachment
