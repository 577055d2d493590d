from datetime import date, timedelta

from odoo import api, models
from odoo.tools import SQL

from ..law.periods import Semester
from ..tools.channels import PAPER
from ..tools.reading import Purpose


class RelanceEngine(models.AbstractModel):
    """The days of a simulation: each is decided and drafted for those to whom something may come, then counted as sent.

    A decision about all debtors for each of ninety days would take minutes; most days concern a few.
    """

    _inherit = "relance.engine"

    @api.model
    def _simulate_day(self, simulation, run, day, wakes):
        """Decide and draft ``day``, count its notices as sent and return them; see ``_query_simulated``.

        :param wakes: ``{debtor id: first day on which something may come to him}``, brought up to date
        """
        simulation.awake = tuple(partner_id for partner_id, wake in wakes.items() if wake <= day)
        if not simulation.awake:
            return []
        # Named by their schema: without the tables that stand in, it fails instead of touching the register.
        self.env.cr.execute(SQL("TRUNCATE pg_temp.relance_run_line"))
        self.env.cr.execute(SQL("UPDATE pg_temp.relance_run SET date = %s WHERE id = %s", day, run.id))
        run.invalidate_recordset(flush=False)
        self._write_decisions(run, simulation.read(day))
        unreachable = self.env.execute_query(
            SQL("SELECT DISTINCT partner_id FROM relance_run_line WHERE reason = 'no_address'")
        )
        simulation.unreachable |= {row[0] for row in unreachable}
        notices = self._draft_day(simulation, run, day)
        rows = []
        if notices:
            self._count_as_sent(notices)
            self._tell_planner(simulation, len(notices))
            rows = self.env.execute_query_dict(self._query_simulated(run, notices))
        wakes |= self._get_next_wakes(simulation, day)
        return rows

    @api.model
    def _draft_day(self, simulation, run, day):
        """Draft the notices of ``run``; ``simulation`` learns which legal rate they lack.

        Interest counts up to the last known rate where that of a day to come is not published yet.
        """
        self.env.flush_all()
        reading = simulation.read(day)
        items = self.env.execute_query_dict(self._query_selected(run))
        claims, missing = self._get_claims(reading, [item["line_id"] for item in items], Purpose.NOTICE)
        if missing:
            simulation.missing = next(iter(missing.values()))
            # Rates are public facts.
            last = self.env["relance.rate"].sudo().search([], order="date_from desc", limit=1)
            known = min(day, Semester.of(last.date_from).end) if last else day
            claims |= self._get_claims(reading._replace(as_of=known), list(missing), Purpose.NOTICE).complete()
        return self._draft_items(run, items, claims, approved=True)

    # === WHOM TO LOOK AT === #

    @api.model
    def _get_first_wakes(self, simulation, first, last):
        """Return ``{debtor id: day}`` of everybody who owes something on ``first`` or is invoiced until ``last``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT commercial_partner_id, MIN(GREATEST(invoice_date, %(first)s))
                  FROM account_move
                 WHERE company_id = %(company)s AND state = 'posted' AND move_type = 'out_invoice'
                   AND invoice_date <= %(last)s %(scope)s
              GROUP BY commercial_partner_id
                """,
                first=first,
                last=last,
                company=simulation.company.id,
                scope=self._sql_scope(SQL("commercial_partner_id"), simulation.partner_ids),
            )
        )
        return dict(rows)

    @api.model
    def _get_next_wakes(self, simulation, day):
        """Return ``{debtor id: day}`` of those who were awake on ``day``: nothing comes to them before.

        The decision about a debtor depends on his own instalments only, and sends none before the date of its level.
        That date changes with what is sent to him, with a new invoice, and with a promise that is broken when that
        leads straight to the formal notice: he is looked at again on the days after these.
        """
        company, tomorrow = simulation.company, day + timedelta(days=1)
        levels = self.env.execute_query(
            SQL(
                """
                SELECT partner_id, MIN(LEAST(date, aged.first))
                  FROM (%(decision)s) decided
             LEFT JOIN LATERAL (
                       -- a calendar that catches up by age comes to a level at its age, sooner than in turn
                       SELECT MIN(decided.due + level.delay) AS first
                         FROM relance_level level
                         JOIN relance_calendar calendar ON calendar.id = level.calendar_id
                        WHERE calendar.id = decided.calendar_id AND calendar.catch_up = 'age'
                          AND decided.due + level.delay > %(day)s
                       ) aged ON TRUE
                 WHERE date IS NOT NULL
              GROUP BY partner_id
                """,
                decision=self._query_decision(simulation.read(day)),
                day=day,
            )
        )
        wakes = dict.fromkeys(simulation.awake, date.max)
        wakes |= {partner_id: max(tomorrow, first) for partner_id, first in levels}
        changes = self.env.execute_query(
            SQL(
                """
                SELECT commercial_partner_id, MIN(invoice_date)
                  FROM account_move
                 WHERE company_id = %(company)s AND state = 'posted' AND move_type = 'out_invoice'
                   AND invoice_date > %(day)s AND commercial_partner_id = ANY(%(awake)s)
              GROUP BY commercial_partner_id
                 UNION ALL
                SELECT DISTINCT partner_id, %(tomorrow)s::date
                  FROM relance_commitment
                 WHERE company_id = %(company)s AND cancelled IS NOT TRUE AND %(jumps)s
                   AND partner_id = ANY(%(awake)s)
                """,
                company=company.id,
                day=day,
                tomorrow=tomorrow,
                jumps=company._get_relance_setting("relance_broken_promise") == "formal",
                awake=list(simulation.awake),
            )
        )
        for partner_id, change in changes:
            wakes[partner_id] = min(wakes[partner_id], change)
        return wakes

    # === WHAT IS SENT === #

    @api.model
    def _count_as_sent(self, notices):
        """Let the days to come find ``notices`` in the history; what is printed is posted the same day."""
        self.env.cr.execute(
            SQL(
                """
                WITH sent AS (
                    UPDATE pg_temp.relance_notice
                       SET state = 'sent', posted_date = CASE WHEN channel IN %s THEN date END
                     WHERE id = ANY(%s) RETURNING id
                )
                UPDATE pg_temp.relance_notice_line fact SET state = 'sent' FROM sent WHERE notice_id = sent.id
                """,
                PAPER,
                notices.ids,
            )
        )

    @api.model
    def _tell_planner(self, simulation, count):
        """Let the database count its rows again once the history has doubled: it never does that for temporary tables.

        :param count: notices added
        """
        simulation.added += count
        if simulation.added > simulation.counted:
            simulation.counted, simulation.added = simulation.counted + simulation.added, 0
            self.env.cr.execute(SQL("ANALYZE pg_temp.relance_notice, pg_temp.relance_notice_line"))

    @api.model
    def _query_simulated(self, run, notices):
        """Return the query of simulated notices: the fields of ``relance.simulation.notice``, and ``move_ids``."""
        automatic = bool(run.company_id._get_relance_setting("relance_automatic"))
        return SQL(
            """
            SELECT notice.date, notice.partner_id, notice.level_id, notice.kind, notice.channel, notice.currency_id,
                   notice.principal_amount, notice.penalty_amount, notice.indemnity_amount, notice.total_amount,
                   NOT (%s AND bool_and(COALESCE(level.automatic, FALSE))) AS to_approve,
                   MIN(fact.date_maturity) AS date_maturity,
                   array_agg(DISTINCT fact.move_id) AS move_ids
              FROM relance_notice notice
              JOIN relance_notice_line fact ON fact.notice_id = notice.id
              JOIN relance_level level ON level.id = fact.level_id
             WHERE notice.id = ANY(%s)
          GROUP BY notice.id
          ORDER BY notice.id
            """,
            automatic,
            notices.ids,
        )
