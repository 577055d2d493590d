from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relance_invoice_mentions = fields.Boolean(related="company_id.relance_invoice_mentions", readonly=False)
    relance_sector = fields.Selection(related="company_id.relance_sector", readonly=False)
