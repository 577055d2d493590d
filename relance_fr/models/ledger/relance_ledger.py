from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.channels import sql_severity
from ...tools.due_date import DUE_DATE
from ...tools.open_items import ITEM, OPEN_CREDIT, OPEN_ITEM, TRANSFER, sql_open_debit, sql_same_debtor_debit
from ...tools.reading import Reading

# What the net amounts are read from, to be saved first.
NET_SOURCES = {
    "account.move": ["state", "move_type", "commercial_partner_id", "partner_id", "invoice_date", "invoice_date_due",
                     "delivery_date", "relance_payable_until"],
    "account.move.line": ["date_maturity", "reconciled", "parent_state", "amount_residual_currency", "partner_id"],
    "account.partial.reconcile": None,
    "account.payment": ["state", "amount", "date", "move_id", "partner_id", "memo"],
    "account.bank.statement.line": ["amount", "is_reconciled", "partner_id", "payment_ref"],
    "relance.hold": None,
}  # fmt: skip
# What is left of instalments as the ledger stands now, see ``_sql_open_line``.
LEFT_NOW = {
    "residual": SQL("line.amount_residual_currency + COALESCE(moved.amount, 0)"),
    "rate": SQL("line.amount_residual / line.amount_residual_currency"),
    "moved": SQL("COALESCE(moved.amount, 0)"),
    "settled": SQL("LEFT JOIN moved ON moved.line_id = line.id"),
    "is_open": OPEN_ITEM,
}
# The same of those that only another account of customers holds still, see ``_sql_moved``.
MOVED_NOW = {
    "residual": SQL("moved.amount"),
    "rate": SQL("line.balance / line.amount_currency"),
    "moved": SQL("moved.amount"),
    "settled": SQL("JOIN moved ON moved.line_id = line.id"),
    "is_open": SQL("%s AND line.amount_residual_currency = 0", ITEM),
}


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


