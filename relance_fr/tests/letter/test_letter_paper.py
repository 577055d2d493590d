import os
from datetime import date
from pathlib import Path
from unittest import skipUnless

from odoo.tests import new_test_user, tagged

from ..invoice_pdf import HAS_POPPLER, HAS_WKHTMLTOPDF, INK, MILLIMETRE, POINTS, PrintedInvoice
from ..letter_common import LetterCommon

# A folder that receives the files, to look at them.
KEEP = os.environ.get("RELANCE_PRINT_FOLDER")
# Where the window of an envelope lies on the sheet, in millimetres: left, top, right, bottom.
WINDOW = (109.5, 48, 190.5, 85)
# Between the margins of the paper, in millimetres.
LEFT, RIGHT = 20, 190
WIDEST = (
    "GROUPEMENT HOSPITALIER ÉDOUARD HERRIOT", "DIRECTION DES ACHATS ET DE LA COMMANDE", "BÂTIMENT MADELEINE BRÈS",
    "125 BOULEVARD DU GÉNÉRAL LECLERC NORD", "69437", "LYON CEDEX 03 GRANGE-BLANCHE SUD",
)  # fmt: skip
LONG = "FACTURATIONTRAVAUXSUPPLEMENTAIRESLOTMENUISERIE0042"
TOTALS = {1: "1 957,31", 5: "9 786,55", 20: "39 146,20", 300: "587 193,00"}


