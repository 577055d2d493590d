from odoo import api, models
from odoo.tools import SQL

from ..tools.channels import sql_severity
from ..tools.due_date import DUE_DATE
from ..tools.open_items import CREDIT, ITEM, OPEN_CREDIT, OPEN_ITEM
from ..tools.reading import Reading

# What the net amounts are read from, to be saved first.
NET_SOURCES = {
    "account.move": ["state", "move_type", "commercial_partner_id", "partner_id", "invoice_date", "invoice_date_due",
                     "delivery_date"],
    "account.move.line": ["date_maturity", "reconciled", "parent_state", "amount_residual_currency", "partner_id"],
    "account.partial.reconcile": None,
    "account.payment": ["state", "amount", "date", "move_id"],
    "relance.hold": None,
}  # fmt: skip

# What is left of instalments as the ledger stands now, see ``_sql_open_line``.
LEFT_NOW = {
    "residual": SQL("line.amount_residual_currency"),
    "rate": SQL("line.amount_residual / line.amount_residual_currency"),
    "settled": SQL(),
    "is_open": OPEN_ITEM,
}


class RelanceEngine(models.AbstractModel):
    """The open instalments of a company and what is really left of them, as SQL fragments.

    ``_sql_netted`` is the only place that says what a debtor owes: residual, less
    payments in progress, less his unallocated credits set against his oldest
    instalments first (Code civil 1342-10), what he disputes or may not pay last. Decision and claim both read it.
    All of it is read as a ``Reading`` says: now, or as it stood at the end of a day that is over.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_netted(self, reading):
        """Return CTEs ending in ``netted``: one row per open instalment.

        Columns: line_id, move_id, currency_id, partner_id (commercial), invoice_partner_id, invoice_date, born, due,
        no_followup, payment_state, residual, pending, credit_share, of it early_share (credits of before a judgment),
        credit_before and early_before (credits used by the instalments before it, for each of the two), net, held (the
        part of net that is disputed or suspended alone), held_reason, company_rate (company currency for one unit
        of the invoice's). Amounts in the currency of the invoice.
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
            open_line=self._sql_open_line(reading),
            pending_share=self._sql_pending_share(reading),
            credit=self._sql_credit(reading),
            early_credit=self._sql_early_credit(reading),
            disputed=self._sql_disputed(reading),
            stopped=self._sql_stopped(reading),
            early=self._sql_early(),
            as_of=reading.as_of,
            part_hold=self._sql_part_hold(reading),
            parted=self._sql_parted(),
        )

    @api.model
    def _get_net_by_move(self, moves):
        """Return ``{invoice id: what is left}`` net of payments in progress and credits; settled ones are left out."""
        net = {}
        for source, field_names in NET_SOURCES.items():
            self.env[source].flush_model(field_names)
        for company, company_moves in moves.grouped("company_id").items():
            reading = Reading(company, self._today(company), company_moves.commercial_partner_id.ids)
            rows = self.env.execute_query(
                SQL(
                    "WITH %s SELECT move_id, SUM(net) FROM netted WHERE move_id = ANY(%s) GROUP BY move_id",
                    self._sql_netted(reading),
                    company_moves.ids,
                )
            )
            net |= dict(rows)
        return net

    @api.model
    def _sql_open_line(self, reading):
        """Return the query of the instalments with something left, on posted customer invoices."""
        left = self._get_left_then(reading.ledger_day) if reading.ledger_day else LEFT_NOW
        lines = SQL(
            """
            SELECT line.id AS line_id, line.move_id, line.currency_id,
                   move.commercial_partner_id AS partner_id, move.partner_id AS invoice_partner_id,
                   move.invoice_date, LEAST(move.invoice_date, move.delivery_date) AS born,
                   %(due)s AS due, line.no_followup, move.payment_state,
                   %(residual)s AS residual,
                   %(rate)s AS company_rate
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
                   %(settled)s
             WHERE line.company_id = %(company)s AND %(is_open)s %(scope)s
            """,
            company=reading.company.id,
            due=DUE_DATE,
            scope=self._sql_scope(SQL("move.commercial_partner_id"), reading.partner_ids),
            **left,
        )
        return self._sql_not_paid_as_usual(reading, lines) if reading.usual_days else lines

    @api.model
    def _get_left_then(self, day):
        """Return the fragments of ``_sql_open_line`` that tell what was left on the evening of ``day``.

        What was matched counts from the day both sides of the match were entered for, as in Odoo's own aged balance.
        """
        return {
            "residual": SQL("line.amount_currency - settled.amount"),
            "rate": SQL("line.balance / line.amount_currency"),
            "settled": SQL(
                """
        CROSS JOIN LATERAL (
                   SELECT COALESCE(SUM(match.debit_amount_currency), 0) AS amount
                     FROM account_partial_reconcile match
                    WHERE match.debit_move_id = line.id AND match.max_date <= %s
                   ) settled
                """,
                day,
            ),
            "is_open": SQL(
                """
                   %(item)s
               AND line.amount_currency > settled.amount
               AND move.invoice_date <= %(day)s
               AND (line.reconciled IS NOT TRUE OR line.id IN (
                    SELECT debit_move_id FROM account_partial_reconcile WHERE max_date > %(day)s))
                """,
                item=ITEM,
                day=day,
            ),
        }

    @api.model
    def _sql_not_paid_as_usual(self, reading, lines):
        """Return ``lines`` without those that their debtor, paying as late as he does on average, has paid by the day.

        What is later than usual already is not expected any more.
        """
        first, last = reading.usual_days
        return SQL(
            """
            SELECT line.*
              FROM (%(lines)s) line
         LEFT JOIN relance_partner_profile profile ON profile.partner_id = line.partner_id
                                                  AND profile.company_id = %(company)s AND profile.paid_count > 0
             WHERE COALESCE(line.due + CEIL(GREATEST(profile.average_delay, 0))::int NOT BETWEEN %(first)s AND %(last)s,
                            TRUE)
            """,
            lines=lines,
            company=reading.company.id,
            first=first,
            last=last,
        )

    @api.model
    def _sql_pending_share(self, reading):
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
            as_of=reading.as_of,
            cleared=self._sql_cleared(reading),
        )

    @api.model
    def _sql_cleared(self, reading):
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
            self._sql_by_then(reading, SQL("statement.date")),
        )

    @api.model
    def _sql_credit(self, reading):
        """Return the query of the credits not matched yet: payments on account, credit notes, other entries."""
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id, line.currency_id,
                   -SUM(%(residual)s) AS amount
              %(lines)s
          GROUP BY partner.commercial_partner_id, line.currency_id
            """,
            residual=self._sql_credit_residual(reading),
            lines=self._sql_credit_lines(reading),
        )

    @api.model
    def _sql_credit_residual(self, reading):
        """Return what is not matched of a ``line`` of ``_sql_credit_lines``, below zero."""
        if reading.ledger_day:
            return SQL("line.amount_currency + used.amount")
        return SQL("line.amount_residual_currency")

    @api.model
    def _sql_credit_lines(self, reading):
        """Return FROM and WHERE of the receivable entries (``line``, ``partner``) not matched in full."""
        day = reading.ledger_day
        used, is_open = SQL(), OPEN_CREDIT
        if day:
            used = SQL(
                """
        CROSS JOIN LATERAL (
                   SELECT COALESCE(SUM(match.credit_amount_currency), 0) AS amount
                     FROM account_partial_reconcile match
                    WHERE match.credit_move_id = line.id AND match.max_date <= %s
                   ) used
                """,
                day,
            )
            is_open = SQL(
                """
                   %s
               AND line.amount_currency < 0
               AND -line.amount_currency > used.amount
               AND (line.reconciled IS NOT TRUE OR line.id IN (
                    SELECT credit_move_id FROM account_partial_reconcile WHERE max_date > %s))
                """,
                CREDIT,
                day,
            )
        return SQL(
            """
              FROM account_move_line line
              JOIN res_partner partner ON partner.id = line.partner_id
                   %(used)s
             WHERE line.company_id = %(company)s AND %(is_open)s AND line.date <= %(day)s %(scope)s
            """,
            used=used,
            company=reading.company.id,
            is_open=is_open,
            day=day or reading.as_of,
            scope=self._sql_scope(SQL("partner.commercial_partner_id"), reading.partner_ids),
        )

    @api.model
    def _sql_by_then(self, reading, column):
        """Return ``AND`` a condition on the day a movement is known from; nothing: all that the ledger holds is."""
        return SQL("AND %s <= %s", column, reading.ledger_day) if reading.ledger_day else SQL()

    @api.model
    def _sql_scope(self, column, ids):
        """Return ``AND column IN ids``, or nothing when ``ids`` is None."""
        return SQL() if ids is None else SQL("AND %s = ANY(%s)", column, list(ids))

    @api.model
    def _sql_level_rank(self, column):
        """Return the severity of a kind of level, preventive first."""
        return sql_severity(column)
