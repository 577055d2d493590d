from odoo import api, models
from odoo.tools import SQL


class RelanceEngine(models.AbstractModel):
    """Insolvency proceedings: which debts their judgment concerns, and the day interest stops.

    The event that gave birth to a debt decides, not its invoice (C. com. L622-17, L622-24): the earliest of invoice
    and delivery, and what a person entered as delivered before. What is born on the day of the judgment is taken
    for earlier: it is declared rather than dunned.
    """

    _inherit = "relance.engine"

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
    def _sql_judgment(self, company, as_of):
        """Return the LATERAL query of the day the interest of ``move`` stopped (C. com. L622-28), NULL if it did not.

        What is born after the judgment bears interest like anything else. Proceedings that were set aside, or
        entered by mistake, end before they start: they stop nothing.
        """
        return SQL(
            """
            SELECT MIN(hold.date_from) AS date
              FROM relance_hold hold
             WHERE hold.partner_id = move.commercial_partner_id AND hold.company_id = %(company)s
               AND hold.reason = 'insolvency' AND hold.date_from <= %(as_of)s
               AND (hold.date_to IS NULL OR hold.date_to >= hold.date_from)
               AND %(earlier)s
            """,
            company=company.id,
            as_of=as_of,
            earlier=self._sql_born_before(
                SQL("hold"), SQL("move.id"), SQL("LEAST(move.invoice_date, move.delivery_date)")
            ),
        )
