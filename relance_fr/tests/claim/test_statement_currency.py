from decimal import Decimal

from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE, AS_OF = "2026-05-16", "2026-06-30"


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestStatementCurrency(LedgerCommon):
    """Claims are in the currency of the invoice. Rate 12.15 % all along."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usd = cls.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        cls.chf = cls.setup_other_currency("CHF", rates=[("2020-01-01", 2.0), ("2026-06-01", 4.0)])

    def test_indemnity_is_forty_euros(self):
        """C. com. D441-5 says 40 EUR: 80 USD when a euro makes two dollars."""
        invoice = self._invoice(1000, DUE, currency_id=self.usd.id)
        self.assert_claim(invoice, AS_OF, 1000, 14.98, 80)
        self.assertEqual(invoice.relance_statement(AS_OF)["currency"], "USD")
        invoice.partner_id.relance_calendar_id = self._calendar("firm")
        notice = self._send(invoice, AS_OF)
        self.assertRecordValues(
            notice,
            [
                {
                    "currency_id": self.usd.id,
                    "principal_amount": 1000,
                    "penalty_amount": 14.98,
                    "indemnity_amount": 80,
                    "total_amount": 1094.98,
                }
            ],
        )

    def test_exchange_difference_is_no_payment(self):
        invoice = self._invoice(1000, DUE, currency_id=self.chf.id)
        self.assertEqual(invoice.amount_residual_signed, 500)
        self._pay(invoice, "2026-06-10", 400)
        # 400 CHF were 200 EUR when invoiced, 100 EUR when paid.
        self.assertRecordValues(invoice, [{"amount_residual": 600, "amount_residual_signed": 300}])
        segments = [
            ("2026-05-17", "2026-06-10", 25, 1000, 12.15, 8.32),
            ("2026-06-11", "2026-06-30", 20, 600, 12.15, 3.99),
        ]
        statement = invoice.relance_statement(AS_OF)
        self.assertEqual((statement["principal"], statement["penalty"]), (600, 12.31))
        keys = ("date_from", "date_to", "days", "principal", "rate", "amount")
        self.assertEqual([tuple(segment[key] for key in keys) for segment in statement["segments"]], segments)

    def test_wholly_paid_with_an_exchange_difference(self):
        invoice = self._invoice(1000, DUE, currency_id=self.chf.id)
        self._pay(invoice, "2026-06-10")
        self.assertTrue(self._instalments(invoice).matched_credit_ids.exchange_move_id)
        statement = invoice.relance_statement(AS_OF)
        self.assertEqual((statement["principal"], statement["penalty"]), (0, 8.32))
        self.assertEqual(invoice.relance_state, "settled")

    def test_paid_in_euros(self):
        invoice = self._invoice(1000, DUE, currency_id=self.usd.id)
        self._register_payment(invoice, payment_date="2026-06-10", amount=200, currency_id=self.env.ref("base.EUR").id)
        self.assertEqual(invoice.amount_residual, 600)
        self.assertEqual(self._statement(invoice, AS_OF)[:2], (600, 12.31))

    def test_credits_count_in_their_own_currency(self):
        invoice = self._invoice(1000, DUE, currency_id=self.usd.id)
        self._pay_on_account("2026-06-10", 300)
        self.assertEqual(self._statement(invoice, AS_OF)[:2], (1000, 14.98))
        self._pay_on_account("2026-06-10", 400, currency=self.usd)
        invoice.invalidate_recordset()
        self.assertEqual(self._statement(invoice, AS_OF)[:2], (600, 12.31))

    def test_payment_in_progress_of_another_currency(self):
        """It cannot be compared with the invoice: nothing is claimed while it is in progress."""
        invoice = self._invoice(1000, DUE, currency_id=self.usd.id)
        with self.subTest("same currency"):
            same = self._invoice(1000, DUE, currency_id=self.usd.id, partner=self._create_debtor("Same"))
            self._pay_without_entry(same, "2026-06-10", 400)
            self.assertEqual(self._statement(same, AS_OF)[:2], (600, 12.31))
        payment = self._pay_without_entry(invoice, "2026-06-10", 400)
        payment.currency_id = self.env.ref("base.EUR")
        self.env.flush_all()
        invoice.invalidate_recordset()
        self.assertEqual(self._statement(invoice, AS_OF)[0], 0)

    def test_currencies_are_rounded_their_own_way(self):
        yen = self.setup_other_currency("JPY", rates=[("2020-01-01", 100.0)], rounding=1.0)
        dinar = self.setup_other_currency("TND", rates=[("2020-01-01", 3.0)], rounding=0.001)
        in_yen = self._invoice(150000, DUE, currency_id=yen.id)
        # 150 000 x 12.15 % x 45 / 365 = 2 246.9178
        self.assertEqual(self._statement(in_yen, AS_OF)[:2], (150000, 2247))
        in_dinars = self._invoice(1234, DUE, currency_id=dinar.id)
        # 1 234 x 12.15 % x 45 / 365 = 18.48464...
        self.assertEqual(self._statement(in_dinars, AS_OF)[:2], (1234, 18.485))

    def test_frozen_segments_keep_every_digit(self):
        dinar = self.setup_other_currency("TND", rates=[("2020-01-01", 3.0)], rounding=0.001)
        invoice = self._invoice(1234, DUE, currency_id=dinar.id)
        invoice.partner_id.relance_calendar_id = self._calendar("firm")
        line = self._send(invoice, AS_OF).line_ids
        self.assertEqual(line.penalty_amount, 18.485)
        self.assertEqual(sum(Decimal(segment["amount"]) for segment in line.segments), Decimal("18.485"))

    def test_one_notice_per_currency(self):
        self.debtor.relance_calendar_id = self._calendar("courtesy")
        in_euros = self._invoice(300, DUE) | self._invoice(700, "2026-05-31")
        in_dollars = self._invoice(1000, DUE, currency_id=self.usd.id)
        notices = self._run_on(AS_OF).sorted(lambda notice: notice.currency_id != self.usd)
        self.assertRecordValues(
            notices,
            [
                {"currency_id": self.usd.id, "total_amount": 1000, "state": "sent"},
                {"currency_id": self.company.currency_id.id, "total_amount": 1000, "state": "sent"},
            ],
        )
        self.assertEqual(in_euros.relance_notice_ids & in_dollars.relance_notice_ids, notices.browse())

    def test_minimum_amount_is_in_euros(self):
        """The minimum of a level is compared in the currency of the company."""
        self.debtor.relance_calendar_id = self._calendar({"kind": "courtesy", "minimum_amount": 600})
        invoice = self._invoice(1000, DUE, currency_id=self.usd.id)
        self.assertEqual(self._explain(invoice, AS_OF)[:2], ("skip", "below_minimum"))
        self._invoice(200, DUE, currency_id=self.usd.id)
        self.assertEqual(self._explain(invoice, AS_OF)[:2], ("send", "due"))
