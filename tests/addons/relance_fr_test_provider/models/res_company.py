from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    relance_provider = fields.Selection(selection_add=[("test", "Test service")], ondelete={"test": "set default"})
