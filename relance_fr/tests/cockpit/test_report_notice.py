from odoo.tests import tagged

from ..common import day
from ..dashboard_common import DashboardCommon


@tagged("post_install", "-at_install")
class TestReportNotice(DashboardCommon):
    """What notices brought in, worked out by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_calendar_id = cls._calendar("courtesy", "firm", "formal")
        cls.invoice = cls._invoice(1000, "2026-03-01")
        cls.courtesy = cls._send(cls.invoice, "2026-03-10")
        cls._pay(cls.invoice, "2026-03-20", 400)
        cls.firm = cls._send(cls.invoice, "2026-03-25")
        cls._pay(cls.invoice, "2026-04-14", 600)

    def _rows(self):
        return self._report("notice").sorted("date")

    def test_each_payment_counts_once(self):
        self.assertRecordValues(
            self._rows(),
            [
                {"kind": "courtesy", "amount": 1000, "paid_15": 400, "paid_30": 400, "paid_60": 1000,
                 "recovered_amount": 400, "days_to_payment": 10, "is_paid": True},
                {"kind": "firm", "amount": 600, "paid_15": 0, "paid_30": 600, "paid_60": 600,
                 "recovered_amount": 600, "days_to_payment": 20, "is_paid": True},
            ],
        )  # fmt: skip
        self.assertEqual(sum(self._rows().mapped("recovered_amount")), 1000)

    def test_levels_and_channels(self):
        values = list(self._values("levels").values())
        self.assertEqual(values, [[1, 1000, 40, 40, 10], [1, 600, 100, 100, 20]])
        self.assertEqual(self._values("channels"), {"channel-email": [2, 1600, 62.5, 62.5, 15]})
        row = self._panel("channels")["rows"][0]
        with self._frozen():
            rows = self.env["relance.report.notice"].search(row["action"]["domain"])
            self.assertEqual(sum(rows.mapped("paid_30")), 1000)

    def test_notices_are_judged_after_thirty_days(self):
        self.assertEqual(self._values("levels", day="2026-04-08"), {})
        self.assertEqual(len(self._values("levels", day="2026-04-09")), 1)

    def test_credit_notes_are_no_recovery(self):
        invoice = self._invoice(500, "2026-03-01")
        self._send(invoice, "2026-03-10")
        self._credit_note(500, "2026-03-12", invoice=invoice)
        row = self._rows().filtered(lambda row: row.move_id == invoice)
        self.assertRecordValues(row, [{"recovered_amount": 0, "paid_60": 0, "is_paid": True}])

    def test_the_bank_dates_payments(self):
        invoice = self._invoice(500, "2026-03-01")
        self._send(invoice, "2026-03-10")
        payment = self._pay(invoice, "2026-03-11")
        self._clear(payment, "2026-03-30")
        row = self._rows().filtered(lambda row: row.move_id == invoice)
        self.assertRecordValues(row, [{"days_to_payment": 20, "paid_15": 0, "paid_30": 500}])

    def test_foreign_currency(self):
        invoice = self._invoice(500, "2026-03-01", currency_id=self.setup_other_currency("USD").id)
        self._send(invoice, "2026-03-10")
        self._pay(invoice, "2026-03-15")
        row = self._rows().filtered(lambda row: row.move_id == invoice)
        self.assertRecordValues(row, [{"amount": 250, "recovered_amount": 250, "days_to_payment": 5}])

    def test_penalties_claimed_once(self):
        invoice = self._invoice(2000, "2026-03-01")
        notices = [self._send(invoice, day) for day in ("2026-03-10", "2026-03-20", "2026-04-05")]
        claimed = notices[-1].penalty_amount + notices[-1].indemnity_amount
        self.assertGreater(claimed, 40)
        rows = self._rows().filtered(lambda row: row.move_id == invoice)
        self.assertEqual(rows.mapped("claimed_amount")[:2], [0, 0])
        self.assertAlmostEqual(rows[2].claimed_amount, claimed)
        firm = self.firm.penalty_amount + self.firm.indemnity_amount
        self.assertAlmostEqual(self._values("penalties")["claimed"][0], claimed + firm)

    def test_penalties_received_are_those_booked(self):
        self.assertNotIn("received", self._values("penalties"))
        account = self.company_data["default_account_revenue"].copy()
        self.company.relance_penalty_account_ids = account
        entry = self.env["account.move"].create(
            {
                "date": "2026-06-01",
                "line_ids": [
                    (0, 0, {"account_id": self.company_data["default_account_receivable"].id, "debit": 52.3,
                            "partner_id": self.debtor.id}),
                    (0, 0, {"account_id": account.id, "credit": 52.3}),
                ],
            }
        )  # fmt: skip
        self.assertEqual(self._values("penalties")["received"], [0])
        entry.action_post()
        self.assertEqual(self._values("penalties")["received"], [52.3])

    def test_penalties_waived_by_a_plan(self):
        invoice = self._invoice(3000, "2026-02-01")
        self._send(invoice, "2026-03-01")
        plan = self._plan(invoice, 3, "2026-05-01", date="2026-04-20", interest="waived")
        # Kept so far: two of three are paid, the interest stopped on the day of the plan.
        self._pay(invoice, "2026-04-30", 1000)
        self._pay(invoice, "2026-05-30", 1000)
        with self._frozen():
            claimed = invoice.relance_statement("2026-06-20")["penalty"]
            statements = self.env["relance.claim"]._get_statements(invoice, day("2026-06-20"), waivers=False)
            whole = statements[invoice.id]["penalty"]
        self.assertEqual(plan.outcome, False)
        self.assertGreater(whole, claimed)
        self.assertEqual(self._values("penalties")["waived"], [round(whole - claimed, 2)])

    def test_promises_kept(self):
        kept, broken = self._invoice(100, "2026-04-01"), self._invoice(200, "2026-04-01")
        self._promise(kept, "2026-05-01", 100, date="2026-04-10")
        self._promise(broken, "2026-05-01", 200, date="2026-04-10")
        self._pay(kept, "2026-04-28")
        self._run_on("2026-05-10")
        self.assertEqual(sorted(self._report("promise").mapped("kept_share")), [0, 100])
        self.assertEqual(self._values("figures")["promises"], [50])
        self.assertEqual(self._report("promise")[:1].action_open_document()["res_model"], "relance.commitment")
