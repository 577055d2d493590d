"""French public holidays (Code du travail L3133-1, L3134-13, L3422-2), on which no reminder should leave.

The days themselves come from the `holidays` library, which follows the laws of each part of the country.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays

# Where the creditor works: the subdivisions the library knows, France itself first.
ZONES = {
    "FR": "France",
    "57": "Alsace-Moselle",
    "971": "Guadeloupe",
    "972": "Martinique",
    "973": "Guyane",
    "974": "La Réunion",
    "976": "Mayotte",
    "BL": "Saint-Barthélemy",
    "MF": "Saint-Martin",
    "NC": "Nouvelle-Calédonie",
    "PF": "Polynésie française",
    "PM": "Saint-Pierre-et-Miquelon",
    "WF": "Wallis-et-Futuna",
}


@lru_cache(maxsize=64)
def public_holidays(year: int, zone: str = "FR") -> frozenset[date]:
    """Return the public holidays of `year` in `zone` (a key of `ZONES`).

    >>> [day.isoformat() for day in sorted(public_holidays(2026))]  # doctest: +NORMALIZE_WHITESPACE
    ['2026-01-01', '2026-04-06', '2026-05-01', '2026-05-08', '2026-05-14', '2026-05-25',
     '2026-07-14', '2026-08-15', '2026-11-01', '2026-11-11', '2026-12-25']

    Good Friday and the second day of Christmas are holidays in Alsace-Moselle; the abolition of slavery overseas.

    >>> [day.isoformat() for day in sorted(public_holidays(2026, "57") - public_holidays(2026))]
    ['2026-04-03', '2026-12-26']
    >>> date(2026, 12, 20) in public_holidays(2026, "974")
    True
    """
    return frozenset(holidays.France(subdiv=None if zone == "FR" else zone, years=year))


def is_public_holiday(day: date, zone: str = "FR") -> bool:
    """Tell whether `day` is a public holiday in `zone`.

    >>> is_public_holiday(date(2025, 4, 21)), is_public_holiday(date(2025, 4, 20))
    (True, False)
    >>> is_public_holiday(date(2025, 4, 18)), is_public_holiday(date(2025, 4, 18), "57")
    (False, True)
    """
    return day in public_holidays(day.year, zone)
