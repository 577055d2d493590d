from dateutil.relativedelta import relativedelta
from odoo import fields, models
from odoo.tools import SQL, format_amount, format_date

from ...tools.open_items import OPEN_CREDIT

# How long a journal without any movement is still expected to receive some.
LIVE_MONTHS = 12


class ResCompany(models.Model):
    """What is known of the bank of a company."""

    _inherit = "res.company"

    def _relance_describe_bank(self):
        state = self._relance_get_bank_state(self._relance_today())
        return state["message"], state["up_to_date"]

    def _relance_get_bank_state(self, as_of):
        """Return what is known of the bank of the company on a day: the journal that is known the least counts.

        Looked at are the bank journals of the legal entity (its root company and branches) where customers pay: one
        that is known to have received money of customers, or money that nobody matched yet. Each is known as far as its
        statement lines go; one without any in the last twelve months, as far as its customer payments. Not looked at:
        journals archived or left out by a person, and those where nothing happened for twelve months, unless there is
        no other; payments that a provider reports by itself tell nothing of the bank. A bank never seen is not up to
        date either, unless the company does not look at its age.

        :param as_of: the day; what is dated later is not known yet
        :return: dict ``last_date`` (until when all of them are known, None when there is none), ``age`` (days, None),
            ``journals`` (``[(account.journal, day)]``, the least known first), ``unmatched_count`` and
            ``unmatched_amount`` (receipts matched with no invoice, company currency), ``up_to_date`` and ``message`` (a
            sentence for the accountant, with the limits that are exceeded)
        """
        self.env.flush_all()
        [state] = self.env.execute_query_dict(self._relance_query_bank(as_of))
        # The names of the journals are told to whoever sends, also of a branch without access to its parent.
        Journal = self.env["account.journal"].sudo()
        days = {journal_id: fields.Date.to_date(day) for journal_id, day in state.pop("seen") or ()}
        live = {journal_id: day for journal_id, day in days.items() if day > as_of - relativedelta(months=LIVE_MONTHS)}
        if days and not live:
            newest = max(days, key=lambda journal_id: (days[journal_id], -journal_id))
            live = {newest: days[newest]}
        seen = sorted(live.items(), key=lambda item: (item[1], item[0]))
        state["journals"] = [(Journal.browse(journal_id), day) for journal_id, day in seen]
        state["last_date"] = seen[0][1] if seen else None
        state["age"] = (as_of - state["last_date"]).days if seen else None
        late = self._relance_get_late_journals(state, as_of)
        exceeded = self._relance_get_bank_faults(state, late)
        state["up_to_date"] = not exceeded
        state["message"] = self._relance_get_bank_message(state, late or state["journals"][:1], exceeded, as_of)
        return state

    def _relance_query_bank(self, as_of):
        """Return the query of one row: seen (``[[journal id, day]]``), unmatched_count, unmatched_amount.

        What is not matched of a statement line is what is left on the suspense account of its journal.
        """
        return SQL(
            """
            WITH entity AS (
                -- nobody matches what came in at a branch that was closed, nor imports its statements
                SELECT id FROM res_company WHERE active AND id = ANY(%(entity)s)
            ),
            receipt AS (
                SELECT -SUM(suspense.balance) AS amount
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id AND move.state = 'posted'
                  JOIN account_journal journal ON journal.id = line.journal_id
                  JOIN account_move_line suspense ON suspense.move_id = move.id
                                                 AND suspense.account_id = journal.suspense_account_id
                 WHERE line.company_id IN (SELECT id FROM entity) AND line.is_reconciled IS NOT TRUE AND line.amount > 0
                   AND move.date <= %(as_of)s
              GROUP BY line.id
                HAVING SUM(suspense.balance) < 0
                 UNION ALL
                SELECT -SUM(line.amount_residual) AS amount
                  FROM account_payment payment
                  JOIN account_move_line line ON line.move_id = payment.move_id
                 WHERE payment.company_id IN (SELECT id FROM entity) AND payment.payment_type = 'inbound'
                   AND payment.partner_type = 'customer' AND payment.date <= %(as_of)s
                   AND %(open)s
              GROUP BY payment.id
            ),
            bank AS (%(bank)s)
            SELECT (SELECT jsonb_agg(jsonb_build_array(id, CASE WHEN line_date > %(live)s THEN line_date
                                                                ELSE COALESCE(payment_date, line_date) END))
                      FROM bank WHERE COALESCE(payment_date, line_date) IS NOT NULL) AS seen,
                   (SELECT COUNT(*) FROM receipt) AS unmatched_count,
                   (SELECT COALESCE(SUM(amount), 0) FROM receipt) AS unmatched_amount
            """,
            entity=self._relance_get_entity_ids(),
            as_of=as_of,
            open=OPEN_CREDIT,
            live=as_of - relativedelta(months=LIVE_MONTHS),
            bank=self._relance_sql_bank(as_of),
        )

    def _relance_sql_bank(self, as_of):
        """Return the query of the bank journals of ``entity`` where customers pay: id, line_date, payment_date."""
        by_provider = SQL()
        if "payment_transaction_id" in self.env["account.payment"]._fields:
            by_provider = SQL("AND payment.payment_transaction_id IS NULL")
        return SQL(
            """
            SELECT journal.id, paid.date AS payment_date,
                   (SELECT MAX(move.date) FROM account_bank_statement_line line
                      JOIN account_move move ON move.id = line.move_id
                     WHERE line.journal_id = journal.id AND move.date <= %(as_of)s) AS line_date
              FROM account_journal journal
        CROSS JOIN LATERAL (
                   SELECT MAX(payment.date) AS date FROM account_payment payment
                    WHERE payment.journal_id = journal.id AND payment.payment_type = 'inbound'
                      AND payment.partner_type = 'customer' AND payment.state IN ('in_process', 'paid')
                      AND payment.date <= %(as_of)s %(by_provider)s
                   ) paid
             WHERE journal.type = 'bank' AND journal.active AND journal.company_id IN (SELECT id FROM entity)
               AND TRIM(COALESCE(journal.relance_bank_left_out, '')) = ''
               AND (paid.date IS NOT NULL OR EXISTS (
                       SELECT FROM account_bank_statement_line line
                         JOIN account_move move ON move.id = line.move_id
                         JOIN account_move_line other ON other.move_id = move.id
                         JOIN account_account account ON account.id = other.account_id
                        WHERE line.journal_id = journal.id AND line.amount > 0 AND move.date <= %(as_of)s
                          AND (account.account_type = 'asset_receivable'
                               OR other.account_id = journal.suspense_account_id)
                   ))
            """,
            as_of=as_of,
            by_provider=by_provider,
        )

    def _relance_get_late_journals(self, state, as_of):
        """Return those of ``state["journals"]`` that are known less well than the company allows."""
        max_age = self._get_relance_setting("relance_bank_max_age")
        return [(journal, day) for journal, day in state["journals"] if max_age and (as_of - day).days > max_age]

    def _relance_get_bank_faults(self, state, late):
        """Return what is wrong with the bank, as sentences with what to do."""
        faults = []
        setting = self._get_relance_setting
        max_age, max_count = setting("relance_bank_max_age"), setting("relance_bank_max_count")
        if max_age and not state["last_date"]:
            faults.append(
                self.env._(
                    "Import a bank statement or register a payment, or do not look at the bank any more (age 0 in the "
                    "settings)."
                )
            )
        if late:
            faults.append(
                self.env._(
                    "Import the statements of %(journals)s, or register its payments: %(days)s days at most are "
                    "allowed. A bank journal where no customer pays may be left out, with a reason, on the journal.",
                    journals=", ".join(journal.name for journal, _day in late),
                    days=max_age,
                )
            )
        if max_count and state["unmatched_count"] > max_count:
            faults.append(self.env._("Match the receipts with their invoices: %s at most may be left.", max_count))
        max_amount, currency = setting("relance_bank_max_amount"), self.currency_id
        if max_amount and currency.compare_amounts(float(state["unmatched_amount"]), max_amount) > 0:
            faults.append(
                self.env._(
                    "Match the receipts with their invoices: %s at most may be left.",
                    format_amount(self.env, max_amount, currency),
                )
            )
        return faults

    def _relance_get_bank_message(self, state, told, faults, as_of):
        """Return the state of the bank as a text: until when it is known, what is not matched, what to do.

        :param told: the journals of which to tell the day, as in ``state["journals"]``
        """
        if not state["last_date"]:
            unknown = self.env._("No bank statement and no customer payment: what was paid is not known.")
            return " ".join([unknown, *faults])
        sentences = [
            self.env._(
                "%(journal)s: last movement or payment on %(date)s (%(age)s days ago).",
                journal=journal.name,
                date=format_date(self.env, day),
                age=(as_of - day).days,
            )
            for journal, day in told
        ]
        if state["unmatched_count"]:
            sentences.append(
                self.env._(
                    "Receipts matched with no invoice: %(count)s, %(amount)s in all.",
                    count=state["unmatched_count"],
                    amount=format_amount(self.env, float(state["unmatched_amount"]), self.currency_id),
                )
            )
        return " ".join(sentences + faults)
