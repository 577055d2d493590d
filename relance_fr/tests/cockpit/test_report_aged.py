from odoo import Command
from odoo.tests import tagged

from ..dashboard_common import DAY, DashboardCommon


@tagged("post_install", "-at_install")
class TestReportAged(DashboardCommon):
    """The aged balance is the balance of the receivable accounts, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_debtor("Garage Roux")
        cls.to_come = cls._invoice(1000, "2026-06-25")
        cls.today = cls._invoice(200, "2026-06-20")
        cls._invoice(300, "2026-06-19")
        cls.part_paid = cls._invoice(400, "2026-05-21")
        cls._pay(cls.part_paid, "2026-06-01", 100)
        cls._invoice(500, "2026-05-20", cls.other)
        cls._invoice(600, "2026-03-22", cls.other)
        cls._invoice(700, "2026-03-21", cls.other)

    def test_buckets_by_hand(self):
        values = self._values("aged")
        self.assertEqual(
            values,
            {"0": [1200, 1], "1": [600, 1], "31": [500, 1], "61": [600, 1], "91": [700, 1]},
        )
        self.assertEqual(self._panel("aged")["total"]["values"], [3600, None])

    def test_total_is_the_balance_of_the_accounts(self):
        self._credit_note(150, "2026-06-02")
        self._pay_on_account("2026-06-03", 80.55, self.other)
        total = self._panel("aged")["total"]["values"][0]
        self.assertEqual(total, 3600 - 150 - 80.55)
        self.assertEqual(total, self._get_receivables())
        self.assertEqual(total, self._get_receivables(field_name="balance"))
        self.assertEqual(self._values("aged")["credit"], [-230.55, 2])

    def test_other_entries_and_old_credits_count(self):
        account = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "date": "2026-06-01",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "partner_id": self.other.id,
                            "debit": 55,
                            "date_maturity": "2026-06-10",
                        }
                    ),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 55}),
                ],
            }
        )
        before = self._panel("aged")["total"]["values"][0]
        entry.action_post()
        self.assertEqual(self._panel("aged")["total"]["values"][0], before + 55)
        self.assertEqual(before + 55, self._get_receivables())
        [row] = self._report("aged").filtered(lambda row: row.move_id == entry)
        self.assertRecordValues(
            row, [{"document": "other", "days_late": 10, "bucket": "1", "partner_id": self.other.id}]
        )

    def test_foreign_currency_counts_in_the_company_s(self):
        # Two dollars are worth one euro since 2017.
        dollar = self.setup_other_currency("USD")
        invoice = self._invoice(500, "2026-06-10", currency_id=dollar.id)
        self.assertEqual(self._values("aged")["1"], [850, 1])
        [row] = self._report("aged").filtered(lambda row: row.move_id == invoice)
        self.assertRecordValues(
            row, [{"amount": 250, "foreign_amount": 500, "foreign_currency_id": dollar.id, "days_late": 10}]
        )
        self.assertEqual(self._panel("aged")["total"]["values"][0], self._get_receivables())

    def test_instalments_age_apart(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 40, "nb_days": 10}),
                    Command.create({"value": "percent", "value_amount": 60, "nb_days": 90}),
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor, invoice_date="2026-06-01",
            invoice_payment_term_id=term.id, post=True,
        )  # fmt: skip
        rows = self._report("aged").filtered(lambda row: row.move_id == invoice)
        self.assertRecordValues(
            rows.sorted("date_due"), [{"amount": 400, "bucket": "1"}, {"amount": 600, "bucket": "0"}]
        )

    def test_stages_by_hand(self):
        self._send(self.part_paid, "2026-06-05")
        self.env["relance.hold"].create({"move_id": self.today.id, "reason": "dispute", "date_from": "2026-06-01"})
        self._promise(self.to_come, "2026-06-30", 1000, date="2026-06-10")
        values = self._values("stages")
        self.assertEqual(
            values,
            {
                "late": [2100, 2], "courtesy": [300, 1], "promised": [1000, 1], "disputed": [200, 1],
            },
        )  # fmt: skip
        self.assertEqual(self._panel("stages")["total"]["values"][0], self._get_receivables())

    def test_who_and_where(self):
        self.other.with_company(self.company).relance_user_id = self.users["billing"]
        rows = self._report("aged").filtered(lambda row: row.partner_id == self.other)
        self.assertEqual(rows.user_id, self.users["billing"])
        self.assertEqual(set(rows.mapped("regime")), {"business"})
        self.assertEqual(self._values("unhandled")["nobody"], [1, 600])
        self.assertEqual(self._values("unhandled")["forgotten"], [1, 1800])
        self.assertEqual(rows[:1].action_open_document()["res_model"], "account.move")

    def test_the_day_is_the_company_s(self):
        self.company.partner_id.tz = "Pacific/Noumea"
        # It is already the 21st over there: what was due on the 20th is late.
        self.assertEqual(self._values("aged", day=f"{DAY} 20:00:00")["0"], [1000, 1])

    def test_every_row_opens_what_it_adds_up(self):
        self._credit_note(150, "2026-06-02")
        for name, column, field_name in (
            ("aged", 0, "amount"), ("stages", 0, "amount"), ("cash", 0, "expected_amount"), ("unhandled", 1, "amount"),
        ):  # fmt: skip
            panel = self._panel(name)
            for row in [*panel["rows"], *filter(None, [panel["total"]])]:
                with self.subTest(panel=name, row=row["key"]):
                    action = row["action"]
                    records = self._search(action["res_model"], action["domain"])
                    self.assertAlmostEqual(sum(records.mapped(field_name)), row["values"][column])

    def _search(self, model, domain):
        with self._frozen():
            records = self.env[model].with_user(self.users["auditor"]).search(domain)
            records.read()
            return records
