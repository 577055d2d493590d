"""Edges of the reckoning: which days count, what each fact does to the principal, what is refused."""

from datetime import timedelta
from decimal import Decimal, localcontext

import pytest
from law import STATUTORY, MissingRateError, RateTable, Segment, Semester, SemesterRates, accrue, indemnity
from law_figures import RATES, day, ecb_table, eur

INTEREST_FIRST = STATUTORY._replace(imputation="interest")
DUE, TODAY = day("2026-05-16"), day("2026-06-30")


def business(payments=(), credits=(), principal="1 000.00", due=DUE, as_of=TODAY, terms=STATUTORY, **more):
    return accrue(eur(principal), due, as_of, "business", RATES, terms, payments, credits, **more)


def days_of(owed):
    return [(s.date_from.isoformat(), s.date_to.isoformat(), s.days, s.principal) for s in owed.segments]


def test_before_the_due_date_nothing_runs():
    owed = business(as_of=DUE - timedelta(days=1))
    assert owed == ((), 0, 1000, False)


def test_day_of_payment_is_counted_at_the_old_principal():
    owed = business([(day("2026-05-20"), eur("400"))])
    assert days_of(owed) == [
        ("2026-05-17", "2026-05-20", 4, 1000),
        ("2026-05-21", "2026-06-30", 41, 600),
    ]
    assert owed.principal == 600


def test_paid_late_in_full_keeps_its_penalty():
    owed = business([(day("2026-05-20"), eur("1000"))])
    assert days_of(owed) == [("2026-05-17", "2026-05-20", 4, 1000)]
    assert owed.penalty == eur("1.33")
    assert (owed.principal, owed.late) == (0, True)


def test_paid_on_the_due_date_owes_nothing():
    owed = business([(DUE, eur("1000"))])
    assert owed == ((), 0, 0, False)
    assert indemnity("business", STATUTORY, [owed]) == 0


def test_part_payment_on_the_due_date_leaves_the_indemnity_whole():
    owed = business([(DUE, eur("999.99"))])
    assert {s.principal for s in owed.segments} == {eur("0.01")}
    assert owed.late
    assert indemnity("business", STATUTORY, [owed]) == 40


def test_payment_of_today_counts_from_tomorrow():
    owed = business([(TODAY, eur("400"))])
    assert days_of(owed) == [("2026-05-17", "2026-06-30", 45, 1000)]
    assert owed.principal == 600


def test_payments_and_credits_after_the_date_do_not_exist_yet():
    tomorrow = TODAY + timedelta(days=1)
    assert business([(tomorrow, eur("400"))], [(tomorrow, eur("100"))]) == business()


def test_credit_note_reduces_from_the_start():
    owed = business(credits=[(day("2026-06-29"), eur("250"))])
    assert days_of(owed) == [("2026-05-17", "2026-06-30", 45, 750)]
    assert owed.principal == 750


def test_credit_note_for_all_of_it_means_never_late():
    assert business(credits=[(TODAY, eur("1000"))]) == ((), 0, 0, False)


def test_overpayment_gives_nothing_negative():
    owed = business([(day("2026-05-20"), eur("5000")), (day("2026-05-25"), eur("10"))], [(DUE, eur("100"))])
    assert days_of(owed) == [("2026-05-17", "2026-05-20", 4, 900)]
    assert owed.principal == 0
    assert business(credits=[(DUE, eur("5000"))]).principal == 0


def test_payments_of_one_day_are_one_payment():
    split = [(day("2026-05-20"), eur("100")), (day("2026-05-20"), eur("300"))]
    assert business(split) == business([(day("2026-05-20"), eur("400"))])


def test_zero_payment_cuts_nothing():
    assert business([(day("2026-05-20"), eur("0"))]) == business()


def test_judgment_stops_interest_but_not_the_ledger():
    owed = business([(day("2026-06-10"), eur("400"))], stop_date=day("2026-06-01"))
    assert days_of(owed) == [("2026-05-17", "2026-06-01", 16, 1000)]
    assert (owed.principal, owed.late) == (600, True)
    assert business(stop_date=TODAY + timedelta(days=9)) == business()


@pytest.mark.parametrize("judgment, fixed", [("2026-05-15", 0), ("2026-05-16", 0), ("2026-05-17", 40)])
def test_no_indemnity_when_the_judgment_forbids_to_pay_at_the_due_date(judgment, fixed):
    owed = business(stop_date=day(judgment))
    assert indemnity("business", STATUTORY, [owed]) == fixed


def test_consumer_interest_starts_after_the_later_of_notice_and_due_date():
    early = accrue(eur("1 000"), DUE, TODAY, "consumer", RATES, notice_date=day("2026-05-01"))
    late = accrue(eur("1 000"), DUE, TODAY, "consumer", RATES, notice_date=day("2026-06-20"))
    assert days_of(early)[0][0] == "2026-05-17"
    assert days_of(late) == [("2026-06-21", "2026-06-30", 10, 1000)]


