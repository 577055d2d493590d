from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from ..ledger_common import LedgerCommon

DUE = "2026-05-16"
COURTESY = ("Courtesy reminder", "2026-05-23")


@tagged("post_install", "-at_install")
@freeze_time("2026-05-26")
class TestExplain(LedgerCommon):
    """Why an invoice is dunned, or not: every reason by a real situation. Standard calendar, 26 May 2026."""

    def assert_reason(self, invoice, decision, reason, as_of="2026-05-26"):
        """Assert the reason the invoice gives, and that the daily job does what it says."""
        self.assertEqual(self._explain(invoice, as_of)[:2], (decision, reason))
        sent = self._run_on(as_of).filtered(lambda notice: notice.state != "failed").line_ids.move_id
        self.assertEqual(invoice in sent, decision == "send")

    # === WHO MAY ASK === #

    def test_debtor_on_the_portal_learns_nothing(self):
        portal = new_test_user(self.env, "explain_portal", groups="base.group_portal")
        portal.partner_id.parent_id = self.debtor
        invoice = self._invoice(1000, DUE)
        invoice.message_subscribe(portal.partner_id.ids)
        own = invoice.with_user(portal)
        self.assertEqual(own.read(["amount_residual"])[0]["amount_residual"], 1000)
        for name in (
            "relance_state", "relance_decision", "relance_explanation", "relance_next_date", "relance_next_level_id",
            "relance_level_id", "relance_last_date", "relance_limitation_date", "relance_notice_ids", "relance_warning",
        ):  # fmt: skip
            with self.subTest(field=name), self.assertRaises(AccessError):
                own.read([name])
        for ask in (own.relance_explain, own.relance_statement):
            with self.subTest(ask=ask.__name__), self.assertRaises(AccessError):
                ask()

    # === DATES === #

    def test_due(self):
        invoice = self._invoice(1000, DUE)
        self.assertEqual(self._explain(invoice, "2026-05-26"), ("send", "due", *COURTESY))
        message = invoice.relance_explain()["message"]
        self.assertRegex(message, "Courtesy reminder.*05/23/2026")
        self.assert_reason(invoice, "send", "due")

    def test_not_due(self):
        invoice = self._invoice(1000, "2026-06-30")
        self.assertEqual(self._explain(invoice, "2026-05-26"), ("wait", "not_due", "Preventive notice", "2026-06-27"))
        # The preventive day has come: it is sent though nothing is due yet.
        self.assertEqual(self._explain(invoice, "2026-06-29"), ("send", "due", "Preventive notice", "2026-06-27"))
        self.assertEqual(self._explain(invoice, "2026-06-30"), ("send", "due", "Preventive notice", "2026-06-27"))
        self.assertEqual(self._explain(invoice, "2026-07-01"), ("wait", "too_early", "Courtesy reminder", "2026-07-07"))
        self.assert_reason(invoice, "wait", "not_due")

    def test_too_early(self):
        invoice = self._invoice(1000, DUE)
        self.assertEqual(self._explain(invoice, "2026-05-22"), ("wait", "too_early", *COURTESY))
        self.assertEqual(self._explain(invoice, "2026-05-23")[:2], ("send", "due"))
        self._send(invoice, "2026-05-26")
        self.assertEqual(self._explain(invoice, "2026-05-30"), ("wait", "too_early", "Firm reminder", "2026-06-03"))
        self.assert_reason(invoice, "wait", "too_early")

    def test_too_recent(self):
        self._send(self._invoice(1000, DUE), "2026-05-26")
        other = self._invoice(1000, "2026-05-20")
        for day in ("2026-05-27", "2026-06-01"):
            self.assertEqual(self._explain(other, day), ("wait", "too_recent", "Courtesy reminder", "2026-05-27"), day)
        self.assertEqual(self._explain(other, "2026-06-02")[:2], ("send", "due"))
        self.assert_reason(other, "wait", "too_recent", "2026-05-29")

    def test_too_recent_while_a_notice_waits_for_approval(self):
        formal = self._invoice(1000, "2026-04-20")
        for day in ("2026-04-27", "2026-05-05"):
            self._send(formal, day)
        waiting = self._run_on("2026-05-20")
        self.assertRecordValues(waiting, [{"kind": "formal", "state": "to_approve"}])
        # The same day and the days after: one letter at a time.
        other = self._invoice(1000, "2026-05-22")
        for day in ("2026-05-20", "2026-05-21"):
            self.assert_reason(other, "wait", "too_recent", day)

    def test_last_level_reached(self):
        self.debtor.relance_calendar_id = self._calendar("courtesy")
        invoice = self._invoice(1000, DUE)
        self._send(invoice, "2026-05-26")
        self.assert_reason(invoice, "skip", "last_level_reached", "2026-06-26")

    def test_past_and_future(self):
        invoice = self._invoice(1000, DUE)
        self._send(invoice, "2026-05-26")
        self.assertEqual(self._explain(invoice, "2026-05-12"), ("wait", "not_due", "Preventive notice", "2026-05-13"))
        self.assertEqual(self._explain(invoice, "2026-05-25"), ("send", "due", *COURTESY))
        self.assertEqual(self._explain(invoice, "2026-06-03"), ("send", "due", "Firm reminder", "2026-06-03"))
        self.assertEqual(invoice.relance_explain("2026-05-25")["level_id"], self.levels["courtesy"].id)

    # === THE INVOICE === #

    def test_not_posted(self):
        invoice = self._invoice(1000, DUE)
        invoice.button_draft()
        self.assert_reason(invoice, "skip", "not_posted")
        invoice.button_cancel()
        self.assert_reason(invoice, "skip", "not_posted")
        self.assertEqual(self._explain(self._credit_note(100, DUE), "2026-05-26")[:2], ("skip", "not_invoice"))

    def test_paid(self):
        invoice = self._invoice(1000, DUE)
        self._pay(invoice, "2026-05-20")
        self.assert_reason(invoice, "skip", "paid")
        self.assert_reason(self._invoice(0, DUE), "skip", "paid")

    def test_payment_in_progress(self):
        invoice = self._invoice(1000, DUE)
        payment = self._pay_without_entry(invoice, "2026-05-20")
        self.assert_reason(invoice, "wait", "payment_in_progress")
        payment.action_cancel()
        self.assert_reason(invoice, "send", "due")

    def test_payment_in_progress_of_a_part(self):
        invoice = self._invoice(1000, DUE)
        self._pay_without_entry(invoice, "2026-05-20", 400)
        self.assert_reason(invoice, "send", "due")
        self.assertRecordValues(invoice.relance_notice_ids, [{"principal_amount": 600}])

    def test_covered_by_credit(self):
        invoice = self._invoice(1000, DUE)
        self._credit_note(600, "2026-05-20")
        self._pay_on_account("2026-05-21", 400)
        self.assert_reason(invoice, "skip", "covered_by_credit")
        newer = self._invoice(500, "2026-05-18")
        self.assertEqual(self._explain(newer, "2026-05-26")[:2], ("send", "due"))

    def test_excluded_customer(self):
        invoice = self._invoice(1000, DUE)
        self.debtor.relance_exclude = True
        self.assert_reason(invoice, "skip", "excluded")

    def test_excluded_invoice(self):
        invoice = self._invoice(1000, DUE)
        invoice.no_followup = True
        self.assert_reason(invoice, "skip", "excluded")

    def test_no_calendar(self):
        invoice = self._invoice(1000, DUE)
        self.company.relance_calendar_id = False
        self.assert_reason(invoice, "skip", "no_calendar")

    def test_no_address(self):
        self.debtor.write({"email": False, "street": False, "zip": False, "city": False})
        invoice = self._invoice(1000, DUE)
        self.assert_reason(invoice, "skip", "no_address")
        self.debtor.email = "not an address"
        self.assert_reason(invoice, "skip", "no_address")
        self.debtor.write({"street": "1 rue de la Paix", "city": "Paris"})
        self.assert_reason(invoice, "send", "due")

    def test_below_minimum(self):
        self.levels["courtesy"].minimum_amount = 50
        invoice = self._invoice(49.99, DUE)
        self.assert_reason(invoice, "skip", "below_minimum")
        # The minimum is about the notice, not about each invoice.
        other = self._invoice(0.01, DUE)
        self.assertEqual(self._explain(invoice, "2026-05-26")[:2], ("send", "due"))
        self.assert_reason(other, "send", "due")

    # === HOLDS === #

    def _hold(self, **vals):
        holds = self.env["relance.hold"].sudo(vals.get("reason") == "insolvency")
        return holds.create({"date_from": "2026-05-20", **vals}).sudo(False)

    def test_held(self):
        invoice = self._invoice(1000, DUE)
        hold = self._hold(move_id=invoice.id)
        self.assert_reason(invoice, "skip", "held")
        self.assertEqual(invoice.relance_state, "held")
        hold.unlink()
        self.assert_reason(invoice, "send", "due")

    def test_blocked_by_the_accountant(self):
        invoice = self._invoice(1000, DUE)
        invoice.action_toggle_block_payment()
        self.assertEqual(invoice.payment_state, "blocked")
        self.assert_reason(invoice, "skip", "held")
        # The state stays "blocked" in Odoo once the invoice is paid.
        self._bank_pays(invoice, "2026-05-25", 1000)
        self.assert_reason(invoice, "skip", "paid")
        self.assertEqual(invoice.relance_state, "settled")

    def test_disputed(self):
        invoice = self._invoice(1000, DUE)
        self._hold(move_id=invoice.id, reason="dispute")
        self.assert_reason(invoice, "skip", "disputed")

    def test_insolvent(self):
        invoice = self._invoice(1000, DUE)
        self._hold(partner_id=self.debtor.id, reason="insolvency")
        self.assert_reason(invoice, "skip", "insolvent")

    def _promise(self, invoices, *payments):
        return self.env["relance.commitment"].create(
            {
                "partner_id": invoices.commercial_partner_id.id,
                "move_ids": invoices.ids,
                "date": "2026-05-20",
                "line_ids": [Command.create({"date": day, "amount": amount}) for day, amount in payments],
            }
        )

    def test_promised(self):
        invoice = self._invoice(1000, DUE)
        self._promise(invoice, ("2026-05-26", 1000))
        self.assert_reason(invoice, "wait", "promised")
        self.assert_reason(invoice, "send", "due", "2026-05-27")

    def test_on_plan(self):
        invoice = self._invoice(1000, DUE)
        self._promise(invoice, ("2026-05-30", 500), ("2026-06-30", 500))
        self.assert_reason(invoice, "wait", "on_plan")
        self.assertEqual(invoice.relance_state, "held")

    # === WHAT WAITS === #

    def test_bank_not_up_to_date(self):
        invoice = self._invoice(1000, DUE)
        self.company.relance_bank_max_age = 7
        self.assert_reason(invoice, "wait", "bank_not_up_to_date")
        self._bank_line("2026-05-18", 10)
        self.assert_reason(invoice, "wait", "bank_not_up_to_date")
        self.company.relance_bank_max_age = 0
        self.assertEqual(self._explain(invoice, "2026-05-26")[:2], ("send", "due"))
        self.company.relance_bank_max_age = 8
        self.assert_reason(invoice, "send", "due")

    def test_bank_late_does_not_stop_a_person(self):
        self.company.relance_bank_max_age = 7
        invoice = self._invoice(1000, DUE)
        self._bank_line("2026-05-18", 10)
        self.assertRecordValues(self._send(invoice, "2026-05-26"), [{"state": "sent"}])

    def test_awaiting_approval(self):
        self.company.relance_automatic = False
        invoice = self._invoice(1000, DUE)
        self._run_on("2026-05-26")
        self.assert_reason(invoice, "wait", "awaiting_approval")

    def test_awaiting_the_posting_of_a_registered_letter(self):
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "formal", "delay": 5, "channel_registered": True}, {"kind": "final", "delay": 9, "automatic": True}
        )
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, "2026-05-21")
        self.assert_reason(invoice, "wait", "awaiting_approval")
        with freeze_time("2026-05-22"):
            notice.posted_date = "2026-05-22"
        self.assert_reason(invoice, "send", "due")

    def test_already_drafted(self):
        invoice = self._invoice(1000, DUE)
        notice = invoice._relance_send_by_hand(send_now=False)
        self.assertEqual(notice.state, "ready")
        self.assertEqual(self._explain(invoice, "2026-05-26")[:2], ("wait", "already_drafted"))
        self.env["relance.run"]._cron_escalate()
        self.assertEqual(invoice.relance_notice_ids, notice)

    # === INSTALMENTS === #

    def test_instalments(self):
        """The instalment to send speaks for the invoice; the one that stands best hides nothing of the others."""
        term = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 70, "nb_days": 30}),
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date=DUE, invoice_payment_term_id=term, post=True,
        )  # fmt: skip
        first, _second = self._instalments(invoice)
        self.assertEqual(self._explain(invoice, "2026-05-12")[:2], ("wait", "not_due"))
        self.assertEqual(self._explain(invoice, "2026-05-26"), ("send", "due", *COURTESY))
        notice = self._run_on("2026-05-26")
        self.assertRecordValues(notice.line_ids, [{"line_id": first.id, "principal_amount": 300}])
        self.assertEqual(self._explain(invoice, "2026-05-27")[:2], ("wait", "too_early"))
        self._hold(line_id=first.id)
        # The second one is not due before 15 June: it waits, though the first is held.
        self.assertEqual(self._explain(invoice, "2026-05-27"), ("wait", "not_due", "Preventive notice", "2026-06-12"))
