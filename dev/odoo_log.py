"""Read Odoo's log: records, tests counted, and what in it is a problem of ours."""

import re
from dataclasses import dataclass

_RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>\S+?): (?P<text>.*)$"
)
_TESTS = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when")

_DURATION = re.compile(r"^\t(\w+)\.(\w+)\.\w+: (-?[\d.]+)s \d+ queries$", re.MULTILINE)

#: What is not ours and cannot be helped here: pairs of regular expressions (logger, text), each below
#: a comment with its reason. None is needed so far.
IGNORED = ()


@dataclass
class Record:
    """One record of the log: its level, database, logger, and text with the lines that follow it."""

    level: str
    database: str
    logger: str
    text: str

    def __str__(self):
        return f"{self.level} {self.logger}: {self.text}"


@dataclass
class Count:
    """Numbers of tests: run and good, failed, skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def read(text):
    """Return the records of a log.

    >>> text = "2026-01-02 03:04:05,678 9 ERROR base odoo.sql_db: bad query\\nSELECT 1"
    >>> [(record.level, record.logger, record.text) for record in read(text)]
    [('ERROR', 'odoo.sql_db', 'bad query\\nSELECT 1')]
    """
    records = []
    for line in text.splitlines():
        match = _RECORD.match(line)
        if match:
            records.append(Record(**match.groupdict()))
        elif records:
            records[-1].text += "\n" + line
    return records


def problems(records):
    """Return the records that fail a run: WARNING and above, less what :data:`IGNORED` explains."""
    levels = ("WARNING", "ERROR", "CRITICAL")
    return [record for record in records if record.level in levels and not _is_ignored(record)]


def _is_ignored(record):
    return any(re.search(logger, record.logger) and re.search(text, record.text) for logger, text in IGNORED)


def count(records):
    """Return the tests Odoo says it ran; a skipped one is in its total too.

    >>> text = "2026-01-02 03:04:05,678 9 INFO x odoo.tests.result: 1 failed, 0 error(s) of 5 tests when"
    >>> str(count(read(text)))
    '4 passed, 1 failed, 0 skipped'
    """
    total = Count()
    for record in records:
        match = _TESTS.search(record.text)
        if match:
            failed, errors, run = map(int, match.groups())
            total += Count(max(run - failed - errors, 0), failed + errors)
    skipped = sum(record.level == "INFO" and record.text.startswith("skipped ") for record in records)
    skipped = min(skipped, total.passed)
    return Count(total.passed - skipped, total.failed, skipped)


def durations(records):
    """Return the seconds that files of tests took, by module, when the log says so (``odoo.tests.stats:DEBUG``).

    >>> text = "2026-01-02 03:04:05,678 9 DEBUG x odoo.tests.stats: Report:\\n\\tx: 3.50s 9 queries\\n"
    >>> text += "\\tx.test_a.TestA: 1.50s 4 queries\\n\\tx.test_a.TestA.test_it: 1.00s 3 queries\\n"
    >>> durations(read(text + "\\tx.test_a.TestB: 2.00s 5 queries"))
    {'test_a': 3.5}
    """
    seconds = {}
    for record in records:
        if record.logger == "odoo.tests.stats":
            for _addon, module, duration in _DURATION.findall(record.text):
                seconds[module] = seconds.get(module, 0) + float(duration)
    return seconds
