"""A small story without a fault, made from what must happen, and the faults that the checks must find in it."""

import copy
from datetime import date
from decimal import Decimal

from . import checks, expected, ledger

DAYS = (date(2024, 1, 3), date(2024, 12, 31))


def invoice(number, customer, due, paid, disputed=False):
    """Return an invoice of 1 000 EUR; days as ISO texts."""
    due = date.fromisoformat(due)
    issued = date.fromordinal(due.toordinal() - 30)
    return ledger.Invoice(number, customer, issued, due, Decimal(1000), date.fromisoformat(paid), disputed)


INVOICES = [
    invoice("10", "A", due="2024-03-01", paid="2024-06-01"),
    invoice("20", "A", due="2024-03-20", paid="2024-04-14"),
    invoice("30", "A", due="2024-06-10", paid="2024-06-10"),
    invoice("40", "B", due="2024-05-02", paid="2024-07-20", disputed=True),
    invoice("60", "A", due="2024-03-20", paid="2024-04-20"),
    invoice("51", "C", due="2024-05-02", paid="2024-05-09"),
]


def told():
    """Return the facts of a story without a fault, made from what must happen."""
    by_number = {item.number: item for item in INVOICES}
    notices = [
        _notice(rank, notice, by_number) for rank, notice in enumerate(expected.notices(INVOICES, *DAYS), start=1)
    ]
    return {
        "notices": notices,
        "invoices": {item.number: _settled(item) for item in INVOICES},
        "register": {"valid": True, "checked": len(notices)},
        "again": [],
        "runs_left": 0,
        "last_day": str(DAYS[1]),
    }


def _notice(rank, notice, by_number):
    lines = []
    for number, delay in sorted(notice.lines):
        item = by_number[number]
        principal, penalty, indemnity = map(float, expected.claim(item, notice.day, notice.kind))
        lines.append(
            {
                "invoice": number,
                "delay": delay,
                "kind": dict(expected.CALENDARS["standard"].levels)[delay],
                "days_late": max(0, (notice.day - item.due).days),
                "segments": [penalty],
                "principal_amount": principal,
                "penalty_amount": penalty,
                "indemnity_amount": indemnity,
                "total_amount": round(principal + penalty + indemnity, 2),
            }
        )
    amounts = (*checks.AMOUNTS, "total_amount")
    by_post = notice.kind in expected.BY_POST
    return {
        "name": f"RLF/2024/{rank:05d}",
        "date": str(notice.day),
        "customer_name": f"Client {notice.customer}",
        "kind": notice.kind,
        "channel": "registered" if by_post else "email",
        "state": notice.state,
        "posted_date": str(date.fromordinal(notice.day.toordinal() + 1)) if by_post else False,
        "letter": "%PDF-" if by_post else "",
        "emails": int(notice.state == "sent"),
        "lines": lines,
        **{name: round(sum(line[name] for line in lines), 2) for name in amounts},
    }


def _settled(item):
    penalty, indemnity = 0.0, 0.0
    if item.paid_late:
        penalty = float(expected.penalty(item.amount, item.due, item.paid))
        indemnity = 40.0
    figures = {"principal": 0.0, "penalty": penalty, "indemnity": indemnity, "total": penalty + indemnity}
    return {
        "payment_state": "paid",
        "statement": {"as_of": str(DAYS[1]), **figures},
        "segments": [penalty],
        "state": "settled",
    }


def _find(facts, kind, customer="A"):
    wanted = (kind, f"Client {customer}")
    return next(notice for notice in facts["notices"] if (notice["kind"], notice["customer_name"]) == wanted)


def _add(facts, notice, **changes):
    """Add a copy of a notice, changed, so that the register still holds together."""
    added = {**copy.deepcopy(notice), **changes, "name": f"RLF/2024/{len(facts['notices']) + 1:05d}"}
    facts["notices"].append(added)
    facts["register"]["checked"] += 1
    return added


def _asked_after_payment(facts):
    _find(facts, "final")["date"] = "2024-06-02"


def _asked_before_due(facts):
    _add(facts, _find(facts, "courtesy"), date="2024-02-20")


def _asked_although_paid_in_time(facts):
    _add(facts, _find(facts, "courtesy"), date="2024-06-20")["lines"][0]["invoice"] = "30"


def _preventive_after_due(facts):
    _find(facts, "preventive")["date"] = "2024-03-02"


def _same_level_twice(facts):
    _add(facts, _find(facts, "firm"), date="2024-05-25")


