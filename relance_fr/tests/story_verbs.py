import re
from datetime import date

VERBS = []


def verb(pattern):
    """Register the method that makes happen what ``pattern`` (a regular expression with named groups) tells."""

    def register(method):
        VERBS.append((re.compile(pattern), method.__name__))
        return method

    return register


class VerbsMixin:
    """Turn what a table tells into calls of the methods registered by ``verb``."""

    def happen(self, event):
        """Make ``event`` happen; the groups a pattern found go to its method, names of invoices made records."""
        for pattern, name in VERBS:
            found = pattern.fullmatch(event)
            if found:
                return getattr(self, name)(**{key: value for key, value in found.groupdict().items() if value})
        raise ValueError(f"Nothing is known of {event!r}")

    def day_of(self, text):
        """Return the day of ``mm-dd`` in the year of the row, or of a whole ISO day."""
        return date.fromisoformat(text if len(text) > 5 else f"{self.today.year}-{text}")
