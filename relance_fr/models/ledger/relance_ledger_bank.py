from odoo import api, models
from odoo.tools import SQL, format_amount, format_date

from ...tools.open_items import OPEN_CREDIT


class RelanceLedger(models.AbstractModel):
    """Is the bank up to date? No job duns while what was paid may not have been entered yet."""

    _inherit = "relance.ledger"

    @api.model
    def _is_bank_up_to_date(self, reading):
        """Tell whether the receipts of the company are known well enough to dun without a person."""
        return reading.bank_known or self._get_bank_state(reading.company, reading.as_of)["up_to_date"]

    @api.model
    def _get_bank_state(self, company, as_of):
        """Return what is known of the bank of ``company`` on a day.

        One never seen is not up to date either, unless the company does not look at its age.

        :return: dict ``last_date`` (newest statement line or customer payment, None), ``age`` (days, None),
            ``unmatched_count`` and ``unmatched_amount`` (receipts matched with no invoice, company currency),
            ``up_to_date`` and ``message`` (a sentence for the accountant, with the limits that are exceeded)
        """
        self.env.flush_all()
        [state] = self.env.execute_query_dict(self._query_bank(company, as_of))
        state["age"] = (as_of - state["last_date"]).days if state["last_date"] else None
        exceeded = self._get_bank_faults(company, state)
        state["up_to_date"] = not exceeded
        state["message"] = self._get_bank_message(company, state, exceeded)
        return state

    @api.model
    def _query_bank(self, company, as_of):
        """Return the query of one row: last_date, unmatched_count, unmatched_amount.

        What is not matched of a statement line is what is left on the suspense account of its journal.
        """
        return SQL(
            """
            WITH receipt AS (
                SELECT -SUM(suspense.balance) AS amount
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id AND move.state = 'posted'
                  JOIN account_journal journal ON journal.id = line.journal_id
                  JOIN account_move_line suspense ON suspense.move_id = move.id
                                                 AND suspense.account_id = journal.suspense_account_id
                 WHERE line.company_id = %(company)s AND line.is_reconciled IS NOT TRUE AND line.amount > 0
                   AND move.date <= %(as_of)s
              GROUP BY line.id
                HAVING SUM(suspense.balance) < 0
                 UNION ALL
                SELECT -SUM(line.amount_residual) AS amount
                  FROM account_payment payment
                  JOIN account_move_line line ON line.move_id = payment.move_id
                 WHERE payment.company_id = %(company)s AND payment.payment_type = 'inbound'
                   AND payment.partner_type = 'customer' AND payment.date <= %(as_of)s
                   AND %(open)s
              GROUP BY payment.id
            )
            SELECT GREATEST(
                       (SELECT MAX(move.date) FROM account_bank_statement_line line
                          JOIN account_move move ON move.id = line.move_id
                         WHERE line.company_id = %(company)s AND move.date <= %(as_of)s),
                       (SELECT MAX(date) FROM account_payment
                         WHERE company_id = %(company)s AND payment_type = 'inbound' AND partner_type = 'customer'
                           AND state IN ('in_process', 'paid') AND date <= %(as_of)s)
                   ) AS last_date,
                   (SELECT COUNT(*) FROM receipt) AS unmatched_count,
                   (SELECT COALESCE(SUM(amount), 0) FROM receipt) AS unmatched_amount
            """,
            company=company.id,
            as_of=as_of,
            open=OPEN_CREDIT,
        )

    @api.model
    def _get_bank_faults(self, company, state):
        """Return what is wrong with the bank, as sentences with what to do."""
        faults = []
        setting = company._get_relance_setting
        max_age, max_count = setting("relance_bank_max_age"), setting("relance_bank_max_count")
        if max_age and not state["last_date"]:
            faults.append(
                self.env._(
                    "Import a bank statement or register a payment, or do not look at the bank any more (age 0 in the "
                    "settings)."
                )
            )
        if max_age and state["age"] is not None and state["age"] > max_age:
            faults.append(
                self.env._("Import the bank statements or register the payments: %s days at most are allowed.", max_age)
            )
        if max_count and state["unmatched_count"] > max_count:
            faults.append(self.env._("Match the receipts with their invoices: %s at most may be left.", max_count))
        max_amount, currency = setting("relance_bank_max_amount"), company.currency_id
        if max_amount and currency.compare_amounts(float(state["unmatched_amount"]), max_amount) > 0:
            faults.append(
                self.env._(
                    "Match the receipts with their invoices: %s at most may be left.",
                    format_amount(self.env, max_amount, currency),
                )
            )
        return faults

    @api.model
    def _get_bank_message(self, company, state, faults):
        """Return the state of the bank as a text: the newest movement, what is not matched, what to do."""
        if not state["last_date"]:
            unknown = self.env._("No bank statement and no customer payment: what was paid is not known.")
            return " ".join([unknown, *faults])
        sentences = [
            self.env._(
                "Last bank movement or payment on %(date)s (%(age)s days ago).",
                date=format_date(self.env, state["last_date"]),
                age=state["age"],
            )
        ]
        if state["unmatched_count"]:
            sentences.append(
                self.env._(
                    "Receipts matched with no invoice: %(count)s, %(amount)s in all.",
                    count=state["unmatched_count"],
                    amount=format_amount(self.env, float(state["unmatched_amount"]), company.currency_id),
                )
            )
        return " ".join(sentences + faults)
