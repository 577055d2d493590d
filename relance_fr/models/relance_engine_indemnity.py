from collections import defaultdict
from decimal import Decimal

from odoo import api, models

from ..law import accrue


class RelanceEngine(models.AbstractModel):
    """The fixed compensation of an invoice in several instalments: carried by one of them, whichever are asked for."""

    _inherit = "relance.engine"

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
