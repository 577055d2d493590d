from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relance_applicable_law = fields.Boolean(related="company_id.relance_applicable_law", readonly=False)
