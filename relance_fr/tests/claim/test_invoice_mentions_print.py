import base64
import io
import itertools
import os
from pathlib import Path
from unittest import skipUnless
from unittest.mock import patch

from lxml import html
from odoo import Command
from odoo.tests import freeze_time, tagged
from PIL import Image

from ..common import RelanceCommon
from ..invoice_pdf import HAS_POPPLER, HAS_WKHTMLTOPDF, PrintedInvoice, styles_served

LAYOUTS = ("standard", "boxed", "bold", "striped", "bubble", "wave", "folder")
FORMATS = ("base.paperformat_euro", "base.paperformat_us")
# Everything takes minutes: by default the three layouts that differ most, on either paper.
DIFFERENT = ("standard", "boxed", "bubble", "standard")
ALL = os.environ.get("RELANCE_PRINT") == "all"
# A folder that receives the files, to look at them.
KEEP = os.environ.get("RELANCE_PRINT_FOLDER")
SIZES = range(1, 41) if ALL else (1, 5, 12, 20, 25, 30, 40)
DETAILS = ("Ateliers Bérénice", "14 quai Jean-Moulin", "69001 Lyon", "France", "FR40303265045")


def _picture(size):
    stream = io.BytesIO()
    Image.new("RGB", size, "#204080").save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


QR_CODE = f"data:image/png;base64,{_picture((160, 160)).decode()}"


