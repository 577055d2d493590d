"""Ledgers of a debtor drawn at random from a seed, and played through the ORM; see ``test_account_random``.

A ledger is a list of ``Event``: plain data, so that a smaller one can be made of it when something fails.
"""

import random
from typing import NamedTuple

from odoo import fields
from odoo.fields import Command

#: Few amounts, so that money fits several debts and parts of them.
AMOUNTS = (60.0, 100.0, 100.0, 150.0, 240.0, 300.0, 123.45)
FIRST = "2026-01-05"
KINDS = {
    "invoice": 8, "payment": 5, "payback": 1, "entry": 1, "note": 1, "suspense": 1, "transfer": 1,
}  # fmt: skip
#: What happens to an invoice: dunned, held by a person, left out, disputed, disputed in part.
STANDINGS = {"free": 6, "held": 1, "left out": 1, "disputed": 1, "part": 1}


class Event(NamedTuple):
    """What is booked: ``day`` counts from ``FIRST``; ``standing``, ``matched`` (what was paid of it) of an invoice."""

    kind: str
    day: int
    amount: float
    standing: str = "free"
    matched: float = 0.0


def draw(seed):
    """Return the events of the ledger of a seed, in the order of their days."""
    chance = random.Random(f"ledger {seed}")
    events = []
    for _number in range(chance.randint(2, 7)):
        kind = chance.choices(list(KINDS), KINDS.values())[0]
        # Few days, so that several things are booked on one.
        event = Event(kind, chance.randrange(0, 121, 20), chance.choice(AMOUNTS))
        if kind == "invoice":
            standing = chance.choices(list(STANDINGS), STANDINGS.values())[0]
            matched = chance.choice([0.0, 0.0, 0.0, event.amount / 3])
            event = event._replace(standing=standing, matched=round(matched, 2))
        events.append(event)
    return sorted(events, key=lambda event: event.day)


def shuffled(events, seed):
    """Return ``events`` with those of one day in another order."""
    chance = random.Random(f"order {seed}")
    return sorted(events, key=lambda event: (event.day, chance.random()))


def smaller(events):
    """Yield ledgers with an event less, or with a plainer one."""
    for index, event in enumerate(events):
        yield events[:index] + events[index + 1 :]
        if event.standing != "free" or event.matched:
            yield [*events[:index], event._replace(standing="free", matched=0.0), *events[index + 1 :]]


class Player:
    """Books events for debtors of the company of a test (``LedgerCommon``)."""

    def __init__(self, test):
        self.test = test
        self.env = test.env
        self.receivable = test.company_data["default_account_receivable"]
        self.revenue = test.company_data["default_account_revenue"]
        self.doubtful = self.receivable.copy({"name": "Clients douteux", "code": "416999"})

    def play(self, events, name):
        """Book ``events``; return the debtor."""
        debtor = self.test._create_debtor(name)
        for event in events:
            day = fields.Date.to_string(fields.Date.add(fields.Date.to_date(FIRST), days=event.day))
            getattr(self, f"_book_{event.kind}")(event, day, debtor)
        return debtor

    def _book_invoice(self, event, day, debtor):
        invoice = self.test._invoice(event.amount, day, partner=debtor)
        line = self.test._instalments(invoice)
        if event.matched:
            payment = self.test.init_payment(event.matched, post=True, date=day, partner=debtor)
            (line + self._of(payment.move_id)).reconcile()
        if event.standing == "left out":
            line.no_followup = True
        elif event.standing != "free":
            self.env["relance.hold"].create(
                {
                    "partner_id": debtor.id,
                    "move_id": invoice.id,
                    "reason": "manual" if event.standing == "held" else "dispute",
                    "amount": 50 if event.standing == "part" else 0,
                    "date_from": "2026-01-01",
                }
            )

    def _book_payment(self, event, day, debtor):
        self.test.init_payment(event.amount, post=True, date=day, partner=debtor)

    def _book_payback(self, event, day, debtor):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": debtor.id,
                "amount": event.amount,
                "date": day,
                "journal_id": self.test.bank.id,
            }
        )
        payment.action_post()

    def _book_entry(self, event, day, debtor):
        self._book(day, debtor, (self.receivable, event.amount, day), (self.revenue, -event.amount, False))

    def _book_note(self, event, day, debtor):
        self.test._credit_note(event.amount, day, partner=debtor)

    def _book_suspense(self, event, day, debtor):
        self.test._bank_line(day, event.amount, debtor)

    def _book_transfer(self, event, day, debtor):
        """Carry an invoice to the account of doubtful customers, matched there."""
        invoice = self.test._invoice(event.amount, day, partner=debtor)
        entry = self._book(day, debtor, (self.receivable, -event.amount, False), (self.doubtful, event.amount, day))
        (entry.line_ids.sorted("balance")[0] + self.test._instalments(invoice)).reconcile()

    def _book(self, day, debtor, *lines):
        values = [
            Command.create(
                {"account_id": account.id, "balance": balance, "date_maturity": due, "partner_id": debtor.id}
            )
            for account, balance, due in lines
        ]
        entry = self.env["account.move"].create({"move_type": "entry", "date": day, "line_ids": values})
        entry.action_post()
        return entry

    @staticmethod
    def _of(move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
