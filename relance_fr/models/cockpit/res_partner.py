from odoo import models


class ResPartner(models.Model):
    """From a customer's card to the account."""

    _inherit = "res.partner"

    def action_relance_open_account(self):
        """Open the debtor's account in the current company; a contact leads to its commercial entity."""
        self.ensure_one()
        return self.env["relance.debtor"]._get(self, self.env.company).action_open()
