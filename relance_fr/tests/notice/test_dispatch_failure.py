from smtplib import SMTPRecipientsRefused

from odoo.addons.base.models.ir_mail_server import IrMail_Server, MailDeliveryException
from odoo.tests import freeze_time, tagged

from .test_dispatch_mail import DUE, TODAY, DispatchMailCommon

NEXT_DAY = "2026-05-27"
SERVER_DOWN = MailDeliveryException("Mail Delivery Failed", "connection refused")
REFUSED = MailDeliveryException(
    "Mail Delivery Failed",
    f"SMTPRecipientsRefused: {SMTPRecipientsRefused({'x@example.com': (550, b'no such user')})}",
)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDispatchFailure(DispatchMailCommon):
    """An e-mail that did not leave is no step of the calendar: it is tried again, or another way."""

    def _fail(self, invoice, error=REFUSED):
        notice = self._send(invoice, TODAY)
        self._leave(notice, error)
        return notice

    def test_server_down(self):
        invoice = self._invoice(1000, DUE)
        notice = self._fail(invoice, SERVER_DOWN)
        self.assertRecordValues(notice, [{"state": "failed", "address_refused": False}])
        self.assertIn("connection refused", notice.failure_reason)
        self.assertRecordValues(invoice, [{"relance_level_id": False, "relance_state": "late"}])
        self.assertEqual(self._explain(invoice, NEXT_DAY)[:2], ("send", "due"))
        again = self._run_on(NEXT_DAY)
        self.assertRecordValues(again, [{"channel": "email", "kind": "courtesy", "state": "sent"}])
        self._leave(again)
        self.assertEqual(again.state, "sent")
        self.assertEqual(invoice.relance_level_id, self.levels["courtesy"])
        self.assert_register()

    def test_server_that_cannot_be_reached_is_no_fault_of_the_address(self):
        """Three days of it and the address is still good; core says why in the e-mail only."""
        invoice = self._invoice(1000, DUE)
        for day in ("2026-05-26", "2026-05-27", "2026-05-28"):
            notice = self._send(invoice, day)
            mail = notice.mail_id.sudo()
            mail.write({"state": "exception", "failure_reason": "Connection refused"})
            mail._postprocess_sent_message([], [], failure_type="mail_smtp")
            self.assertRecordValues(
                notice, [{"state": "failed", "failure_kind": "server", "failure_reason": "Connection refused"}]
            )
        self.assertRecordValues(self._send(invoice, "2026-05-29"), [{"channel": "email", "state": "sent"}])
        self.assert_register()

    def test_refused_address(self):
        invoice = self._invoice(1000, DUE)
        notice = self._fail(invoice)
        self.assertRecordValues(notice, [{"state": "failed", "address_refused": True, "email_to": self.debtor.email}])
        letter = self._run_on(NEXT_DAY)
        self.assertRecordValues(
            letter, [{"channel": "letter", "kind": "courtesy", "state": "sent", "mail_id": False, "to_post": True}]
        )
        self.assertTrue(letter.attachment_id.raw, "A letter to post needs its letter.")
        self.assert_register()

    def test_refused_address_without_a_postal_one(self):
        self.debtor.write({"street": False, "zip": False, "city": False})
        invoice = self._invoice(1000, DUE)
        self._fail(invoice)
        self.assertEqual(self._explain(invoice, NEXT_DAY)[:2], ("skip", "no_address"))
        told = self._run_on(NEXT_DAY)
        self.assertRecordValues(told, [{"state": "failed", "failure_kind": "no_address", "name": "/"}])
        self.debtor.email = "right@example.com"
        self.assertRecordValues(
            self._run_on(NEXT_DAY), [{"channel": "email", "email_to": "right@example.com", "state": "sent"}]
        )

    def test_refused_address_and_registered_letter(self):
        """The registered letter stands; its copy does not go to the address that refused."""
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "courtesy", "delay": 1}, {"kind": "formal", "delay": 2, "channel_registered": True}
        )
        invoice = self._invoice(1000, DUE)
        self._fail(invoice)
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 2, "channel_registered": True})
        formal = self._send(invoice, TODAY)
        self.assertRecordValues(formal, [{"channel": "registered", "state": "sent", "mail_id": False}])

    def test_copy_that_fails(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 2, "channel_registered": True})
        invoice = self._invoice(1000, DUE)
        formal = self._fail(invoice)
        self.assertRecordValues(formal, [{"channel": "registered", "state": "sent"}])
        self.assertEqual(invoice.relance_level_id.kind, "formal")
        self.assertTrue(formal.message_ids.filtered(lambda message: "no such user" in message.body))

    def test_address_that_is_none(self):
        self.debtor.email = "compta@"
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, TODAY)
        if notice.channel == "email":
            self._leave(notice, AssertionError(IrMail_Server.NO_VALID_RECIPIENT))
            self.assertRecordValues(notice, [{"state": "failed", "address_refused": True}])
            notice = self._run_on(NEXT_DAY)
        self.assertRecordValues(notice, [{"channel": "letter", "state": "sent", "mail_id": False}])

    def test_bounce(self):
        """The message comes back after it left: the same as a refusal."""
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, TODAY)
        self._leave(notice)
        self.assertEqual(notice.state, "sent")
        notice.sudo()._message_receive_bounce(self.debtor.email, self.debtor)
        self.env.invalidate_all()
        self.assertRecordValues(notice, [{"state": "failed", "address_refused": True}])
        self.assertFalse(invoice.relance_level_id)
        self.assertRecordValues(self._run_on(NEXT_DAY), [{"channel": "letter", "state": "sent"}])

    def test_one_failure_among_many(self):
        invoices = [
            self._invoice(1000, DUE, partner=self._create_debtor(f"D{n}", email=f"d{n}@example.com")) for n in range(3)
        ]
        notices = self._run_on(TODAY)
        bad = notices[1]
        self._leave(notices - bad)
        self._leave(bad, REFUSED)
        self.assertEqual(notices.mapped("state"), ["sent", "failed", "sent"])
        self.assertEqual(len([move for move in invoices if move.relance_level_id]), 2)

    def test_failure_told_twice(self):
        notice = self._fail(self._invoice(1000, DUE))
        self._leave(notice, REFUSED)
        self.assertEqual(notice.state, "failed")
        self.assertEqual(self.env["relance.notice"].search_count([("partner_id", "=", self.debtor.id)]), 1)

    def test_mail_cancelled_by_hand_is_no_delivery(self):
        """An e-mail given up in the queue never left."""
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, TODAY)
        notice.mail_id.sudo().cancel()
        self.env.invalidate_all()
        self.assertEqual(notice.state, "failed")
        self.assertFalse(invoice.relance_level_id)

    def test_retried_from_the_queue(self):
        """The server is repaired and somebody retries its failed e-mails: the debtor gets one, not two."""
        invoice = self._invoice(1000, DUE)
        notice = self._fail(invoice, SERVER_DOWN)
        mail = notice.mail_id.sudo()
        mail.mark_outgoing()
        self._leave(notice)
        again = self._run_on(NEXT_DAY)
        self._leave(again)
        self.assertEqual(notice.state == "sent", mail.exists().state == "sent")
        self.assertEqual(len((notice | again).filtered(lambda each: each.mail_id.sudo().state == "sent")), 1)
        self.assert_register()

    def test_retried_from_the_queue_after_the_next_one(self):
        notice = self._fail(self._invoice(1000, DUE), SERVER_DOWN)
        again = self._run_on(NEXT_DAY)
        self._leave(again)
        notice.mail_id.sudo().mark_outgoing()
        self._leave(notice)
        self.assertRecordValues(notice | again, [{"state": "failed"}, {"state": "sent"}])
        self.assertNotEqual(notice.mail_id.sudo().state, "sent")
