from odoo import models


class AccountMove(models.Model):
    """The day an invoice falls due."""

    _inherit = "account.move"

    def _relance_refresh_progress(self):
        """Bring the stored progress of the invoices up to date: a named hook, which the decision fills."""

    def _get_relance_due_date(self):
        """Return the last due date of an invoice, its own day where it has none; False without any, as in an entry."""
        self.ensure_one()
        return self.move_type != "entry" and self.invoice_date_due or self.invoice_date
