from odoo.tests import freeze_time, tagged

from ..delivery_common import NOW, ProviderCommon
from ..mail_common import DUE, TODAY, DispatchMailCommon
from ..plan_common import DUE as PLAN_DUE
from ..plan_common import PlanCommon

ADDRESS = "moi@example.com"
OFFICE = {"relance_window_from": 9, "relance_window_to": 17.5, "relance_working_days": True}


class HeldBackMixin:
    def _wakings(self, job):
        """Return when a job was asked to start, in UTC."""
        cron = self.env.ref(f"relance_fr.ir_cron_{job}")
        return [str(day) for day in self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).mapped("call_at")]


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestRemindersHeldBack(HeldBackMixin, PlanCommon):
    """Reminders of instalments wait for test mode to end, for go-live and for the hours; none is lost by waiting."""

    def _reminders(self, moment):
        """Run the daily job at a moment (UTC); return the days of the payments reminded of."""
        known = self.env["relance.commitment.reminder"].search([])
        self._run_on(moment)
        return [str(day) for day in (self.env["relance.commitment.reminder"].search([]) - known).mapped("date")]

    def test_signed_copy_in_test_mode(self):
        plan = self._plan(self._invoice(900, PLAN_DUE), 3, "2026-06-10")
        # Offered before: in test mode the debtor gets no offer.
        self._offer(plan)
        self.company.relance_test_email = ADDRESS
        self._sign(plan)
        self.assertEqual(plan.sign_state, "signed")
        self.assertFalse(self.env["mail.mail"].sudo().search([("email_to", "ilike", self.debtor.email)]))
        self.assertFalse(self.env["mail.mail"].sudo().search([("recipient_ids", "in", self.debtor.ids)]))
        self.assertIn("the debtor was not emailed", " ".join(plan.message_ids.mapped("body")))

    def _mails(self):
        return self.env["mail.mail"].sudo().search([("model", "=", "relance.commitment.reminder")])

    def test_test_mode(self):
        self._plan(self._invoice(900, PLAN_DUE), 3, "2026-06-10")
        self.company.relance_test_email = ADDRESS
        self.assertFalse(self._reminders("2026-06-08"))
        self.assertFalse(self._mails())
        self.company.relance_test_email = False
        self.assertEqual(self._reminders("2026-06-09"), ["2026-06-10"])

    def test_go_live(self):
        self._plan(self._invoice(900, PLAN_DUE), 3, "2026-06-10")
        self.company.relance_start_date = "2026-06-10"
        self.assertFalse(self._reminders("2026-06-08") + self._reminders("2026-06-09"))
        self.assertEqual(self._reminders("2026-06-10"), ["2026-06-10"], "At the latest on the day itself.")

    def test_hours(self):
        self.company.write(OFFICE)
        self._plan(self._invoice(900, PLAN_DUE), 3, "2026-06-10")
        self.assertFalse(self._reminders("2026-06-08 03:00:00"))
        self.assertEqual(self._wakings("escalate"), ["2026-06-08 07:00:00"])
        self.assertEqual(self._reminders("2026-06-08 07:00:00"), ["2026-06-10"])
        self.assertFalse(self._reminders("2026-06-09 07:00:00"), "Once.")

    def test_two_days_before_is_a_sunday(self):
        self.company.write(OFFICE)
        self._plan(self._invoice(900, PLAN_DUE), 3, "2026-06-09")
        self.assertFalse(self._reminders("2026-06-05 08:00:00"))
        self.assertFalse(self._reminders("2026-06-07 08:00:00"))
        self.assertEqual(self._wakings("escalate"), ["2026-06-08 07:00:00"])
        self.assertEqual(self._reminders("2026-06-08 08:00:00"), ["2026-06-09"])

    def test_payment_on_a_day_of_rest_is_reminded_of_before(self):
        self.company.write(OFFICE | {"relance_reminder_days": 1})
        # A Sunday, the day before too late a Saturday; and the Monday, which the Friday need not see.
        self._plan(self._invoice(900, PLAN_DUE), 3, "2026-06-07")
        self._plan(self._invoice(900, PLAN_DUE, self._create_debtor("Lundi")), 3, "2026-06-08")
        self.assertFalse(self._reminders("2026-06-04 08:00:00"))
        self.assertEqual(self._reminders("2026-06-05 08:00:00"), ["2026-06-07"])
        self.assertEqual(self._reminders("2026-06-08 08:00:00"), ["2026-06-08"])

    def test_job_after_the_hours_wakes_for_the_last_day_of_work(self):
        self.company.write(OFFICE | {"relance_reminder_days": 1})
        self._plan(self._invoice(900, PLAN_DUE), 3, "2026-06-07")
        self.assertFalse(self._reminders("2026-06-04 20:00:00"))
        self.assertEqual(self._wakings("escalate"), ["2026-06-05 07:00:00"])


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestThanksHeldBack(HeldBackMixin, DispatchMailCommon):
    """Thanks too; those that would come too late are not sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_thanks = True
        cls.invoice = cls._invoice(1000, DUE)
        cls.notice = cls._send(cls.invoice, TODAY)
        cls._pay(cls.invoice, "2026-06-05")

    def test_interrupted_email_waits_for_the_end_of_test_mode(self):
        mail = self.notice.mail_id.sudo()
        mail.write({"state": "exception"})
        self.assertEqual(self.notice.delivery_state, "queued")
        self.company.relance_test_email = ADDRESS
        self.env["relance.notice"].sudo()._resume_interrupted()
        self.assertEqual(mail.state, "exception")
        self.company.relance_test_email = False
        self.env["relance.notice"].sudo()._resume_interrupted()
        self.assertEqual(mail.state, "outgoing")

    def _thank(self, moment):
        known = self.env["mail.mail"].sudo().search([])
        with freeze_time(moment):
            self.env["relance.run"]._cron_thank()
        return len(self.env["mail.mail"].sudo().search([]) - known)

    def test_test_mode(self):
        self.company.relance_test_email = ADDRESS
        self.assertEqual(self._thank("2026-06-08"), 0)
        self.assertFalse(self.notice.thanked_on)
        self.company.relance_test_email = False
        self.assertEqual(self._thank("2026-06-09"), 1)

    def test_too_late_after_test_mode(self):
        self.company.relance_test_email = ADDRESS
        self.assertEqual(self._thank("2026-06-08"), 0)
        self.company.relance_test_email = False
        self.assertEqual(self._thank("2026-06-20"), 0)

    def test_go_live(self):
        self.company.relance_start_date = "2026-06-09"
        self.assertEqual(self._thank("2026-06-08"), 0)
        self.assertEqual(self._thank("2026-06-09"), 1)

    def test_hours(self):
        self.company.write(OFFICE)
        self.assertEqual(self._thank("2026-06-06 08:00:00"), 0)
        self.assertEqual(self._wakings("thanks"), ["2026-06-08 07:00:00"])
        self.assertFalse(self.notice.thanked_on)
        self.assertEqual(self._thank("2026-06-08 07:00:00"), 1)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestLettersHeldBack(ProviderCommon):
    """Registered letters that wait for their provider stay here in test mode."""

    def test_test_mode(self):
        notice = self._letter_now()
        self.company.relance_test_email = ADDRESS
        self._submit()
        self.assertEqual(self.keys, [])
        self.assertRecordValues(notice, [{"provider_state": "to_submit", "provider_attempts": 0}])
        self.company.relance_test_email = False
        self._submit()
        self.assertEqual(len(self.keys), 1)
        self.assertEqual(notice.provider_state, "submitted")

    def test_switched_on_while_the_job_runs(self):
        notice = self._letter_now()
        self.company.relance_test_email = ADDRESS
        self.assertFalse(notice.sudo().sudo()._lock_for_submission())
        self.assertEqual(notice.provider_attempts, 0)
