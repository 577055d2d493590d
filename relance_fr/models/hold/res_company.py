from odoo import models
from odoo.tools import SQL


class ResCompany(models.Model):
    """What other companies of the database know of the debtors of a company."""

    _inherit = "res.company"

    def _relance_sql_foreign_proceedings(self):
        """Return the query of the proceedings known to another legal entity and not entered in the one of this company.

        Columns: id, partner_id. Those that never were, are settled, or go on by a plan forbid no payment here.
        """
        return SQL(
            """
            SELECT told.id, told.partner_id
              FROM relance_hold told
             WHERE told.company_id <> ALL(%(entity)s) AND told.reason = 'insolvency' AND told.date_to IS NULL
               AND COALESCE(told.insolvency_outcome, 'insufficient') = 'insufficient'
               AND NOT EXISTS (SELECT FROM relance_hold own
                                WHERE own.company_id = ANY(%(entity)s) AND own.partner_id = told.partner_id
                                  AND own.reason = 'insolvency' AND own.date_from >= told.date_from)
            """,
            entity=self._relance_get_entity_ids(),
        )
