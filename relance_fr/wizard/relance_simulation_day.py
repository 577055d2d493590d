from odoo import fields, models
from odoo.fields import Domain


class RelanceSimulationDay(models.TransientModel):
    """A day of a simulation on which something would be sent."""

    _name = "relance.simulation.day"
    _description = "Simulated Day"
    _order = "date, scenario, id"
    _rec_name = "date"

    simulation_id = fields.Many2one("relance.simulation", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    scenario = fields.Selection([("first", "First"), ("second", "Compared")], required=True, readonly=True)
    calendar_name = fields.Char("Played with", readonly=True)
    date = fields.Date("Day", required=True, readonly=True)
    notice_count = fields.Integer("Notices", readonly=True)
    debtor_count = fields.Integer("Debtors", readonly=True)
    approval_count = fields.Integer("To Approve", readonly=True)
    email_count = fields.Integer("Emails", readonly=True)
    letter_count = fields.Integer("Letters", readonly=True)
    registered_count = fields.Integer("Registered", readonly=True)
    call_count = fields.Integer("Calls", readonly=True)
    amount = fields.Monetary("Claimed", readonly=True)
    levels = fields.Char(readonly=True)

    def action_open(self):
        """Open the notices of this day."""
        self.ensure_one()
        return self.simulation_id._get_rows_action(
            "list,kanban,graph,pivot", Domain("date", "=", self.date) & Domain("scenario", "=", self.scenario)
        )
