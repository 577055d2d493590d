from odoo import fields, models

from .res_partner import ACCOUNT_GROUPS


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    relance_public_body = fields.Boolean(
        "Public Bodies",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="Contacts with this tag are taken for public bodies: the law of public contracts sets what they owe "
        "when they pay late.",
    )
