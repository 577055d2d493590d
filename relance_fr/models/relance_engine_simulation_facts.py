from odoo import api, models
from odoo.tools import SQL

from ..law.periods import Semester
from ..tools.due_date import DUE_DATE


class RelanceEngine(models.AbstractModel):
    """What a simulated day takes for a fact: the ledger of a day that is over, another calendar, a bank up to date.

    The methods the decision is made of, answered otherwise while a ``Simulation`` goes on and only then.
    """

    _inherit = "relance.engine"

    @api.model
    def _query_decision(self, company, as_of, automatic, moves=None, partner_ids=None, again=False):
        simulation = self._get_simulation()
        if simulation and moves is None and partner_ids is None:
            partner_ids = simulation.partner_ids if simulation.awake is None else simulation.awake
        return super()._query_decision(company, as_of, automatic, moves=moves, partner_ids=partner_ids, again=again)

    @api.model
    def _sql_calendar(self, companies, company_id):
        simulation = self._get_simulation()
        if simulation and simulation.calendar_id:
            return SQL("%s::int4", simulation.calendar_id)
        return super()._sql_calendar(companies, company_id)

    @api.model
    def _is_bank_up_to_date(self, company, as_of):
        return bool(self._get_simulation()) or super()._is_bank_up_to_date(company, as_of)

    @api.model
    def _get_claims(self, company, as_of, line_ids, missing=None, **options):
        """Count interest up to the last known rate where that of a day to come is not published yet, and say so."""
        simulation = self._get_simulation()
        if not simulation or missing is not None:
            return super()._get_claims(company, as_of, line_ids, missing=missing, **options)
        missing = {}
        claims = super()._get_claims(company, as_of, line_ids, missing=missing, **options)
        if missing:
            simulation.missing = next(iter(missing.values()))
            # Rates are public facts.
            last = self.env["relance.rate"].sudo().search([], order="date_from desc", limit=1)
            known = min(as_of, Semester.of(last.date_from).end) if last else as_of
            claims |= super()._get_claims(company, known, list(missing), **options)
        return claims

    # === THE LEDGER OF A DAY === #

    @api.model
    def _sql_open_line(self, company, partner_ids):
        simulation = self._get_simulation()
        if not simulation:
            return super()._sql_open_line(company, partner_ids)
        if simulation.is_past:
            return self._sql_past_open_line(company, partner_ids, simulation.day)
        lines = super()._sql_open_line(company, partner_ids)
        return self._sql_not_paid_as_usual(company, lines, simulation) if simulation.usual_delay else lines

    @api.model
    def _sql_past_open_line(self, company, partner_ids, day):
        """Return the query of the instalments as they stood on the evening of ``day``.

        What was matched with them counts from the day both sides of the match were entered for, as in Odoo's own aged
        balance.
        """
        return SQL(
            """
            SELECT line.id AS line_id, line.move_id, line.currency_id,
                   move.commercial_partner_id AS partner_id, move.partner_id AS invoice_partner_id,
                   move.invoice_date, LEAST(move.invoice_date, move.delivery_date) AS born,
                   %(due)s AS due, line.no_followup, move.payment_state,
                   line.amount_currency - settled.amount AS residual,
                   line.balance / line.amount_currency AS company_rate
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
        CROSS JOIN LATERAL (
                   SELECT COALESCE(SUM(match.debit_amount_currency), 0) AS amount
                     FROM account_partial_reconcile match
                    WHERE match.debit_move_id = line.id AND match.max_date <= %(day)s
                   ) settled
             WHERE line.company_id = %(company)s
               AND line.display_type = 'payment_term'
               AND line.parent_state = 'posted'
               AND line.amount_currency > settled.amount
               AND move.move_type = 'out_invoice'
               AND move.invoice_date <= %(day)s
               AND (line.reconciled IS NOT TRUE OR line.id IN (
                    SELECT debit_move_id FROM account_partial_reconcile WHERE max_date > %(day)s))
               %(scope)s
            """,
            company=company.id,
            due=DUE_DATE,
            day=day,
            scope=self._sql_scope(SQL("move.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _sql_not_paid_as_usual(self, company, lines, simulation):
        """Return ``lines`` without those that their debtor, paying as late as he does on average, has paid by the day.

        What is later than usual already is not expected any more.
        """
        return SQL(
            """
            SELECT line.*
              FROM (%(lines)s) line
         LEFT JOIN relance_partner_profile profile ON profile.partner_id = line.partner_id
                                                  AND profile.company_id = %(company)s AND profile.paid_count > 0
             WHERE COALESCE(line.due + CEIL(GREATEST(profile.average_delay, 0))::int NOT BETWEEN %(today)s AND %(day)s,
                            TRUE)
            """,
            lines=lines,
            company=company.id,
            today=simulation.today,
            day=simulation.day,
        )

    @api.model
    def _sql_past_credit(self, company, partner_ids, day):
        """Return the query of the credits not used up by ``day``: id, partner_id, currency_id, date, amount."""
        return SQL(
            """
            SELECT line.id, partner.commercial_partner_id AS partner_id, line.currency_id, line.date,
                   -line.amount_currency - used.amount AS amount
              FROM account_move_line line
              JOIN res_partner partner ON partner.id = line.partner_id
        CROSS JOIN LATERAL (
                   SELECT COALESCE(SUM(match.credit_amount_currency), 0) AS amount
                     FROM account_partial_reconcile match
                    WHERE match.credit_move_id = line.id AND match.max_date <= %(day)s
                   ) used
             WHERE line.company_id = %(company)s
               AND line.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
               AND line.parent_state = 'posted'
               AND line.amount_currency < 0
               AND -line.amount_currency > used.amount
               AND line.date <= %(day)s
               AND (line.reconciled IS NOT TRUE OR line.id IN (
                    SELECT credit_move_id FROM account_partial_reconcile WHERE max_date > %(day)s))
               %(scope)s
            """,
            company=company.id,
            due=DUE_DATE,
            day=day,
            scope=self._sql_scope(SQL("partner.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _sql_credit(self, company, as_of, partner_ids):
        simulation = self._get_simulation()
        if not simulation or not simulation.is_past:
            return super()._sql_credit(company, as_of, partner_ids)
        return SQL(
            "SELECT partner_id, currency_id, SUM(amount) AS amount FROM (%s) credit GROUP BY partner_id, currency_id",
            self._sql_past_credit(company, partner_ids, simulation.day),
        )

    @api.model
    def _get_unallocated_credits(self, company, as_of, partner_ids):
        simulation = self._get_simulation()
        if not simulation or not simulation.is_past:
            return super()._get_unallocated_credits(company, as_of, partner_ids)
        query = SQL(
            "SELECT partner_id, currency_id, date, amount::text FROM (%s) credit ORDER BY date, id",
            self._sql_past_credit(company, partner_ids, simulation.day),
        )
        return self._group_credits(self.env.execute_query(query))

    @api.model
    def _add_unmatched(self, payments, company, as_of, facts):
        simulation = self._get_simulation()
        if simulation and simulation.is_past:
            for fact in facts:
                # Settled since, it was open then; what was not has nothing to be added.
                fact["is_open"] = True
        return super()._add_unmatched(payments, company, as_of, facts)

    @api.model
    def _sql_by_then(self, column):
        simulation = self._get_simulation()
        if not simulation or not simulation.is_past:
            return super()._sql_by_then(column)
        return SQL("AND %s <= %s", column, simulation.day)
