from odoo import fields, models
from odoo.exceptions import UserError


class RelanceRunLine(models.Model):
    """A decision as a row one can tick."""

    _inherit = "relance.run.line"

    # The name alone: the display name of an invoice adds the customer's reference.
    invoice_name = fields.Char(related="move_id.name", string="Invoice Number")
    run_state = fields.Selection(related="run_id.state", string="Run Status")

    def action_select(self):
        """Tick rows: they will be sent. Rows stopped for a reason stay stopped."""
        return self._set_selected(True)

    def action_unselect(self):
        """Untick rows: they are left out of this run."""
        return self._set_selected(False)

    def action_open_invoice(self):
        """Open the invoice of the row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "view_mode": "form",
            "res_id": self.move_id.id,
        }

    def _set_selected(self, selected):
        if any(line.run_state != "draft" for line in self):
            raise UserError(self.env._("This run was confirmed: what it sends cannot be changed any more."))
        self.filtered(lambda line: line.decision == "send").selected = selected
        return True
