from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Dunning chosen invoices: the dialog of their button, and a campaign of them that nobody looks at."""

    _inherit = "account.move"

    def _relance_send_by_hand(self, send_now=True):
        """Dun the moves at once, as a person asked on the invoices.

        :return: the notices made (``relance.notice``), sent when ``send_now``
        """
        notices = self.env["relance.notice"]
        for run in self.env["relance.run"]._create_for_moves(self):
            run._preview()
            notices |= run._confirm()
            # Who calls this sends now: there is no screen to call it back from.
            run.sudo().leaves_at = False
        notices.filtered(lambda notice: notice.state == "draft")._seal()
        if send_now:
            notices.filtered(lambda notice: notice.state == "ready")._dispatch()
        return notices

    def action_relance_send(self):
        """Open the dialog of the selected invoices: what would be sent for them, what not and why."""
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        if not invoices:
            raise UserError(self.env._("Select customer invoices to dun."))
        runs = self.env["relance.run"]._create_for_moves(invoices)
        runs.action_preview()
        return runs._get_selection_action()
