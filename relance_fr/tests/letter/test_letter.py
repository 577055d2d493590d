import re
from datetime import date
from decimal import Decimal

from odoo.tests import tagged

from ..letter_common import LetterCommon

ENGLISH = re.compile(r"\b(the|your|invoice|payment|by|of|from)\b", re.I)
KINDS = ("preventive", "courtesy", "firm", "formal", "final")
# Known to us only by hearsay: never printed as law.
UNVERIFIED = ("R541-1", "art. 835", "art. 873", "L126-1", "mandatement d'office")


@tagged("post_install", "-at_install")
class TestLetter(LetterCommon):
    """What is printed is what was frozen, and it adds up; each debtor is told the law that governs him, no other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consumer = cls._create_debtor("Zoé Lambert", is_company=False, relance_regime="consumer")
        cls.town = cls._create_debtor("Commune de Sainte-Foy", relance_regime="public")

    # === FIGURES === #

    def test_each_amount_is_the_line_s(self):
        notice = self._notice("formal", self._formal_lines())
        rows = self._rows(self._html(notice))
        for row, line in zip(rows[:-1], notice.line_ids, strict=True):
            self.assertEqual(row[0].split()[0], line.invoice_name)
            self.assertEqual(row[1], line.invoice_date.strftime("%d/%m/%Y"))
            self.assertEqual(row[2], line.date_maturity.strftime("%d/%m/%Y"))
            self.assertEqual(row[3], "31")
            paid = self._figure(line.amount_paid) if line.amount_paid else "–"
            amounts = (line.principal_amount, line.penalty_amount, line.indemnity_amount, line.total_amount)
            self.assertEqual(row[4:], [self._figure(line.amount_invoiced), paid, *map(self._figure, amounts)])

    def test_totals_are_the_notice_s(self):
        notice = self._notice("formal", self._formal_lines())
        tree = self._html(notice)
        amounts = (notice.principal_amount, notice.penalty_amount, notice.indemnity_amount, notice.total_amount)
        self.assertEqual(self._rows(tree)[-1][1:], [self._figure(amount) for amount in amounts])
        claim = [row[1] for row in self._rows(tree, "claim")]
        self.assertEqual(claim, [f"{self._figure(amount)} €" for amount in amounts])
        self.assertEqual(self._rows(tree, "payment")[0][1], f"{self._figure(notice.total_amount)} €")

    def test_printed_figures_add_up(self):
        tree = self._html(self._notice("formal", self._formal_lines()))
        *lines, total = self._rows(tree)
        self.assertEqual(sum(_decimal(row[-1]) for row in lines), _decimal(total[-1]))
        *segments, interest = self._rows(tree, position=1)
        self.assertEqual(len(segments), 4)
        self.assertEqual(sum(_decimal(row[6]) for row in segments), _decimal(interest[-1]))
        self.assertEqual([row[7] for row in segments], ["", "67,31", "", "125,37"])
        self.assertEqual([row[2] for row in segments][0], "du 17/05/2026 au 30/06/2026")
        self.assertEqual(segments[3][3:7], ["12", "10 000,00", "12,40 %", "40,77"])

    def test_statement_names_the_day_base(self):
        lines = self._formal_lines()
        self.assertIn("nombre de jours / 365, arrondis", self._text(self._notice("formal", lines)))
        terms = self.env["relance.terms"].create(
            {"name": "Réel", "company_id": self.company.id, "date_from": "2020-01-01", "day_base": "actual"}
        )
        self.env["account.move"].sudo().browse(lines[0]["move_id"]).relance_terms_id = terms
        self.assertIn("jours de l’année (365 ou 366)", self._text(self._notice("formal", lines)))

    def test_floored_rate_is_marked(self):
        line = self._line(self._invoice(1850.0, "2026-05-16"), 17.93, segments=[
            self._segment("2026-05-17", "2026-06-30", 45, "1850.00", "7.86", "17.93", floored=True),
        ])  # fmt: skip
        notice = self._notice("formal", [line])
        self.assertEqual(self._rows(self._html(notice), position=1)[0][5], "7,86 % *")
        self.assertIn("* Taux de la clause relevé au minimum légal", self._text(notice))
        self.assertNotIn("relevé au minimum", self._text(self._notice("formal", self._formal_lines())))

    def test_deducted_credits_are_told(self):
        lines = self._formal_lines()
        text = self._text(self._notice("courtesy", lines, credit_amount=200.0))
        self.assertIn("avoirs non encore affectés, soit 200,00 € au total", text)
        self.assertNotIn("non encore affectés", self._text(self._notice("courtesy", lines)))

    def test_twenty_invoices(self):
        invoices = [self._invoice(100.0 + n, "2026-06-30") for n in range(20)]
        notice = self._notice("formal", [self._line(invoice, 1.0, 40.0) for invoice in invoices])
        tree = self._html(notice)
        rows = self._rows(tree)
        self.assertEqual([row[0] for row in rows[:-1]], [invoice.name for invoice in invoices])
        self.assertEqual(rows[-1][-1], self._figure(notice.total_amount))
        self.assertTrue(tree.xpath("//table[contains(@class, 'figures')]/thead"), "a heading repeats on each page")

    def test_values_are_plain_and_batched(self):
        notices = self._notice("firm", self._formal_lines()) | self._notice("courtesy", self._formal_lines())
        values = notices._prepare_letter_values()
        self.assertEqual(set(values), set(notices.ids))
        self.assertEqual(values[notices[0].id], notices[0]._get_letter_values())
        self.assertEqual(values[notices[0].id]["totals"]["total"], notices[0].total_amount)
        self.assertEqual(values[notices[0].id]["date"], date(2026, 9, 1))

    # === LAW === #

    def test_business(self):
        text = self._text(self._notice("formal", self._formal_lines()))
        for words in ("Code civil, art. 1344)", "art. L441-10, II)", "L441-10, II et D441-5", "de 40 € ; lorsque"):
            self.assertIn(words, text)
        for words in ("1231-6", "L111-8", "L2192-13"):
            self.assertNotIn(words, text)

    def test_contract_clause_is_quoted(self):
        lines = self._formal_lines()
        terms = self.env["relance.terms"].create(
            {"name": "CGV", "company_id": self.company.id, "date_from": "2020-01-01", "basis": "fixed", "rate": 15.0}
        )
        moves = self.env["account.move"].browse([line["move_id"] for line in lines])
        moves.sudo().relance_terms_id = terms
        notice = self._notice("formal", lines)
        text = self._text(notice)
        self.assertIn(" ".join(terms.with_context(lang="fr_FR").clause.replace("\xa0", " ").split()), text)
        self.assertIn("inférieur à trois fois le taux de l’intérêt légal", text)
        self.assertNotIn("majoré de 10 points", text)

    def test_public_body(self):
        text = self._text(self._notice("final", self._formal_lines(self.town), self.town, channel="registered"))
        self.assertIn("art. L2192-13, R2192-31 et D2192-35", text)
        self.assertIn("Intérêts moratoires", text)
        for words in ("L441-10", "injonction", "référé"):
            self.assertNotIn(words, text)

    def test_consumer_pays_no_costs(self):
        for kind in KINDS:
            invoice = self._invoice(1850.0, "2026-05-16", self.consumer)
            text = self._text(self._notice(kind, [self._line(invoice)], self.consumer))
            for words in ("L441-10", "D441-5", "40 €", "40,00", "Indemnité", "indemnité"):
                self.assertNotIn(words, text, kind)
        text = self._text(self._notice("formal", [self._line(invoice)], self.consumer))
        self.assertIn("art. 1231-6 et 1344-1", text)
        self.assertIn("tant qu’aucun titre exécutoire n’est délivré", text)

    def test_first_letters_quote_nothing_and_claim_the_invoice_alone(self):
        for kind in ("preventive", "courtesy"):
            text = self._text(self._notice(kind, [self._line(self._invoice(1850.0, "2026-09-30"))]))
            self.assertNotIn("art.", text)
            self.assertNotIn("énalité", text)
            self.assertNotIn("mise en demeure", text.lower())

    def test_nothing_unverified_is_printed(self):
        for partner in (self.debtor, self.consumer, self.town):
            for kind in KINDS:
                text = self._text(self._notice(kind, self._formal_lines(partner), partner))
                for words in UNVERIFIED:
                    self.assertNotIn(words, text, f"{partner.name}, {kind}")

    def test_two_roads_of_the_last_notice(self):
        text = self._text(self._notice("final", self._formal_lines()))
        self.assertIn("Le règlement amiable, jusqu’au 16 septembre 2026", text)
        self.assertIn("injonction de payer (Code de procédure civile, art. 1405 et suivants)", text)
        self.assertIn("démarche amiable du créancier", text)

    def test_french_letters_hold_no_english(self):
        for partner in (self.debtor, self.consumer, self.town):
            for kind in KINDS:
                text = self._text(self._notice(kind, self._formal_lines(partner), partner, channel="registered"))
                self.assertNotRegex(text, ENGLISH, f"{partner.name}, {kind}")

    def test_english_letter_keeps_french_articles(self):
        text = self._text(self._notice("formal", self._formal_lines(), lang="en_US"))
        self.assertIn("FORMAL NOTICE TO PAY: 2 unpaid invoices", text)
        self.assertIn("September 16, 2026", text)
        self.assertIn("Code de commerce, art. L441-10, II", text)
        self.assertNotIn("MISE EN DEMEURE", text)


def _decimal(text):
    return Decimal(text.replace(" ", "").replace(",", "."))
