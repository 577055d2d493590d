"""The payment score of a debtor: facts of one company in, 0 to 100 out. Plain Python, ``Decimal``, no I/O.

Each of four components gets a mark from 0 (worst) to 100 (best); a component is worth its weight in points, and the
score is the sum of the points. Everything is rounded as it is shown, so that a reader who recomputes the lines
by hand finds the score.

A debtor whose invoices were paid 12 days late on average, who owes 8 % of what was bought in a year since 30 days on
average, broke one promise of two and lost no dispute:

>>> facts = Facts(average_delay=Decimal("12"), overdue_share=Decimal("8"), overdue_age=Decimal("30"),
...               promises_broken=1, promises_kept=1, disputes_lost=Decimal(0), disputes_won=Decimal(0))
>>> marks = get_marks(facts)
>>> marks
Marks(delay=Decimal('80.0'), overdue=Decimal('84.0'), promise=Decimal('66.7'), dispute=Decimal('100.0'))
>>> [get_points(weight, mark) for weight, mark in zip(WEIGHTS, marks)]
[Decimal('32.0'), Decimal('25.2'), Decimal('13.3'), Decimal('10.0')]
>>> get_score(marks)
81

The batch computes the same in SQL (``scoring/res_company.py``: ``_relance_sql_marks``, ``_relance_sql_score``); a test
holds both together.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

#: The fields that hold what each component of the score is worth, in the order of its weights.
MARKS = ("mark_delay", "mark_overdue", "mark_promise", "mark_dispute")
#: Days late on average from which the first component is worth nothing.
WORST_DELAY = 60
#: Percent of a year's turnover overdue, and its average age in days, from which the second is worth nothing.
WORST_SHARE = 25
WORST_AGE = 60
#: Promises and disputes are judged as if there were at least this number of them: one alone says little.
FEWEST_EVENTS = 3


class Facts(NamedTuple):
    """What is known of a debtor, rounded as shown.

    ``average_delay``: days late of what was paid, weighted by amount, one decimal; what was paid early counts as on
    time. ``overdue_share``: percent of the turnover of the last twelve months that is overdue, one decimal.
    ``overdue_age``: its days late weighted by amount, one decimal. Then numbers of promises and of decided disputes; a
    dispute that was partly founded is half lost and half won.
    """

    average_delay: Decimal
    overdue_share: Decimal
    overdue_age: Decimal
    promises_broken: int
    promises_kept: int
    disputes_lost: Decimal
    disputes_won: Decimal


class Marks(NamedTuple):
    """The marks of the components, 0 to 100, one decimal; or their weights, in the same order."""

    delay: Decimal
    overdue: Decimal
    promise: Decimal
    dispute: Decimal


#: Points the components are worth by default.
WEIGHTS = Marks(40, 30, 20, 10)


def get_marks(facts):
    """Return the :class:`Marks` of :class:`Facts`.

    Two months late on average, a quarter of the turnover overdue for two months, three promises broken out of three:

    >>> tuple(map(int, get_marks(Facts(Decimal(60), Decimal(25), Decimal(60), 3, 0, Decimal(3), Decimal(0)))))
    (0, 0, 0, 0)

    The whole turnover may be overdue: while it is one day late, it says little.

    >>> get_marks(Facts(Decimal(0), Decimal(100), Decimal(1), 0, 0, Decimal(0), Decimal(0))).overdue
    Decimal('98.3')
    """
    share = min(Decimal(facts.overdue_share), Decimal(WORST_SHARE))
    age = min(Decimal(facts.overdue_age), Decimal(WORST_AGE))
    promises = max(facts.promises_broken + facts.promises_kept, FEWEST_EVENTS)
    disputes = max(facts.disputes_lost + facts.disputes_won, FEWEST_EVENTS)
    return Marks(
        _mark(min(Decimal(facts.average_delay), Decimal(WORST_DELAY)), WORST_DELAY),
        _mark(share * age, WORST_SHARE * WORST_AGE),
        _mark(facts.promises_broken, promises),
        _mark(facts.disputes_lost, disputes),
    )


def get_points(weight, mark):
    """Return the points of a component, one decimal: its ``weight`` at a ``mark`` of 100, nothing at 0.

    >>> get_points(40, Decimal("66.7"))
    Decimal('26.7')
    """
    return _round(Decimal(weight) * Decimal(mark) / 100)


def get_score(marks, weights=WEIGHTS):
    """Return the score, 0 to 100: the points of the components added up, rounded to the unit, a half upwards.

    >>> get_score(Marks(100, 100, 100, 100)), get_score(Marks(0, 0, 0, 0))
    (100, 0)
    >>> get_score(Marks(Decimal("50.0"), 100, 100, 100), Marks(25, 25, 25, 25))
    88
    """
    points = sum(get_points(weight, mark) for weight, mark in zip(weights, marks, strict=True))
    return int(Decimal(points).quantize(Decimal(1), ROUND_HALF_UP))


def _mark(lost, everything):
    """Return the mark when ``lost`` out of ``everything`` is lost. One division: halves are the same in SQL."""
    return _round(100 - 100 * Decimal(lost) / Decimal(everything))


def _round(value):
    return Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_UP)
