from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.tools import SQL, format_date

from ..law.limitation import YEARS, limitation_date
from ..law.mentions import FORMAL_KINDS
from ..tools.due_date import DUE_DATE
from ..tools.open_items import OPEN_ITEM

# Months before the limitation date when somebody is told.
ALERT_MONTHS = 6


class RelanceEngine(models.AbstractModel):
    """Until when the claims of invoices can be brought to court: law/limitation.py on the facts of the register."""

    _inherit = "relance.engine"

    @api.model
    def _get_limitation_dates(self, move_ids):
        """Return ``{invoice id: last day to bring the claim}`` of posted customer invoices with something left.

        The first of its open instalments. A plan signed by the debtor is an acknowledgement (Code civil 2240); a
        formal notice counts against a public body only. Payments are left out: whether one acknowledges the rest
        is for a judge to say, and the date is the cautious one.
        """
        if not move_ids:
            return {}
        dates = {}
        for move_id, regime, due, acknowledged, notified in self.env.execute_query(self._query_limitation(move_ids)):
            events = [(day, "acknowledgement") for day in acknowledged or ()]
            events += [(day, "mise_en_demeure") for day in notified or ()]
            last = limitation_date(regime, due, events)
            dates[move_id] = min(last, dates.get(move_id, last))
        return dates

    @api.model
    def _query_limitation(self, move_ids):
        """Return the query of the open instalments: move_id, regime, due, days of signed plans, days of notices."""
        return SQL(
            """
            SELECT line.move_id, COALESCE(partner.relance_regime, 'business'), %s,
                   signed.days, notified.days
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = move.commercial_partner_id
         LEFT JOIN LATERAL (
                   SELECT array_agg(plan.signed_date) AS days
                     FROM relance_commitment_debt debt
                     JOIN relance_commitment plan ON plan.id = debt.commitment_id
                    WHERE debt.move_id = move.id AND plan.sign_state = 'signed'
                   ) signed ON TRUE
         LEFT JOIN LATERAL (
                   SELECT array_agg(COALESCE(notice.posted_date, notice.date)) AS days
                     FROM relance_notice_line fact
                     JOIN relance_notice notice ON notice.id = fact.notice_id
                    WHERE fact.line_id = line.id AND fact.state = 'sent' AND notice.kind IN %s
                      AND (notice.channel = 'email' OR notice.posted_date IS NOT NULL)
                   ) notified ON TRUE
             WHERE line.move_id = ANY(%s) AND %s
            """,
            DUE_DATE,
            FORMAL_KINDS,
            list(move_ids),
            OPEN_ITEM,
        )

    @api.model
    def _get_aged_moves(self, until, companies=None):
        """Return the ids of the invoices with an open instalment old enough to lapse by ``until`` without an event."""
        oldest = until - relativedelta(years=min(YEARS.values()))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT line.move_id FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE %s AND %s <= %s %s
                """,
                OPEN_ITEM,
                DUE_DATE,
                oldest,
                self._sql_scope(SQL("line.company_id"), companies and companies.ids),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _warn_of_limitation(self, company, today):
        """Ask the accountant to act on claims that lapse within six months: once for each limitation date."""
        until = today + relativedelta(months=ALERT_MONTHS)
        dates = self._get_limitation_dates(self._get_aged_moves(until, company))
        lapsing = {move_id: last for move_id, last in dates.items() if today - timedelta(days=1) < last <= until}
        if not lapsing:
            return
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_limitation_alert (
                    move_id, company_id, date, create_uid, create_date, write_uid, write_date)
                SELECT move_id, %(company)s, day,
                       %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM (VALUES %(rows)s) AS new (move_id, day)
           ON CONFLICT (move_id, date) DO NOTHING
             RETURNING move_id
                """,
                company=company.id,
                uid=self.env.uid,
                rows=SQL(", ").join(SQL("(%s, %s::date)", move_id, last) for move_id, last in lapsing.items()),
            )
        )
        accountant = self._get_accountant(company)
        for move in self.env["account.move"].browse([row[0] for row in rows]):
            # Who is in charge stands on the card of the debtor, which the job reads for every company.
            debtor = move.commercial_partner_id.sudo().with_company(company)
            move.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_warning",
                date_deadline=lapsing[move.id],
                summary=self.env._("Claim lapses on %s", format_date(self.env, lapsing[move.id])),
                note=self.env._(
                    "Have the debtor sign an acknowledgement or a payment plan, or start proceedings, before then."
                ),
                user_id=(debtor.relance_user_id or accountant).id,
            )
