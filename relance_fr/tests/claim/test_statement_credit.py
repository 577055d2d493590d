from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

AS_OF = "2026-06-30"


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestStatementCredit(LedgerCommon):
    """What the debtor paid or was credited without being matched with his invoices. Rate 12.15 % all along."""

    # === PAYMENTS IN PROGRESS === #

    def test_payment_in_progress_for_a_part(self):
        invoice = self._invoice(1000, "2026-05-16")
        self._pay_without_entry(invoice, "2026-06-10", 400)
        self.assertEqual(invoice.amount_residual, 1000, "The residual does not know of it.")
        segments = [
            ("2026-05-17", "2026-06-10", 25, 1000, 12.15, 8.32),
            ("2026-06-11", "2026-06-30", 20, 600, 12.15, 3.99),
        ]
        self.assert_claim(invoice, AS_OF, 600, 12.31, 40, segments)
        self.assert_claim(invoice, "2026-06-09", 1000, 7.99, 40)

    def test_payment_in_progress_for_all(self):
        invoice = self._invoice(1000, "2026-05-16")
        self._pay_without_entry(invoice, "2026-06-10")
        self.assert_claim(invoice, AS_OF, 0, 8.32, 40)

    def test_payment_in_progress_given_up(self):
        invoice = self._invoice(1000, "2026-05-16")
        payment = self._pay_without_entry(invoice, "2026-06-10", 400)
        payment.action_cancel()
        # 1 000 x 12.15 % x 45 / 365 = 14.979...
        self.assert_claim(invoice, AS_OF, 1000, 14.98, 40)

    def test_payment_in_progress_then_on_the_bank_statement(self):
        """The line of the statement is the payment: it counts once, on its day."""
        invoice = self._invoice(1000, "2026-05-16")
        self._pay_without_entry(invoice, "2026-06-08", 400)
        self._bank_pays(invoice, "2026-06-10", 400)
        self.assertEqual(invoice.amount_residual, 600)
        self.assert_claim(invoice, AS_OF, 600, 12.31, 40)

    def test_payment_in_progress_for_two_invoices(self):
        """One payment of 500 for two invoices of 300 leaves 100, whichever is looked at first."""
        older, newer = self._invoice(300, "2026-04-30"), self._invoice(300, "2026-05-31")
        self._pay_without_entry(older | newer, "2026-06-10", 500)
        self.assert_claim(older, AS_OF, 0, 4.09, 40)
        # 300 x 10 days = 0.998..., 100 x 20 days = 0.665...
        self.assert_claim(newer, AS_OF, 100, 1.67, 40)

    def test_payment_in_progress_for_instalments(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 14}),
                    Command.create({"value": "percent", "value_amount": 70, "nb_days": 45}),
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date="2026-04-16", invoice_payment_term_id=term, post=True,
        )  # fmt: skip
        self._pay_without_entry(invoice, "2026-06-10", 500)
        segments = [
            ("2026-05-01", "2026-06-10", 41, 300, 12.15, 4.09),
            ("2026-06-01", "2026-06-10", 10, 700, 12.15, 2.33),
            ("2026-06-11", "2026-06-30", 20, 500, 12.15, 3.33),
        ]
        self.assert_claim(invoice, AS_OF, 500, 9.75, 40, segments)

    # === UNALLOCATED CREDITS === #

    def test_unallocated_payment_settles_the_oldest(self):
        newer, older = self._invoice(700, "2026-05-31"), self._invoice(300, "2026-04-30")
        self._pay_on_account("2026-06-10", 500)
        self.assert_claim(older, AS_OF, 0, 4.09, 40)
        # 700 x 10 days = 2.330..., 500 x 20 days = 3.328...
        self.assert_claim(newer, AS_OF, 500, 5.66, 40)
        self.assert_claim(newer, "2026-06-09", 700, 2.1, 40)

    def test_unallocated_payments_and_credit_notes(self):
        older, newer = self._invoice(300, "2026-04-30"), self._invoice(700, "2026-05-31")
        self._credit_note(200, "2026-05-20")
        self._pay_on_account("2026-06-10", 400)
        segments = [
            ("2026-05-01", "2026-05-20", 20, 300, 12.15, 2),
            ("2026-05-21", "2026-06-10", 21, 100, 12.15, 0.7),
        ]
        self.assert_claim(older, AS_OF, 0, 2.7, 40, segments)
        segments = [
            ("2026-06-01", "2026-06-10", 10, 700, 12.15, 2.33),
            ("2026-06-11", "2026-06-30", 20, 400, 12.15, 2.66),
        ]
        self.assert_claim(newer, AS_OF, 400, 4.99, 40, segments)

    def test_credit_held_before_the_due_date(self):
        invoice = self._invoice(300, "2026-04-30")
        self._pay_on_account("2026-03-01", 1000)
        self.assert_claim(invoice, AS_OF, 0, 0, 0, [])

    def test_credits_do_not_make_a_claim_negative(self):
        invoice = self._invoice(300, "2026-04-30")
        self._pay_on_account("2026-06-10", 10000)
        self.assert_claim(invoice, AS_OF, 0, 4.09, 40)

    def test_matching_changes_nothing_but_its_order(self):
        older, newer = self._invoice(300, "2026-04-30"), self._invoice(700, "2026-05-31")
        payment = self._pay_on_account("2026-06-10", 300)
        credit = payment.move_id.line_ids.filtered("credit")
        (credit + self._instalments(older)).reconcile()
        self.assert_claim(older, AS_OF, 0, 4.09, 40)
        # 700 x 12.15 % x 30 / 365 = 6.990...
        self.assert_claim(newer, AS_OF, 700, 6.99, 40)

    def test_overpayment_settles_the_next_invoice(self):
        invoice, other = self._invoice(1850, "2026-05-16"), self._invoice(1000, "2026-05-31")
        self._pay(invoice, "2026-06-10", 2000)
        self.assert_claim(invoice, AS_OF, 0, 15.4, 40)
        # 1 000 x 10 days = 3.328..., 850 x 20 days = 5.658...
        self.assert_claim(other, AS_OF, 850, 8.99, 40)

    def test_credits_of_the_whole_entity(self):
        branch_office = self.env["res.partner"].create(
            {"name": "Agence Est", "parent_id": self.debtor.id, "type": "invoice", "email": "est@example.com"}
        )
        invoice = self._invoice(1000, "2026-05-16", partner=branch_office)
        self._pay_on_account("2026-06-10", 400)
        self.assert_claim(invoice, AS_OF, 600, 12.31, 40)

    def test_credits_of_others_do_not_count(self):
        invoice = self._invoice(1000, "2026-05-16")
        self._pay_on_account("2026-06-10", 400, partner=self._create_debtor("Autre"))
        self._pay_on_account("2026-06-10", 300, partner=self.partner_a)
        self.assert_claim(invoice, AS_OF, 1000, 14.98, 40)

    def test_customer_attached_to_a_group_later(self):
        """His old invoices and his new payments are still his."""
        invoice = self._invoice(1000, "2026-05-16")
        group = self._create_debtor("Groupe")
        self.debtor.write({"parent_id": group.id, "is_company": False})
        self.assertEqual(self.debtor.commercial_partner_id, group)
        self._pay_on_account("2026-06-10", 400)
        self.assert_claim(invoice, AS_OF, 600, 12.31, 40)

    def test_draft_payment_does_not_count(self):
        invoice = self._invoice(1000, "2026-05-16")
        self.init_payment(400, post=False, date="2026-06-10", partner=self.debtor)
        self.assert_claim(invoice, AS_OF, 1000, 14.98, 40)

    def test_what_the_debtor_sold_us_does_not_count(self):
        invoice = self._invoice(1000, "2026-05-16")
        self._create_invoice_one_line(
            move_type="in_invoice", price_unit=400, tax_ids=[], partner_id=self.debtor, invoice_date="2026-05-01",
            post=True,
        )  # fmt: skip
        self.assert_claim(invoice, AS_OF, 1000, 14.98, 40)

    def test_payment_of_a_day_to_come(self):
        invoice = self._invoice(1000, "2026-05-16")
        self._pay_on_account("2026-07-15", 400)
        self.assert_claim(invoice, AS_OF, 1000, 14.98, 40)
        # 1 000 x 12.40 % x 15 / 365 = 5.095...
        self.assert_claim(invoice, "2026-07-15", 600, 20.08, 40)

    def test_in_progress_and_on_account_together(self):
        invoice = self._invoice(1000, "2026-05-16")
        self._pay_without_entry(invoice, "2026-05-20", 300)
        self._pay_on_account("2026-06-10", 400)
        segments = [
            ("2026-05-17", "2026-05-20", 4, 1000, 12.15, 1.33),
            ("2026-05-21", "2026-06-10", 21, 700, 12.15, 4.89),
            ("2026-06-11", "2026-06-30", 20, 300, 12.15, 2),
        ]
        self.assert_claim(invoice, AS_OF, 300, 8.22, 40, segments)
