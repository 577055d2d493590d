from odoo import fields, models


class RelanceCommitmentLine(models.Model):
    """One promised payment: an amount in the currency of the invoices, at the latest on a day."""

    _name = "relance.commitment.line"
    _description = "Promised Payment"
    _order = "date, id"

    commitment_id = fields.Many2one("relance.commitment", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="commitment_id.currency_id")
    date = fields.Date(required=True)
    amount = fields.Monetary(required=True)

    _positive = models.Constraint("CHECK (amount > 0)", "A promised payment is more than zero.")
