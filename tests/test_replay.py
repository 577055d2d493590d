"""A year and more of a public sample ledger, played day by day through the addon.

One customer in five here; ``make replay`` plays them all. The checks themselves are tested on a story
made by hand, where each kind of fault must be found.
"""

import copy
from datetime import date
from decimal import Decimal

import pytest
from replay import checks, expected, ledger, run
from support.database import Database, assert_quiet

ONE_IN = 5
DAYS = (date(2024, 1, 3), date(2024, 12, 31))


# -- the ledger


@pytest.fixture(scope="module")
def played():
    """Return the facts of the sampled ledger, its invoices and Odoo's log."""
    path = ledger.find(__file__)
    if path is None:
        pytest.skip(f"no {ledger.NAME} in a folder above this checkout: the sample ledger is not replayed")
    database = Database()
    yield run.play(database.name, path, ONE_IN)
    database.drop()


def test_the_sample_is_played_whole(played):
    facts, invoices, log = played
    assert_quiet(log)
    print("\n".join(run.totals(facts, invoices)))
    assert len(facts["invoices"]) == len(invoices) > 450
    kinds = {notice["kind"] for notice in checks.sent(facts)}
    assert kinds == set(expected.KINDS), "a level of the calendar was never tried"
    assert any(invoice.held for invoice in invoices)
    assert any(notice["state"] == "cancelled" for notice in facts["notices"]), "no payment crossed a notice"


CHECKS = list(checks.all_faults({"notices": [], "invoices": {}, "again": [], "runs_left": 0, "last_day": "2024-12-31",
                                 "register": {"valid": True, "checked": 0}}, [], *DAYS))  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_replay(played, name):
    facts, invoices, _log = played
    faults = checks.all_faults(facts, invoices, ledger.FIRST_DAY, ledger.LAST_DAY)[name]
    assert not faults, "\n".join(faults[:20])