class RelanceLedger(models.AbstractModel):
    """What is left of each instalment: net of payments in progress, credits and parts held, as of a day.

    A part that is disputed leaves the rest where it was: the rest is dunned, with its own interest, as if the part
    had never been owed. What suspends the whole of an instalment is the decision's (``_sql_hold``). A judgment of
    insolvency stops interest and the payment of earlier debts. Settlements are dated as the bank shows them.
    """

    _name = "relance.ledger"
    _description = "Receivables Ledger"

    # === OPEN INSTALMENTS, NET OF PAYMENTS IN PROGRESS AND CREDITS === #

    @api.model
    def _sql_netted(self, reading, account=None):
        """Return CTEs ending in ``netted``: one row per open instalment of the company.

        Columns: line_id, move_id, company_id, currency_id, partner_id (commercial), invoice_partner_id, invoice_date,
        born, due, no_followup, payment_state, residual, moved (the part of it that another account of customers
        holds), pending, credit_share (what credits not matched yet pay of it), discount (what an early payment left,
        rightly), doubt (what money not matched may have paid besides), net, held (the part of net that is disputed or
        suspended alone), held_reason, company_rate (company currency for one unit of the invoice's). Amounts in the
        currency of the invoice.

        :param account: the ``Account`` of the same reading, read here without it
        """
        account = account or self._get_account(reading)
        return SQL(
            """
            moved AS (%(moved)s),
            open_line AS (%(open_line)s),
            pending_share AS (%(pending_share)s),
            credit_share (line_id, date, amount) AS (SELECT * FROM %(shares)s),
            doubt_share (line_id, date, amount) AS (SELECT * FROM %(doubts)s),
            counted AS (
                SELECT open_line.*, LEAST(residual, COALESCE(pending.amount, 0)) AS pending,
                       COALESCE(credit.amount, 0) AS credit_share, COALESCE(doubt.amount, 0) AS doubt
                  FROM open_line
             LEFT JOIN (SELECT line_id, SUM(amount) AS amount FROM pending_share GROUP BY line_id) pending
                    ON pending.line_id = open_line.line_id
             LEFT JOIN (SELECT line_id, SUM(amount) AS amount FROM credit_share GROUP BY line_id) credit
                    ON credit.line_id = open_line.line_id
             LEFT JOIN (SELECT line_id, SUM(amount) AS amount FROM doubt_share GROUP BY line_id) doubt
                    ON doubt.line_id = open_line.line_id
                 WHERE open_line.company_id = %(company)s
            ),
            -- computed once: taken into what reads it, each use of net would carry the whole of it along
            left_over AS MATERIALIZED (
                SELECT counted.*, taken.discount, residual - pending - credit_share - taken.discount AS net
                  FROM counted
            CROSS JOIN LATERAL (SELECT %(discount)s AS discount) taken
            ),
            part_hold AS (%(part_hold)s),
            netted AS (%(parted)s)
            """,
            moved=self._sql_moved(reading),
            open_line=self._sql_open_line(reading),
            pending_share=self._sql_pending_share(reading),
            shares=self._sql_shares(account.shares),
            doubts=self._sql_shares(account.doubts),
            company=reading.company.id,
            discount=self._sql_discount(),
            part_hold=self._sql_part_hold(reading),
            parted=self._sql_parted(),
        )

    @api.model
    def _sql_shares(self, shares):
        """Return ``{line_id: [(date, amount)]}`` as rows of a FROM clause."""
        rows = [(line_id, date, str(amount)) for line_id, dated in shares.items() for date, amount in dated]
        line_ids, dates, amounts = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
        return SQL("unnest(%s::int4[], %s::date[], %s::numeric[])", line_ids, dates, amounts)

    @api.model
    def _sql_discount(self):
        """Return what is left of ``counted`` once its discount for early payment was taken in time, else 0.

        It is not owed any more, whether or not the discount is booked: what came in by its last day reaches the
        discounted amount.
        """
        return SQL(
            """
            CASE WHEN counted.discount_date IS NOT NULL
                  AND counted.residual > counted.pending + counted.credit_share
                  AND counted.discounted <= (
                          SELECT COALESCE(SUM(match.debit_amount_currency), 0)
                            FROM account_partial_reconcile match
                            JOIN account_move_line paid ON paid.id = match.credit_move_id
                           WHERE match.debit_move_id = counted.line_id AND paid.date <= counted.discount_date
                      ) + (
                          SELECT COALESCE(SUM(came.amount), 0)
                            FROM (SELECT * FROM pending_share UNION ALL SELECT * FROM credit_share) came
                           WHERE came.line_id = counted.line_id AND came.date <= counted.discount_date
                      )
                 THEN counted.residual - counted.pending - counted.credit_share ELSE 0 END
            """
        )

    @api.model
    def _get_net_by_move(self, moves):
        """Return ``{invoice id: what is left}`` net of payments in progress and credits; settled ones are left out."""
        net = {}
        for source, field_names in NET_SOURCES.items():
            self.env[source].flush_model(field_names)
        for company, company_moves in moves.grouped("company_id").items():
            reading = Reading(company, company._relance_today(), company_moves.commercial_partner_id.ids)
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
        """Return the query of the instalments with something left, on posted customer invoices of the legal entity."""
        if reading.ledger_day:
            lines = self._sql_items(reading, self._get_left_then(reading.ledger_day))
        else:
            lines = SQL("%s UNION ALL %s", self._sql_items(reading, LEFT_NOW), self._sql_items(reading, MOVED_NOW))
        return self._sql_not_paid_as_usual(reading, lines) if reading.usual_days else lines

    @api.model
    def _sql_items(self, reading, left):
        """Return the query of instalments, ``left`` says of which and what is left of them."""
        return SQL(
            """
            SELECT line.id AS line_id, line.move_id, line.company_id, line.currency_id,
                   move.commercial_partner_id AS partner_id, move.partner_id AS invoice_partner_id,
                   move.invoice_date, LEAST(move.invoice_date, move.delivery_date) AS born,
                   %(due)s AS due, line.no_followup, move.payment_state,
                   %(residual)s AS residual, %(moved)s AS moved,
                   %(rate)s AS company_rate,
                   line.discount_date, line.discount_amount_currency AS discounted
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
                   %(settled)s
             WHERE line.company_id = ANY(%(entity)s) AND %(is_open)s %(scope)s
            """,
            entity=reading.company._relance_get_entity_ids(),
            due=DUE_DATE,
            scope=self._sql_scope(SQL("move.commercial_partner_id"), reading.partner_ids),
            **left,
        )

    @api.model
    def _sql_moved(self, reading):
        """Return the query of what another account of customers still holds of instalments: line_id, amount.

        A debt carried from one receivable account to another (doubtful customers, 416) is matched there and not paid:
        what is open of the other line is open of it, of several the one due last.
        """
        if reading.ledger_day:
            return SQL("SELECT NULL::int4 AS line_id, NULL::numeric AS amount WHERE FALSE")
        return SQL(
            """
            SELECT placed.line_id, SUM(placed.amount) AS amount
              FROM (
                    SELECT match.debit_move_id AS line_id,
                           LEAST(match.debit_amount_currency, GREATEST(0, transfer.amount
                                 - SUM(match.debit_amount_currency) OVER newer_first + match.debit_amount_currency)
                           ) AS amount
                      FROM (
                            SELECT target.move_id, partner.commercial_partner_id AS partner_id, target.currency_id,
                                   SUM(target.amount_residual_currency) AS amount
                              FROM account_move_line target
                              JOIN account_move entry ON entry.id = target.move_id AND %(transfer)s
                              JOIN res_partner partner ON partner.id = target.partner_id
                             WHERE target.company_id = ANY(%(entity)s) AND %(open)s AND target.date <= %(as_of)s
                                   %(scope)s
                          GROUP BY target.move_id, partner.commercial_partner_id, target.currency_id
                           ) transfer
                      JOIN account_move_line source ON source.move_id = transfer.move_id AND source.balance < 0
                                                   AND source.currency_id = transfer.currency_id
                      JOIN res_partner owner ON owner.id = source.partner_id
                                            AND owner.commercial_partner_id = transfer.partner_id
                      JOIN account_partial_reconcile match ON match.credit_move_id = source.id
                      JOIN account_move_line line ON line.id = match.debit_move_id
                      JOIN account_move move ON move.id = line.move_id
                     WHERE %(item)s AND line.currency_id = transfer.currency_id
                    WINDOW newer_first AS (PARTITION BY transfer.move_id, transfer.partner_id, transfer.currency_id
                                               ORDER BY %(due)s DESC, line.id DESC)
                   ) placed
             WHERE placed.amount > 0
          GROUP BY placed.line_id
            """,
            transfer=TRANSFER,
            entity=reading.company._relance_get_entity_ids(),
            open=sql_open_debit("target"),
            as_of=reading.as_of,
            scope=self._sql_scope(SQL("partner.commercial_partner_id"), reading.partner_ids),
            item=ITEM,
            due=DUE_DATE,
        )

    @api.model
    def _get_left_then(self, day):
        """Return the fragments of ``_sql_open_line`` that tell what was left on the evening of ``day``.

        What was matched counts from the day both sides of the match were entered for, as in Odoo's own aged balance.
        """
        return {
            "residual": SQL("line.amount_currency - settled.amount"),
            "rate": SQL("line.balance / line.amount_currency"),
            "moved": SQL("0"),
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
        """Return ``lines`` without those that their debtor, paying as late as usual, has paid by the day.

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
        progress, whichever of the two is dated first. In another currency a payment cannot be compared: its invoices
        count as wholly paid.
        """
        return SQL(
            """
            WITH payment_in_progress AS (
                SELECT payment.currency_id, payment.amount, payment.date, payment.create_date,
                       array_agg(link.invoice_id ORDER BY link.invoice_id) AS invoice_ids
                  FROM account_move__account_payment link
                  JOIN account_payment payment ON payment.id = link.payment_id
                 WHERE payment.move_id IS NULL AND payment.state IN ('in_process', 'paid')
                   AND payment.date <= %(as_of)s
                   AND link.invoice_id IN (SELECT move_id FROM open_line)
              GROUP BY payment.id
            ),
            pool AS (
                SELECT invoice_ids, currency_id, SUM(amount) AS amount, MIN(date) AS date,
                       MIN(create_date) AS create_date, array_agg(amount) AS amounts
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
               AND (statement.date >= pool.date
                    -- the very payment, that the bank showed before the day entered for it
                    OR match.debit_amount_currency = ANY(pool.amounts) AND match.create_date >= pool.create_date) %s
            """,
            self._sql_by_then(reading, SQL("statement.date")),
        )

    @api.model
    def _get_quantum_by_id(self, ids):
        """Return ``{currency id: smallest amount}``, what segments are rounded to."""
        return {currency.id: Decimal(str(currency.rounding)) for currency in self.env["res.currency"].browse(ids)}

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

    # === PARTS HELD === #

    @api.model
    def _sql_running(self, reading):
        """Return the condition on ``relance_hold``: it runs on the day of the reading, its last day included."""
        return SQL("date_from <= %(as_of)s AND (date_to IS NULL OR date_to >= %(as_of)s)", as_of=reading.as_of)

    @api.model
    def _sql_part_hold(self, reading):
        """Return the query of the parts held: move_id, line_id (NULL: anywhere in the invoice), amount, reason."""
        return SQL(
            """
            SELECT relance_hold.move_id, line_id, SUM(GREATEST(0, amount - %(credited)s)) AS amount,
                   CASE WHEN bool_or(reason = 'dispute') THEN 'disputed' ELSE 'held' END AS reason
              FROM relance_hold
             WHERE company_id = ANY(%(entity)s) AND amount > 0 AND %(running)s
          GROUP BY relance_hold.move_id, line_id
            """,
            entity=reading.company._relance_get_entity_ids(),
            running=self._sql_running(reading),
            credited=self._sql_credited(SQL("relance_hold"), reading.as_of),
        )

    @api.model
    def _sql_disputed(self, reading):
        """Return the condition on ``open_line``: its debtor disputes all of it.

        A debtor who pays without saying what pays something else first: what is disputed was not meant.
        """
        return SQL(
            """
            EXISTS (SELECT FROM relance_hold
                     WHERE partner_id = open_line.partner_id AND company_id = ANY(%(entity)s)
                       AND COALESCE(amount, 0) = 0
                       AND (move_id IS NULL OR move_id = open_line.move_id)
                       AND (line_id IS NULL OR line_id = open_line.line_id)
                       AND reason = 'dispute' AND %(running)s)
            """,
            entity=reading.company._relance_get_entity_ids(),
            running=self._sql_running(reading),
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

    # === JUDGMENTS OF INSOLVENCY === #

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

        What was paid without saying what, later invoices take first; what was paid by the judgment, these instalments.
        """
        return SQL(
            """
            (SELECT MIN(date_from) FROM relance_hold
              WHERE partner_id = open_line.partner_id AND company_id = ANY(%(entity)s) AND reason = 'insolvency'
                AND %(running)s AND %(earlier)s)
            """,
            entity=reading.company._relance_get_entity_ids(),
            running=self._sql_running(reading),
            earlier=self._sql_born_before(SQL("relance_hold"), SQL("open_line.move_id"), SQL("open_line.born")),
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
             WHERE hold.partner_id = move.commercial_partner_id AND hold.company_id = ANY(%(entity)s)
               AND hold.reason = 'insolvency' AND hold.date_from <= %(as_of)s
               AND (hold.date_to IS NULL OR hold.date_to >= hold.date_from)
               AND %(earlier)s
            """,
            entity=reading.company._relance_get_entity_ids(),
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

    # === SETTLEMENTS, DATED === #

    @api.model
    def _get_settlements(self, reading, line_ids):
        """Return the payments and the credit notes matched with instalments: two ``{line_id: [(date, amount)]}``.

        A payment counts on the day the bank statement shows it, which is when
        the creditor has the funds; its own date until then. What another account of customers took over is settled
        when that account is.
        """
        rows = self.env.execute_query(self._query_settlements(reading, line_ids))
        payments, credits = defaultdict(list), defaultdict(list)
        transfer_ids = set()
        for line_id, amount, is_credit_note, date, total, before, cleared, transfer_id in rows:
            if transfer_id:
                transfer_ids.add(transfer_id)
            elif is_credit_note:
                credits[line_id].append((date, Decimal(amount)))
            elif cleared:
                payments[line_id] += _date_by_bank(date, Decimal(amount), Decimal(total), Decimal(before), cleared)
            else:
                payments[line_id].append((date, Decimal(amount)))
        if transfer_ids:
            wanted = set(line_ids)
            for line_id, dated in self._get_settled_elsewhere(reading, transfer_ids).items():
                if line_id in wanted:
                    payments[line_id] += dated
        return payments, credits

    @api.model
    def _query_settlements(self, reading, line_ids):
        """Return the query of what was matched with instalments.

        ``cleared`` holds the days and amounts a bank statement shows of a payment, ``before`` what of the payment
        went to earlier matches; ``transfer_id`` is the entry that carried the instalment to another account of
        customers.
        """
        return SQL(
            """
            SELECT match.debit_move_id, match.debit_amount_currency::text, entry.move_type = 'out_refund', credit.date,
                   (-credit.amount_currency)::text, COALESCE(earlier.amount, 0)::text, bank.cleared,
                   CASE WHEN %(transfer)s AND EXISTS (%(target)s) THEN entry.id END
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
             WHERE match.debit_move_id = ANY(%(lines)s) AND match.debit_amount_currency <> 0 %(by_then)s
            """,
            transfer=TRANSFER,
            target=sql_same_debtor_debit("credit"),
            lines=list(line_ids),
            by_then=self._sql_by_then(reading, SQL("match.max_date")),
        )

    @api.model
    def _get_settled_elsewhere(self, reading, transfer_ids):
        """Return when what was carried to another account of customers was settled there: {line_id: [(date, amount)]}.

        What came in there pays the oldest instalment first; what the entry carried less than it took away was settled
        on its day.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.id, entry.date, owner.commercial_partner_id, match.debit_move_id,
                       match.debit_amount_currency::text, carried.amount::text, paid.dated
                  FROM account_move entry
                  JOIN account_move_line source ON source.move_id = entry.id AND source.balance < 0
                  JOIN res_partner owner ON owner.id = source.partner_id
                  JOIN account_partial_reconcile match ON match.credit_move_id = source.id
                  JOIN account_move_line line ON line.id = match.debit_move_id
                  JOIN account_move move ON move.id = line.move_id
            CROSS JOIN LATERAL (
                       SELECT SUM(target.amount_currency) AS amount, array_agg(target.id) AS ids
                         FROM (%(target)s) target
                       ) carried
             LEFT JOIN LATERAL (
                       SELECT json_agg(json_build_array(payment.date, later.debit_amount_currency::text)
                                       ORDER BY payment.date, later.id) AS dated
                         FROM account_partial_reconcile later
                         JOIN account_move_line payment ON payment.id = later.credit_move_id
                        WHERE later.debit_move_id = ANY(carried.ids) %(by_then)s
                       ) paid ON TRUE
                 WHERE entry.id = ANY(%(ids)s) AND %(item)s
              ORDER BY entry.id, %(due)s, line.id
                """,
                target=sql_same_debtor_debit("source"),
                by_then=self._sql_by_then(reading, SQL("later.max_date")),
                ids=list(transfer_ids),
                item=ITEM,
                due=DUE_DATE,
            )
        )
        groups = defaultdict(list)
        for entry_id, date, partner_id, line_id, amount, carried, dated in rows:
            groups[entry_id, partner_id].append((date, line_id, Decimal(amount), Decimal(carried), dated or []))
        settled = defaultdict(list)
        for group in groups.values():
            date, _line_id, _amount, carried, dated = group[0]
            lost = sum(amount for _date, _line, amount, _carried, _dated in group) - carried
            events = [(date, lost)] if lost > 0 else []
            events += [(fields.Date.to_date(day), Decimal(amount)) for day, amount in dated]
            before = Decimal(0)
            for _date, line_id, amount, _carried, _dated in group:
                settled[line_id] += _slice(events, before, amount)
                before += amount
        return settled

    @api.model
    def _add_unmatched(self, reading, payments, facts):
        """Add, at their own dates, what no reconciliation shows yet: payments in progress, unallocated credits.

        ``facts`` get their ``credit_share``, the part ``held`` of them, and ``doubt``: what money that is not matched
        may have paid of the rest, ``[(date, amount)]``, unless it may have paid all of it.
        """
        for fact in facts:
            fact["credit_share"] = fact["held"] = Decimal(0)
            fact["doubt"] = []
        # Settled since, it may have been open on a day that is over; what was not has nothing to be added.
        facts_by_line = {fact["line_id"]: fact for fact in facts if fact["is_open"] or reading.ledger_day}
        partner_ids = {fact["partner_id"] for fact in facts_by_line.values()}
        if not partner_ids:
            return
        narrowed = reading._replace(partner_ids=partner_ids)
        account = self._get_account(narrowed)
        rows = self.env.execute_query(
            SQL(
                """
                WITH %s
                SELECT netted.line_id, netted.credit_share::text, netted.held::text, netted.discount::text,
                       netted.discount_date, netted.doubt < netted.net - netted.held,
                       pending_share.date, pending_share.amount::text
                  FROM netted
             LEFT JOIN pending_share ON pending_share.line_id = netted.line_id
                 WHERE netted.credit_share > 0 OR netted.held > 0 OR netted.discount > 0 OR netted.doubt > 0
                    OR pending_share.amount > 0
                """,
                self._sql_netted(narrowed, account),
            )
        )
        seen = set()
        for line_id, share, held, discount, discount_date, in_part, date, pending in rows:
            fact = facts_by_line.get(line_id)
            if not fact:
                continue
            if pending:
                payments[line_id].append((date, Decimal(pending)))
            if line_id in seen:
                continue
            seen.add(line_id)
            fact["held"], fact["credit_share"] = Decimal(held), Decimal(share)
            payments[line_id] += account.shares.get(line_id, ())
            if Decimal(discount):
                payments[line_id].append((discount_date, Decimal(discount)))
            if in_part:
                fact["doubt"] = account.doubts.get(line_id, [])

    # === FRESHNESS OF THE BANK === #

    @api.model
    def _is_bank_up_to_date(self, reading):
        """Tell whether the receipts of the company are known well enough to dun without a person."""
        return reading.bank_known or reading.company._relance_get_bank_state(reading.as_of)["up_to_date"]
