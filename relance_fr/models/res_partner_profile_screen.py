from odoo import api, fields, models

from .res_partner import ACCOUNT_GROUPS


class ResPartner(models.Model):
    """What a customer's card shows of his profile in the current company."""

    _inherit = "res.partner"

    relance_segment_placeholder = fields.Char(
        compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_score_formula = fields.Html(
        "Formula of the Score",
        compute="_compute_relance_score_screen",
        compute_sudo=True,
        sanitize=False,
        groups=ACCOUNT_GROUPS,
    )
    relance_score_max = fields.Integer(
        compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_score_date = fields.Date(
        "Score Computed on", compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_has_trend = fields.Boolean(
        compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_alert_text = fields.Char(
        "Dunning Alerts", compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )

    @api.depends("relance_profile_ids", "relance_own_segment_id")
    @api.depends_context("lang", "company")
    def _compute_relance_score_screen(self):
        for partner in self:
            profile = partner.relance_profile_id
            partner.relance_score_max = 100
            partner.relance_score_formula = profile.formula
            partner.relance_score_date = profile.computed_on
            partner.relance_has_trend = profile.has_trend
            partner.relance_alert_text = profile.alert_text
            segment = profile.segment_id
            if segment and segment != partner.relance_own_segment_id:
                partner.relance_segment_placeholder = self.env._("%s, by the rules", segment.name)
            else:
                partner.relance_segment_placeholder = self.env._("None of the rules fits")
