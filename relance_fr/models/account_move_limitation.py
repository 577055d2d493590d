import operator as operators

from odoo import api, fields, models

from .res_partner import ACCOUNT_GROUPS

COMPARISONS = {"<=": operators.le, "<": operators.lt, ">=": operators.ge, ">": operators.gt}


class AccountMove(models.Model):
    """Until when the claim can be brought to court. Not stored: a signature or a notice moves it."""

    _inherit = "account.move"

    relance_limitation_date = fields.Date(
        string="Claim Lapses on",
        compute="_compute_relance_limitation_date",
        search="_search_relance_limitation_date",
        compute_sudo=True,
        help="Last day to bring the claim to court (prescription): 5 years between professionals, 2 for a consumer, "
        "4 calendar years for a public body; a plan signed by the debtor starts it anew.",
        groups=ACCOUNT_GROUPS,
    )

    @api.depends(
        "state",
        "commercial_partner_id.relance_regime",
        "line_ids.date_maturity",
        "invoice_date_due",
        "line_ids.reconciled",
        "relance_commitment_ids.sign_state",
        "relance_notice_line_ids.state",
    )
    def _compute_relance_limitation_date(self):
        self.env.flush_all()
        dates = self.env["relance.engine"]._get_limitation_dates(self._origin.ids)
        for move in self:
            move.relance_limitation_date = dates.get(move._origin.id)

    def _search_relance_limitation_date(self, operator, value):
        """Find invoices by a day: ``<=`` and ``<`` look at the claims old enough, the others at all that is open."""
        compare = COMPARISONS.get(operator)
        if not compare or not value:
            return NotImplemented
        # The date depends on facts the reader may not open; what he finds is still filtered by his rights.
        engine_sudo = self.env["relance.engine"].sudo()
        self.env.flush_all()
        day = fields.Date.to_date(value)
        until = day if operator in ("<=", "<") else fields.Date.add(fields.Date.today(), years=100)
        dates = engine_sudo._get_limitation_dates(engine_sudo._get_aged_moves(until))
        return [("id", "in", [move_id for move_id, last in dates.items() if compare(last, day)])]
