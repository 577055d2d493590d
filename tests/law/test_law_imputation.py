"""Where money goes: the cases that were played, then what holds whatever the account."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st
from law.imputation import Credit, Debt, Standing, impute, share_out

FREE, KEPT, DISPUTED, PAYBACK = Standing.FREE, Standing.KEPT, Standing.DISPUTED, Standing.PAYBACK
DAY = date(2026, 5, 11)


def debt(key, amount, due, standing=FREE, **more):
    return Debt(key, Decimal(amount), due, standing, **more)


def credit(key, amount, day, **more):
    return Credit(key, Decimal(amount), day, **more)


def paid(debts, credits):
    """Return what was paid of each debt, and what is in doubt of it."""
    result = impute(debts, credits)
    return [
        {key: sum(share.amount for share in shares if share.debt == key) for key in sorted({s.debt for s in shares})}
        for shares in (result.shares, result.doubts)
    ]


def asked(debts, credits):
    """Return what is asked for: what is free, neither paid nor in doubt."""
    result = impute(debts, credits)
    taken = {}
    for share in (*result.shares, *result.doubts):
        taken[share.debt] = taken.get(share.debt, 0) + share.amount
    return sum(each.amount - taken.get(each.key, 0) for each in debts if each.standing is FREE and not each.stopped)


# === CASES === #


def test_money_paid_back_takes_its_credit():
    debts = [debt("invoice", 500, date(2026, 5, 4)), debt("refund", 500, date(2026, 3, 1), PAYBACK)]
    assert paid(debts, [credit("overpaid", 500, date(2026, 2, 1))]) == [{"refund": 500}, {}]


def test_money_paid_back_takes_the_credit_of_its_amount_first_then_the_last_before_it():
    debts = [debt("refund", 300, date(2026, 3, 1), PAYBACK), debt("invoice", 900, date(2026, 4, 1))]
    credits = [
        credit("a", 500, date(2026, 1, 1)),
        credit("b", 300, date(2026, 1, 2)),
        credit("c", 100, date(2026, 2, 1)),
    ]
    shares = impute(debts, credits).shares
    assert [(share.credit, share.amount) for share in shares if share.debt == "refund"] == [("b", 300)]
    shares = impute(debts, credits[:1] + credits[2:]).shares
    assert [(share.credit, share.amount) for share in shares if share.debt == "refund"] == [("c", 100), ("a", 200)]


def test_a_bounced_payment_takes_later_money_before_any_debt():
    debts = [debt("bounce", 500, date(2026, 5, 5), PAYBACK), debt("invoice", 500, date(2026, 4, 1))]
    assert paid(debts, [credit("again", 500, date(2026, 5, 9))]) == [{"bounce": 500}, {}]


def test_a_payment_goes_to_the_oldest_debt_due():
    debts = [debt("opening", 2000, date(2025, 12, 15)), debt("invoice", 800, date(2026, 5, 4))]
    assert paid(debts, [credit("paid", 2000, date(2026, 5, 2))]) == [{"opening": 2000}, {}]
    assert paid(debts, [credit("paid", 2100, date(2026, 5, 2))]) == [{"invoice": 100, "opening": 2000}, {}]


def test_what_is_named_comes_before_what_is_older():
    debts = [debt("old", 300, date(2026, 1, 1)), debt("new", 500, date(2026, 4, 1)), debt("no", 200, DAY, DISPUTED)]
    assert paid(debts, [credit("p", 600, DAY, names=frozenset({"new"}))]) == [{"new": 500, "old": 100}, {}]
    assert paid(debts, [credit("p", 200, DAY, names=frozenset({"no"}))]) == [{"no": 200}, {}]


def test_the_exact_amount_comes_before_the_oldest_a_held_debt_last():
    debts = [debt("held", 1000, date(2026, 2, 1), KEPT), debt("new", 500, date(2026, 5, 4))]
    assert paid(debts, [credit("p", 500, date(2026, 5, 6))]) == [{"new": 500}, {}]
    assert paid(debts, [credit("p", 400, date(2026, 5, 6))]) == [{"new": 400}, {}]
    assert paid(debts, [credit("p", 700, date(2026, 5, 6))]) == [{"held": 200, "new": 500}, {}]
    assert paid(debts, [credit("p", 1000, date(2026, 5, 6))]) == [{"held": 1000}, {}]


def test_nobody_chooses_what_he_disputes():
    debts = [debt("disputed", 1000, date(2026, 2, 1), DISPUTED), debt("new", 500, date(2026, 5, 4))]
    for amount, expected in (
        (400, {"new": 400}),
        (1000, {"disputed": 500, "new": 500}),
        (1500, {"disputed": 1000, "new": 500}),
    ):
        assert paid(debts, [credit("p", amount, DAY)]) == [expected, {}]


def test_two_of_one_amount_of_which_one_is_held_are_thin_evidence_for_a_time():
    debts = [debt("held", 600, date(2026, 2, 1), KEPT), debt("new", 600, date(2026, 5, 4)), debt("other", 400, DAY)]
    assert paid(debts, [credit("p", 600, DAY, fresh=True)]) == [{"held": 600}, {"new": 600}]
    assert paid(debts, [credit("p", 600, DAY)]) == [{"held": 600}, {}]
    both = [credit("p", 600, DAY, fresh=True), credit("q", 600, DAY, fresh=True)]
    assert paid(debts, both) == [{"held": 600, "new": 600}, {}]


def test_of_several_of_one_amount_the_oldest():
    debts = [debt("b", 600, date(2026, 4, 1)), debt("a", 600, date(2026, 3, 1)), debt("c", 100, date(2026, 1, 1))]
    assert paid(debts, [credit("p", 600, DAY, fresh=True)]) == [{"a": 600}, {}]


def test_money_not_booked_is_in_doubt():
    debts = [debt("a", 1000, date(2026, 3, 1)), debt("b", 1200, date(2026, 4, 1)), debt("h", 50, DAY, KEPT)]
    assert paid(debts, [credit("p", 1200, DAY, booked=False)]) == [{}, {"b": 1200}]
    assert paid(debts, [credit("p", 300, DAY, booked=False)]) == [{}, {"a": 300}]
    assert paid(debts, [credit("p", 9000, DAY, booked=False)]) == [{}, {"a": 1000, "b": 1200}]


def test_no_money_of_after_the_judgment_pays_what_was_born_before():
    stopped = date(2026, 3, 1)
    debts = [debt("before", 500, date(2026, 2, 1), stopped=stopped), debt("after", 300, date(2026, 4, 1))]
    assert paid(debts, [credit("p", 500, stopped)]) == [{"after": 300}, {}]
    assert paid(debts, [credit("p", 500, stopped - timedelta(1))]) == [{"before": 500}, {}]
    note = credit("note", 500, DAY, names=frozenset({"before"}), money=False)
    assert paid(debts, [note]) == [{"before": 500}, {}]


def test_a_discount_taken_in_time_is_the_exact_amount():
    debts = [
        debt("older", 300, date(2026, 1, 1)),
        debt("new", 1000, DAY, discounted=Decimal(980), discount_date=date(2026, 5, 1)),
    ]
    assert paid(debts, [credit("p", 980, date(2026, 5, 1))]) == [{"new": 980}, {}]
    assert paid(debts, [credit("p", 980, date(2026, 5, 2))]) == [{"new": 680, "older": 300}, {}]


def test_debts_of_one_day_are_paid_in_proportion():
    debts = [debt("a", 100, DAY), debt("b", 200, DAY)]
    assert paid(debts, [credit("p", 150, DAY)]) == [{"a": 50, "b": 100}, {}]


# === WHATEVER THE ACCOUNT === #

amounts = st.sampled_from([Decimal(n) for n in ("0.01", "33.33", "50", "100", "100", "150", "200", "250.05")])
days = st.integers(0, 6).map(lambda n: date(2026, 4, 1) + timedelta(n))


@st.composite
def debt_lists(draw, most=6, standings=tuple(Standing)):
    return [
        Debt(f"d{n}", draw(amounts), draw(days), draw(st.sampled_from(standings)), draw(st.booleans()),
             draw(st.none() | days))
        for n in range(draw(st.integers(0, most)))
    ]  # fmt: skip


@st.composite
def credit_lists(draw, debts, least=0, most=6, prefix="c"):
    named = st.lists(st.sampled_from([each.key for each in debts]), max_size=2) if debts else st.just([])
    return [
        Credit(
            f"{prefix}{n}", draw(amounts), draw(days), frozenset(draw(named)), *draw(st.tuples(*[st.booleans()] * 3))
        )
        for n in range(draw(st.integers(least, most)))
    ]


@settings(max_examples=700)
@given(st.data())
def test_every_euro_is_counted_once(data):
    debts = data.draw(debt_lists())
    credits = data.draw(credit_lists(debts))
    result = impute(debts, credits)
    for each in debts:
        taken = sum(share.amount for share in (*result.shares, *result.doubts) if share.debt == each.key)
        assert 0 <= taken <= each.amount
    for each in credits:
        used = sum(share.amount for share in result.shares if share.credit == each.key)
        assert used + result.unused.get(each.key, 0) == (each.amount if each.booked else 0)
    assert all(share.amount > 0 for share in (*result.shares, *result.doubts))
    # What is owed, less what came in, is what is left of one and of the other.
    balance = sum(each.amount for each in debts) - sum(each.amount for each in credits if each.booked)
    left = sum(each.amount for each in debts) - sum(share.amount for share in result.shares)
    assert balance == left - sum(result.unused.values())


@settings(max_examples=700)
@given(st.data())
def test_the_order_of_bookings_changes_nothing(data):
    debts = data.draw(debt_lists())
    credits = data.draw(credit_lists(debts))
    shuffled = data.draw(st.permutations(debts)), data.draw(st.permutations(credits))
    assert impute(debts, credits) == impute(*shuffled)


@settings(max_examples=700)
@given(st.data())
def test_more_money_never_raises_what_is_asked(data):
    # A held debt of exactly the amount is the exception: what is said to pay it pays nothing else.
    debts = data.draw(debt_lists(standings=(FREE, DISPUTED, PAYBACK)))
    credits = data.draw(credit_lists(debts))
    more = data.draw(credit_lists(debts, least=1, most=1, prefix="more"))
    assert asked(debts, credits + more) <= asked(debts, credits)


@given(st.decimals(0, 900, places=2), st.lists(amounts, min_size=1, max_size=7))
@example(Decimal("0.01"), [Decimal("0.01"), Decimal("0.01"), Decimal("0.01")])
def test_parts_add_up(amount, weights):
    parts = share_out(amount, weights)
    assert sum(parts) == min(amount, sum(weights))
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
