from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.open_items import UNPAID

PAYMENT_DAYS = 7


class RelanceCall(models.Model):
    """What comes after a call: the form of the outcome, filled in. The call itself is saved before."""

    _inherit = "relance.call"

    def action_follow_up(self):
        """Open what the outcome calls for: the invoices to send again, a hold, a promise, a notice.

        :return: an action, or that which closes the dialog when the outcome calls for nothing but a next call
        """
        self.ensure_one()
        openers = {
            "not_received": self._open_invoices_to_send,
            "in_payment": self._open_waiting_hold,
            "promise": self._open_promise,
            "dispute": self._open_dispute,
            "refuses": self._open_notice_to_send,
        }
        opener = openers.get(self.outcome)
        return opener() if opener else {"type": "ir.actions.act_window_close"}

    def _open_invoices_to_send(self):
        """Open Odoo's own dialog to send the invoices again, with the PDF stored when they were first sent."""
        moves = self._get_moves_to_follow()
        return moves.action_invoice_sent() if len(moves) == 1 else moves.action_send_and_print()

    def _open_waiting_hold(self):
        today = self.env["relance.engine"]._today(self.company_id)
        return self._open_hold(
            "manual",
            self.env._("Wait for the Payment"),
            self.env._("Payment announced"),
            default_date_to=fields.Date.to_string(fields.Date.add(today, days=PAYMENT_DAYS)),
        )

    def _open_dispute(self):
        return self._open_hold("dispute", self.env._("Record the Dispute"), self.env._("Disputed"))

    def _open_hold(self, reason, title, text, **defaults):
        """Open the form of a hold: on the invoice if the call was about a single one, else on the debtor."""
        moves = self._get_moves_to_follow(required=False)
        return self.partner_id._get_relance_dialog(
            self.company_id,
            "relance.suspension",
            title,
            default_reason=reason,
            default_move_id=moves.id if len(moves) == 1 else False,
            default_note=self._get_follow_up_note(text),
            **defaults,
        )

    def _open_promise(self):
        """Open the form of a promise to pay what is left of the invoices, in one payment whose day is to enter."""
        return self.partner_id._get_relance_promise_dialog(
            self.company_id,
            self._get_moves_to_follow(),
            self.env._("Record the Promise"),
            default_note=self._get_follow_up_note(self.env._("Promised")),
        )

    def _open_notice_to_send(self):
        return self._get_moves_to_follow().action_relance_send()

    def _get_moves_to_follow(self, required=True):
        """Return the invoices the follow-up is about: those spoken about and still open, else all that are late.

        :raises UserError: when ``required`` and the debtor owes nothing
        """
        self.ensure_one()
        unpaid = Domain("payment_state", "in", UNPAID)
        moves = self.move_ids.filtered_domain(unpaid)
        moves = moves or self.partner_id._get_relance_late_moves(self.company_id)
        if not moves and required:
            raise UserError(
                self.env._(
                    "The call is logged. %s has no invoice left to pay: there is nothing to follow up.",
                    self.partner_id.display_name,
                )
            )
        return moves

    def _get_follow_up_note(self, text):
        """Return what the follow-up says of its origin: what was said, when, by whom, in the debtor's words."""
        self.ensure_one()
        origin = self.env._(
            "%(text)s by %(contact)s on the phone on %(date)s.",
            text=text,
            contact=(self.contact_id or self.partner_id).display_name,
            date=format_date(self.env, self._get_day(self.date)),
        )
        return f"{origin}\n{self.note}" if self.note else origin
