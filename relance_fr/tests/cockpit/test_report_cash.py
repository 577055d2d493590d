from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from ..dashboard_common import DashboardCommon

ASSUMED = {"0": 90, "1": 80, "31": 60, "61": 50, "91": 30, "old": 20}


@tagged("post_install", "-at_install")
class TestReportCash(DashboardCommon):
    """The money to come and its recovery rate, worked out by hand. The 20th of June 2026 is a Saturday."""

    def test_due_dates_promises_and_what_is_late(self):
        self._invoice(1000, "2026-06-25")
        self._invoice(400, "2026-06-01")
        promised = self._invoice(500, "2026-05-01")
        self._promise(promised, "2026-06-24", 300, date="2026-06-10")
        disputed = self._invoice(700, "2026-05-02")
        self.env["relance.hold"].create({"move_id": disputed.id, "reason": "dispute", "date_from": "2026-06-01"})
        values = {key: row for key, row in self._values("cash").items() if any(row)}
        self.assertEqual(
            values,
            {
                # 1000 due at 90 %, 300 promised of what is 50 days late at 60 %
                "week-1": [1080, 1300],
                # 400 at 80 %, the other 200 at 60 %
                "late": [440, 600],
                "held": [0, 700],
            },
        )
        self.assertEqual(self._panel("cash")["total"]["values"], [1520, 2600])

    def test_a_plan_is_cut_by_its_dates(self):
        first, second = self._invoice(500, "2026-05-25"), self._invoice(400, "2026-06-30")
        self._commit(first | second, ("2026-06-22", 300), ("2026-07-22", 600), date="2026-06-15")
        rows = self._report("cash").sorted(lambda row: (row.date, row.move_id))
        self.assertRecordValues(
            rows,
            [
                {"move_id": first.id, "source": "promise", "amount": 300, "odds": 80, "expected_amount": 240},
                {"move_id": first.id, "source": "promise", "amount": 200, "odds": 80, "expected_amount": 160},
                {"move_id": second.id, "source": "promise", "amount": 400, "odds": 90, "expected_amount": 360},
            ],
        )

    def test_credits_and_payments_are_not_expected_twice(self):
        other = self._create_debtor("Garage Roux")
        self._invoice(250, "2026-07-10", other)
        self._pay_on_account("2026-06-03", 50, other)
        [row] = self._report("cash")
        self.assertRecordValues(row, [{"amount": 200, "expected_amount": 180}])

    def test_part_held_and_foreign_currency(self):
        dollar = self.setup_other_currency("USD")
        invoice = self._invoice(1000, "2026-06-30", currency_id=dollar.id)
        self.env["relance.hold"].create(
            {"move_id": invoice.id, "reason": "dispute", "amount": 300, "date_from": "2026-06-01"}
        )
        rows = self._report("cash").sorted("source")
        self.assertRecordValues(
            rows,
            [
                {"source": "due", "amount": 350, "expected_amount": 315},
                {"source": "held", "amount": 150, "expected_amount": 0},
            ],
        )

    def test_broken_promise_gives_no_date(self):
        self._promise(self._invoice(500, "2026-05-01"), "2026-06-10", 500, date="2026-06-01")
        self.assertRecordValues(self._report("cash"), [{"source": "late", "date": False, "amount": 500}])

    # === RECOVERY RATES === #

    def _past(self, count, paid_after=None):
        """Post invoices of 100 of a year ago, paid so many days after their due date."""
        for _rank in range(count):
            invoice = self._invoice(100, "2025-06-01")
            if paid_after:
                self._pay(invoice, f"2025-{6 + paid_after // 30:02}-{1 + paid_after % 30:02}")
        return invoice

    def test_recovery_rates_measured_by_hand(self):
        self._past(9, paid_after=40)
        unpaid = self._past(3)
        measured = {row["age"]: (row["count"], row["measured"], row["used"]) for row in self._recovery_rates()}
        self.assertEqual(
            measured,
            {
                # 900 of 1200 paid within 180 days
                "0": (12, 75, 75), "1": (12, 75, 75), "31": (12, 75, 75),
                # too few reached these ages
                "61": (3, None, 50), "91": (3, None, 30), "old": (3, None, 20),
            },
        )  # fmt: skip
        self._credit_note(100, "2025-09-01", invoice=unpaid)
        # What was credited was never owed: 900 of 1100.
        self.assertEqual(self._recovery_rates()[0]["measured"], 81.8)

    def test_recovery_rates_look_at_the_days_chosen(self):
        self._past(9, paid_after=40)
        self._past(3)
        self.company.relance_odds_days = 30
        # Paid 40 days after the due date: too late for what was due, in time for what reached 31 days.
        self.assertEqual([row["measured"] for row in self._recovery_rates()][:3], [0, 0, 75])

    def test_forecast_takes_what_is_measured(self):
        self._past(9, paid_after=40)
        self._past(3)
        self._invoice(1000, "2026-07-01")
        [row] = self._report("cash").filtered(lambda row: row.source == "due")
        self.assertEqual((row.odds, row.expected_amount), (75, 750))

    def test_assumed_recovery_rates_are_the_company_s(self):
        self.assertEqual({row["age"]: row["used"] for row in self._recovery_rates()}, ASSUMED)
        self.company.relance_odds_0 = 95
        self._invoice(1000, "2026-07-01")
        self.assertEqual(self._report("cash").expected_amount, 950)
        row = self._values("recovery_rates")["recovery-0"]
        self.assertEqual(row, [95, None, 0, 0])

    @mute_logger("odoo.sql_db")
    def test_recovery_rates_are_percentages(self):
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.company.relance_odds_31 = 120
            self.env.flush_all()

    def _recovery_rates(self):
        with self._frozen():
            return self.company._relance_get_recovery_rates()
