from odoo import api, fields, models
from odoo.fields import Domain


class RelanceHold(models.Model):
    """Invoices born after the judgment (C. com. L622-17): paid at their own dates, dunned as usual, shown apart."""

    _inherit = "relance.hold"

    later_count = fields.Integer(string="Later Invoices", compute="_compute_later", compute_sudo=True)
    later_amount = fields.Monetary(
        string="Later Invoices, Unpaid",
        compute="_compute_later",
        compute_sudo=True,
        currency_field="company_currency_id",
        help="What is left to pay of the invoices born after the judgment.",
    )

    @api.depends("reason", "partner_id", "date_from", "earlier_move_ids")
    def _compute_later(self):
        for hold in self:
            moves = hold._get_later_moves()
            hold.later_count = len(moves)
            hold.later_amount = sum(moves.mapped("amount_residual_signed"))

    def _get_later_moves(self):
        """Return the posted invoices of the debtor that were born after the judgment."""
        self.ensure_one()
        if self.reason != "insolvency" or not self.partner_id or not self.date_from:
            return self.env["account.move"]
        return self.env["account.move"].search(self._get_later_domain())

    def _get_later_domain(self):
        self.ensure_one()
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("commercial_partner_id", "=", self.partner_id._origin.id or self.partner_id.id)
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("invoice_date", ">", self.date_from)
            & (Domain("delivery_date", "=", False) | Domain("delivery_date", ">", self.date_from))
            & Domain("id", "not in", self.earlier_move_ids.ids)
        )

    def action_view_later(self):
        """Open the invoices born after the judgment."""
        return self._get_moves_action(self.env._("Invoices after the Judgment"), self._get_later_domain())

    def action_view_earlier(self):
        """Open the invoices of the claim."""
        rows = (self.declaration or {}).get("rows", [])
        domain = Domain("id", "in", [row["move_id"] for row in rows])
        return self._get_moves_action(self.env._("Invoices of the Claim"), domain)

    def action_download_invoices(self):
        """Download the invoices of the claim in one file, to be joined to it as its documents."""
        self.ensure_one()
        rows = (self.declaration or {}).get("rows", [])
        return self.env["account.move"].browse([row["move_id"] for row in rows]).exists().action_invoice_download_pdf()

    def _get_moves_action(self, name, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return action | {
            "name": name,
            "domain": list(domain),
            "context": {"create": False, "default_move_type": "out_invoice"},
        }
