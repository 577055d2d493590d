from odoo import api, models
from odoo.tools import SQL

from .relance_engine_open_lines import NET_SOURCES

# What the standing of commitments is read from besides the net amounts, to be saved first.
COMMITMENT_SOURCES = {
    "relance.commitment": ["company_id", "kind", "date", "cancelled"],
    "relance.commitment.line": ["commitment_id", "date", "amount"],
    "relance.commitment.debt": ["commitment_id", "move_id", "principal_amount"],
}


class RelanceEngine(models.AbstractModel):
    """Promises and plans against the ledger: what was paid of each payment promised, and where each word stands.

    ``_sql_standing`` is the only place that says whether a word is kept. Decision, screens, reminders and the
    daily job read it.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_standing(self, company, as_of, scope):
        """Return CTEs ending in ``instalment`` and ``standing``, one row per promised payment and per commitment.

        Expects ``netted``. What was paid is the fall of what is left of the invoices since the commitment was
        made; an invoice that is not posted any more neither pays nor owes. It settles the promised payments
        oldest first. A payment is late once its day and the tolerance in days have passed; it is paid when no
        more than the tolerance in amount is missing. The ledger shows the principal only: what a plan promises
        beyond it (penalties, indemnity) breaks no word.

        ``instalment``: line_id, commitment_id, date, amount, last_day, paid_amount, state (paid, late, due, to_come).
        ``standing``: id, kind, date, base, paid, last_day, broken_since (first day it is broken, or NULL), state.

        :param scope: SQL condition on ``commitment``
        """
        return SQL(
            """
            concerned AS (
                SELECT commitment.id, commitment.kind, commitment.date, commitment.cancelled IS TRUE AS cancelled
                  FROM relance_commitment commitment
                 WHERE commitment.company_id = %(company)s AND %(scope)s
            ),
            recognised AS (
                SELECT concerned.id, COALESCE(SUM(debt.principal_amount), 0) AS base,
                       COALESCE(SUM(debt.principal_amount - COALESCE(now.net, 0)), 0) AS paid
                  FROM concerned
             LEFT JOIN (relance_commitment_debt debt
                        JOIN account_move move ON move.id = debt.move_id AND move.state = 'posted')
                    ON debt.commitment_id = concerned.id
             LEFT JOIN (SELECT move_id, SUM(net) AS net FROM netted GROUP BY move_id) now ON now.move_id = debt.move_id
              GROUP BY concerned.id
            ),
            scheduled AS (
                SELECT line.id AS line_id, line.commitment_id, line.date, line.amount,
                       line.date + %(days)s AS last_day, recognised.base, recognised.paid,
                       SUM(line.amount) OVER (PARTITION BY line.commitment_id ORDER BY line.date, line.id) AS so_far
                  FROM relance_commitment_line line
                  JOIN recognised ON recognised.id = line.commitment_id
            ),
            instalment AS (
                SELECT line_id, commitment_id, date, amount, last_day,
                       GREATEST(0, LEAST(amount, paid - so_far + amount)) AS paid_amount,
                       CASE WHEN base > 0 AND paid >= LEAST(so_far, base) - %(missing)s THEN 'paid'
                            WHEN paid >= LEAST(so_far, base) - %(missing)s THEN 'to_come'
                            WHEN last_day < %(as_of)s THEN 'late'
                            WHEN date <= %(as_of)s THEN 'due'
                            ELSE 'to_come' END AS state
                  FROM scheduled
            ),
            standing AS (
                SELECT concerned.*, recognised.base, recognised.paid, schedule.last_day, schedule.broken_since,
                       CASE WHEN concerned.cancelled THEN 'cancelled'
                            WHEN schedule.kept THEN 'kept'
                            WHEN schedule.broken_since IS NOT NULL THEN 'broken'
                            ELSE 'open' END AS state
                  FROM concerned
                  JOIN recognised ON recognised.id = concerned.id
                  JOIN (
                        SELECT commitment_id, MAX(last_day) AS last_day, bool_and(state = 'paid') AS kept,
                               MIN(last_day) FILTER (WHERE state = 'late') + 1 AS broken_since
                          FROM instalment GROUP BY commitment_id
                       ) schedule ON schedule.commitment_id = concerned.id
            )
            """,
            as_of=as_of,
            company=company.id,
            scope=scope,
            days=company.sudo().relance_promise_tolerance_days,
            missing=company.sudo().relance_promise_tolerance_amount,
        )

    @api.model
    def _sql_stored_jump(self, companies):
        """Return the LATERAL query of ``jump_since`` of ``open_line``, as the daily job stored it."""
        jumping = companies.sudo().filtered(lambda company: company.relance_broken_promise == "formal")
        return SQL(
            """
            SELECT MIN(commitment.broken_date) AS jump_since
              FROM relance_commitment_move_rel link
              JOIN relance_commitment commitment ON commitment.id = link.commitment_id
             WHERE link.move_id = open_line.move_id AND commitment.cancelled IS NOT TRUE
               AND commitment.company_id = ANY(%s)
            """,
            jumping.ids,
        )

    @api.model
    def _get_standings(self, commitments):
        """Return ``({commitment id: row of standing}, {promised payment id: row of instalment})``.

        As of each company's day (or ``relance_date`` of the context); amounts are floats, in the invoices' currency.
        """
        standings, instalments = {}, {}
        for source, field_names in {**NET_SOURCES, **COMMITMENT_SOURCES}.items():
            self.env[source].flush_model(field_names)
        for company, own in commitments.grouped("company_id").items():
            as_of = self._as_of(company)
            ctes = SQL(
                "WITH %s, %s",
                self._sql_netted(company, as_of, own.move_ids.commercial_partner_id.ids),
                self._sql_standing(company, as_of, SQL("commitment.id = ANY(%s)", own.ids)),
            )
            rows = self.env.execute_query_dict(
                SQL(
                    """
                    %s
                    SELECT instalment.line_id, instalment.paid_amount::float8, instalment.state AS line_state,
                           standing.id, standing.state, standing.broken_since, standing.paid::float8
                      FROM instalment JOIN standing ON standing.id = instalment.commitment_id
                    """,
                    ctes,
                )
            )
            for row in rows:
                standings[row["id"]] = {name: row[name] for name in ("state", "broken_since", "paid")}
                instalments[row["line_id"]] = {"state": row["line_state"], "paid_amount": row["paid_amount"]}
        return standings, instalments
