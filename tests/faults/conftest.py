"""Fixtures of the fault tests: a database of debtors made once, a copy of it for each fault, the figures to quote."""

import os

import pytest

_BUILD = """
import sys
sys.path[:0] = values["path"]
from faults import rows
result = rows.build(env, values["count"])
"""


def pytest_collection_modifyitems(config, items):
    """Leave the faults that take the longest, and differ little from another one, to ``make test-faults``."""
    from faults.sizes import WHOLE

    left = [] if WHOLE else [item for item in items if item.get_closest_marker("whole")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def template():
    """Return a function that makes the database of ``count`` debtors, once, and returns its name."""
    from faults.jobs import PATH
    from support.database import Database

    made = {}

    def make(count):
        if count not in made:
            made[count] = Database()
            assert made[count].script(_BUILD, path=PATH, count=count) == count
        return made[count].name

    yield make
    for database in made.values():
        database.drop()


@pytest.fixture
def debtors(template):
    """Return a function that gives a database of its own with ``count`` debtors to dun today."""
    from support.database import Database

    made = []

    def make(count):
        made.append(Database(template(count)))
        return made[-1]

    yield make
    for database in made:
        database.drop()


@pytest.fixture
def jobs(tmp_path):
    """Return a function that starts a :class:`faults.jobs.Jobs`; what still runs at the end is killed."""
    from faults.jobs import Jobs

    started = []

    def start(database, smtp, **values):
        started.append(Jobs(database, tmp_path / f"jobs-{len(started)}", smtp, **values))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture(scope="session")
def figures():
    """Return a list to which tests add the figures of their run (dicts with ``fault``); printed as a table."""
    rows = []
    yield rows
    if path := os.environ.get("RELANCE_FAULTS_FIGURES"):
        from faults import report

        report.write(path, rows)
