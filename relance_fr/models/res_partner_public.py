from odoo import fields, models

from .res_partner import ACCOUNT_GROUPS


class ResPartner(models.Model):
    """How long a public body may take to pay."""

    _inherit = "res.partner"

    # No default: it would be written on every card at install. Empty is the rule of most of them.
    relance_public_term = fields.Selection(
        [
            ("public_30", "30 days: State, local authorities and their bodies"),
            ("public_50", "50 days: public hospitals, health service of the armed forces"),
            ("public_60", "60 days: public undertakings"),
        ],
        "Payment Term of the Public Body",
        help="From the receipt of the invoice (CCP R2192-10 and R2192-11). Empty: 30 days.",
        groups=ACCOUNT_GROUPS,
    )
