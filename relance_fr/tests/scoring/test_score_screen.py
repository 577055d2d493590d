from lxml import etree
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from ..score_common import DAY, ScoreCommon
from ..screens import ScreenCommon

MODELS = ("relance.partner.profile", "relance.segment", "relance.alert")
VIEWS = ("list", "kanban", "form", "pivot")


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestScoreScreen(ScoreCommon, ScreenCommon):
    """Screens of scores, segments and alerts: for accounting only, of the own company only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._paid_invoice(1000, "2026-03-01", "2026-03-13")
        cls._invoice(1000, "2026-03-01")
        cls.company.account_use_credit_limit = True
        cls.debtor.credit_limit = 10
        cls.segment = cls._segment("Everybody", [])
        cls._refresh()

    def test_every_view_opens_for_accounting(self):
        for model in MODELS:
            action = self.env["ir.actions.act_window"].search([("res_model", "=", model)], limit=1)
            records = self.env[model].search([("company_id", "in", (False, self.company.id))])
            self.assertTrue(records, model)
            for view_type in action.view_mode.split(","):
                for name in ("billing", "auditor", "manager"):
                    with self.subTest(model=model, view=view_type, user=name):
                        if view_type == "pivot":
                            records.with_user(self.users[name]).get_views([(False, view_type)])
                        else:
                            self._read_screen(records, self.users[name], view_type)

    def test_every_filter_searches(self):
        filters = 0
        for model in (*MODELS, "res.partner"):
            records = self.env[model].with_user(self.users["billing"]).with_company(self.company)
            arch = etree.fromstring(records.get_views([(False, "search")])["views"]["search"]["arch"])
            for node in arch.iterfind(".//filter"):
                if model == "res.partner" and not node.get("name").startswith("relance_"):
                    continue
                filters += 1
                with self.subTest(model=model, filter=node.get("name")):
                    if node.get("domain"):
                        records.search(safe_eval(node.get("domain"), {"uid": records.env.uid}))
                    if node.get("context"):
                        group_by = safe_eval(node.get("context"))["group_by"]
                        records.formatted_read_group([], [group_by], ["__count"])
        self.assertGreater(filters, 25)

    # === THE CUSTOMER === #

    def test_customer_shows_score_and_formula_to_accounting(self):
        _arch, [values] = self._read_screen(self.debtor, self.users["billing"], "form")
        profile = self._profile()
        self.assertEqual(values["relance_score"], profile.score)
        self.assertIn("<table", values["relance_score_formula"])
        self.assertIn("credit limit is", values["relance_alert_text"])
        self.assertEqual(values["relance_segment_placeholder"], "Everybody, by the rules")

    def test_salesperson_sees_and_breaks_nothing(self):
        seller = self.users["seller"]
        arch, [values] = self._read_screen(self.debtor, seller, "form")
        self.assertFalse([name for name in values if name.startswith(("relance_score", "relance_segment"))])
        self.assertFalse(arch.xpath("//*[@name='relance_score']"))
        _arch, [values] = self._read_screen(self.debtor, seller, "list")
        self.assertNotIn("relance_score", values)
        partner = self.debtor.with_user(seller).with_company(self.company)
        for field_name in ("relance_score", "relance_segment_id", "relance_profile_ids", "relance_score_formula"):
            with self.subTest(field=field_name), self.assertRaises(AccessError):
                partner.read([field_name])
        with self.assertRaises(AccessError):
            partner.search([("relance_score", "<", 50)])
        with self.assertRaises(AccessError):
            partner.formatted_read_group([], ["relance_score_range"], ["__count"])
        for model in MODELS:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(seller).search([])
        self.assertFalse(partner.activity_ids, "what accounting is told is not on the card")
        # His edits are taken into account all the same.
        self.segment.domain = repr([("city", "=", "Paris")])
        self.assertFalse(self._profile().segment_id)
        with Form(partner) as form:
            form.city = "Paris"
        self.assertEqual(self._profile().segment_id, self.segment)

    def test_clerk_sets_a_segment_by_hand_but_writes_no_score(self):
        clerk = self.users["billing"]
        clerk.group_ids += self.env.ref("base.group_partner_manager")
        own = self._segment("Own", [("name", "=", "nobody")])
        with Form(self.debtor.with_user(clerk).with_company(self.company)) as form:
            form.relance_own_segment_id = own
        self.assertEqual(self._profile().segment_id, own)
        with self.assertRaises(AccessError):
            self._profile().with_user(clerk).score = 100
        with self.assertRaises(AccessError):
            own.with_user(clerk).name = "Mine"

    def test_clerk_handles_an_alert(self):
        alert = self.env["relance.alert"].search([("partner_id", "=", self.debtor.id)])
        alert.with_user(self.users["billing"]).action_handle()
        self.assertRecordValues(alert, [{"state": "handled", "activity_ids": []}])
        for user in ("auditor", "billing"):
            with self.assertRaisesRegex(UserError, "with its button"):
                alert.with_user(self.users[user]).state = "open"
        alert.sudo().state = "open"
        with self.assertRaises(AccessError):
            alert.with_user(self.users["auditor"]).action_handle()

    def test_other_company_sees_nothing(self):
        other = self.setup_other_company(name="Second")["company"]
        stranger = self.users["auditor"]
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        for model in ("relance.partner.profile", "relance.alert"):
            self.assertFalse(self.env[model].with_user(stranger).search([]), model)
        partner = self.debtor.with_user(stranger).with_company(other)
        self.assertFalse(partner.relance_score)
        self.assertFalse(partner.relance_score_formula)
        self.assertFalse(partner.search([("relance_score", ">", 0), ("id", "=", partner.id)]))
        groups = partner.formatted_read_group([("id", "=", partner.id)], ["relance_score_range"], ["__count"])
        self.assertFalse(groups[0]["relance_score_range"])

    def test_list_is_grouped_by_segment_and_range(self):
        partners = self.env["res.partner"].with_user(self.users["billing"]).with_company(self.company)
        for group_by, expected in (
            ("relance_segment_id", self.segment.id),
            ("relance_score_range", self._profile().score_range),
        ):
            groups = partners.formatted_read_group([("id", "=", self.debtor.id)], [group_by], ["__count"])
            value = groups[0][group_by]
            self.assertEqual(value[0] if isinstance(value, tuple) else value, expected)
            self.assertEqual(partners.search(groups[0]["__extra_domain"]) & self.debtor, self.debtor)

    def test_list_reads_in_a_constant_number_of_statements(self):
        debtors = self.debtor
        for rank in range(30):
            debtors |= self._create_debtor(f"Client {rank}")
            self._invoice(10, "2026-06-10", debtors[-1])
        self._refresh()
        names = {"relance_score": {}, "relance_score_status": {}}
        names["relance_segment_id"] = {"fields": {"display_name": {}}}

        def count(partners):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners.with_user(self.users["billing"]).with_company(self.company).web_read(names)
            return self.env.cr.sql_log_count - before

        count(debtors)
        self.assertEqual(count(debtors), count(debtors[:5]))
