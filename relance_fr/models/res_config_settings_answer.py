from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relance_answer_online = fields.Boolean(related="company_id.relance_answer_online", readonly=False)
    relance_answer_pause_days = fields.Integer(related="company_id.relance_answer_pause_days", readonly=False)
    relance_portal_charges = fields.Selection(
        related="company_id.relance_portal_charges", readonly=False, required=True
    )
