from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class RelanceDebtor(models.Model):
    """What one does from a debtor's account: remind, call, note a promise, suspend; and where his documents are."""

    _inherit = "relance.debtor"

    def _get_open_moves(self):
        """Return the debtor's invoices of the company that are not paid, the oldest first."""
        self.ensure_one()
        return self.env["account.move"].search(
            self.partner_id._get_relance_open_domain() & Domain("company_id", "=", self.company_id.id),
            order="invoice_date_due, id",
        )

    def _get_late_moves(self):
        self.ensure_one()
        return self.partner_id._get_relance_late_moves(self.company_id)

    def _check_may_act(self):
        if not self.env["relance.call"].has_access("create"):
            raise UserError(self.env._("Only people in charge of invoicing do this. Ask one of them."))

    # === ACTION METHODS === #

    def action_remind(self):
        """Open the dialog that sends a reminder about what is late, else about what is open."""
        self._check_may_act()
        moves = self._get_late_moves() or self._get_open_moves()
        if not moves:
            raise UserError(self.env._("No open invoice to dun."))
        return moves.action_relance_send()

    def action_log_call(self):
        """Open the dialog to log a call."""
        self.ensure_one()
        return self.partner_id._get_relance_call_dialog(self.company_id)

    def action_promise(self):
        """Open the form of a promise to pay what is late, in one payment whose day is to enter; more make a plan."""
        self._check_may_act()
        moves = self._get_late_moves() or self._get_open_moves()
        if not moves:
            raise UserError(self.env._("No open invoice to promise anything about."))
        return self.partner_id._get_relance_promise_dialog(self.company_id, moves, self.env._("Record a Promise"))

    def action_hold(self):
        """Open the form that suspends dunning of the debtor, or enters a dispute."""
        self._check_may_act()
        return self.partner_id._get_relance_dialog(
            self.company_id, "relance.suspension", self.env._("Suspend Dunning"), default_move_id=False
        )

    def action_insolvency(self):
        """Open the dialog that enters insolvency proceedings; the running ones when there are some."""
        self._check_may_act()
        return self.partner_id.with_company(self.company_id).action_relance_insolvency()

    # === DOCUMENTS === #

    def action_open_partner(self):
        """Open the customer's card."""
        self.ensure_one()
        return self._open_partner()

    def action_open_invoices(self):
        """Show what the debtor has not paid."""
        return self._get_list("account.action_move_out_invoice_type", Domain("id", "in", self._get_open_moves().ids))

    def action_open_notices(self):
        """Show his notices, the newest first."""
        return self._get_list("relance_fr.relance_notice_action", self._get_same_debtor_domain())

    def action_open_calls(self):
        """Show the calls with him."""
        action = self._get_list("relance_fr.relance_call_action", self._get_same_debtor_domain())
        return action | {"context": {"relance_one_debtor": True}}

    def action_open_commitments(self):
        """Show his promises and plans."""
        return self._get_list("relance_fr.relance_commitment_action", self._get_same_debtor_domain())

    def action_open_holds(self):
        """Show his disputes and suspensions."""
        return self._get_list("relance_fr.relance_hold_action", self._get_same_debtor_domain())

    def _get_list(self, xml_id, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        return action | {"domain": list(domain), "context": {}}
