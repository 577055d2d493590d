from base64 import b64encode
from unittest.mock import patch

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-16", "2026-05-26"
MAIL_LOGGER = "odoo.addons.mail.models.mail_mail"


class DispatchMailCommon(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0

    @classmethod
    def _legal_pdf(cls, invoice):
        """Store the legal PDF of an invoice, and another file about it that is nobody else's business."""
        files = cls.env["ir.attachment"].create(
            [
                {"name": f"{invoice.id}.pdf", "raw": b"%PDF legal", "res_field": "invoice_pdf_report_file"},
                {"name": f"{invoice.id} margin.xls", "raw": b"margin", "res_field": False},
            ]
        )
        files.write({"res_model": "account.move", "res_id": invoice.id})
        return files[0]

    def _leave(self, notices, error=None):
        """Let the mail queue send the e-mails of ``notices``; with ``error``, the server raises it."""
        with (
            patch.object(IrMail_Server, "_disable_send", return_value=False),
            patch.object(IrMail_Server, "_connect__", return_value=None),
            patch.object(IrMail_Server, "send_email", side_effect=error, return_value="<id@test>") as send,
            mute_logger(MAIL_LOGGER),
        ):
            notices.mail_id.sudo().send()
        self.env.invalidate_all()
        return send


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDispatchMail(DispatchMailCommon):
    """What leaves, by which channel, with which documents, and the traces it leaves."""

    def test_courtesy(self):
        invoice = self._invoice(1000, DUE)
        legal = self._legal_pdf(invoice)
        notice = self._send(invoice, TODAY)
        mail = notice.mail_id.sudo()
        self.assertRecordValues(
            notice, [{"channel": "email", "state": "sent", "attachment_id": False, "to_post": False}]
        )
        self.assertRecordValues(
            mail, [{"email_to": self.debtor.email, "recipient_ids": [], "state": "outgoing", "email_cc": ""}]
        )
        self.assertIn(invoice.name, mail.subject)
        self.assertRegex(mail.body_html.replace("\xa0", " "), "1.000.00")
        self.assertEqual(mail.attachment_ids, legal)
        self.assertFalse(notice.activity_ids)
        self.assertEqual(self._leave(notice).call_count, 1)
        self.assertRecordValues(notice, [{"state": "sent", "failure_reason": False}])

    def test_firm(self):
        handler = new_test_user(
            self.env, "handler", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        self.debtor.relance_user_id = handler
        self.debtor.relance_calendar_id = self._calendar({"kind": "firm", "channel_call": True, "delay": 1})
        notice = self._run_on(TODAY)
        self.assertFalse(notice)
        notice = self._send(self._invoice(1850, DUE), TODAY)
        self.assertRecordValues(notice, [{"channel": "email", "user_id": handler.id, "state": "sent"}])
        self.assertEqual(notice.mail_id.sudo().email_to, self.debtor.email)
        self.assertRecordValues(
            notice.activity_ids,
            [{"user_id": handler.id, "activity_type_id": self.env.ref("mail.mail_activity_data_call").id}],
        )
        # 1 850 x 12.15 % x 10 / 365 = 6.158...
        self.assertIn("6.16", notice.mail_id.sudo().body_html)

    def test_formal(self):
        invoices = self._invoice(1000, DUE) | self._invoice(700, DUE)
        legal = self._legal_pdf(invoices[0]) | self._legal_pdf(invoices[1])
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "formal", "delay": 1, "channel_registered": True, "deadline_days": 15}
        )
        notice = self._send(invoices, TODAY)
        self.assertRecordValues(notice, [{"channel": "registered", "state": "sent", "to_post": True}])
        self.assertEqual(notice.deadline.isoformat(), "2026-06-10")
        self.assertTrue(notice.attachment_id.raw)
        self.assertEqual(notice.mail_id.sudo().attachment_ids, legal | notice.attachment_id)
        self.assertEqual(len(notice.activity_ids), 1)
        self.assertIn(notice, self.env["relance.notice"].search([("to_post", "=", True)]))
        notice.posted_date = TODAY
        self.assertFalse(notice.to_post)

    def test_letter_alone(self):
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "firm", "delay": 1, "channel_email": False, "channel_letter": True}
        )
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertRecordValues(notice, [{"channel": "letter", "state": "sent", "mail_id": False, "to_post": True}])
        self.assertTrue(notice.attachment_id.raw)

    def test_call_alone(self):
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "courtesy", "channel_email": False, "channel_call": True}
        )
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertRecordValues(notice, [{"channel": "call", "state": "sent", "mail_id": False, "to_post": False}])
        self.assertEqual(len(notice.activity_ids), 1)

    def test_level_without_a_template(self):
        """A level without a template of its own uses that of its kind; nothing counts as sent without an e-mail."""
        self.levels["courtesy"].template_id = False
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertEqual(notice.state, "sent")
        self.assertTrue(notice.mail_id)

    def test_template_deleted(self):
        self.levels["courtesy"].template_id = False
        self.env.ref("relance_fr.mail_template_courtesy").sudo().unlink()
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, TODAY)
        self.assertEqual(notice.state, "failed")
        self.assertIn("Courtesy reminder", notice.failure_reason)
        self.assertFalse(invoice.relance_level_id, "Nothing left, nothing counts as sent.")

    def test_documents_of_one_debtor_only(self):
        self.company.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1, "with_letter": True})
        debtors = [self._create_debtor(f"D{number}", email=f"d{number}@example.com") for number in range(4)]
        legal = {}
        for debtor in debtors:
            for amount in (300, 700):
                invoice = self._invoice(amount, DUE, partner=debtor)
                legal.setdefault(debtor, self.env["ir.attachment"])
                legal[debtor] |= self._legal_pdf(invoice)
        notices = self._run_on(TODAY)
        self.assertEqual(len(notices), 4)
        for notice in notices:
            mail = notice.mail_id.sudo()
            self.assertEqual(mail.res_id, notice.id)
            self.assertEqual(mail.email_to, notice.partner_id.email)
            self.assertEqual(mail.attachment_ids, legal[notice.partner_id] | notice.attachment_id)
            others = set(
                self.env["account.move"].search([("partner_id", "in", [d.id for d in debtors])]).mapped("name")
            )
            for name in others - set(notice.line_ids.mapped("invoice_name")):
                self.assertNotIn(name, mail.body_html)

    # === TRACES === #

    def test_traces(self):
        follower = new_test_user(self.env, "follower", email="follower@example.com", groups="base.group_user")
        invoices = self._invoice(1000, DUE) | self._invoice(700, DUE)
        for record in (self.debtor, *invoices):
            record.message_subscribe(follower.partner_id.ids)
        self.debtor.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1, "with_letter": True})
        known = {record: record.message_ids for record in (self.debtor, *invoices)}
        before = self.env["mail.mail"].sudo().search_count([])
        notice = self._send(invoices, TODAY)
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]) - before, 1, "Traces are sent to nobody.")
        for record, messages in known.items():
            trace = record.message_ids - messages
            self.assertEqual(len(trace), 1, record)
            self.assertIn(notice.name, trace.body)
            self.assertFalse(trace.notified_partner_ids)
        trace = self.debtor.message_ids - known[self.debtor]
        self.assertEqual(trace.attachment_ids, notice.attachment_id)

    def test_name_that_is_html(self):
        self.debtor.name = "<script>alert(1)</script> & Fils"
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertNotIn("<script>", self.debtor.message_ids[0].body)
        self.assertNotIn("<script>", notice.mail_id.sudo().body_html)

    def test_amounts_of_the_email(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1})
        notice = self._send(self._invoice(1850, DUE), TODAY)
        body = notice.mail_id.sudo().body_html.replace("\xa0", " ")
        for amount in ("1,850.00", "6.16", "40.00", "1,896.16"):
            self.assertIn(amount, body)

    def test_legal_pdf_is_written_by_the_accountant(self):
        """A clerk who may not read every attachment sends them all the same."""
        clerk = new_test_user(
            self.env, "mail_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        invoice = self._invoice(1000, DUE)
        invoice.invoice_pdf_report_file = b64encode(b"%PDF legal")
        legal = self.env["ir.attachment"].search(
            [("res_model", "=", "account.move"), ("res_id", "=", invoice.id), ("res_field", "!=", False)]
        )
        notice = invoice.with_user(clerk).with_user(clerk)._relance_send_by_hand()
        self.assertEqual(notice.sudo().mail_id.attachment_ids, legal)
