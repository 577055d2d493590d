import re
from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ...law.imputation import Credit, Debt, Standing, impute
from ...tools.due_date import DUE_DATE
from ...tools.open_items import ITEM, OPEN_CREDIT, TRANSFER, sql_open_debit
from .relance_ledger import NET_SOURCES

# Shorter numbers are found in labels by accident.
SHORTEST_NUMBER = 4
# States of an online payment that the customer made and that is no payment in the books yet.
AUTHORIZED = ("authorized", "done")


class Account(NamedTuple):
    """Where the money of some debtors goes, ``{instalment id: [(date, amount)]}`` each. Amounts are Decimal.

    ``shares``: what credits not matched yet pay, in the currency of the instalment. ``doubts``: what money may have
    paid besides, of which the evidence is thin or which is not on an account of customers yet. ``imputations`` tells
    it euro by euro: ``{(debtor id, currency id): Imputation}``, its debts ``("item", instalment id)`` or
    ``("entry", journal item id)``, its credits ``(kind, id)``. ``known_since`` says of each credit when it was entered.
    """

    shares: dict
    doubts: dict
    imputations: dict
    known_since: dict


def find_numbers(label, numbers):
    """Return the ids of the invoices that ``label`` names, by number or payment reference, however it is spaced.

    :param numbers: ``[(id, [text or None])]``

    >>> numbers = [(1, ["FAC/2026/00012", "RF18 5390"]), (2, ["FAC/2026/0001", None]), (3, ["12", ""])]
    >>> find_numbers("VIR SEPA FAC 2026 00012 MERCI 12", numbers)
    {1}
    >>> find_numbers("rf185390, fac-2026-0001.", numbers)
    {1, 2}
    """
    found = set()
    text = (label or "").upper()
    compact = re.sub(r"[\W_]+", "", text)
    for key, names in numbers:
        for name in filter(None, names):
            chunks = re.findall(r"[^\W_]+", name.upper())
            plain = "".join(chunks)
            if len(plain) < SHORTEST_NUMBER or plain not in compact or not re.search(r"\d", plain):
                continue
            if re.search(r"(?<![^\W_])" + r"[\W_]*".join(map(re.escape, plain)) + r"(?![^\W_])", text):
                found.add(key)
    return found


