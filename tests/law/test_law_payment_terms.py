"""Legal maximum payment terms."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from law import check, check_business, latest_due_date
from law.payment_terms import RULES, SECTORS
from law_figures import day

ISSUED, DELIVERED, RECEIVED = day("2026-01-15"), day("2026-01-12"), day("2026-01-20")

LATEST = {
    "default_30": ("2026-02-11", "C. com. L441-10 I"),
    "net_60": ("2026-03-16", "C. com. L441-10 I"),
    "eom_45_then": ("2026-03-17", "C. com. L441-10 I"),
    "45_then_eom": ("2026-03-31", "C. com. L441-10 I"),
    "periodic_45": ("2026-03-01", "C. com. L441-10 I"),
    "perishable_30": ("2026-02-11", "C. com. L441-11 II"),
    "perishable_30_periodic": ("2026-02-19", "C. com. L441-11 II"),
    "livestock_20": ("2026-02-01", "C. com. L441-11 II"),
    "alcohol_30_eom": ("2026-03-02", "C. com. L441-11 II"),
    "wine_45_eom": ("2026-03-17", "C. com. L441-11 II"),
    "wine_45_then_eom": ("2026-03-31", "C. com. L441-11 II"),
    "wine_60": ("2026-03-16", "C. com. L441-11 II"),
    "transport_30": ("2026-02-14", "C. com. L441-11 II"),
    "public_30": ("2026-02-19", "CCP R2192-10"),
    "public_50": ("2026-03-11", "CCP R2192-11"),
    "public_60": ("2026-03-21", "CCP R2192-11"),
}


def test_every_rule_is_tested():
    assert LATEST.keys() == RULES.keys()


@pytest.mark.parametrize("rule", LATEST)
def test_latest_due_date_and_the_day_after(rule):
    latest, article = day(LATEST[rule][0]), LATEST[rule][1]
    assert latest_due_date(ISSUED, rule, DELIVERED, RECEIVED) == latest
    assert check(ISSUED, latest, rule, DELIVERED, RECEIVED) == (True, latest, 0, article)
    tomorrow = latest + timedelta(days=1)
    assert check(ISSUED, tomorrow, rule, DELIVERED, RECEIVED) == (False, latest, 1, article)


@pytest.mark.parametrize(
    "delivered, latest",
    [
        ("2026-02-01", "2026-03-12"),
        ("2026-02-10", "2026-03-12"),
        ("2026-02-11", "2026-03-22"),
        ("2026-02-20", "2026-03-22"),
        ("2026-02-21", "2026-03-30"),
        ("2026-12-31", "2027-01-30"),
    ],
)
def test_ten_days_of_delivery(delivered, latest):
    assert latest_due_date(ISSUED, "perishable_30_periodic", day(delivered)) == day(latest)


def test_public_term_runs_from_performance_when_it_comes_after_the_demand():
    assert latest_due_date(ISSUED, "public_30", day("2026-02-01"), RECEIVED) == day("2026-03-03")
    assert latest_due_date(ISSUED, "public_30", day("2026-02-01")) == day("2026-03-03")


@given(st.sampled_from(sorted(RULES)), st.dates(day("2000-01-01"), day("2099-12-31")))
def test_dates_not_given_are_the_invoice_date(rule, issued):
    assert latest_due_date(issued, rule) == latest_due_date(issued, rule, issued, issued)
    assert latest_due_date(issued, rule) >= issued + timedelta(days=20)


@pytest.mark.parametrize(
    "options, latest",
    [
        ({}, "2026-03-16"),
        ({"end_of_month_clause": "A"}, "2026-03-17"),
        ({"end_of_month_clause": "B"}, "2026-03-31"),
        ({"periodic": True}, "2026-03-01"),
        ({"periodic": True, "end_of_month_clause": "A"}, "2026-03-01"),
        ({"sector": "perishable"}, "2026-02-11"),
        ({"sector": "perishable", "periodic": True}, "2026-02-19"),
        ({"sector": "livestock"}, "2026-02-01"),
        ({"sector": "alcohol"}, "2026-03-02"),
        ({"sector": "wine"}, "2026-03-16"),
        ({"sector": "wine", "end_of_month_clause": "A"}, "2026-03-17"),
        ({"sector": "wine", "end_of_month_clause": "B"}, "2026-03-31"),
        ({"sector": "transport", "end_of_month_clause": "B"}, "2026-02-14"),
    ],
)
def test_business_terms(options, latest):
    verdict = check_business(ISSUED, day("2026-04-30"), delivery_date=DELIVERED, **options)
    assert verdict.latest == day(latest)
    assert not verdict.lawful
    assert verdict.excess_days == (day("2026-04-30") - day(latest)).days


def test_every_sector_has_a_rule():
    for sector in SECTORS:
        assert check_business(ISSUED, ISSUED, sector=sector).lawful


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="Unknown payment term rule 'net_90'"):
        latest_due_date(ISSUED, "net_90")
    with pytest.raises(ValueError, match="Unknown end of month clause 'C'"):
        check_business(ISSUED, ISSUED, end_of_month_clause="C")
    with pytest.raises(ValueError, match="Unknown sector 'toys'"):
        check_business(ISSUED, ISSUED, sector="toys")
