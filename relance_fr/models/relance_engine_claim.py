from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..law import STATUTORY, Accrual, MissingRateError, Terms, accrue, indemnity
from ..law.mentions import FORMAL_KINDS
from ..tools.due_date import DUE_DATE
from ..tools.reading import Purpose


class Claim(NamedTuple):
    """What is claimed for one instalment on a day. Amounts are Decimal, in the currency of the invoice.

    ``principal`` is what is left to pay: residual less payments in progress and
    netted credits, and less the part ``held`` (disputed) where only the rest is
    asked for; ``accrual`` holds the penalties by segment; ``indemnity`` is
    carried by one late instalment of each invoice (``_get_indemnity_carriers``).
    """

    line_id: int
    move_id: int
    currency_id: int
    due: object
    amount: Decimal
    principal: Decimal
    credit_share: Decimal
    held: Decimal
    days_late: int
    accrual: Accrual
    indemnity: Decimal
    regime: str
    terms: Terms


class Claims(NamedTuple):
    """The claims of some instalments: ``{instalment id: Claim}``, and what stands in the way of others.

    ``missing`` says of each instalment that lacks a legal rate what to enter, ``{instalment id: text}``.
    """

    by_line: dict
    missing: dict

    def complete(self):
        """Return ``by_line``.

        :raises UserError: naming the semester, when a legal rate is missing
        """
        if self.missing:
            raise UserError(next(iter(self.missing.values())))
        return self.by_line


