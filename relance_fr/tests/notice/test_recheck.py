from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ...tools.bulk_sql import update_rows
from ..run.test_dispatch_cron import DUE, TODAY, CronCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRecheckNetting(CronCommon):
    """Just before sealing and before sending: what the whole commercial entity paid or was credited is deducted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0

    def _draft(self, invoices):
        self.company.relance_automatic = False
        notice = self._cron("escalate")
        self.assertEqual((notice.state, notice.line_ids.move_id), ("to_approve", invoices))
        return notice

    def _other_currency(self):
        return self.setup_other_currency("USD")

    # === WHAT COUNTS === #

    def test_credit_of_another_contact_of_the_entity(self):
        for event, settle in (
            ("payment", lambda amount, partner: self._pay_on_account(TODAY, amount, partner=partner)),
            ("credit note", lambda amount, partner: self._credit_note(amount, TODAY, partner=partner)),
        ):
            with self.subTest(event=event):
                debtor = self._create_debtor(event)
                branch = self.env["res.partner"].create({"name": "Agence", "parent_id": debtor.id, "type": "other"})
                notice = self._draft(self._invoice(1000, DUE, partner=debtor))
                settle(400, branch)
                notice.action_approve()
                self.assertRecordValues(notice, [{"state": "ready", "principal_amount": 600, "credit_amount": 400}])
                settle(600, branch)
                notice.action_dispatch()
                self.assertRecordValues(notice, [{"state": "cancelled", "mail_id": False}])

    def test_email_address_gone_meanwhile(self):
        """Nothing can leave: the notice is given up unnumbered, and its level comes again by letter."""
        debtor = self._create_debtor("Sans adresse")
        invoice = self._invoice(1000, DUE, partner=debtor)
        notice = self._draft(invoice)
        self.assertRecordValues(notice, [{"channel": "email", "email_to": debtor.email}])
        debtor.email = False
        notice.action_approve()
        self.assertRecordValues(notice, [{"state": "cancelled", "name": "/"}])
        self.assertIn("address", notice.failure_reason)
        self.assertRecordValues(self._send(invoice, TODAY), [{"state": "sent", "channel": "letter"}])

    def test_sealed_email_without_an_address(self):
        """However it lost its address since it was sealed: what nothing can carry is not told as sent."""
        notice = self._draft(self._invoice(1000, DUE))
        notice.action_approve()
        self.assertRecordValues(notice, [{"state": "ready", "channel": "email"}])
        update_rows(self.env, "relance.notice", {notice.id: {"email_to": None}})
        notice.action_dispatch()
        self.assertRecordValues(notice, [{"state": "cancelled", "mail_id": False}])
        self.assertIn("e-mail address is missing", notice.failure_reason)

    def test_disputed_meanwhile(self):
        disputed, owed = self._invoice(1000, DUE), self._invoice(700, DUE)
        notice = self._draft(disputed | owed)
        self.env["relance.hold"].create({"move_id": disputed.id, "reason": "dispute", "date_from": TODAY})
        notice.action_approve()
        self.assertRecordValues(notice, [{"state": "ready", "principal_amount": 700}])
        self.assertEqual(notice.line_ids.move_id, owed)
        self.env["relance.hold"].create({"move_id": owed.id, "reason": "dispute", "date_from": TODAY})
        notice.action_dispatch()
        self.assertEqual(notice.state, "cancelled")

    def test_invoice_rebuilt_meanwhile(self):
        """Its instalments are other rows, for another sum: the draft claims nothing of the old ones."""
        rebuilt, owed = self._invoice(1000, DUE), self._invoice(700, DUE)
        notice = self._draft(rebuilt | owed)
        rebuilt.button_draft()
        rebuilt.write({"invoice_line_ids": [Command.update(rebuilt.invoice_line_ids.id, {"price_unit": 250})]})
        term = self.env["account.payment.term"].create(
            {
                "name": "Deux fois",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)
                ],
            }
        )
        rebuilt.invoice_payment_term_id = term
        rebuilt.action_post()
        notice.action_approve()
        self.assertEqual(notice.state, "ready")
        self.assertEqual(notice.total_amount, sum(notice.line_ids.mapped("total_amount")))
        self.assertEqual(notice.principal_amount, sum(notice.line_ids.line_id.mapped("amount_residual")))
        self.assertNotIn(1000, notice.line_ids.mapped("principal_amount"))
        notice.action_dispatch()
        self.assertEqual(notice.state, "sent")

    # === WHAT DOES NOT === #

    def test_credit_of_another_company(self):
        invoice = self._invoice(1000, DUE)
        notice = self._draft(invoice)
        other = self._other_company()
        self._credit_note(1000, TODAY, company_id=other["company"].id, journal_id=other["default_journal_sale"].id)
        notice.action_approve()
        notice.action_dispatch()
        self.assertRecordValues(notice, [{"state": "sent", "principal_amount": 1000, "credit_amount": 0}])

    def test_credit_in_another_currency(self):
        invoice = self._invoice(1000, DUE)
        notice = self._draft(invoice)
        self._credit_note(1000, TODAY, currency_id=self._other_currency().id)
        self._pay_on_account(TODAY, 1000, currency=self._other_currency())
        notice.action_approve()
        notice.action_dispatch()
        self.assertRecordValues(notice, [{"state": "sent", "principal_amount": 1000, "credit_amount": 0}])

    def test_credit_note_that_is_not_posted(self):
        invoice = self._invoice(1000, DUE)
        notice = self._draft(invoice)
        draft = self._credit_note(1000, TODAY)
        draft.button_draft()
        notice.action_approve()
        self.assertRecordValues(notice, [{"state": "ready", "principal_amount": 1000}])
        draft.action_post()
        notice.action_dispatch()
        self.assertEqual(notice.state, "cancelled")

    def test_credit_of_a_stranger(self):
        invoice = self._invoice(1000, DUE)
        notice = self._draft(invoice)
        self._credit_note(1000, TODAY, partner=self._create_debtor("Autre"))
        notice.action_approve()
        self.assertRecordValues(notice, [{"state": "ready", "principal_amount": 1000}])
