from odoo import models
from odoo.tools import SQL

from ..tools.due_date import DUE_DATE


class AccountMove(models.Model):
    """An invoice reset to draft and posted again may have other instalments, or another customer."""

    _inherit = "account.move"

    def _relink_relance_facts(self):
        """Give the facts of rebuilt instalments back to those that fall due on the same day of the same invoice.

        An invoice made out to another customer meanwhile starts afresh: what the first one was sent is not his.
        """
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        if not invoices:
            return
        self.env.flush_all()
        # Cut before it is tied: the database allows one notice sent an instalment and level.
        cut = self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice_line fact SET line_id = NULL
                  FROM relance_notice notice, res_partner debtor, account_move move
                 WHERE fact.move_id = ANY(%s) AND fact.line_id IS NOT NULL AND notice.id = fact.notice_id
                   AND debtor.id = notice.partner_id AND move.id = fact.move_id
                   AND debtor.commercial_partner_id <> move.commercial_partner_id
             RETURNING fact.move_id
                """,
                invoices.ids,
            )
        )
        tied = self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice_line fact SET line_id = line.id
                  FROM account_move_line line, account_move move, relance_notice notice, res_partner debtor
                 WHERE fact.line_id IS NULL AND fact.move_id = ANY(%s) AND line.move_id = fact.move_id
                   AND line.display_type = 'payment_term' AND %s = fact.date_maturity
                   AND notice.id = fact.notice_id AND debtor.id = notice.partner_id AND move.id = fact.move_id
                   AND debtor.commercial_partner_id = move.commercial_partner_id
             RETURNING fact.move_id
                """,
                invoices.ids,
                DUE_DATE,
            )
        )
        if cut or tied:
            self.env["relance.notice.line"].invalidate_model(["line_id"])
            self.env["relance.engine"]._refresh_progress(invoices)
