from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...law import STATUTORY, Accrual, MissingRateError, Terms, accrue, indemnity
from ...law.currencies import from_euros
from ...law.limitation import YEARS, limitation_kind, limitation_of
from ...law.mentions import FORMAL_KINDS
from ...tools.due_date import DUE_DATE
from ...tools.open_items import OPEN_ITEM, TRANSFER, sql_same_debtor_debit
from ...tools.reading import Purpose, Reading
from ...tools.segments import segment_row


class Claim(NamedTuple):
    """What is claimed for one instalment on a day. Amounts are Decimal, in the currency of the invoice.

    ``principal`` is what is left to pay: residual less payments in progress and
    netted credits, and less the part ``held`` (disputed) and what is ``planned``
    (not due yet under a consumer's plan) where only the rest is asked for;
    ``accrual`` holds the penalties by segment; ``indemnity`` is carried by one
    late instalment of each invoice (``_get_indemnity_carriers``).
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
    planned: Decimal = Decimal(0)


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


def _known_by(day, settlements):
    """Return dated ``settlements`` with those of later than ``day`` counted on that day.

    >>> from datetime import date
    >>> _known_by(date(2026, 6, 10), {7: [(date(2026, 6, 1), 30), (date(2026, 6, 20), 50)]})
    {7: [(datetime.date(2026, 6, 1), 30), (datetime.date(2026, 6, 10), 50)]}
    """
    return {line_id: [(min(date, day), amount) for date, amount in dated] for line_id, dated in settlements.items()}


# What the annual rate is based on, where the regime and not the clause decides.
REGIME_BASIS = {"public": "ecb_public", "consumer": "legal"}


class RelanceClaim(models.AbstractModel):
    """The claim: the ledger in, the law applied, amounts out. Screen, letter, e-mail and register all read it."""

    _name = "relance.claim"
    _description = "Claims on Instalments"

    # === CLAIM OF AN INSTALMENT === #

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
        payments, credits = self.env["relance.ledger"]._get_settlements(reading, [fact["line_id"] for fact in facts])
        self.env["relance.ledger"]._add_unmatched(reading, payments, facts)
        if purpose in (Purpose.UNDISPUTED, Purpose.NOTICE):
            for fact in facts:
                if fact["held"]:
                    credits[fact["line_id"]].append((min(fact["due"], reading.as_of), fact["held"]))
        self._stop_waived_interest(reading, facts)
        if purpose is Purpose.NOTICE:
            for fact in facts:
                payments[fact["line_id"]] += fact["doubt"]
            payments = _known_by(reading.as_of, payments)
            self._leave_out_planned(reading, facts, payments, credits)
        if purpose is Purpose.DECLARATION:
            self.env["relance.ledger"]._add_credit_notes_since(credits, reading.as_of, facts)
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
        quantum_by_currency = self.env["relance.ledger"]._get_quantum_by_id({fact["currency_id"] for fact in facts})
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
                due_indemnity = indemnity(fact["regime"], terms, [accrual])
                if fact["regime"] == "public" or not fact["terms_id"]:
                    # What the law sets in euros; a clause is in the currency of its company.
                    due_indemnity = from_euros(due_indemnity, reading.company.currency_id.name)
                due_indemnity = self._convert_indemnity(due_indemnity, fact, quantum)
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
                planned=fact.get("planned", Decimal(0)),
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
    def _query_facts(self, reading, line_ids, siblings=False, invoiced_later=False):
        """Return the query of what the law needs of each instalment, oldest first within an invoice.

        Interest stops on the eve of the judgment, which takes effect from the first hour of its day (C. com. R621-4).

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
                   line.reconciled IS NOT TRUE OR %(moved)s AS is_open,
                   notice.date AS notice_date,
                   LEAST(insolvency.date, admitted.date) - 1 AS stop_date, waiver.commitment_ids AS waiver_ids
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = move.commercial_partner_id
         LEFT JOIN LATERAL (
                   SELECT MIN(given.date) AS date
                     FROM relance_notice_line fact
                     JOIN relance_notice sent ON sent.id = fact.notice_id
               CROSS JOIN LATERAL (
                          -- given when its receipt is proven: a registered letter when it is presented, an e-mail or
                          -- a plain letter when a proof was entered; until then nothing is claimed (C. civ. 1344-1)
                          SELECT COALESCE(sent.presented_date, sent.received_date, sent.returned_date) AS date
                          ) given
                    WHERE partner.relance_regime = 'consumer' AND fact.line_id = line.id AND fact.state = 'sent'
                      AND sent.kind IN %(formal)s AND given.date <= %(as_of)s
                      -- nor one that the post office could not give
                      AND sent.return_reason IS DISTINCT FROM 'unknown'
                   ) notice ON TRUE
         LEFT JOIN LATERAL (%(judgment)s) insolvency ON TRUE
         LEFT JOIN LATERAL (
                   -- over-indebtedness of a person: no interest since its file is admissible (C. consom. L722-14)
                   SELECT MIN(hold.date_from) AS date FROM relance_hold hold
                    WHERE hold.partner_id = move.commercial_partner_id AND hold.company_id = move.company_id
                      AND hold.reason = 'overindebtedness' AND hold.date_from <= %(as_of)s
                      AND (hold.date_to IS NULL OR hold.date_to >= hold.date_from)
                      AND (hold.move_id IS NULL OR hold.move_id = move.id) AND move.invoice_date <= hold.date_from
                   ) admitted ON TRUE
         LEFT JOIN LATERAL (%(waiver)s) waiver ON TRUE
             WHERE %(wanted)s AND line.parent_state = 'posted' AND line.display_type = 'payment_term'
               AND line.amount_currency > 0 AND move.move_type = 'out_invoice' %(invoiced)s
          ORDER BY line.move_id, due, line.id
            """,
            as_of=reading.as_of,
            formal=FORMAL_KINDS,
            due=DUE_DATE,
            moved=SQL(
                """
                EXISTS (SELECT FROM account_partial_reconcile match
                          JOIN account_move_line credit ON credit.id = match.credit_move_id
                          JOIN account_move entry ON entry.id = credit.move_id
                         WHERE match.debit_move_id = line.id AND %s AND EXISTS (%s))
                """,
                TRANSFER,
                sql_same_debtor_debit("credit"),
            ),
            judgment=self.env["relance.ledger"]._sql_judgment(reading),
            waiver=self._sql_waiver(reading),
            wanted=wanted,
            invoiced=SQL() if invoiced_later else SQL("AND move.invoice_date <= %s", reading.as_of),
        )

    # === WHICH INSTALMENT CARRIES THE INDEMNITY === #

    @api.model
    def _get_indemnity_carriers(self, reading, facts, payments, credits):
        """Return the ids of the instalments that carry the indemnity of their invoice: one an invoice, at most.

        The first late one that is still open; when none is, the first that was paid late. Asked for by itself, a
        later instalment does not claim again what a letter about the first one claims.

        :param facts: all the instalments of each invoice, oldest first; ``payments`` and ``credits`` are theirs
        """
        rates = self.env["relance.rate"]._get_rate_table()
        by_move = defaultdict(list)
        for fact in facts:
            by_move[fact["move_id"]].append(fact)
        carriers = set()
        for instalments in by_move.values():
            if len(instalments) == 1:
                carriers.add(instalments[0]["line_id"])
                continue
            late = []
            for fact in instalments:
                # Without interest, as for a consumer nobody gave notice: lateness asks for no legal rate.
                accrual = accrue(
                    Decimal(fact["amount"]),
                    fact["due"],
                    reading.as_of,
                    "consumer",
                    rates,
                    payments=payments.get(fact["line_id"], ()),
                    credits=credits.get(fact["line_id"], ()),
                    stop_date=fact["stop_date"],
                )
                if accrual.late:
                    late.append((not accrual.principal, fact["line_id"]))
            if late:
                carriers.add(min(late, key=lambda item: item[0])[1])
        return carriers

    # === INTEREST WAIVED BY A PLAN === #

    @api.model
    def _sql_waiver(self, reading):
        """Return the LATERAL query of the plans that waive the interest of ``move``: commitment_ids.

        Only a plan that covers the whole principal can: what it leaves out bears interest as ever. One that a person
        gave up waives nothing any more; one that a judgment closed does.
        """
        return SQL(
            """
            SELECT array_agg(plan.id) AS commitment_ids
              FROM relance_commitment_move_rel link
              JOIN relance_commitment plan ON plan.id = link.commitment_id
             WHERE link.move_id = move.id AND plan.company_id = %s AND plan.kind = 'plan'
               AND plan.interest = 'waived' AND plan.date <= %s
               AND (plan.cancelled IS NOT TRUE OR plan.insolvency_id IS NOT NULL)
               AND plan.covered_amount >= plan.base_amount
            """,
            reading.company.id,
            reading.as_of,
        )

    @api.model
    def _stop_waived_interest(self, reading, facts):
        """Let the interest of ``facts`` end where a plan waives it: a named hook, which commitments fill."""

    # === WHAT A PLAN LEAVES FOR LATER === #

    @api.model
    def _leave_out_planned(self, reading, facts, payments, credits):
        """Take out of a notice what is not due yet under a consumer's plan: a named hook, which commitments fill.

        :param payments, credits: ``{line_id: [(date, amount)]}``; credits are completed, and ``planned`` of the facts
        """

    # === STATEMENT OF AN INVOICE === #

    @api.model
    def _get_statements(self, moves, as_of=None, waivers=True):
        """Return ``{invoice id: statement}``.

        What is not a posted customer invoice owes nothing. Amounts are numbers of the
        invoice's currency, exact to its smallest unit.

        :param as_of: the day; each company's today when None
        :param waivers: False: as if no plan waived interest; what a waiver costs is the difference
        :raises UserError: naming the semester, when a legal rate is missing
        """
        statements = {}
        stored = moves.filtered(lambda move: isinstance(move.id, int))
        for company, company_moves in stored.grouped("company_id").items():
            reading = Reading(company, as_of or company._relance_today(), waivers=waivers)
            invoices = company_moves.filtered(lambda move: move.move_type == "out_invoice")
            lines = invoices.line_ids.filtered(lambda line: line.display_type == "payment_term")
            claims = self._get_claims(reading, lines.ids).complete()
            held = [claim.line_id for claim in claims.values() if claim.held]
            undisputed = self._get_claims(reading, held, Purpose.UNDISPUTED).complete()
            by_move = {}
            for claim in claims.values():
                by_move.setdefault(claim.move_id, []).append(claim)
            for move in company_moves:
                statements[move.id] = self._prepare_statement(move, reading.as_of, by_move.get(move.id, []), undisputed)
        return statements

    @api.model
    def _get_statements_or_warnings(self, moves, as_of=None):
        """Return the statements and, for the invoices that lack a legal rate, ``{invoice id: what is missing}``."""
        try:
            return self._get_statements(moves, as_of), {}
        except UserError as error:
            if len(moves) == 1:
                return {}, {moves.id: str(error)}
        # The others have nothing to do with the missing rate.
        statements, warnings = {}, {}
        for move in moves:
            one_statement, one_warning = self._get_statements_or_warnings(move, as_of)
            statements |= one_statement
            warnings |= one_warning
        return statements, warnings

    @api.model
    def _prepare_statement(self, move, as_of, claims, undisputed):
        """Return the statement of one invoice from the claims of its instalments.

        :param undisputed: ``{instalment id: claim}`` without the part held, for those that have one: the statement
            tells what of its totals is disputed, ``{principal, penalty}``
        """
        rest = [(claim, undisputed[claim.line_id]) for claim in claims if claim.line_id in undisputed]
        principal = sum(claim.principal for claim in claims)
        penalty = sum(claim.accrual.penalty for claim in claims)
        indemnity = sum(claim.indemnity for claim in claims)
        return {
            "as_of": as_of.isoformat(),
            "currency": move.currency_id.name,
            "regime": move.relance_regime,
            "basis": REGIME_BASIS.get(move.relance_regime) or move.relance_terms_id.basis or "ecb",
            "day_base": move.relance_terms_id.day_base or "365",
            "days_late": max((claim.days_late for claim in claims), default=0),
            "principal": float(principal),
            "penalty": float(penalty),
            "indemnity": float(indemnity),
            "total": float(principal + penalty + indemnity),
            "disputed": {
                "principal": float(sum(claim.principal - other.principal for claim, other in rest)),
                "penalty": float(sum(claim.accrual.penalty - other.accrual.penalty for claim, other in rest)),
            },
            "segments": [
                {"line_id": claim.line_id, **segment_row(segment)}
                for claim in claims
                for segment in claim.accrual.segments
            ],
        }

    # === LIMITATION === #

    @api.model
    def _get_limitation_dates(self, move_ids):
        """Return ``{invoice id: last day to bring the claim}``, see ``_get_limitations``."""
        return {move_id: limitation.last for move_id, limitation in self._get_limitations(move_ids).items()}

    @api.model
    def _get_limitations(self, move_ids):
        """Return ``{invoice id: law.Limitation}`` of posted customer invoices with something left.

        The first of its open instalments. A plan signed by the debtor is an acknowledgement (Code civil 2240); a
        formal notice counts against a public body only. Payments are left out: whether one acknowledges the rest
        is for a judge to say, and the date is the cautious one.
        """
        if not move_ids:
            return {}
        limitations, sectors = {}, {}
        for row in self.env.execute_query_dict(self._query_limitation(move_ids)):
            company_id = row["company_id"]
            if company_id not in sectors:
                company = self.env["res.company"].browse(company_id)
                sectors[company_id] = company._get_relance_setting("relance_sector")
            events = [(day, "acknowledgement") for day in row["signed"] or ()]
            events += [(day, "mise_en_demeure") for day in row["notified"] or ()]
            sector = row["sector"] or sectors[company_id]
            found = limitation_of(
                limitation_kind(row["regime"], row["public_accountant"], sector == "transport"),
                row["due"],
                row["invoiced"],
                row["delivered"],
                row["performed"],
                events,
            )
            known = limitations.get(row["move_id"])
            if known is None or found.last < known.last:
                limitations[row["move_id"]] = found
        return limitations

    @api.model
    def _query_limitation(self, move_ids):
        """Return the query of what the limitation of the open instalments depends on."""
        return SQL(
            """
            SELECT line.move_id, line.company_id, COALESCE(partner.relance_regime, 'business') AS regime,
                   partner.relance_public_kind IS DISTINCT FROM 'undertaking'
                   OR partner.relance_public_accountant IS TRUE AS public_accountant,
                   term.relance_sector AS sector, %s AS due, move.invoice_date AS invoiced,
                   move.delivery_date AS delivered, move.relance_performed_on AS performed,
                   signed.days AS signed, notified.days AS notified
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = move.commercial_partner_id
         LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id
         LEFT JOIN LATERAL (
                   SELECT array_agg(plan.signed_date) AS days
                     FROM relance_commitment_debt debt
                     JOIN relance_commitment plan ON plan.id = debt.commitment_id
                    WHERE debt.move_id = move.id AND plan.sign_state = 'signed'
                   ) signed ON TRUE
         LEFT JOIN LATERAL (
                   SELECT array_agg(COALESCE(notice.posted_date, notice.date)) AS days
                     FROM relance_notice_line fact
                     JOIN relance_notice notice ON notice.id = fact.notice_id
                    WHERE fact.line_id = line.id AND fact.state = 'sent' AND notice.kind IN %s
                      AND (notice.channel = 'email' OR notice.posted_date IS NOT NULL)
                   ) notified ON TRUE
             WHERE line.move_id = ANY(%s) AND %s
            """,
            DUE_DATE,
            FORMAL_KINDS,
            list(move_ids),
            OPEN_ITEM,
        )

    @api.model
    def _get_aged_moves(self, until, companies=None):
        """Return the ids of the invoices with an open instalment old enough to lapse by ``until`` without an event."""
        oldest = until - relativedelta(years=min(YEARS.values()))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT line.move_id FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE %s AND COALESCE(move.relance_performed_on,
                                       LEAST(%s, move.invoice_date, move.delivery_date)) <= %s %s
                """,
                OPEN_ITEM,
                DUE_DATE,
                oldest,
                self.env["relance.ledger"]._sql_scope(SQL("line.company_id"), companies and companies.ids),
            )
        )
        return [row[0] for row in rows]
