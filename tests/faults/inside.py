"""What runs inside Odoo, in a process that may be killed: the jobs, one after the other, until nothing is left."""

import os
import signal
import time

from odoo.exceptions import UserError
from odoo.sql_db import Cursor

from faults.inside_names import DISPATCH, ESCALATE, MAIL

JOBS = (ESCALATE, DISPATCH, MAIL)
#: A killed process leaves its locks for as long as its last statement runs.
_PATIENCE = 30


def work(env, marker, kill_commit=None, rounds=4, least=1, jobs=JOBS):
    """Run the jobs as the scheduler does, in turns, until nothing waits to leave.

    :param marker: file to make when the work begins
    :param least: how many turns to take even when nothing waits
    :param jobs: external ids of the jobs to run, in order
    :param kill_commit: ``[number, "before" or "after"]``: kill this process at that commit
    :return: dict ``left`` (how much waits for another run), ``register`` (the outcome of its verification)
    """
    if kill_commit:
        _kill_at_commit(*kill_commit)
    with open(marker, "w", encoding="utf-8"):
        pass
    for turn in range(1, rounds + 1):
        for job in jobs:
            run(env, job)
        if turn >= least and not left(env):
            break
    company = env["res.company"].browse(1)
    return {"left": left(env), "register": env["relance.notice"]._verify_register(company)}


def run(env, job):
    """Run one job to its end, waiting for whoever runs it."""
    limit = time.monotonic() + _PATIENCE
    while True:
        try:
            env.ref(job).method_direct_trigger()
            env.cr.commit()
            return
        except TypeError:
            # Killed three times running, a job sits its next turn out; core then trips over its own report.
            env.cr.commit()
            return
        except UserError:
            env.cr.rollback()
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)


def left(env):
    """Return how many notices and e-mails wait for a job."""
    env.invalidate_all()
    notices = env["relance.notice"].search_count([("state", "in", ("draft", "ready"))])
    return notices + env["mail.mail"].search_count([("state", "=", "outgoing")])


def _kill_at_commit(number, when):
    """Kill this process right before or after its commit of that number, whatever the commit is about."""
    commit, count = Cursor.commit, 0

    def counted(cursor):
        nonlocal count
        count += 1
        if count == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        commit(cursor)
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    Cursor.commit = counted
