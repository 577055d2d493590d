from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..tools.open_items import OPEN_CREDIT


class RelanceEngine(models.AbstractModel):
    """Insolvency proceedings: which debts their judgment concerns, and the day interest stops.

    The event that gave birth to a debt decides, not its invoice (C. com. L622-17, L622-24): the earliest of invoice
    and delivery, and what a person entered as delivered before. What is born on the day of the judgment is taken
    for earlier: it is declared rather than dunned.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_born_before(self, hold, move_id, born):
        """Return the condition on an insolvency ``hold``: its judgment concerns the invoice ``move_id``."""
        return SQL(
            """
            (%(born)s <= %(hold)s.date_from OR EXISTS (
                SELECT FROM relance_hold_earlier_move_rel earlier
                 WHERE earlier.hold_id = %(hold)s.id AND earlier.move_id = %(move_id)s))
            """,
            hold=hold,
            move_id=move_id,
            born=born,
        )

    @api.model
    def _sql_stopped(self, reading):
        """Return the day of the judgment since which the debtor may not pay ``open_line`` (C. com. L622-7), or NULL.

        What he paid without saying what, later invoices take first; what he paid by the judgment, these instalments.
        """
        return SQL(
            """
            (SELECT MIN(date_from) FROM relance_hold
              WHERE partner_id = open_line.partner_id AND company_id = %(company)s AND reason = 'insolvency'
                AND %(running)s AND %(earlier)s)
            """,
            company=reading.company.id,
            running=self._sql_running(reading),
            earlier=self._sql_born_before(SQL("relance_hold"), SQL("open_line.move_id"), SQL("open_line.born")),
        )

    @api.model
    def _sql_early_credit(self, reading):
        """Return the query of the credits of insolvent debtors that are dated up to their (first) judgment."""
        return SQL(
            """
            SELECT judgment.partner_id, judgment.date, line.currency_id, -SUM(line.amount_residual_currency) AS amount
              FROM (SELECT partner_id, MIN(date_from) AS date FROM relance_hold
                     WHERE company_id = %(company)s AND reason = 'insolvency' AND %(running)s %(scope)s
                  GROUP BY partner_id) judgment
              JOIN res_partner partner ON partner.commercial_partner_id = judgment.partner_id
              JOIN account_move_line line ON line.partner_id = partner.id
             WHERE line.company_id = %(company)s AND line.date <= judgment.date AND %(open)s
          GROUP BY judgment.partner_id, judgment.date, line.currency_id
            """,
            company=reading.company.id,
            open=OPEN_CREDIT,
            running=self._sql_running(reading),
            scope=self._sql_scope(SQL("partner_id"), reading.partner_ids),
        )

    @api.model
    def _sql_early(self):
        """Return the query of ``in_progress`` with the share of credits of before the judgment: ``early_share``.

        They pay what the judgment concerns, so that the claim declared and what is owed later never count them twice.
        """
        return SQL(
            """
            SELECT queued.*,
                   CASE WHEN stopped_on = judged_on
                        THEN LEAST(residual - pending, GREATEST(0, early_credit - early_before))
                        ELSE 0 END AS early_share
              FROM (
                    SELECT in_progress.*,
                           SUM(residual - pending) OVER (
                               PARTITION BY partner_id, currency_id, stopped_on ORDER BY is_disputed, due, line_id
                           ) - (residual - pending) AS early_before
                      FROM in_progress
                   ) queued
            """
        )

    @api.model
    def _sql_judgment(self, reading):
        """Return the LATERAL query of the day the interest of ``move`` stopped (C. com. L622-28), NULL if it did not.

        What is born after the judgment bears interest like anything else. Proceedings that were set aside, or
        entered by mistake, end before they start: they stop nothing.
        """
        return SQL(
            """
            SELECT MIN(hold.date_from) AS date
              FROM relance_hold hold
             WHERE hold.partner_id = move.commercial_partner_id AND hold.company_id = %(company)s
               AND hold.reason = 'insolvency' AND hold.date_from <= %(as_of)s
               AND (hold.date_to IS NULL OR hold.date_to >= hold.date_from)
               AND %(earlier)s
            """,
            company=reading.company.id,
            as_of=reading.as_of,
            earlier=self._sql_born_before(
                SQL("hold"), SQL("move.id"), SQL("LEAST(move.invoice_date, move.delivery_date)")
            ),
        )

    @api.model
    def _add_credit_notes_since(self, credits, day, facts):
        """Add what is not matched of the credit notes made of the invoices of ``facts`` after ``day``, oldest first.

        An invoice that was paid since leaves its credit note nothing to be matched with: it lowers the claim all the
        same. Those up to ``day`` are credits like any other (``_sql_netted``).

        :param credits: ``{line_id: [(date, amount)]}``, completed
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT refund.reversed_entry_id, line.currency_id, line.date, (-line.amount_residual_currency)::text
                  FROM account_move refund
                  JOIN account_move_line line ON line.move_id = refund.id AND line.display_type = 'payment_term'
                 WHERE refund.reversed_entry_id = ANY(%s) AND refund.move_type = 'out_refund'
                   AND %s AND line.date > %s
              ORDER BY line.date, line.id
                """,
                list({fact["move_id"] for fact in facts}),
                OPEN_CREDIT,
                day,
            )
        )
        for move_id, currency_id, date, amount in rows:
            left = Decimal(amount)
            for fact in facts:
                if (fact["move_id"], fact["currency_id"]) != (move_id, currency_id):
                    continue
                credited = sum(part for _day, part in credits[fact["line_id"]])
                taken = min(left, max(Decimal(0), Decimal(fact["amount"]) - credited))
                if taken:
                    credits[fact["line_id"]].append((date, taken))
                    left -= taken
