from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.open_items import OPEN_CREDIT


class RelanceEngine(models.AbstractModel):
    """What was paid or credited on instalments, and when: matched entries, payments in progress, netted credits."""

    _inherit = "relance.engine"

    @api.model
    def _get_settlements(self, line_ids):
        """Return the payments and the credit notes matched with instalments: two ``{line_id: [(date, amount)]}``.

        A payment counts on the day the bank statement shows it, which is when
        the creditor has the funds; its own date until then.
        """
        rows = self.env.execute_query(self._query_settlements(line_ids))
        payments, credits = defaultdict(list), defaultdict(list)
        for line_id, amount, is_credit_note, date, total, before, cleared in rows:
            if is_credit_note:
                credits[line_id].append((date, Decimal(amount)))
            elif cleared:
                payments[line_id] += _date_by_bank(date, Decimal(amount), Decimal(total), Decimal(before), cleared)
            else:
                payments[line_id].append((date, Decimal(amount)))
        return payments, credits

    @api.model
    def _query_settlements(self, line_ids):
        """Return the query of what was matched with instalments.

        ``cleared`` holds the days and amounts a bank statement shows of a payment, ``before`` what of the payment
        went to earlier matches.
        """
        return SQL(
            """
            SELECT match.debit_move_id, match.debit_amount_currency::text, entry.move_type = 'out_refund', credit.date,
                   (-credit.amount_currency)::text, COALESCE(earlier.amount, 0)::text, bank.cleared
              FROM account_partial_reconcile match
              JOIN account_move_line credit ON credit.id = match.credit_move_id
              JOIN account_move entry ON entry.id = credit.move_id
         LEFT JOIN LATERAL (
                   SELECT SUM(other.credit_amount_currency) AS amount FROM account_partial_reconcile other
                    WHERE other.credit_move_id = match.credit_move_id AND other.id < match.id
                   ) earlier ON TRUE
         LEFT JOIN LATERAL (
                   SELECT json_agg(json_build_array(statement.date, cleared.debit_amount_currency::text)
                                   ORDER BY statement.date, cleared.id) AS cleared
                     FROM account_move_line outstanding
                     JOIN account_partial_reconcile cleared ON cleared.debit_move_id = outstanding.id
                     JOIN account_move_line bank_line ON bank_line.id = cleared.credit_move_id
                     JOIN account_move statement ON statement.id = bank_line.move_id
                    WHERE entry.origin_payment_id IS NOT NULL AND outstanding.move_id = entry.id
                      AND statement.statement_line_id IS NOT NULL
                   ) bank ON TRUE
             WHERE match.debit_move_id = ANY(%s) AND match.debit_amount_currency <> 0 %s
            """,
            list(line_ids),
            self._sql_by_then(SQL("match.max_date")),
        )

    @api.model
    def _sql_by_then(self, column):
        """Return ``AND`` a condition on the day a movement is known from; nothing: all that the ledger holds is."""
        return SQL()

    @api.model
    def _add_unmatched(self, payments, company, as_of, facts):
        """Add, at their own dates, what no reconciliation shows yet: payments in progress, unallocated credits.

        ``facts`` get their ``credit_share`` and the part ``held`` of them.
        """
        for fact in facts:
            fact["credit_share"] = fact["held"] = Decimal(0)
        facts_by_line = {fact["line_id"]: fact for fact in facts if fact["is_open"]}
        partner_ids = {fact["partner_id"] for fact in facts_by_line.values()}
        if not partner_ids:
            return
        rows = self.env.execute_query(
            SQL(
                """
                WITH %s
                SELECT netted.line_id, netted.partner_id, netted.currency_id,
                       ARRAY[netted.early_before::text, netted.early_share::text, netted.credit_before::text],
                       netted.credit_share::text, netted.held::text, pending_share.date, pending_share.amount::text
                  FROM netted
             LEFT JOIN pending_share ON pending_share.line_id = netted.line_id
                 WHERE netted.credit_share > 0 OR netted.held > 0 OR pending_share.amount > 0
                """,
                self._sql_netted(company, as_of, partner_ids),
            )
        )
        credited = {partner_id for _line, partner_id, _currency, _before, share, *_rest in rows if Decimal(share)}
        credits = self._get_unallocated_credits(company, as_of, credited) if credited else {}
        for line_id, partner_id, currency_id, before, share, held, date, pending in rows:
            fact = facts_by_line.get(line_id)
            if not fact:
                continue
            fact["held"] = Decimal(held)
            if pending:
                payments[line_id].append((date, Decimal(pending)))
            if Decimal(share) and not fact["credit_share"]:
                fact["credit_share"] = Decimal(share)
                early_before, early, late_before = map(Decimal, before)
                own = credits[partner_id, currency_id]
                payments[line_id] += _slice(own, early_before, early)
                payments[line_id] += _slice(own, late_before, Decimal(share) - early)

    @api.model
    def _get_unallocated_credits(self, company, as_of, partner_ids):
        """Return ``{(partner_id, currency_id): [(date, amount)]}``, oldest first."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.commercial_partner_id, line.currency_id, line.date,
                       (-line.amount_residual_currency)::text
                  FROM account_move_line line
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.company_id = %s AND %s AND line.date <= %s
                   AND partner.commercial_partner_id = ANY(%s)
              ORDER BY line.date, line.id
                """,
                company.id,
                OPEN_CREDIT,
                as_of,
                list(partner_ids),
            )
        )
        return self._group_credits(rows)

    @api.model
    def _group_credits(self, rows):
        """Return rows of partner, currency, date and amount as ``{(partner_id, currency_id): [(date, amount)]}``."""
        credits = defaultdict(list)
        for partner_id, currency_id, date, amount in rows:
            credits[partner_id, currency_id].append((date, Decimal(amount)))
        return credits


def _slice(credits, before, share):
    """Return the part of dated ``credits`` that lies between ``before`` and ``before + share``.

    >>> from datetime import date
    >>> _slice([(date(2026, 1, 5), Decimal(30)), (date(2026, 1, 9), Decimal(50))], Decimal(20), Decimal(40))
    [(datetime.date(2026, 1, 5), Decimal('10')), (datetime.date(2026, 1, 9), Decimal('30'))]
    """
    parts, start = [], Decimal(0)
    for date, amount in credits:
        taken = min(start + amount, before + share) - max(start, before)
        if taken > 0:
            parts.append((date, taken))
        start += amount
    return parts


def _date_by_bank(date, amount, total, before, cleared):
    """Return the parts of a matched ``amount`` at the days the bank shows them, the rest at the payment's own ``date``.

    :param total: the whole payment, of which ``before`` went to earlier matches
    :param cleared: ``[[ISO day, amount as text]]``

    >>> _date_by_bank(fields.Date.to_date("2026-06-10"), Decimal(850), Decimal(850), Decimal(0),
    ...               [["2026-06-12", "500"], ["2026-06-20", "300"]])  # doctest: +NORMALIZE_WHITESPACE
    [(datetime.date(2026, 6, 12), Decimal('500')), (datetime.date(2026, 6, 20), Decimal('300')),
     (datetime.date(2026, 6, 10), Decimal('50'))]
    """
    parts = [(fields.Date.to_date(day), Decimal(part)) for day, part in cleared]
    shown = sum(part for _day, part in parts)
    if shown < total:
        parts.append((date, total - shown))
    sliced = _slice(parts, before, amount)
    # A payment in another currency than its invoice cannot be cut: it came with its last part.
    return sliced if sum(part for _day, part in sliced) == amount else [(parts[-1][0], amount)]