def test_consumer_payment_before_the_notice_bears_no_interest():
    paid = [(day("2026-06-01"), eur("400"))]
    terms = INTEREST_FIRST
    owed = accrue(eur("1 000"), DUE, TODAY, "consumer", RATES, terms, paid, notice_date=day("2026-06-20"))
    assert days_of(owed) == [("2026-06-21", "2026-06-30", 10, 600)]


def test_consumer_is_late_without_notice_but_owes_no_indemnity():
    owed = accrue(eur("1 000"), DUE, TODAY, "consumer", RATES)
    assert owed == ((), 0, 1000, True)
    assert indemnity("consumer", STATUTORY, [owed]) == 0


def test_notice_date_means_nothing_to_a_business():
    assert business(notice_date=day("2026-06-20")) == business()


def test_public_buyer_keeps_the_rate_of_the_first_late_day():
    owed = accrue(eur("1 000"), day("2025-06-30"), day("2026-07-02"), "public", RATES)
    assert [(s.days, s.rate) for s in owed.segments] == [(367, Decimal("10.15"))]


def test_public_indemnity_is_regulated():
    terms = STATUTORY._replace(indemnity=Decimal(75))
    owed = business(terms=terms)
    assert indemnity("public", terms, [owed]) == 40
    assert indemnity("business", terms, [owed, owed]) == 75


def test_clause_is_raised_in_the_semesters_where_it_is_below_the_floor():
    terms = STATUTORY._replace(basis="fixed", rate=Decimal(12))
    owed = accrue(eur("1 000"), day("2024-06-01"), day("2025-02-01"), "business", RATES, terms)
    assert [(s.rate, s.floored) for s in owed.segments] == [
        (Decimal("15.21"), True),
        (Decimal("14.76"), True),
        (12, False),
    ]


def test_interest_first_leaves_principal_that_bears_interest():
    paid = [(day("2026-06-15"), eur("1 000"))]
    owed = business(paid, terms=INTEREST_FIRST)
    # 30 days on 1 000 = 9.99, paid first: 9.99 of principal is left for 15 days.
    assert days_of(owed) == [
        ("2026-05-17", "2026-06-15", 30, 1000),
        ("2026-06-16", "2026-06-30", 15, eur("9.99")),
    ]
    assert [s.amount for s in owed.segments] == [eur("9.99"), eur("0.05")]
    assert (owed.principal, owed.penalty) == (0, eur("10.04"))


def test_interest_first_cuts_nothing_at_a_payment_that_interest_takes_whole():
    # 45 days on 1 000 at 12.15 %: 14.98 in one piece; the 5 paid are interest.
    owed = business([(day("2026-06-15"), eur("5"))], terms=INTEREST_FIRST)
    assert days_of(owed) == [("2026-05-17", "2026-06-30", 45, 1000)]
    assert (owed.principal, owed.penalty) == (995, eur("14.98"))


def test_interest_first_pays_the_interest_of_a_segment_that_is_still_open():
    # 16 days = 5.33, 5 paid of them; 14 days more = 9.99 in 30 days, 4.99 unpaid: 45.01 of the 50 are principal.
    owed = business([(day("2026-06-01"), eur("5")), (day("2026-06-15"), eur("50"))], terms=INTEREST_FIRST)
    assert days_of(owed) == [
        ("2026-05-17", "2026-06-15", 30, 1000),
        ("2026-06-16", "2026-06-30", 15, eur("954.99")),
    ]


def test_a_clause_at_the_floor_is_cut_where_the_floor_ceases_to_bind():
    # 8.28 is three times 2.76, the legal rate of 2025 S2: a clause of 8.28 % is never raised to it, one of 8.25 is.
    terms = STATUTORY._replace(basis="fixed", rate=Decimal("8.25"))
    owed = business(due=day("2025-12-20"), as_of=day("2026-08-01"), terms=terms)
    assert [(s.days, s.rate, s.floored) for s in owed.segments] == [
        (11, Decimal("8.28"), True),
        (213, Decimal("8.25"), False),
    ]


def test_payment_before_the_due_date_pays_principal_whatever_the_imputation():
    paid = [(day("2026-05-01"), eur("300"))]
    assert business(paid, terms=INTEREST_FIRST) == business(paid)


@pytest.mark.parametrize("quantum, amount", [("0.01", "27.71"), ("1", "28"), ("0.05", "27.70"), ("0.001", "27.712")])
def test_rounding_of_the_currency(quantum, amount):
    owed = business(principal="1 850.00", quantum=Decimal(quantum))
    assert str(owed.penalty) == amount


