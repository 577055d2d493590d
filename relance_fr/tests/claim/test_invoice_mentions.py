from datetime import date

from lxml import html
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..common import RelanceCommon

DAY = "2026-08-10"
LATE = "Late payments bear interest"
FORTY = "fixed compensation of 40.00 € for recovery costs"
NO_DISCOUNT = "Discount for early payment: none."


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestInvoiceMentions(RelanceCommon):
    """What an invoice says of late payment is what its letters would claim, for ever (C. com. L441-9)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.town = cls._create_debtor("Commune de Sainte-Foy", relance_regime="public")
        cls.consumer = cls._create_debtor("Zoé Lambert", is_company=False, relance_regime="consumer")

    def _new(self, partner=None, day=DAY, **vals):
        return self._invoice(1000, "2026-09-09", partner=partner, invoice_date=day, **vals)

    def _mentions(self, move, lang=None):
        """Return the words of the mentions printed on ``move``, "" when there are none."""
        if lang:
            move.partner_id.lang = lang
        content, _type = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", move.ids)
        blocks = html.fromstring(content).xpath("//div[@name='relance_mentions']")
        return " ".join(blocks[0].text_content().replace("\xa0", " ").replace("\u202f", " ").split()) if blocks else ""

    def _terms(self, **vals):
        return self.env["relance.terms"].create(
            {"name": "CGV", "company_id": self.company.id, "date_from": "2026-01-01", "basis": "ecb", **vals}
        )

    # === WHAT IS PRINTED === #

    def test_business_is_told_the_law(self):
        self.assertEqual(
            self._mentions(self._new()),
            "Late payments bear interest at the refinancing rate of the European Central Bank plus 10 points. On the "
            "date of this invoice: 12.40% a year. Each invoice paid late also owes a fixed compensation of 40.00 € for "
            "recovery costs. These sums are owed from the day after the due date, without any reminder (Code de "
            "commerce, art. L441-10, II et D441-5). Discount for early payment: none.",
        )

    def test_in_the_language_of_the_customer(self):
        text = self._mentions(self._new(), lang="fr_FR")
        for words in (
            "À la date de cette facture : 12,40 % par an.",
            "indemnité forfaitaire de 40,00 €",
            "Escompte pour paiement anticipé : néant.",
        ):
            self.assertIn(words, text)
        self.assertNotIn("Late", text)

    def test_rate_of_the_semester_of_the_invoice(self):
        self.assertIn("12.15% a year", self._mentions(self._new(day="2026-06-30")))
        self.assertIn("12.40% a year", self._mentions(self._new(day="2026-07-01")))

    def test_clause_of_the_company(self):
        self._terms(basis="ecb_margin", rate=12)
        text = self._mentions(self._new())
        self.assertIn("plus 12 points, never less than three times the legal interest rate.", text)
        self.assertIn("On the date of this invoice: 14.40% a year.", text)
        self.assertIn("fixed compensation of 40.00 €", text)

    def test_fixed_rate_is_said_once(self):
        self._terms(basis="fixed", rate=9, date_from="2026-07-01")
        text = self._mentions(self._new())
        self.assertIn("at 9 % a year", text)
        self.assertNotIn("On the date of this invoice", text)

    def test_clause_below_the_floor_prints_the_floor(self):
        self._terms(basis="fixed", rate=9, date_from="2026-01-01")
        with freeze_time("2024-02-01"):
            self._terms(basis="fixed", rate=15.21, date_from="2024-01-01")
        old = self._new(day="2024-02-01")
        self.assertNotIn("On the date of this invoice", self._mentions(old))
        contract = self._terms(basis="fixed", rate=9, partner_specific=True, name="Contract")
        self.debtor.with_company(self.company).relance_terms_id = contract
        self.assertIn("On the date of this invoice: 15.21% a year.", self._mentions(self._new(day="2024-02-02")))

    def test_contract_without_indemnity(self):
        self._terms(indemnity=0, indemnity_waiver="Agreed with the customers")
        text = self._mentions(self._new())
        self.assertIn(LATE, text)
        self.assertNotIn("compensation", text)
        self.assertIn("(Code de commerce, art. L441-10, II).", text)

    def test_public_body_is_told_its_own_law(self):
        self._terms(basis="fixed", rate=20)
        text = self._mentions(self._new(self.town))
        self.assertIn("Code de la commande publique, art. L2192-13", text)
        self.assertIn("compensation of €40", text.replace("40 €", "€40"))
        for words in ("L441-10", "20 %", LATE):
            self.assertNotIn(words, text)

    def test_consumer_is_told_nothing(self):
        self.assertEqual(self._mentions(self._new(self.consumer)), "")

    def test_only_customer_invoices(self):
        self.assertEqual(self._mentions(self._reverse_invoice(self._new())), "")
        for move_type in ("in_invoice", "out_receipt", "in_refund"):
            with self.subTest(move_type=move_type):
                move = self._create_invoice(
                    move_type=move_type,
                    partner_id=self.debtor,
                    invoice_date=DAY,
                    invoice_line_ids=[Command.create({"name": "x", "price_unit": 10, "tax_ids": []})],
                    post=True,
                )
                self.assertFalse(move._get_relance_mentions())

    def test_draft_shows_them_and_a_cancelled_one_does_not(self):
        draft = self._create_invoice_one_line(partner_id=self.debtor, price_unit=10)
        self.assertIn("12.40%", self._mentions(draft))
        draft.button_cancel()
        self.assertEqual(self._mentions(draft), "")

    def test_setting_and_country(self):
        invoice = self._new()
        self.company.relance_invoice_mentions = False
        self.assertEqual(self._mentions(invoice), "")
        self.company.relance_invoice_mentions = True
        self.assertIn(LATE, self._mentions(invoice))
        self.company.account_fiscal_country_id = self.env.ref("base.be")
        invoice.invalidate_recordset()
        self.assertEqual(self._mentions(invoice), "")

    # === DISCOUNT === #

    def test_discount_of_the_terms(self):
        self._terms(discount="1 % within 8 days")
        text = self._mentions(self._new())
        self.assertIn("Discount for early payment: 1 % within 8 days", text)
        self.assertNotIn("none", text)

    def test_discount_of_the_payment_term_comes_first(self):
        self._terms(discount="1 % within 8 days")
        term = self.env["account.payment.term"].create(
            {"name": "2/7 net 30", "early_discount": True, "discount_percentage": 2, "discount_days": 7,
             "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})]}
        )  # fmt: skip
        invoice = self._create_invoice_one_line(
            price_unit=1000,
            tax_ids=[],
            partner_id=self.debtor,
            invoice_date=DAY,
            invoice_payment_term_id=term,
            post=True,
        )
        said = "Discount for early payment: 980.00 € instead of 1,000.00 € if paid by August 17, 2026."
        self.assertIn(said, self._mentions(invoice))
        self.assertNotIn("1 %", self._mentions(invoice))
        # The term is changed later, and core no longer offers what was offered: the invoice says what it said.
        term.discount_percentage = 5
        with freeze_time("2026-10-01"):
            self.assertIn(said, self._mentions(invoice))

    def test_discount_of_used_terms_is_locked(self):
        terms = self._terms(discount="1 % within 8 days")
        self._new()
        with self.assertRaisesRegex(UserError, "Create a new version"):
            terms.discount = False

    # === FROZEN === #

    def test_printed_again_later_it_says_the_same(self):
        invoice = self._new()
        before = self._mentions(invoice)
        self.assertRecordValues(
            self.env["relance.invoice.mention"].search([("move_id", "=", invoice.id)]),
            [{"regime": "business", "rate": 12.4, "company_id": self.company.id}],
        )
        self.debtor.relance_regime = "public"
        self.env["relance.rate"].search([("date_from", "=", "2026-07-01")]).ecb_rate = 3.0
        self._terms(basis="fixed", rate=20, date_from="2026-07-01")
        with freeze_time("2027-02-01"):
            self.env.invalidate_all()
            self.assertEqual(self._mentions(invoice), before)

    def test_missing_rate_never_stops_the_invoice(self):
        self.env["relance.rate"].search([("date_from", ">", "2026-07-01")]).unlink()
        with freeze_time("2027-02-01"):
            invoice = self._new(day="2027-02-01")
            text = self._mentions(invoice)
            self.assertIn(LATE, text)
            self.assertIn(FORTY, text)
            self.assertNotIn("%", text)
            self.env["relance.rate"].create(
                {"date_from": "2027-01-01", "legal_rate_private": 6, "legal_rate_business": 3, "ecb_rate": 2}
            )
            self.assertEqual(self._mentions(invoice), text, "What was issued without a figure stays so.")
            self.assertIn("12.00%", self._mentions(self._new(day="2027-02-01")))

    def test_posted_again_it_is_frozen_again(self):
        invoice = self._new(day="2026-06-30")
        invoice.button_draft()
        invoice.invoice_date = "2026-07-02"
        self.assertIn("12.40%", self._mentions(invoice))
        invoice.action_post()
        frozen = self.env["relance.invoice.mention"].search([("move_id", "=", invoice.id)])
        self.assertRecordValues(frozen, [{"rate": 12.4}])

    def test_invoice_posted_before_the_addon_prints_its_day(self):
        invoice = self._new(day="2026-06-30")
        # As if it had been posted before anything was kept.
        self.env["relance.invoice.mention"].sudo().search([("move_id", "=", invoice.id)]).unlink()
        self.assertIn("12.15%", self._mentions(invoice))

    def test_posting_many_takes_one_statement_more(self):
        def post(count):
            moves = self.env["account.move"].union(
                *(self._create_invoice_one_line(price_unit=10, invoice_date=DAY) for _index in range(count))
            )
            self.env.flush_all()
            moves._freeze_relance_mentions()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            moves._freeze_relance_mentions()
            return self.env.cr.sql_log_count - before

        self.assertEqual(post(1), post(8))

    def test_debtor_reads_them_on_the_portal(self):
        user = new_test_user(self.env, "mentions_portal", groups="base.group_portal")
        user.partner_id.write({"is_company": True, "relance_regime": "business"})
        invoice = self._new(user.partner_id)
        invoice.message_subscribe(user.partner_id.ids)
        mentions = invoice.with_user(user).sudo(False)._get_relance_mentions()
        self.assertIn(LATE, mentions["clause"])
        self.assertEqual(mentions["write"].day(date(2026, 8, 17)).replace("\xa0", " "), "August 17, 2026")
