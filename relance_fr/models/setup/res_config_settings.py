from odoo import api, fields, models

from .res_company import WEIGHT_FIELDS


class ResConfigSettings(models.TransientModel):
    """The settings of dunning on the screen of settings, by the subjects of ``res.company``."""

    _inherit = "res.config.settings"

    # === CALENDAR AND GOING LIVE === #

    relance_calendar_id = fields.Many2one(related="company_id.relance_calendar_id", readonly=False)
    relance_automatic = fields.Boolean(related="company_id.relance_automatic", readonly=False)
    relance_start_date = fields.Date(related="company_id.relance_start_date", readonly=False)

    # === LETTERS: WHO SIGNS, ANSWERS AND POSTS THEM === #

    relance_signatory_id = fields.Many2one(related="company_id.relance_signatory_id", readonly=False)
    relance_signatory_function = fields.Char(related="company_id.relance_signatory_function", readonly=False)
    relance_signature = fields.Binary(related="company_id.relance_signature", readonly=False)
    relance_contact_id = fields.Many2one(related="company_id.relance_contact_id", readonly=False)
    relance_applicable_law = fields.Boolean(related="company_id.relance_applicable_law", readonly=False)
    relance_provider = fields.Selection(related="company_id.relance_provider", readonly=False)
    relance_provider_url = fields.Char(related="company_id.relance_provider_url")

    relance_letters_posted = fields.Selection(
        related="company_id.relance_letters_posted", readonly=False, required=True
    )

    # === WHAT HOLDS SENDING BACK: BANK, APPROVAL, PACE, HOURS === #

    relance_minimum = fields.Monetary(
        related="company_id.relance_minimum", readonly=False, currency_field="currency_id"
    )
    relance_minimum_paper = fields.Monetary(
        related="company_id.relance_minimum_paper", readonly=False, currency_field="currency_id"
    )
    relance_bank_max_age = fields.Integer(related="company_id.relance_bank_max_age", readonly=False)
    relance_receipt_days = fields.Integer(related="company_id.relance_receipt_days", readonly=False)
    relance_bank_max_count = fields.Integer(related="company_id.relance_bank_max_count", readonly=False)
    relance_bank_max_amount = fields.Monetary(
        related="company_id.relance_bank_max_amount", readonly=False, currency_field="currency_id"
    )
    relance_two_person = fields.Boolean(related="company_id.relance_two_person", readonly=False)
    relance_approval_days = fields.Integer(related="company_id.relance_approval_days", readonly=False)
    relance_approval_expiry = fields.Selection(related="company_id.relance_approval_expiry", readonly=False)
    relance_wait_days = fields.Integer(related="company_id.relance_wait_days", readonly=False)
    relance_daily_cap = fields.Integer(related="company_id.relance_daily_cap", readonly=False)
    relance_recall_minutes = fields.Integer(related="company_id.relance_recall_minutes", readonly=False)
    relance_window_from = fields.Float(related="company_id.relance_window_from", readonly=False)
    relance_window_to = fields.Float(related="company_id.relance_window_to", readonly=False)
    relance_working_days = fields.Boolean(related="company_id.relance_working_days", readonly=False)
    relance_holidays = fields.Selection(related="company_id.relance_holidays", readonly=False)
    relance_bank_message = fields.Char(compute="_compute_relance_bank_message")
    relance_bank_late = fields.Boolean(compute="_compute_relance_bank_message")

    # === TEST MODE === #

    relance_test_email = fields.Char(related="company_id.relance_test_email", readonly=False)
    relance_test_address = fields.Char(related="company_id.relance_test_address")

    # === ANSWERS AND PAGES OF DEBTORS === #

    relance_answer_online = fields.Boolean(related="company_id.relance_answer_online", readonly=False)
    relance_answer_pause_days = fields.Integer(related="company_id.relance_answer_pause_days", readonly=False)
    relance_portal_charges = fields.Selection(
        related="company_id.relance_portal_charges", readonly=False, required=True
    )

    # === PROMISES, PLANS AND THANKS === #

    relance_promise_tolerance_days = fields.Integer(related="company_id.relance_promise_tolerance_days", readonly=False)
    relance_promise_tolerance_amount = fields.Monetary(
        related="company_id.relance_promise_tolerance_amount", readonly=False
    )
    relance_reminder_days = fields.Integer(related="company_id.relance_reminder_days", readonly=False)
    relance_remind_promises = fields.Boolean(related="company_id.relance_remind_promises", readonly=False)
    relance_broken_promise = fields.Selection(
        related="company_id.relance_broken_promise", readonly=False, required=True
    )
    relance_plan_notice_days = fields.Integer(related="company_id.relance_plan_notice_days", readonly=False)
    relance_legal_form = fields.Char(related="company_id.relance_legal_form", readonly=False)
    relance_share_capital = fields.Char(related="company_id.relance_share_capital", readonly=False)
    relance_register_town = fields.Char(related="company_id.relance_register_town", readonly=False)
    relance_seat = fields.Char(related="company_id.relance_seat", readonly=False)
    relance_plan_interest = fields.Selection(related="company_id.relance_plan_interest", readonly=False, required=True)
    relance_thanks = fields.Boolean(related="company_id.relance_thanks", readonly=False)

    # === INVOICES === #

    relance_invoice_mentions = fields.Boolean(related="company_id.relance_invoice_mentions", readonly=False)
    relance_sector = fields.Selection(related="company_id.relance_sector", readonly=False)

    # === SCORE AND ALERTS === #

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

    # === DASHBOARD === #

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

    # === VALUES AND ACTIONS === #

    @api.depends("company_id")
    def _compute_relance_bank_message(self):
        for settings in self:
            message, up_to_date = settings.company_id._relance_describe_bank()
            settings.relance_bank_message = message
            settings.relance_bank_late = not up_to_date

    def get_values(self):
        return super().get_values() | {name: self.env.company[name] for name in WEIGHT_FIELDS}

    def set_values(self):
        weights = {name: self[name] for name in WEIGHT_FIELDS}
        if any(self.company_id[name] != value for name, value in weights.items()):
            self.company_id.write(weights)
        return super().set_values()

    def action_relance_provider_token(self):
        """Give the company a new secret for its provider's callbacks; the old one stops working."""
        self.company_id._renew_provider_token()
        return {"type": "ir.actions.client", "tag": "reload"}
