from odoo import models


class RelanceNoticeLine(models.Model):
    """A row of a notice on screen."""

    _inherit = "relance.notice.line"

    def action_open_invoice(self):
        """Open the invoice of the row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "view_mode": "form",
            "res_id": self.move_id.id,
        }
