import os
from pathlib import Path
from unittest import skipUnless

from odoo.tests import new_test_user, tagged

from ..invoice_pdf import HAS_POPPLER, HAS_WKHTMLTOPDF, PrintedInvoice
from ..letter_common import LetterCommon

# A folder that receives the files, to look at them.
KEEP = os.environ.get("RELANCE_PRINT_FOLDER")
MM = 72 / 25.4
# Where the window of an envelope lies on the sheet, in millimetres: left, top, right, bottom.
WINDOW = (109.5, 49, 190.5, 86)
# What the letter may print on, between the margins of its paper.
LEFT, RIGHT, BOTTOM = 19.5, 190.5, 282
WIDEST = [
    "GROUPEMENT HOSPITALIER ÉDOUARD HERRIOT",
    "DIRECTION DES ACHATS ET DE LA COMPTA",
    "BÂTIMENT MADELEINE BRÈS, ESCALIER MMMM",
    "125 BOULEVARD DU GÉNÉRAL LECLERC WWWWW",
    "BP 10145 ZONE HOSPITALIÈRE DE GRANGE B",
    "69437",
    "LYON CEDEX 03 GRANGE-BLANCHE NORDWW",
]


@skipUnless(HAS_WKHTMLTOPDF and HAS_POPPLER, "needs wkhtmltopdf with patched Qt, pdftotext and pdftoppm")
@tagged("post_install", "-at_install")
class TestLetterPaper(LetterCommon):
    """What is seen of a letter on its sheets: nothing cut, nothing over the edge, what matters on the first page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.report_footer = "<p>SARL au capital de 50 000 €, RCS Lyon 303 265 045</p>"
        signatory = new_test_user(cls.env, login="castaing", name="Hélène Castaing", groups="base.group_user")
        cls.company.relance_signatory_id = signatory
        cls.company.relance_signatory_function = "Responsable du recouvrement"

    def _claim(self, count, partner=None, name=None):
        """Return the values of ``count`` late lines with penalties of a semester and the indemnity."""
        lines = []
        move = self._invoice(1850.0, "2026-05-16", partner)
        for number in range(count):
            segments = [
                self._segment("2026-05-17", "2026-06-30", 45, "1850.00", "12.15", "27.71"),
                self._segment("2026-07-01", "2026-09-01", 63, "1850.00", "12.40", "39.60"),
            ]
            line = self._line(move, 67.31, 40.0, segments=segments)
            lines.append(line | {"invoice_name": name or f"FAC/2026/{number:05d}"})
        return lines

    def _print(self, notice, title):
        letter = notice.with_context(force_report_rendering=True)._render_letters()[notice.id]
        if KEEP:
            Path(KEEP, f"{title}.pdf").write_bytes(letter)
        return PrintedInvoice(letter)

    def test_look(self):
        for count in (1, 2, 3, 4, 5, 20, 300):
            notice = self._notice("formal", self._claim(count), channel="registered")
            self._print(notice, f"formal-{count:03}")
        for kind in ("courtesy", "firm", "final"):
            self._print(self._notice(kind, self._claim(2)), kind)
        self._print(
            self._notice("formal", self._claim(3, name="FACTURATIONTRAVAUXSUPPLEMENTAIRESLOTMENUISERIE0042")),
            "long-name",
        )
        name = WIDEST[0]
        debtor = self._create_debtor(name, street=WIDEST[3], street2=WIDEST[4], zip=WIDEST[5], city=WIDEST[6])
        self.env["res.partner"].create({"name": WIDEST[1], "parent_id": debtor.id, "type": "relance"})
        self._print(self._notice("formal", self._claim(2, debtor), debtor), "widest")
