from odoo import models
from odoo.tools import SQL


class AccountMove(models.Model):
    """An invoice reset to draft and posted again may have other instalments: what was sent for them is theirs."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._relink_relance_facts()
        return posted

    def _relink_relance_facts(self):
        """Give the facts of rebuilt instalments back to those that fall due on the same day of the same invoice."""
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        if not invoices:
            return
        self.env.flush_all()
        relinked = self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice_line fact SET line_id = line.id
                  FROM account_move_line line
                 WHERE fact.line_id IS NULL AND fact.move_id = ANY(%s) AND line.move_id = fact.move_id
                   AND line.display_type = 'payment_term' AND line.date_maturity = fact.date_maturity
             RETURNING fact.move_id
                """,
                invoices.ids,
            )
        )
        if relinked:
            self.env["relance.notice.line"].invalidate_model(["line_id"])
            self.env["relance.engine"]._refresh_progress(invoices)
