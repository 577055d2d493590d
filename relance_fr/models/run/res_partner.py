from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ResPartner(models.Model):
    """Dunning a debtor at once, from the card or from a list of contacts."""

    _inherit = "res.partner"

    def action_relance_send(self):
        """Open the dialog that duns the open invoices of these debtors, in the companies selected."""
        self.check_access("read")
        invoices = self.env["account.move"].search(self._get_relance_open_domain())
        if not invoices:
            raise UserError(self.env._("No open invoice to dun."))
        return invoices.action_relance_send()

    def _get_relance_open_domain(self):
        """Return the domain of the invoices that these debtors have not paid yet."""
        return (
            Domain("commercial_partner_id", "in", self.commercial_partner_id.ids)
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("company_id", "in", self.env.companies.ids)
            & Domain("amount_residual", ">", 0)
        )
