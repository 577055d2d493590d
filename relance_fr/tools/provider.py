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

STATUSES = ("submitted", "posted", "presented", "received", "returned", "failed")
RETURN_REASONS = ("refused", "unclaimed", "unknown", "other")
PARIS = ZoneInfo("Europe/Paris")


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

    :raises ValueError: when it makes no sense
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
        for name in ("reference", "tracking_number", "number", "message", "receipt_name", "event_id"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} is not a text")
        object.__setattr__(self, "date", _to_day(self.date))

    @property
    def key(self):
        """What makes it the same event when it is told again: its own id, else its content."""
        content = (self.status, self.date.isoformat(), self.tracking_number, self.reason, self.message)
        return self.event_id or hashlib.sha256("\n".join(content).encode()).hexdigest()


def _to_day(moment):
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        return (moment.astimezone(PARIS) if moment.tzinfo else moment).date()
    if not isinstance(moment, date):
        raise ValueError(f"not a date: {moment!r}")
    return moment
