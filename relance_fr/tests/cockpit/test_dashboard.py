import doctest

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, freeze_time, tagged

from ...tools import dso
from ..dashboard_common import DAY, PANELS, DashboardCommon


@tagged("post_install", "-at_install")
class TestDashboard(DashboardCommon):
    """The screen's figures: their formulas, who may read them, what they cost."""

    def test_helpers(self):
        result = doctest.testmod(dso)
        self.assertGreater(result.attempted, 5)
        self.assertEqual(result.failed, 0)

    # === THE HEAD === #

    def test_figures_by_hand(self):
        self._pay(self._invoice(1200, "2026-05-11"), "2026-05-20")
        self._invoice(600, "2026-07-01")
        self._invoice(300, "2026-06-01")
        values = self._values("figures")
        # Sales of 2100 in the 71 days since the first invoice (11 April): 900 are owed, 600 of them not due.
        self.assertEqual(values["balance"], [900])
        self.assertEqual(values["overdue"], [300])
        self.assertEqual(values["dso"], [30.4])
        self.assertEqual(values["best_dso"], [20.3])
        self.assertEqual(values["promises"], [None])
        notes = {row["key"]: row["note"] for row in self._panel("figures")["rows"]}
        self.assertIn("33.3", notes["overdue"])
        # June has 600 of sales in 20 days, May 300: the balance exhausts both.
        self.assertIn("51.0", notes["dso"])
        self.assertIn("10.1", notes["best_dso"])

    def test_sales_behind_the_dso(self):
        self._invoice(600, "2026-07-01")
        self._credit_note(100, "2026-06-10")
        self._invoice(5000, "2025-06-10")
        row = next(row for row in self._panel("figures")["rows"] if row["key"] == "dso")
        moves = self.env["account.move"].search(row["action"]["domain"])
        # 365 days: the old invoice was made on 11 May 2025.
        self.assertEqual(sum(moves.mapped("amount_total_signed")), 500)
        self.assertEqual(row["values"], [round(5500 * 365 / 500, 1)])

    # === WHO === #

    def test_empty_company_shows_what_to_do(self):
        for name in PANELS:
            with self.subTest(panel=name):
                panel = self._panel(name)
                self.assertTrue(panel["title"])
                if name in ("figures", "recovery_rates"):
                    self.assertTrue(panel["rows"])
                else:
                    self.assertEqual(panel["rows"], [])
                    self.assertTrue(panel["empty"])

    def test_first_day_of_sales(self):
        self._invoice(100, DAY, invoice_date=DAY)
        self.assertEqual(self._values("figures")["dso"], [1])

    def test_without_rights(self):
        with self.assertRaises(AccessError):
            self._panel("aged", user=self.users["seller"])
        for name in ("aged", "notice", "promise", "cash"):
            with self.assertRaises(AccessError):
                self.env[f"relance.report.{name}"].with_user(self.users["seller"]).search([])

    def test_every_panel_for_every_reader(self):
        self._invoice(100, "2026-05-01")
        for user in ("billing", "auditor", "manager"):
            for name in PANELS:
                with self.subTest(user=user, panel=name):
                    self.assertTrue(self._panel(name, user=self.users[user])["columns"] or name == "figures")

    def test_other_company(self):
        self._invoice(100, "2026-05-01")
        other = self.setup_other_company(currency_id=self.setup_other_currency("USD").id)["company"]
        with self.assertRaises(AccessError):
            self._panel("aged", company=other)
        self.users["billing"].company_ids += other
        self.assertEqual(self._panel("aged", company=other)["rows"], [])
        self.assertEqual(self._panel("aged", company=other)["currency_id"], other.currency_id.id)
        both = self.env["relance.dashboard"].with_user(self.users["billing"])
        both = both.with_context(allowed_company_ids=[other.id, self.company.id])
        with freeze_time(DAY):
            info = both.get_companies()
            self.assertEqual([row["id"] for row in info["companies"]], [other.id, self.company.id])
            self.assertEqual(both.get_panel("aged", self.company.id)["total"]["values"][0], 100)
            self.assertEqual(both.get_panel("aged", other.id)["rows"], [])
            rows = both.env["relance.report.aged"].search([])
        self.assertEqual(rows.company_id, self.company)
        with self.assertRaises(AccessError):
            both.with_context(allowed_company_ids=other.ids).get_panel("aged", self.company.id)

    # === WHAT IT COSTS === #

    def test_panels_take_a_constant_number_of_statements(self):
        def count():
            counts = {}
            for name in PANELS:
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self._panel(name)
                counts[name] = self.env.cr.sql_log_count - before
            return counts

        def story(rank):
            debtor = self._create_debtor(f"Client {rank}")
            invoice = self._invoice(100 + rank, "2026-03-01", debtor)
            self._send(invoice, "2026-03-10")
            self._plan(self._invoice(300, "2026-04-01", debtor), 3, "2026-06-01", date="2026-05-02", interest="waived")

        story(0)
        count()
        few = count()
        for rank in range(1, 9):
            story(rank)
        count()
        self.assertEqual(count(), few)
        self.assertLessEqual(max(few.values()), 40, few)


@tagged("post_install", "-at_install")
class TestDashboardTour(DashboardCommon, HttpCase):
    """The dashboard in a real browser."""

    def test_a_figure_opens_its_lines(self):
        self._invoice(1850.5, self._days_ago(40))
        self._invoice(640, self._days_ago(45), self._create_debtor("Boulangerie du Pont"))
        self._invoice(99, self._days_ago(5))
        self.start_tour("/odoo/relance-dashboard", "relance_fr_dashboard", login="relance_billing")

    def test_nothing_owed(self):
        self.start_tour("/odoo/relance-dashboard", "relance_fr_dashboard_empty", login="relance_auditor")
