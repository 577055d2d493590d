"""Late-payment interest of one instalment, cut where the rate applied or the principal changes, nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, NamedTuple

from .rates import RateTable
from .regimes import STATUTORY, STATUTORY_INDEMNITY, Terms, needs_notice, owes_indemnity
from .timeline import Timeline, number_of, timeline

CENT = Decimal("0.01")
ZERO = Decimal(0)
# Wide enough for every product below to be exact, whatever context the caller runs in.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


class Segment(NamedTuple):
    """Days that bear interest at one rate on one principal.

    - `date_from`, `date_to`: first and last day counted, both included; `days` their number;
    - `principal`: what bears interest, in the currency of the instalment; `rate`: percent a year;
    - `amount`: interest, rounded half up to the quantum of the currency;
    - `floored`: the clause was below three times the legal rate and was raised to it.

    Wherever a segment goes it keeps these names: `to_json` is what is stored, sealed and declared, `_asdict` what
    letters print; screens and other programs are told the same in numbers (`tools/segments.py`).

    >>> first, last = date(2026, 5, 17), date(2026, 6, 10)
    >>> segment = Segment(first, last, 25, Decimal(1850), Decimal("12.150"), Decimal("15.4"), floored=False)
    >>> segment.to_json()  # doctest: +NORMALIZE_WHITESPACE
    {'date_from': '2026-05-17', 'date_to': '2026-06-10', 'days': 25, 'principal': '1850.00', 'rate': '12.150',
     'amount': '15.40', 'floored': False}
    >>> Segment.from_json(segment.to_json()) == segment
    True
    """

    date_from: date
    date_to: date
    days: int
    principal: Decimal
    rate: Decimal
    amount: Decimal
    floored: bool

    def to_json(self) -> dict[str, Any]:
        """Return the segment as it is stored: ISO days, amounts and rate as text so that no digit is lost."""
        return self._asdict() | {
            "date_from": self.date_from.isoformat(),
            "date_to": self.date_to.isoformat(),
            "principal": _to_text(self.principal),
            "rate": str(self.rate),
            "amount": _to_text(self.amount),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Segment:
        """Return the segment that `to_json` wrote."""
        days = {name: date.fromisoformat(stored[name]) for name in ("date_from", "date_to")}
        figures = {name: Decimal(stored[name]) for name in ("principal", "rate", "amount")}
        return cls(**days, **figures, days=stored["days"], floored=stored["floored"])


class Accrual(NamedTuple):
    """What an instalment owes at a date.

    - `segments`: tuple of Segment in time order, those before a late payment included;
    - `penalty`: the sum of their amounts, so that what is printed adds up;
    - `principal`: ledger remainder: principal less credit notes and payments dated by then, never below zero;
    - `late`: some principal was unpaid when the due date had passed. Not so if a judgment opening insolvency
      (of the day after `stop_date`) had by then forbidden to pay it: no fixed compensation is owed then (C. com.
      L441-10 II).
    """

    segments: tuple[Segment, ...]
    penalty: Decimal
    principal: Decimal
    late: bool


def accrue(
    principal: Decimal,
    due_date: date,
    as_of: date,
    regime: str,
    rates: RateTable,
    terms: Terms = STATUTORY,
    payments: Iterable[tuple[date, Decimal]] = (),
    credits: Iterable[tuple[date, Decimal]] = (),
    notice_date: date | None = None,
    stop_date: date | None = None,
    quantum: Decimal = CENT,
) -> Accrual:
    """Return the interest that an instalment of `principal` (VAT included) owes on `as_of`, that day counted.

    Facts dated after `as_of` are ignored, so a past date gives what was owed then.

    - The first late day is the day after `due_date` (C. com. L441-10 II, CCP L2192-13). A consumer owes
      nothing before a formal notice: the first day is the one after `notice_date`, or after `due_date` if
      later (Code civil 1231-6);
    - `terms`: the rate binds professionals only, the day base and the imputation count in every regime;
    - `payments`, (date, amount) in any order, bear on interest from the day after their date;
    - `credits`, (date, amount) of credit notes, reduce the principal from the start, as if never owed;
    - `stop_date`: the last day counted: the eve of a judgment opening insolvency (C. com. L622-28, R621-4), or the
      day of a plan by which the creditor waives the interest to come;
    - `quantum`: rounding of the currency (0.01 for EUR); each segment is rounded half up to a multiple of it.

    With the imputation "interest" (Code civil 1343-1) a payment first pays the interest accrued to its date,
    so more principal goes on bearing interest. The result is still shown as ledger principal plus all
    interest accrued: the total is the same, principal - payments + interest, whichever of the two a payment
    is said to have paid (as long as payments do not exceed the ledger principal). Interest may thus run on
    after the ledger shows nothing left.

    Raises MissingRateError if a day that bears interest has no rate, ValueError on a negative amount or an
    unknown regime, basis, day base or imputation.

    >>> from .periods import Semester
    >>> spring = Semester(2026, 1)
    >>> table = RateTable({spring: (Decimal("6.67"), Decimal("2.62"), Decimal("2.15"))})
    >>> due, today = date(2026, 5, 16), date(2026, 6, 30)
    >>> accrue(Decimal(1850), due, today, "business", table).penalty        # 1 850 x 12.15 % x 45 / 365
    Decimal('27.71')
    >>> accrue(Decimal(1850), due, today, "consumer", table).penalty        # no formal notice
    Decimal('0')
    >>> accrue(Decimal(1850), due, today, "consumer", table, notice_date=date(2026, 5, 31)).penalty
    Decimal('3.98')
    >>> part = [(date(2026, 6, 10), Decimal(850))]
    >>> owed = accrue(Decimal(1850), due, today, "business", table, payments=part)
    >>> [(s.date_from.isoformat(), s.date_to.isoformat(), s.days, str(s.amount)) for s in owed.segments]
    [('2026-05-17', '2026-06-10', 25, '15.40'), ('2026-06-11', '2026-06-30', 20, '6.66')]
    >>> owed.principal, owed.penalty, owed.late
    (Decimal('1000'), Decimal('22.06'), True)
    """
    semesters = timeline(regime, terms, rates)
    if principal < 0:
        raise ValueError(f"Principal {principal} is negative: credit notes go in `credits`")
    if quantum <= 0:
        raise ValueError(f"Quantum {quantum} must be above zero: it is the rounding of the currency")
    with localcontext(_EXACT):
        owed = principal - sum(_by_date(credits, as_of, "Credit note").values())
        paid = _by_date(payments, as_of, "Payment")
        last = as_of if stop_date is None or stop_date > as_of else stop_date
        late = last > due_date and owed > sum(amount for day, amount in paid.items() if day <= due_date)
        start = _day_before_interest(regime, due_date, notice_date)
        segments: tuple[Segment, ...] = ()
        if late and start is not None:
            segments = tuple(_segments(semesters, owed, start, last, paid, quantum))
        penalty = sum([segment.amount for segment in segments], ZERO)
        return Accrual(segments, penalty, max(ZERO, owed - sum(paid.values())), late)


def indemnity(regime: str, terms: Terms, accruals: Iterable[Accrual]) -> Decimal:
    """Return the fixed compensation (EUR) owed on an invoice whose instalments are `accruals`.

    Once an invoice, from the first late day, whatever the number of late instalments, and in full after a
    part payment (C. com. L441-10 II, D441-5). A public buyer owes the regulated 40 EUR whatever the terms
    (CCP D2192-35), a consumer nothing. Raises ValueError on an unknown regime.

    >>> late, paid = (Accrual((), ZERO, ZERO, flag) for flag in (True, False))
    >>> indemnity("business", STATUTORY, [late, late, paid])
    Decimal('40')
    >>> indemnity("business", STATUTORY, [paid]), indemnity("consumer", STATUTORY, [late])
    (Decimal('0'), Decimal('0'))
    """
    if not owes_indemnity(regime) or not any(accrual.late for accrual in accruals):
        return ZERO
    return STATUTORY_INDEMNITY if regime == "public" else terms.indemnity


def _by_date(facts: Iterable[tuple[date, Decimal]], as_of: date, what: str) -> dict[date, Decimal]:
    """Sum amounts of one day, so that their order cannot matter; leave out the days after `as_of`."""
    sums: dict[date, Decimal] = {}
    for day, amount in facts:
        if amount < 0:
            raise ValueError(f"{what} of {amount} on {day} is negative: leave out what was reversed")
        if amount and day <= as_of:
            sums[day] = sums.get(day, ZERO) + amount
    return sums


def _day_before_interest(regime: str, due_date: date, notice_date: date | None) -> date | None:
    if not needs_notice(regime):
        return due_date
    return None if notice_date is None else max(due_date, notice_date)


def _to_text(amount: Decimal) -> str:
    """Write an amount with every digit of its currency, two at least."""
    return f"{amount:.{max(2, -int(amount.as_tuple().exponent))}f}"


def _segments(
    semesters: Timeline, owed: Decimal, start: date, last: date, paid: dict[date, Decimal], quantum: Decimal
) -> list[Segment]:
    """Cut the days after `start` up to `last` where the rate, its floor or the principal changes, nowhere else.

    `paid` holds all payments by date. What days of an open segment bear is kept exact, and rounded when it ends.
    """
    segments: list[Segment] = []
    interest_first = semesters.terms.imputation == "interest"
    divisor = 100 * semesters.year_units * quantum
    bearing = owed - sum(amount for day, amount in paid.items() if day <= start)
    unpaid_interest = ZERO
    day = since = start.toordinal() + 1
    first = number = number_of(date.fromordinal(day))
    percent, floored, units = ZERO, False, 0

    def rounded() -> Decimal:
        return (bearing * percent * units / divisor).to_integral_value() * quantum

    def end_segment() -> Decimal:
        amount = rounded()
        until = date.fromordinal(day - 1)
        segments.append(Segment(date.fromordinal(since), until, day - since, bearing, percent, amount, floored))
        return amount

    for stop in [*sorted(paid_on for paid_on in paid if start < paid_on < last), last]:
        if bearing <= 0:
            break
        stop_day = stop.toordinal()
        while day <= stop_day:
            span = semesters[first, number]
            if day > since and (span.percent, span.floored) != (percent, floored):
                unpaid_interest += end_segment()
                since, units = day, 0
            percent, floored = span.percent, span.floored
            end = min(stop_day, span.last)
            units += (end - day + 1) * span.weight
            if day == span.first:
                units += span.extra
            day = end + 1
            if end == span.last:
                number += 1
        payment = paid.get(stop, ZERO)
        if interest_first:
            to_interest = min(payment, unpaid_interest + rounded())
            unpaid_interest -= to_interest
            payment -= to_interest
        if payment and day > since:
            unpaid_interest += end_segment()
            since, units = day, 0
        bearing -= payment
    if bearing > 0 and day > since:
        end_segment()
    return segments
