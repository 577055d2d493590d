from odoo import models

from ..tools.letter_format import one_line
from ..tools.letter_pdf import Document


class RelanceNotice(models.Model):
    """From the values of a notice to the HTML of its letter."""

    _inherit = "relance.notice"

    def _prepare_letter_documents(self):
        """Return ``{notice id: Document}``: the HTML of each letter, its title and its footer."""
        values = self._prepare_letter_values()
        style = self._get_letter_style()
        documents = {}
        for notice in self:
            letter = values[notice.id]
            kinds = dict(self._fields["kind"]._description_selection(self.with_context(lang=letter["lang"]).env))
            number = letter["number"] or notice.with_context(lang=letter["lang"]).env._("DRAFT, NOT SENT")
            title = one_line(f"{number} - {kinds[notice.kind]} - {letter['debtor']['name']}")[:120].strip()
            html = notice._get_letter_html(letter, title=title, **style)
            documents[notice.id] = Document(html, title, number)
        return documents

    def _get_letter_html(self, values, **context):
        """Return the letter of ``values`` (see `_get_letter_values`) as a complete HTML page that loads nothing."""
        self.ensure_one()
        return self._render_letter_template(
            "relance_fr.letter_document", values, images=self._get_letter_images(), **context
        )

    def _get_letter_body_html(self):
        """Return the letter as a fragment, for the report action on screen."""
        self.ensure_one()
        values = self._prepare_letter_values()[self.id]
        return self._render_letter_template("relance_fr.letter_body", values, images=self._get_letter_images())
