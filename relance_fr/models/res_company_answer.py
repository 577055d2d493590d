from odoo import fields, models

from ..tools.groups import SETTINGS_GROUPS


class ResCompany(models.Model):
    """What debtors see and do on the portal."""

    _inherit = "res.company"

    relance_answer_online = fields.Boolean(
        "Debtors Answer Online",
        default=True,
        help="E-mails link to the page of the notice, where the debtor says that a payment was made or is to "
        "come, disputes an amount, or proposes a plan.",
        groups=SETTINGS_GROUPS,
    )
    relance_answer_pause_days = fields.Integer(
        "Pause after an Answer (Days)",
        default=5,
        help="Dunning of the invoices waits that many days while the answer is examined, once an invoice. 0: never.",
        groups=SETTINGS_GROUPS,
    )
    relance_portal_charges = fields.Selection(
        [("claimed", "Once a notice claimed them"), ("always", "From the first day late")],
        "Penalties on the Portal",
        default="claimed",
        required=True,
        help="When the page of the debtor shows penalties and indemnity.",
        groups=SETTINGS_GROUPS,
    )

    _relance_answer_pause_range = models.Constraint(
        "CHECK(relance_answer_pause_days BETWEEN 0 AND 15)",
        "A pause lasts 15 days at most: enter 0 for none, or a number up to 15.",
    )
