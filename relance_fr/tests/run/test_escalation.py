from odoo.tests import freeze_time, tagged

from ..common import RelanceCommon


@tagged("post_install", "-at_install")
class TestEscalation(RelanceCommon):
    def test_calendar_from_preventive_to_final(self):
        invoice = self._invoice(1850, "2026-05-16")
        story = []
        for day in ("2026-05-12", "2026-05-13", "2026-05-14", "2026-05-22", "2026-05-23", "2026-05-31", "2026-06-15"):
            for notice in self._run_on(day):
                story.append((day, notice.kind, notice.channel, notice.state, notice.total_amount))
        self.assertEqual(
            story,
            [
                ("2026-05-13", "preventive", "email", "sent", 1850),
                ("2026-05-23", "courtesy", "email", "sent", 1850),
                ("2026-05-31", "firm", "email", "sent", 1899.24),
                ("2026-06-15", "formal", "registered", "to_approve", 1908.47),
            ],
        )
        formal = invoice.relance_notice_ids.filtered(lambda notice: notice.kind == "formal")
        with freeze_time("2026-06-16"):
            formal.action_approve()
            self.assertEqual(formal.state, "ready")
            self.assertTrue(formal.attachment_id)
            formal.action_dispatch()
        self.assertRecordValues(
            formal,
            [
                {
                    "state": "sent",
                    "name": "RLF/2026/00004",
                    "principal_amount": 1850,
                    "penalty_amount": 19.09,
                    "indemnity_amount": 40,
                }
            ],
        )
        self.assertEqual(invoice.relance_level_id, self.levels["formal"])
        verification = self.env["relance.notice"]._verify_register(self.company)
        self.assertEqual(verification["valid"], True, verification)

    def test_run_ten_times_a_day_makes_one_notice(self):
        self._invoice(500, "2026-03-02")
        for _run in range(10):
            self._run_on("2026-03-09")
        self.assertEqual(len(self.env["relance.notice"].search([("partner_id", "=", self.debtor.id)])), 1)

    def test_what_is_left_never_leaves_in_a_harsher_tone(self):
        """The invoice that called for a formal notice is paid before approval: the other one gets a courtesy."""
        old = self._invoice(1000, "2026-03-02")
        for run_day in ("2026-03-09", "2026-03-17"):
            self._run_on(run_day)
        new = self._invoice(500, "2026-03-25")
        formal = self._run_on("2026-04-01")
        self.assertRecordValues(formal, [{"kind": "formal", "state": "to_approve"}])
        self.assertEqual(formal.line_ids.move_id, old + new)
        self._pay(old, "2026-04-01")
        with freeze_time("2026-04-02"):
            formal.action_approve()
        self.assertRecordValues(formal, [{"state": "cancelled", "name": "/"}])
        courtesy = self._run_on("2026-04-02")
        self.assertRecordValues(courtesy, [{"kind": "courtesy", "state": "sent", "total_amount": 500}])

    def test_campaign_is_done_whoever_stops_its_last_notice(self):
        """Stopped by an approval, a person, a judgment, time or a payment: nobody is left with an open campaign."""
        self._invoice(1000, "2026-03-02")
        for day in ("2026-03-09", "2026-03-17"):
            self._run_on(day)

        def approve(notice):
            self._pay(notice.line_ids.move_id, "2026-04-01")
            notice.action_approve()

        def judge(notice):
            self.env["relance.hold"].sudo().create(
                {
                    "partner_id": notice.partner_id.id, "company_id": self.company.id, "reason": "insolvency",
                    "insolvency_kind": "receivership", "date_from": "2026-03-30",
                }
            )  # fmt: skip

        def lapse(notice):
            self.company.write({"relance_approval_days": 1, "relance_approval_expiry": "lapse"})
            with freeze_time("2026-04-03"):
                self.company._relance_apply_approval_deadline(self.company._relance_today())

        def pay(notice):
            with freeze_time("2026-04-02"):
                notice.action_approve()
                self._pay(notice.line_ids.move_id, "2026-04-02")
                notice.action_dispatch()

        def cancel(notice):
            notice._give_up("Appel du client")

        for stop in (approve, cancel, judge, lapse, pay):
            with self.subTest(stop=stop.__name__), freeze_time("2026-04-01"), self.env.cr.savepoint() as savepoint:
                notice = self._run_on("2026-04-01")
                self.assertRecordValues(notice, [{"kind": "formal", "state": "to_approve"}])
                self.assertEqual(notice.run_id.state, "confirmed")
                self.assertTrue(notice.run_id.activity_ids)
                stop(notice)
                self.assertEqual(notice.state, "cancelled")
                self.assertEqual(notice.run_id.state, "done")
                self.assertFalse(notice.run_id.activity_ids, "Nobody is asked to approve what does not wait.")
                savepoint.rollback()
                self.env.invalidate_all()
