import doctest
from datetime import date
from decimal import Decimal

from odoo.tests import TransactionCase, tagged

from ...tools import letter_format, letter_html, pictures, qr_svg


@tagged("post_install", "-at_install")
class TestLetterFormat(TransactionCase):
    """How letters write figures and days: French typography, to the non-breaking space."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.write = cls._writer("fr_FR")

    @classmethod
    def _writer(cls, lang):
        data = cls.env["res.lang"]._get_data(code=lang)
        return letter_format.LetterFormat(cls.env, data, cls.env.ref("base.EUR"))

    def test_examples(self):
        for module in (letter_format, letter_html, pictures, qr_svg):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    def test_amounts(self):
        self.assertEqual(self.write.money(1234.5), "1\xa0234,50\xa0€")
        self.assertEqual(self.write.money(40.0, cents=False), "40\xa0€")
        dollar = self.env.ref("base.USD")
        self.assertEqual(self.write.money((40.0, dollar), cents=False), "40\xa0$")
        self.assertEqual(self.write.number(Decimal("1234567.80")), "1\xa0234\xa0567,80")
        self.assertEqual([self.write.cell(amount) for amount in (0.0, 0.27)], ["–", "0,27"])

    def test_rates(self):
        rates = [Decimal(text) for text in ("12.15", "12.150", "10", "7.8625")]
        self.assertEqual(
            [self.write.percent(rate) for rate in rates], ["12,15\xa0%", "12,15\xa0%", "10,00\xa0%", "7,8625\xa0%"]
        )
        self.assertEqual(self._writer("en_US").percent(rates[0]), "12.15%")

    def test_days(self):
        self.assertEqual(self.write.day(date(2026, 8, 31)), "31\xa0août\xa02026")
        self.assertEqual(self.write.day(date(2026, 9, 1)), "1er\xa0septembre\xa02026")
        self.assertEqual(self.write.day(date(2026, 9, 11)), "11\xa0septembre\xa02026")
        self.assertEqual(self.write.short_day(date(2026, 9, 1)), "01/09/2026")
        self.assertEqual(self._writer("en_US").short_day(date(2026, 9, 1)), "1\xa0Sep\xa02026")
        self.assertEqual((self.write.day(False), self.write.short_day(False)), ("", ""))

    def test_days_of_a_sentence(self):
        first, second, third = date(2026, 8, 1), date(2026, 8, 15), date(2026, 9, 2)
        self.assertEqual(self.write.days([second]), "15\xa0août\xa02026")
        self.assertEqual(self.write.days([first, second]), "1er et 15\xa0août\xa02026")
        self.assertEqual(self.write.days([first, second, third]), "1er\xa0août, 15\xa0août et 2\xa0septembre\xa02026")
        last_year = date(2025, 12, 20)
        self.assertEqual(self.write.days([last_year, third]), "20\xa0décembre\xa02025 et 2\xa0septembre\xa02026")
