import logging
import os
from decimal import Decimal
from itertools import pairwise

from odoo import fields
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ...tools.reading import Reading
from ..ledger_common import LedgerCommon
from ..random_ledger import Player, draw, shuffled, smaller

AS_OF = "2026-06-30"
#: Ledgers played; ``make replay`` plays many more.
LEDGERS = int(os.environ.get("RELANCE_LEDGERS", "60"))
#: Debtors looked at together.
BATCH = 60

_logger = logging.getLogger(__name__)


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestRandomLedgers(LedgerCommon):
    """What holds of the account of a debtor, whatever was booked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.player = Player(cls)

    def test_every_euro_is_asked_for_once_or_not_for_a_reason(self):
        self._play(range(LEDGERS), lambda events: self._find_fault(self._measure([events])[0]))

    def test_more_money_never_raises_what_is_asked(self):
        """But for money of exactly the amount of a debt that a person holds: it pays that one."""
        for seeds in self._batches(LEDGERS):
            ledgers = [events for events in map(draw, seeds) if not self._holds(events)]
            before = self._measure(ledgers)
            debtors = [row["debtor"] for row in before]
            for debtor, events in zip(debtors, ledgers, strict=True):
                self.init_payment(events[0].amount, post=True, date="2026-06-01", partner=debtor)
            after = self._look_at(debtors)
            for events, first, second in zip(ledgers, before, after, strict=True):
                self.assertLessEqual(second["asked"], first["asked"], events)

    def test_the_order_of_bookings_changes_nothing(self):
        for seeds in self._batches(LEDGERS // 3):
            ledgers = list(map(draw, seeds))
            # All of one day: any order is one that might have been.
            ledgers = [[event._replace(day=event.day // 40 * 40) for event in events] for events in ledgers]
            rows = self._measure([order for seed, events in zip(seeds, ledgers, strict=True)
                                  for order in (events, shuffled(events, seed))])  # fmt: skip
            for (first, second), events in zip(list(pairwise(rows))[::2], ledgers, strict=True):
                self.assertEqual(first["asked"], second["asked"], events)

    # === PLAYING === #

    @staticmethod
    def _batches(count):
        return [range(start, min(start + BATCH, count)) for start in range(0, count, BATCH)]

    @staticmethod
    def _holds(events):
        return any(event.standing in ("held", "left out") for event in events)

    def _play(self, seeds, find):
        """Fail with the smallest ledger for which ``find`` returns a fault."""
        for batch in self._batches(len(seeds)):
            ledgers = [draw(seed) for seed in batch]
            for events, row in zip(ledgers, self._measure(ledgers), strict=True):
                if self._find_fault(row):
                    least, fault = self._reduce(events, find)
                    self.fail(f"{fault}\n" + "\n".join(map(str, least)))

    def _reduce(self, events, find):
        """Return the smallest ledger made of ``events`` that is still at fault, and its fault."""
        fault = find(events)
        tried = True
        while tried:
            tried = False
            for fewer in smaller(events):
                found = find(fewer)
                if found:
                    _logger.info("still at fault: %s", fewer)
                    events, fault, tried = fewer, found, True
                    break
        return events, fault

    def _measure(self, ledgers):
        """Book ``ledgers``; return what is known of the account of each."""
        debtors = []
        for number, events in enumerate(ledgers):
            debtors.append(self.player.play(events, f"Débiteur {number}"))
            if number % 5 == 0:
                # Nothing is committed: core's own queries would be planned as for empty tables.
                self.env.flush_all()
                self.env.cr.execute(SQL("ANALYZE account_move, account_move_line, account_payment"))
        return self._look_at(debtors)

    def _look_at(self, debtors):
        """Return the sums of the accounts of ``debtors``, as the daily job reads them."""
        self.env.flush_all()
        self.env.invalidate_all()
        ids = [debtor.id for debtor in debtors]
        reading = Reading(self.company, fields.Date.to_date(AS_OF), ids, automatic=True)
        ledger = self.env["relance.ledger"]
        account = ledger._get_account(reading)
        sums = {
            debtor.id: {
                "debtor": debtor,
                "asked": 0,
                "items": 0,
                "entries": 0,
                "unused": 0,
                "balance": 0,
                "reasons": set(),
            }
            for debtor in debtors
        }
        for decision in self.env["relance.decision"]._fetch_decisions(reading):
            row = sums[decision.partner_id]
            row["reasons"].add(decision.reason)
            if decision.reason not in ("disputed", "held", "excluded", "receipt_to_match", "covered_by_credit"):
                row["asked"] += Decimal(str(decision.net))
        for partner_id, left in self.env.execute_query(
            SQL(
                "WITH %s SELECT partner_id, SUM(net + pending + discount)::text FROM netted GROUP BY partner_id",
                ledger._sql_netted(reading, account),
            )
        ):
            sums[partner_id]["items"] += Decimal(left)
        for partner_id, line_id, residual in self.env.execute_query(
            SQL(
                "WITH moved AS (%s), others AS (%s) SELECT partner_id, line_id, residual FROM others",
                ledger._sql_moved(reading),
                SQL(
                    "SELECT * FROM (%s) other (kind, line_id, move_id, partner_id, currency_id, residual, due, later,"
                    " standing, stopped, name, reference, ref, discounted, discount_date, own, own_reason, whole,"
                    " whole_reason)",
                    ledger._sql_other_debits(reading),
                ),
            )
        ):
            paid = sum(
                share.amount
                for imputation in account.imputations.values()
                for share in imputation.shares
                if share.debt == ("entry", line_id)
            )
            sums[partner_id]["entries"] += Decimal(residual) - paid
        for (partner_id, _currency), imputation in account.imputations.items():
            sums[partner_id]["unused"] += sum(imputation.unused.values())
        lines = self.env["account.move.line"]._read_group(
            [
                ("partner_id", "in", ids),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
            ],
            ["partner_id"],
            ["balance:sum"],
        )
        for partner, balance in lines:
            sums[partner.id]["balance"] += Decimal(str(round(balance, 2)))
        return list(sums.values())

    def _find_fault(self, row):
        """Return what is wrong with the sums of an account, or None."""
        told = row["items"] + row["entries"] - row["unused"]
        if told != row["balance"]:
            return f"{told} are accounted for, the ledger says {row['balance']}"
        if row["asked"] > max(0, row["balance"]):
            return f"{row['asked']} are asked for, the ledger says {row['balance']}"
        return None
