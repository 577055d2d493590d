from odoo import fields, models
from odoo.exceptions import UserError


class RelanceRunLine(models.Model):
    """A decision as a row one can tick."""

    _inherit = "relance.run.line"

    run_state = fields.Selection(related="run_id.state", string="Run Status")

    def action_select(self):
        """Tick rows: they will be sent. Rows stopped for a reason stay stopped."""
        return self._set_selected(True)

    def action_unselect(self):
        """Untick rows: they are left out of this run."""
        return self._set_selected(False)

    def _set_selected(self, selected):
        if any(line.run_state != "draft" for line in self):
            raise UserError(self.env._("This run was confirmed: what it sends cannot be changed any more."))
        self.filtered(lambda line: line.decision == "send").selected = selected
        return True
