from odoo import api, models


class ResCompany(models.Model):
    """What is known of the bank of a company."""

    _inherit = "res.company"

    @api.model
    def _get_bank_state(self, company, as_of):
        """Return what is known of the bank of ``company`` on a day.

        One never seen is not up to date either, unless the company does not look at its age.

        :return: dict ``last_date`` (newest statement line or customer payment, None), ``age`` (days, None),
            ``unmatched_count`` and ``unmatched_amount`` (receipts matched with no invoice, company currency),
            ``up_to_date`` and ``message`` (a sentence for the accountant, with the limits that are exceeded)
        """
        self.env.flush_all()
        [state] = self.env.execute_query_dict(self._query_bank(company, as_of))
        state["age"] = (as_of - state["last_date"]).days if state["last_date"] else None
        exceeded = self._get_bank_faults(company, state)
        state["up_to_date"] = not exceeded
        state["message"] = self._get_bank_message(company, state, exceeded)
        return state
