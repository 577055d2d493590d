from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relance_promise_tolerance_days = fields.Integer(related="company_id.relance_promise_tolerance_days", readonly=False)
    relance_promise_tolerance_amount = fields.Monetary(
        related="company_id.relance_promise_tolerance_amount", readonly=False
    )
    relance_reminder_days = fields.Integer(related="company_id.relance_reminder_days", readonly=False)
    relance_remind_promises = fields.Boolean(related="company_id.relance_remind_promises", readonly=False)
    relance_broken_promise = fields.Selection(
        related="company_id.relance_broken_promise", readonly=False, required=True
    )
    relance_plan_interest = fields.Selection(related="company_id.relance_plan_interest", readonly=False, required=True)
