from odoo import fields
from odoo.tests import freeze_time, tagged

from .test_dispatch_cron import CronCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-05-26")
class TestStartDate(CronCommon):
    """Going live: the daily job leaves the past alone until a person took it in hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"relance_start_date": "2026-05-01", "relance_calendar_id": cls._calendar("courtesy", "firm").id}
        )

    def test_nothing_before(self):
        invoice = self._invoice(1000, "2026-04-20")
        self.company.relance_start_date = "2026-05-27"
        self.assertFalse(self._cron("escalate", "2026-05-26"))
        self.company.relance_start_date = "2026-04-20"
        self.assertEqual(self._cron("escalate", "2026-05-26").line_ids.move_id, invoice)

    def test_invoices_due_before_are_held(self):
        old, on_the_day = self._invoice(1000, "2026-04-30"), self._invoice(700, "2026-05-01")
        self.assertEqual(self._cron("escalate").line_ids.move_id, on_the_day)
        explanation = old.relance_explain("2026-05-26")
        self.assertEqual((explanation["decision"], explanation["reason"]), ("skip", "held"))
        self.assertIn("by hand", explanation["message"])
        # Nobody decided to hold it: it is late.
        self.assertEqual(old.relance_state, "late")

    def test_by_hand_they_are_dunned_and_then_go_on(self):
        old = self._invoice(1000, "2026-04-30")
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        self.assertEqual(run.line_ids.filtered("selected").move_id, old)
        self._send(old, "2026-05-26")
        self.assertEqual(old.relance_level_id.kind, "courtesy")
        self.assertEqual(self._explain(old, "2026-06-03")[:3], ("send", "due", "firm"))
        self.assertRecordValues(self._run_on("2026-06-03"), [{"kind": "firm", "state": "sent"}])

    def test_kept_with_its_reason_in_a_test_run_line(self):
        old = self._invoice(1000, "2026-04-30")
        run = self.env["relance.run"]._create_automatic(self.company, fields.Date.to_date("2026-05-26"))
        run._decide(by_hand=False)
        self.assertRecordValues(
            run.line_ids, [{"move_id": old.id, "reason": "held", "detail": "start", "selected": False}]
        )
        self.assertIn("went live", run.line_ids.message)

    def test_other_company(self):
        other = self._other_company()
        theirs = self._invoice_of(other, 700, "2026-04-16")
        self.assertEqual(self._cron("escalate").line_ids.move_id, theirs)
