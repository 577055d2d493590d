from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relance_calendar_id = fields.Many2one(related="company_id.relance_calendar_id", readonly=False)
    relance_automatic = fields.Boolean(related="company_id.relance_automatic", readonly=False)
    relance_bank_max_age = fields.Integer(related="company_id.relance_bank_max_age", readonly=False)
    relance_signatory_id = fields.Many2one(related="company_id.relance_signatory_id", readonly=False)
    relance_signatory_function = fields.Char(related="company_id.relance_signatory_function", readonly=False)
    relance_signature = fields.Binary(related="company_id.relance_signature", readonly=False)
    relance_thanks = fields.Boolean(related="company_id.relance_thanks", readonly=False)
    relance_contact_id = fields.Many2one(related="company_id.relance_contact_id", readonly=False)
    relance_provider = fields.Selection(related="company_id.relance_provider", readonly=False)
    relance_provider_url = fields.Char(related="company_id.relance_provider_url")

    def action_relance_provider_token(self):
        """Give the company a new secret for its provider's callbacks; the old one stops working."""
        self.company_id._renew_provider_token()
        return {"type": "ir.actions.client", "tag": "reload"}
