from odoo import fields, models
from odoo.fields import Domain

ACCOUNT_GROUPS = "account.group_account_invoice,account.group_account_readonly"


class ResPartner(models.Model):
    """The forms that open filled in for a debtor: from a call, from the account."""

    _inherit = "res.partner"

    type = fields.Selection(
        selection_add=[("relance", "Dunning address")],
        ondelete={"relance": "set default"},
    )
    relance_calendar_id = fields.Many2one(
        "relance.calendar",
        "Dunning Calendar",
        company_dependent=True,
        check_company=True,
        groups=ACCOUNT_GROUPS,
        help="Empty: the calendar of the customer's segment, else of this kind of customer, else the company's.",
    )
    relance_terms_id = fields.Many2one(
        "relance.terms",
        "Late-Payment Terms",
        company_dependent=True,
        check_company=True,
        domain=[("state", "=", "running")],
        tracking=True,
        groups=ACCOUNT_GROUPS,
        help="Terms of a contract with this customer. Empty: the general terms of the company.",
    )
    relance_contact_id = fields.Many2one(
        "res.partner",
        "Dunning Contact",
        company_dependent=True,
        groups=ACCOUNT_GROUPS,
        help="Who receives the notices. Empty: the first dunning address, else the invoice address.",
    )
    relance_user_id = fields.Many2one(
        "res.users",
        "Dunning Handled by",
        company_dependent=True,
        groups=ACCOUNT_GROUPS,
        domain=[("share", "=", False)],
    )
    relance_exclude = fields.Boolean(
        "Never Dun",
        company_dependent=True,
        groups=ACCOUNT_GROUPS,
        tracking=True,
        help="No notice is ever sent to this customer.",
    )

    relance_direct_debit = fields.Boolean(
        "Pays by Direct Debit",
        company_dependent=True,
        groups=ACCOUNT_GROUPS,
        tracking=True,
        help="You collect the invoices of this customer yourself: no reminder asks to pay them, unless the debit is "
        "rejected. An invoice may say otherwise.",
    )

    # === BUSINESS METHODS === #

    def _get_relance_contact(self):
        """Return who receives the notices of this debtor in the current company.

        Its dunning contact, else its first contact of type `relance`, else its invoice address.
        """
        self.ensure_one()
        # The dunning fields are hidden from users outside accounting.
        entity_sudo = self.commercial_partner_id.sudo()
        contact = (
            entity_sudo.relance_contact_id.filtered(lambda contact: contact._relance_belongs_to(entity_sudo))
            or entity_sudo.child_ids.filtered(lambda child: child.type == "relance")[:1]
            or entity_sudo.browse(entity_sudo.address_get(["invoice"])["invoice"])
        )
        return contact.with_env(self.env)

    def _relance_belongs_to(self, entity):
        """Tell whether this contact may get the notices of the commercial ``entity``, see ``sql_belongs``."""
        self.ensure_one()
        # A contact of another company, since it moved, need not be readable.
        contact_sudo = self.sudo()
        is_firm = contact_sudo.is_company and contact_sudo.commercial_partner_id == contact_sudo
        return contact_sudo.active and (is_firm or contact_sudo.commercial_partner_id.id == entity.id)

    # === MERGED CARDS === #

    def _relance_absorb(self, sources):
        """Make ready that the cards ``sources`` become this one, before core moves what refers to them.

        Called as superuser by core's wizard; each storey settles what two cards have and one cannot have twice.

        :raises UserError: when a person has to choose first
        """
        self.ensure_one()
        for company in self.env["res.company"].search(Domain.TRUE):
            # Core keeps the value of this card, even an empty one: nobody is dunned because cards were merged.
            if any(sources.with_company(company).mapped("relance_exclude")):
                self.with_company(company).relance_exclude = True

    def _relance_follow_merge(self):
        """Bring what is derived in line, once this card has taken over what the merged ones had. As superuser."""
        self.ensure_one()

    # === DIALOGS ABOUT THE DEBTOR === #

    def _get_relance_dialog(self, company, model, title, **defaults):
        """Return the action that opens the form of a new ``model`` for this debtor, a commercial entity.

        :param company: the company that is owed
        :param defaults: further ``default_*`` keys of the context
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_partner_id": self.id, "default_company_id": company.id, **defaults},
        }

    def _get_relance_call_dialog(self, company, notice=None, contact=None, moves=None):
        """Return the action that opens the dialog to log a call with the debtor: a named hook (follow_up)."""
        return {}
