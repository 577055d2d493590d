from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..letter_common import LetterCommon
from ..screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestChorus(ScreenCommon):
    """What is asked for on an invoice to a public body, and its time to pay, which its claim waits for."""

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
        self.assertIn("may pay until 05/26/2026", self.invoice.relance_time_warning)
        # 25 days: 1 000 x 10.15 % x 25 / 365.
        self.assertEqual(self._statement(self.invoice, DAY), (1000.0, 6.95, 40.0, 1046.95))
        self.invoice.relance_shorter_term = True
        self.assertFalse(self.invoice.relance_time_warning)
        self.assertEqual(self._statement(self.invoice, DAY), before)
        self.invoice.relance_shorter_term = False
        self.invoice.relance_chorus_date = "2026-04-16"
        self.assertFalse(self.invoice.relance_time_warning)

    def test_a_commune_is_late_from_the_end_of_its_time(self):
        """10 000 EUR of 1 September 2026, due date entered 1 October, deposited on 10 October: until 9 November."""
        invoice = self._invoice(10000, "2026-10-01", self.town, invoice_date="2026-09-01")
        # 60 days at ECB 2.40 + 8, before the deposit is known.
        self.assertEqual(self._statement(invoice, "2026-11-30"), (10000.0, 170.96, 40.0, 10210.96))
        invoice.relance_chorus_date = "2026-10-10"
        for as_of, penalty, indemnity in (
            ("2026-11-05", 0.0, 0.0),
            ("2026-11-09", 0.0, 0.0),
            ("2026-11-10", 2.85, 40.0),
            ("2026-11-30", 59.84, 40.0),
        ):
            self.assertEqual(self._statement(invoice, as_of)[1:3], (penalty, indemnity), as_of)
        line = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        self.assertEqual(line._get_relance_due_date(), fields.Date.to_date("2026-11-09"))
        # Done on 20 October: payable until 19 November, eleven days.
        invoice.relance_performed_on = "2026-10-20"
        self.assertEqual(self._statement(invoice, "2026-11-30")[1], 31.34)
        # Suspended for five days: until 24 November, six days.
        invoice.relance_suspended_days = 5
        self.assertEqual(self._statement(invoice, "2026-11-30")[1], 17.10)
        invoice.relance_shorter_term = True
        self.assertEqual(self._statement(invoice, "2026-11-30")[1], 170.96)
        # Another debtor's time is the due date.
        invoice.relance_shorter_term = False
        self.town.relance_regime = "business"
        self.assertFalse(invoice.relance_payable_until)

    def test_nobody_is_dunned_before(self):
        village = self._create_debtor("Village de Bessans", relance_regime="public")
        village.relance_calendar_id = self.env["relance.calendar"].create(
            {
                "name": "Reminders",
                "min_days": 0,
                "skip_holidays": False,
                "level_ids": [Command.create({"name": "Courtesy", "kind": "courtesy", "delay": 7})],
            }
        )
        invoice = self._invoice(10000, "2026-10-01", village, invoice_date="2026-09-01")
        invoice.relance_chorus_date = "2026-10-10"
        self.assertEqual(invoice.relance_next_date, fields.Date.to_date("2026-11-16"))
        with freeze_time("2026-11-05"):
            self.assertFalse(invoice.filtered_domain([("relance_is_late", "=", True)]))
            self.assertNotIn(invoice, self.env["account.move"].search([("relance_is_late", "=", True)]))
        self.assertNotIn(invoice, self._run_on("2026-11-13").line_ids.move_id)
        notice = self._run_on("2026-11-16").filtered(lambda notice: notice.partner_id == village)
        self.assertEqual(notice.line_ids.move_id, invoice)
        self.assertEqual(notice.line_ids.date_maturity, fields.Date.to_date("2026-11-09"))

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
