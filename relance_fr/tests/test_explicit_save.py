from lxml import etree
from odoo.tests import tagged

from .test_tours import ToursCommon

# Forms of what has a legal effect: what is entered in them is saved by a button, never by leaving.
FORMS = {
    "relance.call": "relance_call_view_form_dialog",
    "relance.calendar": "relance_calendar_view_form",
    "relance.commitment": "relance_commitment_view_form",
    "relance.hold": "relance_hold_view_form",
    "relance.level": "relance_level_view_form",
    "relance.notice": "relance_notice_view_form",
    "relance.rate": "relance_rate_view_form",
    "relance.receipt.replace": "relance_receipt_replace_view_form",
    "relance.segment": "relance_segment_view_form",
    "relance.suspension": "relance_suspension_view_form",
    "relance.terms": "relance_terms_view_form",
    "relance.terms.change": "relance_terms_change_view_form",
}


@tagged("post_install", "-at_install")
class TestExplicitSave(ToursCommon):
    """Reloading, closing or leaving a page creates nothing that has a legal effect."""

    def test_forms_save_by_a_button(self):
        for model, name in FORMS.items():
            view = self.env.ref(f"relance_fr.{name}")
            arch = etree.fromstring(self.env[model].get_view(view.id, "form")["arch"])
            with self.subTest(form=name):
                self.assertEqual(arch.get("js_class"), "relance_explicit_save")

    def test_a_hold_is_made_by_its_dialog_alone(self):
        for view_type in ("list", "kanban", "form"):
            arch = etree.fromstring(
                self.env["relance.hold"].get_view(self.env.ref(f"relance_fr.relance_hold_view_{view_type}").id)["arch"]
            )
            with self.subTest(view=view_type):
                self.assertIn(arch.get("create"), ("0", "False"))
        form = etree.fromstring(
            self.env["relance.hold"].get_view(self.env.ref("relance_fr.relance_hold_view_form").id, "form")["arch"]
        )
        for name in ("reason", "partner_id"):
            with self.subTest(field=name):
                self.assertIn(form.find(f".//field[@name='{name}']").get("readonly"), ("1", "True"))

    def test_leaving_the_dialog_of_a_hold(self):
        self._tour(f"/odoo/customer-invoices/{self.invoice.id}", "leave_hold")
        self.assertFalse(self.env["relance.hold"].search([("partner_id", "=", self.debtor.id)]))

    def test_leaving_the_dialog_of_a_promise(self):
        self._tour(f"/odoo/customer-invoices/{self.invoice.id}", "leave_promise")
        self.assertFalse(self.env["relance.commitment"].search([("partner_id", "=", self.debtor.id)]))

    def test_leaving_the_form_of_a_clause(self):
        self._tour("/odoo/action-relance_fr.relance_terms_action", "leave_terms", user="manager")
        self.assertFalse(self.env["relance.terms"].search([("name", "=", "Written by nobody")]))