@skipUnless(HAS_WKHTMLTOPDF and HAS_POPPLER, "needs wkhtmltopdf with patched Qt, pdftotext and pdftoppm")
@tagged("post_install", "-at_install")
@freeze_time("2026-08-10")
class TestInvoiceMentionsPrint(RelanceCommon):
    """On paper the mentions are whole, under nothing, over nothing, and cost no page where they fit.

    Each invoice has a twin to a consumer, who is told nothing: the same pages without the mentions.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.company.write({"street": DETAILS[1], "zip": "69001", "city": "Lyon", "company_registry": "30326504500017"})
        cls.bank = cls.company.partner_id.bank_ids.ensure_one()
        cls.bank.allow_out_payment = True
        cls.consumer = cls._create_debtor("Menuiserie Lefèvre & Fils", relance_regime="consumer")
        (cls.debtor + cls.consumer).lang = "fr_FR"
        taxes = cls.env["account.tax"].create(
            [
                {"name": f"TVA {rate} %", "amount": rate, "tax_group_id": cls._tax_group(rate).id}
                for rate in (5.5, 8.5, 10, 20)
            ]
        )
        cls.one_tax, cls.taxes = taxes[-1], taxes

    @classmethod
    def _tax_group(cls, rate):
        return cls.env["account.tax.group"].create({"name": f"TVA {rate} %", "country_id": cls.company.country_id.id})

    @classmethod
    def _pairs(cls, sizes, taxes=None, **vals):
        """Return ``{number of lines: (invoice with mentions, its twin without)}``."""
        taxes = taxes or cls.one_tax
        pairs = {}
        for size in sizes:
            lines = [
                Command.create({"name": f"Prestation {n}", "price_unit": 10, "tax_ids": taxes[n % len(taxes)].ids})
                for n in range(size)
            ]
            pairs[size] = tuple(
                cls._create_invoice(
                    partner_id=partner,
                    invoice_date="2026-08-10",
                    partner_bank_id=cls.bank.id,
                    invoice_line_ids=lines,
                    post=True,
                    **vals,
                )
                for partner in (cls.debtor, cls.consumer)
            )
        return pairs

    def _letterhead(self, layout, details=DETAILS, logo=(400, 160), footer="SAS au capital de 10 000 €"):
        self.company.write(
            {
                "external_report_layout_id": self.env.ref(f"web.external_layout_{layout}").id,
                "company_details": "<br/>".join(details),
                "logo": _picture(logo),
                "report_footer": f"<p>{footer}</p>",
            }
        )

    def _print(self, pairs):
        """Return ``{number of lines: (printed, printed twin)}``."""
        moves = self.env["account.move"].union(*itertools.chain(*pairs.values()))
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        streams = report._render_qweb_pdf_prepare_streams("account.account_invoices", {}, moves.ids)
        for size, pair in pairs.items() if KEEP else ():
            for move, name in zip(pair, ("with", "without"), strict=True):
                path = Path(KEEP, f"{self.company.external_report_layout_id.key}-{size:02}-{name}.pdf")
                path.write_bytes(streams[move.id]["stream"].getvalue())
        return {
            size: tuple(PrintedInvoice(streams[move.id]["stream"].getvalue()) for move in pair)
            for size, pair in pairs.items()
        }

    def _text(self, move):
        """Return the text of the mentions of ``move`` as its template writes them."""
        content, _type = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", move.ids)
        (block,) = html.fromstring(content).xpath("//div[@name='relance_mentions']")
        return block.text_content()

    def assert_prints(self, pairs, **message):
        """Assert that the mentions of each invoice are readable, and cost no page where there is room for them."""
        text = self._text(next(iter(pairs.values()))[0])
        for size, (printed, without) in self._print(pairs).items():
            with self.subTest(lines=size, **message):
                block = printed.find(text)
                self.assertFalse(without.find(text), "A consumer is told nothing.")
                self.assertTrue(block, "The words are not on one page, in their order.")
                self.assertEqual(printed.hidden(block), [], "Lines without ink.")
                self.assertEqual(printed.overlaps(block), [], "Over another text.")
                self.assertTrue(printed.is_in_body(block), "In the margin of the header or the footer.")
                if len(printed.pages) > len(without.pages):
                    self.assertLess(without.room(), block.height, "A page only for what fits on the one before.")
                # With the totals, or under the last line where the totals begin a page.
                self.assertIn(printed.page_of("Total") - block.page, (0, 1))

    def test_layouts(self):
        pairs = self._pairs(SIZES)
        with styles_served(self.env):
            tried = itertools.product(LAYOUTS, FORMATS) if ALL else zip(DIFFERENT, itertools.cycle(FORMATS))
            for layout, paper in tried:
                self._letterhead(layout)
                self.company.paperformat_id = self.env.ref(paper)
                self.assert_prints(pairs, layout=layout, paper=paper)

    def test_high_letterhead(self):
        """A header twice as high as its margin paints nothing over the mentions."""
        details = (
            *DETAILS,
            "+33 4 72 00 00 00",
            "compta@berenice.example.com",
            "www.berenice.example.com",
            "TVA",
            "APE",
        )
        pairs = self._pairs(range(1, 41, 3) if ALL else (6, 8, 22))
        with styles_served(self.env):
            for layout in LAYOUTS if ALL else ("striped",):
                self._letterhead(layout, details, logo=(160, 400), footer="SAS au capital de 10 000 €<br/>RCS Lyon")
                self.assert_prints(pairs, layout=layout)

    def test_paid_in_part(self):
        """Payments below the total make it higher than what stands beside it."""
        pairs = self._pairs(range(1, 41, 3) if ALL else (3, 4, 20))
        for move in itertools.chain(*pairs.values()):
            self._pay(move, "2026-08-10", 1)
        with styles_served(self.env):
            for layout in LAYOUTS if ALL else ("standard",):
                self._letterhead(layout)
                self.assert_prints(pairs, layout=layout)

    def test_long_texts(self):
        """Several taxes, instalments, a QR code and general terms of more than a page around the mentions."""
        self.company.qr_code = True
        term = self.env["account.payment.term"].create(
            {
                "name": "Trois fois",
                "note": "Règlement en trois fois par virement, sans autre avis de notre part.",
                "display_on_invoice": True,
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((40, 30), (30, 60), (30, 90))
                ],
            }
        )
        # Core draws QR codes with a library that not every server has.
        code = patch.object(self.registry["account.move"], "_generate_qr_code", lambda *_args, **_kwargs: QR_CODE)
        with styles_served(self.env), code:
            for terms, layout in itertools.product((3, 60), LAYOUTS if ALL else ("boxed",)):
                self._letterhead(layout)
                pairs = self._pairs(
                    range(1, 41, 3) if ALL else (3, 9),
                    self.taxes,
                    invoice_payment_term_id=term.id,
                    narration=f"<p>{'Nos conditions générales de vente s’appliquent à toute commande. ' * terms}</p>",
                )
                self.assert_prints(pairs, layout=layout, terms=terms)
