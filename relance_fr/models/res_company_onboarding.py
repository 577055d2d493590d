from odoo import fields, models

from ..tools.groups import SETTINGS_GROUPS


class ResCompany(models.Model):
    """Whether the first steps still show above the campaign; what is done is read from the data."""

    _inherit = "res.company"

    relance_onboarding_closed = fields.Boolean("First Steps Closed", groups=SETTINGS_GROUPS)
