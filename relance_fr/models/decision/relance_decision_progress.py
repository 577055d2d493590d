from odoo import api, models
from odoo.tools import SQL

from ...tools.channels import DELIVERY_DATES
from ...tools.due_date import DUE_DATE
from ..setup.relance_calendar import WEEKDAYS

# What the progress is read from. Computed while records are being saved, it must first see them saved.
PROGRESS_SOURCES = {
    "account.move": [
        "state",
        "move_type",
        "commercial_partner_id",
        "company_id",
        "invoice_date",
        "invoice_date_due",
        "relance_payable_until",
    ],
    "account.move.line": ["move_id", "date_maturity", "reconciled", "no_followup", "parent_state", "display_type"],
    "relance.notice": ["date", "channel", "deadline", "taken_over", *DELIVERY_DATES],
    "relance.notice.line": ["notice_id", "line_id", "level_id", "state"],
    "relance.level": ["calendar_id", "delay", "kind"],
    "relance.calendar": ["catch_up", *WEEKDAYS],
    "relance.commitment": ["cancelled", "company_id"],
    "res.partner": ["relance_calendar_id", "relance_regime", "relance_exclude"],
}
PROGRESS_FIELDS = ("relance_level_id", "relance_last_date", "relance_next_level_id", "relance_next_date")


class RelanceDecision(models.AbstractModel):
    """Where instalments stand in their calendar: the last level sent and the next one with its date.

    Derived from the register and the calendar, never written by hand, by the very SQL of the decision
    (``_sql_history``, ``_sql_next_level``): the instalment's computed fields and the invoice's stored ones.
    """

    _inherit = "relance.decision"

    @api.model
    def _query_progress(self, companies, condition, today):
        """Return the query of the progress of the open instalments of ``companies`` that meet ``condition``.

        :param condition: on ``line`` and ``move``; those of other companies are left out, their calendars are not known
        """
        return SQL(
            """
            WITH open_line AS (
                SELECT line.id AS line_id, line.move_id, line.company_id, move.commercial_partner_id AS partner_id,
                       %(due)s AS due, line.reconciled IS NOT TRUE AND NOT line.no_followup AS running
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.display_type = 'payment_term' AND move.move_type = 'out_invoice'
                   AND line.parent_state = 'posted' AND line.company_id = ANY(%(companies)s) AND %(condition)s
            ),
            item AS (
                SELECT open_line.*, %(calendar)s AS calendar_id, %(excluded)s AS excluded, broken.jump_since
                  FROM open_line
                  JOIN res_partner partner ON partner.id = open_line.partner_id
             LEFT JOIN LATERAL (%(broken)s) broken ON TRUE
            )
            SELECT item.line_id, item.move_id, history.level_id, history.rank, history.date AS last_date,
                   next.level_id AS next_level_id, next.date AS next_date
              FROM item
         LEFT JOIN LATERAL (%(history)s) history ON TRUE
         LEFT JOIN LATERAL (%(next)s) next ON item.running AND NOT item.excluded
            """,
            companies=companies.ids,
            condition=condition,
            due=DUE_DATE,
            history=self._sql_history(),
            calendar=self._sql_calendar(companies, SQL("open_line.company_id")),
            excluded=self._sql_excluded(SQL("open_line.company_id")),
            broken=self.env["relance.commitment"]._sql_stored_jump(companies),
            next=self._sql_next_level(today, companies),
        )

    @api.model
    def _query_move_progress(self, companies, condition, today):
        """Return the query of the same by invoice: its highest level, its last date, its earliest next step."""
        return SQL(
            """
            SELECT progress.move_id,
                   (array_agg(level_id ORDER BY rank DESC NULLS LAST, last_date DESC NULLS LAST))[1] AS level_id,
                   MAX(last_date) AS last_date,
                   (array_agg(next_level_id ORDER BY next_date NULLS LAST, line_id))[1] AS next_level_id,
                   MIN(next_date) AS next_date
              FROM (%s) progress
          GROUP BY progress.move_id
            """,
            self._query_progress(companies, condition, today),
        )

    @api.model
    def _get_progress(self, model, ids, companies):
        """Return ``{id: {level_id, last_date, next_level_id, next_date}}`` of invoices or instalments.

        :param model: "account.move" or "account.move.line"
        """
        if not ids or not companies:
            return {}
        for source, field_names in PROGRESS_SOURCES.items():
            self.env[source].flush_model(field_names)
        today = min(company._relance_today() for company in companies)
        if model == "account.move":
            query = self._query_move_progress(companies, SQL("move.id = ANY(%s)", list(ids)), today)
        else:
            query = self._query_progress(companies, SQL("line.id = ANY(%s)", list(ids)), today)
        key = "move_id" if model == "account.move" else "line_id"
        return {row[key]: row for row in self.env.execute_query_dict(query)}

    @api.model
    def _refresh_progress(self, moves=None, companies=None, condition=None):
        """Bring the stored progress of invoices up to date, set-based, touching only the rows that change.

        :param moves: the invoices, or None for those that meet the SQL ``condition`` in ``companies``
        """
        # The stored fields depend on no right of the user who happens to send or pay.
        moves_sudo = moves.sudo() if moves is not None else None
        companies = companies or (moves_sudo.company_id if moves_sudo else self.env["res.company"])
        if not companies:
            return
        if moves_sudo is not None:
            condition = SQL("move.id = ANY(%s)", moves_sudo.ids)
        self.env.flush_all()
        today = min(company._relance_today() for company in companies)
        changed = self.env.execute_query(
            SQL(
                """
                UPDATE account_move
                   SET relance_level_id = fresh.level_id, relance_last_date = fresh.last_date,
                       relance_next_level_id = fresh.next_level_id, relance_next_date = fresh.next_date
                  FROM (%s) fresh
                 WHERE account_move.id = fresh.move_id
                   AND (account_move.relance_level_id, account_move.relance_last_date,
                        account_move.relance_next_level_id, account_move.relance_next_date)
                       IS DISTINCT FROM (fresh.level_id, fresh.last_date, fresh.next_level_id, fresh.next_date)
             RETURNING account_move.id
                """,
                self._query_move_progress(companies, condition, today),
            )
        )
        if changed:
            self.env["account.move"].browse([row[0] for row in changed]).invalidate_recordset(PROGRESS_FIELDS)
        self.env["account.move.line"].invalidate_model(PROGRESS_FIELDS)
