from odoo import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .screens import ScreenCommon

DAY = "2026-06-20"
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
ROLES = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "user": "base.group_user",
    "sales": "relance_fr.group_relance_salesperson",
    "auditor": "base.group_user,account.group_account_readonly",
    "account": "base.group_user,account.group_account_invoice",
    "approver": "base.group_user,relance_fr.group_relance_approver",
    "manager": "base.group_user,account.group_account_manager",
}
# Who may read, write, create and delete what. What buttons and guards refuse besides is tested with each model.
MATRIX = """
relance.alert                ----   ----   ---- ----  r---    rw--    rw--     rw--
relance.answer               ----   ----   ---- ----  r---    rw--    rw--     rw--
relance.calendar             ----   ----   ---- r---  r---    r---    r---     rwcd
relance.call                 ----   ----   ---- r---  r---    rwcd    rwcd     rwcd
relance.commitment           ----   ----   ---- r---  r---    rwcd    rwcd     rwcd
relance.commitment.debt      ----   ----   ---- r---  r---    r---    r---     r---
relance.commitment.line      ----   ----   ---- r---  r---    rwcd    rwcd     rwcd
relance.commitment.reminder  ----   ----   ---- ----  r---    r---    r---     r---
relance.commitment.withdrawal ---- ----   ---- ----  r---    r---    r---     r---
relance.debtor               ----   ----   ---- r---  r---    r---    r---     r---
relance.digest               ----   ----   ---- r---  r---    r---    r---     r---
relance.hold                 ----   ----   ---- r---  r---    rwcd    rwcd     rwcd
relance.hold.resolve         ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.insolvency           ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.insolvency.step      ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.invoice.mention      ----   ----   ---- ----  r---    r---    r---     r---
relance.level                ----   ----   ---- r---  r---    r---    r---     rwcd
relance.limitation.alert     ----   ----   ---- ----  r---    r---    r---     r---
relance.notice               ----   ----   ---- r---  r---    rw--    rw--     rw--
relance.notice.cancel        ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.notice.line          ----   ----   ---- r---  r---    r---    r---     r---
relance.onboarding.letter    ----   ----   ---- ----  ----    ----    ----     rwcd
relance.onboarding.step      ----   ----   ---- ----  ----    ----    ----     rwcd
relance.partner.profile      ----   ----   ---- ----  r---    r---    r---     r---
relance.plan.copy            ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.plan.withdrawal      ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.preview              ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.provider.event       ----   ----   ---- r---  r---    r---    r---     r---
relance.rate                 ----   ----   ---- ----  r---    r---    r---     rwcd
relance.receipt.replace      ----   ----   ---- ----  ----    ----    ----     rwcd
relance.register             ----   ----   ---- ----  ----    ----    ----     r---
relance.register.check       ----   ----   ---- ----  ----    ----    ----     rwcd
relance.report.aged          ----   ----   ---- ----  r---    r---    r---     r---
relance.report.cash          ----   ----   ---- ----  r---    r---    r---     r---
relance.report.notice        ----   ----   ---- ----  r---    r---    r---     r---
relance.report.promise       ----   ----   ---- ----  r---    r---    r---     r---
relance.run                  ----   ----   ---- ----  r---    rwcd    rwcd     rwcd
relance.run.debtor           ----   ----   ---- ----  r---    rw--    rw--     rw--
relance.run.line             ----   ----   ---- ----  r---    rw--    rw--     rw--
relance.run.wizard           ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.segment              ----   ----   ---- ----  r---    r---    r---     rwcd
relance.simulation           ----   ----   ---- ----  rwcd    rwcd    rwcd     rwcd
relance.simulation.day       ----   ----   ---- ----  r--d    r--d    r--d     r--d
relance.simulation.notice    ----   ----   ---- ----  r--d    r--d    r--d     r--d
relance.suspension           ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.takeover             ----   ----   ---- ----  ----    ----    ----     rwcd
relance.takeover.line        ----   ----   ---- ----  ----    ----    ----     r--d
relance.terms                ----   ----   ---- ----  r---    r---    r---     rwcd
relance.terms.change         ----   ----   ---- ----  ----    ----    ----     rwcd
relance.tracking.import      ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
relance.tracking.import.line ----   ----   ---- ----  ----    rwcd    rwcd     rwcd
"""
# What an auditor may make: figures that nobody keeps.
SCRATCH = ("relance.simulation", "relance.simulation.day", "relance.simulation.notice")
# Screens of Odoo that this addon extends or that show partners: they open without any right of accounting.
CORE_SCREENS = {
    "res.partner": ("list", "kanban", "form"),
    "res.users": ("list", "form"),
    "res.company": ("list", "form"),
    "mail.activity": ("list", "kanban"),
}


