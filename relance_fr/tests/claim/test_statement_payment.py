from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE, AS_OF = "2026-05-16", "2026-06-30"


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30")
class TestStatementPayment(LedgerCommon):
    """Payments count on the day the creditor has the funds, credit notes from the start. Rate 12.15 % all along."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.instalment_term = cls.env["account.payment.term"].create(
            {
                "name": "30 % at 14 days, 70 % at 45 days",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 14}),
                    Command.create({"value": "percent", "value_amount": 70, "nb_days": 45}),
                ],
            }
        )

    @classmethod
    def _invoice_in_two(cls, amount):
        """Post an invoice of 16 April 2026, 30 % due on 30 April and 70 % on 31 May."""
        return cls._create_invoice_one_line(
            price_unit=amount,
            product_id=cls.product_a,
            tax_ids=[],
            partner_id=cls.debtor,
            invoice_date="2026-04-16",
            invoice_payment_term_id=cls.instalment_term,
            post=True,
        )

    # === PAYMENTS === #

    def test_registered_payment_then_bank_statement(self):
        invoice = self._invoice(1850, DUE)
        payment = self._pay(invoice, "2026-06-10", 850)
        # 1 850 x 25 days = 15.395..., 1 000 x 20 days = 6.657...
        self.assert_claim(invoice, AS_OF, 1000, 22.06, 40)
        self._clear(payment, "2026-06-12")
        segments = [
            ("2026-05-17", "2026-06-12", 27, 1850, 12.15, 16.63),
            ("2026-06-13", "2026-06-30", 18, 1000, 12.15, 5.99),
        ]
        self.assert_claim(invoice, AS_OF, 1000, 22.62, 40, segments)
        # The day before the funds came, nothing was paid.
        self.assert_claim(invoice, "2026-06-11", 1850, 16.01, 40)
        self.assert_claim(invoice, "2026-06-12", 1000, 16.63, 40)

    def test_bank_statement_matched_with_the_invoice(self):
        invoice = self._invoice(1000, DUE)
        self._bank_pays(invoice, "2026-05-21", 200)
        self._bank_pays(invoice, "2026-05-31", 300)
        segments = [
            ("2026-05-17", "2026-05-21", 5, 1000, 12.15, 1.66),
            ("2026-05-22", "2026-05-31", 10, 800, 12.15, 2.66),
            ("2026-06-01", "2026-06-30", 30, 500, 12.15, 4.99),
        ]
        self.assert_claim(invoice, AS_OF, 500, 9.31, 40, segments)
        self.assert_claim(invoice, "2026-05-25", 800, 2.73, 40)

    def test_penalties_stay_due_on_an_invoice_paid_late(self):
        invoice = self._invoice(1000, DUE)
        self._bank_pays(invoice, "2026-06-05", 1000)
        self.assertRecordValues(
            invoice, [{"payment_state": "paid", "relance_state": "settled", "relance_days_late": 0}]
        )
        for as_of in ("2026-06-05", AS_OF, "2026-12-31"):
            self.assert_claim(invoice, as_of, 0, 6.66, 40, [("2026-05-17", "2026-06-05", 20, 1000, 12.15, 6.66)])

    def test_paid_on_the_last_day(self):
        invoice = self._invoice(1850, DUE)
        self._bank_pays(invoice, DUE, 1850)
        self.assert_claim(invoice, AS_OF, 0, 0, 0, [])
        self.assert_claim(invoice, "2026-05-15", 1850, 0, 0, [])

    def test_ordered_in_time_and_received_late(self):
        invoice = self._invoice(1850, DUE)
        payment = self._pay(invoice, "2026-05-15")
        self.assert_claim(invoice, AS_OF, 0, 0, 0, [])
        self._clear(payment, "2026-05-20")
        # 1 850 x 12.15 % x 4 / 365 = 2.463...
        self.assert_claim(invoice, AS_OF, 0, 2.46, 40, [("2026-05-17", "2026-05-20", 4, 1850, 12.15, 2.46)])

    def test_payment_received_in_two_lines_of_the_statement(self):
        invoice = self._invoice(1850, DUE)
        payment = self._pay(invoice, "2026-06-10", 850)
        self._clear(payment, "2026-06-12", 500)
        self._clear(payment, "2026-06-20", 350)
        segments = [
            ("2026-05-17", "2026-06-12", 27, 1850, 12.15, 16.63),
            ("2026-06-13", "2026-06-20", 8, 1350, 12.15, 3.6),
            ("2026-06-21", "2026-06-30", 10, 1000, 12.15, 3.33),
        ]
        self.assert_claim(invoice, AS_OF, 1000, 23.56, 40, segments)

    def test_payments_received_in_one_line_of_the_statement(self):
        first, second = self._invoice(300, "2026-04-30"), self._invoice(700, "2026-05-31")
        payments = self._pay(first, "2026-06-05") | self._pay(second, "2026-06-05")
        suspense = self._bank_line("2026-06-10", 1000)
        liquidity = self.env["account.move.line"].union(*(payment._seek_for_lines()[0] for payment in payments))
        suspense.account_id = liquidity.account_id
        (suspense + liquidity).reconcile()
        self.assert_claim(first, AS_OF, 0, 4.09, 40)
        self.assert_claim(second, AS_OF, 0, 2.33, 40)

    def test_received_before_it_was_registered(self):
        invoice = self._invoice(1850, DUE)
        self._clear(self._pay(invoice, "2026-05-20"), "2026-05-16")
        self.assert_claim(invoice, AS_OF, 0, 0, 0, [])

    def test_partly_paid_in_time(self):
        invoice = self._invoice(1850, DUE)
        self._bank_pays(invoice, "2026-05-02", 850)
        # The indemnity is due in full: 1 000 x 12.15 % x 45 / 365 = 14.979...
        self.assert_claim(invoice, AS_OF, 1000, 14.98, 40, [("2026-05-17", AS_OF, 45, 1000, 12.15, 14.98)])

    def test_payment_that_comes_back_unpaid(self):
        invoice = self._invoice(1850, DUE)
        payment = self._pay(invoice, "2026-05-20")
        self.assert_claim(invoice, AS_OF, 0, 2.46, 40)
        payment.action_cancel()
        self.assert_claim(invoice, AS_OF, 1850, 27.71, 40)

    def test_payment_of_a_later_day(self):
        """A cheque of a day to come is no payment yet."""
        invoice = self._invoice(1850, DUE)
        self._pay(invoice, "2026-07-10", 850)
        self.assertEqual(invoice.amount_residual, 1000)
        self.assert_claim(invoice, AS_OF, 1850, 27.71, 40)
        # 1 850 x 12.40 % x 10 / 365 = 6.28...
        self.assert_claim(invoice, "2026-07-10", 1000, 33.99, 40)

    def test_settled_by_a_journal_entry(self):
        invoice = self._invoice(1850, DUE)
        receivable = self._instalments(invoice)
        entry = self.env["account.move"].create(
            {
                "date": "2026-06-10",
                "line_ids": [
                    Command.create(
                        {"account_id": receivable.account_id.id, "partner_id": self.debtor.id, "credit": 850}
                    ),
                    Command.create({"account_id": self.company_data["default_account_expense"].id, "debit": 850}),
                ],
            }
        )
        entry.action_post()
        (entry.line_ids[0] + receivable).reconcile()
        self.assert_claim(invoice, AS_OF, 1000, 22.06, 40)

    def test_payment_of_several_invoices(self):
        first, second = self._invoice(300, "2026-04-30"), self._invoice(700, "2026-05-31")
        self._clear(self._pay(first | second, "2026-06-10"), "2026-06-10")
        # 300 x 41 days = 4.094..., 700 x 10 days = 2.330...
        self.assert_claim(first, AS_OF, 0, 4.09, 40)
        self.assert_claim(second, AS_OF, 0, 2.33, 40)

    def test_early_payment_discount(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2 % at 10 days, else 30 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        taken, missed = (
            self._create_invoice_one_line(
                price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
                invoice_date="2026-04-16", invoice_payment_term_id=term, post=True,
            )
            for _ in range(2)
        )  # fmt: skip
        payment = self._register_payment(taken, payment_date="2026-04-26")
        self.assertRecordValues(payment, [{"amount": 980}])
        self._clear(payment, "2026-04-27")
        self.assertEqual(taken.amount_residual, 0)
        self.assert_claim(taken, AS_OF, 0, 0, 0, [])
        # 1 000 x 12.15 % x 45 / 365 = 14.979...
        self.assert_claim(missed, AS_OF, 1000, 14.98, 40)

    # === CREDIT NOTES === #

    def test_credit_note_was_never_owed(self):
        invoice = self._invoice(1850, DUE)
        self._credit_note(400, "2026-06-10", invoice=invoice)
        # 1 450 x 12.15 % x 45 / 365 = 21.720...
        self.assert_claim(invoice, AS_OF, 1450, 21.72, 40, [("2026-05-17", AS_OF, 45, 1450, 12.15, 21.72)])
        self.assert_claim(invoice, "2026-05-31", 1850, 9.24, 40)

    def test_credit_note_and_payment(self):
        invoice = self._invoice(1850, DUE)
        self._credit_note(400, "2026-06-20", invoice=invoice)
        self._bank_pays(invoice, "2026-06-10", 450)
        segments = [
            ("2026-05-17", "2026-06-10", 25, 1450, 12.15, 12.07),
            ("2026-06-11", "2026-06-30", 20, 1000, 12.15, 6.66),
        ]
        self.assert_claim(invoice, AS_OF, 1000, 18.73, 40, segments)

    def test_reversed_invoice_owes_nothing(self):
        invoice = self._invoice(1850, DUE)
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard = wizard.create({"journal_id": invoice.journal_id.id, "date": "2026-06-10"})
        wizard.modify_moves()
        self.assertRecordValues(invoice, [{"payment_state": "reversed", "relance_state": "settled"}])
        self.assert_claim(invoice, AS_OF, 0, 0, 0, [])

    # === INSTALMENTS === #

    def test_instalments_and_one_indemnity(self):
        invoice = self._invoice_in_two(1000)
        first, second = self._instalments(invoice)
        self.assertRecordValues(
            first | second,
            [
                {"date_maturity": fields.Date.to_date("2026-04-30"), "amount_residual": 300},
                {"date_maturity": fields.Date.to_date("2026-05-31"), "amount_residual": 700},
            ],
        )
        self.assert_claim(invoice, "2026-04-30", 1000, 0, 0, [])
        self.assert_claim(invoice, "2026-05-01", 1000, 0.1, 40)
        self.assert_claim(invoice, "2026-05-31", 1000, 3.1, 40, [("2026-05-01", "2026-05-31", 31, 300, 12.15, 3.1)])
        segments = [
            ("2026-05-01", "2026-06-30", 61, 300, 12.15, 6.09),
            ("2026-06-01", "2026-06-30", 30, 700, 12.15, 6.99),
        ]
        self.assert_claim(invoice, AS_OF, 1000, 13.08, 40, segments)
        statement = invoice.relance_statement(AS_OF)
        self.assertEqual([segment["line_id"] for segment in statement["segments"]], [first.id, second.id])

    def test_payment_of_the_oldest_instalment_first(self):
        invoice = self._invoice_in_two(1000)
        self._bank_pays(invoice, "2026-06-10", 500)
        segments = [
            ("2026-05-01", "2026-06-10", 41, 300, 12.15, 4.09),
            ("2026-06-01", "2026-06-10", 10, 700, 12.15, 2.33),
            ("2026-06-11", "2026-06-30", 20, 500, 12.15, 3.33),
        ]
        self.assert_claim(invoice, AS_OF, 500, 9.75, 40, segments)

    def test_first_instalment_paid_late_still_owes_the_indemnity(self):
        invoice = self._invoice_in_two(1000)
        self._bank_pays(invoice, "2026-05-01", 300)
        self.assert_claim(invoice, "2026-05-31", 700, 0.1, 40)
        self.assert_claim(invoice, AS_OF, 700, 7.09, 40)

    # === LIFE OF THE INVOICE === #

    def test_reset_to_draft_and_cancelled(self):
        invoice = self._invoice(1850, DUE)
        invoice.button_draft()
        self.assert_claim(invoice, AS_OF, 0, 0, 0, [])
        invoice.invoice_date_due = "2026-05-31"
        invoice.action_post()
        self.assert_claim(invoice, AS_OF, 1850, 18.47, 40, [("2026-06-01", AS_OF, 30, 1850, 12.15, 18.47)])
        invoice.button_draft()
        invoice.button_cancel()
        self.assert_claim(invoice, AS_OF, 0, 0, 0, [])

    def test_before_the_invoice_existed(self):
        invoice = self._invoice(1850, DUE, invoice_date="2026-04-16")
        self.assert_claim(invoice, "2026-04-15", 0, 0, 0, [])
