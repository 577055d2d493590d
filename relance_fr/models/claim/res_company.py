from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import models
from odoo.tools import SQL, format_date

from ...tools.bulk_sql import AUDIT_COLUMNS, audit_values

# Months before the limitation date when somebody is told.
ALERT_MONTHS = 6


class ResCompany(models.Model):
    """Warn in time that the claims of invoices lapse: law/limitation.py on the facts of the register."""

    _inherit = "res.company"

    def _relance_warn_of_limitation(self, today):
        """Ask the accountant to act on claims that lapse within six months: once for each limitation date."""
        until = today + relativedelta(months=ALERT_MONTHS)
        dates = self.env["relance.claim"]._get_limitation_dates(self.env["relance.claim"]._get_aged_moves(until, self))
        lapsing = {move_id: last for move_id, last in dates.items() if today - timedelta(days=1) < last <= until}
        if not lapsing:
            return
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_limitation_alert (
                    move_id, company_id, date, %(audit)s)
                SELECT move_id, %(company)s, day,
                       %(written)s
                  FROM (VALUES %(rows)s) AS new (move_id, day)
           ON CONFLICT (move_id, date) DO NOTHING
             RETURNING move_id
                """,
                company=self.id,
                audit=AUDIT_COLUMNS,
                written=audit_values(self.env),
                rows=SQL(", ").join(SQL("(%s, %s::date)", move_id, last) for move_id, last in lapsing.items()),
            )
        )
        for move in self.env["account.move"].browse([row[0] for row in rows]):
            # Who is in charge stands on the card of the debtor, which the job reads for every company.
            debtor = move.commercial_partner_id.sudo().with_company(self)
            move.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_warning",
                date_deadline=lapsing[move.id],
                summary=self.env._("Claim lapses on %s", format_date(self.env, lapsing[move.id])),
                note=self.env._(
                    "Have the debtor sign an acknowledgement or a payment plan, or start proceedings, before then."
                ),
                user_id=self._relance_choose_person(debtor.relance_user_id, model="account.move").id,
            )
