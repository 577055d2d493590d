"""What a provider of registered letters and the addon tell each other: events and errors.

>>> Event("presented", "2026-07-03", number="RLF/2026/00012").date
datetime.date(2026, 7, 3)
>>> Event("vanished", "2026-07-03")
Traceback (most recent call last):
    ...
ValueError: unknown status 'vanished'
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from .defaults import TIMEZONE
from .inputs import YEARS, is_storable

STATUSES = ("submitted", "posted", "presented", "received", "returned", "failed")
RETURN_REASONS = ("refused", "unclaimed", "unknown", "other")
PARIS = ZoneInfo(TIMEZONE)
# The longest text of each kind that makes sense.
LENGTHS = {
    "reference": 255, "tracking_number": 64, "number": 64, "message": 2000, "receipt_name": 255, "event_id": 255,
}  # fmt: skip


class ProviderError(Exception):
    """What a provider answers when it does not do what it was asked; its text is shown to people."""


class TemporaryError(ProviderError):
    """The service cannot be reached or is overloaded: the same letter may be submitted again later."""


class PermanentError(ProviderError):
    """The service refuses the letter: submitting it again would fail again, a person must look."""


@dataclass(frozen=True)
class Event:
    """One thing that happened to a letter, as its provider tells it.

    The letter is found by ``reference`` (the provider's), ``tracking_number`` or ``number`` (the register number we
    gave), whichever is known. ``date`` is a day, an ISO text or a moment with its time zone, which is taken in Paris.
    ``reason`` says why a letter ``returned`` (`RETURN_REASONS`). ``message`` is shown to people when it ``failed``.

    :raises ValueError: when it makes no sense; a date outside the years 2000 to 2100 makes none
    """

    status: str
    date: date
    reference: str = ""
    tracking_number: str = ""
    number: str = ""
    reason: str = ""
    message: str = ""
    receipt: bytes = b""
    receipt_name: str = ""
    event_id: str = ""

    def __post_init__(self):
        if self.status not in STATUSES:
            raise ValueError(f"unknown status {self.status!r}")
        if self.reason and self.reason not in RETURN_REASONS:
            raise ValueError(f"unknown reason {self.reason!r}")
        object.__setattr__(self, "reason", self.reason or "")
        for name, length in LENGTHS.items():
            text = getattr(self, name)
            if not isinstance(text, str):
                raise ValueError(f"{name} is not a text")
            if len(text) > length:
                raise ValueError(f"{name} is longer than {length} characters")
            if not is_storable(text):
                raise ValueError(f"{name} holds characters that are no text")
        if not isinstance(self.receipt, bytes):
            raise ValueError("receipt is no file")
        object.__setattr__(self, "date", _to_day(self.date))

    @property
    def key(self):
        """What makes it the same event when it is told again: its own id, else its content."""
        content = (self.status, self.date.isoformat(), self.tracking_number, self.reason, self.message)
        return self.event_id or hashlib.sha256("\n".join(content).encode()).hexdigest()


def _to_day(moment):
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    # Before the change of zone, which fails at the ends of the calendar.
    if not isinstance(moment, date) or moment.year not in YEARS:
        raise ValueError(f"not a date: {str(moment)[:50]!r}")
    if isinstance(moment, datetime):
        return (moment.astimezone(PARIS) if moment.tzinfo else moment).date()
    return moment
