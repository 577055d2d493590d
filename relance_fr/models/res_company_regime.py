from odoo import fields, models

from ..tools.groups import SETTINGS_GROUPS


class ResCompany(models.Model):
    """What formal letters say of the law of the claim."""

    _inherit = "res.company"

    relance_applicable_law = fields.Boolean(
        "State the Applicable Law Abroad",
        help="Formal notices and last notices to businesses abroad say that the claim is governed by French law: that "
        "of your terms of sale, else that of the seller's country (Rome I, art. 3 and 4). Check that your terms choose "
        "no other law.",
        groups=SETTINGS_GROUPS,
    )
