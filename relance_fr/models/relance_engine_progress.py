from odoo import api, models
from odoo.tools import SQL

from ..tools.due_date import DUE_DATE
from .relance_notice import DELIVERY_DATES

# What the progress is read from. Computed while records are being saved, it must first see them saved.
PROGRESS_SOURCES = {
    "account.move": ["state", "move_type", "commercial_partner_id", "company_id", "invoice_date", "invoice_date_due"],
    "account.move.line": ["move_id", "date_maturity", "reconciled", "no_followup", "parent_state", "display_type"],
    "relance.notice": ["date", "channel", "deadline", "taken_over", *DELIVERY_DATES],
    "relance.notice.line": ["notice_id", "line_id", "level_id", "state"],
    "relance.level": ["calendar_id", "delay", "kind"],
    "relance.calendar": ["catch_up"],
    "relance.commitment": ["cancelled", "company_id"],
    "res.partner": ["relance_calendar_id", "relance_regime", "relance_exclude"],
}
PROGRESS_FIELDS = ("relance_level_id", "relance_last_date", "relance_next_level_id", "relance_next_date")


class RelanceEngine(models.AbstractModel):
    """Where instalments stand in their calendar: the last level sent and the next one with its date.

    Derived from the register and the calendar, never written by hand. Shared by
    the decision, the instalment's computed fields and the invoice's stored ones.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_history(self, as_of=None):
        """Return the LATERAL query of the last level sent for ``item``: level, delay, rank, date, deadline, unposted.

        :param as_of: only what was dated by then; None for everything
        """
        return SQL(
            """
            SELECT fact.level_id, level.delay, %(rank)s AS rank,
                   COALESCE(notice.posted_date, notice.date) AS date, notice.deadline,
                   notice.channel = 'registered' AND notice.taken_over IS NOT TRUE AND COALESCE(
                       notice.posted_date, notice.presented_date, notice.received_date, notice.returned_date
                   ) IS NULL AS unposted
              FROM relance_notice_line fact
              JOIN relance_notice notice ON notice.id = fact.notice_id
              JOIN relance_level level ON level.id = fact.level_id
             WHERE fact.line_id = item.line_id AND fact.state = 'sent' %(by_then)s
          ORDER BY %(rank)s DESC, level.delay DESC
             LIMIT 1
            """,
            rank=self._sql_level_rank(SQL("level.kind")),
            by_then=SQL() if as_of is None else SQL("AND notice.date <= %s", as_of),
        )

    @api.model
    def _sql_next_level(self, as_of):
        """Return the LATERAL query of the next level of an instalment: level_id, date, kind, jumps.

        Expects ``item`` (due, calendar_id, jump_since) and ``history`` in scope. The first
        level of the calendar after the last one sent, never milder than it; a
        preventive level is out of date once the due date has passed. A calendar
        that catches up by age jumps to the highest level its age allows. Nothing
        comes before the deadline the last notice gave. After a broken promise that
        leads straight to the formal notice (``jump_since``), it is the first formal
        level of the calendar, unless one was sent: the day the promise was broken,
        never before the instalment is late nor on the day of another notice.
        """
        return SQL(
            """
            SELECT level.id AS level_id, level.kind, level.jumps,
                   GREATEST(
                       CASE WHEN level.jumps THEN GREATEST(item.jump_since, item.due + 1, history.date + 1)
                            ELSE item.due + level.delay END,
                       CASE WHEN NOT level.aged AND NOT level.jumps
                            THEN history.date + (level.delay - history.delay) END,
                       history.deadline
                   ) AS date
              FROM (
                    SELECT candidate.id, candidate.kind, candidate.delay,
                           calendar.catch_up = 'age' AND item.due + candidate.delay <= %(as_of)s AS aged,
                           item.jump_since IS NOT NULL AND candidate.kind = 'formal'
                               AND COALESCE(history.rank, 0) < %(rank)s AS jumps
                      FROM relance_level candidate
                      JOIN relance_calendar calendar ON calendar.id = candidate.calendar_id
                     WHERE candidate.calendar_id = item.calendar_id
                       AND candidate.delay > COALESCE(history.delay, candidate.delay - 1)
                       AND %(rank)s >= COALESCE(history.rank, 0)
                       AND (candidate.kind <> 'preventive' OR item.due >= %(as_of)s)
                   ) level
          ORDER BY level.jumps DESC, level.aged DESC,
                   CASE WHEN level.aged AND NOT level.jumps THEN -level.delay ELSE level.delay END
             LIMIT 1
            """,
            as_of=as_of,
            rank=self._sql_level_rank(SQL("candidate.kind")),
        )

    @api.model
    def _sql_calendar(self, companies, company_id):
        """Return the calendar of ``partner`` in the company of SQL ``company_id``.

        His own, his segment's, his kind's, the company's.

        Spelled out as a CASE: the planner would take a join with these few rows for a rare match and loop.
        """
        cases = [
            SQL(
                "WHEN %s = %s AND partner.relance_regime = %s THEN %s::int4",
                company_id,
                company.id,
                regime,
                calendar_id,
            )
            for company in companies
            for regime, calendar_id in self._get_calendar_by_regime(company).items()
            if calendar_id
        ]
        own = SQL("(partner.relance_calendar_id ->> %s::text)::int4", company_id)
        segment = self._sql_segment_calendar(companies, company_id)
        found = [own, *segment, *([SQL("CASE %s END", SQL(" ").join(cases))] if cases else [])]
        return SQL("COALESCE(%s)", SQL(", ").join(found))

    @api.model
    def _get_calendar_by_regime(self, company):
        """Return ``{regime: calendar id or False}`` of the debtors of ``company`` who have no calendar of their own."""
        company_sudo = company.sudo()
        # Whoever posts an invoice need not read calendars; those of other companies go right below.
        calendars = self.env["relance.calendar"].sudo()._get_active()
        allowed = calendars.filtered(lambda c: not c.company_id or c.company_id in company_sudo.parent_ids)
        default = company_sudo._get_relance_setting("relance_calendar_id").id
        return {
            regime: allowed.filtered(lambda calendar, regime=regime: calendar.segment == regime)[:1].id or default
            for regime in ("business", "public", "consumer")
        }

    @api.model
    def _sql_excluded(self, company_id):
        """Return whether ``partner`` is never dunned by the company of SQL ``company_id``."""
        return SQL("COALESCE((partner.relance_exclude ->> %s::text)::boolean, FALSE)", company_id)

    @api.model
    def _query_progress(self, companies, condition, today):
        """Return the query of the progress of the open instalments that meet ``condition`` (on ``line``/``move``)."""
        return SQL(
            """
            WITH open_line AS (
                SELECT line.id AS line_id, line.move_id, line.company_id, move.commercial_partner_id AS partner_id,
                       %(due)s AS due, line.reconciled IS NOT TRUE AND NOT line.no_followup AS running
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.display_type = 'payment_term' AND move.move_type = 'out_invoice'
                   AND line.parent_state = 'posted' AND %(condition)s
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
            condition=condition,
            due=DUE_DATE,
            history=self._sql_history(),
            calendar=self._sql_calendar(companies, SQL("open_line.company_id")),
            excluded=self._sql_excluded(SQL("open_line.company_id")),
            broken=self._sql_stored_jump(companies),
            next=self._sql_next_level(today),
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
        today = min(self._today(company) for company in companies)
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
        today = min(self._today(company) for company in companies)
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

    @api.model
    def _refresh_open(self, companies=None):
        """Bring the progress of everything open up to date, after a calendar or a setting changed.

        Not while modules are loaded: the installation ends with one refresh for all.
        """
        if self.env.context.get("install_mode"):
            return
        # A calendar may be shared: its invoices are in every company, seen by the user or not.
        companies = companies or self.env["res.company"].sudo().search([("active", "=", True)])
        # Stored by the system, also of invoices out of the user's sight.
        self.sudo()._refresh_progress(companies=companies, condition=SQL("line.reconciled IS NOT TRUE"))

    @api.model
    def _refresh_passed(self, company, today):
        """Give the invoices whose preventive step was missed their next one: the only progress time alone changes."""
        self._refresh_progress(
            companies=company,
            condition=SQL(
                """
                move.company_id = %s AND move.relance_next_date < %s
                AND move.relance_next_level_id IN (SELECT id FROM relance_level WHERE kind = 'preventive')
                """,
                company.id,
                today,
            ),
        )
