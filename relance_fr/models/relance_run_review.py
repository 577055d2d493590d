from odoo import models
from odoo.exceptions import UserError


class RelanceRun(models.Model):
    """The entrance of the one-by-one mode."""

    _inherit = "relance.run"

    def action_review(self):
        """Open the notices to come one by one, at the first that nobody looked at yet."""
        self.ensure_one()
        self.action_open_up_to_date()
        debtors = self.env["relance.run.debtor"]
        of_run = [("run_id", "=", self.id)]
        first = debtors.search([*of_run, ("reviewed", "=", False)], limit=1) or debtors.search(of_run, limit=1)
        if not first:
            raise UserError(self.env._("No notice to go through: this run has nothing to send."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("One by One"),
            "res_model": "relance.run.debtor",
            "views": [(self.env.ref("relance_fr.relance_run_debtor_view_form_review").id, "form")],
            "res_id": first.id,
        }
