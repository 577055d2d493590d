# Storeys, from the ground up: each calls those above its line, never those below.
from . import setup  # what a company sets once
from . import debtor  # the customer's card
from . import letter  # what is written: parties, payment, PDF
from . import segment  # the rules that give a debtor a calendar, which the decision reads
from . import ledger  # what is owed and what came in
from . import commitment  # promises and plans, judged by the ledger
from . import claim  # from the ledger by the law to amounts
from . import hold  # what stands in the way: suspensions, disputes, insolvency
from . import decision  # send, wait or skip, and why
from . import notice  # the register: drafts, seal, dispatch, letters, delivery
from . import run  # the campaign and the jobs
from . import follow_up  # calls and answers of customers
from . import scoring  # profiles, scores and alerts
from . import cockpit  # work list, page of the debtor, figures
from . import simulation  # days played
