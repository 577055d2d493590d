from odoo.addons.account.controllers.portal import PortalAccount


class OverdueInvoicesController(PortalAccount):
    """Core's page that pays all overdue invoices at once asks for their totals: ask for what is left of them.

    The page is that of ``account_payment``, which comes with invoicing but may be uninstalled: nothing calls this then.
    Controllers that extend the same class are stacked in the order of their import, this one above.
    """

    def _overdue_invoices_get_page_view_values(self, overdue_invoices, **kwargs):
        values = super()._overdue_invoices_get_page_view_values(overdue_invoices, **kwargs)
        if "payment" in values:
            residual = sum(overdue_invoices.mapped("amount_residual"))
            values["payment"]["amount"] = values["amount"] = residual
        return values