def expand_row(row):
    """Return ``(model, {role: set of letters})`` of a row of the table."""
    model, *rights = row.split()
    return model, {role: set(cell.replace("-", "")) for role, cell in zip(ROLES, rights, strict=True)}


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestAccessMatrix(ScreenCommon):
    """Role by model by operation; and Odoo's own screens for whoever has no right here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {
            name: new_test_user(
                cls.env,
                f"matrix_{name}",
                groups=groups,
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for name, groups in ROLES.items()
        }

    def test_matrix(self):
        expected = dict(expand_row(row) for row in MATRIX.strip().splitlines())
        models = {
            name
            for name, model in self.registry.items()
            if name.startswith("relance.") and not model._abstract and model._original_module == "relance_fr"
        }
        self.assertEqual(set(expected), models, "Each model has its row, a new one too.")
        for model, rights in expected.items():
            with self.subTest(model=model):
                self.assertEqual({role: self._get_rights(model, role) for role in ROLES}, rights)

    def _get_rights(self, model, role):
        records = self.env[model].with_user(self.roles[role])
        return {letter for letter, operation in OPERATIONS.items() if records.has_access(operation)}

    def test_who_may_do_more_may_do_what_the_lesser_may(self):
        for row in MATRIX.strip().splitlines():
            model, rights = expand_row(row)
            with self.subTest(model=model):
                self.assertLessEqual(rights["account"], rights["approver"])
                self.assertLessEqual(rights["approver"], rights["manager"])
                if model not in SCRATCH:
                    self.assertLessEqual(rights["auditor"], {"r"})
                self.assertLessEqual(rights["sales"], {"r"})
                self.assertFalse(rights["public"] | rights["portal"] | rights["user"])

    def test_core_screens_open_without_rights(self):
        partners = self.debtor | self.env["res.partner"].create({"name": "Client", "parent_id": self.debtor.id})
        records = {
            "res.partner": partners,
            "res.users": self.roles["user"],
            "res.company": self.company,
            "mail.activity": self.env["mail.activity"],
        }
        for model, view_types in CORE_SCREENS.items():
            for view_type in view_types:
                for role in ("user", "sales"):
                    with self.subTest(model=model, view=view_type, role=role):
                        self._read_screen(records[model], self.roles[role], view_type)

    def test_no_field_for_few_is_copied(self):
        """Core reads what it copies with the rights of who duplicates: a field he may not read would stop him."""
        for name, model in self.registry.items():
            # Core copies no company.
            if model._original_module == "relance_fr" or model._abstract or model._transient or name == "res.company":
                continue
            copied = [
                field.name
                for field in model._fields.values()
                if field._module == "relance_fr" and field.groups and field.copy and not field.company_dependent
            ]
            self.assertFalse(copied, name)

    def test_partners_without_rights_are_saved(self):
        """A contact manager writes a customer's card, and the dunning data on it stays."""
        self.debtor.with_company(self.company).relance_exclude = True
        seller = self.users["seller"]
        partner = self.debtor.with_user(seller).with_company(self.company)
        partner.write({"name": "Menuiserie Lefèvre", "vat": "FR23334175221"})
        partner.copy()
        self.assertTrue(self.debtor.with_company(self.company).relance_exclude)
        created = self.env["res.partner"].with_user(seller).create({"name": "Nouveau", "is_company": True})
        self.assertEqual(created.relance_regime, "business")

    def test_defaults_of_a_new_partner_without_rights(self):
        partners = self.env["res.partner"].with_user(self.users["seller"])
        arch, _values = self._read_screen(self.debtor, self.users["seller"], "form")
        values = partners.onchange({}, [], self._get_specification(partners, arch))
        self.assertIn("value", values)
