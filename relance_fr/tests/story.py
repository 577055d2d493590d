"""Read the stories of ``stories/*.md``: tables that an accountant can check, one test each.

A file holds stories; a story is a title (``## Title``), what it is about, and a table:

| day | event | notice | invoice | level | reason | claim | interest |

- ``day``: ISO day; empty, the row goes on with the day of the row before;
- ``event``: what happens that morning (verbs: ``story_ledger.py``, ``story_acts.py``, ``story_insolvency.py``), a colon
  between two of them;
  a day written ``05-16`` is one of the year of the row;
- ``notice``: what became of notices that day, by the event or by the jobs of the day that follow it: kind, state, total
  claimed (``firm sent 1897.71``), a semicolon between two of them. Empty: nothing was made, sent or given up;
- ``invoice``: whose row it is. ``reason`` (the morning, before the jobs) and ``claim`` (that day counted) are what the
  invoice says, ``level`` what it has reached in the evening, ``-`` for none. ``reason`` may name the next step and its
  day: ``too_early (firm 05-31)``;
- ``claim``: principal + penalty + indemnity, those at the end may be left out when they are zero;
- ``interest``: how the penalty is found, one term a segment: ``1850 x 12.15 % x 45`` is principal, annual rate, days.
  Terms are multiplied here, with Decimal, and must give the penalty of ``claim`` before the addon is asked.

The jobs run on the eve of each row as well and must do nothing then.
"""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "stories"
COLUMNS = ("day", "event", "notice", "invoice", "level", "reason", "claim", "interest")
TERM = re.compile(r"([\d.]+) x ([\d.]+) % x (\d+)(?: / (\d+))?")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class StoryError(Exception):
    """A table is not written as it must be; the text names the story and the row."""


class Row(NamedTuple):
    """A line of a table, its cells read."""

    day: date
    events: tuple
    notices: tuple
    invoice: str
    level: str
    reason: str
    claim: tuple
    terms: tuple


class Story(NamedTuple):
    """A dated story: ``days`` is a list of ``(day, [Row])``."""

    name: str
    title: str
    days: list

    @property
    def rows(self):
        """The rows of all days."""
        return [row for _day, rows in self.days for row in rows]


def read_stories(subject):
    """Return the stories of a subject, the name of a file."""
    text = (FOLDER / f"{subject}.md").read_text(encoding="utf-8")
    return [_read_story(*part.partition("\n")[::2]) for part in re.split(r"^## ", text, flags=re.M)[1:]]


def read_all():
    """Return ``{subject: stories}`` of every file."""
    return {path.stem: read_stories(path.stem) for path in sorted(FOLDER.glob("*.md"))}


def tells(subject):
    """Give a test class one test method for each story of ``subject``, named after its title."""

    def give(cls):
        for story in read_stories(subject):
            if hasattr(cls, story.name):
                raise StoryError(f"{subject}: two stories are called {story.title!r}")
            setattr(cls, story.name, _make_test(story))
        return cls

    return give


def _make_test(story):
    def test(self):
        self.play(story)

    test.__name__ = story.name
    test.__doc__ = story.title
    return test


def _read_story(title, body):
    title = title.strip()
    lines = [line.strip() for line in body.splitlines() if line.startswith("|")]
    if len(lines) < 3 or _cells(lines[0]) != list(COLUMNS):
        raise StoryError(f"{title}: a story has a table of {', '.join(COLUMNS)}")
    days = []
    for number, line in enumerate(lines[2:], start=1):
        try:
            row = _read_row(_cells(line), days[-1][0] if days else None)
        except (ValueError, StoryError) as error:
            raise StoryError(f"{title}, row {number}: {error}") from error
        if not days or row.day != days[-1][0]:
            if days and row.day < days[-1][0]:
                raise StoryError(f"{title}, row {number}: days go forward")
            days.append((row.day, []))
        days[-1][1].append(row)
    words = re.sub(r"\W+", "_", title.lower()).strip("_")
    return Story(f"test_{words}", title, days)


def _cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def _read_row(cells, day):
    if len(cells) != len(COLUMNS):
        raise StoryError(f"{len(cells)} cells instead of {len(COLUMNS)}")
    cell = dict(zip(COLUMNS, cells, strict=True))
    if bool(cell["invoice"]) != bool(cell["reason"]) or bool(cell["reason"]) != bool(cell["claim"]):
        raise StoryError("an invoice has a reason and a claim, and nothing else has")
    row = Row(
        day=date.fromisoformat(cell["day"]) if cell["day"] else day,
        events=_split(cell["event"], ":"),
        notices=tuple(sorted(_split(cell["notice"], ";"))),
        invoice=cell["invoice"],
        level=cell["level"],
        reason=cell["reason"],
        claim=_read_claim(cell["claim"]),
        terms=_read_terms(cell["interest"]),
    )
    if row.claim and row.claim[1] != sum(map(interest, row.terms), Decimal(0)):
        raise StoryError(f"{cell['interest'] or 'no interest'} does not make {row.claim[1]}")
    if row.invoice and not row.level:
        raise StoryError("the level reached is missing, - for none")
    return row


def _split(cell, separator):
    return tuple(part.strip() for part in cell.split(separator) if part.strip())


def _read_claim(cell):
    if not cell:
        return ()
    parts = [part.strip() for part in cell.split(" + ")]
    if len(parts) > 3 or not all(map(NUMBER.fullmatch, parts)):
        raise StoryError(f"{cell!r} is no claim: principal + penalty + indemnity")
    return tuple(Decimal(part) for part in (*parts, "0", "0"))[:3]


def _read_terms(cell):
    terms = []
    for part in cell.split(" + ") if cell else ():
        found = TERM.fullmatch(part.strip())
        if not found:
            raise StoryError(f"{part!r} is no interest: principal x rate % x days")
        principal, rate, days, base = found.groups()
        terms.append((Decimal(principal), Decimal(rate), int(days), int(base or 365)))
    return tuple(terms)


def interest(term):
    """Return principal x rate % x days / base, rounded half up to the cent: nothing in common with the addon."""
    principal, rate, days, base = term
    return (principal * rate * days / Decimal(100 * base)).quantize(Decimal("0.01"), ROUND_HALF_UP)
