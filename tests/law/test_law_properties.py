"""What must hold for every instalment, whatever its dates, payments, regime and terms."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st
from law import STATUTORY, Semester, accrue
from law_figures import FIRST_DAY, LAST_DAY, RATES
from law_oracle import cents, reckon

CENT = Decimal("0.01")
DAY = timedelta(days=1)

amounts = st.integers(1, 5_000_000).map(lambda cents: Decimal(cents) / 100)
dates = st.dates(FIRST_DAY, LAST_DAY)
terms = st.builds(
    lambda basis, rate, base, imputation: STATUTORY._replace(
        basis=basis, rate=rate, day_base=base, imputation=imputation
    ),
    st.sampled_from(["ecb", "ecb_margin", "fixed", "legal_multiple"]),
    st.integers(0, 2500).map(lambda points: Decimal(points) / 100),
    st.sampled_from(["365", "actual"]),
    st.sampled_from(["principal", "interest"]),
)


@st.composite
def cases(draw, most_years=4):
    """Arguments of accrue: an instalment with payments and credit notes around its delay."""
    due = draw(dates)
    end = min(LAST_DAY, due + timedelta(days=365 * most_years))
    as_of = draw(st.dates(due, end))
    around = st.dates(max(FIRST_DAY, due - timedelta(days=40)), min(LAST_DAY, as_of + timedelta(days=40)))
    principal = draw(amounts)
    part = st.integers(0, int(principal * 100)).map(lambda cents: Decimal(cents) / 100)
    return {
        "principal": principal,
        "due_date": due,
        "as_of": as_of,
        "regime": draw(st.sampled_from(["business", "public", "consumer"])),
        "terms": draw(terms),
        "payments": draw(st.lists(st.tuples(around, part), max_size=5)),
        "credits": draw(st.lists(st.tuples(around, part), max_size=1)),
        "notice_date": draw(st.none() | around),
    }


@given(cases())
def test_agrees_with_a_day_by_day_reckoning(case):
    owed = accrue(rates=RATES, **case)
    expected, bearing, unpaid = reckon(**case)
    assert len(owed.segments) == len(expected)
    for segment, (date_from, date_to, days, principal, exact) in zip(owed.segments, expected, strict=True):
        assert segment[:3] == (date_from, date_to, days)
        assert Fraction(segment.principal) == principal
        assert abs(Fraction(segment.amount) - exact) <= Fraction(1, 200)
        assert segment.amount == Decimal(cents(exact)) / 100


@given(cases())
def test_total_is_the_same_whatever_a_payment_is_said_to_pay(case):
    """What is left bearing interest plus interest unpaid is the ledger principal plus all interest."""
    owed = accrue(rates=RATES, **case)
    net = case["principal"] - sum(a for d, a in case["credits"] if d <= case["as_of"])
    paid = sum(a for d, a in case["payments"] if d <= case["as_of"])
    assume(paid <= net)
    _segments, bearing, unpaid = reckon(**case)
    assert Fraction(owed.principal + owed.penalty) == bearing + unpaid
    assert owed.principal + owed.penalty == net - paid + owed.penalty


@given(cases())
def test_interest_first_never_costs_the_debtor_less(case):
    case["terms"] = case["terms"]._replace(imputation="principal")
    principal_first = accrue(rates=RATES, **case)
    case["terms"] = case["terms"]._replace(imputation="interest")
    interest_first = accrue(rates=RATES, **case)
    # Both may be rounded once a segment, and not at the same places.
    assert interest_first.penalty >= principal_first.penalty - CENT * len(principal_first.segments)
    assert interest_first.principal == principal_first.principal


@given(cases())
def test_segments_are_in_order_cut_where_they_must_be_and_add_up(case):
    owed = accrue(rates=RATES, **case)
    paid_on = {d for d, a in case["payments"] if a}
    for segment in owed.segments:
        assert case["due_date"] < segment.date_from <= segment.date_to <= case["as_of"]
        assert segment.days == (segment.date_to - segment.date_from).days + 1
        assert segment.principal > 0
        assert segment.amount >= 0
        assert segment.amount == segment.amount.quantize(CENT)
        if case["terms"].imputation == "principal":
            assert not any(segment.date_from <= d < segment.date_to for d in paid_on)
    for before, after in pairwise(owed.segments):
        assert after.date_from == before.date_to + DAY
        assert after.principal <= before.principal
        assert before.date_to in paid_on or before.date_to == Semester.of(before.date_to).end
        # No cut where neither the rate applied, nor its floor, nor the principal changed.
        assert before[3:5] + before[6:] != after[3:5] + after[6:]
    assert owed.penalty == sum(s.amount for s in owed.segments)
    assert owed.principal >= 0
    assert owed.late or not owed.segments


@given(cases(), st.randoms(use_true_random=False))
def test_order_of_payments_never_matters(case, draw):
    owed = accrue(rates=RATES, **case)
    draw.shuffle(case["payments"])
    assert accrue(rates=RATES, **case) == owed


@given(cases(), amounts)
def test_more_principal_never_costs_less(case, more):
    owed = accrue(rates=RATES, **case)
    case["principal"] += more
    assert accrue(rates=RATES, **case).penalty >= owed.penalty


@given(cases())
def test_one_more_day_never_costs_less(case):
    assume(case["as_of"] < LAST_DAY)
    # A credit note dated that day would lower the whole: it is as if never owed.
    case["credits"] = [(d, a) for d, a in case["credits"] if d <= case["as_of"]]
    owed = accrue(rates=RATES, **case)
    case["as_of"] += DAY
    assert accrue(rates=RATES, **case).penalty >= owed.penalty


@given(st.data(), amounts, terms)
def test_splitting_a_constant_period_moves_at_most_a_cent(data, principal, agreed):
    semester = Semester.of(data.draw(dates))
    # The days of one semester, in one year: the rate and the weight of a day are constant.
    due = data.draw(st.dates(semester.start, semester.end - 2 * DAY))
    as_of = data.draw(st.dates(due + 2 * DAY, semester.end))
    cut = data.draw(st.dates(due + DAY, as_of - DAY))
    whole, first, second = (
        accrue(principal, since, until, "business", RATES, agreed).penalty
        for since, until in ((due, as_of), (due, cut), (cut, as_of))
    )
    assert abs(whole - first - second) <= CENT


@given(cases())
def test_a_past_date_is_a_time_machine(case):
    """Facts dated later change nothing to what was owed then."""
    owed = accrue(rates=RATES, **case)
    for name in ("payments", "credits"):
        case[name] = [(d, a) for d, a in case[name] if d <= case["as_of"]]
    assert accrue(rates=RATES, **case) == owed
