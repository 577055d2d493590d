from odoo import models


class AccountMove(models.Model):
    """Dunning invoices at once, as a person asks for it on them: a run that nobody looks at.

    Data flows one way: open instalments, a decision for each (``relance.decision``), the run's lines and notices
    (``_decide``, ``_draft``), a number and a seal (``_seal``), then the channels (``_dispatch``).
    """

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
