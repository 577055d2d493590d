"""How days are counted in a procedure before French courts (Code de procédure civile, art. 640 to 642)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from .holidays import is_public_holiday

SATURDAY = 5


def add_months(day: date, months: int) -> date:
    """Return the day of the same number `months` later, else the last of that month (CPC art. 641).

    >>> add_months(date(2026, 12, 31), 2), add_months(date(2026, 6, 14), 2)
    (datetime.date(2027, 2, 28), datetime.date(2026, 8, 14))
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_working_day(day: date) -> bool:
    """Tell whether `day` is no Saturday, Sunday or public holiday.

    >>> is_working_day(date(2026, 8, 14)), is_working_day(date(2026, 8, 15)), is_working_day(date(2026, 7, 14))
    (True, False, False)
    """
    return day.weekday() < SATURDAY and not is_public_holiday(day)


def extended(day: date) -> date:
    """Return the day a delay that ends on `day` is extended to: the first working day from it on (CPC art. 642).

    >>> extended(date(2027, 2, 28)), extended(date(2026, 8, 14))
    (datetime.date(2027, 3, 1), datetime.date(2026, 8, 14))
    """
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def last_working_day(day: date) -> date:
    """Return the last working day up to `day`: when to act for who relies on no extension.

    >>> last_working_day(date(2027, 2, 28)), last_working_day(date(2026, 8, 14))
    (datetime.date(2027, 2, 26), datetime.date(2026, 8, 14))
    """
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day
