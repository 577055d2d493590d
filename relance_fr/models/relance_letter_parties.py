from markupsafe import Markup
from odoo import models
from odoo.tools.image import image_data_uri
from odoo.tools.mail import is_html_empty

from ..tools.letter_format import one_line, registration
from ..tools.letter_html import clean_fragment, plain_color


class RelanceLetter(models.AbstractModel):
    """Who writes, to whom, and who answers: the parties as a letter names them."""

    _inherit = "relance.letter"

    def _get_letter_creditor(self):
        """Return the creditor: names, numbers and address (list of lines) of the company."""
        self.ensure_one()
        company, partner = self.company_id, self.company_id.partner_id
        siren, siret = registration(company.company_registry, self._is_french(partner))
        footer = company.report_footer
        return {
            "name": one_line(company.name),
            "address": self._get_letter_address(partner),
            "siren": siren,
            "siret": siret,
            "registry": "" if siren else company.company_registry or "",
            "vat": company.vat or "",
            "phone": company.phone or "",
            "email": company.email or "",
            "website": company.website or "",
            "place": company.city or "",
            # Cleaned of all that loads or runs.
            "legal": False if is_html_empty(footer) else Markup(clean_fragment(footer)),
            "color": plain_color(company.primary_color, "#2f4154"),
        }

    def _get_letter_debtor(self):
        """Return the debtor, and the addressee whose window-envelope block it is (``address``, list of lines)."""
        self.ensure_one()
        debtor, contact = self.partner_id, self.contact_id or self.partner_id
        siren, siret = registration(debtor.company_registry, self._is_french(debtor))
        name = one_line(debtor.name or debtor.display_name)
        person = one_line(contact.name) if contact != debtor and contact.name and contact.name != debtor.name else ""
        # A contact without an address of its own is reached at the debtor's.
        place = contact if contact.street or contact.city else debtor
        return {
            "name": name,
            "person": person,
            "address": self._get_letter_address(place, sender=self.company_id.partner_id),
            "siren": siren,
            "siret": siret,
            "registry": "" if siren else debtor.company_registry or "",
            "vat": debtor.vat or "",
            "reference": one_line(debtor.ref),
        }

    def _get_letter_contact(self):
        """Return whom the debtor may answer: who handles him, else the company's dunning contact, else the company."""
        self.ensure_one()
        # OdooBot runs the daily job and is archived: nobody can call it. A salesperson need not read users.
        handler_sudo = self.sudo().user_id.filtered("active").partner_id
        person = handler_sudo or self.company_id._get_relance_setting("relance_contact_id")
        partner, company = person or self.company_id.partner_id, self.company_id
        return {
            "name": one_line(partner.name),
            "is_person": bool(person),
            "phone": partner.phone or company.phone or "",
            "email": partner.email or company.email or "",
            "email_formatted": partner.email_formatted if partner.email else company.email_formatted or "",
        }

    def _get_letter_signatory(self):
        """Return who signs: name and function, ``""`` when the settings name nobody."""
        self.ensure_one()
        company = self.company_id
        # Whoever sends need not read the users.
        signatory_sudo = company._get_relance_setting("relance_signatory_id").sudo()
        return {
            "name": one_line(signatory_sudo.name),
            "function": one_line(company._get_relance_setting("relance_signatory_function")),
        }

    def _get_letter_images(self):
        """Return the images of a printed letter as data URIs or False: ``logo``, ``signature``, ``qr_code``."""
        self.ensure_one()
        company = self.company_id.with_context(bin_size=False)
        # Large enough for 45 mm of print; the full logo would be copied into every letter.
        logo = not company.uses_default_logo and company.partner_id.image_512
        signature = company._get_relance_setting("relance_signature")
        return {
            "logo": image_data_uri(logo) if logo else False,
            "signature": image_data_uri(signature) if signature else False,
            "qr_code": self._get_letter_qr_code(),
        }

    def _get_letter_address(self, partner, sender=None):
        """Return the lines of a postal address, the country only for a letter that leaves the sender's.

        French addresses end with the postcode and the town in capitals, as the post office asks.
        """
        # The address is printed; the card may be out of the sight of whoever prints it.
        address_format, parts = partner.sudo()._prepare_display_address(without_company=True)
        sender = sender or partner
        if partner.country_id in (sender.country_id, self.env["res.country"]):
            parts["country_name"] = ""
        if self._is_french(partner):
            parts["city"] = parts["city"].upper()
        return [line for line in map(one_line, (address_format % parts).splitlines()) if line]

    def _is_french(self, partner):
        codes = self.env["res.company"]._get_france_country_codes()
        return partner.country_id.code in (False, *codes)

    def _get_postal_key(self):
        """Return the key that sorts letters as the post does: country, postcode, town, street, name."""
        self.ensure_one()
        debtor, contact = self.partner_id, self.contact_id or self.partner_id
        place = contact if contact.street or contact.city else debtor
        parts = (place.country_id.code, place.zip, place.city, place.street, debtor.name)
        return (*((part or "").casefold() for part in parts), self.id)
