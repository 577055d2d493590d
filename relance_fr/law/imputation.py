"""What money pays: each credit of an account set once against its debts (Code civil 1342-10, C. com. L622-7).

Money paid back or bounced takes its credit before any debt. Then a credit pays what it names; then the debt of exactly
its amount, of several the oldest; then the debts that the debtor neither disputes nor is forbidden to pay, the oldest
first; after them those that are held or not followed; disputed ones last: who pays chooses, and nobody chooses what he
disputes. Debts of one day are paid in proportion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import IntEnum
from typing import NamedTuple

CENT = Decimal("0.01")
ZERO = Decimal(0)


class Standing(IntEnum):
    """How a debt ranks when nothing says what is paid."""

    #: Money that went back to the debtor: no debt that anybody pays, it uses up a credit.
    PAYBACK = -1
    FREE = 0
    #: Dunning is held, or a person left it out: it is owed all the same.
    KEPT = 1
    DISPUTED = 2


class Debt(NamedTuple):
    """What is owed, or a part of it that stands apart; several of one `key` are parts of one debt.

    `amount` is what is left of it; `later`: it was not invoiced yet. `stopped` is the day of the judgment that forbids
    to pay it: it takes no money received from that day on. `discounted` is what settles it if paid by `discount_date`.
    """

    key: Hashable
    amount: Decimal
    due: date
    standing: Standing = Standing.FREE
    later: bool = False
    stopped: date | None = None
    discounted: Decimal | None = None
    discount_date: date | None = None


class Credit(NamedTuple):
    """What came in, or was credited.

    `names` holds keys of the debts it says it pays. `money`: it was received; a credit note was not. `fresh`: its
    evidence may still be thin. Not `booked`: it is known, but stands on no account of customers yet.
    """

    key: Hashable
    amount: Decimal
    date: date
    names: frozenset = frozenset()
    money: bool = True
    fresh: bool = False
    booked: bool = True


class Share(NamedTuple):
    """An amount of a credit that pays a debt, and why: `payback`, `named`, `exact`, `oldest`, `doubt`."""

    credit: Hashable
    debt: Hashable
    amount: Decimal
    date: date
    why: str


class Imputation(NamedTuple):
    """Where each credit went.

    `shares` pays debts. `doubts` is what money may have paid besides: evidence is thin, or it is not booked yet; it is
    neither paid nor to be asked for before somebody looked. `unused` is what is left of booked credits, by key.
    """

    shares: list[Share]
    doubts: list[Share]
    unused: dict[Hashable, Decimal]


def impute(debts: Iterable[Debt], credits: Iterable[Credit], quantum: Decimal = CENT) -> Imputation:
    """Set each of `credits` once against `debts`, all of one debtor and currency.

    The order in which debts and credits of one day are given changes nothing in the sums.

    1 500 paid for an invoice of 1 000, of which 500 went back; then an invoice of 500: it is owed.

    >>> back = Debt("refund", Decimal(500), date(2026, 3, 1), Standing.PAYBACK)
    >>> invoice = Debt("invoice", Decimal(500), date(2026, 5, 4))
    >>> paid = Credit("paid", Decimal(500), date(2026, 2, 1))
    >>> [(share.debt, share.why) for share in impute([invoice, back], [paid]).shares]
    [('refund', 'payback')]

    400 without reference: the older debt is disputed, the newer one of 500 takes it; 600 leaves 100 for the older one.

    >>> older = Debt("older", Decimal(1000), date(2026, 2, 1), Standing.DISPUTED)
    >>> for amount in (400, 600):
    ...     paid = Credit("paid", Decimal(amount), date(2026, 5, 6))
    ...     [(share.debt, str(share.amount)) for share in impute([older, invoice], [paid]).shares]
    [('invoice', '400')]
    [('invoice', '500'), ('older', '100')]
    """
    account = _Account(debts, credits, quantum)
    account.pay_back()
    account.pay_named()
    account.pay_exact()
    account.pay_oldest()
    account.doubt()
    unused = {credit.key: left for credit, left in account.open.items() if left and credit.booked}
    return Imputation(account.shares, account.doubts, unused)


def share_out(amount: Decimal, weights: list[Decimal], quantum: Decimal = CENT) -> list[Decimal]:
    """Return `amount` in proportion to `weights`, no part above its weight, in whole units of `quantum`.

    >>> share_out(Decimal(100), [Decimal(100), Decimal(200)])
    [Decimal('33.33'), Decimal('66.67')]
    """
    total = sum(weights)
    if amount >= total:
        return list(weights)
    exact = [amount * weight / total for weight in weights]
    parts = [part.quantize(quantum, ROUND_DOWN) for part in exact]
    rest = amount - sum(parts)
    for index in sorted(range(len(weights)), key=lambda index: (parts[index] - exact[index], -weights[index], index)):
        added = min(rest, quantum, weights[index] - parts[index])
        parts[index] += added
        rest -= added
    return parts


class _Account:
    """Debts and credits of one account while they are set against each other."""

    def __init__(self, debts, credits, quantum):
        self.quantum = quantum
        self.debts = sorted((debt for debt in debts if debt.amount > 0), key=_debt_order)
        self.left = [debt.amount for debt in self.debts]
        self.open = {credit: credit.amount for credit in sorted(credits, key=_credit_order) if credit.amount > 0}
        self.shares, self.doubts = [], []
        #: What thin evidence may have paid otherwise: credits and amounts.
        self.thin = []

    def booked(self):
        return [credit for credit, left in self.open.items() if left and credit.booked]

    def take(self, credit, index, why, most=None):
        amount = min(self.open[credit], self.left[index])
        if most is not None:
            amount = min(amount, most)
        if amount > 0:
            self.open[credit] -= amount
            self.left[index] -= amount
            self.shares.append(Share(credit.key, self.debts[index].key, amount, credit.date, why))
        return amount

    def pay_back(self):
        """Let what went back to the debtor use up its credit: of exactly its amount, the last before it, any other."""
        backs = [index for index, debt in enumerate(self.debts) if debt.standing is Standing.PAYBACK]
        for index in backs:
            for credit in sorted(self.booked(), key=lambda credit: _before(credit, self.debts[index].due)):
                if self.open[credit] == self.left[index]:
                    self.take(credit, index, "payback")
        for index in backs:
            for credit in sorted(self.booked(), key=lambda credit: _before(credit, self.debts[index].due)):
                self.take(credit, index, "payback")

    def pay_named(self):
        for credit in self.booked():
            if not credit.names:
                continue
            for index, debt in enumerate(self.debts):
                if debt.key in credit.names and debt.standing is not Standing.PAYBACK and _may_pay(credit, debt):
                    self.take(credit, index, "named")

    def pay_exact(self):
        """Pay the debt of exactly the amount; what is disputed is not meant.

        Where one fits that is asked for and one that is not, the latter is paid and the former in doubt.
        """
        by_amount = defaultdict(list)
        for index, debt in enumerate(self.debts):
            if debt.standing is not Standing.PAYBACK and self.left[index]:
                by_amount[self.left[index]].append(index)
                if debt.discounted and self.left[index] == debt.amount:
                    by_amount[debt.discounted].append(index)
        for credit in self.booked():
            fits = [index for index in by_amount.get(self.open[credit], ()) if self.fits(credit, index)]
            asked = [index for index in fits if self.debts[index].standing is Standing.FREE]
            others = [index for index in fits if self.debts[index].standing is not Standing.FREE]
            if asked and others and credit.fresh:
                self.thin.append((credit, self.open[credit]))
                self.take(credit, others[0], "exact")
                continue
            meant = [index for index in fits if self.debts[index].standing is not Standing.DISPUTED]
            if meant:
                oldest = min(meant, key=lambda index: (self.debts[index].later, self.debts[index].due, index))
                self.take(credit, oldest, "exact")

    def fits(self, credit, index):
        debt, amount = self.debts[index], self.open[credit]
        if not _may_pay(credit, debt):
            return False
        in_time = debt.discount_date is not None and credit.date <= debt.discount_date
        return self.left[index] == amount or (in_time and self.left[index] == debt.amount and debt.discounted == amount)

    def pay_oldest(self):
        for credit in self.booked():
            for group in self.groups(credit):
                parts = share_out(self.open[credit], [self.left[index] for index in group], self.quantum)
                for index, part in zip(group, parts, strict=True):
                    self.take(credit, index, "oldest", part)
                if not self.open[credit]:
                    break

    def groups(self, credit):
        """Return the debts that `credit` pays in turn, those paid together in one list."""
        groups = defaultdict(list)
        for index, debt in enumerate(self.debts):
            if self.left[index] and debt.standing is not Standing.PAYBACK and _may_pay(credit, debt):
                # What a judgment stopped, money of before it pays first: what is declared stays what it was.
                since = debt.stopped is None or credit.date >= debt.stopped
                groups[since, debt.standing, debt.later, debt.due].append(index)
        return [groups[key] for key in sorted(groups)]

    def doubt(self):
        """Note what is asked for and may have been paid: by thin evidence, by money that is not booked."""
        asked = [
            index for index, debt in enumerate(self.debts) if debt.standing is Standing.FREE and debt.stopped is None
        ]
        for credit, amount in self.thin:
            fits = [index for index in asked if amount in (self.debts[index].amount, self.left[index])]
            self.set_aside(credit, amount, fits, only_one=True)
        for credit, amount in self.open.items():
            if credit.booked or not amount:
                continue
            named = [index for index in asked if self.debts[index].key in credit.names]
            exact = [index for index in asked if self.left[index] == amount]
            self.set_aside(credit, amount, [*named, *exact[:1], *asked])

    def set_aside(self, credit, amount, indexes, only_one=False):
        for index in indexes:
            part = min(amount, self.left[index])
            if part > 0:
                self.left[index] -= part
                amount -= part
                self.doubts.append(Share(credit.key, self.debts[index].key, part, credit.date, "doubt"))
                if only_one:
                    return


def _debt_order(debt):
    return debt.standing, debt.later, debt.due, str(debt.key)


def _credit_order(credit):
    return credit.date, -credit.amount, str(credit.key)


def _before(credit, day):
    """Return the order in which credits are used up by what went back on `day`."""
    after = credit.date > day
    return bool(credit.names), after, (credit.date - day).days * (1 if after else -1), str(credit.key)


def _may_pay(credit, debt):
    """Tell whether `credit` may pay `debt`: no money received since a judgment pays what was born before it."""
    if debt.stopped is None or credit.date < debt.stopped:
        return True
    return not credit.money and debt.key in credit.names
