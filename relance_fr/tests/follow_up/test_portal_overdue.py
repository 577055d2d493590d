import re

from odoo.tests import HttpCase, tagged

from ..portal_common import PortalCommon, plain


@tagged("post_install", "-at_install")
class TestPortalOverdue(PortalCommon, HttpCase):
    """Core's page that pays what is overdue, of ``account_payment``: it asks for what is left, not for the totals."""

    def test_what_is_left_is_asked_for(self):
        if "payment.provider" not in self.env:
            self.skipTest("account_payment is not installed")
        user = self.owner
        invoice, other = self._late(1000, partner=user.partner_id), self._late(500, 30, user.partner_id)
        self._pay(invoice, self._days_ago(5), 400)
        self.assertEqual((invoice + other).mapped("amount_residual"), [600, 500])
        self.authenticate(user.login, user.login)
        page = plain(self._page("/my/invoices/overdue").text_content())
        amounts = re.findall(r"\b1,[15]00\.00", page)
        self.assertTrue(amounts)
        self.assertEqual(set(amounts), {"1,100.00"})

    def test_our_page_leads_to_cores_where_they_ask_for_the_same(self):
        if "payment.provider" not in self.env:
            self.skipTest("account_payment is not installed")
        self.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", True)
        user = self.owner
        self._late(1000, partner=user.partner_id)
        own = self._late(500, 30, user.partner_id)
        self.authenticate(user.login, user.login)
        offline = self._page("/my/relances")
        self.assertFalse(offline.xpath("//a[contains(., 'Pay online')] | //a[@name='pay_all']"))
        self.env["payment.provider"].create(
            {"name": "Card", "code": "none", "state": "enabled", "is_published": True, "company_id": self.company.id}
        )
        page = self._page("/my/relances")
        self.assertEqual(len(page.xpath("//li[@name='instalment']//a[contains(., 'Pay online')]")), 2)
        self.assertEqual(page.xpath("//a[@name='pay_all']/@href"), ["/my/invoices/overdue"])
        self.env["relance.hold"].create({"move_id": own.id, "reason": "dispute", "date_from": self._days_ago(0)})
        page = self._page("/my/relances")
        self.assertFalse(page.xpath("//a[@name='pay_all']"), "Core would ask for what is disputed too.")
        self.assertEqual(len(page.xpath("//li[@name='instalment']//a[contains(., 'Pay online')]")), 1)

    def test_without_overdue_invoices(self):
        self.authenticate(self.owner.login, self.owner.login)
        self.assertTrue(self.url_open("/my/invoices/overdue").url.endswith("/my/invoices"))
