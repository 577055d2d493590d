from odoo import fields, models


class RelanceInvoiceMention(models.Model):
    """What the late-payment mentions of a posted invoice rest on, as it was the day it was posted.

    The clause itself is frozen on the invoice (``relance_terms_id``); the debtor's regime and the rate are not.
    """

    _name = "relance.invoice.mention"
    _description = "Late-Payment Mentions of an Invoice"
    _rec_name = "move_id"

    move_id = fields.Many2one("account.move", "Invoice", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    regime = fields.Selection(
        [("business", "Business"), ("public", "Public body"), ("consumer", "Consumer")], required=True, readonly=True
    )
    rate = fields.Float(
        "Penalty Rate (%)",
        digits=(6, 3),
        readonly=True,
        help="Annual rate in force on the date of the invoice; 0 when it was not known, or not printed.",
    )

    _once = models.UniqueIndex("(move_id)", "The mentions of this invoice are frozen already.")
