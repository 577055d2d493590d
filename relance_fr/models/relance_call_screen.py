from odoo import api, fields, models

from ..tools.open_items import UNPAID


class RelanceCall(models.Model):
    """What the form of a call shows beside the facts."""

    _inherit = "relance.call"

    is_correctable = fields.Boolean(compute="_compute_is_correctable")

    @api.depends("create_uid", "create_date")
    @api.depends_context("uid")
    def _compute_is_correctable(self):
        for call in self:
            call.is_correctable = call._is_correctable()

    # === ACTION METHODS === #

    def action_relance_log_call(self):
        """Open the dialog to log the next call, about the same notice and invoices."""
        self.ensure_one()
        return self.partner_id._get_relance_call_dialog(
            self.company_id,
            notice=self.notice_id,
            contact=self.contact_id,
            moves=self.move_ids.filtered(lambda move: move.payment_state in UNPAID),
        )
