from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relance_odds_0 = fields.Float(related="company_id.relance_odds_0", readonly=False)
    relance_odds_1 = fields.Float(related="company_id.relance_odds_1", readonly=False)
    relance_odds_31 = fields.Float(related="company_id.relance_odds_31", readonly=False)
    relance_odds_61 = fields.Float(related="company_id.relance_odds_61", readonly=False)
    relance_odds_91 = fields.Float(related="company_id.relance_odds_91", readonly=False)
    relance_odds_old = fields.Float(related="company_id.relance_odds_old", readonly=False)
    relance_odds_days = fields.Integer(related="company_id.relance_odds_days", readonly=False)
    relance_penalty_account_ids = fields.Many2many(
        related="company_id.relance_penalty_account_ids",
        readonly=False,
        domain="[('company_ids', 'parent_of', company_id), ('account_type', 'in', ['income', 'income_other'])]",
    )
