from odoo import api, fields, models

from ...tools.shown_day import shown_day


class RelanceCommitmentLine(models.Model):
    """One promised payment: an amount in the currency of the invoices, at the latest on a day.

    Payments settle them oldest first; the ledger says where each stands.
    """

    _name = "relance.commitment.line"
    _description = "Promised Payment"
    _order = "date, id"

    commitment_id = fields.Many2one("relance.commitment", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="commitment_id.currency_id")
    date = fields.Date(required=True)
    amount = fields.Monetary(required=True)
    paid_amount = fields.Monetary(string="Paid", compute="_compute_state")
    state = fields.Selection(
        [("paid", "Paid"), ("late", "Late"), ("due", "Due"), ("to_come", "To come")], compute="_compute_state"
    )

    _positive = models.Constraint("CHECK (amount > 0)", "A promised payment is more than zero.")

    @api.depends("date", "amount", "commitment_id.paid_amount", "commitment_id.state")
    @api.depends_context("relance_date")
    def _compute_state(self):
        # What is left comes from all the debtor's entries, whatever the reader may open.
        commitments_sudo = self.commitment_id._origin.sudo()
        _standings, instalments = commitments_sudo._get_standings(shown_day(self.env))
        for line in self:
            row = instalments.get(line._origin.id, {})
            line.paid_amount = row.get("paid_amount", 0)
            line.state = row.get("state", "to_come")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.commitment_id._check_editable()
        return lines

    def write(self, vals):
        # Neither the plan a payment leaves nor the one it enters may be signed or offered.
        (self.commitment_id | self.commitment_id.browse(vals.get("commitment_id") or ()))._check_editable()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self.commitment_id._check_editable()
