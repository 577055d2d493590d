from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE = "2026-05-16"


@tagged("post_install", "-at_install")
@freeze_time("2026-05-26")
class TestHoldPart(LedgerCommon):
    """A part of an invoice is disputed: the rest is dunned with its own interest, and the dispute ends somehow."""

    def _dispute(self, invoice, amount, **vals):
        return self.env["relance.hold"].create(
            {"move_id": invoice.id, "reason": "dispute", "amount": amount, "date_from": "2026-05-20", **vals}
        )

    def _two_instalments(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 40, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 60, "nb_days": 1}),
                ],
            }
        )
        return self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date="2026-05-15", invoice_payment_term_id=term, post=True,
        )  # fmt: skip

    # === THE REST === #

    def test_the_rest_is_dunned(self):
        invoice = self._invoice(1850, DUE)
        self._dispute(invoice, 850)
        self.assertEqual(self._explain(invoice, "2026-05-26")[:2], ("send", "due"))
        notice = self._run_on("2026-05-26")
        self.assertRecordValues(notice, [{"principal_amount": 1000, "total_amount": 1000, "state": "sent"}])
        self.assertRecordValues(notice.line_ids, [{"amount_invoiced": 1850, "amount_paid": 0, "disputed_amount": 850}])
        self.assert_register()

    def test_interest_apart(self):
        invoice = self._invoice(1850, DUE)
        self._send(invoice, "2026-05-26")
        self._dispute(invoice, 850)
        notice = self._run_on("2026-06-30")
        # 1 000 x 12.15 % x 45 / 365 = 14.979..., on the rest alone.
        self.assertRecordValues(
            notice,
            [{"kind": "firm", "principal_amount": 1000, "penalty_amount": 14.98, "indemnity_amount": 40}],
        )
        # The invoice as a whole, and what of it is disputed: 850 x 12.15 % x 45 / 365 = 12.732...
        self.assert_claim(invoice, "2026-06-30", 1850, 27.71, 40)
        self.assertEqual(invoice.relance_statement("2026-06-30")["disputed"], {"principal": 850.0, "penalty": 12.73})

    def test_a_payment_goes_to_the_rest_first(self):
        invoice = self._invoice(1850, DUE)
        self._dispute(invoice, 850)
        self._bank_pays(invoice, "2026-05-24", 600)
        notice = self._run_on("2026-05-26")
        self.assertRecordValues(notice, [{"principal_amount": 400}])
        self.assertRecordValues(notice.line_ids, [{"amount_paid": 600, "disputed_amount": 850}])

    def test_nothing_but_the_disputed_part_is_left(self):
        invoice = self._invoice(1850, DUE)
        self._dispute(invoice, 850)
        self._bank_pays(invoice, "2026-05-24", 1000)
        self.assertEqual(self._explain(invoice, "2026-05-26")[:2], ("skip", "disputed"))
        self.assertFalse(self._run_on("2026-05-26"))
        self.assertEqual(invoice.relance_state, "held")

    def test_disputed_after_the_draft(self):
        invoice = self._invoice(1850, DUE)
        run = self.env["relance.run"].create({"date": "2026-05-26"})
        run.action_preview()
        notice = run._draft(approved=True)
        self.assertRecordValues(notice, [{"principal_amount": 1850}])
        self._dispute(invoice, 850)
        notice._seal()
        self.assertRecordValues(notice, [{"principal_amount": 1000, "state": "ready"}])

    def test_disputed_after_the_seal(self):
        invoice = self._invoice(1850, DUE)
        run = self.env["relance.run"].create({"date": "2026-05-26"})
        run.action_confirm()
        self._dispute(invoice, 850)
        run.notice_ids.action_dispatch()
        self.assertRecordValues(run.notice_ids, [{"state": "cancelled"}])

    def test_below_the_minimum(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "courtesy", "minimum_amount": 100})
        invoice = self._invoice(1000, DUE)
        self._dispute(invoice, 950)
        self.assertEqual(self._explain(invoice, "2026-05-26")[:2], ("skip", "below_minimum"))

    def test_of_a_whole_invoice_the_last_instalment_is_held_first(self):
        invoice = self._two_instalments()
        self._dispute(invoice, 700)
        notice = self._run_on("2026-05-26")
        self.assertRecordValues(notice.line_ids, [{"principal_amount": 300, "disputed_amount": 100}])
        self.assertEqual(invoice.relance_statement("2026-05-26")["disputed"]["principal"], 700)

    def test_of_an_instalment(self):
        invoice = self._two_instalments()
        first, _second = self._instalments(invoice)
        self._dispute(invoice, 150, line_id=first.id)
        notice = self._run_on("2026-05-26")
        self.assertRecordValues(
            notice.line_ids.sorted("date_maturity"),
            [
                {"principal_amount": 250, "disputed_amount": 150},
                {"principal_amount": 600, "disputed_amount": 0},
            ],
        )

    def test_another_company_and_another_invoice_are_not_concerned(self):
        invoice, other = self._invoice(1850, DUE), self._invoice(500, DUE)
        self._dispute(invoice, 850)
        notice = self._run_on("2026-05-26")
        by_move = {line.move_id: line.principal_amount for line in notice.line_ids}
        self.assertEqual(by_move, {invoice: 1000, other: 500})

    def test_bad_parts(self):
        invoice = self._invoice(1850, DUE)
        for vals in ({"amount": 2000}, {"amount": 100, "move_id": False, "partner_id": self.debtor.id}):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self._dispute(invoice, **{"amount": 0, **vals})

    # === THE END === #

    def _resolve(self, hold, resolution, **vals):
        wizard = self.env["relance.hold.resolve"].create({"hold_id": hold.id, "resolution": resolution, **vals})
        return wizard.action_apply()

    def test_rejected(self):
        invoice = self._invoice(1850, DUE)
        hold = self._dispute(invoice, 0)
        self._resolve(hold, "rejected", outcome="Delivery note signed.")
        self.assertRecordValues(hold, [{"state": "over", "resolution": "rejected", "outcome": "Delivery note signed."}])
        self.assertEqual(self._explain(invoice, "2026-05-26")[:2], ("send", "due"))

    def test_accepted_stays_held_until_it_is_credited(self):
        invoice = self._invoice(1850, DUE)
        hold = self._dispute(invoice, 850)
        action = self._resolve(hold, "accepted")
        self.assertEqual(action["res_model"], "account.move.reversal")
        self.assertRecordValues(hold, [{"state": "running", "resolution": "accepted", "accepted_amount": 850}])
        self.assertIn("credit note", hold.activity_ids.summary)
        self.assertRecordValues(self._run_on("2026-05-26"), [{"principal_amount": 1000}])
        self._credit_note(850, "2026-05-27", invoice=invoice)
        self._bank_pays(invoice, "2026-05-27", 1000)
        self.assertEqual(invoice.relance_state, "settled")
        with freeze_time("2026-05-28"):
            self.env["relance.hold"]._cron_follow_up()
            self.assertEqual(hold.state, "over")
            self.assertFalse(hold.activity_ids)

    def test_credited_it_is_not_deducted_twice(self):
        for matched in (True, False):
            with self.subTest(matched=matched):
                invoice = self._invoice(1850, DUE, partner=self._create_debtor(f"Matched {matched}"))
                hold = self._dispute(invoice, 850)
                self._resolve(hold, "accepted")
                vals = {"invoice": invoice} if matched else {"partner": invoice.partner_id}
                self._credit_note(850, "2026-05-26", reversed_entry_id=invoice.id, **vals)
                notice = self._run_on("2026-05-26").filtered(lambda n, invoice=invoice: invoice in n.line_ids.move_id)
                self.assertRecordValues(notice, [{"principal_amount": 1000}])
                self.env["relance.hold"]._cron_follow_up()
                self.assertEqual(hold.state, "over")

    def test_credited_by_another_credit_note(self):
        invoice = self._invoice(1850, DUE)
        self._resolve(self._dispute(invoice, 850), "accepted")
        self._credit_note(500, "2026-05-26", invoice=invoice)
        # 1 850 - 500 credited - 350 accepted and not credited yet.
        self.assertRecordValues(self._run_on("2026-05-26"), [{"principal_amount": 1000}])

    def test_accepted_in_part(self):
        invoice = self._invoice(1850, DUE)
        hold = self._dispute(invoice, 850)
        for amount in (0, 850, 900):
            with self.assertRaisesRegex(UserError, "850"):
                self._resolve(hold, "partly", accepted_amount=amount)
        self._resolve(hold, "partly", accepted_amount=200)
        self.assertRecordValues(hold, [{"amount": 200, "accepted_amount": 200, "state": "running"}])
        self.assertRecordValues(self._run_on("2026-05-26"), [{"principal_amount": 1650}])

    # === WHAT IS HELD === #

    def test_amount_held(self):
        invoice = self._two_instalments()
        part = self._dispute(invoice, 700)
        whole = self._dispute(self._invoice(500, DUE), 0)
        debtor = self.env["relance.hold"].create({"partner_id": self.debtor.id, "date_from": "2026-05-20"})
        holds = part | whole | debtor
        self.assertRecordValues(
            holds,
            [
                {"held_amount": 700, "days_held": 7},
                {"held_amount": 500, "days_held": 7},
                {"held_amount": 1500, "days_held": 7},
            ],
        )

    def test_end_is_announced_once(self):
        invoice = self._invoice(1850, DUE)
        hold = self._dispute(invoice, 850, date_to="2026-05-27")
        by_hand = self._dispute(invoice, 0)
        by_hand.action_end()
        for day, count in (("2026-05-27", 0), ("2026-05-28", 1), ("2026-05-29", 1)):
            with freeze_time(day):
                self.env["relance.hold"]._cron_follow_up()
                self.assertEqual(len(hold.activity_ids), count, day)
        self.assertFalse(by_hand.activity_ids)
        hold.date_to = "2026-06-15"
        with freeze_time("2026-06-16"):
            self.env["relance.hold"]._cron_follow_up()
            self.assertEqual(len(hold.activity_ids), 2)

    # === INSOLVENCY === #

    def test_what_is_invoiced_after_the_judgment_goes_on(self):
        before = self._invoice(1850, "2026-05-16", invoice_date="2026-05-01")
        after = self._invoice(1850, "2026-06-20", invoice_date="2026-06-12")
        self.env["relance.hold"].sudo().create(
            {"partner_id": self.debtor.id, "reason": "insolvency", "date_from": "2026-06-10"}
        )
        self.assertEqual(self._explain(before, "2026-06-30")[1], "insolvent")
        self.assertEqual(self._explain(after, "2026-06-30")[:2], ("send", "due"))
        # 1 850 x 12.15 % x 10 / 365 = 6.158...
        self.assert_claim(after, "2026-06-30", 1850, 6.16, 40)
        self.assert_claim(before, "2026-06-30", 1850, 14.78, 40)
