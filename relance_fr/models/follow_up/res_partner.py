from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..debtor.res_partner import ACCOUNT_GROUPS


class ResPartner(models.Model):
    """The calls with a debtor, and the dialog to log the next one."""

    _inherit = "res.partner"

    relance_call_count = fields.Integer(
        string="Dunning Calls", compute="_compute_relance_call_count", groups=ACCOUNT_GROUPS
    )

    # === COMPUTE METHODS === #

    @api.depends_context("allowed_company_ids")
    def _compute_relance_call_count(self):
        debtors = self.commercial_partner_id
        counts = dict(
            self.env["relance.call"]._read_group(
                Domain("partner_id", "in", debtors.ids) & Domain("company_id", "in", self.env.companies.ids),
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.relance_call_count = counts.get(partner.commercial_partner_id._origin, 0)

    # === BUSINESS METHODS === #

    def _get_relance_call_dialog(self, company, notice=None, contact=None, moves=None):
        """Return the action that opens the dialog to log a call with this debtor, a commercial entity.

        :param company: the company that calls
        :param notice: the notice the call is about; by default the last one for which a call is planned
        :param contact: whom one calls; by default the addressee of the notice, else the dunning contact
        :param moves: the invoices spoken about; by default all that are late
        """
        self.ensure_one()
        if not self.env["relance.call"].has_access("create"):
            raise UserError(self.env._("Only people in charge of invoicing log dunning calls."))
        debtor = self.with_company(company)
        notice = notice or debtor._get_relance_notice_to_call(company)
        contact = contact or notice.contact_id or debtor._get_relance_contact()
        moves = moves or debtor._get_relance_late_moves(company)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a Call"),
            "res_model": "relance.call",
            "views": [(self.env.ref("relance_fr.relance_call_view_form_dialog").id, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.id,
                "default_company_id": company.id,
                "default_contact_id": contact.id,
                "default_notice_id": notice.id,
                "default_move_ids": [Command.set(moves.ids)],
                "dialog_size": "large",
            },
        }

    def _get_relance_notice_to_call(self, company):
        """Return the last notice to this debtor for which a call is planned."""
        return self.env["relance.notice"].search(
            Domain("partner_id", "=", self.id)
            & Domain("company_id", "=", company.id)
            & Domain("activity_ids.activity_type_id.category", "=", "phonecall"),
            limit=1,
        )

    def _get_relance_late_moves(self, company):
        """Return the debtor's invoices of ``company`` with an instalment past due, the oldest first."""
        moves = self.env["account.move"].with_company(company)
        return moves.search(
            moves._get_relance_late_domain()
            & Domain("commercial_partner_id", "=", self.id)
            & Domain("company_id", "=", company.id),
            order="invoice_date_due, id",
        )

    # === ACTION METHODS === #

    def action_relance_log_call(self):
        """Open the dialog to log a call with the debtor, about what is late."""
        self.ensure_one()
        contact = self if self != self.commercial_partner_id else self.browse()
        return self.commercial_partner_id._get_relance_call_dialog(self.env.company, contact=contact)

    def action_relance_open_calls(self):
        """Open the calls with the debtor, newest first."""
        self.ensure_one()
        debtor = self.commercial_partner_id
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_call_action")
        return action | {
            "domain": [("partner_id", "=", debtor.id)],
            "context": {"relance_one_debtor": True},
        }
