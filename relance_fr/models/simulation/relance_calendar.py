from odoo import models


class RelanceCalendar(models.Model):
    """From a calendar to the simulation of what it would send."""

    _inherit = "relance.calendar"

    def action_simulate(self):
        """Open a simulation of this calendar applied to every debtor."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_simulation_action")
        company = self.company_id if self.company_id in self.env.companies else self.env.company
        return action | {"context": {"default_calendar_id": self.id, "default_company_id": company.id}}
