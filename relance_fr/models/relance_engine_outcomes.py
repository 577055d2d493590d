from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..tools.reading import Reading
from .relance_engine_open_lines import NET_SOURCES

# Days after which a stored outcome is not looked at again.
OUTCOME_AGE = 400


class RelanceEngine(models.AbstractModel):
    """Whether a word was kept in time, by the days of the payments: what statistics and a score read.

    The standing of a commitment is what the ledger says today: a plan caught up late goes on. Its outcome is
    the history: broken on the first day a promised sum was missing, kept on the day the last one was paid.
    """

    _inherit = "relance.engine"

    @api.model
    def _get_settled(self, reading, move_ids):
        """Return ``{invoice id: [(amount of the instalment, [(date, amount settled)])]}`` for posted invoices.

        Payments, credit notes, payments in progress and netted credits, each at its day. Amounts are Decimal.
        """
        for source, field_names in NET_SOURCES.items():
            self.env[source].flush_model(field_names)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM account_move_line
                 WHERE move_id = ANY(%s) AND display_type = 'payment_term' AND parent_state = 'posted'
                """,
                list(move_ids),
            )
        )
        line_ids = [row[0] for row in rows]
        facts = self.env.execute_query_dict(self._query_facts(reading, line_ids)) if line_ids else []
        payments, credits = self._get_settlements(reading, line_ids)
        self._add_unmatched(reading, payments, facts)
        settled = {}
        for fact in facts:
            dated = [*payments.get(fact["line_id"], ()), *credits.get(fact["line_id"], ())]
            settled.setdefault(fact["move_id"], []).append((Decimal(fact["amount"]), dated))
        return settled

    @api.model
    def _get_left(self, company, day, move_ids):
        """Return ``{invoice id: what was left to pay at the end of a day}``, floats in the invoices' currency."""
        settled = self._get_settled(Reading(company, day), move_ids)
        return {move_id: float(_left(lines, day)) for move_id, lines in settled.items()}

    @api.model
    def _get_outcomes(self, reading, commitments, ends=None):
        """Return ``{commitment id: (outcome or None, date or None)}`` by what was paid so far.

        A broken word is broken from the first day after its payment and the tolerance; a kept one is kept on the
        day the ledger reached what was promised.

        :param ends: ``{commitment id: last day it is looked at}``, where that is not the day of the reading
        """
        ends = ends or {}
        settled = self._get_settled(reading, commitments.debt_ids.move_id.ids)
        company = reading.company
        tolerance = (
            timedelta(days=company._get_relance_setting("relance_promise_tolerance_days")),
            Decimal(str(company._get_relance_setting("relance_promise_tolerance_amount"))),
        )
        outcomes = {}
        for commitment in commitments:
            owed = [
                (Decimal(str(debt.principal_amount)), settled[debt.move_id.id])
                for debt in commitment.debt_ids
                if debt.move_id.id in settled
            ]
            schedule = [(line.date, Decimal(str(line.amount))) for line in commitment.line_ids.sorted("date")]
            last = min(reading.as_of, ends.get(commitment.id, reading.as_of))
            outcomes[commitment.id] = _judge(commitment.date, schedule, owed, last, *tolerance)
        return outcomes

    @api.model
    def _refresh_outcomes(self, company, today):
        """Store the outcome of the words of ``company`` and since when they are broken; set-based.

        An outcome is looked at again for a year: a payment found later, dated in time, keeps a word after all.

        :return: the commitments broken since the last time (``relance.commitment``)
        """
        self.env.flush_all()
        Commitment = self.env["relance.commitment"]
        live = Commitment.search(
            [
                ("company_id", "=", company.id),
                ("cancelled", "=", False),
                "|",
                ("outcome", "=", False),
                ("outcome_date", ">=", today - timedelta(days=OUTCOME_AGE)),
            ]
        )
        if not live:
            return live
        standings, _instalments = self._get_standings(live, today)
        outcomes = self._get_outcomes(Reading(company, today), live)
        values, broken, moved = {}, Commitment, Commitment
        for commitment in live:
            standing = standings.get(commitment.id, {})
            since = standing.get("broken_since") if standing.get("state") == "broken" else None
            outcome, date = outcomes[commitment.id]
            fresh = {"outcome": outcome, "outcome_date": date, "broken_date": since}
            if any((commitment[name] or None) != value for name, value in fresh.items()):
                values[commitment.id] = fresh
            if since != (commitment.broken_date or None):
                moved |= commitment
            if since and not commitment.broken_date:
                broken |= commitment
        self._update_rows("relance.commitment", values)
        # A broken word may bring the formal notice forward.
        self._refresh_progress(moved.move_ids)
        return broken


def _left(settled, day):
    """Return what is left of the instalments of an invoice after a day."""
    return sum(max(Decimal(0), amount - sum(paid for date, paid in dated if date <= day)) for amount, dated in settled)


def _judge(made, schedule, owed, as_of, days, missing):
    """Return ``(outcome or None, date or None)`` of one word.

    :param made: the day it was given
    :param schedule: ``[(date, amount promised)]``, oldest first
    :param owed: ``[(principal when it was given, [(amount, [(date, settled)])])]`` by invoice
    :param days: tolerance (timedelta); ``missing``: tolerance (Decimal)

    >>> from datetime import date
    >>> def judge(paid_on, until):
    ...     owed = [(Decimal(100), [(Decimal(100), [(date(2026, 6, paid_on), Decimal(100))])])]
    ...     word = [(date(2026, 6, 10), Decimal(100))]
    ...     return _judge(date(2026, 6, 1), word, owed, date(2026, 6, until), timedelta(0), Decimal(0))
    >>> judge(9, 8), judge(9, 30), judge(12, 30)
    ((None, None), ('kept', datetime.date(2026, 6, 9)), ('broken', datetime.date(2026, 6, 11)))
    """
    base = sum(principal for principal, _settled in owed)
    if not base:
        return None, None

    def paid_by(day):
        return sum(principal - _left(settled, day) for principal, settled in owed)

    so_far = Decimal(0)
    for date, amount in schedule:
        so_far += amount
        last_day = date + days
        if last_day < as_of and paid_by(last_day) < min(so_far, base) - missing:
            return "broken", last_day + timedelta(days=1)
    needed = min(so_far, base) - missing
    moments = sorted({date for _principal, settled in owed for _amount, dated in settled for date, _paid in dated})
    for day in [made, *(moment for moment in moments if made < moment <= as_of)]:
        if paid_by(day) >= needed:
            return "kept", day
    return None, None
