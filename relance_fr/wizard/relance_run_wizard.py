from odoo import api, fields, models
from odoo.fields import Command

from ..tools.shown_day import company_day


class RelanceRunWizard(models.TransientModel):
    """What a campaign covers, asked once for several companies: one run each."""

    _name = "relance.run.wizard"
    _description = "New Campaign"

    date = fields.Date(required=True, default=company_day)
    company_ids = fields.Many2many(
        "res.company", string="Companies", required=True, default=lambda self: self.env.companies
    )
    calendar_ids = fields.Many2many(
        "relance.calendar", string="Calendars", help="Only the debtors of these calendars. Empty: all of them."
    )
    level_ids = fields.Many2many(
        "relance.level", string="Levels", help="Only what comes to these levels. Empty: all of them."
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    minimum_amount = fields.Monetary(
        string="Minimum Owed", help="Only the debtors who owe this sum at least, all their invoices together."
    )

    @api.depends("company_ids")
    def _compute_currency_id(self):
        for wizard in self:
            wizard.currency_id = (wizard.company_ids[:1] or self.env.company).currency_id

    def _get_day(self, company):
        """Return the day of the run of ``company``: where today was left as it was, each company's own today."""
        return company._relance_today() if self.date == self.env.company._relance_today() else self.date

    def action_preview(self):
        """Preview a run for each company, the draft it has with these filters if any; open it, or the list of them."""
        self.ensure_one()
        runs = self.env["relance.run"]
        scope = {
            "calendar_ids": self.calendar_ids,
            "level_ids": self.level_ids,
            "minimum_amount": self.minimum_amount,
        }
        for company in self.company_ids:
            day = self._get_day(company)
            run = runs._find_draft(company, day, scope)
            if run.date and run.date != day:
                run.date = day
            runs |= run or runs.create(
                {
                    "date": day,
                    "company_id": company.id,
                    "calendar_ids": [Command.set(self.calendar_ids.ids)],
                    "level_ids": [Command.set(self.level_ids.ids)],
                    "minimum_amount": self.minimum_amount,
                }
            )
        runs.action_preview()
        if len(runs) == 1:
            return runs._get_form_action()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_action")
        return action | {"domain": [("id", "in", runs.ids)], "context": {}}
