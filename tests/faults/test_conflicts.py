"""Somebody else works on the same rows, or the database server drops the connection: this job or the next finishes."""

import contextlib
import random
import time

import pytest

from dev import databases
from faults import checks
from faults.inside_names import DISPATCH, ESCALATE, MAIL
from faults.jobs import JobsFailed
from faults.sizes import FEW, some

_REGISTER = """
    INSERT INTO relance_register (company_id, last_numbers, last_rank, last_seal) VALUES (1, '{}', 0, repeat('0', 64))
"""
_BLOCKED = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
_TERMINATE = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
#: What somebody changes while the job that is named works.
CONFLICTS = {
    "an invoice while it is sealed": (
        "UPDATE account_move_line SET write_date = now() WHERE display_type = 'payment_term'",
        [],
    ),
    "the register while it is sealed": ("UPDATE relance_register SET write_date = now()", []),
    "an invoice while it is sent": (
        "UPDATE account_move_line SET write_date = now() WHERE display_type = 'payment_term'",
        [ESCALATE],
    ),
    "a notice while it is sent": ("UPDATE relance_notice SET user_id = 2", [ESCALATE]),
}


@pytest.mark.parametrize("conflict", some(CONFLICTS, "an invoice while it is sent"))
def test_rows_changed_by_somebody_else_meanwhile(debtors, jobs, smtp, figures, conflict):
    database = debtors(FEW)
    database.query(_REGISTER)
    change, before = CONFLICTS[conflict]
    if before:
        jobs(database, smtp, rounds=1, jobs=before).finish()
    with databases.connection(database.name) as other:
        other.autocommit = False
        with other.cursor() as cursor:
            cursor.execute(change)
            assert cursor.rowcount
        # What is left for one turn of the jobs: none of them may give up until its next time.
        process = jobs(database, smtp, rounds=1, jobs=[job for job in (ESCALATE, DISPATCH, MAIL) if job not in before])
        blocked = _wait_until_blocked(database, process)
        time.sleep(0.2)
        other.commit()
    done = process.finish()
    assert blocked or "a notice" in conflict, process.log()[-3000:]
    if not blocked:
        # Rows that are taken are left for the next run, not waited for.
        done = jobs(database, smtp).finish()
    assert checks.outcome(database, smtp, FEW, done) == 0
    figures.append({"fault": f"changed meanwhile: {conflict}", "notices": FEW, "came twice": 0})


def _wait_until_blocked(database, process):
    """Wait until the process waits for a row; tell whether it did, rather than end."""
    process.wait_until_working()
    while process.process.poll() is None:
        if database.query(_BLOCKED) != [(0,)]:
            return True
        time.sleep(0.05)
    return False


def test_connections_cut_by_the_database_server(debtors, jobs, smtp, figures):
    """As a restart of the database server does, at random moments."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    database = debtors(FEW)
    cuts = 0
    for _cut in range(3):
        process = jobs(database, smtp)
        process.wait_until_working()
        time.sleep(chance.uniform(0, 1.5))
        if process.process.poll() is None:
            cuts += database.query(_TERMINATE)[0][0]
        with contextlib.suppress(JobsFailed):
            process.finish()
    done = jobs(database, smtp).finish()
    again = checks.outcome(database, smtp, FEW, done, in_flight=cuts)
    figures.append(
        {"fault": "database connections cut", "notices": FEW, "kills": cuts, "came twice": again}
        | {"note": f"seed {seed}"}
    )
