from datetime import timedelta
from decimal import Decimal

from odoo import models

from ...tools.bulk_sql import update_rows
from ...tools.reading import Reading

# Days after which a stored outcome is not looked at again.
OUTCOME_AGE = 400


def _left(settled, day):
    """Return what is left of the instalments of an invoice after a day."""
    return sum(max(Decimal(0), amount - sum(paid for date, paid in dated if date <= day)) for amount, dated in settled)


class ResCompany(models.Model):
    """Whether a promise was kept in time, by the days of the payments: what statistics and a score read.

    The standing of a commitment is what the ledger says today: a plan caught up late goes on. Its outcome is
    the history: broken on the first day a promised sum was missing, kept on the day the last one was paid.
    """

    _inherit = "res.company"

    def _relance_get_left(self, day, move_ids):
        """Return ``{invoice id: what was left to pay at the end of a day}``, floats in the invoices' currency."""
        settled = self.env["relance.commitment"]._get_settled(Reading(self, day), move_ids)
        return {move_id: float(_left(lines, day)) for move_id, lines in settled.items()}

    def _relance_refresh_outcomes(self, today):
        """Store the outcome of the promises of the company and since when they are broken; set-based.

        An outcome is looked at again for a year: a payment found later, dated in time, keeps a promise after all.

        :return: the commitments broken since the last time (``relance.commitment``)
        """
        self.env.flush_all()
        Commitment = self.env["relance.commitment"]
        live = Commitment.search(
            [
                ("company_id", "=", self.id),
                ("cancelled", "=", False),
                "|",
                ("outcome", "=", False),
                ("outcome_date", ">=", today - timedelta(days=OUTCOME_AGE)),
            ]
        )
        if not live:
            return live
        standings, _instalments = live._get_standings(today)
        outcomes = self.env["relance.commitment"]._get_outcomes(Reading(self, today), live)
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
        update_rows(self.env, "relance.commitment", values)
        # A broken promise may bring the formal notice forward.
        moved.move_ids._relance_refresh_progress()
        return broken
