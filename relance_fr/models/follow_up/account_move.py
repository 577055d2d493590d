from odoo import fields, models


class AccountMove(models.Model):
    """The calls in which an invoice was spoken about."""

    _inherit = "account.move"

    relance_call_ids = fields.Many2many(
        "relance.call", "relance_call_move_rel", "move_id", "call_id", string="Dunning Calls", copy=False
    )

    def action_relance_log_call(self):
        """Open the dialog to log a call about the invoice."""
        self.ensure_one()
        partner = self.partner_id
        return self.commercial_partner_id._get_relance_call_dialog(
            self.company_id, contact=partner - self.commercial_partner_id, moves=self
        )
