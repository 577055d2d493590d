from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from ..refusals import RefusalsMixin
from .test_dispatch_cron import DUE, TODAY, CronCommon

ADDRESS = "moi@example.com"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestTrial(RefusalsMixin, CronCommon):
    """Test mode: everything that would leave goes to one address, and nothing else happens."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_test_email = ADDRESS
        cls.clerk = new_test_user(
            cls.env, "trial_clerk", groups="account.group_account_invoice", company_id=cls.company.id,
            company_ids=cls.company.ids,
        )  # fmt: skip

    def _mails(self):
        return self.env["mail.mail"].sudo().search([("subject", "like", "[TEST]")], order="id")

    def _assert_nothing_happened(self, invoices):
        invoices.invalidate_recordset()
        self.assertFalse(self.env["relance.notice"].search([("company_id", "=", self.company.id)]))
        self.assertFalse(self.env["relance.register"].search([("company_id", "=", self.company.id)]).last_numbers)
        self.assertFalse(invoices.relance_level_id)
        self.assertFalse(any(invoices.mapped("relance_last_date")))
        self.assertFalse(self.env["mail.mail"].sudo().search([("model", "=", "relance.notice")]))
        self.assertEqual(set(self._mails().mapped("email_to")) - {ADDRESS}, set())
        self.assertFalse(self._mails().recipient_ids)
        self.assertFalse(any(self._mails().mapped("email_cc")))

    def _campaign(self):
        run = self.env["relance.run"].with_user(self.clerk).create({"company_id": self.company.id})
        run.action_preview()
        self.assertEqual(run.test_email, ADDRESS)
        run.action_confirm()
        return run

    def test_campaign(self):
        invoice = self._invoice(1000, DUE)
        run = self._campaign()
        mail = self._mails()
        self.assertEqual(len(mail), 1)
        self.assertIn(self.debtor.email, mail.subject)
        self.assertIn(invoice.name, mail.body_html)
        self.assertIn("1,000.00", mail.body_html)
        self.assertRecordValues(run, [{"state": "done", "is_test": True, "notice_count": 0}])
        self.assertIn("(test)", run.name)
        self.assertTrue(run.message_ids.filtered(lambda message: ADDRESS in (message.body or "")))
        self._assert_nothing_happened(invoice)

    def test_letter_is_attached_and_is_the_real_one(self):
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "formal", "delay": 1, "channel_registered": True, "with_letter": True, "automatic": True}
        )
        invoice = self._invoice(1000, DUE)
        self._campaign()
        mail = self._mails()
        [letter] = mail.attachment_ids
        self.assertIn("TEST-00001", letter.name)
        self.assertIn(invoice.name, letter.raw.decode())
        self._assert_nothing_happened(invoice)
        self.assertFalse(self.env["ir.attachment"].search([("res_model", "=", "relance.notice")]))

    def test_daily_job_mails_each_level_once(self):
        invoice = self._invoice(1000, DUE)
        counts = []
        for day in (TODAY, TODAY, "2026-05-27", "2026-05-28"):
            self._cron("escalate", day)
            self._cron("dispatch", day)
            counts.append(len(self._mails()))
        self.assertEqual(counts, [1, 1, 1, 1])
        self._invoice(700, DUE, partner=self._create_debtor("Nouveau"))
        self._cron("escalate", "2026-05-28")
        self.assertEqual(len(self._mails()), 2)
        self._assert_nothing_happened(invoice)
        self.assertFalse(self.company.partner_id.activity_ids)

    def test_for_good_afterwards(self):
        invoice = self._invoice(1000, DUE)
        self._cron("escalate")
        self.company.relance_test_email = False
        self._cron("escalate")
        self._cron("dispatch")
        self.assertRecordValues(invoice.relance_notice_ids, [{"state": "sent", "name": "RLF/2026/00001"}])
        self.assert_register()

    def test_fifty_at_most_then_the_rest(self):
        invoices = self.env["account.move"].union(
            *(self._invoice(100, DUE, partner=self._create_debtor(f"D{n} SA")) for n in range(53))
        )
        self._cron("escalate")
        self.assertEqual(len(self._mails()), 50)
        run = self.env["relance.run"].search([("is_test", "=", True)])
        self.assertTrue(run.message_ids.filtered(lambda message: "3 more" in (message.body or "")))
        self._cron("escalate", "2026-05-27")
        self.assertEqual(len(self._mails()), 53)
        self._cron("escalate", "2026-05-28")
        self.assertEqual(len(self._mails()), 53)
        self._assert_nothing_happened(invoices)

    def test_what_was_there_before_stays(self):
        self.company.relance_test_email = False
        ready = self._invoice(1000, DUE)._relance_send_by_hand(send_now=False)
        self.company.relance_automatic = False
        self._invoice(700, DUE, partner=self._create_debtor("Second"))
        waiting = self._cron("escalate")
        self.company.relance_test_email = ADDRESS
        self._cron("dispatch")
        self.assertEqual((ready.state, waiting.state), ("ready", "to_approve"))
        for notice, method in ((waiting, "action_approve"), (ready, "action_dispatch")):
            with self.assert_refused(UserError, "test mode"):
                getattr(notice.with_user(self.accountant), method)()
        self.assertEqual((ready.state, waiting.state), ("ready", "to_approve"))

    def test_draft_gets_no_number(self):
        """Sealing refuses by itself: the register stays clean whatever is asked before it and whatever follows."""
        self.company.relance_test_email = False
        self._invoice(1000, DUE)
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        notice = run._draft(approved=True)
        self.company.relance_test_email = ADDRESS
        with self.assert_refused(UserError, "test mode"):
            notice._seal()
        self.assertRecordValues(notice, [{"state": "draft", "name": "/", "seal": False}])

    def test_other_company_sends_for_good(self):
        other = self._other_company()
        theirs, ours = self._invoice_of(other, 700, DUE), self._invoice(1000, DUE)
        self._cron("escalate")
        self._cron("dispatch")
        self.assertEqual(theirs.relance_notice_ids.state, "sent")
        self.assertFalse(ours.relance_notice_ids)
        self.assertEqual(len(self._mails()), 1)

    def test_mails_of_other_applications_are_untouched(self):
        mail = self.env["mail.mail"].create({"subject": "Facture", "email_to": "client@example.com"})
        self._invoice(1000, DUE)
        self._cron("escalate")
        self.assertRecordValues(mail, [{"subject": "Facture", "email_to": "client@example.com", "state": "outgoing"}])

    def test_address_is_checked(self):
        with self.assert_refused(ValidationError, "e-mail address"):
            self.company.relance_test_email = "moi"

    def test_missing_rate_is_told_and_leaves_nothing(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1})
        self.env["relance.rate"].search([("date_from", "<", "2026-01-01")]).unlink()
        invoice = self._invoice(1000, "2025-11-30")
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": fields.Date.to_date(TODAY)})
        run.action_preview()
        with self.assert_refused(UserError, "2025 S2"):
            run.action_confirm()
        self._assert_nothing_happened(invoice)
