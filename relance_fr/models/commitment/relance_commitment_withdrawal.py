from odoo import api, fields, models
from odoo.exceptions import UserError


class RelanceCommitmentWithdrawal(models.Model):
    """The trace of a signed copy that was withdrawn: which file, who signed as recorded, who withdrew it, why."""

    _name = "relance.commitment.withdrawal"
    _description = "Withdrawn Copy of a Signed Plan"
    _order = "withdrawn_on desc, id desc"
    _rec_name = "attachment_id"

    commitment_id = fields.Many2one(
        "relance.commitment", string="Plan", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="commitment_id.company_id")
    attachment_id = fields.Many2one(
        "ir.attachment", string="File", required=True, readonly=True, index=True, ondelete="restrict"
    )
    sha256 = fields.Char(string="SHA-256", required=True, readonly=True)
    signed_by = fields.Char(readonly=True)
    signed_capacity = fields.Char(string="Capacity", readonly=True)
    signed_date = fields.Date(string="Date of the Signature", readonly=True)
    signed_on = fields.Datetime(string="Recorded on", readonly=True)
    reason = fields.Text(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Withdrawn by", required=True, readonly=True, ondelete="restrict")
    withdrawn_on = fields.Datetime(required=True, readonly=True)

    def write(self, vals):
        if self:
            raise UserError(self.env._("The trace of a withdrawn copy is never changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The trace of a withdrawn copy is never deleted."))
