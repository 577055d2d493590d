import re

from odoo import api, fields, models
from odoo.addons.account_edi_ubl_cii.models.account_edi_xml_ubl_bis3 import CHORUS_PRO_PEPPOL_ID
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

from ...law.payment_terms import PUBLIC_RULES
from ...tools.shown_day import shown_day
from .res_partner import ACCOUNT_GROUPS

REGIMES = [("business", "Business"), ("public", "Public body"), ("consumer", "Consumer")]

# SIREN (9 digits) or SIRET (14) of a body of public law: INSEE gives them numbers in 1 and 2.
PUBLIC_NUMBER = "[12][0-9]{8}([0-9]{5})?"

# The French VAT number ends with the SIREN.
PUBLIC_VAT = f"FR[0-9A-Z]{{2}}{PUBLIC_NUMBER}"

# Identifiers on the e-invoicing network that are a SIRET or a SIREN.
PEPPOL_SCHEMES = ("0009", "0002")

# "/" is what Odoo users enter for a partner without VAT number.
NO_NUMBER = ("", "/")

PUBLIC_KINDS = [
    ("authority", "State, local authority: 30 days"),
    ("health", "Public hospital: 50 days"),
    ("undertaking", "Public undertaking: 60 days"),
]

NO_ORDER_FOR_PAYMENT = "DK"


