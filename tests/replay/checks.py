"""Hold what happened against what had to happen. Each check returns the faults it found, as sentences.

``facts`` is what ``story`` gathered, ``invoices`` the ledger it played. Figures travel as JSON numbers
and are compared to the cent.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from . import expected

AMOUNTS = ("principal_amount", "penalty_amount", "indemnity_amount")


def all_faults(facts, invoices, first_day, last_day):
    """Return ``{name of the check: [faults]}``, every check having run."""
    ledger = {invoice.number: invoice for invoice in invoices}
    return {
        "only who was late was asked": only_late_asked(facts, ledger),
        "levels once and in order": levels_in_order(facts),
        "days between two notices": days_between(facts, invoices),
        "nothing asked while disputed": nothing_while_held(facts, ledger),
        "figures of notices": notice_figures(facts, ledger),
        "figures of invoices paid late": statement_figures(facts, ledger),
        "exactly the notices expected": notices_expected(facts, invoices, first_day, last_day),
        "jobs run again add nothing": [f"{again} added something" for again in facts["again"]],
        "letters, e-mails, runs": paper_and_mail(facts),
        "register": register(facts),
    }


def sent(facts):
    """Return the notices that left."""
    return [notice for notice in facts["notices"] if notice["state"] == "sent"]


def only_late_asked(facts, ledger):
    """Nobody is asked before he is late nor once he has paid; preventive notices only come before the due date."""
    faults = []
    for notice, line, invoice in _lines(facts, ledger):
        day = date.fromisoformat(notice["date"])
        where = f"{notice['name']} of {day}, invoice {invoice.number}"
        if day < invoice.date:
            faults.append(f"{where}: dated {invoice.date}, after the notice")
        if day >= invoice.paid:
            faults.append(f"{where}: paid on {invoice.paid}")
        if line["kind"] == "preventive" and (day > invoice.due or notice["kind"] != "preventive"):
            faults.append(f"{where}: a preventive reminder of what was due on {invoice.due}")
        if line["kind"] != "preventive" and not (invoice.paid_late and day > invoice.due):
            faults.append(f"{where}: due on {invoice.due}, paid on {invoice.paid}, never late by then")
        if line["days_late"] != max(0, (day - invoice.due).days):
            faults.append(f"{where}: {line['days_late']} days late, due on {invoice.due}")
    return faults


def levels_in_order(facts):
    """An instalment gets each level once, and levels of increasing delay on increasing days."""
    faults = []
    history = defaultdict(list)
    for notice in sent(facts):
        for line in notice["lines"]:
            history[line["invoice"]].append((notice["date"], line["delay"]))
        kinds = [expected.KINDS.index(line["kind"]) for line in notice["lines"]]
        if expected.KINDS.index(notice["kind"]) != max(kinds, default=-1):
            faults.append(f"{notice['name']}: {notice['kind']}, which none of its invoices has reached")
    for number, steps in history.items():
        for (day, delay), (next_day, next_delay) in pairwise(steps):
            if next_delay <= delay or next_day <= day:
                faults.append(f"invoice {number}: level {next_delay} on {next_day} after level {delay} on {day}")
    return faults


def days_between(facts, invoices):
    """Two notices to one debtor are at least his calendar's number of days apart."""
    faults = []
    least = {invoice.customer_name: expected.CALENDARS[invoice.calendar].min_days for invoice in invoices}
    days = defaultdict(list)
    for notice in sent(facts):
        days[notice["customer_name"]].append(date.fromisoformat(notice["date"]))
    for customer, dates in days.items():
        for before, after in pairwise(sorted(dates)):
            if (after - before).days < least[customer]:
                faults.append(f"{customer}: notices on {before} and {after}")
    return faults


def nothing_while_held(facts, ledger):
    """A disputed invoice is in no notice from the day of the dispute on."""
    return [
        f"{notice['name']} of {notice['date']}: invoice {invoice.number} was disputed from {invoice.due}"
        for notice, _line, invoice in _lines(facts, ledger)
        if invoice.held and date.fromisoformat(notice["date"]) >= invoice.due
    ]


def notice_figures(facts, ledger):
    """A notice claims what the test computes for its day, and what it prints adds up."""
    faults = []
    for notice, line, invoice in _lines(facts, ledger):
        figures = tuple(_cents(line[name]) for name in AMOUNTS)
        owed = expected.claim(invoice, date.fromisoformat(notice["date"]), notice["kind"])
        if figures != owed:
            faults.append(f"{notice['name']}, invoice {invoice.number}: claims {_text(figures)}, owed {_text(owed)}")
        if _cents(line["total_amount"]) != sum(figures) or _segments(line) != figures[1]:
            faults.append(f"{notice['name']}, invoice {invoice.number}: the line does not add up")
    for notice in facts["notices"]:
        for name in (*AMOUNTS, "total_amount"):
            if _cents(notice[name]) != sum(_cents(line[name]) for line in notice["lines"]):
                faults.append(f"{notice['name']}: {name} is not the sum of its lines")
        if _cents(notice["total_amount"]) != sum(_cents(notice[name]) for name in AMOUNTS):
            faults.append(f"{notice['name']}: the total is not principal, penalties and indemnity")
    return faults


