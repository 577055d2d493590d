from odoo import fields, models

from ..tools.groups import SETTINGS_GROUPS
from ..tools.payment_sectors import SECTORS


class ResCompany(models.Model):
    """What the company prints on its invoices, and which payment terms the law allows it."""

    _inherit = "res.company"

    relance_invoice_mentions = fields.Boolean(
        "Late-Payment Mentions on Invoices",
        default=True,
        help="Prints the penalty rate, the EUR 40 indemnity and the discount terms on customer invoices (C. com. "
        "L441-9), from your terms of sale. Switch it off if your layout prints them already.",
        groups=SETTINGS_GROUPS,
    )
    relance_sector = fields.Selection(
        SECTORS,
        "Sector with a Payment Term of its Own",
        help="The law limits payment terms more in these sectors (C. com. L441-11 II). Empty: the general rule. A "
        "payment term may say otherwise.",
        groups=SETTINGS_GROUPS,
    )
