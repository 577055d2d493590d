from odoo import fields, models

from ..tools.groups import SETTINGS_GROUPS


class ResCompany(models.Model):
    """Whether customers who paid after a reminder are thanked."""

    _inherit = "res.company"

    relance_thanks = fields.Boolean(
        "Thank for the Payment",
        help="A customer who was reminded and has paid everything gets one email of thanks. "
        "Payments made before this is switched on are not thanked for.",
        groups=SETTINGS_GROUPS,
    )
    relance_thanks_since = fields.Date("Thanks Since", readonly=True, groups=SETTINGS_GROUPS)

    def write(self, vals):
        if vals.get("relance_thanks"):
            for company in self.filtered(lambda company: not company.relance_thanks):
                super(ResCompany, company).write({"relance_thanks_since": self.env["relance.engine"]._today(company)})
        return super().write(vals)
