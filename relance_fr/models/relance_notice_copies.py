from odoo import fields, models


class RelanceNotice(models.Model):
    """Who gets a copy of the e-mail of a notice, frozen with it."""

    _inherit = "relance.notice"

    email_cc = fields.Char(
        string="Copies to",
        readonly=True,
        help="Addresses in copy of the email, as the level and the debtor said when the notice was made.",
    )
