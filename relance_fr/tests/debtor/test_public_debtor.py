from odoo import fields
from odoo.tests import freeze_time, tagged

from ..letter_common import LetterCommon
from ..screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestChorus(ScreenCommon):
    """What is asked for on an invoice to a public body, and its time to pay. The claim never changes with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.town = cls._create_debtor("Commune de Sainte-Foy", relance_regime="public")
        cls.invoice = cls._invoice(1000, "2026-05-16", cls.town, invoice_date="2026-04-16")

    def test_deposit_is_asked_for(self):
        self.assertIn("deposit number, deposit date to be entered", self.invoice.relance_chorus_warning)
        self.invoice.write({"relance_chorus_number": "CPP-1", "relance_chorus_date": "2026-04-16"})
        self.assertFalse(self.invoice.relance_chorus_warning)

    def test_what_the_public_body_asks_for(self):
        self.invoice.write({"relance_chorus_number": "CPP-1", "relance_chorus_date": "2026-04-16"})
        for rule, missing in (("service", ["service code"]), ("engagement", ["commitment number"])):
            self.town.relance_chorus_rule = rule
            self.assertEqual(self.invoice._get_chorus_missing(), missing)
        self.town.relance_chorus_rule = "both"
        self.assertEqual(self.invoice._get_chorus_missing(), ["service code", "commitment number"])
        self.town.relance_chorus_service = "SERV-7"
        self.invoice.purchase_order_reference = "EJ-42"
        self.assertEqual(self.invoice._get_chorus_missing(), [])
        self.assertEqual(
            self.invoice._get_chorus_facts(),
            {
                "number": "CPP-1",
                "date": fields.Date.to_date("2026-04-16"),
                "engagement": "EJ-42",
                "service": "SERV-7",
            },
        )
        self.invoice.buyer_reference = "SERV-9"
        self.assertEqual(self.invoice._get_chorus_facts()["service"], "SERV-9")

    def test_not_asked_for(self):
        draft = self.init_invoice("out_invoice", partner=self.town, products=self.product_a)
        business = self._invoice(1000, "2026-05-16")
        for move in draft | business:
            self.assertFalse(move.relance_chorus_warning)
            self.assertFalse(move.relance_time_warning)
        self.town.relance_chorus_rule = "none"
        self.assertFalse(self.invoice.relance_chorus_warning)
        self.town.write({"relance_chorus_rule": False, "country_id": self.env.ref("base.be").id})
        self.assertFalse(self.invoice.relance_chorus_warning)
        self.town.country_id = self.env.ref("base.fr")
        self.assertTrue(self.invoice.relance_chorus_warning)
        self._pay(self.invoice, "2026-06-01")
        self.assertFalse(self.invoice.relance_chorus_warning)

    def test_references_correct_nothing(self):
        self.invoice.is_manually_modified = False
        self.invoice.write({"relance_chorus_number": "CPP-1", "buyer_reference": "SERV-7"})
        self.assertFalse(self.invoice.is_manually_modified)

    def test_time_to_pay(self):
        # Issued on 16 April, due on 16 May: thirty days.
        self.assertFalse(self.invoice.relance_time_warning)
        for kind, invoice_due, excess in (
            (False, "2026-06-15", 30),
            ("health", "2026-06-15", 10),
            ("undertaking", "2026-06-15", 0),
        ):
            self.town.relance_public_kind = kind
            late = self._invoice(1000, invoice_due, self.town, invoice_date="2026-04-16")
            warning = late.relance_term_warning or ""
            self.assertEqual(f"{excess} days after" in warning, bool(excess), warning)
            self.assertEqual(bool(warning), bool(excess))
            self.assertFalse(late.relance_time_warning, "One banner says it.")
            # Claimed from the due date entered, whatever the maximum: five days at 10.15 %.
            self.assertEqual(self._statement(late, DAY), (1000.0, 1.39, 40.0, 1041.39))

    def test_deposit_after_the_invoice(self):
        before = self._statement(self.invoice, DAY)
        # 35 days at ECB 2.15 + 8.
        self.assertEqual(before, (1000.0, 9.73, 40.0, 1049.73))
        self.invoice.relance_chorus_date = "2026-04-26"
        self.assertIn("05/26/2026", self.invoice.relance_time_warning)
        self.assertIn("correct the due date", self.invoice.relance_time_warning)
        self.assertEqual(self._statement(self.invoice, DAY), before)
        self.invoice.relance_chorus_date = "2026-04-16"
        self.assertFalse(self.invoice.relance_time_warning)

    def test_banner_on_the_screen(self):
        for name, sees in (("billing", True), ("auditor", True), ("seller", False)):
            arch, [values] = self._read_screen(self.invoice, self.users[name], "form")
            self.assertEqual(bool(arch.xpath("//div[@name='relance_chorus_warning']")), sees)
            self.assertEqual("relance_chorus_warning" in values, sees)


@tagged("post_install", "-at_install")
class TestRegimeLetter(LetterCommon):
    """What letters to public bodies and to businesses abroad add."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.town = cls._create_debtor("Commune de Sainte-Foy", relance_regime="public")
        cls.abroad = cls._create_debtor(
            "Schreinerei Vogel", country_id=cls.env.ref("base.de").id, city="Köln", zip="50667"
        )

    def test_chorus_references_in_the_letter(self):
        lines = self._formal_lines(self.town)
        invoice = self.env["account.move"].browse(lines[0]["move_id"])
        invoice.write(
            {
                "relance_chorus_number": "CPP-2026-118",
                "relance_chorus_date": "2026-04-17",
                "purchase_order_reference": "EJ-42",
                "buyer_reference": "SERV-7",
            }
        )
        notice = self._notice("formal", lines, self.town)
        self.assertIn(
            f"{invoice.name} · Chorus Pro n° CPP-2026-118, déposée le 17/04/2026 · Engagement n° EJ-42 · "
            "Code service SERV-7",
            self._text(notice),
        )
        self.assertEqual(self._text(notice).count("Chorus Pro"), 1)
        # The table of the claim is that of any other letter.
        self.assertEqual(self._rows(self._html(notice))[0][0], invoice.name)

    def test_chorus_is_for_public_bodies(self):
        lines = self._formal_lines()
        self.env["account.move"].browse(lines[0]["move_id"]).relance_chorus_number = "CPP-1"
        self.assertNotIn("CPP-1", self._text(self._notice("formal", lines)))

    def _mentions(self, kind, partner):
        return self._notice(kind, self._formal_lines(partner), partner)._get_letter_law()["mentions"]

    def test_applicable_law(self):
        self.assertNotIn("applicable_law", self._mentions("formal", self.abroad))
        self.company.relance_applicable_law = True
        for kind, partner, stated in (
            ("formal", self.abroad, True),
            ("final", self.abroad, True),
            ("firm", self.abroad, False),
            ("formal", self.debtor, False),
        ):
            self.assertEqual("applicable_law" in self._mentions(kind, partner), stated, (kind, partner.name))
        for regime in ("consumer", "public"):
            self.abroad.relance_regime = regime
            self.assertNotIn("applicable_law", self._mentions("formal", self.abroad))
        self.abroad.relance_regime = "business"
        text = self._text(self._notice("formal", self._formal_lines(self.abroad), self.abroad))
        self.assertIn("régie par le droit français", text)
        self.assertIn("Règlement (CE) n° 593/2008, art. 3 et 4", text)
        self.assertNotIn("1896/2006", text)

    def test_no_french_order_for_payment_abroad(self):
        for partner, named in ((self.debtor, True), (self.abroad, False)):
            text = self._text(self._notice("final", self._formal_lines(partner), partner))
            self.assertEqual("injonction de payer" in text, named, partner.name)
            self.assertEqual("saisir la juridiction compétente" in text, not named, partner.name)
