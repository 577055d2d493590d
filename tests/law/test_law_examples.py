"""Worked figures, to the cent, and published figures that are wrong with what is right instead."""

from decimal import Decimal

import pytest
from law import STATUTORY, Semester, accrue, annual_rate, indemnity, latest_due_date
from law_figures import RATES, day, ecb_table, eur

FIFTEEN = STATUTORY._replace(basis="fixed", rate=Decimal(15))
FIVE = STATUTORY._replace(basis="fixed", rate=Decimal(5))
TEN = STATUTORY._replace(basis="fixed", rate=Decimal(10))

# name, regime, terms, due date, as of, formal notice, rate, days, penalty, fixed compensation
CASES = [
    ("B1", "business", STATUTORY, "2026-05-16", "2026-06-30", None, "12.15", 45, "27.71", 40),
    ("B2", "business", STATUTORY, "2026-05-16", "2026-05-16", None, None, 0, "0.00", 0),
    ("B3", "business", STATUTORY, "2026-05-16", "2026-05-17", None, "12.15", 1, "0.62", 40),
    ("B4", "business", FIFTEEN, "2026-05-16", "2026-06-30", None, "15", 45, "34.21", 40),
    ("B5", "business", FIVE, "2026-05-16", "2026-06-30", None, "7.86", 45, "17.93", 40),
    ("B6", "public", FIFTEEN, "2026-05-16", "2026-06-30", None, "10.15", 45, "23.15", 40),
    ("B7", "consumer", FIFTEEN, "2026-05-16", "2026-06-30", "2026-05-31", "2.62", 30, "3.98", 0),
    ("B8", "consumer", STATUTORY, "2026-05-16", "2026-06-30", None, None, 0, "0.00", 0),
]


@pytest.mark.parametrize(
    "regime, terms, due, as_of, notice, rate, days, penalty, fixed",
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_1850_euros(regime, terms, due, as_of, notice, rate, days, penalty, fixed):
    owed = accrue(eur("1 850.00"), day(due), day(as_of), regime, RATES, terms, notice_date=notice and day(notice))
    assert owed.penalty == eur(penalty)
    assert sum(segment.days for segment in owed.segments) == days
    assert {segment.rate for segment in owed.segments} == ({Decimal(rate)} if rate else set())
    assert owed.principal == 1850
    assert indemnity(regime, terms, [owed]) == fixed


def test_b5_says_that_the_clause_was_raised():
    raised = accrue(eur("1 850.00"), day("2026-05-16"), day("2026-06-30"), "business", RATES, FIVE)
    kept = accrue(eur("1 850.00"), day("2026-05-16"), day("2026-06-30"), "business", RATES, FIFTEEN)
    assert [segment.floored for segment in raised.segments] == [True]
    assert [segment.floored for segment in kept.segments] == [False]


def test_e1_one_year():
    owed = accrue(eur("10 000.00"), day("2025-01-01"), day("2026-01-01"), "business", _flat(), TEN)
    # Three semesters are touched at one rate: one segment, rounded once.
    assert [(segment.days, segment.amount) for segment in owed.segments] == [(365, eur("1 000.00"))]
    assert owed.penalty == eur("1 000.00")


def test_e5_part_payment_principal_first():
    paid = [(day("2025-07-01"), eur("4 000.00"))]
    owed = accrue(eur("10 000.00"), day("2025-01-01"), day("2026-01-01"), "business", _flat(), TEN, paid)
    assert [(segment.days, segment.amount) for segment in owed.segments] == [(181, eur("495.89")), (184, eur("302.47"))]
    assert owed.penalty == eur("798.36")


def test_e6_one_rate_across_a_semester_is_one_segment():
    terms = TEN._replace(rate=Decimal("12.4"))
    owed = accrue(eur("10 000.00"), day("2025-01-01"), day("2026-01-01"), "business", _flat(), terms)
    assert [(segment.days, segment.amount) for segment in owed.segments] == [(365, eur("1 240.00"))]


def test_e2_rate_changes_on_1_july():
    table = ecb_table({(2025, 1): "0", (2025, 2): "10"})
    owed = accrue(eur("10 000.00"), day("2024-12-31"), day("2025-12-31"), "business", table)
    assert [(s.days, s.rate, s.amount) for s in owed.segments] == [
        (181, 10, eur("495.89")),
        (184, 20, eur("1 008.22")),
    ]
    assert owed.penalty == eur("1 504.11")


@pytest.mark.parametrize("day_base, penalty", [("actual", "1 000.00"), ("365", "1 002.74")], ids=["E3", "E4"])
def test_leap_year(day_base, penalty):
    terms = TEN._replace(day_base=day_base)
    owed = accrue(eur("10 000.00"), day("2024-01-01"), day("2025-01-01"), "business", _flat(), terms)
    assert sum(segment.days for segment in owed.segments) == 366
    assert owed.penalty == eur(penalty)


def test_floors_and_default_as_published():
    assert RATES.floor(Semester(2023, 1)) == Decimal("6.18")
    autumn = Semester(2024, 2)
    assert RATES.floor(autumn) == Decimal("14.76")
    assert annual_rate("business", STATUTORY, RATES, autumn, autumn) == (Decimal("14.25"), False)


@pytest.mark.parametrize(
    "issued, rule, latest",
    [
        ("2026-01-02", "eom_45_then", "2026-03-17"),
        ("2028-01-02", "eom_45_then", "2028-03-16"),
        ("2026-01-02", "45_then_eom", "2026-02-28"),
        ("2028-01-02", "45_then_eom", "2028-02-29"),
    ],
)
def test_invoice_of_2_january(issued, rule, latest):
    assert latest_due_date(day(issued), rule) == day(latest)


def test_daily_rate_is_not_rounded_first():
    owed = accrue(eur("1 000.00"), day("2025-01-31"), day("2025-03-02"), "business", RATES)
    assert [(s.days, s.rate) for s in owed.segments] == [(30, Decimal("13.15"))]
    assert owed.penalty == eur("10.81") != eur("10.82")


def test_amount_is_rounded_not_truncated():
    terms = STATUTORY._replace(basis="legal_multiple", rate=Decimal(3))
    owed = accrue(eur("1 000.00"), day("2017-01-31"), day("2017-03-01"), "business", RATES, terms)
    assert [(s.days, s.rate) for s in owed.segments] == [(29, Decimal("2.70"))]
    assert owed.penalty == eur("2.15") != eur("2.14")


def test_legal_rate_is_not_taken_for_the_ecb_rate():
    autumn = Semester(2023, 2)
    assert RATES.legal(autumn) + 10 == Decimal("14.22")
    assert annual_rate("business", STATUTORY, RATES, autumn, autumn).percent == Decimal("14.00")


def test_1_july_belongs_to_the_second_semester():
    owed = accrue(eur("1 000.00"), day("2026-06-20"), day("2026-07-01"), "business", RATES)
    assert [(s.date_from, s.date_to, s.days, s.rate, s.amount) for s in owed.segments] == [
        (day("2026-06-21"), day("2026-06-30"), 10, Decimal("12.15"), eur("3.33")),
        (day("2026-07-01"), day("2026-07-01"), 1, Decimal("12.40"), eur("0.34")),
    ]


def _flat():
    return ecb_table({(year, half): "0" for year in (2024, 2025, 2026) for half in (1, 2)})
