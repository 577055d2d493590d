from odoo import api, fields, models

from ..tools.shown_day import shown_day
from .res_partner import ACCOUNT_GROUPS

NO_ORDER_FOR_PAYMENT = "DK"


class ResPartner(models.Model):
    """What the law of a debtor changes, as his card shows it before it is saved. Nothing here is stored."""

    _inherit = "res.partner"

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
        day = shown_day(self.env) or self.env["relance.engine"]._today(company)
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

    # === ABROAD === #

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
