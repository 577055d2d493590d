from odoo import Command
from odoo.tests import Form, freeze_time, tagged

from ..screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestInvoiceScreen(ScreenCommon):
    """What the dunning tab shows and what its buttons do."""

    def test_statement_table_is_the_statement(self):
        invoice = self._invoice(1850, "2026-05-16")
        self._pay(invoice, "2026-06-01", 850)
        statement = invoice.relance_statement()
        data = invoice.relance_statement_data
        self.assertEqual([row["amount"] for row in data["rows"]], [s["amount"] for s in statement["segments"]])
        self.assertEqual(len(data["rows"]), 2)
        self.assertEqual(
            data["totals"], {name: statement[name] for name in ("principal", "penalty", "indemnity", "total")}
        )
        self.assertFalse(any(row["due"] for row in data["rows"]), "a single instalment needs no title")

    def test_statement_table_names_instalments(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (10, 20)
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000,
            tax_ids=[],
            partner_id=self.debtor,
            invoice_date="2026-05-01",
            invoice_payment_term_id=term,
            post=True,
        )
        rows = invoice.relance_statement_data["rows"]
        self.assertEqual([row["due"] for row in rows], ["2026-05-11", "2026-05-21"])

    def test_explanation_in_batch_is_that_of_each(self):
        late, paid, excluded = (self._invoice(100, "2026-05-16") for _i in range(3))
        self._pay(paid, "2026-06-18")
        excluded.no_followup = True
        draft = self.init_invoice("out_invoice", products=self.product_a)
        moves = late | paid | excluded | draft
        self.assertEqual(moves.mapped("relance_explanation"), [move.relance_explain()["message"] for move in moves])
        self.assertEqual(moves.mapped("relance_decision"), ["send", "skip", "skip", "skip"])

    def test_missing_rate_leaves_the_screen_open(self):
        late = self._invoice(100, "2026-05-16")
        self.env["relance.rate"].search([("date_from", ">=", "2026-01-01")]).unlink()
        late.invalidate_recordset()
        _arch, [values] = self._read_screen(late, self.users["billing"], "form")
        self.assertIn("2026 S1", values["relance_warning"])
        self.assertFalse(values["relance_statement_data"])

    def test_penalty_rate_in_words(self):
        texts = {}
        for regime in ("business", "public", "consumer"):
            debtor = self._create_debtor(f"Debtor {regime}", relance_regime=regime)
            texts[regime] = self._invoice(100, "2026-05-16", debtor).relance_basis_text
        self.assertEqual(len(set(texts.values())), 3)
        self.assertIn("R2192-31", texts["public"])
        self.assertIn("1231-6", texts["consumer"])
        terms = self.env["relance.terms"].create(
            {"name": "CGV", "company_id": self.company.id, "date_from": "2026-01-01", "basis": "fixed", "rate": 15}
        )
        self.assertEqual(self._invoice(100, "2026-05-16").relance_basis_text, terms.clause)

    def test_excluding_does_not_flag_the_invoice_as_modified(self):
        invoice = self._invoice(100, "2026-05-16")
        invoice.is_manually_modified = False
        invoice.with_user(self.users["billing"]).write({"no_followup": True})
        self.assertFalse(invoice.is_manually_modified)
        self.assertEqual(invoice.relance_explain()["reason"], "excluded")
        invoice.with_user(self.users["billing"]).write({"no_followup": True})
        said = invoice.message_ids.filtered(lambda message: "Excluded from dunning." in message.body)
        self.assertEqual(said.author_id, self.users["billing"].partner_id, "Once, whatever is written again")

    def test_open_notices(self):
        invoice = self._invoice(100, "2026-05-16")
        self.assertEqual(self.env["relance.notice"].search(invoice.action_relance_open_notices()["domain"]).ids, [])
        notice = invoice._relance_send_by_hand()
        invoice.invalidate_recordset()
        self.assertEqual(invoice.relance_notice_count, 1)
        self.assertEqual(invoice.action_relance_open_notices()["res_id"], notice.id)

    def test_hold_and_promise_dialogs(self):
        invoice = self._invoice(250, "2026-05-16").with_user(self.users["billing"])
        with self._dialog(invoice.action_relance_commitment()) as form:
            self.assertEqual(form.partner_id, self.debtor)
            with form.line_ids.edit(0) as line:
                self.assertEqual(line.amount, 250)
                line.date = "2026-06-30"
        self.assertEqual(invoice.relance_commitment_ids.state, "open")
        self.assertEqual(invoice.relance_explain()["reason"], "promised")
        form = self._dialog(invoice.action_relance_hold())
        form.reason = "dispute"
        form.category = "quality"
        form.note = "Half of it was broken."
        dialog = form.save()
        self.assertFalse(invoice.relance_hold_ids, "Nothing is held before the button")
        dialog.action_confirm()
        self.assertRecordValues(
            invoice.relance_hold_ids, [{"partner_id": self.debtor.id, "move_id": invoice.id, "reason": "dispute"}]
        )
        self.assertEqual(invoice.relance_explain()["reason"], "disputed")

    def _dialog(self, action):
        """Open the form of a dialog as the invoicing user."""
        return Form(self.env[action["res_model"]].with_user(self.users["billing"]).with_context(**action["context"]))
