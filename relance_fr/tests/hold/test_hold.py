from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from ..ledger_common import LedgerCommon

DUE = "2026-05-16"


@tagged("post_install", "-at_install")
@freeze_time("2026-05-26")
class TestHold(LedgerCommon):
    """Suspensions: their scope, their time, and what an insolvency does to the claim."""

    def _hold(self, **vals):
        holds = self.env["relance.hold"].sudo(vals.get("reason") == "insolvency")
        return holds.create({"date_from": "2026-05-20", **vals}).sudo(False)

    def _reasons(self, *invoices, as_of="2026-05-26"):
        return [self._explain(invoice, as_of)[1] for invoice in invoices]

    # === SCOPE AND TIME === #

    def test_scope(self):
        invoice, same_debtor = self._invoice(1000, DUE), self._invoice(500, DUE)
        other = self._invoice(700, DUE, partner=self._create_debtor("Tiers"))
        hold = self._hold(move_id=invoice.id)
        self.assertEqual(hold.partner_id, self.debtor)
        self.assertEqual(self._reasons(invoice, same_debtor, other), ["held", "due", "due"])
        hold.move_id = False
        self.assertEqual(self._reasons(invoice, same_debtor, other), ["held", "held", "due"])

    def test_one_instalment(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 70, "nb_days": 1}),
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date="2026-05-15", invoice_payment_term_id=term, post=True,
        )  # fmt: skip
        first, second = self._instalments(invoice)
        hold = self._hold(line_id=first.id, reason="dispute")
        self.assertRecordValues(hold, [{"move_id": invoice.id, "partner_id": self.debtor.id}])
        notice = self._run_on("2026-05-26")
        self.assertRecordValues(notice.line_ids, [{"line_id": second.id, "principal_amount": 700}])

    def test_invoice_of_a_contact(self):
        office = self.env["res.partner"].create({"name": "Agence", "parent_id": self.debtor.id, "type": "invoice"})
        invoice = self._invoice(1000, DUE, partner=office)
        hold = self._hold(move_id=invoice.id)
        self.assertEqual(hold.partner_id, self.debtor)
        hold.unlink()
        self._hold(partner_id=self.debtor.id)
        self.assertEqual(self._reasons(invoice), ["held"])

    def test_first_and_last_day(self):
        invoice = self._invoice(1000, DUE)
        hold = self._hold(move_id=invoice.id, date_from="2026-05-26", date_to="2026-05-28")
        days = ("2026-05-25", "2026-05-26", "2026-05-28", "2026-05-29")
        self.assertEqual([self._reasons(invoice, as_of=day)[0] for day in days], ["due", "held", "held", "due"])
        states = []
        for day in days:
            with freeze_time(day):
                hold.invalidate_recordset()
                states.append(hold.state)
        self.assertEqual(states, ["upcoming", "running", "running", "over"])

    def test_ended_by_hand(self):
        invoice = self._invoice(1000, DUE)
        hold = self._hold(move_id=invoice.id)
        hold.action_end()
        self.assertEqual(hold.state, "over")
        self.assertEqual(self._reasons(invoice), ["due"])

    def test_ended_on_the_day_it_was_made(self):
        invoice = self._invoice(1000, DUE)
        hold = self._hold(move_id=invoice.id, date_from="2026-05-26")
        hold.action_end()
        self.assertEqual(hold.state, "over")
        self.assertEqual(self._reasons(invoice), ["due"])

    def test_strongest_of_several(self):
        invoice = self._invoice(1000, DUE)
        self._hold(move_id=invoice.id)
        self._hold(partner_id=self.debtor.id, reason="dispute")
        self.assertEqual(self._reasons(invoice), ["disputed"])

    def test_nothing_leaves_even_by_hand(self):
        invoice = self._invoice(1000, DUE)
        self._hold(partner_id=self.debtor.id)
        self.assertFalse(self._send(invoice, "2026-05-26"))
        self.assertFalse(self._run_on("2026-05-26"))

    def test_the_calendar_goes_on_after_a_hold(self):
        invoice = self._invoice(1000, DUE)
        self._send(invoice, "2026-05-26")
        self._hold(move_id=invoice.id, date_from="2026-05-27", date_to="2026-06-30")
        self.assertFalse(self._run_on("2026-06-10"))
        self.assertRecordValues(self._run_on("2026-07-01"), [{"kind": "firm", "state": "sent"}])

    def test_penalties_run_during_a_dispute(self):
        invoice = self._invoice(1850, DUE)
        self._hold(move_id=invoice.id, reason="dispute")
        self.assert_claim(invoice, "2026-06-30", 1850, 27.71, 40)

    def test_bad_holds(self):
        invoice = self._invoice(1000, DUE)
        office = self.env["res.partner"].create({"name": "Agence", "parent_id": self.debtor.id})
        for vals in (
            {"move_id": invoice.id, "reason": "insolvency"},
            {"partner_id": office.id, "move_id": False, "reason": "insolvency"},
        ):
            with self.subTest(vals=vals):
                try:
                    hold = self._hold(**vals)
                except ValidationError:
                    continue
                # Or the hold was put on the debtor itself.
                self.assertEqual((hold.partner_id, hold.move_id.ids), (self.debtor, []))

    # === INSOLVENCY === #

    def test_penalties_stop_at_the_judgment(self):
        invoice = self._invoice(1850, DUE)
        self._hold(partner_id=self.debtor.id, reason="insolvency", date_from="2026-06-10")
        # 1 850 x 12.15 % x 24 / 365 = 14.779...: the eve of the judgment is the last day.
        for as_of in ("2026-06-10", "2026-06-30", "2027-06-30"):
            self.assert_claim(invoice, as_of, 1850, 14.78, 40, [("2026-05-17", "2026-06-09", 24, 1850, 12.15, 14.78)])
        self.assert_claim(invoice, "2026-06-05", 1850, 12.32, 40)

    def test_no_indemnity_on_what_falls_due_after_the_judgment(self):
        invoice = self._invoice(1850, "2026-06-15")
        on_the_day = self._invoice(1850, "2026-06-10")
        self._hold(partner_id=self.debtor.id, reason="insolvency", date_from="2026-06-10")
        self.assert_claim(invoice, "2026-06-30", 1850, 0, 0, [])
        self.assert_claim(on_the_day, "2026-06-30", 1850, 0, 0, [])

    def test_payment_after_the_judgment(self):
        invoice = self._invoice(1850, DUE)
        self._hold(partner_id=self.debtor.id, reason="insolvency", date_from="2026-06-10")
        self._bank_pays(invoice, "2026-06-20", 850)
        self.assert_claim(invoice, "2026-06-30", 1000, 14.78, 40)

    def test_insolvency_of_the_debtor_concerns_all_his_invoices_and_nobody_else(self):
        office = self.env["res.partner"].create({"name": "Agence", "parent_id": self.debtor.id, "type": "invoice"})
        invoice = self._invoice(1850, DUE, partner=office)
        other = self._invoice(1850, DUE, partner=self._create_debtor("Tiers"))
        self._hold(partner_id=self.debtor.id, reason="insolvency", date_from="2026-05-25")
        self.assertEqual(self._reasons(invoice, other), ["insolvent", "due"])
        self.assert_claim(other, "2026-06-30", 1850, 27.71, 40)
        self.assertEqual(invoice.relance_state, "held")

    # === WHAT ONLY ITS BUTTONS WRITE === #

    def test_the_reason_stays(self):
        invoice = self._invoice(1000, DUE)
        clerk = self._clerk_holds()
        plain = clerk.create({"move_id": invoice.id, "date_from": "2026-05-20"})
        insolvency = self._hold(partner_id=self.debtor.id, reason="insolvency").with_env(clerk.env)
        for hold, reason in (
            (insolvency, "manual"), (insolvency, "dispute"), (plain, "insolvency"), (plain, "dispute"),
        ):  # fmt: skip
            for method, arguments in (("write", [{"reason": reason}]), ("web_save", [{"reason": reason}, {}])):
                with self.subTest(hold=hold.reason, reason=reason, method=method):
                    with self.assertRaisesRegex(UserError, "stays what it was"):
                        getattr(hold, method)(*arguments)
        # Nor by code: its outcome is what ends proceedings.
        with self.assertRaisesRegex(UserError, "Next Step"):
            insolvency.sudo().reason = "manual"
        plain.reason = "manual"
        self.assertEqual(self._reasons(invoice), ["insolvent"])

    def test_no_second_door_to_proceedings(self):
        holds = self._clerk_holds()
        vals = {"partner_id": self.debtor.id, "date_from": "2026-05-20"}
        ways = {
            "create": lambda: holds.create({**vals, "reason": "insolvency"}),
            "default": lambda: holds.with_context(default_reason="insolvency").create(vals),
            "web_save": lambda: holds.web_save({**vals, "reason": "insolvency"}, {}),
            "load": lambda: holds.load(["partner_id", "reason"], [[self.debtor.name, "Insolvency"]]),
        }
        for name, way in ways.items():
            with self.subTest(way=name):
                try:
                    result = way()
                except UserError as error:
                    self.assertIn("card of the debtor", str(error))
                else:
                    self.assertFalse(result["ids"])
        self.assertFalse(holds.search([("partner_id", "=", self.debtor.id)]))
        with self.assertRaises(ValueError):
            self.env["relance.suspension"].create({**vals, "reason": "insolvency", "note": "x"})

    def test_proceedings_stay_those_of_their_debtor(self):
        clerk = self._clerk_holds()
        other, invoice = self._create_debtor("Tiers"), self._invoice(1000, DUE)
        hold = self._hold(partner_id=self.debtor.id, reason="insolvency").with_env(clerk.env)
        for vals in (
            {"partner_id": other.id}, {"move_id": invoice.id}, {"amount": 10}, {"date_from": "2026-05-27"},
            {"date_to": "2026-05-25"},
        ):  # fmt: skip
            with self.subTest(vals=vals), self.assertRaises(UserError):
                hold.write(vals)
        with self.assertRaisesRegex(UserError, "not deleted"):
            hold.unlink()
        hold.write({"partner_id": self.debtor.id, "court": "Tribunal de commerce de Lyon"})
        hold.declared_on = "2026-05-26"
        for vals in (
            {"date_from": "2026-05-19"}, {"insolvency_kind": "safeguard"}, {"earlier_move_ids": [(4, invoice.id)]},
            {"claim_paid_late": True}, {"retention_of_title": True}, {"claim_note": "x"}, {"longer_deadline": True},
        ):  # fmt: skip
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "declared already"):
                hold.write(vals)

    def test_the_dialog_asks_why(self):
        invoice = self._invoice(1000, DUE)
        dialogs = self.env["relance.suspension"].with_user(self._clerk_holds().env.user)
        vals = {"move_id": invoice.id, "date_from": "2026-05-20", "note": "They look for the order."}
        for wrong in ({"note": " "}, {"reason": "dispute"}):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                dialogs.create({**vals, **wrong}).action_confirm()
        dialogs.create(vals)
        self.assertFalse(invoice.relance_hold_ids, "Nothing is held before the button")
        dialogs.create({**vals, "amount": 400, "date_to": "2026-06-20"}).action_confirm()
        self.assertRecordValues(
            invoice.relance_hold_ids,
            [{"partner_id": self.debtor.id, "reason": "manual", "amount": 400, "note": "They look for the order.",
              "date_to": fields.Date.to_date("2026-06-20")}],
        )  # fmt: skip

    def _clerk_holds(self):
        """Return the holds as an invoicing user reaches them over RPC."""
        clerk = new_test_user(
            self.env, "hold_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        return self.env["relance.hold"].with_user(clerk)

    def test_outcome_is_not_written_by_hand(self):
        holds, invoice = self._clerk_holds(), self._invoice(1000, DUE)
        dispute = holds.create({"move_id": invoice.id, "reason": "dispute", "date_from": "2026-05-20"})
        other = self.setup_other_company(name="Another")["company"]
        outcome = {
            "resolution": "accepted", "resolved_on": "2026-05-26", "accepted_amount": 1,
            "declaration": {"total": 1}, "deadline_warned": True, "end_announced": True,
        }  # fmt: skip
        for name, value in outcome.items():
            with self.subTest(field=name):
                with self.assertRaisesRegex(UserError, "buttons"):
                    dispute.write({name: value})
                with self.assertRaisesRegex(UserError, "buttons"):
                    holds.create({"partner_id": self.debtor.id, name: value})
        with self.assertRaisesRegex(UserError, "stays with its company"):
            dispute.write({"company_id": other.id})
        by_default = holds.with_context(default_resolution="accepted", default_end_announced=True).create(
            {"partner_id": self.debtor.id}
        )
        self.assertRecordValues(by_default, [{"resolution": False, "end_announced": False}])

    def test_resolved_dispute_is_kept(self):
        dispute = self._clerk_holds().create(
            {"move_id": self._invoice(1000, DUE).id, "reason": "dispute", "date_from": "2026-05-20"}
        )
        dispute._resolve("rejected", 0, "Delivered")
        self.assertRecordValues(dispute, [{"resolution": "rejected", "state": "over", "end_announced": True}])
        self.assertFalse(dispute.copy().resolution)
        with self.assertRaisesRegex(UserError, "is kept"):
            dispute.unlink()

    def test_declared_claim_is_kept(self):
        hold = self._hold(partner_id=self.debtor.id, reason="insolvency").with_env(self._clerk_holds().env)
        hold.publication_date = "2026-05-22"
        hold.declared_on = "2026-05-25"
        hold.declared_on = "2026-05-26"
        with self.assertRaisesRegex(UserError, "correct the day"):
            hold.declared_on = False
        with self.assertRaisesRegex(UserError, "are not deleted"):
            hold.unlink()
        with self.assertRaisesRegex(UserError, "is kept"):
            hold.sudo().unlink()
