from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from ..screens import ScreenCommon, blank_pdf


@tagged("post_install", "-at_install")
class TestPlanTour(ScreenCommon, HttpCase):
    """A plan made and sent by an accountant, then signed by the debtor on the portal, in a real browser."""

    def test_plan_made_sent_and_signed(self):
        self._ensure_rates()
        render = patch.object(
            self.registry["relance.commitment"], "_render_letters", lambda plans: {p.id: blank_pdf() for p in plans}
        )
        invoice = self._invoice(1850, self._days_ago(20))
        with render:
            path = f"/odoo/customer-invoices/{invoice.id}"
            self.start_tour(path, "relance_fr_plan", login="relance_billing")
            self.env.invalidate_all()
            plan = invoice.relance_commitment_ids
            self.assertRecordValues(plan, [{"kind": "plan", "sign_state": "sent", "promised_amount": 1850}])
            self.start_tour(plan.get_portal_url(), "relance_fr_plan_sign", login=None)
        self.env.invalidate_all()
        self.assertRecordValues(
            plan, [{"sign_state": "signed", "signed_by": "Claire Martin", "signed_capacity": "Gérante"}]
        )
        self.assertTrue(plan.signature)
