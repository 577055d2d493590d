from odoo import api, fields, models
from odoo.fields import Domain

from ..law.mentions import FORMAL_KINDS


class RelanceNotice(models.Model):
    """Who made a notice and who approved it: facts, like its figures."""

    _inherit = "relance.notice"

    author_id = fields.Many2one(
        "res.users", string="Made by", readonly=True, copy=False, help="Who confirmed it; OdooBot for the daily job."
    )
    approved_by = fields.Many2one("res.users", readonly=True, copy=False)
    approved_on = fields.Datetime(readonly=True, copy=False)
    lapsed_on = fields.Date(readonly=True, copy=False, help="The day on which nobody had approved it in time.")
    can_approve = fields.Boolean(
        string="Mine to Approve", compute="_compute_can_approve", search="_search_can_approve", compute_sudo=False
    )

    @api.depends("state", "author_id", "kind", "company_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        approver = self.env.user.has_group("relance_fr.group_relance_approver")
        for notice in self:
            notice.can_approve = notice.state == "to_approve" and (
                not notice._needs_two_persons() or (approver and notice.author_id != self.env.user)
            )

    def _search_can_approve(self, operator, value):
        if operator != "in":
            return NotImplemented
        two_person = self.env["res.company"]._get_relance_concerned("relance_two_person")
        formal = Domain("company_id", "in", two_person.ids) & Domain("kind", "in", FORMAL_KINDS)
        mine = ~formal
        if self.env.user.has_group("relance_fr.group_relance_approver"):
            mine |= Domain("author_id", "!=", self.env.uid)
        mine &= Domain("state", "=", "to_approve")
        return (mine if True in value else Domain.FALSE) | (~mine if False in value else Domain.FALSE)

    def _needs_two_persons(self):
        """Tell whether somebody else than its author must approve the notice."""
        self.ensure_one()
        return self.kind in FORMAL_KINDS and self.company_id._get_relance_setting("relance_two_person")
