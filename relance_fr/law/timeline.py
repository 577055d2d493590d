"""What each semester charges under one regime and one clause, worked out once for all instalments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from .periods import Semester
from .rates import RateTable
from .regimes import BASES, DAY_BASES, IMPUTATIONS, REGIMES, Terms, annual_rate

# A year in units of a day: 365 for "365"; for "actual" a day of a common year is 366 units and one of a leap
# year 365, so that either year is 365 x 366 units and fractions of a year stay whole numbers.
YEAR_UNITS = {"365": 365, "actual": 365 * 366}


class Span(NamedTuple):
    """One semester of a delay: ordinals of its first and last day, annual rate, and what its days weigh.

    A late day is the 24 hours that end with it, so it belongs to the year of the day before: `extra` is what
    1 January, counted in the year that ends, weighs more than the other days (0 when both years are as long).
    """

    first: int
    last: int
    percent: Decimal
    floored: bool
    weight: int
    extra: int


class Timeline(dict):
    """Spans by (number of the semester in which the delay starts, number of the semester), filled on demand.

    Semesters are numbered (see `number_of`) so that the next one is one more. A missing rate raises
    MissingRateError when its semester is asked for, not before.
    """

    def __init__(self, regime: str, terms: Terms, rates: RateTable):
        super().__init__()
        for name, value, known in (
            ("regime", regime, REGIMES),
            ("basis", terms.basis, BASES),
            ("day base", terms.day_base, DAY_BASES),
            ("imputation", terms.imputation, IMPUTATIONS),
        ):
            if value not in known:
                raise ValueError(f"Unknown {name} {value!r}: expected one of {', '.join(known)}")
        self.regime = regime
        self.terms = terms
        self.rates = rates
        self.year_units = YEAR_UNITS[terms.day_base]

    def __missing__(self, key: tuple[int, int]) -> Span:
        first_semester, semester = map(_semester, key)
        percent, floored = annual_rate(self.regime, self.terms, self.rates, semester, first_semester)
        weight = self._day_weight(semester.year)
        extra = self._day_weight(semester.year - 1) - weight if semester.half == 1 else 0
        first, last = semester.start.toordinal(), semester.end.toordinal()
        self[key] = span = Span(first, last, percent, floored, weight, extra)
        return span

    def _day_weight(self, year: int) -> int:
        if self.terms.day_base == "365":
            return 1
        days = date(year, 12, 31).timetuple().tm_yday
        return self.year_units // days


@lru_cache(maxsize=128)
def timeline(regime: str, terms: Terms, rates: RateTable) -> Timeline:
    """Return the timeline of these terms, the same object for the same arguments.

    >>> from .rates import SemesterRates
    >>> from .regimes import STATUTORY
    >>> table = RateTable({Semester(2026, 1): SemesterRates(None, None, Decimal("2.15"))})
    >>> spring = number_of(date(2026, 3, 1))
    >>> timeline("business", STATUTORY, table)[spring, spring].percent
    Decimal('12.15')
    >>> timeline("business", STATUTORY, table) is timeline("business", STATUTORY, table)
    True
    """
    return Timeline(regime, terms, rates)


def number_of(day: date) -> int:
    """Return the number of the semester of `day`; consecutive semesters have consecutive numbers.

    >>> number_of(date(2027, 1, 1)) - number_of(date(2026, 12, 31))
    1
    """
    return 2 * day.year + (day.month > 6)


def _semester(number: int) -> Semester:
    return Semester(number // 2, number % 2 + 1)
