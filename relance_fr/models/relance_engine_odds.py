from datetime import date, timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.due_date import DUE_DATE
from .res_company import AGE_STARTS, AGES

# How far back the odds are measured (days), and how many instalments make a measure.
ODDS_HISTORY = 730
ODDS_MIN_INSTALMENTS = 10
# Before any entry.
EVER = date(1900, 1, 1)


class RelanceEngine(models.AbstractModel):
    """The odds that a debt of some age is paid: measured by the company's own ledger, else as the company assumes."""

    _inherit = "relance.engine"

    @api.model
    def _get_odds(self, company):
        """Return the odds of ``company`` by age: dicts age, assumed, measured (None: too few), used, count, amount.

        Measured: of all that reached this age unpaid, at least ``relance_odds_days`` ago and within two years after
        that, the share of the amount that was paid in so many days; ``count`` instalments of ``amount`` in all.
        """
        self.env.flush_all()
        rows = self.env.execute_query(self._query_odds(company, self._today(company)))
        found = {age: (count, float(amount), float(paid)) for age, count, amount, paid in rows}
        odds = []
        for age, _label in AGES:
            count, amount, paid = found.get(age, (0, 0.0, 0.0))
            assumed = company._get_relance_setting(f"relance_odds_{age}")
            measured = round(100 * paid / amount, 1) if count >= ODDS_MIN_INSTALMENTS else None
            used = assumed if measured is None else measured
            odds.append(
                {"age": age, "assumed": assumed, "measured": measured, "used": used, "count": count, "amount": amount}
            )
        return odds

    @api.model
    def _query_odds(self, company, today):
        """Return the query of what reached each age and what was paid of it then: age, count, amount, paid."""
        days = company._get_relance_setting("relance_odds_days")
        oldest = today - timedelta(days=ODDS_HISTORY + days + max(AGE_STARTS.values()))
        return SQL(
            """
            WITH %(money)s,
            item AS (%(item)s),
            age (key, start) AS (VALUES %(ages)s),
            reached AS (
                SELECT age.key, item.id,
                       item.amount - COALESCE(SUM(money.amount) FILTER (
                           WHERE age.start > 0 AND money.day < item.due + age.start
                       ), 0) AS amount,
                       COALESCE(SUM(money.amount) FILTER (
                           WHERE (age.start = 0 OR money.day >= item.due + age.start)
                             AND money.day <= item.due + age.start + %(days)s
                       ), 0) AS paid
                  FROM item
                  JOIN age ON item.due + age.start + %(days)s BETWEEN %(today)s - %(history)s AND %(today)s
             LEFT JOIN money ON money.line_id = item.id
              GROUP BY age.key, age.start, item.id, item.amount
            )
            SELECT key, COUNT(*), SUM(amount), SUM(LEAST(amount, paid)) FROM reached WHERE amount > 0.005 GROUP BY key
            """,
            money=self._sql_money(company, oldest),
            item=self._sql_odds_item(company, oldest),
            ages=SQL(", ").join(SQL("(%s, %s)", key, start) for key, start in AGE_STARTS.items()),
            days=days,
            today=today,
            history=ODDS_HISTORY,
        )

    @api.model
    def _sql_odds_item(self, company, oldest):
        """Return the query of the instalments due from ``oldest`` on, less credit notes: id, due, amount."""
        return SQL(
            """
            SELECT line.id, %(due)s AS due, line.balance - COALESCE(credited.amount, 0) AS amount
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN (
                   SELECT match.debit_move_id AS line_id, SUM(match.amount) AS amount
                     FROM account_partial_reconcile match
                     JOIN account_move_line credit ON credit.id = match.credit_move_id
                     JOIN account_move refund ON refund.id = credit.move_id AND refund.move_type = 'out_refund'
                    WHERE refund.company_id = %(company)s
                 GROUP BY match.debit_move_id
                   ) credited ON credited.line_id = line.id
             WHERE line.company_id = %(company)s AND line.display_type = 'payment_term'
               AND line.parent_state = 'posted' AND line.balance > 0 AND %(due)s >= %(oldest)s
               AND move.move_type = 'out_invoice'
            """,
            company=company.id,
            due=DUE_DATE,
            oldest=oldest,
        )

    @api.model
    def _sql_money(self, company, start=None):
        """Return CTEs ending in ``money``: line_id, day, amount (company currency) of what was paid of instalments.

        :param start: what was matched more than a year earlier is left out; None for all
        """
        return SQL(
            """
            paid_match AS (%s),
            bank_day AS (%s),
            money AS (
                SELECT match.debit_move_id AS line_id, paid_match.amount,
                       COALESCE(bank_day.date, paid_match.date) AS day
                  FROM paid_match
                  JOIN account_partial_reconcile match ON match.id = paid_match.id
             LEFT JOIN bank_day ON bank_day.id = paid_match.id
            )
            """,
            self._sql_paid_match(company, start or EVER, None),
            self._sql_bank_day(),
        )

    @api.model
    def _sql_age(self, due, today):
        """Return the age of what falls due on SQL ``due``: a key of ``AGES``."""
        older = sorted(((start, key) for key, start in AGE_STARTS.items() if start), reverse=True)
        cases = [SQL("WHEN %s <= %s - %s THEN %s", due, today, start, key) for start, key in older]
        return SQL("CASE %s ELSE '0' END", SQL(" ").join(cases))