class RelanceLedgerAccount(models.AbstractModel):
    """The account of a debtor: all that stands on the legal entity's receivable accounts, each credit set once.

    The law of it is in ``law/imputation.py``; here is what it is told.
    """

    _inherit = "relance.ledger"

    # === THE ACCOUNT OF DEBTORS === #

    @api.model
    def _get_account(self, reading):
        """Return the ``Account`` of the debtors of a reading, in the whole legal entity."""
        credits = self._get_credits(reading)
        if not credits:
            return Account({}, {}, {}, {})
        debtors = reading._replace(partner_ids={credit["partner_id"] for credit in credits})
        debts = self.env.execute_query_dict(self._query_debts(debtors))
        first = self._get_first_fresh_day(reading)
        by_account = defaultdict(lambda: ([], []))
        for debt in debts:
            by_account[debt["partner_id"], debt["currency_id"]][0].append(debt)
        for credit in credits:
            by_account[credit["partner_id"], credit["currency_id"]][1].append(credit)
        quantum = self._get_quantum_by_id({currency_id for _partner, currency_id in by_account})
        imputations, shares, doubts = {}, defaultdict(list), defaultdict(list)
        for (partner_id, currency_id), (owed, received) in by_account.items():
            if not received:
                continue
            imputation = impute(
                self._prepare_debts(owed),
                self._prepare_credits(received, owed, first),
                quantum[currency_id],
            )
            imputations[partner_id, currency_id] = imputation
            for target, found in ((shares, imputation.shares), (doubts, imputation.doubts)):
                for share in found:
                    kind, line_id = share.debt
                    if kind == "item":
                        target[line_id].append((share.date, share.amount))
        known_since = {(credit["kind"], credit["id"]): credit["create_date"] for credit in credits}
        return Account(dict(shares), dict(doubts), imputations, known_since)

    @api.model
    def _get_credits(self, reading):
        """Return the rows of ``_query_credits``."""
        for source, field_names in NET_SOURCES.items():
            self.env[source].flush_model(field_names)
        return self.env.execute_query_dict(self._query_credits(reading))

    @api.model
    def _get_doubts_since(self, reading):
        """Return ``{instalment id: datetime}``: since when what may have paid it is known, the last of several."""
        account = self._get_account(reading)
        since = {}
        for imputation in account.imputations.values():
            for share in imputation.doubts:
                line_id, known = share.debt[1], account.known_since[share.credit]
                since[line_id] = max(known, since.get(line_id, known))
        return since

    @api.model
    def _get_first_fresh_day(self, reading):
        """Return the first day of receipts that may still wait to be matched by a person."""
        return fields.Date.subtract(reading.as_of, days=reading.company._get_relance_setting("relance_receipt_days"))

    @api.model
    def _prepare_debts(self, rows):
        """Return the ``Debt`` of rows of ``_query_debts``, what is disputed or held of an instalment apart.

        A part held of a whole invoice is taken from what falls due last, as ``_sql_parted`` does.
        """
        debts, whole_left = [], {}
        for row in sorted(rows, key=lambda row: (row["due"], row["line_id"]), reverse=True):
            key, amount = (row["kind"], row["line_id"]), Decimal(row["amount"])
            base = Debt(
                key,
                amount,
                row["due"],
                Standing[row["standing"]],
                bool(row["later"]),
                row["stopped_on"],
                Decimal(row["discounted"]) if row["discount_date"] else None,
                row["discount_date"],
            )
            parts = []
            if row["kind"] == "item" and base.standing is Standing.FREE:
                own = min(amount, Decimal(row["own_part"] or 0))
                parts.append((own, row["own_reason"]))
                left = whole_left.setdefault(row["move_id"], Decimal(row["whole_part"] or 0))
                taken = min(left, amount - own)
                whole_left[row["move_id"]] = left - taken
                parts.append((taken, row["whole_reason"]))
            for part, reason in parts:
                if part:
                    standing = Standing.DISPUTED if reason == "disputed" else Standing.KEPT
                    debts.append(base._replace(amount=part, standing=standing, discounted=None, discount_date=None))
                    amount -= part
            if amount:
                debts.append(base._replace(amount=amount))
        return debts

    @api.model
    def _prepare_credits(self, rows, debts, first):
        """Return the ``Credit`` of rows of ``_query_credits``.

        :param debts: rows of ``_query_debts`` of the same account: what a label may name
        :param first: first day of receipts whose evidence may still be thin
        """
        numbers = [
            (("item", debt["line_id"]), [debt["name"], debt["payment_reference"], debt["ref"]])
            for debt in debts
            if debt["kind"] == "item"
        ]
        by_move = defaultdict(set)
        for debt in debts:
            if debt["kind"] == "item":
                by_move[debt["move_id"]].add(("item", debt["line_id"]))
        credits = []
        for row in rows:
            names = set().union(*(by_move.get(move_id, ()) for move_id in row["move_ids"] or ()))
            names |= find_numbers(row["label"], numbers)
            credits.append(
                Credit(
                    (row["kind"], row["id"]),
                    Decimal(row["amount"]),
                    row["date"],
                    frozenset(names),
                    money=row["money"],
                    fresh=row["date"] >= first,
                    booked=row["kind"] == "credit",
                )
            )
        return credits

    # === WHAT CAME IN === #

    @api.model
    def _query_credits(self, reading):
        """Return the query of what came in and was matched with nothing.

        Columns: kind, id, partner_id, currency_id, amount, date, money (it was received, it is no credit note),
        move_ids (invoices it was made for), label, create_date. On the accounts of customers (``credit``); known, but
        not there yet: bank lines on the suspense account (``suspense``), payments without a journal entry for no
        invoice (``payment``), online payments (``transaction``). The latter only for the days that a receipt may wait
        to be matched, and of the ledger as it stands now.
        """
        sources = [self._sql_booked_credits(reading)]
        first = self._get_first_fresh_day(reading)
        if not reading.ledger_day and first < reading.as_of:
            sources += [
                self._sql_suspense(reading, first),
                self._sql_payments_for_nothing(reading, first),
            ]
            if "payment.transaction" in self.env:
                sources.append(self._sql_transactions(reading, first))
        return SQL(" UNION ALL ").join(SQL("(%s)", source) for source in sources)

    @api.model
    def _sql_matched_by(self, day, side):
        """Return the join ``matched`` of what of ``line``, on its ``side``, was matched by ``day``: column amount."""
        return SQL(
            """
        CROSS JOIN LATERAL (
                   SELECT COALESCE(SUM(match.%(amount)s), 0) AS amount FROM account_partial_reconcile match
                    WHERE match.%(side)s = line.id AND match.max_date <= %(day)s
                   ) matched
            """,
            amount=SQL.identifier(f"{side}_amount_currency"),
            side=SQL.identifier(f"{side}_move_id"),
            day=day,
        )

    @api.model
    def _sql_booked_credits(self, reading):
        """Return the query of the open credits of the receivable accounts, see ``_query_credits``."""
        day = reading.ledger_day
        residual, matched, is_open = SQL("line.amount_residual_currency"), SQL(), OPEN_CREDIT
        if day:
            residual, matched = SQL("line.amount_currency + matched.amount"), self._sql_matched_by(day, "credit")
            is_open = SQL(
                """
                   line.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
               AND line.parent_state = 'posted'
               AND line.amount_currency < 0
               AND -line.amount_currency > matched.amount
               AND (line.reconciled IS NOT TRUE OR line.id IN (
                    SELECT credit_move_id FROM account_partial_reconcile WHERE max_date > %s))
                """,
                day,
            )
        return SQL(
            """
            SELECT 'credit' AS kind, line.id, partner.commercial_partner_id AS partner_id, line.currency_id,
                   (-%(residual)s)::text AS amount, line.date, move.move_type <> 'out_refund' AS money,
                   move.reversed_entry_id || ARRAY(
                       SELECT link.invoice_id FROM account_move__account_payment link
                        WHERE link.payment_id = move.origin_payment_id) AS move_ids,
                   concat_ws(' ', line.name, move.ref, payment.memo, statement.payment_ref) AS label, line.create_date
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN account_payment payment ON payment.id = move.origin_payment_id
         LEFT JOIN account_bank_statement_line statement ON statement.id = move.statement_line_id
                   %(matched)s
             WHERE line.company_id = ANY(%(entity)s) AND %(is_open)s AND line.date <= %(day)s %(scope)s
            """,
            residual=residual,
            matched=matched,
            entity=reading.company._relance_get_entity_ids(),
            is_open=is_open,
            day=day or reading.as_of,
            scope=self._sql_scope(SQL("partner.commercial_partner_id"), reading.partner_ids),
        )

    @api.model
    def _sql_suspense(self, reading, first):
        """Return the query of what a bank statement shows and nobody booked, see ``_query_credits``.

        Of the debtor the line names, or of the one whose invoice its label names. The line of a payment that was
        registered, and waits for the bank, is that payment: of several of one amount as many as wait.
        """
        return SQL(
            """
            SELECT 'suspense', shown.id, shown.partner_id, shown.currency_id, shown.amount::text, shown.date, TRUE,
                   NULL::int4[], shown.payment_ref, shown.create_date
              FROM (
                    SELECT statement.id, owner.partner_id, suspense.currency_id,
                           -SUM(suspense.amount_currency) AS amount, move.date, statement.payment_ref,
                           statement.create_date,
                           ROW_NUMBER() OVER (PARTITION BY owner.partner_id, suspense.currency_id,
                                                           SUM(suspense.amount_currency)
                                                  ORDER BY move.date, statement.id) AS rank
                      FROM account_bank_statement_line statement
                      JOIN account_move move ON move.id = statement.move_id AND move.state = 'posted'
                      JOIN account_journal journal ON journal.id = statement.journal_id
                      JOIN account_move_line suspense ON suspense.move_id = move.id
                                                     AND suspense.account_id = journal.suspense_account_id
                 LEFT JOIN res_partner named ON named.id = statement.partner_id
                CROSS JOIN LATERAL (
                           SELECT COALESCE(named.commercial_partner_id, (
                               SELECT MIN(invoice.commercial_partner_id) FROM account_move invoice
                                WHERE invoice.name = ANY(regexp_split_to_array(statement.payment_ref, '[[:space:],;]+'))
                                  AND invoice.move_type = 'out_invoice' AND invoice.state = 'posted'
                                  AND invoice.company_id = ANY(%(entity)s))) AS partner_id
                           ) owner
                     WHERE statement.company_id = ANY(%(entity)s) AND statement.is_reconciled IS NOT TRUE
                       AND statement.amount > 0 AND move.date BETWEEN %(first)s AND %(as_of)s
                       AND suspense.amount_currency < 0 AND owner.partner_id IS NOT NULL %(scope)s
                  GROUP BY statement.id, owner.partner_id, suspense.currency_id, move.date
                   ) shown
             WHERE shown.rank > (
                   SELECT COUNT(*) FROM account_payment payment
                     JOIN res_partner payer ON payer.id = payment.partner_id
                    WHERE payment.company_id = ANY(%(entity)s)
                      AND payment.payment_type = 'inbound' AND payment.partner_type = 'customer'
                      AND payer.commercial_partner_id = shown.partner_id AND payment.amount = shown.amount
                      AND payment.currency_id = shown.currency_id
                      AND payment.date BETWEEN shown.date - (%(as_of)s::date - %(first)s::date) AND %(as_of)s
                      AND (payment.move_id IS NOT NULL AND payment.state IN ('in_process', 'paid')
                           AND payment.is_matched IS NOT TRUE
                           -- one of no invoice is the line of the bank, not the other way round
                           OR payment.state = 'in_process' AND EXISTS (
                           SELECT FROM account_move__account_payment link WHERE link.payment_id = payment.id)))
            """,
            entity=reading.company._relance_get_entity_ids(),
            first=first,
            as_of=reading.as_of,
            scope=self._sql_scope(SQL("owner.partner_id"), reading.partner_ids),
        )

    @api.model
    def _sql_payments_for_nothing(self, reading, first):
        """Return the query of the payments without a journal entry that were registered for no invoice.

        One that the bank has shown since is money of the bank's line, of several of one amount as many as it shows.
        """
        return SQL(
            """
            SELECT 'payment', registered.id, registered.partner_id, registered.currency_id, registered.amount::text,
                   registered.date, TRUE, NULL::int4[], registered.memo, registered.create_date
              FROM (
                    SELECT payment.id, partner.commercial_partner_id AS partner_id, payment.currency_id,
                           payment.amount, payment.date, payment.memo, payment.create_date,
                           ROW_NUMBER() OVER (PARTITION BY partner.commercial_partner_id, payment.currency_id,
                                                           payment.amount ORDER BY payment.date, payment.id) AS rank
                      FROM account_payment payment
                      JOIN res_partner partner ON partner.id = payment.partner_id
                     WHERE payment.company_id = ANY(%(entity)s) AND payment.move_id IS NULL
                       AND payment.state IN ('in_process', 'paid') AND payment.payment_type = 'inbound'
                       AND payment.partner_type = 'customer' AND payment.date BETWEEN %(first)s AND %(as_of)s
                       AND NOT EXISTS (SELECT FROM account_move__account_payment link
                                        WHERE link.payment_id = payment.id)
                       %(scope)s
                   ) registered
             WHERE registered.rank > (
                   SELECT COUNT(*) FROM account_bank_statement_line statement
                     JOIN account_move move ON move.id = statement.move_id AND move.state = 'posted'
                     JOIN res_partner payer ON payer.id = statement.partner_id
                    WHERE statement.company_id = ANY(%(entity)s) AND statement.amount = registered.amount
                      AND payer.commercial_partner_id = registered.partner_id
                      AND move.date <= %(as_of)s
                      AND (move.date >= registered.date OR statement.create_date >= registered.create_date))
            """,
            entity=reading.company._relance_get_entity_ids(),
            first=first,
            as_of=reading.as_of,
            scope=self._sql_scope(SQL("partner.commercial_partner_id"), reading.partner_ids),
        )

    @api.model
    def _sql_transactions(self, reading, first):
        """Return the query of the online payments that customers made and that are no payment yet."""
        return SQL(
            """
            SELECT 'transaction', payer.id, partner.commercial_partner_id, payer.currency_id, payer.amount::text,
                   payer.last_state_change::date, TRUE,
                   ARRAY(SELECT link.invoice_id FROM account_invoice_transaction_rel link
                          WHERE link.transaction_id = payer.id), payer.reference, payer.create_date
              FROM payment_transaction payer
              JOIN res_partner partner ON partner.id = payer.partner_id
             WHERE payer.company_id = ANY(%(entity)s) AND payer.state = ANY(%(states)s) AND payer.payment_id IS NULL
               AND payer.amount > 0 AND payer.last_state_change::date BETWEEN %(first)s AND %(as_of)s %(scope)s
            """,
            entity=reading.company._relance_get_entity_ids(),
            states=list(AUTHORIZED),
            first=first,
            as_of=reading.as_of,
            scope=self._sql_scope(SQL("partner.commercial_partner_id"), reading.partner_ids),
        )

    # === WHAT IS OWED === #

    @api.model
    def _query_debts(self, reading):
        """Return the query of what debtors owe: instalments (``item``), other debits of their accounts (``entry``).

        Columns: kind, line_id, move_id, partner_id, currency_id, amount (less payments in progress), due, later (not
        invoiced yet), standing (a name of ``Standing``), stopped_on, name, payment_reference, ref, discounted,
        discount_date, own_part and whole_part (held of the instalment, of its invoice) with their reasons.
        """
        return SQL(
            """
            WITH moved AS (%(moved)s),
            open_line AS (%(open_line)s),
            pending_share AS (%(pending_share)s),
            part_hold AS (%(part_hold)s)
            SELECT 'item' AS kind, open_line.line_id, open_line.move_id, open_line.partner_id, open_line.currency_id,
                   (open_line.residual - LEAST(open_line.residual, COALESCE(pending.amount, 0)))::text AS amount,
                   open_line.due, open_line.born > %(as_of)s AS later,
                   CASE WHEN %(disputed)s THEN 'DISPUTED'
                        WHEN open_line.no_followup OR open_line.payment_state = 'blocked' OR %(kept)s THEN 'KEPT'
                        ELSE 'FREE' END AS standing,
                   %(stopped)s AS stopped_on, move.name, move.payment_reference, move.ref,
                   open_line.discounted::text AS discounted, open_line.discount_date,
                   own.amount::text AS own_part, own.reason AS own_reason,
                   whole.amount::text AS whole_part, whole.reason AS whole_reason
              FROM open_line
              JOIN account_move move ON move.id = open_line.move_id
         LEFT JOIN (SELECT line_id, SUM(amount) AS amount FROM pending_share GROUP BY line_id) pending
                ON pending.line_id = open_line.line_id
         LEFT JOIN part_hold own ON own.line_id = open_line.line_id
         LEFT JOIN part_hold whole ON whole.move_id = open_line.move_id AND whole.line_id IS NULL
             UNION ALL
            %(others)s
            """,
            moved=self._sql_moved(reading),
            open_line=self._sql_open_line(reading),
            pending_share=self._sql_pending_share(reading),
            part_hold=self._sql_part_hold(reading),
            as_of=reading.as_of,
            disputed=self._sql_disputed(reading),
            kept=self._sql_kept(reading),
            stopped=self._sql_stopped(reading),
            others=self._sql_other_debits(reading),
        )

    @api.model
    def _sql_kept(self, reading):
        """Return the condition on ``open_line``: dunning is held, of all of it, without a dispute."""
        return SQL(
            """
            EXISTS (SELECT FROM relance_hold
                     WHERE partner_id = open_line.partner_id AND company_id = ANY(%(entity)s)
                       AND COALESCE(amount, 0) = 0 AND reason NOT IN ('dispute', 'insolvency')
                       AND (move_id IS NULL OR move_id = open_line.move_id)
                       AND (line_id IS NULL OR line_id = open_line.line_id) AND %(running)s)
            """,
            entity=reading.company._relance_get_entity_ids(),
            running=self._sql_running(reading),
        )

    @api.model
    def _sql_other_debits(self, reading):
        """Return the query of the debits of customers that are no instalment of an invoice, see ``_query_debts``.

        What went back to the debtor (a refund, a payment that bounced, the other side of a transfer) is no debt that
        anybody pays: it uses up a credit. Opening entries, receipts and others are paid like any debt. What only
        carries an instalment on (``_sql_moved``) is that instalment.
        """
        day = reading.ledger_day
        residual, matched, is_open = SQL("line.amount_residual_currency"), SQL(), sql_open_debit("line")
        if day:
            residual, matched = SQL("(line.amount_currency - matched.amount)"), self._sql_matched_by(day, "debit")
            is_open = SQL(
                """
                line.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
                AND line.parent_state = 'posted' AND line.amount_currency > matched.amount
                """
            )
        return SQL(
            """
            SELECT 'entry', line.id, line.move_id, partner.commercial_partner_id, line.currency_id,
                   %(residual)s::text, %(due)s, FALSE,
                   CASE WHEN payment.payment_type = 'outbound' OR statement.amount < 0
                          OR %(transfer)s AND source.is_open THEN 'PAYBACK'
                        WHEN line.no_followup THEN 'KEPT' ELSE 'FREE' END,
                   NULL::date, NULL, NULL, NULL, NULL, NULL::date, NULL, NULL, NULL, NULL
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_move entry ON entry.id = line.move_id
              JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN account_payment payment ON payment.id = move.origin_payment_id
         LEFT JOIN account_bank_statement_line statement ON statement.id = move.statement_line_id
         LEFT JOIN LATERAL (
                   SELECT bool_or(credit.reconciled IS NOT TRUE) AS is_open,
                          bool_or(carries.line_id IS NOT NULL) AS carries
                     FROM account_move_line credit
                     JOIN res_partner owner ON owner.id = credit.partner_id
                                           AND owner.commercial_partner_id = partner.commercial_partner_id
                LEFT JOIN account_partial_reconcile match ON match.credit_move_id = credit.id
                LEFT JOIN moved carries ON carries.line_id = match.debit_move_id
                    WHERE credit.move_id = line.move_id AND credit.balance < 0
                      AND credit.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
                   ) source ON move.move_type = 'entry'
                   %(matched)s
             WHERE line.company_id = ANY(%(entity)s) AND %(is_open)s AND line.date <= %(as_of)s
               AND NOT (%(item)s) AND NOT (%(transfer)s AND COALESCE(source.carries, FALSE)) %(scope)s
            """,
            residual=residual,
            due=DUE_DATE,
            transfer=TRANSFER,
            matched=matched,
            entity=reading.company._relance_get_entity_ids(),
            is_open=is_open,
            as_of=day or reading.as_of,
            item=ITEM,
            scope=self._sql_scope(SQL("partner.commercial_partner_id"), reading.partner_ids),
        )
