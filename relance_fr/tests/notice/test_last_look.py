from smtplib import SMTPServerDisconnected
from unittest.mock import patch

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ...models.notice import mail_mail
from ..plan_common import PlanCommon
from .test_dispatch_mail import MAIL_LOGGER, DispatchMailCommon

DUE, TODAY = "2026-05-16", "2026-05-26"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLastLook(DispatchMailCommon):
    """Between the dispatch and SMTP an e-mail may wait: who paid meanwhile is not asked."""

    def assert_given_up(self, notice, state="cancelled"):
        self.assertRecordValues(notice, [{"state": state, "delivery_state": "failed"}])
        self.assertEqual(notice.mail_id.sudo().state, "cancel")

    def test_paid_while_it_waited(self):
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, TODAY)
        self._pay(invoice, TODAY)
        self.assertFalse(self._leave(notice).called)
        self.assert_given_up(notice)
        self.assertIn("What is owed changed", notice.failure_reason)
        for record in (notice, invoice):
            self.assertIn("did not leave", " ".join(record.message_ids.mapped("body")), record)
        self.assert_register()

    def test_still_owed_leaves(self):
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertEqual(self._leave(notice).call_count, 1)
        self.assertRecordValues(notice, [{"state": "sent", "delivery_state": "sent"}])

    def test_paid_in_part(self):
        """The sum it asks for is not owed any more; its level comes again for the rest."""
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, TODAY)
        self._pay(invoice, TODAY, 400)
        self.assertFalse(self._leave(notice).called)
        self.assert_given_up(notice)
        again = self._run_on(TODAY)
        self.assertRecordValues(again, [{"level_id": notice.level_id.id, "principal_amount": 600.0, "state": "sent"}])
        self.assertEqual(self._leave(again).call_count, 1)

    def test_whatever_stops_dunning(self):
        def hold(invoice):
            self.env["relance.hold"].create({"move_id": invoice.id, "partner_id": invoice.partner_id.id})

        def exclude(invoice):
            invoice.partner_id.relance_exclude = True

        def credit(invoice):
            self._pay_on_account(TODAY, 1000, partner=invoice.partner_id)

        def unpost(invoice):
            self._credit_note(1000, TODAY, invoice=invoice)

        for number, stop in enumerate((hold, exclude, credit, unpost, self._pay_without_it)):
            invoice = self._invoice(1000, DUE, self._create_debtor(f"Debtor{number}"))
            notice = self._send(invoice, TODAY)
            stop(invoice)
            self.assertFalse(self._leave(notice).called, stop)
            self.assert_given_up(notice)

    def _pay_without_it(self, invoice):
        self._pay_without_entry(invoice, TODAY)

    def test_server_that_hung_up(self):
        """Tried again after the server hung up, it is looked at again."""
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, TODAY)
        with self.assertRaises(SMTPServerDisconnected):
            self._leave(notice, SMTPServerDisconnected("bye"))
        self.env["relance.notice"]._resume_interrupted()
        self.assertEqual(notice.mail_id.sudo().state, "outgoing")
        self._pay(invoice, TODAY)
        self.assertFalse(self._leave(notice).called)
        self.assert_given_up(notice)

    def test_slow_server(self):
        """While one e-mail is on its way, the debtor of the next one pays."""
        first, second = (self._invoice(1000, DUE, self._create_debtor(name)) for name in ("Alpha", "Beta"))
        notices = self._send(first | second, TODAY).sorted(lambda notice: notice.mail_id.id)
        paid = (first | second) - notices[0].line_ids.move_id

        def slow(*args, **kwargs):
            self._pay(paid, TODAY)
            return "<id@test>"

        with patch.object(mail_mail, "LOOK_SECONDS", 0):
            self.assertEqual(self._leave(notices, slow).call_count, 1)
        self.assertRecordValues(notices[0], [{"state": "sent", "delivery_state": "sent"}])
        self.assert_given_up(notices[1])

    def test_too_old(self):
        """Its deadline would be late: after three days it is made again."""
        notice = self._send(self._invoice(1000, DUE), TODAY)
        with freeze_time("2026-05-29"):
            self.assertFalse(notice._is_stale(self.company._relance_today()))
        with freeze_time("2026-05-30"):
            self.assertFalse(self._leave(notice).called)
        self.assert_given_up(notice)

    def test_preventive_after_the_due_date(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "preventive", "delay": -1})
        notice = self._send(self._invoice(1000, "2026-05-27"), TODAY)
        with freeze_time("2026-05-28"):
            self.assertFalse(self._leave(notice).called)
        self.assert_given_up(notice)

    def test_nobody_sends_it_again(self):
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, TODAY)
        self._pay(invoice, TODAY)
        self._leave(notice)
        mail = notice.mail_id.sudo()
        mail.mark_outgoing()
        self.assertEqual(mail.state, "cancel")
        mail.state = "outgoing"
        self.assertFalse(self._leave(notice).called)
        self.assertEqual(mail.state, "cancel")

    # === WITH A LETTER === #

    def _formal(self):
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "formal", "delay": 1, "channel_registered": True, "deadline_days": 15}
        )
        invoice = self._invoice(1000, DUE)
        return invoice, self._send(invoice, TODAY)

    def test_letter_that_nobody_printed(self):
        invoice, notice = self._formal()
        self.assertTrue(notice.to_post)
        self._pay(invoice, TODAY)
        self.assertFalse(self._leave(notice).called)
        self.assert_given_up(notice)
        self.assertFalse(notice.to_post)
        self.assertFalse(notice.activity_ids)

    def test_letter_that_may_have_left(self):
        invoice, notice = self._formal()
        notice.action_print()
        self._pay(invoice, TODAY)
        self.assertFalse(self._leave(notice).called)
        self.assert_given_up(notice, state="sent")
        self.assertIn("Do not post the letter before you looked", notice.activity_ids.mapped("summary"))

    def test_letter_posted(self):
        invoice, notice = self._formal()
        notice.posted_date = TODAY
        self._pay(invoice, TODAY)
        self.assertFalse(self._leave(notice).called)
        self.assert_given_up(notice, state="sent")
        self.assertFalse(notice.activity_ids)

    # === A QUEUE === #

    def test_a_queue_is_looked_at_at_once(self):
        """However many e-mails wait, the look takes the same number of statements."""

        def count(number):
            partners = [self._create_debtor(f"Q{number}-{index}") for index in range(number)]
            invoices = self.env["account.move"].union(*(self._invoice(1000, DUE, partner) for partner in partners))
            mails = self._send(invoices, TODAY).mail_id.sudo()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertFalse(mails._give_up_overtaken())
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(3), count(12))


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestLastLookAtReminders(PlanCommon):
    """The reminder of a promised payment that waits in the queue."""

    def _remind(self, amount=900):
        invoice = self._invoice(900, DUE)
        plan = self._plan(invoice, 3, "2026-06-10")
        self._run_on("2026-06-08")
        mail = self.env["mail.mail"].sudo().search([("model", "=", "relance.commitment.reminder")])
        self.assertEqual(len(mail), 1)
        return invoice, plan, mail

    def _leaves(self, mail, day="2026-06-08"):
        with (
            freeze_time(day),
            patch.object(IrMail_Server, "_disable_send", return_value=False),
            patch.object(IrMail_Server, "_connect__", return_value=None),
            patch.object(IrMail_Server, "send_email", return_value="<id@test>") as send,
            mute_logger(MAIL_LOGGER),
        ):
            self.env.invalidate_all()
            mail.send()
        return send.called

    def test_still_awaited(self):
        _invoice, _plan, mail = self._remind()
        self.assertTrue(self._leaves(mail))

    def test_paid(self):
        invoice, plan, mail = self._remind()
        self._bank_pays(invoice, "2026-06-08", 300)
        self.assertFalse(self._leaves(mail))
        self.assertEqual(mail.state, "cancel")
        self.assertIn("did not leave", " ".join(plan.message_ids.mapped("body")))

    def test_cancelled_plan(self):
        _invoice, plan, mail = self._remind()
        plan.action_cancel()
        self.assertFalse(self._leaves(mail))

    def test_its_day_is_over(self):
        _invoice, _plan, mail = self._remind()
        self.assertFalse(self._leaves(mail, "2026-06-11"))

    def test_plan_made_out_anew(self):
        _invoice, plan, mail = self._remind()
        plan.action_generate()
        self.assertTrue(self._leaves(mail))
