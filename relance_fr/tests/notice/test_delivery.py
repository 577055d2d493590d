from odoo.tests import freeze_time, tagged

from ..mail_common import DUE, NEXT_DAY, TODAY, GatewayCommon
from .test_dispatch_failure import REFUSED, SERVER_DOWN


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDelivery(GatewayCommon):
    """What became of an e-mail is a fact of the notice: queued, handed over, bounced, refused, blacklisted."""

    def _queued(self):
        return self._send(self._invoice(1000, DUE), TODAY)

    def test_queued_then_sent(self):
        notice = self._queued()
        self.assertRecordValues(notice, [{"delivery_state": "queued", "delivery_error": False}])
        self.assertTrue(notice.delivery_date)
        self._leave(notice)
        self.assertRecordValues(notice, [{"delivery_state": "sent", "state": "sent"}])

    def test_refused(self):
        notice = self._queued()
        self._leave(notice, REFUSED)
        self.assertRecordValues(notice, [{"delivery_state": "refused", "state": "failed", "failure_kind": "address"}])
        self.assertIn("no such user", notice.delivery_error)
        self.assertFalse(notice.activity_ids, "The letter goes by itself.")

    def test_server_down(self):
        notice = self._queued()
        self._leave(notice, SERVER_DOWN)
        self.assertRecordValues(notice, [{"delivery_state": "failed", "state": "failed", "failure_kind": "address"}])

    def test_bounce(self):
        notice = self._courtesy()
        self._report(notice)
        self.assertRecordValues(
            notice,
            [{"delivery_state": "bounced", "state": "failed", "address_refused": True, "last_reply_date": False}],
        )
        self.assertFalse(notice.activity_ids)
        self.assertRecordValues(self._run_on(NEXT_DAY), [{"channel": "letter", "state": "sent"}])

    def test_bounce_that_names_nobody(self):
        notice = self._courtesy()
        self._report(notice, address=False, action="")
        self.assertRecordValues(notice, [{"delivery_state": "bounced", "state": "failed"}])

    def test_delay_is_no_bounce(self):
        notice = self._courtesy()
        self._report(notice, action="delayed", subject="Delayed Mail")
        self.assertRecordValues(notice, [{"delivery_state": "sent", "state": "sent", "address_refused": False}])
        self.assertIn("Delayed Mail", notice.message_ids[0].body)
        self.assertFalse(notice.activity_ids)

    def test_bounce_of_a_registered_letter_copy(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 2, "channel_registered": True})
        notice = self._courtesy()
        self._report(notice)
        self.assertRecordValues(
            notice, [{"delivery_state": "bounced", "state": "sent", "channel": "registered", "failure_kind": False}]
        )

    def test_mail_deleted_after_it_left(self):
        """The outgoing mail is cleaned up; the fact stays, and so does the message that answers refer to."""
        notice = self._courtesy()
        message = notice.mail_id.sudo().mail_message_id
        notice.mail_id.sudo().unlink()
        self.env.invalidate_all()
        self.assertRecordValues(notice, [{"delivery_state": "sent", "mail_id": False, "state": "sent"}])
        self.assertIn(message, notice.message_ids)

    def test_mail_deleted_before_it_left(self):
        notice = self._queued()
        notice.mail_id.sudo().unlink()
        self.env.invalidate_all()
        self.assertRecordValues(notice, [{"delivery_state": "failed", "state": "failed"}])
        self.assertIn("deleted", notice.failure_reason)

    def test_copy_retried_from_the_queue(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 2, "channel_registered": True})
        notice = self._queued()
        self._leave(notice, SERVER_DOWN)
        self.assertRecordValues(notice, [{"delivery_state": "failed", "state": "sent"}])
        notice.mail_id.sudo().mark_outgoing()
        self.assertEqual(notice.delivery_state, "queued")
        self._leave(notice)
        self.assertRecordValues(notice, [{"delivery_state": "sent", "delivery_error": False}])

    def test_blacklisted_address_is_not_used(self):
        self.debtor.email = f'"Compta" <{self.debtor.email.upper()}>'
        self.env["mail.blacklist"]._add(self.debtor.email_normalized)
        notice = self._queued()
        self.assertRecordValues(notice, [{"channel": "letter", "email_to": False, "state": "sent", "mail_id": False}])
        self.env["mail.blacklist"]._remove(self.debtor.email_normalized)
        other = self._create_debtor("Autre")
        self.env["mail.blacklist"]._add(other.email)
        self.env["mail.blacklist"]._remove(other.email)
        notice = self._send(self._invoice(500, DUE, partner=other), TODAY)
        self.assertRecordValues(notice, [{"channel": "email", "email_to": other.email}])

    def test_blacklisted_between_seal_and_sending(self):
        notice = self._queued()
        self.env["mail.blacklist"]._add(self.debtor.email)
        send = self._leave(notice)
        self.assertFalse(send.called)
        self.assertRecordValues(
            notice, [{"delivery_state": "blacklisted", "state": "failed", "address_refused": False}]
        )
        self.assertIn("blacklisted", notice.failure_reason)
        self.assertEqual(notice.mail_id.sudo().failure_type, "mail_bl")
        self.assertRecordValues(self._run_on(NEXT_DAY), [{"channel": "letter", "state": "sent"}])
        self.assert_register()

    def test_server_that_hangs_up(self):
        """Core leaves such an e-mail failed and tells nobody; it leaves again, the same message, then is given up."""
        notice = self._queued()
        mail = notice.mail_id.sudo()
        identifier = mail.message_id
        for _attempt in range(2):
            mail.write({"state": "exception", "failure_type": "unknown"})
            self.env["mail.mail"].process_email_queue()
            self.assertRecordValues(mail, [{"state": "outgoing", "message_id": identifier}])
            self.assertRecordValues(notice, [{"delivery_state": "queued", "state": "sent"}])
        mail.write({"state": "exception", "failure_type": "unknown"})
        self.env["mail.mail"].process_email_queue()
        self.env.invalidate_all()
        self.assertRecordValues(notice, [{"delivery_state": "failed", "state": "failed"}])

    def test_queue_killed_before_it_told(self):
        notice = self._queued()
        notice.mail_id.sudo().state = "sent"
        self.env["mail.mail"].process_email_queue()
        self.env.invalidate_all()
        self.assertEqual(notice.delivery_state, "sent")

    def test_feedback_of_a_batch_takes_one_statement(self):
        notices = self.env["relance.notice"]
        for number in range(3):
            debtor = self._create_debtor(f"D{number}", email=f"d{number}@example.com")
            notices |= self._send(self._invoice(500, DUE, partner=debtor), TODAY)
        notices.mail_id.sudo().state = "sent"
        self.env.flush_all()
        with self.assertQueryCount(1):
            notices._sync_delivery(notices.mail_id.ids)
        self.assertEqual(notices.mapped("delivery_state"), ["sent"] * 3)

    def test_filters(self):
        sent, queued = self._courtesy(), self._send(self._invoice(400, DUE, partner=self._create_debtor("Q")), TODAY)
        search = self.env["relance.notice"].search
        self.assertIn(queued, search([("delivery_state", "=", "queued")]))
        self.assertNotIn(sent, search([("delivery_state", "=", "queued")]))
