from lxml import etree
from odoo.tests import freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from ..dashboard_common import DAY, DashboardCommon

REPORTS = ("aged", "notice", "promise", "cash")


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestReportScreen(DashboardCommon):
    """The reports behind the dashboard open for accounting, in every view, with every filter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(1000, "2026-03-01")
        cls._send(cls.invoice, "2026-03-10")
        cls._promise(cls._invoice(500, "2026-04-01"), "2026-06-30", 500, date="2026-06-01")

    def test_every_view_opens(self):
        for name in REPORTS:
            action = self.env.ref(f"relance_fr.relance_report_{name}_action")
            rows = self.env[action.res_model].search([("company_id", "=", self.company.id)])
            self.assertTrue(rows, name)
            for view_type in action.view_mode.split(","):
                for user in ("billing", "auditor", "manager"):
                    with self.subTest(report=name, view=view_type, user=user):
                        if view_type in ("list", "kanban"):
                            self._read_screen(rows, self.users[user], view_type)
                        else:
                            rows.with_user(self.users[user]).get_views([(False, view_type)])

    def test_every_filter_and_measure(self):
        for name in REPORTS:
            model = self.env[f"relance.report.{name}"].with_user(self.users["billing"])
            views = model.get_views([(False, "search"), (False, "pivot"), (False, "graph")])["views"]
            for node in etree.fromstring(views["search"]["arch"]).iterfind(".//filter"):
                with self.subTest(report=name, filter=node.get("name")):
                    if node.get("domain"):
                        model.search(safe_eval(node.get("domain"), {"uid": model.env.uid}))
                    if node.get("context"):
                        group_by = safe_eval(node.get("context"))["group_by"]
                        self.assertTrue(model.formatted_read_group([], [group_by], ["__count"]))
            for view_type in ("pivot", "graph"):
                for node in etree.fromstring(views[view_type]["arch"]).iterfind("field[@type='measure']"):
                    field = model._fields[node.get("name")]
                    with self.subTest(report=name, measure=field.name):
                        model.formatted_read_group([], [], [f"{field.name}:{field.aggregator}"])

    def test_nothing_can_be_written(self):
        for name in REPORTS:
            model = self.env[f"relance.report.{name}"].with_user(self.users["manager"])
            for operation in ("create", "write", "unlink"):
                self.assertFalse(model.has_access(operation))

    def test_menus(self):
        menus = self.env["ir.ui.menu"]
        for user, seen in (("billing", True), ("auditor", True), ("seller", False)):
            visible = menus.with_user(self.users[user])._visible_menu_ids()
            for name in ("dashboard", "report_aged", "report_notice", "report_promise", "report_cash"):
                with self.subTest(user=user, menu=name):
                    menu = self.env.ref(f"relance_fr.relance_{name}_menu")
                    self.assertEqual(menu.id in visible, seen)

    def test_settings_of_the_forecast(self):
        account = self.company_data["default_account_revenue"]
        settings = self.env["res.config.settings"].with_company(self.company).create({})
        self.assertEqual(
            (settings.relance_odds_0, settings.relance_odds_old, settings.relance_odds_days), (90, 20, 180)
        )
        settings.write({"relance_odds_old": 12.5, "relance_penalty_account_ids": account.ids})
        settings.execute()
        self.assertEqual(self.company.relance_odds_old, 12.5)
        self.assertEqual(self.company.relance_penalty_account_ids, account)
