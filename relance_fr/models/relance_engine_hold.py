from odoo import api, models
from odoo.tools import SQL


class RelanceEngine(models.AbstractModel):
    """What is held of the amount of an instalment; what suspends the whole of it is the decision's (``_sql_hold``).

    A part that is disputed leaves the rest where it was: the rest is dunned, with
    its own interest, as if the part had never been owed.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_running(self, as_of):
        """Return the condition on ``relance_hold``: it runs on that day, its last day included."""
        return SQL("date_from <= %(as_of)s AND (date_to IS NULL OR date_to >= %(as_of)s)", as_of=as_of)

    @api.model
    def _sql_part_hold(self, company, as_of):
        """Return the query of the parts held: move_id, line_id (NULL: anywhere in the invoice), amount, reason."""
        return SQL(
            """
            SELECT relance_hold.move_id, line_id, SUM(GREATEST(0, amount - %(credited)s)) AS amount,
                   CASE WHEN bool_or(reason = 'dispute') THEN 'disputed' ELSE 'held' END AS reason
              FROM relance_hold
             WHERE company_id = %(company)s AND amount > 0 AND %(running)s
          GROUP BY relance_hold.move_id, line_id
            """,
            company=company.id,
            running=self._sql_running(as_of),
            credited=self._sql_credited(SQL("relance_hold"), as_of),
        )

    @api.model
    def _sql_disputed(self, company, as_of):
        """Return the condition on ``open_line``: its debtor disputes all of it.

        Whoever pays without saying what pays something else first: what he disputes he did not mean.
        """
        return SQL(
            """
            EXISTS (SELECT FROM relance_hold
                     WHERE partner_id = open_line.partner_id AND company_id = %(company)s AND COALESCE(amount, 0) = 0
                       AND (move_id IS NULL OR move_id = open_line.move_id)
                       AND (line_id IS NULL OR line_id = open_line.line_id)
                       AND reason = 'dispute' AND %(running)s)
            """,
            company=company.id,
            running=self._sql_running(as_of),
        )

    @api.model
    def _sql_credited(self, hold, as_of):
        """Return what was credited of the part of ``hold`` that was accepted: it is deducted already, not held.

        Of several parts accepted of an invoice the credit notes settle the one accepted first, each part once.
        """
        return SQL(
            """
            CASE WHEN %(hold)s.resolution IN ('accepted', 'partly') THEN (
                SELECT GREATEST(0, LEAST(%(own)s, %(all)s - earlier.accepted))
                  FROM (SELECT COALESCE(MIN(other.resolved_on), %(hold)s.resolved_on) AS since,
                               COALESCE(SUM(other.accepted_amount), 0) AS accepted
                          FROM relance_hold other
                         WHERE other.move_id = %(hold)s.move_id AND other.resolution IN ('accepted', 'partly')
                           AND (other.resolved_on, other.id) < (%(hold)s.resolved_on, %(hold)s.id)) earlier)
            ELSE 0 END
            """,
            hold=hold,
            own=self._sql_credit_notes(hold, SQL("%s.resolved_on", hold), as_of),
            all=self._sql_credit_notes(hold, SQL("earlier.since"), as_of),
        )

    @api.model
    def _sql_credit_notes(self, hold, since, as_of):
        """Return what was credited of the invoice of ``hold`` from the day ``since`` on.

        The credit notes made of the invoice, matched or not, and others as far as they are matched with it.
        """
        return SQL(
            """
            (COALESCE((SELECT SUM(refund.amount_total) FROM account_move refund
                        WHERE refund.reversed_entry_id = %(hold)s.move_id AND %(counts)s), 0)
           + COALESCE((SELECT SUM(match.debit_amount_currency)
                         FROM account_move_line owed
                         JOIN account_partial_reconcile match ON match.debit_move_id = owed.id
                         JOIN account_move_line credit ON credit.id = match.credit_move_id
                         JOIN account_move refund ON refund.id = credit.move_id
                        WHERE owed.move_id = %(hold)s.move_id
                          AND refund.reversed_entry_id IS DISTINCT FROM %(hold)s.move_id AND %(counts)s), 0))
            """,
            hold=hold,
            counts=SQL(
                """
                refund.move_type = 'out_refund' AND refund.state = 'posted'
                AND refund.invoice_date BETWEEN %s AND %s
                """,
                since,
                as_of,
            ),
        )

    @api.model
    def _sql_parted(self):
        """Return the query of ``left_over`` with the part held of each instalment.

        A part held of a whole invoice is taken from what falls due last: what is not disputed stays due first.
        """
        return SQL(
            """
            SELECT own.*, own.own_part + LEAST(own.net - own.own_part, GREATEST(0, COALESCE(whole.amount, 0)
                   - SUM(own.net - own.own_part) OVER newer_first + own.net - own.own_part)) AS held,
                   COALESCE(own.own_reason, whole.reason) AS held_reason
              FROM (
                    SELECT left_over.*, LEAST(left_over.net, COALESCE(part.amount, 0)) AS own_part,
                           part.reason AS own_reason
                      FROM left_over
                 LEFT JOIN part_hold part ON part.line_id = left_over.line_id
                   ) own
         LEFT JOIN part_hold whole ON whole.move_id = own.move_id AND whole.line_id IS NULL
            WINDOW newer_first AS (PARTITION BY own.move_id ORDER BY own.due DESC, own.line_id DESC)
            """
        )
