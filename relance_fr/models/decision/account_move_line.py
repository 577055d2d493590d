from odoo import api, fields, models

from ..debtor.res_partner import ACCOUNT_GROUPS


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Nothing is stored here, on the biggest table: the register says it.
    relance_level_id = fields.Many2one(
        "relance.level",
        string="Dunning Level",
        compute="_compute_relance_progress",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_last_date = fields.Date(
        string="Last Dunned on", compute="_compute_relance_progress", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_next_level_id = fields.Many2one(
        "relance.level",
        string="Next Dunning Level",
        compute="_compute_relance_progress",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_next_date = fields.Date(
        string="Next Dunning on", compute="_compute_relance_progress", compute_sudo=True, groups=ACCOUNT_GROUPS
    )

    @api.depends(
        "date_maturity",
        "reconciled",
        "no_followup",
        "parent_state",
        "move_id.relance_payable_until",
        "move_id.relance_notice_line_ids.state",
    )
    def _compute_relance_progress(self):
        progress = self.env["relance.decision"]._get_progress("account.move.line", self.ids, self.company_id)
        for line in self:
            row = progress.get(line.id, {})
            line.relance_level_id = row.get("level_id")
            line.relance_last_date = row.get("last_date")
            line.relance_next_level_id = row.get("next_level_id")
            line.relance_next_date = row.get("next_date")
