from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class RelanceNoticeCancel(models.TransientModel):
    """Why notices are cancelled, and until when the daily job leaves their invoices alone."""

    _name = "relance.notice.cancel"
    _description = "Cancel Notices"

    notice_ids = fields.Many2many("relance.notice", required=True, readonly=True)
    run_ids = fields.Many2many("relance.run", readonly=True)
    reason = fields.Char(required=True, help="Kept on the notices.")
    until = fields.Date(
        "Nothing Until",
        required=True,
        help="The daily job makes no other notice of these invoices up to this day, included. You may send one by "
        "hand.",
    )

    @api.constrains("notice_ids", "run_ids")
    def _check_readable(self):
        # A dialog made over RPC names only what its user may read. Constraints run as superuser.
        for records in (self.notice_ids, self.run_ids):
            records.sudo(False).check_access("read")

    @api.model
    def _ask_why(self, notices, runs=None):
        """Return the action that opens the dialog about ``notices``, of ``runs`` that are given up as a whole."""
        notices.check_access("write")
        until = max((notice._get_rest_after_cancelling() for notice in notices), default=False)
        dialog = self.create(
            {
                "notice_ids": [Command.set(notices.ids)],
                "run_ids": [Command.set(runs.ids if runs else [])],
                "reason": self.env._("Not now"),
                "until": until or self.env.company._relance_today(),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel"),
            "res_model": self._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_apply(self):
        """Cancel the notices."""
        self.ensure_one()
        first = min(company._relance_today() for company in self.notice_ids.company_id)
        if self.until < first:
            raise UserError(self.env._("Choose today or a later day: the invoices are left alone up to that day."))
        reason = self.reason.strip()
        if not reason:
            raise UserError(self.env._("Write why these notices are cancelled."))
        if self.run_ids:
            self.run_ids._give_up(reason, self.until)
        else:
            self.notice_ids._give_up(reason, self.until)
        return {"type": "ir.actions.act_window_close"}
