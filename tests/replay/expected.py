"""What must happen, told without the addon: the notices of the calendars and the figures owed.

Written from the rules (README, Code de commerce L441-10), not from the addon's code; nothing of it is
imported here.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

INDEMNITY = Decimal(40)
MARGIN = Fraction(10)

#: ECB main refinancing rate (%) on 1 January and 1 July.
ECB = {
    (2024, 1): Fraction("4.50"),
    (2024, 2): Fraction("4.25"),
    (2025, 1): Fraction("3.15"),
    (2025, 2): Fraction("2.15"),
    (2026, 1): Fraction("2.15"),
}

KINDS = ("preventive", "courtesy", "firm", "formal", "final")


class Calendar(NamedTuple):
    """``levels``: delay in days and kind of each; ``min_days``: the least between two notices to a debtor.

    ``deadlines``: days left to pay by each kind of notice that says so.
    """

    levels: tuple
    min_days: int
    deadlines: dict


#: The calendar shipped as Standard, and one of the company for those it is in a hurry with.
CALENDARS = {
    "standard": Calendar(tuple(zip((-3, 7, 15, 30, 45), KINDS, strict=True)), 7, {"formal": 15, "final": 8}),
    "brisk": Calendar(tuple(zip((-5, 1, 6, 12, 20), KINDS, strict=True)), 4, {"formal": 8, "final": 8}),
}
APPROVED = ("formal", "final")
CLAIMING = ("firm", "formal", "final")
BY_POST = ("formal", "final")


def penalty(amount, due, until):
    """Return the penalty (EUR) of ``amount`` unpaid from the day after ``due`` to ``until`` included.

    ECB + 10 points a year of 365 days, each semester rounded half up to the cent.
    """
    days = defaultdict(int)
    for offset in range(1, (until - due).days + 1):
        day = due + timedelta(days=offset)
        days[day.year, 1 if day.month < 7 else 2] += 1
    cents = 0
    for semester, count in days.items():
        exact = Fraction(amount) * (ECB[semester] + MARGIN) * count / 365
        cents += int(exact + Fraction(1, 2))
    return Decimal(cents) / 100


def claim(invoice, day, kind):
    """Return (principal, penalty, indemnity) a notice of ``kind`` claims on ``day`` for an unpaid invoice."""
    if kind not in CLAIMING:
        return invoice.amount, Decimal(0), Decimal(0)
    late = INDEMNITY if day > invoice.due else Decimal(0)
    return invoice.amount, penalty(invoice.amount, invoice.due, day), late


class Notice(NamedTuple):
    """A notice that must exist: its day, debtor, kind, whether it left, and ``{(invoice number, delay)}``."""

    day: date
    customer: str
    kind: str
    state: str
    lines: frozenset


def notices(invoices, first_day, last_day):
    """Return the notices that must be made, in order."""
    made = []
    by_customer = defaultdict(list)
    for invoice in invoices:
        by_customer[invoice.customer].append(invoice)
    for customer, theirs in by_customer.items():
        made += _Debtor(customer, theirs).play(first_day, last_day)
    return sorted(made, key=lambda notice: (notice.day, notice.customer))


class _Debtor:
    """His calendar applied to one debtor, day by day."""

    def __init__(self, customer, invoices):
        self.customer = customer
        self.invoices = invoices
        self.calendar = CALENDARS[invoices[0].calendar]
        self.reached = {}  # number -> (delay, day it counts from, day until which it may be paid)
        self.contacted = date.min

    def play(self, first_day, last_day):
        for offset in range((last_day - first_day).days + 1):
            day = first_day + timedelta(days=offset)
            due = self._due_on(day)
            if due:
                yield self._notice(day, due)

    def _due_on(self, day):
        """Return ``{invoice: level}`` of what the daily job takes up on ``day``."""
        if (day - self.contacted).days < self.calendar.min_days:
            return {}
        found = {}
        for invoice in self.invoices:
            open_ = invoice.paid > day or (invoice.paid == day and invoice.paid_after_the_job)
            if open_ and not (invoice.held and day >= invoice.due):
                level = self._level_on(invoice, day)
                if level:
                    found[invoice] = level
        late = {invoice: level for invoice, level in found.items() if level[1] != "preventive"}
        # A reminder of what is not due yet never rides with a claim.
        return late or found

    def _level_on(self, invoice, day):
        """Return the next level of an invoice when its day has come, else None."""
        last, since, deadline = self.reached.get(invoice.number, (None, None, None))
        for delay, kind in self.calendar.levels:
            if (last is not None and delay <= last) or (kind == "preventive" and day > invoice.due):
                continue
            when = invoice.due + timedelta(days=delay)
            if last is not None:
                when = max(when, since + timedelta(days=delay - last), deadline)
            return (delay, kind) if when <= day else None
        return None

    def _notice(self, day, due):
        kind = max((kind for _delay, kind in due.values()), key=KINDS.index)
        left = {invoice: level for invoice, level in due.items() if invoice.paid > day}
        # Sealed before the payment, it is given up; one that waits for approval leaves without what was paid, unless
        # what called for its tone was.
        if any(kind in APPROVED for _delay, kind in due.values()):
            leaves = any(level[1] == kind for level in left.values())
        else:
            leaves = len(left) == len(due)
        if leaves:
            # A registered letter is posted the day after, and its delay runs from then, as do the days of peace.
            since = day + timedelta(days=1) if kind in BY_POST else day
            self.contacted = since
            # What it gives counts for all it claims, each at its own level.
            deadline = day + timedelta(days=self.calendar.deadlines.get(kind, 0))
            for invoice, (delay, _kind) in left.items():
                self.reached[invoice.number] = (delay, since, deadline)
        lines = frozenset((invoice.number, delay) for invoice, (delay, _kind) in left.items())
        return Notice(day, self.customer, kind, "sent" if leaves else "cancelled", lines)