def statement_figures(facts, ledger):
    """An invoice paid late owes its penalty and indemnity and no principal; one paid in time owes nothing."""
    faults = []
    for number, invoice in ledger.items():
        fact = facts["invoices"].get(number)
        if fact is None or fact["payment_state"] not in ("paid", "in_payment"):
            faults.append(f"invoice {number}: not settled at the end")
            continue
        owed = (Decimal(0), Decimal(0), Decimal(0))
        if invoice.paid_late:
            owed = (Decimal(0), expected.penalty(invoice.amount, invoice.due, invoice.paid), expected.INDEMNITY)
        statement = fact["statement"]
        figures = tuple(_cents(statement[name]) for name in ("principal", "penalty", "indemnity"))
        if figures != owed:
            faults.append(f"invoice {number}: owes {_text(figures)}, recomputed {_text(owed)}")
        if _cents(statement["total"]) != sum(figures) or _segments(fact) != figures[1]:
            faults.append(f"invoice {number}: its statement does not add up")
        if statement["as_of"] != facts["last_day"] or fact["state"] != "settled":
            faults.append(f"invoice {number}: {fact['state']} as of {statement['as_of']}")
    return faults


def notices_expected(facts, invoices, first_day, last_day):
    """The notices made are those of the calendar: none missing, none more, each on its day with its invoices.

    What was left in a notice given up does not matter.
    """
    made = {
        (
            notice["date"],
            notice["customer_name"],
            notice["kind"],
            notice["state"],
            frozenset((line["invoice"], line["delay"]) for line in notice["lines"] if notice["state"] == "sent"),
        )
        for notice in facts["notices"]
    }
    names = {invoice.customer: invoice.customer_name for invoice in invoices}
    wanted = {
        (
            str(notice.day),
            names[notice.customer],
            notice.kind,
            notice.state,
            notice.lines if notice.state == "sent" else frozenset(),
        )
        for notice in expected.notices(invoices, first_day, last_day)
    }
    return [f"missing: {_describe(notice)}" for notice in sorted(wanted - made, key=_describe)] + [
        f"not expected: {_describe(notice)}" for notice in sorted(made - wanted, key=_describe)
    ]


def paper_and_mail(facts):
    """A formal notice has its letter and the day it was posted, every notice its e-mail; nothing is left open."""
    faults = []
    for notice in sent(facts):
        by_post = notice["kind"] in expected.BY_POST
        if by_post != (notice["letter"] == "%PDF-"):
            faults.append(f"{notice['name']}: {notice['kind']} with letter {notice['letter']!r}")
        if notice["channel"] != ("registered" if by_post else "email"):
            faults.append(f"{notice['name']}: {notice['kind']} by {notice['channel']}")
        if notice["emails"] != 1:
            faults.append(f"{notice['name']}: {notice['emails']} e-mails")
        day = date.fromisoformat(notice["date"]) + timedelta(days=1)
        if by_post and str(day) <= facts["last_day"] and notice["posted_date"] != str(day):
            faults.append(f"{notice['name']}: posted on {notice['posted_date']}")
    for notice in facts["notices"]:
        if notice["state"] not in ("sent", "cancelled"):
            faults.append(f"{notice['name']} of {notice['date']}: still {notice['state']}")
        if notice["state"] == "cancelled" and notice["emails"]:
            faults.append(f"{notice['name']}: cancelled, yet it has an e-mail")
    if facts["runs_left"]:
        faults.append(f"{facts['runs_left']} runs are not closed")
    return faults


def register(facts):
    """The register verifies, holds every notice that has a number, and its numbers have no gap."""
    verified = facts["register"]
    numbers = sorted(notice["name"] for notice in facts["notices"] if notice["name"] != "/")
    faults = []
    if not verified["valid"] or verified["checked"] != len(numbers):
        faults.append(f"register of {len(numbers)} notices: {verified}")
    last = defaultdict(int)
    for name in numbers:
        year = name.split("/")[1]
        last[year] += 1
        if name != f"RLF/{year}/{last[year]:05d}":
            faults.append(f"{name} follows number {last[year] - 1}")
    faults += [f"{notice['date']}: a notice left without a number" for notice in sent(facts) if notice["name"] == "/"]
    return faults


def _lines(facts, ledger):
    for notice in sent(facts):
        for line in notice["lines"]:
            yield notice, line, ledger[line["invoice"]]


def _segments(holder):
    return sum((_cents(amount) for amount in holder["segments"]), Decimal(0))


def _cents(number):
    return Decimal(str(number)).quantize(Decimal("0.01"))


def _text(figures):
    return " + ".join(f"{figure:.2f}" for figure in figures)


def _describe(notice):
    day, customer, kind, state, lines = notice
    return f"{day} {customer} {kind} {state} {sorted(lines)}"
