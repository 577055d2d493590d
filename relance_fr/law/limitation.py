"""Until when a claim can be brought: limitation periods, where they start and what starts them anew."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

# Years, by kind of claim: a regime, "undertaking" (a public one without a public accountant) or "transport".
YEARS = {"business": 5, "consumer": 2, "public": 4, "undertaking": 5, "transport": 1}
_CIVIL_ARTICLE = "Code de commerce, art. L110-4 ; Code civil, art. 2224"
ARTICLES = {
    "business": _CIVIL_ARTICLE,
    "consumer": "Code de la consommation, art. L218-2",
    "public": "Loi n°\N{NO-BREAK SPACE}68-1250 du 31 décembre 1968, art. 1",
    "undertaking": _CIVIL_ARTICLE,
    "transport": "Code de commerce, art. L133-6",
}
# Where the period may start, in the order in which equal days are named.
STARTS = ("performance", "delivery", "invoice", "due")

_CIVIL = frozenset({"acknowledgement", "claim_in_court", "enforcement"})
# A formal notice interrupts nothing under the civil code (Cass. com. 18/05/2022 n° 20-23.204); a written
# payment demand does against a public body (loi 68-1250 art. 2), one without a public accountant left out (art. 1).
INTERRUPTING = dict.fromkeys(YEARS, _CIVIL) | {"public": _CIVIL | {"mise_en_demeure"}}
KINDS = _CIVIL | {"mise_en_demeure"}


class Limitation(NamedTuple):
    """Until when a claim can be brought.

    - `last`: the last day, counted from `start`, the cautious one;
    - `source`: a value of STARTS, which fact that day is;
    - `later`: the last day counted from the due date, where that is later: it may be argued, never relied on.
    """

    last: date
    start: date
    source: str
    later: date | None


def limitation_kind(regime: str, public_accountant: bool = True, transport: bool = False) -> str:
    """Return which limitation a claim on a debtor of `regime` has, a key of YEARS.

    What a contract of carriage gives rise to lapses after a year, whoever the debtor is (C. com. L133-6); the four
    years of public bodies are for those with a public accountant (loi 68-1250 art. 1).

    >>> limitation_kind("public"), limitation_kind("public", public_accountant=False)
    ('public', 'undertaking')
    >>> limitation_kind("business", transport=True)
    'transport'
    """
    if transport:
        return "transport"
    return "undertaking" if regime == "public" and not public_accountant else regime


def limitation_of(
    kind: str,
    due_date: date,
    invoice_date: date | None = None,
    delivery_date: date | None = None,
    performance_date: date | None = None,
    events: Iterable[tuple[date, str]] = (),
) -> Limitation:
    """Return until when the claim of an instalment can be brought, and which start was taken.

    The period runs from the day the works or the service were completed, or the goods delivered, not from the due
    date (Civ. 1re 19/05/2021 n° 20-12.520, Civ. 3e 01/03/2023 n° 21-23.176; Com. 26/02/2020 n° 18-25.036); against
    a public body from the year in which the right was acquired (loi 68-1250 art. 1). Unless that day is known
    (`performance_date`), the earliest of delivery, invoice and due date is taken.

    `events` as in `limitation_date`. Raises ValueError on an unknown kind of claim or of event.

    >>> done, due = date(2025, 8, 31), date(2026, 1, 30)
    >>> limitation_of("consumer", due, date(2025, 9, 15), performance_date=done)  # doctest: +NORMALIZE_WHITESPACE
    Limitation(last=datetime.date(2027, 8, 31), start=datetime.date(2025, 8, 31), source='performance',
               later=datetime.date(2028, 1, 30))
    >>> limitation_of("public", due, performance_date=date(2025, 12, 10)).last
    datetime.date(2029, 12, 31)
    >>> limitation_of("transport", due, date(2025, 12, 31), delivery_date=date(2025, 12, 20)).last
    datetime.date(2026, 12, 20)
    """
    known = {"performance": performance_date, "delivery": delivery_date, "invoice": invoice_date, "due": due_date}
    days = {source: known[source] for source in STARTS if known[source]}
    source = "performance" if performance_date else min(days, key=lambda name: days[name])
    start, events = days[source], list(events)
    last, argued = limitation_date(kind, start, events), limitation_date(kind, due_date, events)
    return Limitation(last, start, source, argued if argued > last else None)


def limitation_date(kind: str, start: date, events: Iterable[tuple[date, str]] = ()) -> date:
    """Return the last day on which a claim whose limitation runs from `start` can be brought.

    - business: 5 years (C. com. L110-4, Code civil 2224), as against a public undertaking;
    - consumer: 2 years (C. conso L218-2);
    - public: 4 years from the 1 January that follows (loi 68-1250 art. 1), so a 31 December;
    - transport: 1 year (C. com. L133-6).

    `events` are (date, kind), in any order. An "acknowledgement" by the debtor (Code civil 2240), a
    "claim_in_court" (2241) or an "enforcement" measure (2244) starts a new period of the same length (2231),
    if it comes in time: one after expiry revives nothing. A "mise_en_demeure" does not, except against a
    public body. The time a court takes to judge extends the period further (2242) and is not counted here:
    the date is the cautious one.

    Raises ValueError on an unknown kind of claim or of event.

    >>> limitation_date("business", date(2026, 5, 16)), limitation_date("consumer", date(2024, 2, 29))
    (datetime.date(2031, 5, 16), datetime.date(2026, 2, 28))
    >>> limitation_date("public", date(2026, 5, 16))
    datetime.date(2030, 12, 31)
    >>> limitation_date("business", date(2026, 5, 16), [(date(2027, 3, 1), "acknowledgement")])
    datetime.date(2032, 3, 1)
    >>> limitation_date("business", date(2026, 5, 16), [(date(2027, 3, 1), "mise_en_demeure")])
    datetime.date(2031, 5, 16)
    """
    if kind not in YEARS:
        raise ValueError(f"Unknown kind of claim {kind!r}: expected one of {', '.join(YEARS)}")
    last = _end_of_period(kind, start)
    for day, event in sorted(events):
        if event not in KINDS:
            raise ValueError(f"Unknown event {event!r}: expected one of {', '.join(sorted(KINDS))}")
        if day <= last and event in INTERRUPTING[kind]:
            # An event before the period began cannot shorten it.
            last = max(last, _end_of_period(kind, day))
    return last


def _end_of_period(kind: str, start: date) -> date:
    year = start.year + YEARS[kind]
    if kind == "public":
        return date(year, 12, 31)
    return date(year, start.month, min(start.day, monthrange(year, start.month)[1]))
