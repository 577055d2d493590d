from lxml import etree
from odoo import fields
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .screens import ScreenCommon

DAY = "2026-06-20"
ACTIONS = (
    "relance_notice_action",
    "relance_notice_action_to_approve",
    "relance_notice_action_to_post",
    "relance_run_action",
    "relance_run_line_action",
    "relance_hold_action",
    "relance_commitment_action",
)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestViews(ScreenCommon):
    """Every screen opens for everybody who may see it, and for nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(1850, "2026-05-16")
        cls.invoice._relance_send_by_hand()

    # === THE INVOICE === #

    def test_invoice_opens_for_each_user(self):
        for name, sees_tab in (("billing", True), ("auditor", True), ("manager", True), ("seller", False)):
            with self.subTest(user=name):
                arch, [values] = self._read_screen(self.invoice, self.users[name], "form")
                self.assertEqual(bool(arch.xpath("//page[@name='relance']")), sees_tab)
                self.assertEqual("relance_explanation" in values, sees_tab)
                self.assertEqual(
                    bool(arch.xpath("//button[@name='action_relance_send']")), name in ("billing", "manager")
                )

    def test_vendor_bill_and_draft_open(self):
        bill = self.init_invoice("in_invoice", products=self.product_a, post=True)
        draft = self.init_invoice("out_invoice", products=self.product_a)
        for move in bill | draft:
            _arch, [values] = self._read_screen(move, self.users["billing"], "form")
            self.assertEqual((values["relance_state"], values["relance_claim_amount"]), ("none", 0))

    def test_invoice_list_for_each_user(self):
        view = self.env.ref("account.view_out_invoice_tree")
        for name, sees_columns in (("billing", True), ("auditor", True), ("seller", False)):
            with self.subTest(user=name):
                _arch, [values] = self._read_screen(self.invoice, self.users[name], "list", view.id)
                self.assertEqual("relance_next_date" in values, sees_columns)

    def test_partner_opens_for_each_user(self):
        for name, user in self.users.items():
            with self.subTest(user=name):
                _arch, [values] = self._read_screen(self.debtor, user, "form")
                self.assertEqual("relance_calendar_id" in values, name != "seller")

    def test_invoice_list_reads_in_a_constant_number_of_queries(self):
        view = self.env.ref("account.view_out_invoice_tree")
        invoices = self.env["account.move"].union(*(self._invoice(100 + i, "2026-05-16") for i in range(40)))
        self._count_queries(invoices, view)  # fills the caches of rights, rates and languages
        few = self._count_queries(invoices[:10], view)
        self.assertEqual(self._count_queries(invoices, view), few)
        self.assertLess(few, 40)

    def _count_queries(self, invoices, view):
        """Return the statements that reading the dunning columns of ``invoices`` takes."""
        names = [
            node.get("name")
            for node in etree.fromstring(view.get_combined_arch()).iterfind(".//field")
            if node.get("name").startswith("relance_")
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        invoices = invoices.with_user(self.users["billing"])
        before = self.env.cr.sql_log_count
        invoices.web_read({name: {} for name in names})
        return self.env.cr.sql_log_count - before

    # === OUR OWN MODELS === #

    def test_every_view_of_every_action_opens(self):
        self.env["relance.hold"].create({"move_id": self.invoice.id, "reason": "dispute"})
        other = self._invoice(300, "2026-05-16")
        self.env["relance.commitment"].create(
            {
                "partner_id": self.debtor.id,
                "move_ids": other.ids,
                "line_ids": [fields.Command.create({"date": "2026-07-01", "amount": 300})],
            }
        )
        self.env["relance.run"].create({}).action_preview()
        for xmlid in ACTIONS:
            action = self.env.ref(f"relance_fr.{xmlid}")
            records = self.env[action.res_model].search([])
            self.assertTrue(records, xmlid)
            for view_type in action.view_mode.split(","):
                for name in ("billing", "auditor"):
                    with self.subTest(action=xmlid, view=view_type, user=name):
                        view_id = dict((kind, view) for view, kind in action.views)[view_type]
                        self._open(records, self.users[name], view_type, view_id)

    def _open(self, records, user, view_type, view_id):
        if view_type in ("pivot", "graph", "activity"):
            records.with_user(user).get_views([(view_id, view_type)])
        else:
            self._read_screen(records, user, view_type, view_id)

    def test_auditor_changes_nothing(self):
        notice = self.invoice.relance_notice_ids
        for view_type in ("list", "form"):
            arch, _values = self._read_screen(notice, self.users["auditor"], view_type)
            buttons = {button.get("name") for button in arch.iterfind(".//button")}
            self.assertFalse(buttons & {"action_approve", "action_dispatch", "action_cancel", "action_mark_posted"})
            self.assertIn("action_print", buttons)

    def test_every_filter_searches(self):
        filters = 0
        for model in ("relance.notice", "relance.run", "relance.run.line", "relance.hold", "relance.commitment"):
            filters += self._run_filters(self.env[model].with_user(self.users["billing"]), "")
        self.assertGreater(filters, 40)
        moves = self.env["account.move"].with_user(self.users["billing"])
        self.assertEqual(
            self._run_filters(moves, "relance_", self.env.ref("account.view_account_invoice_filter").id), 8
        )

    def _run_filters(self, model, prefix, view_id=False):
        """Search with each filter of a model's search view; return how many there are."""
        arch = etree.fromstring(model.get_views([(view_id, "search")])["views"]["search"]["arch"])
        nodes = [node for node in arch.iterfind(".//filter") if node.get("name").startswith(prefix)]
        for node in nodes:
            with self.subTest(model=model._name, filter=node.get("name")):
                if node.get("domain"):
                    model.search(safe_eval(node.get("domain"), {"uid": model.env.uid}))
                if node.get("context"):
                    group_by = safe_eval(node.get("context"))["group_by"]
                    model.formatted_read_group([], [group_by], ["__count"])
        return len(nodes)

    def test_late_and_formal_filters(self):
        self._invoice(10, "2026-06-20")
        moves = self.env["account.move"].search(self._get_filter_domain("relance_late"))
        self.assertEqual(moves.filtered(lambda move: move.company_id == self.company), self.invoice)
        formal = self._get_filter_domain("relance_formal")
        self.assertNotIn(self.invoice, self.env["account.move"].search(formal))
        with freeze_time("2026-09-20"):
            for _level in range(2):
                self._send_next()
        self.assertIn(self.invoice, self.env["account.move"].search(formal))

    def _send_next(self):
        """Send the next level of the invoice as if its day had come."""
        with freeze_time(fields.Date.add(self.invoice.relance_next_date, days=30)):
            notice = self.invoice._relance_send_by_hand()
            if notice.to_post:
                notice.action_mark_posted()

    def _get_filter_domain(self, name):
        arch = etree.fromstring(self.env.ref("account.view_account_invoice_filter").get_combined_arch())
        [node] = arch.iterfind(f".//filter[@name='{name}']")
        return safe_eval(node.get("domain"))

    # === COMPANIES AND MENUS === #

    def test_other_company_sees_nothing(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "relance_stranger",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[fields.Command.set(other.ids)],
        )
        for model in ("relance.notice", "relance.run", "relance.run.line"):
            self.assertFalse(self.env[model].with_user(stranger).search([]), model)
        self.assertFalse(self.env["account.move"].with_user(stranger).search([("relance_is_late", "=", True)]))

    def test_menus_follow_rights(self):
        def visible(name):
            shown = self.env["ir.ui.menu"].with_user(self.users[name]).load_menus(False)
            return {
                short
                for short in ("relance_menu", "relance_run_menu_prepare", "relance_notice_menu", "relance_rate_menu")
                if self.env.ref(f"relance_fr.{short}").id in shown
            }

        self.assertEqual(visible("billing"), {"relance_menu", "relance_run_menu_prepare", "relance_notice_menu"})
        self.assertEqual(visible("auditor"), {"relance_menu", "relance_notice_menu"})
        self.assertEqual(len(visible("manager")), 4)
        self.assertEqual(visible("seller"), set())


@tagged("post_install", "-at_install")
class TestComputedText(ScreenCommon):
    """No text of a screen is a record printed as Python does: an empty one reads ``relance.hold()``."""

    def test_computed_texts(self):
        invoice = self._invoice(1850, "2026-05-16")
        invoice._relance_send_by_hand()
        names = ["res.partner", "account.move", "account.payment.term"]
        names += [name for name, model in self.env.registry.items() if name.startswith("relance.") and model._auto]
        checked = 0
        for name in names:
            model = self.env[name]
            records = model.browse() if model._abstract else model.search([], limit=5)
            if name == "res.partner":
                records |= self.debtor | self._create_debtor("Sain")
            elif name == "account.move":
                records |= invoice
            for field in model._fields.values():
                ours = name.startswith("relance.") or field.name.startswith("relance_")
                if not ours or not field.compute or field.type not in ("char", "text", "html"):
                    continue
                for record in records:
                    checked += 1
                    with self.subTest(record=str(record), field=field.name):
                        self.assertNotRegex(str(record[field.name] or ""), r"[a-z_]+(\.[a-z_]+)+\([\d, ]*\)")
        self.assertGreater(checked, 40)
