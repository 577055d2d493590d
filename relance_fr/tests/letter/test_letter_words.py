from datetime import date

from odoo.tests import tagged

from ..letter_common import LetterCommon


@tagged("post_install", "-at_install")
class TestLetterWords(LetterCommon):
    """What a letter says of the creditor's own words, of its sums, and of who writes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consumer = cls._create_debtor("Zoé Lambert", is_company=False, relance_regime="consumer")

    def _english(self, kind, lines, partner=None, **vals):
        return self._text(self._notice(kind, lines, partner, lang="en_US", **vals))

    def _terms(self, **vals):
        return self.env["relance.terms"].create(
            {
                "name": "CGV",
                "company_id": self.company.id,
                "date_from": "2026-01-01",
                "basis": "fixed",
                "rate": 15,
                **vals,
            }
        )

    # === CLAUSE === #

    def test_only_the_creditor_s_words_are_quoted(self):
        terms = self._terms()
        words = self._english("formal", self._formal_lines())
        self.assertIn("According to our general terms of sale: Late payments bear interest at 15", words)
        self.assertNotIn("“", words)
        terms.wording = "Tout retard porte intérêt à 15 % l'an."
        words = self._english("formal", self._formal_lines())
        self.assertIn("“Tout retard porte intérêt à 15 % l'an.”", words)
        self.assertNotIn("According to", words)

    def test_contract_of_the_customer(self):
        own = self._terms(partner_specific=True)
        self.debtor.with_company(self.company).relance_terms_id = own
        self.assertIn("According to our contract: Late payments", self._english("formal", self._formal_lines()))

    # === SUMS === #

    def test_what_a_day_costs(self):
        # 1 850 and 10 000 at 12.40 %: 11 850 x 12.40 % / 365 = 4.0257 a day, from the day after 1 September.
        words = self._english("formal", self._formal_lines())
        self.assertIn("Until full payment the penalties keep running at the rate of this day, that is 4.03", words)
        self.assertIn("a day late from September 2, 2026 on", words)
        # Interest that ended before the notice adds nothing.
        stopped = self._formal_lines()
        for line in stopped:
            line["segments"] = line["segments"][:1]
        self.assertNotIn("Until full payment", self._english("formal", stopped))
        self.assertNotIn("Until full payment", self._english("firm", self._formal_lines()))

    def test_a_clause_over_the_days_of_a_leap_year(self):
        self._terms(basis="ecb", rate=0, day_base="actual")
        move = self._invoice(36600, "2028-01-10")
        segment = self._segment("2028-01-11", "2028-01-31", 21, "36600.00", "10", "210.00")
        words = self._english("formal", [self._line(move, 210.0, 40.0, segments=[segment])], date=date(2028, 1, 31))
        # 36 600 x 10 % / 366
        self.assertIn("that is 10.00", words)

    def test_the_indemnity_of_a_foreign_invoice(self):
        franc = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        franc.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": franc.id, "company_id": self.company.id, "name": "2026-01-01", "rate": 0.94}
        )
        move = self._invoice(940, "2026-05-16", currency_id=franc.id)
        words = self._english("formal", [self._line(move, 0.0, 37.6)])
        self.assertIn("set at 40", words)
        self.assertIn(f"converted at the rate at which {move.name} was booked: 1 EUR = 0.94 CHF.", words)
        self.assertNotIn("was booked", self._english("formal", self._formal_lines()))

    def test_french_writes_the_currency_after_the_figure(self):
        franc = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        franc.write({"active": True, "position": "before"})
        notice = self._notice("courtesy", self._formal_lines())
        text = notice._get_letter_writer("fr_FR").money((3617.55, franc))
        self.assertEqual(" ".join(text.replace("\u202f", " ").replace("\xa0", " ").split()), f"3 617,55 {franc.symbol}")

    # === TONE === #

    def test_a_formal_notice_is_sure(self):
        self.assertIn("remain unpaid.", self._english("formal", self._formal_lines()))
        self.assertNotIn("unless we are mistaken", self._english("formal", self._formal_lines()))
        self.assertIn("unless we are mistaken", self._english("firm", self._formal_lines()))

    def test_no_deadline_no_date_to_come_before(self):
        """A date of its own: the deadline, else the eve of the next step."""
        for deadline in (False, "2026-09-16"):
            words = self._english("firm", self._formal_lines(), printed_deadline=deadline)
            self.assertRegex(words, r"contact us by September \d+, 2026")
            self.assertNotIn("before then", words)

    def test_costs_of_a_consumer(self):
        move = self._invoice(500, "2026-05-16", self.consumer)
        words = self._english("formal", [self._line(move)], self.consumer)
        self.assertIn("as long as no enforceable order has been issued", words)
        self.assertIn("procédures civiles d’exécution, art. L111-8, al. 3", words)

    def test_articles_change_their_names(self):
        for day, name in (
            (date(2026, 12, 31), "Code général des impôts, art. 256"),
            (date(2027, 1, 1), "Code des impositions"),
        ):
            words = self._english("formal", self._formal_lines(), date=day)
            self.assertIn(f"({name}", words)

    # === WHO WRITES === #

    def test_one_footer_for_letters_and_emails(self):
        self.company.write(
            {
                "relance_legal_form": "SARL",
                "relance_share_capital": "10 000 €",
                "relance_register_town": "Lyon",
            }
        )
        line = (
            "Ateliers Bérénice, SARL au capital de 10 000 €, siège social : 14 quai Jean-Moulin, 69001 Lyon, "
            "303 265 045 RCS Lyon"
        )
        self.assertEqual(self.company._get_relance_legal_line().replace("\xa0", " "), line)
        self.assertIn(line, self._english("formal", self._formal_lines()))
        layout = self.env["ir.qweb"]._render(
            "relance_fr.mail_layout",
            {
                "company": self.company,
                "message": self.env["mail.message"].new({"body": "<p>Bonjour</p>"}),
                "record": False,
                "lang": "fr_FR",
            },
        )
        self.assertIn(line, " ".join(str(layout).replace("\xa0", " ").replace("&nbsp;", " ").split()))
        self.company.write({"relance_register_town": False, "relance_share_capital": False, "relance_legal_form": "EI"})
        self.assertTrue(
            self.company._get_relance_legal_line().replace("\xa0", " ").endswith("69001 Lyon, SIREN 303 265 045")
        )
        self.company.relance_legal_form = False
        self.assertEqual(self.company._get_relance_legal_line(), "")
        self.assertIn("RCS Lyon 303 265 045", self._english("formal", self._formal_lines()))

    def test_a_branch_is_part_of_its_company(self):
        self.company.relance_legal_form = "SAS"
        branch = self.env["res.company"].create({"name": "Agence de Brest", "parent_id": self.company.id})
        self.assertTrue(branch._get_relance_legal_line().startswith("Ateliers Bérénice, SAS, "))
