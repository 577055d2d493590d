from odoo import api, models
from odoo.tools import SQL


class RelanceReport(models.AbstractModel):
    """What reports on the debts of customers share: one query for each company the user works in, put together.

    As of each company's own day, amounts in its own currency: sums never mix companies that keep other currencies.
    """

    _name = "relance.report"
    _description = "Report on Customers' Debts"

    @property
    def _table_query(self):
        # What waits to be saved counts: the query reads many models.
        self.env.flush_all()
        queries = [SQL("(%s)", self._query_company(company)) for company in self.env.companies]
        return SQL(" UNION ALL ").join(queries)

    def _query_company(self, company):
        """Return the SQL query of the rows of ``company``, one column for each stored field, ``id`` unique in all.

        Called for each company the user works in; a report must give its own.
        """
        raise NotImplementedError

    @api.model
    def _get_day(self, company):
        """Return the day the report is made for: the one of the company."""
        return company._relance_today()

    def action_open_document(self):
        """Open the entry behind the row."""
        self.ensure_one()
        return self.move_id.get_formview_action()
