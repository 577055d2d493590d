from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-16", "2026-05-26"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDispatchCheck(LedgerCommon):
    """Every sending checks once more: what was paid, held or changed since does not leave."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0

    def _mails(self, notices):
        return self.env["mail.mail"].sudo().search([("model", "=", "relance.notice"), ("res_id", "in", notices.ids)])

    def _ready(self, invoices):
        """Return sealed notices that have not left yet."""
        notices = invoices._relance_send_by_hand(send_now=False)
        self.assertEqual(set(notices.mapped("state")), {"ready"})
        return notices

    def _drafted(self):
        """Return what the daily job drafts for approval."""
        self.company.relance_automatic = False
        notices = self._run_on(TODAY)
        self.assertEqual(set(notices.mapped("state")), {"to_approve"})
        return notices

    # === WHAT STOPS A NOTICE === #

    def _events(self):
        """Return ``{event: what happens to an invoice}``, all reasons to let its debtor alone."""
        hold = {"date_from": TODAY}
        commitment = {"line_ids": [Command.create({"date": "2026-06-30", "amount": 1000})]}
        return {
            "paid": lambda move: self._bank_pays(move, TODAY, 1000),
            "payment registered": lambda move: self._pay(move, TODAY),
            "payment in progress": lambda move: self._pay_without_entry(move, TODAY),
            "payment on account": lambda move: self._pay_on_account(TODAY, 1000, partner=move.partner_id),
            "credit note": lambda move: self._credit_note(1000, TODAY, invoice=move),
            "credit note not matched": lambda move: self._credit_note(1000, TODAY, partner=move.partner_id),
            "held": lambda move: self.env["relance.hold"].create(hold | {"move_id": move.id}),
            "disputed": lambda move: self.env["relance.hold"].create(hold | {"move_id": move.id, "reason": "dispute"}),
            "insolvent": lambda move: (
                self.env["relance.hold"]
                .sudo()
                .create(hold | {"partner_id": move.partner_id.id, "reason": "insolvency"})
            ),
            "promised": lambda move: self.env["relance.commitment"].create(
                commitment | {"partner_id": move.partner_id.id, "move_ids": move.ids}
            ),
            "excluded": lambda move: move.partner_id.write({"relance_exclude": True}),
            "invoice excluded": lambda move: move.write({"no_followup": True}),
            "blocked": lambda move: move.action_toggle_block_payment(),
            "reset to draft": lambda move: move.button_draft(),
            "cancelled": lambda move: (move.button_draft(), move.button_cancel()),
            "more time given": lambda move: self._instalments(move).write({"date_maturity": "2026-07-31"}),
        }

    def test_between_seal_and_sending(self):
        for event, happen in self._events().items():
            with self.subTest(event=event):
                invoice = self._invoice(1000, DUE, partner=self._create_debtor(event))
                notice = self._ready(invoice)
                happen(invoice)
                notice.action_dispatch()
                self.assertRecordValues(notice, [{"state": "cancelled", "mail_id": False}])
                self.assertTrue(notice.name.startswith("RLF/2026/"))
                self.assertTrue(notice.failure_reason)
                self.assertFalse(self._mails(notice))
                self.assertFalse(invoice.relance_level_id)
        self.assert_register()

    def test_between_draft_and_approval(self):
        events = self._events()
        invoices = {event: self._invoice(1000, DUE, partner=self._create_debtor(event)) for event in events}
        drafts = self._drafted().grouped("partner_id")
        notices = {event: drafts[invoice.partner_id] for event, invoice in invoices.items()}
        for event, happen in events.items():
            happen(invoices[event])
            with self.subTest(event=event):
                notices[event].action_approve()
                self.assertRecordValues(notices[event], [{"state": "cancelled", "name": "/", "seal": False}])
                notices[event].action_dispatch()
                self.assertFalse(self._mails(notices[event]))

    # === WHAT CHANGES IT === #

    def test_part_paid_between_seal_and_sending(self):
        invoice = self._invoice(1000, DUE)
        overtaken = self._ready(invoice)
        self._bank_pays(invoice, TODAY, 400)
        overtaken.action_dispatch()
        self.assertRecordValues(overtaken, [{"state": "cancelled", "principal_amount": 1000}])
        notice = self._run_on(TODAY)
        self.assertRecordValues(notice, [{"state": "sent", "principal_amount": 600, "name": "RLF/2026/00002"}])
        self.assertRecordValues(notice.line_ids, [{"amount_invoiced": 1000, "amount_paid": 400, "total_amount": 600}])
        self.assertEqual(self._mails(overtaken | notice).mapped("res_id"), notice.ids)
        self.assert_register()

    def test_part_paid_between_draft_and_approval(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1, "deadline_days": 8})
        invoice = self._invoice(1850, DUE)
        notice = self._drafted()
        self.assertRecordValues(notice, [{"principal_amount": 1850, "penalty_amount": 6.16, "total_amount": 1896.16}])
        self._bank_pays(invoice, "2026-06-10", 850)
        with freeze_time("2026-06-30"):
            notice.action_approve()
        # 1 850 x 12.15 % x 25 / 365 = 15.395..., 1 000 x 12.15 % x 20 / 365 = 6.657...
        self.assertRecordValues(
            notice,
            [
                {
                    "state": "ready",
                    "date": fields.Date.to_date("2026-06-30"),
                    "deadline": fields.Date.to_date("2026-07-08"),
                    "principal_amount": 1000,
                    "penalty_amount": 22.06,
                    "indemnity_amount": 40,
                    "total_amount": 1062.06,
                }
            ],
        )
        self.assertRecordValues(notice.line_ids, [{"days_late": 45, "amount_paid": 850, "total_amount": 1062.06}])
        self.assertEqual([segment["amount"] for segment in notice.line_ids.segments], ["15.40", "6.66"])

    def test_one_of_two_invoices_paid(self):
        paid, owed = self._invoice(1000, DUE), self._invoice(700, DUE)
        notice = self._drafted()
        self._bank_pays(paid, TODAY, 1000)
        notice.action_approve()
        self.assertRecordValues(notice, [{"state": "ready", "total_amount": 700}])
        self.assertEqual(notice.line_ids.move_id, owed)
        self._bank_pays(owed, TODAY, 700)
        notice.action_dispatch()
        self.assertEqual(notice.state, "cancelled")

    def test_level_of_what_is_left(self):
        """A formal notice whose old invoice was paid does not fall on an invoice that is only due a reminder."""
        self.debtor.relance_calendar_id = self._calendar("courtesy", "formal", catch_up="age")
        old, recent = self._invoice(1000, "2026-04-10"), self._invoice(700, DUE)
        notice = self._drafted()
        self.assertRecordValues(notice, [{"kind": "formal"}])
        self.assertEqual(notice.line_ids.mapped("level_id.kind"), ["formal", "courtesy"])
        self._bank_pays(old, TODAY, 1000)
        notice.action_approve()
        if notice.state == "cancelled":
            notice = self._run_on(TODAY)
        self.assertEqual(notice.line_ids.move_id, recent)
        self.assertRecordValues(
            notice, [{"kind": "courtesy", "penalty_amount": 0, "indemnity_amount": 0, "total_amount": 700}]
        )

    def test_sealed_too_long_ago(self):
        invoice = self._invoice(1000, DUE)
        notice = self._ready(invoice)
        with freeze_time("2026-06-02"):
            notice.action_dispatch()
        self.assertEqual(notice.state, "cancelled")
        fresh = self._run_on("2026-06-02")
        self.assertRecordValues(fresh, [{"state": "sent", "date": fields.Date.to_date("2026-06-02")}])

    def test_sent_once(self):
        notice = self._ready(self._invoice(1000, DUE))
        notice.action_dispatch()
        mail = notice.mail_id
        for _time in range(3):
            notice.action_dispatch()
            notice._dispatch()
            self._run_on(TODAY)
        self.assertRecordValues(notice, [{"state": "sent", "mail_id": mail.id}])
        self.assertEqual(self._mails(notice), mail)
        self.assertEqual(self.env["relance.notice"].search_count([("partner_id", "=", self.debtor.id)]), 1)

    def test_invoice_knows_its_notices_at_once(self):
        invoice = self._invoice(1000, DUE)
        self.assertFalse(invoice.relance_notice_ids)
        notice = self._ready(invoice)
        self.assertEqual(invoice.relance_notice_ids, notice)
        self.assertEqual(invoice.relance_notice_line_ids, notice.line_ids)

    def test_figures_stay_as_they_were_sent(self):
        invoice = self._invoice(1000, DUE)
        notice = self._ready(invoice)
        notice.action_dispatch()
        self._bank_pays(invoice, "2026-05-27", 1000)
        invoice.button_draft()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(notice, [{"state": "sent", "principal_amount": 1000, "total_amount": 1000}])
        self.assert_register()

    def test_cheque_of_a_day_to_come(self):
        """A part payment dated later is deducted or not, but the notice leaves and leaves once."""
        invoice = self._invoice(1000, DUE)
        self._pay(invoice, "2026-06-20", 400)
        notices = self._run_on(TODAY) | self._run_on("2026-05-27") | self._run_on("2026-05-28")
        self.assertRecordValues(notices, [{"state": "sent", "kind": "courtesy", "principal_amount": 600}])

    def test_credits_are_shown(self):
        older, newer = self._invoice(300, "2026-04-20"), self._invoice(1000, DUE)
        self._pay_on_account("2026-05-20", 500)
        notice = self._ready(older | newer)
        self.assertRecordValues(notice, [{"credit_amount": 200, "principal_amount": 800}])
        self.assertRecordValues(
            notice.line_ids, [{"move_id": newer.id, "amount_invoiced": 1000, "amount_paid": 200, "total_amount": 800}]
        )
