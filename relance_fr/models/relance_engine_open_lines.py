from odoo import api, models
from odoo.tools import SQL

from ..tools.channels import sql_severity
from ..tools.due_date import DUE_DATE
from ..tools.open_items import OPEN_CREDIT, OPEN_ITEM

# What the net amounts are read from, to be saved first.
NET_SOURCES = {
    "account.move": ["state", "move_type", "commercial_partner_id", "partner_id", "invoice_date", "invoice_date_due",
                     "delivery_date"],
    "account.move.line": ["date_maturity", "reconciled", "parent_state", "amount_residual_currency", "partner_id"],
    "account.partial.reconcile": None,
    "account.payment": ["state", "amount", "date", "move_id"],
    "relance.hold": None,
}  # fmt: skip


class RelanceEngine(models.AbstractModel):
    """The open instalments of a company and what is really left of them, as SQL fragments.

    ``_sql_netted`` is the only place that says what a debtor owes: residual, less
    payments in progress, less his unallocated credits set against his oldest
    instalments first (Code civil 1342-10), what he disputes or may not pay last. Decision and claim both read it.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_netted(self, company, as_of, partner_ids=None):
        """Return CTEs ending in ``netted``: one row per open instalment of ``company``.

        Columns: line_id, move_id, currency_id, partner_id (commercial), invoice_partner_id, invoice_date, born, due,
        no_followup, payment_state, residual, pending, credit_share, of it early_share (credits of before a judgment),
        credit_before and early_before (credits used by the instalments before it, for each of the two), net, held (the
        part of net that is disputed or suspended alone), held_reason, company_rate (company currency for one unit
        of the invoice's). Amounts in the currency of the invoice.

        :param as_of: credits dated later do not count
        :param partner_ids: commercial partners to look at, all of them when None
        """
        return SQL(
            """
            open_line AS (%(open_line)s),
            pending_share AS (%(pending_share)s),
            credit AS (%(credit)s),
            early_credit AS (%(early_credit)s),
            in_progress AS (
                SELECT open_line.*, LEAST(residual, COALESCE(pending.amount, 0)) AS pending,
                       COALESCE(credit.amount, 0) AS credit,
                       LEAST(credit.amount, COALESCE(early_credit.amount, 0)) AS early_credit,
                       -- looked up where there is a credit to share only
                       CASE WHEN credit.amount > 0 THEN %(disputed)s ELSE FALSE END AS is_disputed,
                       CASE WHEN credit.amount > 0 THEN %(stopped)s END AS stopped_on, early_credit.date AS judged_on
                  FROM open_line
             LEFT JOIN (SELECT line_id, SUM(amount) AS amount FROM pending_share GROUP BY line_id) pending
                    ON pending.line_id = open_line.line_id
             LEFT JOIN credit ON credit.partner_id = open_line.partner_id AND credit.currency_id = open_line.currency_id
             LEFT JOIN early_credit ON early_credit.partner_id = open_line.partner_id
                                   AND early_credit.currency_id = open_line.currency_id
            ),
            early AS (%(early)s),
            ranked AS (
                SELECT early.*, SUM(early_share) OVER (PARTITION BY partner_id, currency_id) AS early_total,
                       SUM(residual - pending - early_share) OVER (
                           PARTITION BY partner_id, currency_id
                               -- what was stopped first comes last; what was not born yet that day was not paid either
                               ORDER BY is_disputed OR stopped_on IS NOT NULL, stopped_on DESC,
                                        born > %(as_of)s, due, line_id
                       ) - (residual - pending - early_share) AS older
                  FROM early
            ),
            left_over AS (
                SELECT shared.*, early_share + late_share AS credit_share,
                       residual - pending - early_share - late_share AS net
                  FROM (
                        SELECT ranked.*, early_total + LEAST(older, credit - early_total) AS credit_before,
                               LEAST(residual - pending - early_share, GREATEST(0, credit - early_total - older))
                                   AS late_share
                          FROM ranked
                       ) shared
            ),
            part_hold AS (%(part_hold)s),
            netted AS (%(parted)s)
            """,
            open_line=self._sql_open_line(company, partner_ids),
            pending_share=self._sql_pending_share(as_of),
            credit=self._sql_credit(company, as_of, partner_ids),
            early_credit=self._sql_early_credit(company, as_of, partner_ids),
            disputed=self._sql_disputed(company, as_of),
            stopped=self._sql_stopped(company, as_of),
            early=self._sql_early(),
            as_of=as_of,
            part_hold=self._sql_part_hold(company, as_of),
            parted=self._sql_parted(),
        )

    @api.model
    def _get_net_by_move(self, moves):
        """Return ``{invoice id: what is left}`` net of payments in progress and credits; settled ones are left out."""
        net = {}
        for source, field_names in NET_SOURCES.items():
            self.env[source].flush_model(field_names)
        for company, company_moves in moves.grouped("company_id").items():
            rows = self.env.execute_query(
                SQL(
                    "WITH %s SELECT move_id, SUM(net) FROM netted WHERE move_id = ANY(%s) GROUP BY move_id",
                    self._sql_netted(company, self._today(company), company_moves.commercial_partner_id.ids),
                    company_moves.ids,
                )
            )
            net |= dict(rows)
        return net

    @api.model
    def _sql_open_line(self, company, partner_ids):
        """Return the query of the instalments with a residual, on posted customer invoices."""
        return SQL(
            """
            SELECT line.id AS line_id, line.move_id, line.currency_id,
                   move.commercial_partner_id AS partner_id, move.partner_id AS invoice_partner_id,
                   move.invoice_date, LEAST(move.invoice_date, move.delivery_date) AS born,
                   %(due)s AS due, line.no_followup, move.payment_state,
                   line.amount_residual_currency AS residual,
                   line.amount_residual / line.amount_residual_currency AS company_rate
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
             WHERE line.company_id = %(company)s AND %(open)s %(scope)s
            """,
            company=company.id,
            open=OPEN_ITEM,
            due=DUE_DATE,
            scope=self._sql_scope(SQL("move.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _sql_pending_share(self, as_of):
        """Return the query of the payments in progress: line_id, date, amount of the instalments they will pay.

        Payments registered without a journal entry never lower the residual. Those for the same invoices pay the
        oldest instalments first; what a bank statement line settled on these invoices since is no longer in
        progress. In another currency a payment cannot be compared: its invoices count as wholly paid.
        """
        return SQL(
            """
            WITH payment_in_progress AS (
                SELECT payment.currency_id, payment.amount, payment.date,
                       array_agg(link.invoice_id ORDER BY link.invoice_id) AS invoice_ids
                  FROM account_move__account_payment link
                  JOIN account_payment payment ON payment.id = link.payment_id
                 WHERE payment.move_id IS NULL AND payment.state IN ('in_process', 'paid')
                   AND payment.date <= %(as_of)s
                   AND link.invoice_id IN (SELECT move_id FROM open_line)
              GROUP BY payment.id
            ),
            pool AS (
                SELECT invoice_ids, currency_id, SUM(amount) AS amount, MIN(date) AS date
                  FROM payment_in_progress GROUP BY invoice_ids, currency_id
            ),
            running AS (
                SELECT pool.invoice_ids, pool.currency_id, pool.date,
                       pool.amount - COALESCE(SUM(cleared.amount), 0) AS amount
                  FROM pool
             LEFT JOIN LATERAL (%(cleared)s) cleared ON TRUE
              GROUP BY pool.invoice_ids, pool.currency_id, pool.date, pool.amount
            ),
            queued AS (
                SELECT open_line.line_id, running.date, open_line.residual, running.amount,
                       open_line.currency_id = running.currency_id AS comparable,
                       SUM(open_line.residual) OVER (
                           PARTITION BY running.invoice_ids, running.currency_id
                               ORDER BY open_line.due, open_line.line_id
                       ) - open_line.residual AS older
                  FROM running
                  JOIN open_line ON open_line.move_id = ANY(running.invoice_ids)
            )
            SELECT line_id, date,
                   CASE WHEN comparable THEN LEAST(residual, GREATEST(0, amount - older)) ELSE residual END AS amount
              FROM queued
            """,
            as_of=as_of,
            cleared=self._sql_cleared(),
        )

    @api.model
    def _sql_cleared(self):
        """Return the LATERAL query of what bank statement lines settled on the invoices of ``pool`` since it began."""
        return SQL(
            """
            SELECT match.debit_amount_currency AS amount
              FROM account_move_line settled
              JOIN account_partial_reconcile match ON match.debit_move_id = settled.id
              JOIN account_move_line credit ON credit.id = match.credit_move_id
              JOIN account_move statement ON statement.id = credit.move_id AND statement.statement_line_id IS NOT NULL
             WHERE settled.move_id = ANY(pool.invoice_ids) AND settled.display_type = 'payment_term'
               AND statement.date >= pool.date %s
            """,
            self._sql_by_then(SQL("statement.date")),
        )

    @api.model
    def _sql_credit(self, company, as_of, partner_ids):
        """Return the query of the credits not matched yet: payments on account, credit notes, other entries."""
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id, line.currency_id,
                   -SUM(line.amount_residual_currency) AS amount
              FROM account_move_line line
              JOIN res_partner partner ON partner.id = line.partner_id
             WHERE line.company_id = %(company)s AND %(open)s AND line.date <= %(as_of)s %(scope)s
          GROUP BY partner.commercial_partner_id, line.currency_id
            """,
            company=company.id,
            open=OPEN_CREDIT,
            as_of=as_of,
            scope=self._sql_scope(SQL("partner.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _sql_scope(self, column, ids):
        """Return ``AND column IN ids``, or nothing when ``ids`` is None."""
        return SQL() if ids is None else SQL("AND %s = ANY(%s)", column, list(ids))

    @api.model
    def _sql_level_rank(self, column):
        """Return the severity of a kind of level, preventive first."""
        return sql_severity(column)
