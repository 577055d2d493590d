from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..debtor.res_partner import ACCOUNT_GROUPS


class ResPartner(models.Model):
    """Whom to copy at a debtor's when the usual contact does not answer."""

    _inherit = "res.partner"

    relance_escalation_ids = fields.Many2many(
        "res.partner",
        "relance_escalation_rel",
        "partner_id",
        "contact_id",
        string="Escalation Contacts",
        # Another customer has other contacts; and core copies relations without asking who may read them.
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="Contacts of this customer who get a copy of the emails of the levels that say so: "
        "a financial director, a manager.",
    )

    @api.constrains("relance_escalation_ids")
    def _check_relance_escalation(self):
        for partner in self:
            # The dunning fields are hidden from users outside accounting.
            contacts_sudo = partner.sudo().relance_escalation_ids
            strangers = contacts_sudo.filtered(
                lambda contact, own=partner.commercial_partner_id: contact.commercial_partner_id != own
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(contacts)s: an escalation contact of %(customer)s must be one of its own contacts.",
                        contacts=", ".join(strangers.mapped("display_name")),
                        customer=partner.commercial_partner_id.display_name,
                    )
                )
