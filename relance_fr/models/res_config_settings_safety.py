from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    """What holds sending back, and the state of the bank as it is now."""

    _inherit = "res.config.settings"

    relance_bank_max_count = fields.Integer(related="company_id.relance_bank_max_count", readonly=False)
    relance_bank_max_amount = fields.Monetary(
        related="company_id.relance_bank_max_amount", readonly=False, currency_field="currency_id"
    )
    relance_two_person = fields.Boolean(related="company_id.relance_two_person", readonly=False)
    relance_approval_days = fields.Integer(related="company_id.relance_approval_days", readonly=False)
    relance_approval_expiry = fields.Selection(related="company_id.relance_approval_expiry", readonly=False)
    relance_daily_cap = fields.Integer(related="company_id.relance_daily_cap", readonly=False)
    relance_recall_minutes = fields.Integer(related="company_id.relance_recall_minutes", readonly=False)
    relance_window_from = fields.Float(related="company_id.relance_window_from", readonly=False)
    relance_window_to = fields.Float(related="company_id.relance_window_to", readonly=False)
    relance_working_days = fields.Boolean(related="company_id.relance_working_days", readonly=False)
    relance_holidays = fields.Selection(related="company_id.relance_holidays", readonly=False)
    relance_test_email = fields.Char(related="company_id.relance_test_email", readonly=False)
    relance_test_address = fields.Char(related="company_id.relance_test_address")
    relance_start_date = fields.Date(related="company_id.relance_start_date", readonly=False)
    relance_bank_message = fields.Char(compute="_compute_relance_bank_message")
    relance_bank_late = fields.Boolean(compute="_compute_relance_bank_message")

    @api.depends("company_id")
    def _compute_relance_bank_message(self):
        engine = self.env["relance.engine"]
        for settings in self:
            state = engine._get_bank_state(settings.company_id, engine._today(settings.company_id))
            settings.relance_bank_message = state["message"]
            settings.relance_bank_late = not state["up_to_date"]
