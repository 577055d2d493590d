from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class RelanceNotice(models.Model):
    """Facts taken over from before the addon: they tell where instalments stand, and are no notices of ours."""

    _inherit = "relance.notice"

    taken_over = fields.Boolean(
        readonly=True, copy=False, help="Sent before dunning was done here: no number, no seal, nothing to post."
    )

    origin_badge = fields.Selection(
        [("taken_over", "Taken over")],
        string="Origin",
        compute="_compute_origin_badge",
        help="Where the row comes from.",
    )

    _taken_over_has_no_seal = models.Constraint(
        "CHECK (taken_over IS NOT TRUE OR (seal IS NULL AND name = '/'))",
        "What was taken over has neither number nor seal.",
    )

    @api.depends("taken_over")
    def _compute_origin_badge(self):
        for notice in self:
            notice.origin_badge = notice.taken_over and "taken_over"

    def _undo_takeover(self):
        """Cancel facts taken over: their invoices stand where they stood before.

        :raises UserError: for who may not, or when a notice that counted on them exists
        """
        if not self:
            return
        self.check_access("write")
        if not self.env.user.has_group("account.group_account_manager"):
            raise UserError(self.env._("Only an accounting administrator undoes a level taken over."))
        followed = self.env["relance.notice.line"].search(
            Domain("line_id", "in", self.line_ids.line_id.ids)
            & Domain("notice_id.taken_over", "=", False)
            & Domain("state", "in", ("draft", "to_approve", "ready", "sent")),
            limit=1,
        )
        if followed:
            raise UserError(
                self.env._(
                    "%(notice)s already followed for invoice %(invoice)s: what was taken over stays as it is.",
                    notice=followed.notice_id.display_name,
                    invoice=followed.invoice_name,
                )
            )
        self._set_state("cancelled", self.env._("Undone by %s.", self.env.user.name))
