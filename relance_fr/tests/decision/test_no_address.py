from odoo.tests import freeze_time, tagged
from psycopg2.extras import Json

from ..mail_common import DUE, NEXT_DAY, TODAY
from ..run.test_dispatch_cron import CronCommon

WARNING = "mail.mail_activity_data_warning"
NOWHERE = {"email": False, "street": False, "street2": False, "zip": False, "city": False}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestNoAddress(CronCommon):
    """Nobody can be reached: a failed notice says so once, to a person, and the level comes when it can."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0

    def test_told_once_then_sent(self):
        self.debtor.write(NOWHERE)
        invoice = self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        self.assertRecordValues(
            notice,
            [
                {
                    "state": "failed",
                    "failure_kind": "no_address",
                    "name": "/",
                    "seal": False,
                    "email_to": False,
                    "kind": "courtesy",
                    "principal_amount": 1000.0,
                    "total_amount": 1000.0,
                }
            ],
        )
        self.assertRecordValues(notice.line_ids, [{"move_id": invoice.id, "state": "failed", "days_late": 10}])
        self.assertIn("No address can be used", notice.failure_reason)
        self.assertNotIn("Draft", notice.display_name)
        self.assertRecordValues(
            notice.activity_ids, [{"user_id": self.accountant.id, "activity_type_id": self.env.ref(WARNING).id}]
        )
        self.assertEqual(notice.run_id.state, "done")
        self.assertFalse(invoice.relance_level_id, "The level is not consumed.")
        for day in (TODAY, NEXT_DAY, "2026-05-28"):
            self.assertFalse(self._run_on(day), "Told once.")
        self.debtor.email = "enfin@example.com"
        sent = self._run_on("2026-05-29")
        self.assertRecordValues(sent, [{"state": "sent", "kind": "courtesy", "email_to": "enfin@example.com"}])
        self.assertFalse(notice.activity_ids, "Nothing is left to mend.")
        self.assertRecordValues(notice, [{"state": "failed"}])
        self.assertEqual(invoice.relance_level_id, self.levels["courtesy"])
        self.assert_register()

    def test_what_was_told_opens_no_run(self):
        """Every day the level has come to its date: only what nobody was told of yet is a reason to begin."""
        runs = self.env["relance.run"]
        self.debtor.write(NOWHERE)
        self._invoice(1000, DUE)
        self._run_on(TODAY)
        opened = runs.search([("company_id", "=", self.company.id)])
        self.assertEqual(len(opened), 1)
        for day in (TODAY, NEXT_DAY, "2026-05-28"):
            self._run_on(day)
        self.assertEqual(runs.search([("company_id", "=", self.company.id)]), opened)
        other = self._invoice(500, DUE)
        notice = self._run_on("2026-05-29")
        self.assertEqual(notice.line_ids.move_id, other)
        self.assertNotIn(notice.run_id, opened)

    def test_next_level_is_told_again(self):
        self.debtor.write(NOWHERE)
        self.debtor.relance_calendar_id = self._calendar("courtesy", "firm")
        self._invoice(1000, DUE)
        self._run_on(TODAY)
        self.debtor.email = "enfin@example.com"
        self._run_on(NEXT_DAY)
        self.debtor.email = False
        notice = self._run_on("2026-06-08")
        self.assertRecordValues(notice, [{"state": "failed", "failure_kind": "no_address", "kind": "firm"}])

    def test_one_notice_for_all_the_invoices_of_a_debtor(self):
        self.debtor.write(NOWHERE)
        invoices = self._invoice(1000, DUE) | self._invoice(500, DUE)
        notice = self._run_on(TODAY)
        self.assertEqual(notice.line_ids.move_id, invoices)
        self.assertEqual(notice.principal_amount, 1500.0)

    def test_others_leave(self):
        self.debtor.write(NOWHERE)
        self._invoice(1000, DUE)
        other = self._invoice(700, DUE, partner=self._create_debtor("Joignable"))
        notices = self._run_on(TODAY)
        self.assertEqual(notices.filtered(lambda n: n.state == "sent").line_ids.move_id, other)
        self.assertEqual(set(notices.mapped("state")), {"failed", "sent"})

    def test_by_hand_only_the_reason_shows(self):
        self.debtor.write(NOWHERE)
        self._invoice(1000, DUE)
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": TODAY})
        run.action_preview()
        self.assertRecordValues(run.line_ids, [{"decision": "skip", "reason": "no_address", "notice_id": False}])
        run.action_confirm()
        self.assertFalse(run.notice_ids)

    def test_blacklisted_without_a_postal_address(self):
        self.debtor.write({**NOWHERE, "email": "stop@example.com"})
        self.env["mail.blacklist"]._add("stop@example.com")
        self._invoice(1000, DUE)
        self.assertRecordValues(self._run_on(TODAY), [{"state": "failed", "failure_kind": "no_address"}])

    def test_cancelled_notice_is_not_made_again(self):
        self.debtor.write(NOWHERE)
        self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        notice.action_cancel()
        self.assertFalse(notice.activity_ids)
        self.assertFalse(self._run_on(NEXT_DAY))


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestTechnicalFailure(CronCommon):
    """What cannot be made out fails alone, says why, and is not tried again in circles."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0

    def _break_template(self, debtor):
        """Break the template for one debtor only, as Odoo would not let a user save it."""
        self._set_body(
            f'<div><t t-if="object.partner_id.id == {debtor.id}" t-out="object.partner_id.no_such_field"/>Text</div>'
        )

    def _set_body(self, body):
        template = self.env.ref("relance_fr.mail_template_courtesy")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_template SET body_html = %s WHERE id = %s", (Json({"en_US": body}), template.id)
        )
        self.env.invalidate_all()

    def _escalated(self, count):
        debtors = [self._create_debtor(f"D{number}", email=f"d{number}@example.com") for number in range(count)]
        for debtor in debtors:
            self._invoice(500, DUE, partner=debtor)
        return debtors, self._cron("escalate")

    def test_one_among_many(self):
        debtors, notices = self._escalated(9)
        self._break_template(debtors[4])
        self._cron("dispatch")
        bad = notices.filtered(lambda notice: notice.partner_id == debtors[4])
        self.assertEqual(set((notices - bad).mapped("state")), {"sent"})
        self.assertEqual(len((notices - bad).mail_id), 8)
        self.assertRecordValues(bad, [{"state": "failed", "failure_kind": "technical", "mail_id": False}])
        self.assertIn("no_such_field", bad.failure_reason)
        self.assertRecordValues(bad.activity_ids, [{"user_id": self.accountant.id}])
        self.assertEqual(notices.run_id.state, "done")
        self.assert_register()

    def test_held_back_until_the_calendar_allows(self):
        debtors, notices = self._escalated(1)
        invoice = notices.line_ids.move_id
        self._break_template(debtors[0])
        self._cron("dispatch")
        self.assertEqual(notices.state, "failed")
        self.assertEqual(self._explain(invoice, NEXT_DAY)[:2], ("wait", "too_recent"))
        self.assertFalse(self._run_on(TODAY) | self._run_on(NEXT_DAY))
        self._set_body("<div>Text</div>")
        with freeze_time(NEXT_DAY):
            action = notices.action_send_again()
            run = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual(run.move_ids, invoice)
            self.assertEqual(run.line_ids.decision, "send", "A person may try again at once.")
            run.action_send()
        self.assertEqual(invoice.relance_level_id, self.levels["courtesy"])
        self.assertFalse(notices.activity_ids)

    def test_tried_again_by_itself_in_the_end(self):
        debtors, notices = self._escalated(1)
        self._break_template(debtors[0])
        self._cron("dispatch")
        self._set_body("<div>Text</div>")
        again = self.env["relance.notice"]
        for day in ("2026-05-27", "2026-05-28", "2026-06-01", "2026-06-08"):
            again |= self._run_on(day)
        self.assertRecordValues(again, [{"state": "sent"}])
        self.assertGreaterEqual((again.date - notices.date).days, self.standard.min_days)

    def test_calendar_without_minimum_days_does_not_spin(self):
        self.company.relance_calendar_id = self._calendar({"kind": "courtesy", "delay": 1}, min_days=0)
        debtors, notices = self._escalated(1)
        self._break_template(debtors[0])
        self._cron("dispatch")
        self.assertEqual(notices.state, "failed")
        self.assertFalse(self._run_on(TODAY))

    def test_technical_failures_do_not_condemn_the_address(self):
        """Three e-mails that failed in a month bar an address; templates that were broken do not."""
        self.debtor.relance_calendar_id = self._calendar("courtesy", "firm", "formal")
        self._break_template(self.debtor)
        for amount in (500, 600, 700):
            self._invoice(amount, DUE)
            self._send_failing()
        failed = self.env["relance.notice"].search([("failure_kind", "=", "technical")])
        self.assertEqual(failed.mapped("email_to"), [self.debtor.email] * 3)
        run = self.env["relance.run"]._create_for_moves(failed.line_ids.move_id)
        run.action_preview()
        self.assertEqual(set(run.line_ids.mapped("channel")), {"email"})

    def _send_failing(self):
        """Draft by hand what is left to the sending job, which fails."""
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": TODAY})
        run.action_confirm()
        self._cron("dispatch")

    def test_template_deleted(self):
        self.levels["courtesy"].template_id = False
        self.env.ref("relance_fr.mail_template_courtesy").sudo().unlink()
        self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        self.assertRecordValues(notice, [{"state": "failed", "failure_kind": "technical"}])
        self.assertEqual(len(notice.activity_ids), 1)
        self.assertFalse(self._run_on(NEXT_DAY))
