from odoo import models
from odoo.fields import Command


class ResPartner(models.Model):
    """A promise of a debtor, entered from the debtor's page or from a call."""

    _inherit = "res.partner"

    def _get_relance_promise_dialog(self, company, moves, title, **defaults):
        """Return the action that opens the form of a promise to pay what is left of ``moves`` in one payment."""
        # A commitment is in one currency: that of most of the invoices; the others get one of their own.
        moves = max(moves.grouped("currency_id").values(), key=len)
        # The net comes from all the debtor's entries, whatever the reader may open.
        net = self.env["relance.ledger"].sudo()._get_net_by_move(moves.sudo())
        return self._get_relance_dialog(
            company,
            "relance.commitment",
            title,
            default_move_ids=[Command.set([move.id for move in moves if net.get(move.id)] or moves.ids)],
            default_line_ids=[Command.create({"amount": moves.currency_id.round(float(sum(net.values())))})],
            **defaults,
        )
