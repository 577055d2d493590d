import logging
import os
from decimal import Decimal

from odoo import fields
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ...tools.reading import Reading
from ..ledger_common import LedgerCommon
from ..random_ledger import Player, draw, shuffled, smaller

AS_OF = "2026-06-30"
#: Ledgers played; ``make replay`` plays many more.
LEDGERS = int(os.environ.get("RELANCE_LEDGERS", "60"))

_logger = logging.getLogger(__name__)


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestRandomLedgers(LedgerCommon):
    """What holds of the account of a debtor, whatever was booked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.player = Player(cls)
        cls.ledgers = [draw(seed) for seed in range(LEDGERS)]
        cls.debtors = cls._play(cls.ledgers)

    def test_every_euro_is_asked_for_once_or_not_for_a_reason(self):
        for events, row in zip(self.ledgers, self._look_at(self.debtors), strict=True):
            if self._find_fault(row):
                least, fault = self._reduce(events, lambda fewer: self._find_fault(self._measure(fewer)))
                self.fail(f"{fault}\n" + "\n".join(map(str, least)))

    def test_more_money_never_raises_what_is_asked(self):
        """But for money of exactly the amount of a debt that a person holds: it pays that one."""
        before = self._look_at(self.debtors)
        for debtor, events in zip(self.debtors, self.ledgers, strict=True):
            self.init_payment(events[0].amount, post=True, date="2026-06-01", partner=debtor)
        for events, first, second in zip(self.ledgers, before, self._look_at(self.debtors), strict=True):
            if not any(event.standing in ("held", "left out") for event in events):
                self.assertLessEqual(second["asked"], first["asked"], events)

    def test_the_order_of_bookings_changes_nothing(self):
        count = LEDGERS // 3
        others = self._play([shuffled(events, seed) for seed, events in enumerate(self.ledgers[:count])])
        for events, first, second in zip(
            self.ledgers[:count], self._look_at(self.debtors[:count]), self._look_at(others), strict=True
        ):
            self.assertEqual(second["asked"], first["asked"], events)

    # === PLAYING === #

    @classmethod
    def _play(cls, ledgers):
        """Book ``ledgers``; return the debtor of each."""
        debtors = []
        for number, events in enumerate(ledgers):
            debtors.append(cls.player.play(events, f"Débiteur {number}"))
            if number % 5 == 0:
                # Nothing is committed: core's own queries would be planned as for empty tables.
                cls.env.flush_all()
                cls.env.cr.execute(SQL("ANALYZE account_move, account_move_line, account_payment"))
        return debtors

    def _measure(self, events):
        """Book a ledger; return what is known of its account."""
        return self._look_at(self._play([events]))[0]

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
