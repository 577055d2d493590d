from odoo import api, fields, models
from odoo.exceptions import UserError


class RelanceSendLine(models.TransientModel):
    """What a notice would claim for each instalment of the dialog: the figures it would freeze today."""

    _inherit = "relance.send.line"

    # The name alone: the display name of an invoice adds the customer's reference.
    invoice_name = fields.Char(related="move_id.name", string="Invoice Number")
    penalty_amount = fields.Monetary(string="Penalties", compute="_compute_claim", compute_sudo=True)
    indemnity_amount = fields.Monetary(string="Indemnity", compute="_compute_claim", compute_sudo=True)
    claim_amount = fields.Monetary(
        string="Claimed",
        compute="_compute_claim",
        compute_sudo=True,
        help="Principal, with the penalties and the indemnity if the level claims them.",
    )

    @api.depends("line_id", "level_id", "decision", "send_id.line_ids.level_id")
    def _compute_claim(self):
        sending = self.filtered(lambda line: line.decision == "send" and line.line_id)
        claims = self._get_claims(sending)
        for line in self:
            claim = claims.get(line.line_id.id)
            level = line._get_notice_level() if claim else line.level_id
            line.penalty_amount = float(claim.accrual.penalty) if claim and level.charge_penalty else 0
            line.indemnity_amount = float(claim.indemnity) if claim and level.charge_indemnity else 0
            principal = float(claim.principal) if claim else 0
            line.claim_amount = principal + line.penalty_amount + line.indemnity_amount

    def _get_claims(self, lines):
        """Return ``{instalment id: law claim}`` of today; nothing when a legal rate is missing (sending says which)."""
        engine, claims = self.env["relance.engine"], {}
        try:
            for company, company_lines in lines.grouped(lambda line: line.line_id.company_id).items():
                claims |= engine._get_claims(company, engine._today(company), company_lines.line_id.ids)
        except UserError:
            return {}
        return claims

    def _get_notice_level(self):
        """Return the level of the notice this line would go into: the highest of those it groups."""
        self.ensure_one()
        by_invoice = self.level_id.calendar_id.grouping == "invoice"
        together = self.send_id.line_ids.filtered(
            lambda line: (
                line.decision == "send"
                and line.partner_id == self.partner_id
                and line.currency_id == self.currency_id
                and (not by_invoice or line.move_id == self.move_id)
            )
        )
        return max((together | self).level_id, key=lambda level: (level._get_rank(), level.delay))
