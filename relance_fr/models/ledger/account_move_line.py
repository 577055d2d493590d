from odoo import models


class AccountMoveLine(models.Model):
    """The day an instalment falls due."""

    _inherit = "account.move.line"

    def _get_relance_due_date(self):
        """Return the due date of a receivable line; False in a draft without any date. In SQL it is `DUE_DATE`."""
        self.ensure_one()
        entered = self.date_maturity or self.move_id._get_relance_due_date() or self.date
        return max(filter(None, (entered, self.move_id.relance_payable_until)), default=False)
