from odoo.tests import freeze_time, tagged

from ..run.test_dispatch_cron import DUE, TODAY, CronCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestEnteredLate(CronCommon):
    """An invoice entered with a due date already past is not reminded of on the same day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.relance_calendar_id = cls._calendar({"kind": "courtesy", "delay": 1})

    def _late(self, due=DUE):
        """Return an invoice due on ``due`` and entered today, as its posting writes it down."""
        invoice = self._invoice(1000, due)
        self._enter_on(invoice, None)
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(str(invoice.relance_entered_on), TODAY)
        return invoice

    def test_waits_for_the_next_day(self):
        invoice = self._late()
        explanation = invoice.relance_explain()
        self.assertEqual((explanation["decision"], explanation["reason"]), ("wait", "too_early"))
        self.assertIn("entered today", explanation["message"])
        self.assertFalse(self._cron("escalate"))
        self.assertEqual(self._cron("escalate", "2026-05-27").line_ids.move_id, invoice)

    def test_a_person_may_send_it(self):
        self.assertEqual(self._send(self._late(), TODAY).state, "sent")

    def test_entered_before_its_due_date(self):
        """Entered in time it goes by its calendar, whatever day that is."""
        invoice = self._late(due="2026-05-25")
        self._enter_on(invoice, "2026-05-25")
        self.assertEqual(self._cron("escalate").line_ids.move_id, invoice)

    def test_first_posting_counts(self):
        """Reset to draft and posted again, it was entered on the first day."""
        invoice = self._invoice(1000, DUE)
        entered = invoice.relance_entered_on
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(invoice.relance_entered_on, entered)
        self.assertEqual(self._cron("escalate").line_ids.move_id, invoice)
