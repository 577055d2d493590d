from odoo import fields, models


class RelanceLimitationAlert(models.Model):
    """That somebody was told a claim is about to lapse: once for each invoice and limitation date."""

    _name = "relance.limitation.alert"
    _description = "Limitation Alert"

    move_id = fields.Many2one("account.move", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id", store=True)
    date = fields.Date(string="Limitation Date", required=True, readonly=True)

    _once = models.UniqueIndex("(move_id, date)", "The limitation of an invoice is announced once.")
