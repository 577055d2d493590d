from odoo.tests import freeze_time, new_test_user, tagged

from ..plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestRecheckLevel(PlanCommon):
    """A notice that waited leaves at a level that still fits what it claims, or not at all."""

    def _approve(self, notice, day):
        with freeze_time(day):
            notice.action_approve()
            notice.action_dispatch()
        return notice.state

    def _set_calendar(self, *levels, **vals):
        self.debtor.relance_calendar_id = self._calendar(*levels, **vals)

    # === NOT DUE YET === #

    def _preventive(self):
        self._set_calendar({"kind": "preventive", "delay": -3, "automatic": False}, {"kind": "courtesy", "delay": 7})
        self._invoice(1000, "2026-06-20")
        notice = self._run_on("2026-06-17")
        self.assertRecordValues(notice, [{"kind": "preventive", "state": "to_approve"}])
        return notice

    def test_reminder_of_what_is_not_due_leaves_until_the_due_date(self):
        self.assertEqual(self._approve(self._preventive(), "2026-06-20"), "sent")

    def test_reminder_of_what_is_not_due_never_claims_what_is_late(self):
        for day in ("2026-06-21", "2026-06-27", "2026-06-30"):
            with self.subTest(day=day), self.env.cr.savepoint() as savepoint:
                notice = self._preventive()
                self.assertEqual(self._approve(notice, day), "cancelled")
                self.assertEqual(notice.name, "/")
                savepoint.rollback()
                self.env.invalidate_all()
        notice = self._preventive()
        self._approve(notice, "2026-06-27")
        self.assertRegex(notice.failure_reason, "level does not fit")
        self.assertEqual(self._run_on("2026-06-28").kind, "courtesy")

    def test_sealed_before_and_dispatched_after_the_due_date(self):
        notice = self._preventive()
        with freeze_time("2026-06-20"):
            notice.action_approve()
        self.assertEqual(notice.state, "ready")
        with freeze_time("2026-06-21"):
            notice.action_dispatch()
        self.assertRecordValues(notice, [{"state": "cancelled", "mail_id": False}])

    # === MILDER NOW === #

    def test_formal_notice_of_a_promise_kept_late(self):
        self.company.relance_broken_promise = "formal"
        self._set_calendar({"kind": "firm", "delay": 15}, {"kind": "formal", "delay": 60}, min_days=1)
        invoice = self._invoice(1000, "2026-05-16")
        with freeze_time("2026-05-20"):
            self._promise(invoice, "2026-06-10", 400)
        notice = self._run_on("2026-06-11")
        self.assertRecordValues(notice, [{"kind": "formal", "state": "to_approve"}])
        self._bank_pays(invoice, "2026-06-12", 400)
        self.assertEqual(self._approve(notice, "2026-06-13"), "cancelled")
        self.assertRegex(notice.failure_reason, "level does not fit")
        self.assertEqual(self._run_on("2026-06-14").kind, "firm")

    def test_formal_notice_of_a_promise_still_broken(self):
        self.company.relance_broken_promise = "formal"
        self._set_calendar({"kind": "firm", "delay": 15}, {"kind": "formal", "delay": 60}, min_days=1)
        invoice = self._invoice(1000, "2026-05-16")
        with freeze_time("2026-05-20"):
            self._promise(invoice, "2026-06-10", 400)
        notice = self._run_on("2026-06-11")
        self.assertEqual(self._approve(notice, "2026-06-13"), "sent")

    def test_the_calendar_moved_on(self):
        """A level harsher by now is no reason to stop a milder notice."""
        self._set_calendar(
            {"kind": "courtesy", "delay": 7, "automatic": False}, {"kind": "firm", "delay": 15}, catch_up="age"
        )
        self._invoice(1000, "2026-05-16")
        notice = self._run_on("2026-05-26")
        self.assertEqual(notice.kind, "courtesy")
        self.assertEqual(self._approve(notice, "2026-06-05"), "sent")

    # === CHOSEN === #

    def test_chosen_level_waits_for_a_deadline_that_moved(self):
        self.company.relance_two_person = True
        self._set_calendar(
            {"kind": "firm", "delay": 15, "deadline_days": 8, "channel_registered": True, "channel_email": False},
            {"kind": "formal", "delay": 30, "deadline_days": 8},
            {"kind": "final", "delay": 45},
        )
        invoice = self._invoice(1000, "2026-05-16")
        firm = self._send(invoice, "2026-06-01")
        with freeze_time("2026-06-03"):
            firm.posted_date = "2026-06-02"
        with freeze_time("2026-06-17"):
            run = self.env["relance.run"].create({"company_id": self.company.id})
            run.action_preview()
            run.debtor_ids.level_id = self.debtor.relance_calendar_id.level_ids.filtered(
                lambda level: level.kind == "final"
            )
            run.action_confirm()
            chosen = run.notice_ids
            self.assertRecordValues(chosen, [{"kind": "final", "state": "to_approve", "level_chosen": True}])
            # The post was late.
            firm.presented_date = "2026-06-15"
            self.assertEqual(firm.deadline.isoformat(), "2026-06-23")
        approver = self._approver()
        with freeze_time("2026-06-18"):
            chosen.with_user(approver).action_approve()
        self.assertRecordValues(chosen, [{"state": "cancelled", "name": "/"}])

    def _approver(self):
        return new_test_user(
            self.env, "level_approver", groups="relance_fr.group_relance_approver", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
