from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-04", "2026-05-11"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCollection(LedgerCommon):
    """What the company collects itself is not asked for; a debit that was rejected is. And who is no customer."""

    def _reason(self, invoice):
        return self._explain(invoice, TODAY)[1]

    # === DIRECT DEBIT === #

    def test_customer_who_pays_by_direct_debit(self):
        self.debtor.relance_direct_debit = True
        invoice = self._invoice(1000, DUE)
        self.assertEqual(self._explain(invoice, TODAY)[:2], ("wait", "direct_debit"))
        self.assertFalse(self._run_on(TODAY))
        invoice.relance_collection = "debtor"
        self.assertEqual(self._reason(invoice), "due")

    def test_no_preventive_reminder(self):
        self.debtor.relance_direct_debit = True
        invoice = self._invoice(1000, "2026-05-14")
        self.assertEqual(self._reason(invoice), "direct_debit")

    def test_of_another_company(self):
        other = (
            self.company_data_2["company"]
            if hasattr(self, "company_data_2")
            else self.env["res.company"].create({"name": "Other"})
        )
        self.debtor.with_company(other).relance_direct_debit = True
        self.assertEqual(self._reason(self._invoice(1000, DUE)), "due")

    def test_terms_of_payment(self):
        term = self.env["account.payment.term"].create({"name": "SEPA", "relance_direct_debit": True})
        invoice = self._invoice(1000, DUE)
        self.env.cr.execute("UPDATE account_move SET invoice_payment_term_id = %s WHERE id = %s", [term.id, invoice.id])
        invoice.invalidate_recordset()
        self.assertEqual(self._reason(invoice), "direct_debit")

    def test_invoice_alone(self):
        invoice = self._invoice(1000, DUE)
        invoice.relance_collection = "debit"
        self.assertEqual(self._reason(invoice), "direct_debit")
        self.assertFalse(invoice.is_manually_modified)

    def test_method_of_payment(self):
        """The code of the method tells, whichever module brings it."""
        line = self.inbound_payment_method_line
        invoice = self._invoice(1000, DUE)
        invoice.preferred_payment_method_line_id = line
        self.assertEqual(self._reason(invoice), "due")
        for code in ("sdd", "sepa_direct_debit"):
            self.env.cr.execute(
                "UPDATE account_payment_method SET code = %s WHERE id = %s", [code, line.payment_method_id.id]
            )
            self.assertEqual(self._reason(invoice), "direct_debit")

    def test_rejected(self):
        """The bank rejected our collection: the debtor is asked like anybody."""
        self.debtor.relance_direct_debit = True
        invoice = self._invoice(1000, DUE)
        payment = self._pay_without_entry(invoice, "2026-05-04")
        self.assertEqual(self._reason(invoice), "payment_in_progress")
        payment.action_reject()
        self.assertEqual(payment.state, "rejected")
        self.assertEqual(self._reason(invoice), "due")

    def test_work_list(self):
        self.debtor.relance_direct_debit = True
        self._invoice(1000, DUE)
        debtor = self.env["relance.debtor"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(debtor.action, "collect")

    def test_letter_to_post_is_kept_back(self):
        reason = self.env["relance.decision"]._get_reasons()["direct_debit"]
        self.assertTrue(reason.stops_letter)
        self.assertFalse(reason.asked, "the portal does not ask to pay either")

    # === OWN GROUP === #

    def test_company_of_the_database(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        sister.partner_id.write({"email": "compta@sister.example.com", "relance_regime": "business"})
        invoice = self._invoice(1000, DUE, sister.partner_id)
        decision, reason, _level, _date = self._explain(invoice, TODAY)
        self.assertEqual((decision, reason), ("skip", "held"))
        self.assertIn("one of your companies", invoice.relance_explain(TODAY)["message"])
        self.assertFalse(self._run_on(TODAY))
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": TODAY})
        other = self._invoice(1000, DUE)
        run.action_preview()
        cautions = {row.partner_id: bool(row.caution) for row in run.debtor_ids}
        self.assertEqual(cautions, {sister.partner_id: True, other.partner_id: False})

    # === NOT AN INVOICE === #

    def test_sales_receipt(self):
        receipt = self._create_invoice_one_line(
            move_type="out_receipt", price_unit=100, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date="2026-04-01", post=True,
        )  # fmt: skip
        explanation = receipt.relance_explain(TODAY)
        self.assertEqual((explanation["decision"], explanation["reason"]), ("skip", "not_invoice"))
        self.assertIn("sales receipt", explanation["message"])

    def test_draft_invoice(self):
        draft = self._create_invoice_one_line(price_unit=100, product_id=self.product_a, partner_id=self.debtor)
        self.assertEqual(draft.relance_explain(TODAY)["reason"], "not_posted")
