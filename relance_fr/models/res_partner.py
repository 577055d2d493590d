import re

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

ACCOUNT_GROUPS = "account.group_account_invoice,account.group_account_readonly"
# SIREN (9 digits) or SIRET (14) of a body of public law: INSEE gives them numbers in 1 and 2.
PUBLIC_NUMBER = "^[12][0-9]{8}([0-9]{5})?$"
# "/" is what Odoo users enter for a partner without VAT number.
NO_NUMBER = ("", "/")


class ResPartner(models.Model):
    _inherit = "res.partner"

    type = fields.Selection(
        selection_add=[("relance", "Dunning address")],
        ondelete={"relance": "set default"},
    )
    relance_regime = fields.Selection(
        [("business", "Business"), ("public", "Public body"), ("consumer", "Consumer")],
        "Late-Payment Law",
        compute="_compute_relance_regime",
        store=True,
        readonly=False,
        recursive=True,
        help="Which law sets penalties and indemnity. Business: your terms or ECB + 10 points, and EUR 40 an "
        "invoice. Public body: ECB + 8 points and EUR 40. Consumer: legal interest from the formal "
        "notice only. Proposed from the registration numbers; correct it where it is wrong, such as "
        "for an association.",
    )
    relance_calendar_id = fields.Many2one(
        "relance.calendar",
        "Dunning Calendar",
        company_dependent=True,
        check_company=True,
        groups=ACCOUNT_GROUPS,
        help="Empty: the calendar of his segment, else of this kind of customer, else the company's.",
    )
    relance_terms_id = fields.Many2one(
        "relance.terms",
        "Late-Payment Terms",
        company_dependent=True,
        check_company=True,
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
        help="No notice is ever sent to this customer.",
    )

    def _auto_init(self):
        # One statement for all partners: the compute would run record by record at install.
        if not column_exists(self.env.cr, "res_partner", "relance_regime"):
            create_column(self.env.cr, "res_partner", "relance_regime", "varchar")
            self._fill_relance_regime()
        return super()._auto_init()

    @api.depends(
        "is_company",
        "vat",
        "company_registry",
        "country_id",
        "commercial_partner_id.relance_regime",
    )
    def _compute_relance_regime(self):
        for partner in self:
            commercial = partner.commercial_partner_id
            if commercial in (partner, partner._origin) or not commercial:
                partner.relance_regime = partner._guess_relance_regime()
            else:
                partner.relance_regime = commercial.relance_regime

    def _guess_relance_regime(self):
        """Return the regime that the registration numbers suggest: public, consumer or business."""
        self.ensure_one()
        number = re.sub(r"\W", "", self.company_registry or "")
        french_codes = self.env["res.company"]._get_france_country_codes()
        if re.match(PUBLIC_NUMBER, number) and self.country_id.code in (False, *french_codes):
            return "public"
        if not self.is_company and not number and (self.vat or "") in NO_NUMBER:
            return "consumer"
        return "business"

    @api.model
    def _fill_relance_regime(self):
        """Write what `_compute_relance_regime` gives to all partners, in one statement (at install)."""
        self.env.cr.execute(
            SQL(
                r"""
            UPDATE res_partner partner
               SET relance_regime = CASE
                       WHEN regexp_replace(entity.company_registry, '\W', '', 'g') ~ %(public_number)s
                            AND (country.code IS NULL OR country.code IN %(french_codes)s) THEN 'public'
                       WHEN entity.is_company IS NOT TRUE
                            AND regexp_replace(COALESCE(entity.company_registry, ''), '\W', '', 'g') = ''
                            AND COALESCE(entity.vat, '') IN %(no_number)s THEN 'consumer'
                       ELSE 'business'
                   END
              FROM res_partner entity
         LEFT JOIN res_country country ON country.id = entity.country_id
             WHERE entity.id = COALESCE(partner.commercial_partner_id, partner.id)
            """,
                public_number=PUBLIC_NUMBER,
                french_codes=tuple(self.env["res.company"]._get_france_country_codes()),
                no_number=NO_NUMBER,
            )
        )

    def _get_relance_contact(self):
        """Return who receives the notices of this debtor in the current company.

        Its dunning contact, else its first contact of type `relance`, else its invoice address.
        """
        self.ensure_one()
        # The dunning fields are hidden from users outside accounting.
        entity_sudo = self.commercial_partner_id.sudo()
        contact = (
            entity_sudo.relance_contact_id
            or entity_sudo.child_ids.filtered(lambda child: child.type == "relance")[:1]
            or entity_sudo.browse(entity_sudo.address_get(["invoice"])["invoice"])
        )
        return contact.with_env(self.env)
