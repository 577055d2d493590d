from datetime import timedelta

from odoo import models

from .relance_simulator import Simulation


class ResCompany(models.Model):
    """Days played: what the daily job of the company would send between two dates."""

    _inherit = "res.company"

    def _relance_simulate(self, date_from, date_to, calendar=None, partners=None, usual_delay=False):
        """Return what would be sent by the company from ``date_from`` to ``date_to``, both included, and how it went.

        What is approved or posted by a person is taken to be so on the same day, the bank to be up to date; the cap
        a day and the hours are left aside. Days over are played on what was known by then, days to come as if
        nobody paid. What waits to be sent now is decided afresh.

        :param calendar: apply it to all debtors (``relance.calendar``) instead of their own
        :param partners: only these debtors (``res.partner``)
        :param usual_delay: days to come: debtors whose average delay is known pay after it
        :return: ``(rows, Simulation)``; a row is a dict of the columns of ``_query_simulated``
        """
        today = self._relance_today()
        # What happens before a range to come decides what is left for it.
        first = min(date_from, today)
        simulation = Simulation(
            self,
            today,
            calendar_id=calendar.id if calendar else None,
            partner_ids=tuple(partners.commercial_partner_id.ids) if partners else None,
            usual_delay=usual_delay,
        )
        company = self.with_company(self)
        simulator = company.env["relance.simulator"]
        rows = []
        with company.env["relance.run.debtor"]._undone():
            simulator._shadow_register(simulation, first)
            run = simulator._open_simulated_run(simulation, first)
            wakes = simulator._get_first_wakes(simulation, first, date_to)
            for days in range((date_to - first).days + 1):
                day = first + timedelta(days)
                if company._relance_has_started(day) and company._relance_is_sending_day(day):
                    sent = simulator._simulate_day(simulation, run, day, wakes)
                    rows += sent if day >= date_from else []
        return rows, simulation
