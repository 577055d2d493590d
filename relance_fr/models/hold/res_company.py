from odoo import models
from odoo.tools import SQL


class ResCompany(models.Model):
    """What other companies of the database know of the debtors of a company."""

    _inherit = "res.company"

    def _relance_sql_foreign_proceedings(self):
        """Return the query of the proceedings known to another legal entity and not entered in this company.

        Columns: id, partner_id. Those that never were, are settled, or go on by a plan forbid no payment here.
        """
        # A user of a branch need not have access to its parent.
        path = self.sudo().root_id.parent_path
        return SQL(
            """
            SELECT told.id, told.partner_id
              FROM relance_hold told
              JOIN res_company other ON other.id = told.company_id AND other.parent_path NOT LIKE %(path)s
             WHERE told.reason = 'insolvency' AND told.date_to IS NULL
               AND COALESCE(told.insolvency_outcome, 'insufficient') = 'insufficient'
               AND NOT EXISTS (SELECT FROM relance_hold own
                                WHERE own.company_id = %(company)s AND own.partner_id = told.partner_id
                                  AND own.reason = 'insolvency' AND own.date_from >= told.date_from)
            """,
            path=f"{path}%",
            company=self.id,
        )
