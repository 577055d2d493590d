"""``kill -9`` at any moment of a dispatch, and start again until nothing is left."""

import random
import time
from collections import Counter

from dev.smtp import Sink
from faults import checks
from faults.sizes import KILL, KILLS

#: Of ten kills: so many at a commit, at a random moment, while an e-mail is on its way. Those at a commit come first:
#: they hit the drafts and the seals, which take less time than the e-mails.
_PLAN = ["commit", "commit", "moment", "e-mail", "moment", "commit", "moment", "e-mail", "moment", "moment"]
_TITLES = {"commit": "at a commit", "moment": "at a random moment", "e-mail": "with an e-mail on its way"}
#: Commits of one run of the jobs that are worth a kill: before them work is lost, after them it is kept.
_COMMITS = range(2, 12)


def test_killed_and_started_again_until_done(debtors, jobs, tmp_path, figures):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    calm = _undisturbed(debtors, jobs, tmp_path, KILL)
    database = debtors(KILL)
    killed, phases, runs = Counter(), Counter(), 0
    start = time.monotonic()
    armed = {}

    def on_mail(number):
        if number >= armed.get("number", number + 1):
            armed.pop("number")
            armed["process"].kill()

    with Sink(tmp_path / "mail", kept=on_mail) as sink:
        for how in (_PLAN * KILLS)[:KILLS]:
            runs += 1
            if _run_and_kill(how, chance, jobs, database, sink, armed, calm):
                killed[how] += 1
                phases[_phase(database, sink)] += 1
        while (done := jobs(database, sink).finish())["left"]:
            runs += 1
        seconds = time.monotonic() - start
        again = checks.outcome(database, sink, KILL, done, in_flight=killed.total())
    figures.append(
        {
            "fault": f"kill -9 ({', '.join(f'{count} {_TITLES[how]}' for how, count in killed.items())})",
            "notices": KILL,
            "kills": killed.total(),
            "restarts": runs,
            "came twice": again,
            "seconds": seconds,
            "note": f"seed {seed}; " + ", ".join(f"{count} {phase}" for phase, count in phases.items()),
        }
    )
    # Runs that were over before their kill prove nothing.
    assert killed.total() >= KILLS * 0.6, killed


def _undisturbed(debtors, jobs, tmp_path, count):
    """Dun everybody without a fault; return the seconds it takes."""
    database = debtors(count)
    with Sink(tmp_path / "calm") as sink:
        process = jobs(database, sink)
        process.wait_until_working()
        start = time.monotonic()
        done = process.finish()
        seconds = time.monotonic() - start
        assert checks.outcome(database, sink, count, done) == 0
    return seconds


def _run_and_kill(how, chance, jobs, database, sink, armed, calm):
    """Start the jobs and kill them; tell whether they were killed at work."""
    came = len(sink.files())
    if how == "commit":
        when = [chance.choice(_COMMITS), chance.choice(["before", "after"])]
        return jobs(database, sink, kill_commit=when).finish() is None
    process = jobs(database, sink)
    if how == "e-mail":
        armed.update(process=process, number=came + 1 + chance.randrange(max(KILL // KILLS // 2, 1)))
        return process.finish() is None
    # What is left takes as long as its share; half the kills come before half of it is done.
    left = calm * (KILL - came) / KILL
    return process.kill_after(chance.uniform(0, left * 3 / KILLS))


def _phase(database, sink):
    """Return how far the work was at a kill."""
    states = checks.states(database)
    if sink.files():
        return "while e-mails left"
    if states.get("sent") or states.get("ready"):
        return "between sealing and sending"
    return "while sealing" if states else "before the drafts"
