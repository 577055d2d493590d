# Storeys, from the ground up: each calls those above its line, never those below.
from . import setup  # what a company sets once
from . import debtor  # the customer's card
from . import letter  # what is written: parties, payment, PDF
from . import ledger  # what is owed and what came in
from . import claim  # from the ledger by the law to amounts
from . import commitment  # promises and plans, judged by the ledger
from . import scoring  # profiles, scores, alerts, and the segments that give a debtor a calendar
from . import decision  # send, wait or skip, and why
from . import notice  # the register: drafts, seal, dispatch, letters, delivery
from . import hold  # suspensions, disputes, insolvency: what they stop, notices and promises among it
from . import run  # the campaign and the jobs
from . import follow_up  # calls and answers of customers
from . import cockpit  # work list, page of the debtor, figures
from . import simulation  # days played
