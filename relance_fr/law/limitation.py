"""Until when a claim can be brought: limitation periods and what starts them anew."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date

# Years, by regime: C. com. L110-4 and Code civil 2224; C. conso L218-2; loi 68-1250 art. 1.
YEARS = {"business": 5, "consumer": 2, "public": 4}
ARTICLES = {
    "business": "Code de commerce, art. L110-4 ; Code civil, art. 2224",
    "consumer": "Code de la consommation, art. L218-2",
    "public": "Loi n°\N{NO-BREAK SPACE}68-1250 du 31 décembre 1968, art. 1",
}

_CIVIL = frozenset({"acknowledgement", "claim_in_court", "enforcement"})
# A formal notice interrupts nothing under the civil code (Cass. com. 18/05/2022 n° 20-23.204); a written
# payment demand does against a public body (loi 68-1250 art. 2).
INTERRUPTING = {"business": _CIVIL, "consumer": _CIVIL, "public": _CIVIL | {"mise_en_demeure"}}
KINDS = _CIVIL | {"mise_en_demeure"}


def limitation_date(regime: str, due_date: date, events: Iterable[tuple[date, str]] = ()) -> date:
    """Return the last day on which the claim of an instalment can be brought.

    - business: 5 years from the due date (C. com. L110-4, Code civil 2224);
    - consumer: 2 years from the due date (C. conso L218-2);
    - public: 4 years from the 1 January that follows (loi 68-1250 art. 1), so a 31 December.

    `events` are (date, kind), in any order. An "acknowledgement" by the debtor (Code civil 2240), a
    "claim_in_court" (2241) or an "enforcement" measure (2244) starts a new period of the same length (2231),
    if it comes in time: one after expiry revives nothing. A "mise_en_demeure" does not, except against a
    public body. The time a court takes to judge extends the period further (2242) and is not counted here:
    the date is the cautious one.

    Raises ValueError on an unknown regime or kind of event.

    >>> limitation_date("business", date(2026, 5, 16)), limitation_date("consumer", date(2024, 2, 29))
    (datetime.date(2031, 5, 16), datetime.date(2026, 2, 28))
    >>> limitation_date("public", date(2026, 5, 16))
    datetime.date(2030, 12, 31)
    >>> limitation_date("business", date(2026, 5, 16), [(date(2027, 3, 1), "acknowledgement")])
    datetime.date(2032, 3, 1)
    >>> limitation_date("business", date(2026, 5, 16), [(date(2027, 3, 1), "mise_en_demeure")])
    datetime.date(2031, 5, 16)
    """
    if regime not in YEARS:
        raise ValueError(f"Unknown regime {regime!r}: expected one of {', '.join(YEARS)}")
    last = _end_of_period(regime, due_date)
    for day, kind in sorted(events):
        if kind not in KINDS:
            raise ValueError(f"Unknown event {kind!r}: expected one of {', '.join(sorted(KINDS))}")
        if day <= last and kind in INTERRUPTING[regime]:
            # An event before the period began cannot shorten it.
            last = max(last, _end_of_period(regime, day))
    return last


def _end_of_period(regime: str, start: date) -> date:
    year = start.year + YEARS[regime]
    if regime == "public":
        return date(year, 12, 31)
    return date(year, start.month, min(start.day, monthrange(year, start.month)[1]))