def test_half_a_cent_goes_up():
    # 365 x 10 % x 1 / 365 = 0.10; 18.25 x 10 % / 365 = 0.005.
    table = ecb_table({(2025, 1): "0"})
    for principal, amount in (("18.25", "0.01"), ("18.24", "0.00"), ("54.75", "0.02")):
        owed = accrue(eur(principal), day("2025-03-01"), day("2025-03-02"), "business", table)
        assert owed.penalty == eur(amount)


def test_result_does_not_depend_on_the_decimal_context_of_the_caller():
    expected = business(principal="123 456 789.01", due=day("2023-01-15"))
    with localcontext() as context:
        context.prec = 4
        context.rounding = "ROUND_DOWN"
        assert business(principal="123 456 789.01", due=day("2023-01-15")) == expected


def test_missing_semester_is_named():
    with pytest.raises(MissingRateError, match="^No rate for 2027 S1$") as caught:
        business(as_of=day("2027-01-01"))
    assert caught.value.semester == Semester(2027, 1)
    assert isinstance(caught.value, LookupError)


def test_missing_semester_is_an_error_only_when_its_days_bear_interest():
    later = day("2027-03-01")
    assert business([(day("2026-12-31"), eur("1 000"))], as_of=later).principal == 0
    assert business(due=day("2027-02-01"), as_of=day("2027-02-01")).segments == ()
    assert business(as_of=later, stop_date=TODAY).segments == business().segments
    assert accrue(eur("1 000"), DUE, later, "consumer", RATES).late
    public = accrue(eur("1 000"), DUE, later, "public", RATES)
    assert public.segments[-1].date_to == later


def test_rate_that_is_not_published_yet_is_missing_only_to_who_needs_it():
    table = RateTable({Semester(2027, 1): SemesterRates(None, None, Decimal("2.40"))})
    due, as_of = day("2027-01-10"), day("2027-02-10")
    assert accrue(eur("1 000"), due, as_of, "business", table).segments[0].rate == Decimal("12.40")
    for regime, terms in (
        ("consumer", STATUTORY),
        ("business", STATUTORY._replace(basis="fixed", rate=Decimal(15))),
    ):
        with pytest.raises(MissingRateError, match="2027 S1"):
            accrue(eur("1 000"), due, as_of, regime, table, terms, notice_date=due)


def test_missing_rate_once_added_is_used():
    with pytest.raises(MissingRateError):
        business(as_of=day("2027-01-31"))
    rows = {s: RATES.at(s) for s in (Semester(2026, 1), Semester(2026, 2))}
    table = RateTable({**rows, Semester(2027, 1): SemesterRates(None, Decimal("2.5"), Decimal("2.15"))})
    owed = accrue(eur("1 000"), DUE, day("2027-01-31"), "business", table)
    assert [s.rate for s in owed.segments] == [Decimal("12.15"), Decimal("12.40"), Decimal("12.15")]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"principal": "-1"}, "Principal -1 is negative"),
        ({"payments": [(DUE, eur("-5"))]}, "Payment of -5 on 2026-05-16 is negative"),
        ({"credits": [(DUE, eur("-5"))]}, "Credit note of -5 on 2026-05-16 is negative"),
        ({"quantum": Decimal(0)}, "Quantum 0 must be above zero"),
        ({"terms": STATUTORY._replace(basis="euribor")}, "Unknown basis 'euribor'"),
        ({"terms": STATUTORY._replace(day_base="360")}, "Unknown day base '360'"),
        ({"terms": STATUTORY._replace(imputation="costs")}, "Unknown imputation 'costs'"),
    ],
)
def test_bad_input_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        business(**change)


def test_unknown_regime_is_refused():
    with pytest.raises(ValueError, match="Unknown regime 'martian': expected one of business, public"):
        accrue(eur("1"), DUE, DUE, "martian", RATES)
    with pytest.raises(ValueError, match="Unknown regime"):
        indemnity("martian", STATUTORY, [])


def test_stored_segment_is_read_again():
    owed = business(as_of=day("2026-12-31"), principal="1850")
    assert len(owed.segments) > 1
    assert [Segment.from_json(segment.to_json()) for segment in owed.segments] == list(owed.segments)
    stored = owed.segments[0].to_json()
    assert list(stored) == list(Segment._fields)
    # As sealed before: ISO days, amounts with two digits at least, the rate as it is.
    assert stored == {
        "date_from": "2026-05-17",
        "date_to": "2026-06-30",
        "days": 45,
        "principal": "1850.00",
        "rate": str(owed.segments[0].rate),
        "amount": "27.71",
        "floored": False,
    }
    dinar = owed.segments[0]._replace(amount=Decimal("18.485"), principal=Decimal("100"))
    assert (dinar.to_json()["amount"], dinar.to_json()["principal"]) == ("18.485", "100.00")
