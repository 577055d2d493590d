from odoo import api, fields, models
from odoo.exceptions import UserError


class RelanceHoldResolve(models.TransientModel):
    """How a dispute ended: rejected, accepted, or accepted in part."""

    _name = "relance.hold.resolve"
    _description = "End of a Dispute"

    hold_id = fields.Many2one("relance.hold", required=True, readonly=True)
    currency_id = fields.Many2one(related="hold_id.currency_id")
    disputed_amount = fields.Monetary(string="Disputed", compute="_compute_disputed_amount")
    has_invoice = fields.Boolean(compute="_compute_disputed_amount")
    resolution = fields.Selection(
        [("rejected", "Rejected"), ("partly", "Accepted in part"), ("accepted", "Accepted")],
        required=True,
        default="rejected",
    )
    accepted_amount = fields.Monetary()
    outcome = fields.Text(string="What Was Agreed")

    @api.constrains("hold_id")
    def _check_hold(self):
        # A dialog made over RPC names only what its user may read: it shows figures. Constraints run as superuser.
        self.hold_id.sudo(False).check_access("read")

    @api.depends("hold_id")
    def _compute_disputed_amount(self):
        for wizard in self:
            wizard.disputed_amount = wizard.hold_id._get_disputed_amount()
            wizard.has_invoice = bool(wizard.hold_id.move_id)

    def action_apply(self):
        """Record the end of the dispute; what was accepted leads to core's credit note dialog."""
        self.ensure_one()
        if self.resolution == "partly":
            compare = self.currency_id.compare_amounts
            if not self.has_invoice:
                raise UserError(self.env._("Choose on the hold the invoice of which a part is accepted."))
            if compare(self.accepted_amount, 0) <= 0 or compare(self.accepted_amount, self.disputed_amount) >= 0:
                raise UserError(
                    self.env._(
                        "Enter the part accepted: more than zero and less than the %s disputed.",
                        self.currency_id.format(self.disputed_amount),
                    )
                )
        self.hold_id._resolve(self.resolution, self.accepted_amount, self.outcome)
        if self.resolution == "rejected" or not self.has_invoice:
            return {"type": "ir.actions.act_window_close"}
        return self.hold_id.action_credit_note()
