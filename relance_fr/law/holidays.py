"""French public holidays (Code du travail L3133-1), on which no reminder should leave."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

FIXED_DAYS = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
# Easter Monday, Ascension, Whit Monday.
DAYS_AFTER_EASTER = (1, 39, 50)


@lru_cache(maxsize=32)
def public_holidays(year: int) -> frozenset[date]:
    """Return the eleven public holidays of `year`; those of Alsace-Moselle and overseas only are not in it.

    >>> [day.isoformat() for day in sorted(public_holidays(2026))]  # doctest: +NORMALIZE_WHITESPACE
    ['2026-01-01', '2026-04-06', '2026-05-01', '2026-05-08', '2026-05-14', '2026-05-25',
     '2026-07-14', '2026-08-15', '2026-11-01', '2026-11-11', '2026-12-25']
    """
    fixed = {date(year, month, day) for month, day in FIXED_DAYS}
    return frozenset(fixed | {easter_sunday(year) + timedelta(days) for days in DAYS_AFTER_EASTER})


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar, by Oudin's method (1940).

    >>> easter_sunday(2024), easter_sunday(2025), easter_sunday(2038)
    (datetime.date(2024, 3, 31), datetime.date(2025, 4, 20), datetime.date(2038, 4, 25))
    """
    golden = year % 19
    century = year // 100
    corrections = century - century // 4 - (8 * century + 13) // 25
    epact = (19 * golden + corrections + 15) % 30
    epact -= epact // 28 * (1 - epact // 28 * (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    offset = epact - weekday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))


def is_public_holiday(day: date) -> bool:
    """Tell whether `day` is a French public holiday.

    >>> is_public_holiday(date(2025, 4, 21)), is_public_holiday(date(2025, 4, 20))
    (True, False)
    """
    return day in public_holidays(day.year)
