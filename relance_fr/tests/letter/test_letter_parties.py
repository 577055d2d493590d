from datetime import date
from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from ...models.letter import relance_letter as relance_letter_payment
from ..letter_common import LetterCommon

REGISTERED = "LETTRE RECOMMANDÉE AVEC AVIS DE RÉCEPTION"


@tagged("post_install", "-at_install")
class TestLetterParties(LetterCommon):
    """Who writes to whom, what about, by when, and how to pay."""

    def _one(self, kind="courtesy", partner=None, **vals):
        """Make a notice for one invoice of EUR 1,850."""
        return self._notice(kind, [self._line(self._invoice(1850.0, "2026-07-31", partner))], partner, **vals)

    def test_creditor_and_debtor_are_identified(self):
        text = self._text(self._one("formal"))
        for words in ("Ateliers Bérénice 14 quai Jean-Moulin 69001 LYON", "SIREN 303 265 045", "FR40303265045"):
            self.assertIn(words, text)
        self.assertIn("Menuiserie Lefèvre & Fils, SIREN 552 100 554", text)
        self.assertIn("Lyon, le 1er septembre 2026", text)
        self.assertIn("Notre référence RLF/2026/00012", text)

    def test_address_is_the_contact_s(self):
        contact = self.env["res.partner"].create(
            {"name": "Service comptabilité", "parent_id": self.debtor.id, "type": "relance", "street": "BP 12",
             "zip": "42000", "city": "Saint-Étienne", "country_id": self.env.ref("base.fr").id}
        )  # fmt: skip
        block = self._html(self._one()).find_class("addressee")[0]
        lines = [" ".join(line.text_content().split()) for line in block]
        self.assertEqual(lines, [self.debtor.name, contact.name, "BP 12", "42000 SAINT-ÉTIENNE"])

    def test_country_only_abroad(self):
        abroad = self._create_debtor("Harrow Ltd", country_id=self.env.ref("base.be").id, city="Bruxelles", zip="1000")
        block = self._html(self._one(partner=abroad)).find_class("addressee")[0]
        self.assertEqual([line.text_content() for line in block][-2:], ["1000 BRUXELLES", "BELGIQUE"])
        self.assertNotIn("FRANCE", self._html(self._one()).find_class("addressee")[0].text_content())

    def test_user_text_is_escaped(self):
        self.debtor.name = "<script>alert(1)</script> & <b>Fils</b>"
        source = self._one("formal")._render_letters().popitem()[1].decode()
        self.assertNotIn("<script>", source)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;Fils", source)

    def test_registered_mention_only_when_registered(self):
        self.assertIn(REGISTERED, self._text(self._one("formal", channel="registered")))
        for channel in ("email", "letter"):
            self.assertNotIn(REGISTERED, self._text(self._one("formal", channel=channel)))
        tracked = self._one("formal", channel="registered", tracking_number="1A 123 456 7890 1")
        self.assertIn("N° de suivi 1A 123 456 7890 1", self._text(tracked))

    def test_deadline_is_a_bold_date(self):
        tree = self._html(self._one("formal", printed_deadline=date(2026, 10, 1)))
        bold = [" ".join(node.text_content().split()) for node in tree.xpath("//p//b")]
        self.assertIn("1er octobre 2026", bold)
        self.assertIn("sans délai", self._text(self._one("formal", printed_deadline=False)))

    def test_draft_says_so(self):
        self.assertIn("PROJET NON ENVOYÉ", self._text(self._one(name="/")))
        self.assertNotIn("PROJET", self._text(self._one()))

    def test_earlier_reminders_are_named(self):
        invoice = self._invoice(1850.0, "2026-07-31")
        for kind, day in (("preventive", 1), ("courtesy", 7), ("firm", 15)):
            self._notice(kind, [self._line(invoice)], name=f"RLF/2026/0010{day}", date=date(2026, 8, day), state="sent")
        formal = self._notice("formal", [self._line(invoice)], name="RLF/2026/00110", state="sent")
        self.assertIn("Malgré nos rappels des 7 et 15 août 2026, la facture", self._text(formal))
        final = self._notice("final", [self._line(invoice)], name="RLF/2026/00111", date=date(2026, 9, 17))
        self.assertIn("Notre mise en demeure du 1er septembre 2026 (RLF/2026/00110)", self._text(final))
        self.assertNotIn("Malgré", self._text(self._one("formal")))

    def test_level_adds_its_paragraph_without_images(self):
        self.levels["courtesy"].with_context(
            lang="fr_FR"
        ).letter_text = '<p>Bonne <b>rentrée</b>.<img src="https://example.com/pixel.png"/></p>'
        source = self._one()._render_letters().popitem()[1].decode()
        self.assertIn("Bonne <b>rentrée</b>.", source)
        self.assertNotIn("pixel.png", source)

    def test_contact_and_signatory(self):
        user = new_test_user(
            self.env,
            login="castaing",
            name="Hélène Castaing",
            groups="base.group_user",
            email="hc@berenice.example.com",
        )
        self.company.relance_signatory_id = user
        self.company.relance_signatory_function = "Responsable du recouvrement"
        letter = self._one(user_id=user.id)
        text = self._text(letter)
        self.assertIn("Votre contact pour ce dossier : Hélène Castaing, e-mail hc@berenice.example.com", text)
        self.assertIn("Hélène Castaing Responsable du recouvrement Ateliers Bérénice", text)
        robot = self._one(user_id=self.env.ref("base.user_root").id)
        self.assertIn("Pour nous joindre à propos de ce dossier : e-mail compta@berenice", self._text(robot))

    def test_reference_is_the_only_invoice_s_else_the_register_s(self):
        one = self._one()
        self.assertEqual(one._get_payment_reference(), one.line_ids.move_id.payment_reference)
        several = self._notice("formal", self._formal_lines())
        self.assertEqual(several._get_payment_reference(), several.name)

    def test_qr_code_is_a_sepa_transfer_of_the_total(self):
        notice = self._notice("formal", self._formal_lines())
        with patch.object(relance_letter_payment, "qr_code_uri", side_effect=str.upper) as draw:
            self._html(notice)
        lines = draw.call_args.args[0].split("\n")
        self.assertEqual(lines[:5], ["BCD", "002", "1", "SCT", "AGRIFRPP"])
        self.assertEqual(lines[6:8], ["FR7630006000011234567890189", f"EUR{notice.total_amount:.2f}"])
        self.assertEqual(lines[10], "RLF/2026/00012")

    def test_no_account_no_code(self):
        self.bank.active = False
        notice = self._one()
        notice.line_ids.move_id.partner_bank_id = False
        tree = self._html(notice)
        self.assertFalse(tree.xpath("//img[starts-with(@src, 'data:image/svg')]"))
        self.assertNotIn("IBAN", self._text(notice))
        self.assertIn("Référence à rappeler", self._text(notice))

    def test_no_code_in_another_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        invoice = self._invoice(1850.0, "2026-07-31", currency_id=dollar.id)
        notice = self._notice("courtesy", [self._line(invoice)])
        self.assertFalse(notice._get_letter_qr_code())
        self.assertIn("$", self._text(notice))

    def test_compensation_is_told_in_euros_whatever_the_invoice(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        invoice = self._invoice(1850.0, "2026-07-31", currency_id=dollar.id)
        text = self._text(self._notice("formal", [self._line(invoice, 10.0, 80.0)]))
        self.assertIn("frais de recouvrement de 40 € ;", text)
        self.assertIn("80,00 $", text)

    def test_portal_tokens_leave_the_invoice_untouched(self):
        invoice = self._invoice(1850.0, "2026-07-31")
        invoice.is_manually_modified = False
        self.env.cr.execute("UPDATE account_move SET access_token = NULL WHERE id = %s", [invoice.id])
        invoice.invalidate_recordset()
        notice = self._notice("courtesy", [self._line(invoice)])
        links = self._html(notice).xpath("//table[contains(@class, 'figures')]//a/@href")
        self.assertTrue(invoice.access_token)
        self.assertEqual(links, [invoice.get_base_url() + invoice.access_url])
        self.assertFalse(invoice.is_manually_modified)
