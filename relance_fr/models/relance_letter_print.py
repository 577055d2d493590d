from markupsafe import Markup
from odoo import api, models, modules
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.exceptions import UserError
from odoo.tools import config, split_every

from ..tools.letter_format import LetterFormat
from ..tools.letter_html import clean_document
from ..tools.letter_pdf import START_TIME, ConversionError, Converter, ConverterDown, page_style

BATCH_SIZE = 50


class LettersUnavailable(UserError):
    """No letter can be made or stored now, whichever it is: the server is at fault, not a letter."""


class RelanceLetter(models.AbstractModel):
    """From the HTML of letters to PDF files."""

    _inherit = "relance.letter"

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
