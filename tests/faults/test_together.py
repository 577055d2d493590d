"""Two servers, each with its jobs, and a person who confirms a run, all on the same database at once."""

import time

from dev import databases
from faults import checks
from faults.sizes import KILL
from support.session import CallError

_DUE = """
    UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute'
      FROM ir_model_data known
     WHERE known.model = 'ir.cron' AND known.res_id = ir_cron.id
       AND (known.module, known.name) IN (('relance_fr', 'ir_cron_escalate'), ('relance_fr', 'ir_cron_dispatch'),
                                          ('mail', 'ir_cron_mail_scheduler_action'))
"""
_WAITING = """
    SELECT (SELECT count(*) FROM relance_notice WHERE state IN ('draft', 'ready'))
         + (SELECT count(*) FROM mail_mail WHERE state = 'outgoing')
"""


def test_two_jobs_and_a_person_at_once(debtors, jobs, serve, login, smtp, figures):
    count = KILL
    database = debtors(count)
    options = ["--max-cron-threads=2", "--dev=none"]
    first, second = (serve(database, *options, smtp=smtp, check_log=False) for _number in range(2))
    admin = login(first, database)
    [run] = admin.call("relance.run", "create", [{}])
    admin.call("relance.run", "action_preview", [run])
    start = time.monotonic()
    database.query(_DUE)
    _wake(database)
    try:
        admin.call("relance.run", "action_confirm", [run])
    except CallError as error:
        # The job was faster: the person is told, and nothing is left to confirm.
        assert "already in a notice" in str(error), error
    _until_done(database, count)
    seconds = time.monotonic() - start
    assert first.process.poll() is None and second.process.poll() is None
    done = jobs(database, smtp).finish()
    assert checks.outcome(database, smtp, count, done) == 0
    figures.append({"fault": "two jobs and a person at once", "notices": count, "came twice": 0, "seconds": seconds})


def _wake(database):
    """Tell the schedulers of all servers that a job is due; they ask every minute otherwise."""
    with databases.connection() as opened, opened.cursor() as cursor:
        cursor.execute("SELECT pg_notify('cron_trigger', %s)", [database.name])


def _until_done(database, count):
    limit = time.monotonic() + 300
    while time.monotonic() < limit:
        [(notices,)] = database.query("SELECT count(*) FROM relance_notice WHERE state = 'sent'")
        if notices == count and database.query(_WAITING) == [(0,)]:
            return
        time.sleep(0.5)
        _wake(database)
    raise AssertionError(f"not done after 5 minutes: {checks.states(database)}")
