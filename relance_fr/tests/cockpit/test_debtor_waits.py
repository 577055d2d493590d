from odoo import Command
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon
from ..screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDebtorWaits(ScreenCommon, LedgerCommon):
    """What has waited for long is asked about in the work list: nothing stops a claim for ever without a word."""

    def _get_kinds(self, partner=None):
        self.env.flush_all()
        self.env.invalidate_all()
        debtors = self.env["relance.debtor"].with_user(self.users["billing"]).with_company(self.company)
        row = debtors._get(partner or self.debtor, self.company)
        return set(filter(None, (row.kinds or "").split("|")))

    def _get_tag_day(self, kind):
        debtors = self.env["relance.debtor"].with_user(self.users["billing"]).with_company(self.company)
        row = debtors._get(self.debtor, self.company)
        return (row.action, str(row.action_date)) if row.action == kind else None

    # === PAYMENTS IN PROCESS === #

    def test_payment_without_entry_for_seven_months(self):
        invoice = self._invoice(1000, "2025-11-01")
        with freeze_time("2025-11-20"):
            self._pay_without_entry(invoice, "2025-11-20")
        self.assertEqual(self._explain(invoice, DAY)[1], "payment_in_progress")
        self.assertEqual(self._get_kinds(), {"payment"})
        self.assertEqual(self._get_tag_day("payment"), ("payment", "2025-11-20"))
        with freeze_time("2025-12-19"):
            self.assertNotIn("payment", self._get_kinds(), "29 days")
        with freeze_time("2025-12-20"):
            self.assertIn("payment", self._get_kinds(), "30 days")
        self.company.relance_wait_days = 0
        self.assertNotIn("payment", self._get_kinds())

    def test_payment_that_the_bank_never_showed(self):
        """A cheque entered in November, and the bank has gone on without it."""
        invoice = self._invoice(1000, "2025-11-01")
        payment = self._pay(invoice, "2025-11-20")
        self.assertFalse(payment.is_matched)
        self.assertNotIn("payment", self._get_kinds(), "nobody imports statements")
        self._bank_line("2026-05-20", 10)
        self.assertNotIn("payment", self._get_kinds(), "they end 31 days ago: others may be missing")
        self._bank_line("2026-06-15", 10)
        self.assertIn("payment", self._get_kinds())
        self._clear(payment, "2026-06-16")
        self.assertNotIn("payment", self._get_kinds())

    # === HOLDS === #

    def _hold(self, invoice, date_from, **vals):
        return self.env["relance.hold"].create({"move_id": invoice.id, "date_from": date_from, "note": "?", **vals})

    def test_hold_without_an_end(self):
        invoice = self._invoice(1000, "2026-03-01")
        hold = self._hold(invoice, "2026-04-01")
        self.assertEqual(self._get_kinds(), {"hold"})
        self.assertEqual(self._get_tag_day("hold"), ("hold", "2026-04-01"))
        hold.action_go_on()
        self.assertEqual(str(hold.reviewed_on), DAY)
        self.assertEqual(self._get_kinds(), set())
        with freeze_time("2026-07-19"):
            self.assertEqual(self._get_kinds(), set())
        with freeze_time("2026-07-20"):
            self.assertEqual(self._get_kinds(), {"hold"})
            hold.date_to = "2026-09-30"
            self.assertEqual(self._get_kinds(), set())

    def test_holds_not_asked_about(self):
        invoice = self._invoice(1000, "2026-03-01")
        recent = self._hold(invoice, "2026-05-22")
        self.assertEqual(self._get_kinds(), set(), "29 days")
        recent.date_from = "2026-05-21"
        self.assertEqual(self._get_kinds(), {"hold"})
        self._pay(invoice, DAY)
        self.assertEqual(self._get_kinds(), set(), "nothing is left of it")

    def test_blocked_invoice(self):
        invoice = self._invoice(1000, "2026-05-21")
        invoice.action_toggle_block_payment()
        self.assertEqual(invoice.payment_state, "blocked")
        self.assertEqual(self._get_kinds(), {"hold"})
        with freeze_time("2026-06-19"):
            self.assertEqual(self._get_kinds(), set())

    # === NOTICES === #

    def test_notice_that_does_not_leave(self):
        invoice = self._invoice(1000, "2026-05-16")
        with freeze_time("2026-06-10"):
            notice = invoice._relance_send_by_hand(send_now=False)
        self.assertEqual(notice.state, "ready")
        with freeze_time("2026-06-16"):
            self.assertNotIn("stuck", self._get_kinds())
        with freeze_time("2026-06-17"):
            self.assertIn("stuck", self._get_kinds())

    def test_plan_nobody_signs(self):
        invoice = self._invoice(1000, "2026-03-01")
        plan = self.env["relance.commitment"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "move_ids": invoice.ids,
                "date": "2026-05-21",
                "line_ids": [Command.create({"date": f"2026-0{month}-28", "amount": 500}) for month in (7, 8)],
            }
        )
        plan._set_agreement(sign_state="sent")
        self.assertIn("sign", self._get_kinds())
        plan._set_agreement(sign_state="draft")
        self.assertNotIn("sign", self._get_kinds())
