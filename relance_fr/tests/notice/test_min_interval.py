from odoo.tests import freeze_time, tagged

from ..run.test_dispatch_cron import DUE, TODAY, CronCommon

SECOND_DUE = "2026-05-18"
# The jobs send from noon on, ten o'clock in UTC.
AFTERNOON = {"relance_window_from": 12, "relance_window_to": 18}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestApart(CronCommon):
    """Two notices of different runs to one debtor keep the days of the calendar, however long one of them waited."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0
        cls.steps = cls._calendar({"kind": "courtesy", "delay": 7, "automatic": True}, min_days=5)
        cls.debtor.relance_calendar_id = cls.steps

    def _campaign(self):
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        return run

    def _waiting(self, invoice, day=TODAY):
        """Return the notice of ``invoice`` alone, waiting for approval since ``day``."""
        self.steps.level_ids.automatic = False
        notice = self._cron("escalate", day)
        self.assertEqual((notice.state, notice.line_ids.move_id), ("to_approve", invoice))
        self.steps.level_ids.automatic = True
        return notice

    def _preview_then_send_another(self):
        """Preview a campaign of a first invoice, then send a second one from its button."""
        first = self._invoice(1000, DUE)
        run = self._campaign()
        second = self._invoice(700, DUE)
        self.assertEqual(self._send(second, TODAY).state, "sent")
        return run, first

    # === A PERSON === #

    def test_preview_confirmed_after_another_notice_of_the_day(self):
        run, first = self._preview_then_send_another()
        run.action_confirm()
        self.assertFalse(run.notice_ids, "Computed again, the campaign leaves him out before anything is made.")
        self.assertEqual(run.line_ids.filtered(lambda line: line.move_id == first).reason, "too_recent")
        self.assertFalse(first.relance_level_id, "The level is not consumed.")
        self.assertFalse(self._cron("escalate", "2026-05-30"))
        self.assertEqual(self._cron("escalate", "2026-05-31").line_ids.move_id, first)
        self.assert_register()

    def test_calendar_that_allows_several_notices_a_day(self):
        self.steps.min_days = 0
        run, _first = self._preview_then_send_another()
        run.action_confirm()
        self.assertEqual(run.notice_ids.state, "ready")

    def test_other_debtors_of_the_campaign_leave(self):
        other = self._create_debtor("Tiers", relance_calendar_id=self.steps.id)
        theirs = self._invoice(500, DUE, partner=other)
        run, _first = self._preview_then_send_another()
        run.action_confirm()
        self.assertEqual(theirs.relance_notice_ids.state, "ready")

    def test_notices_of_one_run_leave_together(self):
        self.steps.grouping = "invoice"
        dollar = self.setup_other_currency("USD")
        self._invoice(1000, DUE)
        self._invoice(700, DUE)
        self._invoice(300, DUE, currency_id=dollar.id)
        run = self._campaign()
        run.action_confirm()
        self.assertEqual(run.notice_ids.mapped("state"), ["ready"] * 3)
        self.assertEqual(self._cron_states(run.notice_ids), {"sent"})

    def _cron_states(self, notices):
        self._cron("dispatch")
        return set(notices.mapped("state"))

    def test_approved_on_the_day_of_another_notice(self):
        first = self._invoice(1000, DUE)
        notice = self._waiting(first)
        second = self._invoice(700, DUE)
        self.steps.min_days = 0
        other = self._send(second, "2026-06-02")
        self.assertEqual(other.state, "sent")
        self.steps.min_days = 5
        with freeze_time("2026-06-02"):
            notice.action_approve()
        self.assertRecordValues(notice, [{"state": "cancelled", "name": "/"}])

    def test_approved_days_after_another_notice(self):
        """Who approves knows: the days of the calendar are the daily job's."""
        notice = self._waiting(self._invoice(1000, DUE))
        self.steps.min_days = 0
        self._send(self._invoice(700, DUE), "2026-06-02")
        self.steps.min_days = 5
        with freeze_time("2026-06-03"):
            notice.action_approve()
        self.assertEqual(notice.state, "ready")

    def test_two_that_waited_approved_together(self):
        self.steps.min_days = 0
        first = self._waiting(self._invoice(1000, DUE))
        second = self._waiting(self._invoice(700, SECOND_DUE), "2026-05-27")
        self.steps.min_days = 5
        with freeze_time("2026-06-02"):
            (first | second).action_approve()
        self.assertEqual((first.state, second.state), ("ready", "cancelled"))

    # === A DRAFT THAT WAITS COUNTS === #

    def test_waiting_draft_holds_other_invoices_back_for_the_days_of_the_calendar(self):
        self._waiting(self._invoice(1000, DUE))
        later = self._invoice(700, DUE)
        for day, reason in (("2026-05-27", "too_recent"), ("2026-05-30", "too_recent"), ("2026-05-31", "due")):
            self.assertEqual(self._explain(later, day)[1], reason, day)

    # === THE JOB === #

    def test_job_leaves_the_draft_for_another_day(self):
        self.company.write(AFTERNOON)
        self._invoice(1000, DUE)
        notice = self._cron("escalate", "2026-05-23 06:00:00")  # before its hours
        self.assertEqual(notice.state, "draft")
        self.steps.min_days = 0
        self._send(self._invoice(700, DUE), "2026-05-26")
        self.steps.min_days = 5
        for day, state in (("2026-05-26", "draft"), ("2026-05-29", "draft"), ("2026-06-01", "sent")):
            self._cron("dispatch", f"{day} 10:00:00")
            self.assertEqual(notice.state, state, day)
        self.assert_register()

    def test_what_waits_takes_no_place_under_the_cap(self):
        self.company.write({**AFTERNOON, "relance_daily_cap": 2})
        self._invoice(1000, "2026-05-02")
        other = self._create_debtor("Tiers", relance_calendar_id=self.steps.id)
        theirs = self._invoice(500, DUE, partner=other)
        notices = self._cron("escalate", "2026-05-23 06:00:00")
        self.assertEqual(notices.mapped("state"), ["draft", "draft"])
        self.steps.min_days = 0
        self._send(self._invoice(700, DUE), "2026-05-26")
        self.steps.min_days = 5
        self._cron("dispatch", "2026-05-26 10:00:00")
        self.assertEqual(theirs.relance_notice_ids.state, "sent")
        self.assertEqual((notices - theirs.relance_notice_ids).state, "draft")

    # === CANCELLED BETWEEN TWO STEPS === #

    def test_cancelled_before_its_turn_keeps_its_figures(self):
        self.company.write(AFTERNOON)
        invoice = self._invoice(1000, DUE)
        notice = self._cron("escalate", "2026-05-23 06:00:00")
        notice.action_cancel()
        self._bank_pays(invoice, "2026-05-25", 400)
        with freeze_time("2026-05-26 10:00:00"):
            notice._seal_company(self.company, commit=lambda: None)
        self.assertRecordValues(notice, [{"state": "cancelled", "principal_amount": 1000, "name": "/"}])

    def test_cancelled_while_its_letter_is_made(self):
        self.company.write(AFTERNOON)
        self.steps.level_ids.with_letter = True
        self._invoice(1000, DUE)
        notice = self._cron("escalate", "2026-05-23 06:00:00")

        def cancel_once():
            if notice.attachment_id:
                notice.action_cancel()

        with freeze_time("2026-05-26 10:00:00"):
            notice._seal_company(self.company, commit=cancel_once)
        self.assertRecordValues(notice, [{"state": "cancelled", "seal": False}])
