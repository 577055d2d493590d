from odoo import fields, models


class RelanceTestChange(models.Model):
    """What the extension was told: one row a call."""

    _name = "relance.test.change"
    _description = "Change of the State of Notices"

    old = fields.Char(required=True)
    new = fields.Char(required=True)
    debtors = fields.Char(required=True)
