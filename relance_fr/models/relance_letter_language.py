from odoo import api, models
from odoo.tools import SQL, ormcache

# The addon is written in one and translated into the other, whatever the country.
OWN_LANGUAGES = ("en", "fr")


class RelanceLetter(models.AbstractModel):
    """The language of a letter: the debtor's, if letters are written in it. No letter mixes two of them."""

    _inherit = "relance.letter"

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

        His own when it is one of ``languages``; else French in France, English to who has another language, and the
        user's to who has none.
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
