from odoo import fields, models


class RelanceNotice(models.Model):
    """When the debtor was thanked for paying what a notice asked for."""

    _inherit = "relance.notice"

    thanked_on = fields.Date(readonly=True, copy=False)
