from odoo import api, models
from odoo.exceptions import UserError

from ..tools.defaults import without_defaults

# The other side of what a promise, a plan or a call says of its invoices: its own guards stand there alone.
LINKS = frozenset({"relance_commitment_ids", "relance_call_ids"})


class AccountMove(models.Model):
    """What an invoice was promised, planned and spoken about for is changed there, not from the invoice."""

    _inherit = "account.move"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_no_relance_links(vals)
        self = without_defaults(self, LINKS)
        return super().create(vals_list)

    @api.model
    def _check_no_relance_links(self, vals):
        if self.env.su:
            return
        if "relance_commitment_ids" in vals:
            raise UserError(
                self.env._("The invoices of a promise or of a plan are chosen there: open the promise or the plan.")
            )
        if "relance_call_ids" in vals:
            raise UserError(
                self.env._("The invoices spoken about in a call are changed from the call itself: open the call.")
            )
