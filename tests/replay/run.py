"""Play the ledger on a database of its own, from outside Odoo, and sum up what happened."""

import os
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

from dev import databases, scripts

from . import checks, expected, ledger

#: Ledgers drawn at random, of which the tests play 60.
RANDOM_LEDGERS = 2000

#: What Odoo runs; ``values`` comes from :func:`play`.
_CODE = """
import sys
from datetime import date
sys.path.insert(0, values["folder"])
from replay import ledger, story
invoices = ledger.one_customer_in(values["one_in"], ledger.read(values["ledger"]))
days = [date.fromisoformat(values[name]) for name in ("first_day", "last_day")]
result = story.Story(env, invoices).play(*days)
"""


def play(database, path, one_in, first_day=ledger.FIRST_DAY, last_day=ledger.LAST_DAY):
    """Play one customer in ``one_in`` of the ledger ``path`` on a fresh ``database``.

    :return: the facts, the invoices played, Odoo's log
    :raise dev.scripts.ScriptError: when the story cannot be told to its end
    """
    start = time.monotonic()
    facts, log = scripts.run(
        database,
        _CODE,
        folder=str(Path(__file__).resolve().parent.parent),
        ledger=str(path),
        one_in=one_in,
        first_day=first_day,
        last_day=last_day,
    )
    facts["seconds"]["all, on the clock"] = round(time.monotonic() - start, 1)
    return facts, ledger.one_customer_in(one_in, ledger.read(path)), log


def totals(facts, invoices):
    """Return the lines of a report: what was played, sent, claimed, checked."""
    sent = checks.sent(facts)
    late = [invoice for invoice in invoices if invoice.paid_late]
    by_level = Counter((notice["kind"], notice["channel"]) for notice in sent)
    statements = [facts["invoices"][invoice.number]["statement"] for invoice in late]
    lines = [
        f"{len(invoices)} invoices of {len({invoice.customer for invoice in invoices})} customers, "
        f"{sum(invoice.amount for invoice in invoices):,.2f} EUR; {len(late)} paid late, "
        f"{sum(invoice.held for invoice in invoices)} of them held by a dispute",
        f"{len(sent)} notices sent, {len(facts['notices']) - len(sent)} given up because of a payment of the same day",
    ]
    for (kind, channel), count in sorted(by_level.items(), key=lambda item: expected.KINDS.index(item[0][0])):
        mine = [notice for notice in sent if (notice["kind"], notice["channel"]) == (kind, channel)]
        figures = {name: _sum(mine, f"{name}_amount") for name in ("principal", "penalty", "indemnity")}
        claimed = ", ".join(f"{name} {amount:,.2f}" for name, amount in figures.items())
        lines.append(f"  {kind:<11}{channel:<11}{count:>5} notices, {_count_lines(mine):>5} invoices: {claimed} EUR")
    lines += [
        f"owed on what was paid late: penalties {_sum(statements, 'penalty'):,.2f} EUR, "
        f"indemnities {_sum(statements, 'indemnity'):,.2f} EUR",
        f"register: {facts['register']['checked']} notices, valid: {facts['register']['valid']}",
        "seconds: " + ", ".join(f"{title} {seconds}" for title, seconds in facts["seconds"].items()),
    ]
    return lines


def verdict(facts, invoices, last_day=ledger.LAST_DAY):
    """Return the lines of the checks' report and the number of faults."""
    faults = checks.all_faults(facts, invoices, ledger.FIRST_DAY, last_day)
    lines = []
    for name, found in faults.items():
        lines.append(f"{'ok    ' if not found else 'FAULTY'}  {name}")
        lines += [f"          {fault}" for fault in found]
    return lines, sum(map(len, faults.values()))


def main(arguments):
    """Play the whole ledger (or one customer in N: ``replay N``) and print what came out; 1 when a check fails.

    The database stays, to be looked at: ``bin/odoo -d relance_fr_replay``.
    """
    from dev.console import SetupError, say, step

    path = ledger.find(__file__)
    if path is None:
        raise SetupError(f"no {ledger.NAME} in a folder above this checkout: put the sample ledger there")
    one_in = int(arguments[0]) if arguments else 1
    name = f"{databases.DATABASE_PREFIX}replay"
    databases.drop(name)
    databases.create(name)
    with step(f"replaying one customer in {one_in} from {ledger.FIRST_DAY} to {ledger.LAST_DAY}"):
        facts, invoices, _log = play(name, path, one_in)
    lines, count = verdict(facts, invoices)
    print("\n".join([*totals(facts, invoices), *lines]), flush=True)
    say(f"the database stays: bin/odoo -d {name}")
    return 1 if count or _play_random_ledgers() else 0


def _play_random_ledgers():
    """Play many of the ledgers that the tests play some of; a fault is printed as the smallest ledger that has it."""
    from dev import test

    os.environ["RELANCE_LEDGERS"] = str(RANDOM_LEDGERS)
    return test.main(["relance_fr/tests/ledger/test_account_random.py"])


def _sum(holders, name):
    return sum((Decimal(str(holder[name])) for holder in holders), Decimal(0))


def _count_lines(notices):
    return sum(len(notice["lines"]) for notice in notices)
