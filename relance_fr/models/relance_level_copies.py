from odoo import fields, models


class RelanceLevel(models.Model):
    """Who is in copy of the e-mails of a level, beside the debtor's dunning contact."""

    _inherit = "relance.level"

    cc_partner_ids = fields.Many2many(
        "res.partner",
        "relance_level_cc_partner_rel",
        "level_id",
        "partner_id",
        string="Always in Copy",
        help="People who get a copy of every email of this level. The debtor sees them.",
    )
    cc_salesperson = fields.Boolean("Salesperson in Copy", help="The salespersons of the invoices get a copy.")
    cc_escalation = fields.Boolean(
        "Escalation Contacts in Copy", help="The escalation contacts of the debtor, on the customer's card, get a copy."
    )

    def _has_copies(self):
        """Tell whether e-mails of one of these levels may go to somebody in copy."""
        return any(level.cc_partner_ids or level.cc_salesperson or level.cc_escalation for level in self)
