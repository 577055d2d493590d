from odoo import api, fields, models


class RelancePlanWithdrawal(models.TransientModel):
    """Why a signed copy is taken back."""

    _name = "relance.plan.withdrawal"
    _description = "Withdrawal of a Signed Copy"

    plan_id = fields.Many2one("relance.commitment", required=True, readonly=True, ondelete="cascade")
    reason = fields.Text(help="Kept with the file: what was wrong with it.")

    @api.constrains("plan_id")
    def _check_plan(self):
        # Core shows the name of any record whose id one writes; constraints run as superuser.
        self.plan_id.sudo(False).check_access("read")

    def action_withdraw(self):
        """Take the copy back: the plan is not signed any more."""
        self.ensure_one()
        self.plan_id._withdraw_signed_copy(self.reason)
        return {"type": "ir.actions.act_window_close"}
