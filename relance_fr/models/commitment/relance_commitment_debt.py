from odoo import fields, models


class RelanceCommitmentDebt(models.Model):
    """What one invoice owed on the day a promise or a plan was made. Amounts in the currency of the invoice.

    Frozen: the ledger of later days is compared with it, the letter of a plan recognises it.
    """

    _name = "relance.commitment.debt"
    _description = "Debt at the Time of a Commitment"
    _order = "invoice_date, id"

    commitment_id = fields.Many2one("relance.commitment", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="commitment_id.currency_id")
    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="restrict")
    invoice_name = fields.Char(string="Number")
    invoice_date = fields.Date(string="Dated")
    date_due = fields.Date(string="Due Date")
    invoiced_amount = fields.Monetary(string="Invoiced")
    principal_amount = fields.Monetary(string="Left to Pay")
    penalty_amount = fields.Monetary(string="Penalties")
    indemnity_amount = fields.Monetary(string="Indemnity")
