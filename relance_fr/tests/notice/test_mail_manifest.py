import smtplib

from odoo.tests import freeze_time, tagged
from odoo.tests.common import BaseCase

from ...tools.smtp_watch import WatchedSession
from ..mail_common import DUE, TODAY, GatewayCommon


class Session:
    """An SMTP session that refuses some addresses."""

    from_filter = "example.com"

    def __init__(self, *refused):
        self.refused = {address: (550, b"no such user") for address in refused}

    def send_message(self, _message, _sender=None, _recipients=None):
        return self.refused


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMailManifest(GatewayCommon):
    """Just before SMTP: the recipients of the notice, its letter, its debtor's documents, or nothing leaves."""

    def _formal(self, **vals):
        calendar = self._calendar({"kind": "formal", "delay": 1, "deadline_days": 15})
        invoice = self._invoice(1000, DUE, **vals)
        invoice.partner_id.relance_calendar_id = calendar
        legal = self._legal_pdf(invoice)
        notice = self._send(invoice, TODAY)
        self.assertEqual(notice.mail_id.sudo().attachment_ids, legal | notice.attachment_id)
        return notice

    def _sql(self, query, *parameters):
        self.env.flush_all()
        self.env.cr.execute(query, parameters)
        self.env.invalidate_all()

    def assert_stopped(self, notice, pattern):
        send = self._leave(notice)
        self.assertFalse(send.called, "Nothing leaves.")
        self.assertNotIn("@", notice.mail_id.sudo().failure_reason, "Core logs it.")
        self.assertRecordValues(notice, [{"state": "failed", "failure_kind": "technical", "delivery_state": "failed"}])
        self.assertRegex(notice.failure_reason, pattern)
        self.assertRecordValues(
            notice.activity_ids, [{"activity_type_id": self.env.ref("mail.mail_activity_data_warning").id}]
        )
        self.assertEqual(notice.mail_id.sudo().state, "exception")

    def test_untouched(self):
        notice = self._formal()
        send = self._leave(notice)
        message = send.call_args.args[0]
        self.assertEqual(len(list(message.iter_attachments())), 2)
        self.assertEqual(notice.delivery_state, "sent")

    def test_letter_rides_however_heavy_the_invoices(self):
        """Over the size of an e-mail (MB) core makes links of all that is attached; the letter stays attached."""
        notice = self._formal()
        letter = notice.attachment_id
        legal = notice.mail_id.sudo().attachment_ids - letter
        self.env["ir.config_parameter"].sudo().set_param("base.default_max_email_size", "1")
        for size, attached in ((2 * 1024 * 1024, letter), (1024, letter | legal)):
            with self.subTest(size=size):
                self._sql("UPDATE ir_attachment SET file_size = %s WHERE id = %s", size, legal.id)
                [email] = notice.mail_id.sudo()._prepare_outgoing_list()
                contents = {name: content for name, content, _type in email["attachments"]}
                self.assertEqual(contents.keys(), set(attached.mapped("name")))
                self.assertEqual(contents[letter.name], letter.raw)
                self.assertNotIn(f"/web/content/{letter.id}?", email["body"])
                self.assertEqual(f"/web/content/{legal.id}?" in email["body"], legal not in attached)
                self.assertEqual(legal.name in email["body_alternative"], legal not in attached)

    def test_document_of_another_customer(self):
        notice = self._formal()
        other = self._legal_pdf(self._invoice(900, DUE, partner=self._create_debtor("Autre")))
        self._sql(
            "INSERT INTO message_attachment_rel (message_id, attachment_id) VALUES (%s, %s)",
            notice.mail_id.sudo().mail_message_id.id, other.id,
        )  # fmt: skip
        self.assert_stopped(notice, other.name)

    def test_internal_file_of_the_same_invoice(self):
        notice = self._formal()
        margin = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "account.move"),
                ("res_id", "=", notice.line_ids.move_id.id),
                ("name", "like", "margin"),
            ]
        )
        self._sql(
            "INSERT INTO message_attachment_rel (message_id, attachment_id) VALUES (%s, %s)",
            notice.mail_id.sudo().mail_message_id.id, margin.id,
        )  # fmt: skip
        self.assert_stopped(notice, "margin")

    def test_letter_of_another_notice(self):
        notice, other = self._formal(), self._formal(partner=self._create_debtor("Autre"))
        self._sql(
            "UPDATE message_attachment_rel SET attachment_id = %s WHERE attachment_id = %s",
            other.attachment_id.id, notice.attachment_id.id,
        )  # fmt: skip
        self.assert_stopped(notice, other.attachment_id.name)

    def test_letter_changed_with_its_checksum(self):
        notice = self._formal()
        letter = notice.attachment_id.sudo()
        forged = self.env["ir.attachment"].create({"name": "forged.pdf", "raw": b"%PDF forged"})
        self._sql(
            "UPDATE ir_attachment SET store_fname = %s, db_datas = %s, checksum = %s WHERE id = %s",
            forged.store_fname or None, forged.db_datas or None, forged.checksum, letter.id,
        )  # fmt: skip
        self.assert_stopped(notice, "not the file that was stored")

    def test_recipient_changed_in_the_mail(self):
        notice = self._formal()
        self._sql("UPDATE mail_mail SET email_to = 'thief@example.com' WHERE id = %s", notice.mail_id.id)
        self.assert_stopped(notice, "thief@example.com")

    def test_recipient_changed_in_the_notice_as_well(self):
        notice = self._formal()
        self._sql("UPDATE mail_mail SET email_to = 'thief@example.com' WHERE id = %s", notice.mail_id.id)
        self._sql("UPDATE relance_notice SET email_to = 'thief@example.com' WHERE id = %s", notice.id)
        self.assert_stopped(notice, "thief@example.com")

    def test_recipient_added(self):
        notice = self._formal()
        self._sql(
            "INSERT INTO mail_mail_res_partner_rel (mail_mail_id, res_partner_id) VALUES (%s, %s)",
            notice.mail_id.id, self._create_debtor("Curieux").id,
        )  # fmt: skip
        self.assert_stopped(notice, "curieux")

    def test_document_of_the_template_goes_to_everybody(self):
        template = self.env.ref("relance_fr.mail_template_formal")
        terms = self.env["ir.attachment"].create(
            {"name": "CGV.pdf", "raw": b"%PDF terms", "res_model": "mail.template", "res_id": template.id}
        )
        template.attachment_ids = terms
        calendar = self._calendar({"kind": "formal", "delay": 1})
        self.debtor.relance_calendar_id = calendar
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertEqual(notice.mail_id.sudo().attachment_ids, terms | notice.attachment_id)
        self._leave(notice)
        self.assertEqual(notice.delivery_state, "sent")

    def test_template_with_recipients_of_its_own(self):
        """A template somebody made reaches those of the notice, whatever it says."""
        self.env.ref("relance_fr.mail_template_courtesy").write(
            {"use_default_to": False, "email_to": "else@example.com", "email_cc": "copy@example.com"}
        )
        notice = self._courtesy()
        self.assertRecordValues(notice.mail_id.sudo(), [{"email_to": notice.email_to, "email_cc": False}])

    def test_one_bad_mail_stops_no_other(self):
        bad = self._formal()
        notices = bad | self._formal(partner=self._create_debtor("Bon"))
        self._sql("UPDATE mail_mail SET email_to = 'thief@example.com' WHERE id = %s", bad.mail_id.id)
        self._leave(notices)
        self.assertEqual(notices.mapped("state"), ["failed", "sent"])

    def test_check_takes_two_statements_a_batch(self):
        notices = self._formal() | self._formal(partner=self._create_debtor("Deux"))
        mails = notices.mail_id.sudo()
        self.env.flush_all()
        with self.assertQueryCount(2):
            manifests = notices._get_mail_manifest(mails)
        self.assertEqual(set(manifests), set(mails.ids))


@tagged("post_install", "-at_install")
class TestWatchedSession(BaseCase):
    """A reminder its debtor never got does not count as sent because somebody in copy got it."""

    message = {"Message-Id": "<1@example.com>"}  # noqa: RUF012

    def _send(self, *refused):
        watched = WatchedSession(Session(*refused), {"<1@example.com>": {"debtor@example.com", "second@example.com"}})
        self.assertEqual(watched.from_filter, "example.com")
        return watched.send_message(self.message, "a@example.com", [])

    def test_nobody_refused(self):
        self.assertFalse(self._send())

    def test_copy_refused(self):
        self.assertEqual(list(self._send("copy@example.com")), ["copy@example.com"])

    def test_one_of_two_refused(self):
        self.assertEqual(list(self._send("debtor@example.com")), ["debtor@example.com"])

    def test_all_it_is_for_refused(self):
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            self._send("Debtor@example.com", "second@example.com")
