from base64 import b64encode
from decimal import Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from ..law import STATUTORY, Semester, Terms
from .company_common import FrenchCompanyCommon
from .refusals import RefusalsMixin


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestTerms(RefusalsMixin, FrenchCompanyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.terms_model = cls.env["relance.terms"]

    def _create_terms(self, **values):
        return self.terms_model.create(
            {
                "name": "CGV",
                "company_id": self.company.id,
                "date_from": "2026-01-01",
                "basis": "fixed",
                "rate": 12.0,
                **values,
            }
        )

    def test_to_law(self):
        terms = self._create_terms(rate=12.345, day_base="actual", imputation="interest", indemnity=40)
        self.assertEqual(
            terms._to_law(),
            Terms("fixed", Decimal("12.345"), "actual", "interest", Decimal("40.00")),
        )

    def test_no_terms_is_the_law(self):
        self.assertEqual(self.terms_model._to_law(), STATUTORY)
        self.assertEqual(
            self.terms_model.create({"name": "CGV", "date_from": "2026-01-01"})._to_law(),
            STATUTORY,
        )

    def test_floor_of_each_basis(self):
        # 2026 S1: legal rate 2.62, floor 7.86, ECB 2.15.
        for basis, refused, accepted in (
            ("fixed", 7.85, 7.86),
            ("ecb_margin", 5.70, 5.71),
            ("legal_multiple", 2.99, 3.0),
        ):
            with self.subTest(basis=basis):
                with self.assert_refused(ValidationError, r"floor of 7\.86 % \(2026 S1\).*L441-10 II"):
                    self._create_terms(basis=basis, rate=refused)
                terms = self._create_terms(basis=basis, rate=accepted)
                with self.assert_refused(ValidationError, r"7\.86"):
                    terms.rate = refused
                terms.unlink()

    def test_statutory_basis_has_no_floor(self):
        with freeze_time("2024-02-01"):
            # ECB + 10 was 14.50 then, under three times the legal rate (15.21).
            self.assertTrue(self._create_terms(basis="ecb", rate=0))
            with self.assert_refused(ValidationError, r"15\.21"):
                self._create_terms(basis="fixed", rate=15.20, date_from="2024-01-02")

    def test_floor_of_an_older_version(self):
        with self.assert_refused(ValidationError, r"2026 S1"):
            self._create_terms(rate=5, date_from="2020-01-01")
        self._create_terms(rate=12, date_from="2024-01-01")
        self._create_terms(rate=5, date_from="2020-01-01")
        with self.assert_refused(ValidationError, r"floor of 2\.61 % \(2020 S1\)"):
            self._create_terms(rate=2.6, date_from="2020-02-01")
        with self.assert_refused(ValidationError, r"2026 S1"):
            self._create_terms(rate=5, date_from="2020-03-01", partner_specific=True)

    def test_floor_needs_the_rates_of_the_day(self):
        self.env["relance.rate"].search([("date_from", ">", "2026-07-01")]).unlink()
        with freeze_time("2027-01-01"):
            with self.assert_refused(UserError, "rates of 2027 S1 are missing"):
                self._create_terms()
            self.assertTrue(self._create_terms(basis="ecb"))

    def test_day_of_the_company(self):
        # It is still 30 June in Paris when 1 July, and with it a higher floor, has begun in Auckland.
        self.company.partner_id.tz = "Pacific/Auckland"
        with freeze_time("2026-06-30 13:00:00"), self.assert_refused(ValidationError, "2026 S2"):
            self._create_terms(rate=8)
        self.company.partner_id.tz = "Europe/Paris"
        with freeze_time("2026-06-30 13:00:00"):
            self.assertTrue(self._create_terms(rate=8))

    def test_one_version_a_day(self):
        terms = self._create_terms()
        with self.assert_violates("relance_terms_version_unique"):
            self._create_terms(name="CGV bis")
        self.assertTrue(self._create_terms(partner_specific=True))
        terms.active = False
        self.env.flush_all()
        self.assertTrue(self._create_terms(name="CGV bis"))

    def test_no_negative_figure(self):
        for values in ({"indemnity": -1}, {"basis": "ecb", "rate": -1}):
            with self.subTest(values=values), self.assert_violates("relance_terms_figures_positive"):
                self._create_terms(**values)

    def test_used_terms_are_frozen(self):
        terms = self._create_terms()
        invoice = self._create_invoice_one_line(price_unit=100, invoice_date="2026-03-01")
        self.assertEqual(invoice.relance_terms_id, terms)
        terms.rate = 13
        invoice.action_post()
        figures = {"rate": 14, "indemnity": 50, "date_from": "2026-01-02", "partner_specific": True}
        for values in ({name: value} for name, value in figures.items()):
            with self.subTest(values=values), self.assert_refused(UserError, "Create a new version"):
                terms.write(values)
        with self.assert_refused(UserError, "Archive them instead"):
            terms.unlink()
        terms.name = "CGV 2026"
        terms.active = False
        self.assertRecordValues(terms, [{"name": "CGV 2026", "active": False, "rate": 13}])

    def test_unused_terms_can_go(self):
        terms = self._create_terms()
        terms.rate = 14
        terms.unlink()
        self.assertFalse(terms.exists())

    def test_versions_of_a_branch(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        old = self._create_terms(date_from="2025-01-01")
        new = self._create_terms(date_from="2026-01-01")
        self._create_terms(date_from="2026-01-01", partner_specific=True)
        own = self._create_terms(company_id=branch.id, date_from="2025-06-01")
        self.assertEqual(self.terms_model._get_company_versions(self.company).ids, (new + old).ids)
        self.assertEqual(self.terms_model._get_company_versions(branch).ids, (own + new + old).ids)

    def test_clause(self):
        terms = self._create_terms(basis="ecb", rate=0)
        self.assertEqual(
            terms.clause.replace("\xa0", " "),
            "Late payments bear interest at the refinancing rate of the European Central Bank plus 10 "
            "points. It is counted by the day, over a year of 365 days. Part payments settle the invoice "
            "first. Each invoice paid late also owes a fixed compensation of 40.00 € for recovery costs.",
        )
        terms.write({"basis": "fixed", "rate": 12.5, "day_base": "actual", "imputation": "interest"})
        self.assertIn("at 12.50 % a year, never less than three times", terms.clause)
        self.assertIn("over the number of days of the year. Part payments settle the interest", terms.clause)
        terms.write({"basis": "legal_multiple", "rate": 5})
        self.assertIn("at 5 times the legal interest rate", terms.clause)
        terms.write({"basis": "ecb_margin", "rate": 8.125})
        self.assertIn("plus 8.125 points", terms.clause)

    def test_document_is_a_pdf(self):
        terms = self._create_terms(document=b64encode(b"%PDF-1.4 ..."), document_name="cgv.pdf")
        with self.assert_refused(ValidationError, "PDF"):
            terms.document = b64encode(b"PK\x03\x04 a text document")

    def test_rights(self):
        clerk = new_test_user(
            self.env,
            "relance_clerk",
            groups="account.group_account_invoice",
            company_id=self.company.id,
        )
        terms = self._create_terms()
        self.assertIn("12 % a year", terms.with_user(clerk).clause)
        with self.assertRaises(AccessError):
            terms.with_user(clerk).rate = 13
        with self.assertRaises(AccessError):
            self.terms_model.with_user(clerk).create({"name": "CGV", "date_from": "2026-02-01"})
        manager = new_test_user(
            self.env,
            "relance_manager",
            groups="account.group_account_manager",
            company_id=self.company.id,
        )
        terms.with_user(manager).rate = 13
        self.assertEqual(terms.rate, 13)

    def test_floor_matches_the_rate_table(self):
        floor = self.env["relance.rate"]._get_rate_table().floor(Semester(2026, 1))
        self.assertEqual(self._create_terms(rate=float(floor))._to_law().rate, floor)
