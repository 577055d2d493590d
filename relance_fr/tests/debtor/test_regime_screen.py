from datetime import timedelta

from lxml import html
from odoo import fields
from odoo.tests import Form, freeze_time, tagged

from ..screens import ScreenCommon

DAY = "2026-11-22"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestRegimeScreen(ScreenCommon):
    """The consequences of the law on the card of a debtor and on his invoices: what the ledger then charges."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consumer = cls._create_debtor("Zoé Lambert", is_company=False, relance_regime="consumer")
        cls.town = cls._create_debtor("Commune de Sainte-Foy", company_registry="21690202400018")
        cls.town.relance_regime = "public"

    def _rows(self, partner):
        """Return ``{name of the row: its text}`` of the panel."""
        tree = html.fromstring(str(partner.relance_regime_panel))
        return {row.get("data-row"): " ".join(row.text_content().split()) for row in tree.xpath("//div[@data-row]")}

    def test_business_without_terms(self):
        rows = self._rows(self.debtor)
        self.assertEqual(
            rows["rate"],
            "Rate today ECB 2.40 + 10 points = 12.40 % (2026 S2) "
            "Default of the law (C. com. L441-10 II): no terms of sale are entered.",
        )
        self.assertIn("40.00", rows["indemnity"])
        self.assertIn("From the day after the due date", rows["start"])
        self.assertIn("5 years from the performance", rows["limitation"])
        self.assertIn("art. L110-4", rows["limitation"])
        self.assertIn("art. L441-10, II et D441-5", rows["articles"])
        self.assertNotIn("interest before the formal notice", rows["forbidden"])
        self.assertNotIn("time", rows)
        self.assertNotIn("abroad", rows)

    def test_business_under_terms(self):
        terms = self.env["relance.terms"].create(
            {"name": "CGV 2026", "date_from": "2026-01-01", "basis": "legal_multiple", "rate": 5}
        )
        rows = self._rows(self.debtor)
        self.assertIn("5 × legal rate 2.75 = 13.75 %", rows["rate"])
        self.assertIn("Terms of sale in force: CGV 2026.", rows["rate"])
        self.assertIn("40.00", rows["indemnity"])
        terms.active = False
        own = terms.copy({"name": "Lefèvre", "partner_specific": True, "active": True, "basis": "fixed", "rate": 10})
        self.debtor.relance_terms_id = own
        self.assertIn("10.00 % a year", self._rows(self.debtor)["rate"])
        self.assertIn("Contract of this customer: Lefèvre.", self._rows(self.debtor)["rate"])
        # A clause of another time, below the floor of today.
        self.env.cr.execute("UPDATE relance_terms SET rate = 5 WHERE id = %s", [own.id])
        self.env.invalidate_all()
        self.assertIn("3 × legal rate 2.75 = 8.25 %", self._rows(self.debtor)["rate"])
        self.assertIn("The clause is lower", self._rows(self.debtor)["rate"])

    def test_public_body(self):
        rows = self._rows(self.town)
        self.assertIn("ECB 2.40 + 8 points = 10.40 %", rows["rate"])
        self.assertIn("sets the rate of the whole delay", rows["rate"])
        self.assertIn("30 days", rows["time"])
        self.assertIn("4 years from the 1 January after the performance", rows["limitation"])
        self.assertIn("the penalty rate of the terms of sale", rows["forbidden"])
        self.town.relance_public_kind = "health"
        self.assertIn("50 days", self._rows(self.town)["time"])

    def test_consumer(self):
        rows = self._rows(self.consumer)
        self.assertIn("legal interest rate = 2.75 %", rows["rate"])
        self.assertEqual(rows["indemnity"], "Fixed compensation None owed")
        self.assertIn("From the day after the formal notice is presented", rows["start"])
        self.assertIn("2 years from the performance", rows["limitation"])
        for text in ("interest before the formal notice", "EUR 40", "CPCE L111-8", "VAT", "terms of sale"):
            self.assertIn(text, rows["forbidden"])

    def test_missing_rate_names_the_semester(self):
        with freeze_time("2027-02-01"):
            for debtor in (self.debtor, self.town, self.consumer):
                debtor.invalidate_recordset()
                rows = self._rows(debtor)
                self.assertIn("The rates of 2027 S1 are missing.", rows["rate"])
                self.assertIn("years from", rows["limitation"])
            invoice = self._invoice(1000, "2027-01-15")
            self.assertIn("rates of 2027 S1 missing", invoice.relance_regime_text)

    def test_panel_follows_the_form_before_it_is_saved(self):
        accountant = self.users["billing"]
        accountant.group_ids |= self.env.ref("base.group_partner_manager")
        with Form(self.debtor.with_user(accountant)) as form:
            self.assertIn("12.40", form.relance_regime_panel)
            self.assertIn("Proposed: company", form.relance_regime_reason)
            form.relance_regime = "consumer"
            self.assertIn("2.75", form.relance_regime_panel)
            self.assertNotIn("12.40", form.relance_regime_panel)
            self.assertIn("Chosen by hand", form.relance_regime_reason)
            self.assertIn("“Business”", form.relance_regime_reason)
            form.relance_regime = "public"
            self.assertIn("10.40", form.relance_regime_panel)
            form.relance_public_kind = "undertaking"
            self.assertIn("60 days", form.relance_regime_panel)
        self.assertEqual(self.debtor.relance_regime_choice, "public")

    def test_reason_of_a_contact_and_of_a_number(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.town.id})
        self.assertEqual(contact.relance_regime_reason, "That of Commune de Sainte-Foy.")
        self.assertEqual(self.town.relance_regime_reason, "Proposed: SIREN number in 1 or 2: public body.")

    def test_invoice_line_says_what_the_ledger_charges(self):
        due = fields.Date.to_date("2026-06-20")
        for debtor, sentence in (
            (self.debtor, "Business: ECB 2.40 + 10 points = 12.40 %; {} an invoice paid late; limitation 5 years."),
            # The semester in which the delay started, not today's.
            (self.town, "Public body: ECB 2.15 + 8 points = 10.15 %; {} an invoice paid late; limitation 4 years."),
            (
                self.consumer,
                "Consumer: legal interest rate = 2.75 % from the formal notice on; no indemnity; limitation 2 years.",
            ),
        ):
            invoice = self._invoice(1000, "2026-06-20", debtor)
            text = " ".join(invoice.relance_regime_text.split())
            self.assertEqual(text, sentence.format("40.00 €"), debtor.name)
            statement = invoice.relance_statement()
            rates = [segment["rate"] for segment in statement["segments"]]
            if debtor == self.consumer:
                self.assertEqual((rates, statement["penalty"], statement["indemnity"]), ([], 0.0, 0.0))
                continue
            self.assertIn(f"{rates[-1]:.2f} %", text)
            self.assertEqual(statement["indemnity"], 40.0)
            self.assertEqual(statement["segments"][0]["date_from"], str(due + timedelta(days=1)))
        self.assertFalse(self.init_invoice("in_invoice", products=self.product_a).relance_regime_text)

    def test_who_sees_the_panel(self):
        for name in ("billing", "auditor", "manager"):
            _arch, [values] = self._read_screen(self.town, self.users[name], "form")
            self.assertIn("10.40", values["relance_regime_panel"])
        arch, [values] = self._read_screen(self.town, self.users["seller"], "form")
        self.assertFalse(arch.xpath("//field[@name='relance_regime_panel']"))
        self.assertFalse({"relance_regime_panel", "relance_chorus_service"} & values.keys())
        _arch, [values] = self._read_screen(self._invoice(100, "2026-06-20"), self.users["seller"], "form")
        self.assertNotIn("relance_regime_text", values)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDebtorAbroad(ScreenCommon):
    """What the card says of a debtor abroad: notes to read, nothing computed."""

    def _notes(self, code, **values):
        debtor = self._create_debtor(code, country_id=self.env.ref(f"base.{code}").id, **values)
        return " ".join(debtor._get_foreign_notes(self.company))

    def test_business(self):
        notes = self._notes("de")
        self.assertIn("art. 3 and 4", notes)
        self.assertIn("No 1896/2006", notes)
        self.assertIn("To be checked with counsel", notes)

    def test_order_for_payment_is_for_the_union_without_denmark(self):
        for code in ("ch", "dk", "us"):
            self.assertNotIn("1896/2006", self._notes(code))
            self.assertIn("Rome I", self._notes(code))

    def test_consumer_and_public_body(self):
        self.assertIn("art. 6", self._notes("be", is_company=False, relance_regime="consumer"))
        notes = self._notes("be", relance_regime="public")
        self.assertIn("French public contracts", notes)
        self.assertNotIn("art. 3 and 4", notes)

    def test_overseas_france_is_france(self):
        self.assertFalse(self._notes("re"))
        self.assertFalse(self._notes("fr"))
        self.debtor.country_id = False
        self.assertFalse(self.debtor._get_foreign_notes(self.company))
