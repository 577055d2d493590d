from markupsafe import Markup
from odoo import api, fields, models
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.tools.misc import format_datetime

from ..tools.letter_format import LetterFormat, one_line, registration
from ..tools.letter_pdf import Document, page_style

#: Notices listed at the end of the certificate.
LATEST = 12


class RelanceRegister(models.Model):
    """The certificate: a PDF that says what the verification found at the very moment it is printed."""

    _inherit = "relance.register"

    @api.model
    def _prepare_certificate(self, company):
        """Verify the register of ``company`` now and return the values of its certificate.

        :raises AccessError: see `_check_verifier`
        """
        self._check_verifier(company)
        verified_at = fields.Datetime.now()
        partner, user = company.partner_id, self.env.user
        is_french = partner.country_id.code in (False, *self.env["res.company"]._get_france_country_codes())
        siren, siret = registration(company.company_registry, is_french)
        lang = self.env.lang or user.lang or "en_US"
        # The whole register, not what this person may open.
        sealed_sudo = (
            self.env["relance.notice"]
            .sudo()
            .search([("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence desc", limit=LATEST)
        )
        first_sudo = sealed_sudo.search(
            [("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence", limit=1
        )
        head_sudo = self.sudo().search([("company_id", "=", company.id)])
        return {
            "company": company,
            "company_name": one_line(company.name),
            "address": self.env["relance.notice"]._get_letter_address(partner),
            "siren": siren,
            "siret": siret,
            "registry": company.company_registry or "",
            "vat": company.vat or "",
            "user_name": one_line(user.name),
            "verified_at": verified_at,
            "clock": format_datetime(
                self.env, verified_at, tz=partner.tz or "Europe/Paris", dt_format="HH:mm:ss", lang_code=lang
            ),
            "today": self.env["relance.engine"]._today(company),
            "result": self._verify(company),
            "years": self._get_years(company),
            "first": first_sudo,
            "latest": sealed_sudo,
            "head": head_sudo,
            "earlier": self._get_earlier(company),
            "states": dict(sealed_sudo._fields["state"]._description_selection(self.env)),
            "kinds": dict(sealed_sudo._fields["kind"]._description_selection(self.env)),
            "write": LetterFormat(self.env, self.env["res.lang"]._get_data(code=lang), company.currency_id),
            "lang": lang,
        }

    @api.model
    def _render_certificate_html(self, company, document=False):
        """Return the certificate of ``company`` as HTML: a fragment for the screen, or a whole ``document``."""
        values = self._prepare_certificate(company)
        template = "relance_fr.register_certificate_body"
        if document:
            style = page_style(_wkhtml().is_patched_qt)
            # Made of paths of this server, no text of a user.
            values |= {"fonts": Markup(style["fonts"]), "zoom": style["zoom"], "title": self._get_title(values)}
            template = "relance_fr.register_certificate_document"
        return self.env["ir.qweb"].with_context(lang=values["lang"])._render(template, values)

    @api.model
    def _get_title(self, values):
        return self.env._(
            "Certificate of the dunning register - %(company)s - %(date)s",
            company=values["company_name"],
            date=values["today"],
        )[:150]

    @api.model
    def _render_certificates(self, companies):
        """Return ``{company id: bytes}`` of certificates as PDF files, the registers being verified now.

        :raises LettersUnavailable: when wkhtmltopdf is missing or does not work
        """
        documents = {}
        for company in companies:
            html = self._render_certificate_html(company, document=True)
            footer = f"{fields.Datetime.now():%Y-%m-%d %H.%M} UTC"
            documents[company.id] = Document(html, None, footer)
        return self.env["relance.notice"]._convert_documents(documents)

    @api.model
    def action_print_certificate(self):
        """Print the certificates of the selected companies' registers, verified as they are printed."""
        self._check_verifier(self.env.companies)
        return self.env.ref("relance_fr.action_report_register").report_action(self.env.companies, config=False)
