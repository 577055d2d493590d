from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from .screens import ScreenCommon

DAY = "2026-06-20"
MODELS = (
    "relance.notice",
    "relance.notice.line",
    "relance.hold",
    "relance.commitment",
    "relance.commitment.line",
    "relance.call",
)
SCREENS = {
    "relance.debtor": ("list", "kanban", "form"),
    "relance.notice": ("list", "kanban", "form"),
    "relance.call": ("list", "kanban", "form"),
    "relance.hold": ("list", "kanban", "form"),
    "relance.commitment": ("list", "kanban", "form"),
}


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestSalesperson(ScreenCommon):
    """A salesperson reads what was sent to his own customers, what they promised and dispute, and changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = new_test_user(
            cls.env,
            "relance_salesperson",
            groups="relance_fr.group_relance_salesperson",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.own = cls._create_debtor("Ateliers Durand", user_id=cls.salesperson.id)
        cls.handled = cls._create_debtor("Brasserie Morel")
        cls.handled.with_company(cls.company).relance_user_id = cls.salesperson
        cls.foreign = cls._create_debtor("Carrosserie Petit")
        for debtor in cls.own | cls.handled | cls.foreign:
            cls._tell_story(debtor)

    @classmethod
    def _tell_story(cls, debtor):
        """One of each record: a notice, a call, a hold, a promise."""
        dunned, held, promised = (cls._invoice(100 * n, "2026-05-16", debtor) for n in (1, 2, 3))
        dunned._relance_send_by_hand()
        cls.env["relance.call"].create({"partner_id": debtor.id, "outcome": "no_answer", "company_id": cls.company.id})
        cls.env["relance.hold"].create({"move_id": held.id, "reason": "dispute"})
        cls.env["relance.commitment"].create(
            {
                "partner_id": debtor.id,
                "move_ids": promised.ids,
                "line_ids": [Command.create({"date": "2026-07-01", "amount": 300})],
            }
        )

    def _get_debtors(self, records):
        paths = {"relance.notice.line": "notice_id.partner_id", "relance.commitment.line": "commitment_id.partner_id"}
        return records.sudo().mapped(paths.get(records._name, "partner_id"))

    def test_reads_own_customers_only(self):
        for model in MODELS:
            with self.subTest(model=model):
                found = self.env[model].with_user(self.salesperson).search([])
                self.assertEqual(self._get_debtors(found), self.own | self.handled)
                self.assertEqual(self._get_debtors(self.env[model].search([])) & self.foreign, self.foreign)

    def test_a_debtor_of_somebody_else_stays_closed(self):
        for model in MODELS:
            with self.subTest(model=model):
                records = self.env[model].search([])
                other = records.filtered(lambda record: self._get_debtors(record) == self.foreign)
                self.assertTrue(other)
                with self.assertRaises(AccessError):
                    other.with_user(self.salesperson).read(["display_name"])

    def test_the_letter_of_somebody_else_stays_closed(self):
        notice = self.env["relance.notice"].search([("partner_id", "=", self.foreign.id)], limit=1)
        attachment = notice.attachment_id or self.env["ir.attachment"].create(
            {"name": "letter.pdf", "raw": b"%PDF", "res_model": "relance.notice", "res_id": notice.id}
        )
        with self.assertRaises(AccessError):
            attachment.with_user(self.salesperson).read(["raw"])

    def test_changes_nothing(self):
        for model in MODELS:
            with self.subTest(model=model):
                records = self.env[model].with_user(self.salesperson).search([], limit=1)
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(records.has_access(operation), operation)

    def test_screens_open(self):
        for model, view_types in SCREENS.items():
            records = self.env[model].with_user(self.salesperson).search([])
            for view_type in view_types:
                with self.subTest(model=model, view=view_type):
                    self._read_screen(records, self.salesperson, view_type)

    def test_accounts_of_his_customers(self):
        debtors = self.env["relance.debtor"]
        found = debtors.with_user(self.salesperson).search([])
        self.assertEqual(found.sudo().partner_id, self.own | self.handled)
        own = found.filtered(lambda debtor: debtor.partner_id == self.own)
        self.assertEqual(own.account, debtors._get(self.own, self.company).account)
        with self.assertRaises(AccessError):
            debtors._get(self.foreign, self.company).with_user(self.salesperson).read(["account"])
        arch, _values = self._read_screen(own, self.salesperson, "form")
        acts = {"action_remind", "action_log_call", "action_promise", "action_hold", "action_insolvency"}
        self.assertFalse(acts & {button.get("name") for button in arch.iterfind(".//button")})

    def test_his_buttons_change_nothing(self):
        notice = self.env["relance.notice"].with_user(self.salesperson).search([], limit=1)
        arch, _values = self._read_screen(notice, self.salesperson, "form")
        buttons = {button.get("name") for button in arch.iterfind(".//button")}
        self.assertFalse(buttons & {"action_approve", "action_dispatch", "action_cancel", "action_mark_posted"})

    def test_an_accountant_who_also_sells_reads_all(self):
        self.salesperson.group_ids = [Command.link(self.env.ref("account.group_account_invoice").id)]
        for model in MODELS:
            found = self.env[model].with_user(self.salesperson).search([])
            self.assertEqual(self._get_debtors(found), self.own | self.handled | self.foreign, model)

    def test_handled_in_another_company_is_not_his_here(self):
        other = self.setup_other_company()["company"]
        self.handled.with_company(self.company).relance_user_id = False
        self.handled.with_company(other).relance_user_id = self.salesperson
        found = self.env["relance.notice"].with_user(self.salesperson).search([])
        self.assertEqual(found.partner_id, self.own)

    def test_handled_in_one_of_two_active_companies(self):
        other = self.setup_other_company()["company"]
        elsewhere = self.env["relance.call"].create(
            {"partner_id": self.handled.id, "outcome": "no_answer", "company_id": other.id}
        )
        self.salesperson.company_ids = [Command.link(other.id)]
        both = self.env(user=self.salesperson, context={"allowed_company_ids": [self.company.id, other.id]})
        found = both["relance.call"].search([("partner_id", "=", self.handled.id)])
        self.assertEqual(found.company_id, self.company)
        self.assertFalse(elsewhere.with_env(both).has_access("read"))

    def test_menu_is_for_salespeople(self):
        def visible(user):
            return set(self.env["ir.ui.menu"].with_user(user).load_menus(False))

        both = {self.env.ref(f"relance_fr.{name}").id for name in ("relance_menu_salesperson", "relance_menu")}
        own = {self.env.ref("relance_fr.relance_menu_salesperson").id}
        self.assertEqual(visible(self.salesperson) & both, own)
        self.assertEqual(visible(self.users["billing"]) & both, both - own)
