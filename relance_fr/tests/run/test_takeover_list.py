import doctest

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ...tools import csv_table
from .test_takeover import TODAY, CronCommon, TakeoverCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestTakeoverList(TakeoverCommon):
    """The same from the list of invoices, and its undoing."""

    def _take_invoices(self, invoices, **vals):
        return self._take("", **{"move_ids": invoices.ids, "level_id": self.firm.id, "date": "2026-05-02", **vals})

    def test_chosen_invoices(self):
        first, second = self._invoice(1000, "2026-04-16"), self._invoice(700, "2026-04-10")
        facts = self._take_invoices(first | second)
        self.assertRecordValues(facts, [{"kind": "firm", "total_amount": 1700, "taken_over": True}])
        self.assertEqual((first | second).relance_level_id, self.firm)

    def test_go_live_goes_on_from_what_was_taken_over(self):
        self.company.relance_start_date = "2026-05-20"
        taken = self._invoice(1000, "2026-04-16")
        left = self._invoice(700, "2026-04-10", partner=self._create_debtor("B"))
        self._take_invoices(taken)
        self.assertEqual(self._cron("escalate").line_ids.move_id, taken)
        self.assertEqual(self._explain(left, TODAY)[:2], ("skip", "held"))

    def test_undo(self):
        invoice = self._invoice(1000, "2026-04-16")
        fact = self._take_invoices(invoice)
        clerk = new_test_user(
            self.env, "undo_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        with self.assert_refused(UserError, "administrator"):
            fact.with_user(clerk).action_cancel()
        fact.with_user(self.accountant).action_cancel()
        self.assertRecordValues(fact, [{"state": "cancelled"}])
        invoice.invalidate_recordset()
        self.assertFalse(invoice.relance_level_id)
        self.assertEqual(invoice.relance_next_level_id, self.courtesy)
        # The same level can be taken over again, with its right date.
        self._take_invoices(invoice, date="2026-05-04")
        self.assertEqual(invoice.relance_last_date.isoformat(), "2026-05-04")

    def test_undo_is_refused_once_something_followed(self):
        invoice = self._invoice(1000, "2026-04-16")
        fact = self._take_invoices(invoice)
        notice = self._cron("escalate")
        with self.assert_refused(UserError, "followed"):
            fact.with_user(self.accountant).action_cancel()
        notice.with_user(self.accountant).action_cancel()
        fact.with_user(self.accountant).action_cancel()
        self.assertEqual(fact.state, "cancelled")

    def test_our_own_notices_cannot_be_undone(self):
        notice = self._send(self._invoice(1000, "2026-04-16"), TODAY)
        with self.assert_refused(UserError, "fact"):
            notice.with_user(self.accountant).action_cancel()

    def test_nothing_chosen(self):
        invoice = self._invoice(1000, "2026-04-16")
        with self.assert_refused(UserError, "Choose the last level"):
            self._wizard("", move_ids=invoice.ids).action_preview()


@tagged("post_install", "-at_install")
class TestCsvTable(CronCommon):
    def test_examples(self):
        results = doctest.testmod(csv_table)
        self.assertTrue(results.attempted)
        self.assertFalse(results.failed)
