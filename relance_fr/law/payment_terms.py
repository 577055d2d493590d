"""Legal maximum payment terms: professionals (C. com. L441-10, L441-11), public buyers (CCP R2192-10)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple


class Verdict(NamedTuple):
    """Whether a due date is lawful, the latest lawful one, the days beyond it (else 0), and the article."""

    lawful: bool
    latest: date
    excess_days: int
    article: str


class _Rule(NamedTuple):
    origin: str  # which date starts the term: "invoice", "delivery" or "receipt"
    latest: Callable[[date], date]
    article: str


def _days(count: int) -> Callable[[date], date]:
    return lambda start: start + timedelta(days=count)


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _end_of_month_then(count: int) -> Callable[[date], date]:
    return lambda start: _end_of_month(start) + timedelta(days=count)


def _then_end_of_month(count: int) -> Callable[[date], date]:
    return lambda start: _end_of_month(start + timedelta(days=count))


def _end_of_ten_days_then(count: int) -> Callable[[date], date]:
    def latest(start: date) -> date:
        end = start.replace(day=10 if start.day <= 10 else 20) if start.day <= 20 else _end_of_month(start)
        return end + timedelta(days=count)

    return latest


_GENERAL = "C. com. L441-10 I"
_SECTOR = "C. com. L441-11 II"
_PUBLIC = "CCP R2192-10"
_PUBLIC_LONGER = "CCP R2192-11"

RULES = {
    "default_30": _Rule("delivery", _days(30), _GENERAL),
    "net_60": _Rule("invoice", _days(60), _GENERAL),
    "eom_45_then": _Rule("invoice", _end_of_month_then(45), _GENERAL),
    "45_then_eom": _Rule("invoice", _then_end_of_month(45), _GENERAL),
    "periodic_45": _Rule("invoice", _days(45), _GENERAL),
    "perishable_30": _Rule("delivery", _days(30), _SECTOR),
    "perishable_30_periodic": _Rule("delivery", _end_of_ten_days_then(30), _SECTOR),
    "livestock_20": _Rule("delivery", _days(20), _SECTOR),
    "alcohol_30_eom": _Rule("delivery", _end_of_month_then(30), _SECTOR),
    "wine_45_eom": _Rule("invoice", _end_of_month_then(45), _SECTOR),
    "wine_45_then_eom": _Rule("invoice", _then_end_of_month(45), _SECTOR),
    "wine_60": _Rule("invoice", _days(60), _SECTOR),
    "transport_30": _Rule("invoice", _days(30), _SECTOR),
    "public_30": _Rule("receipt", _days(30), _PUBLIC),
    "public_50": _Rule("receipt", _days(50), _PUBLIC_LONGER),
    "public_60": _Rule("receipt", _days(60), _PUBLIC_LONGER),
}

# Rule of a public debtor: State, local authorities and their bodies; public health bodies; public undertakings.
PUBLIC_RULES = {"authority": "public_30", "health": "public_50", "undertaking": "public_60"}
# Days each of them has, from the receipt of the payment demand.
PUBLIC_DAYS = {kind: (RULES[rule].latest(date.min) - date.min).days for kind, rule in PUBLIC_RULES.items()}

# Rule of a sector by (periodic invoice, end-of-month clause).
_SECTOR_RULES = {
    "perishable": lambda periodic, clause: "perishable_30_periodic" if periodic else "perishable_30",
    "livestock": lambda periodic, clause: "livestock_20",
    "alcohol": lambda periodic, clause: "alcohol_30_eom",
    "wine": lambda periodic, clause: {None: "wine_60", "A": "wine_45_eom", "B": "wine_45_then_eom"}[clause],
    "transport": lambda periodic, clause: "transport_30",
}
SECTORS = tuple(_SECTOR_RULES)


def latest_due_date(
    invoice_date: date, rule: str, delivery_date: date | None = None, receipt_date: date | None = None
) -> date:
    """Return the latest due date that `rule` (a key of RULES) allows.

    - default_30: terms are silent, 30 days after delivery or performance (C. com. L441-10 I);
    - net_60, and by express clause eom_45_then (end of the month, then 45 days) or 45_then_eom (45 days, then
      the end of that month); periodic_45 for a periodic invoice (same article);
    - perishable_30, perishable_30_periodic (after the end of the ten days of delivery), livestock_20,
      alcohol_30_eom (after the end of the month of delivery), wine_45_eom, wine_45_then_eom, wine_60,
      transport_30 (C. com. L441-11 II);
    - public_30, public_50 (public health bodies), public_60 (public undertakings) from the receipt of the
      payment demand, or from performance if that is later or the receipt is not known (CCP R2192-10 to
      R2192-13).

    A date that is not given is taken to be the invoice date. Raises ValueError on an unknown rule.

    >>> latest_due_date(date(2026, 1, 2), "eom_45_then"), latest_due_date(date(2028, 1, 2), "eom_45_then")
    (datetime.date(2026, 3, 17), datetime.date(2028, 3, 16))
    >>> latest_due_date(date(2026, 1, 2), "45_then_eom"), latest_due_date(date(2028, 1, 2), "45_then_eom")
    (datetime.date(2026, 2, 28), datetime.date(2028, 2, 29))
    >>> latest_due_date(date(2026, 1, 31), "default_30", delivery_date=date(2026, 1, 20))
    datetime.date(2026, 2, 19)
    >>> latest_due_date(date(2026, 1, 31), "public_30", receipt_date=date(2026, 2, 3))
    datetime.date(2026, 3, 5)
    """
    origin, latest, _article = _rule(rule)
    if origin == "delivery":
        return latest(delivery_date or invoice_date)
    if origin == "receipt":
        known = [day for day in (receipt_date, delivery_date) if day]
        return latest(max(known, default=invoice_date))
    return latest(invoice_date)


def check(
    invoice_date: date,
    due_date: date,
    rule: str,
    delivery_date: date | None = None,
    receipt_date: date | None = None,
) -> Verdict:
    """Compare `due_date` with the latest one that `rule` allows; an earlier date is lawful.

    Same arguments and errors as latest_due_date.

    >>> check(date(2026, 1, 2), date(2026, 3, 10), "net_60")
    Verdict(lawful=False, latest=datetime.date(2026, 3, 3), excess_days=7, article='C. com. L441-10 I')
    >>> check(date(2026, 1, 2), date(2026, 2, 21), "public_50").lawful
    True
    """
    latest = latest_due_date(invoice_date, rule, delivery_date, receipt_date)
    excess = max(0, (due_date - latest).days)
    return Verdict(excess == 0, latest, excess, _rule(rule).article)


def check_business(
    invoice_date: date,
    due_date: date,
    end_of_month_clause: str | None = None,
    periodic: bool = False,
    sector: str | None = None,
    delivery_date: date | None = None,
) -> Verdict:
    """Check a due date agreed between professionals (C. com. L441-10 I, L441-11 II).

    - `end_of_month_clause`: None (60 days), or how an express clause counts 45 days end of month: "A" end of
      the month then 45 days, "B" 45 days then the end of that month;
    - `periodic`: periodic invoice (CGI 289 I 3): 45 days, no end of month;
    - `sector`: one of SECTORS, whose own term comes before the general ones.

    Where the terms are silent use check(..., "default_30"). Raises ValueError on an unknown clause or sector.

    >>> check_business(date(2026, 1, 2), date(2026, 3, 17), end_of_month_clause="A").lawful
    True
    >>> check_business(date(2026, 1, 2), date(2026, 3, 17), end_of_month_clause="B").excess_days
    17
    >>> check_business(date(2026, 1, 2), date(2026, 3, 3), periodic=True).latest
    datetime.date(2026, 2, 16)
    >>> check_business(date(2026, 1, 2), date(2026, 2, 1), sector="transport")
    Verdict(lawful=True, latest=datetime.date(2026, 2, 1), excess_days=0, article='C. com. L441-11 II')
    """
    general = {None: "net_60", "A": "eom_45_then", "B": "45_then_eom"}
    if end_of_month_clause not in general:
        raise ValueError(f"Unknown end of month clause {end_of_month_clause!r}: expected None, 'A' or 'B'")
    if sector is not None and sector not in _SECTOR_RULES:
        raise ValueError(f"Unknown sector {sector!r}: expected None or one of {', '.join(SECTORS)}")
    if sector is not None:
        rule = _SECTOR_RULES[sector](periodic, end_of_month_clause)
    else:
        rule = "periodic_45" if periodic else general[end_of_month_clause]
    return check(invoice_date, due_date, rule, delivery_date)


def _rule(name: str) -> _Rule:
    try:
        return RULES[name]
    except KeyError:
        raise ValueError(f"Unknown payment term rule {name!r}: expected one of {', '.join(RULES)}") from None