@skipUnless(HAS_WKHTMLTOPDF and HAS_POPPLER, "needs wkhtmltopdf with patched Qt, pdftotext and pdftoppm")
@tagged("post_install", "-at_install")
class TestLetterPaper(LetterCommon):
    """What is seen of a letter on its sheets: nothing cut, nothing over the edge, what matters on the first page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.phone = "04 72 00 00 00"
        cls.company.report_footer = (
            "<p>SARL au capital de 50 000 €, RCS Lyon 303 265 045, siège social 14 quai Jean-Moulin, 69001 Lyon</p>"
        )
        signatory = new_test_user(cls.env, login="castaing", name="Hélène Castaing", groups="base.group_user")
        cls.company.relance_signatory_id = signatory
        cls.company.relance_signatory_function = "Responsable du recouvrement"

    def _claim(self, count, partner=None, name=None):
        """Return the values of ``count`` late lines of 1 850.00 + 67.31 + 40.00 with the reference of an order."""
        move = self._invoice(1850.0, "2026-05-16", partner)
        move.ref = "BC-2026-0118"
        segments = [
            self._segment("2026-05-17", "2026-06-30", 45, "1850.00", "12.15", "27.71"),
            self._segment("2026-07-01", "2026-09-01", 63, "1850.00", "12.40", "39.60"),
        ]
        line = self._line(move, 67.31, 40.0, segments=segments)
        return [line | {"invoice_name": name or f"FAC/2026/{number:05d}"} for number in range(count)]

    def _formal(self, count, partner=None, name=None, **vals):
        """Return a registered formal notice of ``count`` invoices that carries a head of the register."""
        lines = self._claim(count, partner, name)
        amounts = {"total_amount": round(1957.31 * count, 2), "penalty_amount": round(67.31 * count, 2)}
        anchor = {"anchor_rank": 1234, "anchor_seal": "8f3a" * 16}
        return self._notice("formal", lines, partner, channel="registered", **amounts, **anchor, **vals)

    def _print(self, notice, title):
        letter = notice.with_context(force_report_rendering=True)._render_letters()[notice.id]
        if KEEP:
            Path(KEEP, f"{title}.pdf").write_bytes(letter)
        return PrintedInvoice(letter)

    def _ink(self, printed, page, box=(0, 0, 210, 297)):
        """Return what the ink of a page reaches within ``box``, in millimetres: left, top, right, bottom."""
        pixel = POINTS / MILLIMETRE
        left, top, right, bottom = (round(side / pixel) for side in box)
        image = printed.images[page].crop((left, top, right, bottom)).point(lambda grey: 255 if grey < INK else 0)
        found = image.getbbox()
        self.assertTrue(found, "The page is empty.")
        return tuple((side + corner) * pixel for side, corner in zip(found, (left, top, left, top), strict=True))

    def assert_between_margins(self, printed):
        """Assert that ink ends at both margins of each page: nothing over the edge, and nothing shrunk to fit."""
        for page in range(len(printed.pages)):
            left, top, right, bottom = self._ink(printed, page)
            self.assertAlmostEqual(left, LEFT, delta=1, msg=f"page {page + 1}")
            self.assertAlmostEqual(right, RIGHT, delta=1, msg=f"page {page + 1}")
            self.assertGreater(top, 10)
            self.assertLess(bottom, 292)

    def _text(self, printed, page):
        return " ".join(word.text for word in printed.pages[page])

    def test_widest_address_in_the_window(self):
        name, person, building, street, postcode, city = WIDEST
        place = {"street": street, "street2": building, "zip": postcode, "city": city}
        debtor = self._create_debtor("Groupement", **place)
        debtor.name = name
        self.env["res.partner"].create({"name": person, "parent_id": debtor.id, "type": "relance"})
        notice = self._formal(2, debtor)
        lines = notice._get_letter_debtor()["envelope"]["lines"]
        self.assertEqual(lines, [name, person, building, street, f"{postcode} {city}"])
        printed = self._print(notice, "widest")
        self.assert_between_margins(printed)
        left, top, right, bottom = (side * MILLIMETRE for side in WINDOW)
        seen = [w for w in printed.pages[0] if w.left > left and top < w.top and w.bottom < bottom and w.right < right]
        self.assertEqual(" ".join(word.text for word in seen), " ".join(lines))
        self.assertEqual(len({round(word.top) for word in seen}), len(lines), "A line of the address is one on paper.")
        ink = self._ink(printed, 0, (WINDOW[0] - 3, WINDOW[1], 210, WINDOW[3]))
        self.assertGreaterEqual(ink[0], WINDOW[0])
        self.assertLessEqual(ink[2], WINDOW[2])

    def test_one_to_five_invoices_have_all_that_matters_on_page_1(self):
        earlier = self._claim(1)
        self._notice("courtesy", earlier, name="RLF/2026/00001", date=date(2026, 8, 7), state="sent")
        for regime in ("business", "public", "consumer"):
            partner = self._create_debtor("Menuiserie Lefèvre & Fils", relance_regime=regime)
            for count in (1, 3, 5) if regime == "business" else (5,):
                with self.subTest(regime=regime, invoices=count):
                    printed = self._print(self._formal(count, partner), f"formal-{regime}-{count}")
                    self.assert_between_margins(printed)
                    first = self._text(printed, 0)
                    for words in ("mettons en demeure", "FR76 3000 6000", "16 septembre 2026", "Hélène Castaing"):
                        self.assertIn(words, first)
                    self.assertGreaterEqual(first.count(TOTALS.get(count, "5 871,93").split()[1]), 2)
                    for number in range(count):
                        self.assertIn(f"FAC/2026/{number:05d}", first)
                    self.assertIn("Fondement juridique", self._text(printed, 1))

    def test_long_names_break(self):
        """Names of fifty characters without a space: the columns of the sums stay on the sheet, as wide as ever."""
        for kind in ("courtesy", "firm", "formal"):
            notice = self._notice(kind, self._claim(3, name=LONG))
            printed = self._print(notice, f"long-{kind}")
            self.assert_between_margins(printed)
            column = "".join(word.text for word in printed.pages[0] if word.left < 25 * MILLIMETRE)
            self.assertGreaterEqual(column.count(LONG), 3, kind)

    def test_twenty_and_three_hundred_invoices(self):
        for count in (20, 300):
            with self.subTest(invoices=count):
                printed = self._print(self._formal(count), f"formal-{count}")
                self.assert_between_margins(printed)
                texts = [self._text(printed, page) for page in range(len(printed.pages))]
                [signed] = [page for page, text in enumerate(texts) if "Hélène Castaing" in text]
                listed = " ".join(texts[: signed + 1])
                for number in range(count):
                    self.assertEqual(listed.count(f"FAC/2026/{number:05d}"), 1)
                # The head of the columns on each page of the list, and of the statement.
                for page, text in enumerate(texts):
                    if "FAC/2026/" in text:
                        self.assertIn("Échéance", text, f"page {page + 1}")
                self.assertIn(TOTALS[count], texts[signed])
                self.assertIn("FR76 3000 6000", texts[signed])
                for page, words in enumerate(printed.pages):
                    rows = sorted((word.top, word.bottom) for word in words if word.text.startswith("FAC/2026/"))
                    self.assertTrue(all(a[1] <= b[0] + 0.5 for a, b in zip(rows, rows[1:], strict=False)), page)
