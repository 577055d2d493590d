"""How large the faults are: small in ``make test``, whole in ``make test-faults`` (``RELANCE_FAULTS=all``)."""

import os

WHOLE = os.environ.get("RELANCE_FAULTS") == "all"
#: Debtors and kills of a dispatch that is killed.
KILL, KILLS = (500, 20) if WHOLE else (60, 5)
#: Debtors of the other faults.
FEW = 200 if WHOLE else 20


def some(cases, *few):
    """Return the ``cases`` to run: all of them, or the ``few`` that differ most."""
    return list(cases) if WHOLE else list(few)
