"""The latest due date of each rule of the law, by hand: C. com. L441-10 I, L441-11 II, CCP R2192-10 and R2192-11."""

from datetime import date, timedelta

import pytest
from law import Agreement, check_due_date, public_payable_until
from law.payment_terms import SECTORS
from law_figures import day

INVOICE, DELIVERY = date(2026, 1, 2), date(2025, 12, 24)

#: Agreement and latest lawful due date of an invoice of 2 January 2026 about a delivery of 24 December 2025.
TABLE = [
    (Agreement(), date(2026, 3, 3), "C. com. L441-10 I"),
    (Agreement(end_of_month="A"), date(2026, 3, 17), "C. com. L441-10 I"),
    # 28 February would be before the sixty days, which need no clause.
    (Agreement(end_of_month="B"), date(2026, 3, 3), "C. com. L441-10 I"),
    (Agreement(periodic=True), date(2026, 2, 16), "C. com. L441-10 I"),
    (Agreement(periodic=True, end_of_month="A"), date(2026, 2, 16), "C. com. L441-10 I"),
    (Agreement(sector="perishable"), date(2026, 1, 23), "C. com. L441-11 II"),
    (Agreement(sector="perishable", periodic=True), date(2026, 1, 30), "C. com. L441-11 II"),
    (Agreement(sector="livestock"), date(2026, 1, 13), "C. com. L441-11 II"),
    (Agreement(sector="alcohol"), date(2026, 1, 30), "C. com. L441-11 II"),
    (Agreement(sector="wine"), date(2026, 3, 3), "C. com. L441-11 II"),
    (Agreement(sector="wine", end_of_month="A"), date(2026, 3, 17), "C. com. L441-11 II"),
    (Agreement(sector="transport"), date(2026, 2, 1), "C. com. L441-11 II"),
    # Received on the day of the invoice at the earliest.
    (Agreement("public"), date(2026, 2, 1), "CCP R2192-10"),
    (Agreement("public", "public_50"), date(2026, 2, 21), "CCP R2192-11"),
    (Agreement("public", "public_60"), date(2026, 3, 3), "CCP R2192-11"),
    # Its kind counts, not what was agreed: a contract may only shorten the time.
    (Agreement("public", sector="wine", end_of_month="A"), date(2026, 2, 1), "CCP R2192-10"),
]


@pytest.mark.parametrize(("agreement", "latest", "article"), TABLE)
def test_latest_day(agreement, latest, article):
    verdict = check_due_date(INVOICE, latest, agreement, DELIVERY)
    assert verdict == (True, latest, 0, article)
    later = check_due_date(INVOICE, latest + timedelta(days=1), agreement, DELIVERY)
    assert later == (False, latest, 1, article)


def test_every_sector_is_in_the_table():
    assert {agreement.sector for agreement, _latest, _article in TABLE} == {None, *SECTORS}


def test_consumer_has_no_rule():
    assert check_due_date(INVOICE, date(2036, 1, 1), Agreement("consumer"), DELIVERY) is None


@pytest.mark.parametrize(
    "agreement",
    [Agreement("nobody"), Agreement("public", "public_90"), Agreement(sector="toys"), Agreement(end_of_month="C")],
)
def test_unknown_value(agreement):
    with pytest.raises(ValueError, match="Unknown"):
        check_due_date(INVOICE, INVOICE, agreement)


@pytest.mark.parametrize(
    "kind, receipt, performed, suspended, latest",
    [
        ("authority", "2026-10-10", None, 0, "2026-11-09"),
        ("authority", "2026-10-10", "2026-10-20", 0, "2026-11-19"),
        ("authority", "2026-10-10", "2026-10-01", 0, "2026-11-09"),
        ("authority", "2026-10-10", None, 5, "2026-11-14"),
        ("health", "2026-10-10", None, 0, "2026-11-29"),
        ("undertaking", None, "2026-10-10", 0, "2026-12-09"),
    ],
)
def test_a_public_buyer_has_its_whole_time(kind, receipt, performed, suspended, latest):
    days = [value and day(value) for value in (receipt, performed)]
    assert public_payable_until(kind, *days, suspended) == day(latest)


def test_a_time_to_pay_that_cannot_be():
    assert public_payable_until("authority", None) is None
    with pytest.raises(ValueError, match="Unknown 'school'"):
        public_payable_until("school", day("2026-10-10"))
    with pytest.raises(ValueError, match="-1 days"):
        public_payable_until("authority", day("2026-10-10"), suspended_days=-1)
