from odoo.tests import tagged

from ..letter_common import LetterCommon


@tagged("post_install", "-at_install")
class TestLetterLanguage(LetterCommon):
    """Each debtor is written to in his language, or in one the letter is whole in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.letters = cls.env["relance.letter"]

    def _language(self, lang, country):
        return self.letters._choose_letter_language(lang, country, self.letters._get_letter_languages())

    def test_own_language(self):
        self.assertEqual(self._language("fr_FR", "DE"), "fr_FR")
        self.assertEqual(self._language("en_US", "FR"), "en_US")

    def test_active_and_not_translated(self):
        self.assertNotIn("de_DE", self.letters._get_letter_languages())
        # Never a text in one language with the dates of another.
        self.assertEqual(self._language("de_DE", "DE"), "en_US")
        self.assertEqual(self._language("de_DE", "FR"), "fr_FR")
        self.assertEqual(self._language("xx_XX", "DE"), "en_US")
        self.letters = self.letters.with_context(lang="fr_FR")
        self.assertEqual(self._language(None, "DE"), "fr_FR")

    def test_translated_by_hand(self):
        view = self.env.ref("relance_fr.letter_formal")
        text = "This step remains an amicable one."
        source = next(term for term in view._fields["arch_db"].get_trans_terms(view.arch_db) if text in term)
        view.update_field_translations("arch_db", {"de_DE": {source: "Dieser Schritt bleibt gütlich."}})
        self.assertEqual(self._language("de_DE", "DE"), "de_DE")

    def test_letter_is_in_one_language(self):
        vogel = self._create_debtor("Vogel", country_id=self.env.ref("base.de").id, lang="de_DE")
        notice = self._notice("formal", self._formal_lines(vogel), vogel, lang="de_DE")
        self.assertEqual(notice._get_letter_lang(), "en_US")
        text = self._text(notice)
        self.assertIn("We hereby give you formal notice to pay", text)
        self.assertIn("September 16, 2026", text)
        self.assertIn("12,122.68 €", text)

    def test_draft_of_a_debtor_of_another_language(self):
        vogel = self._create_debtor("Vogel", country_id=self.env.ref("base.de").id, lang="de_DE")
        invoice = self._invoice(1000, "2026-06-01", vogel)
        self._run_on("2026-06-10")
        self.assertEqual(invoice.relance_notice_ids.lang, "en_US")
