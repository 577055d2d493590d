from odoo import models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    """The statement of a claim that was declared is a proof: it stays."""

    _inherit = "ir.attachment"

    def _check_relance_proof(self):
        if self.ids and self.env["relance.hold"]._is_declared_claim(self):
            raise UserError(self.env._("This file is a claim that was declared: it cannot be changed or deleted."))
        return super()._check_relance_proof()
