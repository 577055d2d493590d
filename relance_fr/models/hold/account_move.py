from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.inputs import is_storable


class AccountMove(models.Model):
    """On which side of the opening judgment of its debtor an invoice is."""

    _inherit = "account.move"

    relance_judgment = fields.Selection(
        [("before", "Before the judgment"), ("after", "After the judgment")],
        string="Insolvency",
        compute="_compute_relance_judgment",
        search="_search_relance_judgment",
        compute_sudo=True,
        help="Proceedings of the debtor: what was born before the judgment is declared, what was born after it is paid "
        "at its due date.",
    )

    @api.depends("invoice_date", "delivery_date", "commercial_partner_id", "state")
    def _compute_relance_judgment(self):
        sides = {}
        ids = self._origin.ids
        if ids:
            self.env.flush_all()
            sides = dict(self.env.execute_query(self._query_relance_judgment(SQL("move.id = ANY(%s)", ids))))
        for move in self:
            move.relance_judgment = sides.get(move._origin.id, False)

    @api.model
    def _query_relance_judgment(self, condition):
        """Return the query of the invoices whose debtor is in proceedings: id and side."""
        earlier = self.env["relance.ledger"]._sql_born_before(
            SQL("hold"), SQL("move.id"), SQL("LEAST(move.invoice_date, move.delivery_date)")
        )
        return SQL(
            """
            SELECT move.id, CASE WHEN bool_or(%(earlier)s) THEN 'before' ELSE 'after' END AS side
              FROM account_move move
              JOIN relance_hold hold ON hold.partner_id = move.commercial_partner_id
                                    AND hold.company_id = move.company_id AND hold.reason = 'insolvency'
                                    AND (hold.date_to IS NULL OR hold.date_to >= hold.date_from)
             WHERE move.move_type = 'out_invoice' AND move.state = 'posted' AND %(condition)s
          GROUP BY move.id
            """,
            earlier=earlier,
            condition=condition,
        )

    @api.model
    def _search_relance_judgment(self, operator, value):
        if operator != "in":
            return NotImplemented
        query = self._query_relance_judgment(SQL("TRUE"))
        sides = [side for side in value if isinstance(side, str) and is_storable(side)]
        found = Domain("id", "in", SQL("(SELECT id FROM (%s) sided WHERE side = ANY(%s))", query, sides))
        if False in value:
            found |= Domain("id", "not in", SQL("(SELECT id FROM (%s) sided)", query))
        return found
