from odoo import fields, models
from odoo.exceptions import UserError


class RelanceHold(models.Model):
    """A dispute: what it is about, who deals with it, how it ended.

    Found wrong, the creditor goes on where he was. Found right, what is accepted
    stays held until its credit note is posted, so that it is never claimed in between.
    """

    _inherit = "relance.hold"

    category = fields.Selection(
        [
            ("price", "Price"),
            ("delivery", "Delivery"),
            ("quality", "Quality"),
            ("duplicate", "Invoiced twice"),
            ("not_received", "Invoice or goods not received"),
            ("order", "Not ordered"),
            ("other", "Other"),
        ],
        tracking=True,
    )
    responsible_id = fields.Many2one(
        "res.users", string="In Charge", tracking=True, help="Who answers the debtor. Empty: who entered the hold."
    )
    resolution = fields.Selection(
        [("rejected", "Rejected"), ("partly", "Accepted in part"), ("accepted", "Accepted")],
        readonly=True,
        tracking=True,
        copy=False,
    )
    resolved_on = fields.Date(readonly=True, copy=False)
    accepted_amount = fields.Monetary(readonly=True, tracking=True, copy=False)
    outcome = fields.Text(tracking=True)

    def action_resolve(self):
        """Open the dialog that says how a dispute ended."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("End of the Dispute"),
            "res_model": "relance.hold.resolve",
            "view_mode": "form",
            "target": "new",
            "context": {"default_hold_id": self.id},
        }

    def action_credit_note(self):
        """Open core's dialog that makes the credit note of the invoice."""
        self.ensure_one()
        if not self.move_id:
            raise UserError(self.env._("Choose on the hold the invoice to credit, or make the credit note by hand."))
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_view_account_move_reversal")
        return action | {"context": {"active_model": "account.move", "active_ids": self.move_id.ids}}

    def _resolve(self, resolution, accepted_amount, outcome):
        """Record how disputes ended: rejected, dunning goes on; else what is accepted stays held until it is credited.

        :param accepted_amount: part accepted, in the currency of the invoice; 0 when all of it is
        """
        today = fields.Date.context_today(self)
        self.check_access("write")
        # These fields are written here and nowhere else, see relance_hold_guard.py.
        hold_sudo = self.sudo()
        hold_sudo.write({"resolution": resolution, "resolved_on": today, "outcome": outcome or False})
        if resolution == "rejected":
            self.action_end()
            return
        if resolution == "partly":
            hold_sudo.write({"accepted_amount": accepted_amount, "amount": accepted_amount, "date_to": False})
        else:
            hold_sudo.write({"accepted_amount": self._get_disputed_amount(), "date_to": False})
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Post the credit note that was agreed"),
            user_id=self._get_person_in_charge().id,
        )

    def _get_disputed_amount(self):
        """Return what a dispute is about, in the currency of its invoice; 0 for all that a debtor owes."""
        self.ensure_one()
        return self.amount or self.line_id.amount_residual_currency or self.move_id.amount_residual

    def _get_person_in_charge(self):
        self.ensure_one()
        return self.responsible_id or self.user_id or self.env.user
