from odoo import api, fields, models

from ..tools.open_items import UNPAID


class RelanceNotice(models.Model):
    """The calls made for a notice: the proof of one whose channel is the call."""

    _inherit = "relance.notice"

    call_ids = fields.One2many("relance.call", "notice_id", string="Calls", readonly=True)
    call_count = fields.Integer(string="Number of Calls", compute="_compute_call_count")

    @api.depends("call_ids")
    def _compute_call_count(self):
        counts = dict(self.env["relance.call"]._read_group([("notice_id", "in", self.ids)], ["notice_id"], ["__count"]))
        for notice in self:
            notice.call_count = counts.get(notice._origin, 0)

    def action_relance_log_call(self):
        """Open the dialog to log a call about this notice and its invoices."""
        self.ensure_one()
        unpaid = self.line_ids.move_id.filtered(lambda move: move.payment_state in UNPAID)
        return self.partner_id._get_relance_call_dialog(
            self.company_id, notice=self, contact=self.contact_id, moves=unpaid
        )