class RelanceEngine(models.AbstractModel):
    """The claim: the ledger in, the law applied, amounts out. Screen, letter, e-mail and register all read it."""

    _inherit = "relance.engine"

    @api.model
    def _get_claims(self, reading, line_ids, purpose=Purpose.STATEMENT):
        """Compute the claims of instalments of one company, in a constant number of statements.

        :param purpose: what they are for (``Purpose``), and so what they ask for
        :return: ``Claims``; an instalment whose invoice is dated later is left out, unless it is to declare: it may
            have been born before
        """
        if not line_ids:
            return Claims({}, {})
        self.env.flush_all()
        facts = self.env.execute_query_dict(
            self._query_facts(reading, line_ids, siblings=True, invoiced_later=purpose is Purpose.DECLARATION)
        )
        payments, credits = self._get_settlements(reading, [fact["line_id"] for fact in facts])
        self._add_unmatched(reading, payments, facts)
        if purpose in (Purpose.UNDISPUTED, Purpose.NOTICE):
            for fact in facts:
                if fact["held"]:
                    credits[fact["line_id"]].append((min(fact["due"], reading.as_of), fact["held"]))
        self._stop_waived_interest(reading, facts)
        if purpose is Purpose.NOTICE:
            payments = _known_by(reading.as_of, payments)
        if purpose is Purpose.DECLARATION:
            self._add_credit_notes_since(credits, reading.as_of, facts)
            credits = _known_by(reading.as_of, credits)
        carriers = self._get_indemnity_carriers(reading, facts, payments, credits)
        asked = set(line_ids)
        facts = [fact for fact in facts if fact["line_id"] in asked]
        return self._apply_law(reading, facts, payments, credits, carriers)

    @api.model
    def _apply_law(self, reading, facts, payments, credits, carriers):
        """Return the ``Claims`` of ``facts``, the indemnity going to the ``carriers`` (ids)."""
        rates = self.env["relance.rate"]._get_rate_table()
        terms_by_id = self._get_terms_by_id({fact["terms_id"] for fact in facts})
        quantum_by_currency = self._get_quantum_by_id({fact["currency_id"] for fact in facts})
        claims, missing = {}, {}
        for fact in facts:
            line_id, terms = fact["line_id"], terms_by_id[fact["terms_id"]]
            quantum = quantum_by_currency[fact["currency_id"]]
            try:
                accrual = accrue(
                    Decimal(fact["amount"]),
                    fact["due"],
                    reading.as_of,
                    fact["regime"],
                    rates,
                    terms=terms,
                    payments=payments.get(line_id, ()),
                    credits=credits.get(line_id, ()),
                    notice_date=fact["notice_date"],
                    stop_date=fact["stop_date"],
                    quantum=quantum,
                )
            except MissingRateError as error:
                missing[line_id] = self.env["relance.rate"]._get_missing_message(error)
                continue
            due_indemnity = Decimal(0)
            if line_id in carriers:
                due_indemnity = self._convert_indemnity(indemnity(fact["regime"], terms, [accrual]), fact, quantum)
            claims[line_id] = Claim(
                line_id=line_id,
                move_id=fact["move_id"],
                currency_id=fact["currency_id"],
                due=fact["due"],
                amount=Decimal(fact["amount"]),
                principal=accrual.principal,
                credit_share=fact["credit_share"],
                held=fact["held"],
                days_late=max(0, (reading.as_of - fact["due"]).days) if accrual.principal else 0,
                accrual=accrual,
                indemnity=due_indemnity,
                regime=fact["regime"],
                terms=terms,
            )
        return Claims(claims, missing)

    @api.model
    def _convert_indemnity(self, amount, fact, quantum):
        """Return the indemnity, set in the company's currency, in that of the invoice, at the rate it was booked."""
        booked = Decimal(fact["balance"])
        if not amount or not booked or booked == Decimal(fact["amount"]):
            return amount
        units = (amount * Decimal(fact["amount"]) / booked / quantum).to_integral_value(ROUND_HALF_UP)
        return units * quantum

    @api.model
    def _get_terms_by_id(self, ids):
        """Return ``{terms id or None: law.Terms}``, the statutory default for invoices without a clause."""
        # The clause is the creditor's: an invoicing user without access to the settings computes with it too.
        terms_sudo = self.env["relance.terms"].sudo().browse([id_ for id_ in ids if id_])
        return {None: STATUTORY} | {terms.id: terms._to_law() for terms in terms_sudo}

    @api.model
    def _get_quantum_by_id(self, ids):
        """Return ``{currency id: smallest amount}``, what segments are rounded to."""
        return {currency.id: Decimal(str(currency.rounding)) for currency in self.env["res.currency"].browse(ids)}

    # === FACTS === #

    @api.model
    def _query_facts(self, reading, line_ids, siblings=False, invoiced_later=False):
        """Return the query of what the law needs of each instalment, oldest first within an invoice.

        :param siblings: also of the other instalments of the same invoices
        :param invoiced_later: also of invoices dated after the day of the reading
        """
        wanted = "line.move_id = ANY(ARRAY(SELECT move_id FROM account_move_line WHERE id = ANY(%s)))"
        wanted = SQL(wanted if siblings else "line.id = ANY(%s)", list(line_ids))
        return SQL(
            """
            SELECT line.id AS line_id, line.move_id, line.currency_id, %(due)s AS due,
                   line.amount_currency::text AS amount, line.balance::text AS balance,
                   move.relance_terms_id AS terms_id,
                   COALESCE(partner.relance_regime, 'business') AS regime, move.commercial_partner_id AS partner_id,
                   line.reconciled IS NOT TRUE AS is_open,
                   notice.date AS notice_date, insolvency.date AS stop_date, waiver.commitment_ids AS waiver_ids
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = move.commercial_partner_id
         LEFT JOIN LATERAL (
                   SELECT MIN(given.date) AS date
                     FROM relance_notice_line fact
                     JOIN relance_notice sent ON sent.id = fact.notice_id
               CROSS JOIN LATERAL (
                          -- a letter nobody posted was not given to anybody; a registered one is given when it is
                          -- presented: until that day is entered nothing is claimed, rather than a day too many
                          SELECT COALESCE(sent.presented_date, sent.received_date, sent.returned_date,
                                          CASE sent.channel WHEN 'letter' THEN sent.posted_date
                                                            WHEN 'email' THEN sent.date END) AS date
                          ) given
                    WHERE partner.relance_regime = 'consumer' AND fact.line_id = line.id AND fact.state = 'sent'
                      AND sent.kind IN %(formal)s AND given.date <= %(as_of)s
                      -- nor one that the post office could not give
                      AND sent.return_reason IS DISTINCT FROM 'unknown'
                   ) notice ON TRUE
         LEFT JOIN LATERAL (%(judgment)s) insolvency ON TRUE
         LEFT JOIN LATERAL (%(waiver)s) waiver ON TRUE
             WHERE %(wanted)s AND line.parent_state = 'posted' AND line.display_type = 'payment_term'
               AND line.amount_currency > 0 AND move.move_type = 'out_invoice' %(invoiced)s
          ORDER BY line.move_id, due, line.id
            """,
            as_of=reading.as_of,
            formal=FORMAL_KINDS,
            due=DUE_DATE,
            judgment=self._sql_judgment(reading),
            waiver=self._sql_waiver(reading),
            wanted=wanted,
            invoiced=SQL() if invoiced_later else SQL("AND move.invoice_date <= %s", reading.as_of),
        )


def _known_by(day, settlements):
    """Return dated ``settlements`` with those of later than ``day`` counted on that day.

    >>> from datetime import date
    >>> _known_by(date(2026, 6, 10), {7: [(date(2026, 6, 1), 30), (date(2026, 6, 20), 50)]})
    {7: [(datetime.date(2026, 6, 1), 30), (datetime.date(2026, 6, 10), 50)]}
    """
    return {line_id: [(min(date, day), amount) for date, amount in dated] for line_id, dated in settlements.items()}