class ResPartner(models.Model):
    """Which law of late payment a debtor is under: proposed from what identifies the debtor, or chosen by hand."""

    _inherit = "res.partner"

    relance_regime = fields.Selection(
        REGIMES,
        "Late-Payment Law",
        compute="_compute_relance_regime",
        inverse="_inverse_relance_regime",
        store=True,
        readonly=False,
        recursive=True,
        tracking=True,
        help="Which law sets penalties and indemnity. Business: your terms or ECB + 10 points, and EUR 40 an "
        "invoice. Public body: ECB + 8 points and EUR 40. Consumer: legal interest from the formal "
        "notice only. Proposed from the registration numbers; correct it where it is wrong, such as "
        "for an association.",
    )
    relance_regime_choice = fields.Selection(
        REGIMES,
        "Late-Payment Law Chosen by Hand",
        readonly=True,
        help="Kept whatever the registration numbers become. Empty: the proposal applies.",
    )
    relance_public_kind = fields.Selection(
        PUBLIC_KINDS,
        "Time to Pay of the Public Body",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="Most days a public body may take to pay from the receipt of the payment demand (CCP R2192-10 and "
        "R2192-11). Empty: 30 days. A contract may only set fewer.",
    )
    relance_public_accountant = fields.Boolean(
        "Has a Public Accountant",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="Claims on a public undertaking without one lapse after 5 years, and a formal notice interrupts nothing; "
        "with one, after 4 calendar years as on other public bodies (loi n° 68-1250, art. 1 and 2).",
    )
    relance_chorus_rule = fields.Selection(
        [
            ("service", "Service code"),
            ("engagement", "Commitment number"),
            ("both", "Service code and commitment number"),
            ("none", "Nothing: not on Chorus Pro"),
        ],
        "Chorus Pro Asks for",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="What this public body requires of an invoice on Chorus Pro, as its directory says. Empty: the invoice "
        "only.",
    )
    relance_chorus_service = fields.Char(
        "Chorus Pro Service Code",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="Service (code service) of this public body that receives the invoices, unless an invoice names another.",
    )
    relance_regime_reason = fields.Char(
        "Why This Law", compute="_compute_relance_regime_panel", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_regime_panel = fields.Html(
        "Consequences of the Law",
        compute="_compute_relance_regime_panel",
        compute_sudo=True,
        sanitize=False,
        groups=ACCOUNT_GROUPS,
    )
    relance_on_chorus = fields.Boolean(
        compute="_compute_relance_regime_panel", compute_sudo=True, groups=ACCOUNT_GROUPS
    )

    # === INSTALLATION === #

    def _auto_init(self):
        # Statements for all partners: the compute would run record by record at install.
        if not column_exists(self.env.cr, "res_partner_category", "relance_public_body"):
            create_column(self.env.cr, "res_partner_category", "relance_public_body", "bool")
        known = column_exists(self.env.cr, "res_partner", "relance_regime")
        if not column_exists(self.env.cr, "res_partner", "relance_regime_choice"):
            create_column(self.env.cr, "res_partner", "relance_regime_choice", "varchar")
            if known:
                self._keep_relance_regime()
                self._fill_relance_regime()
        if not known:
            create_column(self.env.cr, "res_partner", "relance_regime", "varchar")
            self._fill_relance_regime()
        return super()._auto_init()

    @api.model
    def _fill_relance_regime(self):
        """Write what `_compute_relance_regime` gives to all partners, in one statement (at install)."""
        self.env.cr.execute(
            SQL(
                """
            UPDATE res_partner partner
               SET relance_regime = COALESCE(entity.relance_regime_choice, %(guess)s)
              FROM res_partner entity
         LEFT JOIN res_country country ON country.id = entity.country_id
             WHERE entity.id = COALESCE(partner.commercial_partner_id, partner.id)
            """,
                guess=self._sql_guess(),
            )
        )

    @api.model
    def _keep_relance_regime(self):
        """Take what differs from the proposal for a choice (upgrade from a version that did not remember it).

        That version knew a public body by its registration number only: where another sign tells one, what it stored
        was its own proposal.
        """
        self.env.cr.execute(
            SQL(
                r"""
            UPDATE res_partner partner
               SET relance_regime_choice = partner.relance_regime
              FROM res_partner entity
         LEFT JOIN res_country country ON country.id = entity.country_id
             WHERE entity.id = partner.id AND partner.id = COALESCE(partner.commercial_partner_id, partner.id)
               AND partner.relance_regime <> %(guess)s
               AND (%(guess)s <> 'public' OR regexp_replace(entity.company_registry, '\W', '', 'g') ~ %(number)s)
            """,
                guess=self._sql_guess(),
                number=f"^{PUBLIC_NUMBER}$",
            )
        )

    # === COMPUTE METHODS === #

    @api.depends(
        "is_company",
        "vat",
        "company_registry",
        "country_id",
        "peppol_eas",
        "peppol_endpoint",
        "category_id.active",
        "category_id.relance_public_body",
        "relance_regime_choice",
        "commercial_partner_id.relance_regime",
    )
    def _compute_relance_regime(self):
        for partner in self:
            if partner._is_relance_entity():
                partner.relance_regime = partner.relance_regime_choice or partner._guess_relance_regime()[0]
            else:
                partner.relance_regime = partner.commercial_partner_id.relance_regime

    def _inverse_relance_regime(self):
        """Remember what a person chose against the proposal. A contact follows its company, whatever was written."""
        for partner in self:
            if partner._is_relance_entity():
                partner._remember_relance_regime()
        contacts = self.filtered(lambda partner: not partner._is_relance_entity())
        self.env.add_to_compute(self._fields["relance_regime"], contacts)

    @api.onchange("relance_regime")
    def _onchange_relance_regime(self):
        """Keep in the form, before it is saved, a choice that another field would recompute."""
        if self._is_relance_entity():
            self._remember_relance_regime()

    @api.depends(
        "is_company",
        "vat",
        "company_registry",
        "country_id",
        "peppol_eas",
        "peppol_endpoint",
        "category_id",
        "relance_regime",
        "relance_regime_choice",
        "relance_terms_id",
        "relance_public_kind",
        "relance_chorus_rule",
    )
    @api.depends_context("lang", "company", "relance_date")
    def _compute_relance_regime_panel(self):
        company = self.env.company
        day = shown_day(self.env) or company._relance_today()
        texts = self.env["relance.regime.text"]
        for partner in self:
            regime = partner.relance_regime or "business"
            rows = texts._get_rows(regime, partner._get_relance_terms(company, day), day)
            if regime == "public":
                rows.insert(3, partner._get_public_row())
            partner.relance_regime_reason = partner._get_regime_reason()
            partner.relance_on_chorus = partner._is_on_chorus()
            partner.relance_regime_panel = self.env["ir.qweb"]._render(
                "relance_fr.regime_panel",
                {"rows": rows, "abroad": partner._get_foreign_notes(company)},
                raise_if_not_found=False,
            )

    # === BUSINESS METHODS - PROPOSAL OF A REGIME === #

    def _remember_relance_regime(self):
        guess, _reason = self._guess_relance_regime()
        choice = self.relance_regime if self.relance_regime and self.relance_regime != guess else False
        if self.relance_regime_choice != choice:
            self.relance_regime_choice = choice

    def _is_relance_entity(self):
        """Tell whether the partner is a debtor of its own, not the contact or the address of one."""
        commercial = self.commercial_partner_id
        return not commercial or commercial in (self, self._origin)

    def _guess_relance_regime(self):
        """Return the regime that what identifies the debtor suggests, and why.

        :return: ``(regime, reason)``, reason one of ``tag`` (a tag of public bodies), ``chorus``, ``number`` (SIREN in
            1 or 2), ``company``, ``registered`` (a person with a number) and ``person``
        """
        self.ensure_one()
        # The mark of a tag is for accountants to read; the law of a debtor does not depend on who opens the card.
        if any(self.sudo().category_id.mapped("relance_public_body")):
            return "public", "tag"
        if f"{self.peppol_eas}:{self.peppol_endpoint}" == CHORUS_PRO_PEPPOL_ID:
            return "public", "chorus"
        number = re.sub(r"\W", "", self.company_registry or "")
        if self._has_public_number(number):
            return "public", "number"
        if self.is_company:
            return "business", "company"
        if number or (self.vat or "") not in NO_NUMBER:
            return "business", "registered"
        return "consumer", "person"

    def _has_public_number(self, number):
        if self.peppol_eas in PEPPOL_SCHEMES and re.fullmatch(PUBLIC_NUMBER, self.peppol_endpoint or ""):
            return True
        french_codes = self.env["res.company"]._get_france_country_codes()
        vat = re.sub(r"\W", "", self.vat or "").upper()
        # Other countries have numbers that look like a SIREN.
        if self.country_id.code in french_codes and re.fullmatch(PUBLIC_NUMBER, vat):
            return True
        if self.country_id.code not in (False, *french_codes):
            return False
        return bool(re.fullmatch(PUBLIC_NUMBER, number) or re.fullmatch(PUBLIC_VAT, vat))

    @api.model
    def _sql_guess(self):
        """Return `_guess_relance_regime` in SQL, for a partner ``entity`` joined with its ``country``."""
        return SQL(
            r"""
            CASE WHEN EXISTS (
                      SELECT FROM res_partner_res_partner_category_rel tagged
                        JOIN res_partner_category tag ON tag.id = tagged.category_id
                       WHERE tagged.partner_id = entity.id AND tag.relance_public_body AND tag.active)
                 OR entity.peppol_eas || ':' || entity.peppol_endpoint = %(chorus)s
                 OR entity.peppol_eas IN %(schemes)s AND entity.peppol_endpoint ~ %(number)s
                 OR country.code IN %(french_codes)s
                    AND regexp_replace(entity.vat, '\W', '', 'g') ~ %(number)s
                 OR (country.code IS NULL OR country.code IN %(french_codes)s)
                    AND (regexp_replace(entity.company_registry, '\W', '', 'g') ~ %(number)s
                         OR upper(regexp_replace(entity.vat, '\W', '', 'g')) ~ %(vat)s)
                 THEN 'public'
                 WHEN entity.is_company IS NOT TRUE
                      AND regexp_replace(COALESCE(entity.company_registry, ''), '\W', '', 'g') = ''
                      AND COALESCE(entity.vat, '') IN %(no_number)s
                 THEN 'consumer'
                 ELSE 'business'
            END
            """,
            chorus=CHORUS_PRO_PEPPOL_ID,
            schemes=PEPPOL_SCHEMES,
            number=f"^{PUBLIC_NUMBER}$",
            vat=f"^{PUBLIC_VAT}$",
            french_codes=tuple(self.env["res.company"]._get_france_country_codes()),
            no_number=NO_NUMBER,
        )

    # === BUSINESS METHODS - WHAT THE REGIME CHANGES === #

    def _get_public_rule(self):
        """Return the key of `law.payment_terms.RULES` that limits the time to pay of a public body."""
        self.ensure_one()
        return PUBLIC_RULES[self.relance_public_kind or "authority"]

    def _is_on_chorus(self):
        """Tell whether a French public body gets its invoices by Chorus Pro, as far as its card says."""
        self.ensure_one()
        french = self.country_id.code in (False, *self.env["res.company"]._get_france_country_codes())
        return self.relance_regime == "public" and french and self.relance_chorus_rule != "none"

    def _get_relance_terms(self, company, day):
        """Return the penalty clause of an invoice that `company` would make out to the debtor on `day`."""
        self.ensure_one()
        own = self.with_company(company).relance_terms_id.filtered(lambda terms: terms.state == "running")
        versions = self.env["relance.terms"]._get_company_versions(company)
        return own or versions.filtered(lambda terms: terms.date_from <= day)[:1]

    def _get_public_row(self):
        """Return the row on the time a public body has to pay."""
        kinds = dict(self._fields["relance_public_kind"]._description_selection(self.env))
        return self.env["relance.regime.text"]._row(
            "time",
            self.env._("Time to pay"),
            kinds[self.relance_public_kind or "authority"],
            self.env._(
                "At most, from the receipt of the payment demand: its deposit on Chorus Pro (CCP R2192-10 to R2192-13)."
            ),
        )

    def _get_regime_reason(self):
        """Return why the debtor is under this law: chosen by hand, or what the proposal rests on."""
        self.ensure_one()
        if not self._is_relance_entity():
            return self.env._("That of %s.", self.commercial_partner_id.display_name)
        guess, reason = self._guess_relance_regime()
        texts = {
            "tag": self.env._("a tag of public bodies"),
            "chorus": self.env._("e-invoicing address of Chorus Pro: public body"),
            "number": self.env._("SIREN number in 1 or 2: public body"),
            "company": self.env._("company without number of a public body"),
            "registered": self.env._("natural person with a registration or VAT number: business"),
            "person": self.env._("natural person without registration or VAT number: consumer"),
        }
        if self.relance_regime == guess:
            return self.env._("Proposed: %s.", texts[reason])
        return self.env._(
            "Chosen by hand, kept whatever the numbers become. The proposal would be “%(regime)s”: %(reason)s.",
            regime=self.env["relance.regime.text"]._get_regime_label(guess),
            reason=texts[reason],
        )

    def _is_foreign_to(self, company):
        """Tell whether the debtor is in another country than `company`, overseas France being France."""
        self.ensure_one()
        codes = self.env["res.company"]._get_france_country_codes()
        home, country = company.country_id.code, self.country_id.code
        return bool(home and country and home != country and not (home in codes and country in codes))

    def _get_foreign_notes(self, company):
        """Return what to know before claiming abroad, as sentences; [] for a debtor of the same country."""
        self.ensure_one()
        if not self._is_foreign_to(company):
            return []
        notes = [self._get_applicable_law_note()]
        union = self.env.ref("base.europe").country_ids
        if self.country_id in union and self.country_id.code != NO_ORDER_FOR_PAYMENT:
            notes.append(
                self.env._(
                    "Uncontested claim: European order for payment (Regulation (EC) No 1896/2006), by a form, whatever "
                    "the amount. Up to EUR 5,000: European small claims procedure (Regulation (EC) No 861/2007)."
                )
            )
        notes.append(self.env._("To be checked with counsel before proceedings: nothing of this is computed."))
        return notes

    def _get_applicable_law_note(self):
        if self.relance_regime == "consumer":
            return self.env._(
                "Law of the contract: a consumer keeps the protection of the law of the country of residence when your "
                "business is directed there (Regulation (EC) No 593/2008, Rome I, art. 6)."
            )
        if self.relance_regime == "public":
            return self.env._(
                "The Code de la commande publique governs French public contracts: look at what the contract with a "
                "foreign public body says."
            )
        return self.env._(
            "Law of the contract: the one your terms of sale choose, else that of the country where the seller is "
            "established (Regulation (EC) No 593/2008, Rome I, art. 3 and 4). The penalties and the EUR 40 of C. com. "
            "L441-10 and D441-5 follow that law; whether they bind in any case is debated. For goods, the Vienna "
            "Convention of 11 April 1980 may apply."
        )
