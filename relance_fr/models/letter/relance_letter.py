from markupsafe import Markup
from odoo import api, fields, models, modules
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.exceptions import UserError
from odoo.tools import SQL, config, ormcache, split_every
from odoo.tools.image import image_data_uri
from odoo.tools.mail import is_html_empty

from ...tools.letter_format import LetterFormat, group, one_line, registration
from ...tools.letter_html import clean_document, clean_fragment, plain_color
from ...tools.letter_pdf import START_TIME, ConversionError, Converter, ConverterDown, page_style
from ...tools.postal_address import COLUMNS, DOMESTIC, LINES, clean_postcode, fit_address, type_size
from ...tools.qr_svg import qr_code_uri

# The addon is written in one and translated into the other, whatever the country.
OWN_LANGUAGES = ("en", "fr")

# Unstructured remittance information of a SEPA transfer (EPC069-12, EPC217-08).
REMITTANCE_LENGTH = 140

BATCH_SIZE = 50

FRENCH_ADDRESS = "%(street)s\n%(street2)s\n%(zip)s %(city)s"


class RelanceLetter(models.AbstractModel):
    """What a letter to a debtor is written from, whatever it says: a notice or a payment plan.

    A model that inherits it has the fields ``company_id``, ``currency_id``, ``partner_id`` (the debtor),
    ``contact_id`` (the addressee), ``user_id`` (who follows it up) and ``lang``, and says what is to be paid.
    Parties, payment and printing live in ``relance_letter_*.py``.
    """

    _name = "relance.letter"
    _description = "Letter to a Debtor"

    online_payment = fields.Boolean(
        compute="_compute_online_payment",
        help="The customer portal of the company takes payments.",
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_online_payment(self):
        # Providers come with the payment application, which this one does without.
        providers_sudo = self.env["payment.provider"].sudo() if "payment.provider" in self.env else None
        for company, letters in self.grouped("company_id").items():
            letters.online_payment = providers_sudo is not None and bool(
                providers_sudo.search_count(
                    [*providers_sudo._check_company_domain(company), ("state", "=", "enabled")], limit=1
                )
            )

    # === HOOKS OF WHAT IS WRITTEN === #

    def _get_letter_moves(self):
        """Return the invoices the letters are about (``account.move``)."""
        raise NotImplementedError

    def _get_letter_amount(self):
        """Return the sum the debtor is asked to transfer now, in the currency of the letter."""
        raise NotImplementedError

    def _get_letter_lang(self):
        """Return the language the letter is written in: its own while letters are written in it."""
        self.ensure_one()
        languages = self._get_letter_languages()
        return self._choose_letter_language(self.lang, self.partner_id.country_id.code, languages)

    def _get_mail_from(self):
        """Return the sender of the e-mail: whom the letter names as contact, else the company."""
        self.ensure_one()
        return self._get_letter_contact()["email_formatted"] or self.company_id.email_formatted or ""

    def _get_mail_reply_to(self):
        """Return where answers go: the company's catch-all, which files them on the record, else the sender."""
        self.ensure_one()
        return self.company_id.catchall_formatted or self._get_mail_from()

    # === LANGUAGE === #

    @api.model
    def _get_letter_languages(self):
        """Return the codes of the active languages that letters are written in, one translated by hand included."""
        active = [code for code, _name in self.env["res.lang"].get_installed()]
        if all(code.startswith(OWN_LANGUAGES) for code in active):
            return active
        translated = self._get_translated_languages()
        written = [code for code in active if code.startswith(OWN_LANGUAGES) or code in translated]
        return written or active

    @api.model
    @ormcache(cache="templates")
    def _get_translated_languages(self):
        """Return the codes of the languages the formal notice is translated into."""
        view_id = self.env["ir.model.data"]._xmlid_to_res_id("relance_fr.letter_formal")
        query = SQL("SELECT array(SELECT jsonb_object_keys(arch_db)) FROM ir_ui_view WHERE id = %s", view_id)
        [(codes,)] = self.env.execute_query(query)
        return frozenset(codes)

    @api.model
    def _choose_letter_language(self, lang, country_code, languages):
        """Return the language to write in to a debtor of ``lang`` (code or None) in ``country_code``.

        The debtor's own when it is one of ``languages``; else French in France, English to a debtor of another
        language, and the user's to one of none.
        """
        if lang in languages:
            return lang
        french = next((code for code in languages if code.startswith("fr")), None)
        if french and country_code == "FR":
            return french
        english = next((code for code in languages if code.startswith("en")), None)
        if lang and english:
            return english
        return self.env.lang if self.env.lang in languages else languages[0]

    # === WHO WRITES, WHO OWES === #

    def _get_letter_creditor(self):
        """Return the creditor: names, numbers and address (list of lines) of the company."""
        self.ensure_one()
        company, partner = self.company_id, self.company_id.partner_id
        siren, siret = registration(company.company_registry, self._is_french(partner))
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
            "legal": self._get_letter_legal(),
            "color": plain_color(company.primary_color, "#2f4154"),
        }

    def _get_letter_legal(self):
        """Return the line that all correspondence carries (C. com. R123-237, R123-238), Markup, or False.

        Made of the company's data; where they are not entered, the footer of its documents.
        """
        line = self.company_id._get_relance_legal_line()
        if line:
            return Markup("<p>%s</p>") % line
        footer = self.company_id.report_footer
        # Cleaned of all that loads or runs.
        return False if is_html_empty(footer) else Markup(clean_fragment(footer))

    def _get_letter_debtor(self):
        """Return the debtor, and where the letter goes: ``address`` (list of lines) and ``envelope``.

        ``envelope`` is what the window shows, see `_get_letter_envelope`.
        """
        self.ensure_one()
        debtor = self.partner_id
        siren, siret = registration(debtor.company_registry, self._is_french(debtor))
        name, *others = self._get_letter_names()
        place, sender = self._get_letter_place(), self.company_id.partner_id
        return {
            "name": one_line(debtor.name or debtor.display_name),
            "is_company": debtor.is_company,
            "person": others[0] if others else "",
            "address": self._get_letter_address(place, sender=sender),
            "envelope": self._get_letter_envelope([name, *others], place, sender),
            "siren": siren,
            "siret": siret,
            "registry": "" if siren else debtor.company_registry or "",
            "vat": debtor.vat or "",
            "reference": one_line(debtor.ref),
        }

    def _get_letter_names(self):
        """Return who receives the letter, as the envelope names it: the debtor, then the person there, if any."""
        self.ensure_one()
        debtor, contact = self.partner_id, self.contact_id or self.partner_id
        named = contact != debtor and contact.name and contact.name != debtor.name
        return [one_line(debtor.name or debtor.display_name), *([one_line(contact.name)] if named else [])]

    def _get_letter_place(self):
        """Return the card (``res.partner``) whose address the letter goes to."""
        self.ensure_one()
        debtor, contact = self.partner_id, self.contact_id or self.partner_id
        # A contact without an address of its own is reached at the debtor's.
        return contact if contact.street or contact.city else debtor

    def _get_letter_envelope(self, names, place, sender):
        """Return what the window of the envelope shows of a letter to ``names`` at the address of ``place``.

        :return: dict ``lines`` (list of texts), ``names`` (how many of them say who it is), ``size`` (of the type, in
            points), ``fits`` (bool: a letter that does not fit does not leave)
        """
        block = fit_address(names, *self._get_address_lines(place, sender), self._has_french_post(place))
        return {"lines": list(block.lines), "names": block.names, "size": type_size(block), "fits": block.fits}

    def _find_address_fault(self):
        """Return why the letter cannot be posted, and what to do, "" when its address fits on the envelope."""
        self.ensure_one()
        envelope = self._get_letter_debtor()["envelope"]
        if envelope["fits"]:
            return ""
        return self.env._(
            "The address of %(debtor)s takes %(count)s lines; an envelope shows %(most)s, of %(columns)s characters "
            "(AFNOR NF Z10-011). Shorten the name or the address on the customer's card, or add a dunning address that "
            "fits.",
            debtor=self.partner_id.display_name,
            count=len(envelope["lines"]),
            most=LINES,
            columns=COLUMNS,
        )

    def _get_letter_contact(self):
        """Return whom the debtor may answer: the person in charge, the company's dunning contact, or the company."""
        self.ensure_one()
        # OdooBot runs the daily job and is archived: nobody can call it. A salesperson need not read users.
        handler_sudo = self.company_id._relance_keep_present(self.sudo().user_id).sudo().partner_id
        person = handler_sudo or self.company_id._relance_get_contact()
        partner, company = person or self.company_id.partner_id, self.company_id
        return {
            "name": one_line(partner.name),
            "is_person": bool(person),
            "phone": partner.phone or company.phone or "",
            "email": partner.email or company.email or "",
            "email_formatted": partner.email_formatted if partner.email else company.email_formatted or "",
        }

    def _get_letter_signatory(self):
        """Return who signs: name and function, ``""`` when the settings name nobody, or somebody who left."""
        self.ensure_one()
        company = self.company_id
        # A user who sends need not read the users.
        signatory_sudo = company._relance_get_signatory().sudo()
        function = company._get_relance_setting("relance_signatory_function") if signatory_sudo else ""
        return {"name": one_line(signatory_sudo.name), "function": one_line(function)}

    def _get_letter_images(self):
        """Return the images of a printed letter as data URIs or False: ``logo``, ``signature``, ``qr_code``."""
        self.ensure_one()
        company = self.company_id.with_context(bin_size=False)
        # Large enough for 45 mm of print; the full logo would be copied into every letter.
        logo = not company.uses_default_logo and company.partner_id.image_512
        signature = company._relance_get_signatory() and company._get_relance_setting("relance_signature")
        return {
            "logo": image_data_uri(logo) if logo else False,
            "signature": image_data_uri(signature) if signature else False,
            "qr_code": self._get_letter_qr_code(),
        }

    def _get_letter_address(self, partner, sender=None):
        """Return the lines of a postal address, the country only for a letter that leaves the sender's."""
        places, towns, country = self._get_address_lines(partner, sender or partner)
        return [*places, *towns, *([country] if country else [])]

    def _get_address_lines(self, partner, sender):
        """Return a postal address as the country of ``partner`` arranges it: lines, lines of the town, country or "".

        Towns and countries are in capitals, as the post office asks; a country in the language of the sender's post.
        """
        # The address is printed; the card may be out of the sight of the person who prints it.
        partner_sudo, sender_sudo = partner.sudo(), sender.sudo()
        address_format, parts = partner_sudo._prepare_display_address(without_company=True)
        code, home = partner_sudo.country_id.code, sender_sudo.country_id.code
        parts |= {
            "country_name": "",
            "city": parts["city"].upper(),
            "zip": clean_postcode(parts["zip"], code),
        }
        if self._has_french_post(partner_sudo):
            # Odoo knows that of France and not those of its territories.
            address_format = FRENCH_ADDRESS
        lines = [line for line in map(one_line, (address_format % parts).splitlines()) if line]
        # Where the town stands above the street, the order is not ours to change.
        town = next((index for index, line in enumerate(lines) if parts["city"] and parts["city"] in line), 0)
        split = town or len(lines) - 1
        country = partner_sudo.country_id
        if code in (False, home) or {code, home} <= DOMESTIC:
            name = ""
        elif self._is_french(sender_sudo):
            name = one_line(country.with_context(lang="fr_FR").name).upper()
        else:
            name = one_line(country.name).upper()
        return lines[:split], lines[split:], name

    def _has_french_post(self, partner):
        return self._is_french(partner) or partner.country_id.code == "MC"

    def _is_french(self, partner):
        codes = self.env["res.company"]._get_france_country_codes()
        return partner.country_id.code in (False, *codes)

    def _get_postal_key(self):
        """Return the key that sorts letters as the post does: country, postcode, town, street, name."""
        self.ensure_one()
        place = self._get_letter_place()
        parts = (place.country_id.code, place.zip, place.city, place.street, self.partner_id.name)
        return (*((part or "").casefold() for part in parts), self.id)

    # === HOW TO PAY === #

    def _get_letter_payment(self):
        """Return how to pay; the bank fields are ``""`` when the company has no account to show.

        :return: dict ``iban`` (grouped by four), ``bic``, ``bank``, ``holder``, ``reference``, ``online`` (bool: the
            portal takes payments), ``several`` (bool: each invoice names its own account, none can be shown for all)
        """
        self.ensure_one()
        account = self._get_letter_bank_account()
        number = account.sanitized_acc_number or ""
        return {
            "iban": group(number, [4], space=" ") if account.acc_type == "iban" else account.acc_number or "",
            "is_iban": account.acc_type == "iban",
            "bic": account.bank_bic or "",
            "bank": one_line(account.bank_name),
            "holder": one_line(account.acc_holder_name or account.partner_id.name),
            "reference": self._get_payment_reference(),
            "online": self.online_payment,
            "several": len(self._get_letter_payees()) > 1,
        }

    def _get_letter_bank_account(self):
        """Return the account to pay to (``res.partner.bank``), empty when there is none or when there are several."""
        payees = self._get_letter_payees()
        return payees if len(payees) == 1 else payees.browse()

    def _get_letter_payees(self):
        """Return the accounts to pay to: those the invoices name, else the company's first account in the currency.

        One that is closed is none. A factor alone can be paid what was sold to it.
        """
        self.ensure_one()
        moves = self._get_letter_moves()
        named = moves.partner_bank_id.filtered("active")
        # They are printed on every letter; reading them is no right of everybody.
        own = self.company_id.partner_id.sudo().bank_ids.filtered(
            lambda bank: (
                bank.company_id in (self.env["res.company"], self.company_id)
                and bank.currency_id in (self.env["res.currency"], self.currency_id)
            )
        )
        if named and all(move.partner_bank_id in named for move in moves):
            return named
        return named | own[:1]

    def _get_payment_moves(self):
        """Return the invoices that are to be paid now, whose references are quoted. An override may leave some out."""
        return self._get_letter_moves()

    def _get_payment_reference(self):
        """Return what the debtor is to quote: the reference of the only invoice, else the register number."""
        self.ensure_one()
        moves = self._get_payment_moves()
        if len(moves) == 1 or self.name == "/":
            names = [move.payment_reference or move.name for move in moves]
            return one_line(" ".join(filter(None, names)))[:REMITTANCE_LENGTH]
        return one_line(self.name)

    def _get_letter_qr_code(self):
        """Return the SEPA credit transfer QR code of what is to be paid (data URI), False when there can be none.

        What it says is core's (``account_qr_code_sepa``, EPC069-12); it is drawn here as a vector image.
        """
        self.ensure_one()
        account = self._get_letter_bank_account()
        amount = self._get_letter_amount()
        if not account or amount <= 0:
            return False
        reference = self._get_payment_reference()
        transfer = ("sct_qr", amount, self.currency_id, self.partner_id, reference, reference)
        if account._get_error_messages_for_qr("sct_qr", self.partner_id, self.currency_id):
            return False
        if account._check_for_qr_code_errors(*transfer):
            return False
        # Core writes the amount as Python does (1850.0); banks expect the cents.
        text = f"{amount:.2f}"
        content = account._get_qr_vals("sct_qr", text, self.currency_id, self.partner_id, reference, reference)
        return qr_code_uri("\n".join(content))

    def _ensure_portal_tokens(self):
        """Give the invoices without one the token that opens them on the portal, in one statement.

        ``portal.mixin`` writes them one by one through ``account.move.write``, which flags invoices as modified.
        """
        moves = self._get_letter_moves().filtered(lambda move: not move.access_token)
        if not moves:
            return
        moves.flush_recordset(["access_token"])
        self.env.execute_query(
            SQL(
                """
                UPDATE account_move SET access_token = gen_random_uuid()::text
                 WHERE id = ANY(%s) AND access_token IS NULL RETURNING id
                """,
                moves.ids,
            )
        )
        moves.invalidate_recordset(["access_token"])

    # === HTML AND PDF === #

    def _prepare_letter_documents(self):
        """Return ``{id: Document}``: the HTML of each letter, its title and its footer."""
        raise NotImplementedError

    def _get_letter_style(self):
        """Return how the pages are to be written for the wkhtmltopdf of this server: ``fonts`` and ``zoom``."""
        style = page_style(_wkhtml().is_patched_qt)
        # Made of paths of this server, no text of a user.
        return {**style, "fonts": Markup(style["fonts"])}

    def _render_letters(self):
        """Render the letters of these records, as they stand now.

        Called once a record; the caller stores the bytes: a letter is printed again from its attachment.
        As in core, a test gets the HTML unless its context says ``force_report_rendering``.

        :return: ``{id: bytes}``
        :raises LettersUnavailable: when wkhtmltopdf is missing or does not work
        :raises UserError: when it cannot convert one of the letters
        """
        as_html = modules.module.current_test or config["test_enable"]
        documents = self._prepare_letter_documents()
        if as_html and not self.env.context.get("force_report_rendering"):
            return {record_id: document.html.encode() for record_id, document in documents.items()}
        return self._convert_documents(documents)

    @api.model
    def _convert_documents(self, documents):
        """Convert ``{key: Document}`` in batches, return ``{key: PDF bytes}``; errors as `_render_letters` says.

        Whatever users wrote into a document, nothing of it is loaded from the network or from a file.
        """
        converter = self._get_letter_converter()
        documents = {key: document._replace(html=clean_document(document.html)) for key, document in documents.items()}
        letters = {}
        for keys in split_every(BATCH_SIZE, documents, list):
            try:
                letters |= converter.convert({key: documents[key] for key in keys})
            except ConverterDown as error:
                raise LettersUnavailable(
                    self.env._("Letters are made with wkhtmltopdf, which does not work on this server: %s", error)
                ) from error
            except ConversionError as error:
                raise UserError(
                    self.env._(
                        "A letter could not be turned into a PDF file. Check the logo, the signature image and the "
                        "additional paragraph of the level. wkhtmltopdf said: %s",
                        error,
                    )
                ) from error
        return letters

    def _render_letter_template(self, template, values, **context):
        """Render a QWeb template on ``values``, in their language.

        The template also gets ``record`` and ``write`` (`LetterFormat`: how to write figures and days).
        """
        self.ensure_one()
        record = self.with_company(self.company_id).with_context(lang=values["lang"])
        write = record._get_letter_writer(values["lang"])
        return record.env["ir.qweb"]._render(template, {**values, "record": record, "write": write, **context})

    def _get_letter_writer(self, lang):
        """Return how to write figures and days in the language of code ``lang``, amounts in the letter's currency."""
        self.ensure_one()
        return LetterFormat(self.env, self.env["res.lang"]._get_data(code=lang), self.currency_id)

    def _get_letter_converter(self):
        """Return the converter of this server, with the paper format of the letters.

        The system parameter ``relance_fr.letter_timeout`` is how long wkhtmltopdf may take to start, in seconds.

        :raises LettersUnavailable: when it is missing
        """
        wkhtmltopdf = _wkhtml()
        # The letters load nothing from the server: a single worker ("workers") is enough.
        if wkhtmltopdf.state not in ("ok", "workers"):
            raise LettersUnavailable(
                self.env._(
                    "Letters are made with wkhtmltopdf, which this server does not have or cannot run. Install version "
                    "0.12 or later, with patched Qt for page numbers, on the PATH of Odoo."
                )
            )
        # The format belongs to the report action, which only system users may read.
        report_sudo = self.env.ref("relance_fr.action_report_letter").sudo()
        arguments = report_sudo._build_wkhtmltopdf_args(report_sudo.get_paperformat(), landscape=False)
        # Parameters belong to the administrator, letters to accountants.
        timeout = self.env["ir.config_parameter"].sudo().get_param("relance_fr.letter_timeout", "")
        seconds = int(timeout) if timeout.isdigit() and int(timeout) else START_TIME
        return Converter(wkhtmltopdf.bin, wkhtmltopdf.is_patched_qt, arguments, seconds)


class LettersUnavailable(UserError):
    """No letter can be made or stored now, whichever it is: the server is at fault, not a letter."""
