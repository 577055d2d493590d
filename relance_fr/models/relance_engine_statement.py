from odoo import api, models
from odoo.exceptions import UserError

from ..tools.reading import Purpose, Reading

# What the annual rate is based on, where the regime and not the clause decides.
REGIME_BASIS = {"public": "ecb_public", "consumer": "legal"}


class RelanceEngine(models.AbstractModel):
    """The statement of an invoice: the claims of its instalments, added up as they are printed."""

    _inherit = "relance.engine"

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
            reading = Reading(company, as_of or self._today(company), waivers=waivers)
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
                {"line_id": claim.line_id, **segment.to_row()} for claim in claims for segment in claim.accrual.segments
            ],
        }