def _level_out_of_order(facts):
    firm, formal = _find(facts, "firm"), _find(facts, "formal")
    firm["lines"][0]["delay"], formal["lines"][0]["delay"] = 30, 15


def _formal_for_nothing(facts):
    _find(facts, "courtesy")["kind"] = "formal"


def _too_soon(facts):
    _find(facts, "firm")["date"] = "2024-03-14"


def _held_and_asked(facts):
    notice = _add(facts, _find(facts, "courtesy"), date="2024-05-20", customer_name="Client B")
    notice["lines"][0]["invoice"] = "40"


def _cent_too_much(facts):
    notice = _find(facts, "firm")
    for holder in (notice, notice["lines"][0]):
        holder["penalty_amount"] += 0.01
        holder["total_amount"] += 0.01
    notice["lines"][0]["segments"] = [notice["lines"][0]["penalty_amount"]]


def _total_of_notice(facts):
    _find(facts, "formal")["total_amount"] += 1


def _total_of_line(facts):
    _find(facts, "formal")["lines"][0]["segments"] = [0.0]


def _indemnity_forgotten(facts):
    facts["invoices"]["20"]["statement"].update(indemnity=0.0, total=facts["invoices"]["20"]["statement"]["penalty"])


def _penalty_a_day_short(facts):
    short = float(expected.penalty(Decimal(1000), date(2024, 3, 1), date(2024, 5, 31)))
    facts["invoices"]["10"]["statement"].update(penalty=short, total=short + 40)
    facts["invoices"]["10"]["segments"] = [short]


def _owed_by_the_punctual(facts):
    facts["invoices"]["30"]["statement"].update(indemnity=40.0, total=40.0)


def _not_settled(facts):
    facts["invoices"]["30"]["payment_state"] = "not_paid"


def _forgotten(facts):
    facts["notices"].remove(_find(facts, "final"))


def _line_forgotten(facts):
    notice = next(notice for notice in facts["notices"] if len(notice["lines"]) > 1)
    notice["lines"].pop()


def _a_day_late(facts):
    _find(facts, "final")["date"] = "2024-04-17"


def _again(facts):
    facts["again"].append(["escalate", "2024-05-05", [1, 1, 1, 1], [2, 1, 1, 1]])


def _no_letter(facts):
    _find(facts, "formal")["letter"] = ""


def _two_mails(facts):
    _find(facts, "courtesy")["emails"] = 2


def _mail_of_cancelled(facts):
    next(notice for notice in facts["notices"] if notice["state"] == "cancelled")["emails"] = 1


def _left_waiting(facts):
    _find(facts, "firm")["state"] = "ready"


def _run_open(facts):
    facts["runs_left"] = 1


def _broken_chain(facts):
    facts["register"].update(valid=False)


def _gap_in_numbers(facts):
    facts["notices"][-1]["name"] = "RLF/2024/00099"


#: Each fault and the check that must find it.
FAULTS = [
    (_asked_after_payment, "only who was late was asked"),
    (_asked_before_due, "only who was late was asked"),
    (_asked_although_paid_in_time, "only who was late was asked"),
    (_preventive_after_due, "only who was late was asked"),
    (_same_level_twice, "levels once and in order"),
    (_level_out_of_order, "levels once and in order"),
    (_formal_for_nothing, "levels once and in order"),
    (_too_soon, "days between two notices"),
    (_held_and_asked, "nothing asked while disputed"),
    (_cent_too_much, "figures of notices"),
    (_total_of_notice, "figures of notices"),
    (_total_of_line, "figures of notices"),
    (_indemnity_forgotten, "figures of invoices paid late"),
    (_penalty_a_day_short, "figures of invoices paid late"),
    (_owed_by_the_punctual, "figures of invoices paid late"),
    (_not_settled, "figures of invoices paid late"),
    (_forgotten, "exactly the notices expected"),
    (_line_forgotten, "exactly the notices expected"),
    (_a_day_late, "exactly the notices expected"),
    (_again, "jobs run again add nothing"),
    (_no_letter, "letters, e-mails, runs"),
    (_two_mails, "letters, e-mails, runs"),
    (_mail_of_cancelled, "letters, e-mails, runs"),
    (_left_waiting, "letters, e-mails, runs"),
    (_run_open, "letters, e-mails, runs"),
    (_broken_chain, "register"),
    (_gap_in_numbers, "register"),
]
