from odoo import api, models
from odoo.tools import SQL

from ..tools.due_date import DUE_DATE

# A stored selection of relance.hold with these keys tells how a dispute ended; what part of it the debtor lost.
DISPUTE_LOST = {"rejected": 1, "partly": 0.5, "partial": 0.5, "accepted": 0}


class RelanceEngine(models.AbstractModel):
    """The facts a score is made of, as SQL queries by debtor: paid, owed, promised, disputed. Of one company only."""

    _inherit = "relance.engine"

    @api.model
    def _sql_customers(self, company, today, partner_ids):
        """Return the query of the debtors of ``company``: partner_id, customer_since, turnover of twelve months."""
        return SQL(
            """
            SELECT move.commercial_partner_id AS partner_id,
                   MIN(COALESCE(move.invoice_date, move.date)) FILTER (WHERE move.move_type = 'out_invoice')
                       AS customer_since,
                   COALESCE(SUM(move.amount_total_signed) FILTER (
                       WHERE COALESCE(move.invoice_date, move.date) > %(today)s - INTERVAL '12 months'
                   ), 0) AS turnover
              FROM account_move move
             WHERE move.company_id = %(company)s AND move.state = 'posted'
               AND move.move_type IN ('out_invoice', 'out_refund')
               AND move.commercial_partner_id IS NOT NULL %(scope)s
          GROUP BY move.commercial_partner_id
            HAVING bool_or(move.move_type = 'out_invoice')
            """,
            company=company.id,
            today=today,
            scope=self._sql_scope(SQL("move.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _sql_paid_match(self, company, start, partner_ids):
        """Return the query of the matches by which money paid instalments since about ``start``.

        Money is a payment, a line of a bank statement or an entry of a bank or cash journal. A credit note, a write-off
        or a set-off says nothing of how a debtor pays; an exchange difference neither.
        """
        return SQL(
            """
            SELECT match.id, match.amount, match.credit_move_id AS credit_id, entry.id AS entry_id,
                   entry.origin_payment_id IS NOT NULL AS by_payment, credit.date,
                   move.id AS move_id, move.commercial_partner_id AS partner_id, %(due)s AS due
              FROM account_partial_reconcile match
              JOIN account_move_line line ON line.id = match.debit_move_id
              JOIN account_move move ON move.id = line.move_id
              JOIN account_move_line credit ON credit.id = match.credit_move_id
              JOIN account_move entry ON entry.id = credit.move_id
              JOIN account_journal journal ON journal.id = entry.journal_id
             WHERE line.company_id = %(company)s AND line.display_type = 'payment_term'
               AND move.move_type = 'out_invoice' AND move.state = 'posted'
               AND match.amount > 0 AND match.max_date >= %(start)s - INTERVAL '1 year'
               AND entry.move_type = 'entry'
               AND (entry.origin_payment_id IS NOT NULL OR entry.statement_line_id IS NOT NULL
                    OR journal.type IN ('bank', 'cash', 'credit'))
               %(scope)s
            """,
            company=company.id,
            due=DUE_DATE,
            start=start,
            scope=self._sql_scope(SQL("move.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _sql_bank_day(self):
        """Return the query of the day the bank shows what a match of ``paid_match`` took of its payment: id, date.

        The day of its last cent: a payment that reached the bank in several lines pays its matches in their order.
        """
        return SQL(
            """
            SELECT reached.id, MIN(shown.date) AS date
              FROM (SELECT match.id, paid_match.entry_id,
                           SUM(match.credit_amount_currency) OVER (
                               PARTITION BY match.credit_move_id ORDER BY match.id
                           ) AS amount
                      FROM account_partial_reconcile match
                      JOIN (SELECT DISTINCT credit_id, entry_id FROM paid_match WHERE by_payment) paid_match
                        ON paid_match.credit_id = match.credit_move_id
                   ) reached
              JOIN (SELECT outstanding.move_id AS entry_id, outstanding.amount_currency AS whole, statement.date,
                           SUM(cleared.debit_amount_currency) OVER (
                               PARTITION BY outstanding.id ORDER BY statement.date, cleared.id
                           ) AS amount
                      FROM account_partial_reconcile cleared
                      JOIN account_move_line outstanding ON outstanding.id = cleared.debit_move_id
                      JOIN account_move_line bank_line ON bank_line.id = cleared.credit_move_id
                      JOIN account_move statement ON statement.id = bank_line.move_id
                     WHERE statement.statement_line_id IS NOT NULL
                       AND outstanding.move_id IN (SELECT entry_id FROM paid_match WHERE by_payment)
                   ) shown
                ON shown.entry_id = reached.entry_id AND shown.amount >= LEAST(reached.amount, shown.whole) - 0.005
          GROUP BY reached.id
            """
        )

    @api.model
    def _sql_paid(self, start, today):
        """Return the query of how debtors paid from ``start`` on: delays weighted by amount, early counting as 0."""
        return SQL(
            """
            SELECT partner_id, COUNT(DISTINCT move_id) AS paid_count,
                   ROUND(SUM(amount * late) / SUM(amount), 1) AS average_delay,
                   ROUND(100 * SUM(amount) FILTER (WHERE late > 0) / SUM(amount), 1) AS late_share,
                   ROUND(SUM(amount * late) FILTER (WHERE recent)
                         / NULLIF(SUM(amount) FILTER (WHERE recent), 0), 1) AS recent_delay,
                   ROUND(SUM(amount * late) FILTER (WHERE earlier)
                         / NULLIF(SUM(amount) FILTER (WHERE earlier), 0), 1) AS earlier_delay
              FROM (SELECT settled.*, GREATEST(0, day - due) AS late, day > %(middle)s AS recent,
                           day > %(year)s AND day <= %(middle)s AS earlier
                      FROM (SELECT paid_match.*, COALESCE(bank_day.date, paid_match.date) AS day
                              FROM paid_match
                         LEFT JOIN bank_day ON bank_day.id = paid_match.id
                           ) settled
                     WHERE day > %(start)s AND day <= %(today)s
                   ) dated
          GROUP BY partner_id
            """,
            start=start,
            today=today,
            middle=SQL("(%s::date - INTERVAL '6 months')", today),
            year=SQL("(%s::date - INTERVAL '12 months')", today),
        )

    @api.model
    def _sql_overdue(self, company, today):
        """Return the query of what is overdue of ``netted``: amount, age in days, oldest due date.

        What is disputed waits: who is right is not known yet.
        """
        return SQL(
            """
            SELECT partner_id, SUM(net * company_rate) AS amount, MIN(due) AS oldest,
                   ROUND(SUM(net * company_rate * (%(today)s - due)) / SUM(net * company_rate), 1) AS age
              FROM netted
             WHERE due < %(today)s AND net > 0 AND net * company_rate > 0
               AND NOT EXISTS (
                       SELECT FROM relance_hold hold
                        WHERE hold.partner_id = netted.partner_id AND hold.company_id = %(company)s
                          AND hold.reason = 'dispute'
                          AND (hold.move_id IS NULL OR hold.move_id = netted.move_id)
                          AND (hold.line_id IS NULL OR hold.line_id = netted.line_id)
                          AND hold.date_from <= %(today)s AND (hold.date_to IS NULL OR hold.date_to >= %(today)s)
                   )
          GROUP BY partner_id
            """,
            company=company.id,
            today=today,
        )

    @api.model
    def _sql_promise(self, company, start, today, partner_ids):
        """Return the query of the promises decided from ``start`` on: partner_id, kept, broken.

        Called once by the figures; an override returns the same columns. A promise is broken when, at the end of one
        of its days, the ledger showed less than was promised by then; money that is not matched yet counts for the
        debtor. A promise whose days have all passed, or that is wholly paid, is kept. An open one is not decided.
        """
        return SQL(
            """
            SELECT partner_id, COUNT(*) FILTER (WHERE NOT broken) AS kept, COUNT(*) FILTER (WHERE broken) AS broken
              FROM (SELECT commitment.partner_id, bool_or(step.due < %(today)s AND step.missing) AS broken,
                           bool_and(step.due < %(today)s OR NOT step.missing) AS decided,
                           COALESCE(MIN(step.due) FILTER (WHERE step.due < %(today)s AND step.missing),
                                    LEAST(MAX(step.due), %(today)s)) AS decided_on
                      FROM relance_commitment commitment
                      JOIN LATERAL (%(step)s) step ON TRUE
                     WHERE commitment.company_id = %(company)s AND commitment.cancelled IS NOT TRUE
                       AND commitment.date <= %(today)s %(scope)s
                  GROUP BY commitment.id
                   ) judged
             WHERE (decided OR broken) AND decided_on > %(start)s
          GROUP BY partner_id
            """,
            company=company.id,
            start=start,
            today=today,
            step=self._sql_promise_step(today),
            scope=self._sql_scope(SQL("commitment.partner_id"), partner_ids),
        )

    @api.model
    def _sql_promise_step(self, today):
        """Return the LATERAL query of the days of ``commitment``: due, missing (less was paid by then than promised).

        What was paid by a day is the fall of what the ledger leaves of its invoices since it was made.
        """
        return SQL(
            """
            SELECT line.date AS due,
                   SUM(line.amount) OVER (ORDER BY line.date) - 0.005
                   > commitment.base_amount - (invoiced.amount - matched.amount) + unmatched.amount AS missing
              FROM relance_commitment_line line
              JOIN LATERAL (
                    SELECT COALESCE(SUM(item.amount_currency), 0) AS amount
                      FROM relance_commitment_move_rel link
                      JOIN account_move_line item ON item.move_id = link.move_id AND item.display_type = 'payment_term'
                     WHERE link.commitment_id = commitment.id
                   ) invoiced ON TRUE
              JOIN LATERAL (
                    SELECT COALESCE(SUM(match.debit_amount_currency), 0) AS amount
                      FROM relance_commitment_move_rel link
                      JOIN account_move_line item ON item.move_id = link.move_id AND item.display_type = 'payment_term'
                      JOIN account_partial_reconcile match ON match.debit_move_id = item.id
                      JOIN account_move_line credit ON credit.id = match.credit_move_id
                     WHERE link.commitment_id = commitment.id AND credit.date <= LEAST(line.date, %(today)s)
                   ) matched ON TRUE
              JOIN LATERAL (
                    SELECT COALESCE(SUM(netted.residual - netted.net), 0) AS amount
                      FROM relance_commitment_move_rel link
                      JOIN netted ON netted.move_id = link.move_id
                     WHERE link.commitment_id = commitment.id
                   ) unmatched ON TRUE
             WHERE line.commitment_id = commitment.id
            """,
            today=today,
        )

    @api.model
    def _sql_dispute(self, company, start, today, partner_ids):
        """Return the query of the disputes that ended from ``start`` on: partner_id, lost and won by the debtor."""
        return SQL(
            """
            SELECT partner_id, SUM(part) AS lost, SUM(1 - part) AS won
              FROM (SELECT hold.partner_id, %(part)s AS part
                      FROM relance_hold hold
                     WHERE hold.company_id = %(company)s AND hold.reason = 'dispute'
                       AND hold.date_to < %(today)s AND hold.date_to > %(start)s %(scope)s
                   ) judged
             WHERE part IS NOT NULL
          GROUP BY partner_id
            """,
            part=self._sql_dispute_lost(),
            company=company.id,
            start=start,
            today=today,
            scope=self._sql_scope(SQL("hold.partner_id"), partner_ids),
        )

    @api.model
    def _sql_dispute_lost(self):
        """Return what part of the dispute ``hold`` the debtor lost: 1 unfounded, 0 founded, NULL when nobody said.

        Called by the figures. By default the stored selection of ``relance.hold`` that knows "accepted" and "rejected".
        """
        for name, field in self.env["relance.hold"]._fields.items():
            if field.type != "selection" or not field.store:
                continue
            if {"accepted", "rejected"} <= set(field.get_values(self.env)):
                parts = [SQL("WHEN %s THEN %s", key, part) for key, part in DISPUTE_LOST.items()]
                return SQL("CASE %s %s END", SQL.identifier("hold", name), SQL(" ").join(parts))
        return SQL("NULL::numeric")
