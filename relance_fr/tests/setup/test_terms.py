from base64 import b64encode
from decimal import Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from ...law import STATUTORY, Semester, Terms
from ..company_common import FrenchCompanyCommon
from ..refusals import RefusalsMixin


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

    def test_indemnity_is_the_law_s_or_waived(self):
        for amount in (60, 39.99, 40.01, 20):
            with self.subTest(amount=amount), self.assert_refused(ValidationError, "EUR 40 .*D441-5.*1231-5"):
                self._create_terms(indemnity=amount)
        with self.assert_refused(ValidationError, "say why"):
            self._create_terms(indemnity=0)
        waived = self._create_terms(indemnity=0, indemnity_waiver="Contrat-cadre, art. 7")
        self.assertEqual(waived._to_law().indemnity, 0)
        self.env.cr.execute("UPDATE relance_terms SET indemnity = 60 WHERE id = %s", [waived.id])
        waived.invalidate_recordset()
        self.assertEqual(waived._to_law().indemnity, 40)
        self.assertEqual(waived._get_indemnity_rate("business")[0], 40)

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

    def test_terms_of_an_invoice_taken_back_stay(self):
        terms = self._create_terms()
        invoice = self._create_invoice_one_line(price_unit=100, invoice_date="2026-03-01", post=True)
        invoice.button_draft()
        with self.assert_refused(UserError, "Create a new version"):
            terms.rate = 14
        self.assertEqual(invoice.relance_terms_id, terms)

    def test_a_draft_applies_to_nothing(self):
        draft = self._create_terms(state="draft")
        other = self._create_terms(state="draft", name="CGV bis")
        self.partner_a.relance_terms_id = self._create_terms(state="draft", partner_specific=True)
        invoice = self._create_invoice_one_line(price_unit=100, invoice_date="2026-03-01")
        self.assertFalse(invoice.relance_terms_id)
        self.assertFalse(self.terms_model._get_company_versions(self.company))
        draft.action_put_in_force()
        self.assertFalse(invoice.relance_terms_id)
        invoice.action_post()
        self.assertEqual(invoice.relance_terms_id, draft, "In force when the invoice was issued")
        with self.assert_refused(UserError, "Create a new version"):
            draft.state = "draft"
        with self.assert_violates("relance_terms_version_unique"):
            other.action_put_in_force()

    def test_a_clause_entered_later_touches_no_posted_invoice(self):
        invoice = self._create_invoice_one_line(price_unit=100, invoice_date="2026-03-01", post=True)
        terms = self._create_terms(date_from="2026-02-01", rate=30)
        self.env.add_to_compute(invoice._fields["relance_terms_id"], invoice)
        self.assertFalse(invoice.relance_terms_id)
        invoice.button_draft()
        invoice.invoice_date = "2026-03-01"
        self.assertFalse(invoice.relance_terms_id, "The customer has it in hands")
        invoice.action_post()
        self.assertFalse(invoice.relance_terms_id)
        later = self._create_invoice_one_line(price_unit=100, invoice_date="2026-03-01", post=True)
        self.assertEqual(later.relance_terms_id, terms)
        later.button_draft()
        later.invoice_date = "2026-01-15"
        self.assertFalse(later.relance_terms_id, "Not in force on that day")

    def _users(self):
        return [
            new_test_user(
                self.env, f"terms_{group}", groups=f"base.group_user,account.group_account_{group}",
                company_id=self.company.id, company_ids=self.company.ids,
            )
            for group in ("invoice", "manager")
        ]  # fmt: skip

    def test_nobody_writes_the_clause_of_a_posted_invoice(self):
        terms, own = self._create_terms(), self._create_terms(partner_specific=True, rate=30)
        invoice = self._create_invoice_one_line(price_unit=100, invoice_date="2026-03-01", post=True)
        for user in self._users():
            for value in (own.id, False):
                for method, arguments in (
                    ("write", [{"relance_terms_id": value}]), ("web_save", [{"relance_terms_id": value}, {}]),
                ):  # fmt: skip
                    with self.subTest(user=user.login, value=value, method=method):
                        with self.assert_refused(UserError, "clause of a posted invoice stays"):
                            getattr(invoice.with_user(user), method)(*arguments)
        invoice.button_draft()
        with self.assert_refused(UserError, "clause of a posted invoice stays"):
            invoice.with_user(user).relance_terms_id = own
        invoice.action_post()
        # A draft that was never posted gets the clause in force when it is.
        draft = self._create_invoice_one_line(price_unit=100, invoice_date="2026-03-01")
        draft.with_user(self.env.user).relance_terms_id = own
        draft.action_post()
        self.assertEqual((invoice + draft).relance_terms_id, terms)

    def test_a_manager_changes_it_with_a_reason(self):
        self._create_terms()
        contract = self._create_terms(name="Contrat Azur", partner_specific=True, rate=30)
        late = self._create_terms(name="CGV avril", date_from="2026-04-01", rate=13)
        self.partner_a.relance_regime = "business"
        invoice = self._create_invoice_one_line(
            price_unit=1000, tax_ids=[], invoice_date="2026-03-01", invoice_date_due="2026-03-31",
            invoice_payment_term_id=False, post=True,
        )  # fmt: skip
        clerk, manager = self._users()
        dialogs = self.env["relance.terms.change"]
        vals = {"move_id": invoice.id, "terms_id": contract.id, "reason": "Contract of 12 January"}
        with self.assertRaises(AccessError):
            dialogs.with_user(clerk).create(vals)
        for wrong in ({"reason": " "}, {"terms_id": invoice.relance_terms_id.id}, {"terms_id": late.id}):
            with self.subTest(wrong=wrong), self.assert_refused(UserError, ".+"):
                dialogs.with_user(manager).create({**vals, **wrong}).action_apply()
        # 1 000 x 12 % and 30 % x 50 / 365.
        self.assertEqual(invoice.relance_penalty_amount, 16.44)
        dialogs.with_user(manager).create(vals).action_apply()
        self.env.flush_all()
        invoice.invalidate_recordset()
        self.assertEqual((invoice.relance_terms_id, invoice.relance_penalty_amount), (contract, 41.1))
        message = invoice.message_ids.filtered(lambda message: "Contract of 12 January" in message.body)
        self.assertEqual(message.author_id, manager.partner_id)
        for words in ("CGV", "Contrat Azur", "16.44", "41.10"):
            self.assertIn(words, message.body)
        self.assertEqual(invoice._get_relance_mentions()["clause"], contract._get_rate_sentence())
        self.assertFalse(invoice.is_manually_modified)
        # The reason stays: nobody rewrites or removes it.
        for user in (clerk, manager):
            own = message.with_user(user)
            with self.subTest(user=user.login), self.assert_refused(UserError, ".+"):
                own.write({"body": "x"})
            with self.subTest(user=user.login), self.assert_refused(UserError, ".+"):
                own.unlink()
        # Nor does a flag of core open the way around it.
        with self.assert_refused(UserError, "posted once"):
            invoice.with_user(clerk).write({"posted_before": False})
        invoice.sudo().posted_before = False
        with self.assert_refused(UserError, "stays"):
            invoice.with_user(clerk).write({"relance_terms_id": False})

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
            "points. This interest is calculated day by day, over a year of 365 days. Part payments settle the invoice "
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
