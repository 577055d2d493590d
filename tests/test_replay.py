"""A year and more of a public sample ledger, played day by day through the addon.

One customer in five here; ``make replay`` plays them all. The checks themselves are tested on a story
made by hand, where each kind of fault must be found.
"""

from datetime import date
from decimal import Decimal

import pytest
from replay import checks, expected, faults, ledger, run

from support.database import Database, assert_quiet

ONE_IN = 5


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


CHECKS = list(checks.all_faults(faults.told(), faults.INVOICES, *faults.DAYS))


@pytest.mark.parametrize("name", CHECKS)
def test_replay(played, name):
    facts, invoices, _log = played
    found = checks.all_faults(facts, invoices, ledger.FIRST_DAY, ledger.LAST_DAY)[name]
    assert not found, "\n".join(found[:20])


# -- the independent computation


def test_penalty_by_hand():
    # 10 days at 14.50 % and 10 at 14.25 %, due in June: 3.972... and 3.904...
    assert expected.penalty(Decimal(1000), date(2024, 6, 20), date(2024, 7, 10)) == Decimal("7.87")
    # 365 days a year, although 2024 has 366: 29 days of February and 31 of January.
    assert expected.penalty(Decimal(3650), date(2023, 12, 31), date(2024, 2, 29)) == Decimal("87.00")
    assert expected.penalty(Decimal(3650), date(2024, 2, 29), date(2024, 2, 29)) == 0
    # Half a cent goes up: 73 EUR x 14.5 % x 5 / 365 = 0.145.
    assert expected.penalty(Decimal(73), date(2024, 1, 1), date(2024, 1, 6)) == Decimal("0.15")


def test_expected_calendar_by_hand():
    invoice = faults.invoice("10", "A", due="2024-03-01", paid="2024-06-01")
    told = [(str(n.day), n.kind) for n in expected.notices([invoice], *faults.DAYS)]
    # The formal notice is posted the day after, and the last one counts fifteen days from then.
    assert told == [
        ("2024-02-27", "preventive"),
        ("2024-03-08", "courtesy"),
        ("2024-03-16", "firm"),
        ("2024-03-31", "formal"),
        ("2024-04-16", "final"),
    ]


def test_ledger_is_read(tmp_path):
    path = tmp_path / "shared" / "data" / "receivables_ledger.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate\n"
        "391,B,4/6/2013,611365,2/29/2012,3/30/2012,55.94,No,4/1/2012\n"
        "391,A,4/6/2013,611364,1/2/2012,2/1/2012,10,Yes,1/15/2012\n"
    )
    assert ledger.find(tmp_path / "checkout" / "tests" / "test_x.py") == path
    first, second = ledger.read(path)
    assert (first.number, first.disputed, first.paid_late, first.held) == ("611364", True, False, False)
    assert (second.date, second.due, second.paid) == (date(2024, 2, 29), date(2024, 3, 30), date(2024, 4, 1))
    assert (second.amount, second.paid_late) == (Decimal("5594.00"), True)
    assert ledger.one_customer_in(2, [first, second]) == [second]
    assert ledger.one_customer_in(1, [first, second]) == [first, second]


# -- faults that the checks must find


@pytest.fixture
def told():
    return faults.told()


def test_faultless_story_passes(told):
    found = checks.all_faults(told, faults.INVOICES, *faults.DAYS)
    assert not any(found.values()), found
    assert list(found) == CHECKS
    assert {name for _fault, name in faults.FAULTS} == set(CHECKS), "a check has no fault to find"


@pytest.mark.parametrize(("fault", "name"), faults.FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_fault_is_found(told, fault, name):
    fault(told)
    assert checks.all_faults(told, faults.INVOICES, *faults.DAYS)[name]
