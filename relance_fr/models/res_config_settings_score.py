from odoo import fields, models

from .res_company_score import WEIGHT_FIELDS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    # Not related: four fields written one by one would never add up to 100.
    relance_score_weight_delay = fields.Integer("Delay")
    relance_score_weight_overdue = fields.Integer("Overdue")
    relance_score_weight_promise = fields.Integer("Promises")
    relance_score_weight_dispute = fields.Integer("Disputes")
    relance_score_min_invoices = fields.Integer(related="company_id.relance_score_min_invoices", readonly=False)
    relance_score_months = fields.Integer(related="company_id.relance_score_months", readonly=False)
    relance_score_consumers = fields.Boolean(related="company_id.relance_score_consumers", readonly=False)
    relance_alert_score_drop = fields.Integer(related="company_id.relance_alert_score_drop", readonly=False)
    relance_alert_overdue_days = fields.Integer(related="company_id.relance_alert_overdue_days", readonly=False)

    def get_values(self):
        return super().get_values() | {name: self.env.company[name] for name in WEIGHT_FIELDS}

    def set_values(self):
        weights = {name: self[name] for name in WEIGHT_FIELDS}
        if any(self.company_id[name] != value for name, value in weights.items()):
            self.company_id.write(weights)
        return super().set_values()
