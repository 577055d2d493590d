import base64
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import skipUnless

from lxml import html
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ...tools.letter_html import clean_document
from ...tools.letter_pdf import Converter, Document
from ..letter_common import LetterCommon
from ..plan_common import PlanCommon

HAS_WKHTMLTOPDF = _wkhtml().state in ("ok", "workers") and _wkhtml().is_patched_qt
DAY = "2026-06-20"
CARELESS = ["--quiet", "--load-error-handling", "ignore", "--load-media-error-handling", "ignore"]
LOADING = ("src", "srcset", "href", "background", "data", "poster", "xlink:href")


@contextmanager
def listening():
    """Listen on this machine; give the address and the list of what was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response_only(404)
            self.end_headers()

        do_POST = do_HEAD = do_GET

        def log_message(self, *_args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hostile_svg(address):
    """Return a picture (base64) that shows another one of ``address``."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return base64.b64encode(f'<svg {names}><image xlink:href="{address}svg-data"/></svg>'.encode()).decode()


def hostile(address):
    """Return HTML that asks for ``address`` in every way we know a page may."""
    return f"""
        <img src="{address}img"><img srcset="{address}srcset 1x"><img src="{address.removeprefix("http:")}host">
        <img src="data:image/svg+xml;base64,{hostile_svg(address)}">
        <p style="background:url({address}background)">a</p><p style="background-image:u\\72l({address}escape)">b</p>
        <p style="color:red;/**/content:url('{address}content')">c</p>
        <p style="list-style:url({address}list);cursor:url({address}cursor),auto">d</p>
        <style>@import "{address}import"; @font-face{{font-family:F;src:url({address}font)}} p{{font-family:F}}</style>
        <link rel="stylesheet" href="{address}link"><iframe src="{address}iframe"></iframe>
        <object data="{address}object"></object><embed src="{address}embed"><audio src="{address}audio"></audio>
        <video src="{address}video" poster="{address}poster"></video>
        <table background="{address}table"><tr><td background="{address}cell">e</td></tr></table>
        <svg><image xlink:href="{address}svg" width="9" height="9"/><use xlink:href="{address}use#a"/></svg>
        <meta http-equiv="refresh" content="0;url={address}meta"><input type="image" src="{address}input">
        <script src="{address}script"></script><base href="{address}"><img src="relative">
        <x-y src="{address}unknown">f</x-y><p onclick="x()">g</p><!--[if IE]><img src="{address}comment"><![endif]-->
        <body background="{address}body">
    """


def page(body):
    return f"<!DOCTYPE html><html><head><title>t</title></head><body><p>Début</p>{body}<p>Fin</p></body></html>"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestLetterLoads(LetterCommon, PlanCommon):
    """Whatever people write, a letter that is made loads nothing: neither over the network nor from the server."""

    def _convert(self, text):
        arguments = ["--disable-local-file-access", "--quiet", "--page-size", "A4"]
        return Converter(_wkhtml().bin, True, arguments).convert({1: Document(text, "t", "")})[1]

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_the_page_of_the_test_is_hostile(self):
        """Made without our precautions it asks for most of it: the tests below can fail."""
        with listening() as (address, asked):
            converter = Converter(_wkhtml().bin, True, [])
            converter.arguments = CARELESS
            converter.convert({1: Document(page(hostile(address)), "t", "")})
        names = {path.strip("/") for path in asked}
        self.assertGreaterEqual(names, {"img", "background", "import", "font", "iframe", "cell"})

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_the_converter_has_no_network(self):
        with listening() as (address, asked):
            self.assertTrue(self._convert(page(hostile(address))).startswith(b"%PDF"))
        self.assertEqual(asked, [])

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_a_clean_page_asks_for_nothing(self):
        with listening() as (address, asked):
            cleaned = clean_document(page(hostile(address)))
            converter = Converter(_wkhtml().bin, True, [])
            converter.arguments = CARELESS
            converter.convert({1: Document(cleaned, "t", "")})
        self.assertEqual(asked, [])
        self.assertNotIn("127.0.0.1", cleaned)
        for word in ("Début", ">a<", ">d<", ">f<", "Fin"):
            self.assertIn(word, cleaned)

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_no_file_of_the_server(self):
        with TemporaryDirectory() as folder:
            secret = Path(folder, "secret.html")
            secret.write_text("SECRET", encoding="utf-8")
            body = f'<iframe src="{secret.as_uri()}"></iframe><iframe src="2.html"></iframe><embed src="{secret}">'
            other = clean_document(page("OTHER"))
            documents = {1: Document(clean_document(page(body)), "t", ""), 2: Document(other, "t", "")}
            pdf = Converter(_wkhtml().bin, True, ["--disable-local-file-access", "--quiet"]).convert(documents)[1]
        self.assertFalse(b"SECRET" in pdf or b"OTHER" in pdf)
        self.assertNotIn("2.html", documents[1].html)

    def _documents_of(self, address):
        """Return the letters of all kinds, hostile words in each text that a person can give."""
        words = f'<img src="{address}text"> url({address}words)'
        self.company.write({"name": f"Ateliers {words}", "phone": words, "relance_signatory_function": words})
        self.company.relance_signature = hostile_svg(address)
        self.debtor.write({"name": f"Lefèvre {words}", "street": words, "ref": words})
        notice = self._notice("formal", self._formal_lines(), personal_note=words)
        plan = self._plan(self._invoice(900, "2026-03-10"), 3, "2026-07-10", note=words)
        # As the dialog of proceedings does.
        hold = (
            self.env["relance.hold"]
            .sudo()
            .create(
                {"partner_id": self.debtor.id, "reason": "insolvency", "date_from": "2026-06-01", "claim_note": words}
            )
        )
        self._store_uncleaned(notice.level_id, "letter_text", hostile(address))
        self._store_uncleaned(self.company, "report_footer", hostile(address))
        self._store_uncleaned(self.company, "primary_color", f"red;background:url({address}color)")
        return [record._prepare_letter_documents()[record.id] for record in (notice, plan, hold)]

    def _store_uncleaned(self, record, field, value):
        """Leave what a version before this one, or an import by SQL, left."""
        self.env.flush_all()
        column = SQL("jsonb_build_object('en_US', %(value)s::text, 'fr_FR', %(value)s::text)", value=value)
        self.env.execute_query(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s RETURNING id",
                SQL.identifier(record._table),
                SQL.identifier(field),
                column if record._fields[field].translate else SQL("%s", value),
                record.id,
            )
        )
        self.env.invalidate_all()

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_every_text_of_every_letter(self):
        with listening() as (address, asked):
            documents = dict(enumerate(self._documents_of(address)))
            cleaned = [clean_document(document.html) for document in documents.values()]
            letters = self.env["relance.notice"]._convert_documents(documents)
        self.assertEqual(asked, [])
        self.assertEqual(len(letters), 3)
        for page_html in cleaned:
            for element in html.document_fromstring(page_html).find("body").iter():
                self.assertNotIn("url(", element.get("style", ""))
                loaded = [element.get(name, "") for name in LOADING if element.tag != "a"]
                self.assertFalse([value for value in loaded if value and not value.startswith("data:image/")], loaded)

    def test_screens_show_what_is_printed(self):
        with listening() as (address, _asked):
            documents = self._documents_of(address)
        notice = self.env["relance.notice"].search([("partner_id", "=", self.debtor.id)], limit=1)
        values = notice._prepare_letter_values()[notice.id]
        for text in (values["text"], values["creditor"]["legal"]):
            self.assertIn(">a<", text)
            self.assertNotIn("127.0.0.1", text)
        self.assertEqual(values["creditor"]["color"], "#2f4154")
        self.assertTrue(documents)

    def test_a_letter_is_the_same_when_clean(self):
        """Nothing of the product's own pages is lost on the way."""
        notice = self._notice("formal", self._formal_lines())
        before = notice._prepare_letter_documents()[notice.id].html
        after = clean_document(before)
        for part in ("<td", "style=", "<img", "class=", "@font-face"):
            self.assertEqual(after.count(part), before.count(part), part)
            self.assertTrue(part == "<img" or part in after, part)

    def test_vector_pictures(self):
        """A logo as drawing programs write it is printed; one that leaves its file is not."""
        names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        logo = (
            '<?xml version="1.0" encoding="utf-8"?><!-- Generator: Illustrator, see http://x --><!DOCTYPE svg PUBLIC '
            f'"-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg {names}><defs>'
            '<linearGradient id="a"/></defs><rect fill="url( #a )" style="fill:url(\'#a\')"/>'
            '<use xlink:href= "#a"/>%s</svg>'
        )
        good = ("", '<image xlink:href="data:image/png;base64,AA=="/>', '<a href="#b"/>')
        bad = (
            '<image xlink:href="http://x/y"/>', '<image href=" //x"/>', "<image href='file:///etc/passwd'/>",
            '<rect style="fill:url(http://x)"/>', "<style>@import 'http://x'</style>", "<script/>", "<svg:script/>",
            '<rect style="fill:u\\72l(//x)"/>', '<image href="&#104;ttp://x"/>', "<foreignObject/>",
            '<image href="data:image/svg+xml;base64,AA=="/>',
        )  # fmt: skip
        for part in good + bad:
            with self.subTest(part=part):
                content = base64.b64encode((logo % part).encode()).decode()
                cleaned = clean_document(page(f'<img src="data:image/svg+xml;base64,{content}">'))
                self.assertEqual("<img" in cleaned, part in good)
        utf16 = base64.b64encode((logo % bad[0]).encode("utf-16")).decode()
        self.assertNotIn("<img", clean_document(page(f'<img src="data:image/svg+xml;base64,{utf16}">')))

    def test_entered_text_is_cleaned(self):
        level = self.levels["formal"]
        level.letter_text = '<p style="color: red; position: fixed">a</p><iframe src="http://127.0.0.1/"></iframe>'
        self.assertNotIn("iframe", level.letter_text)
        self.assertNotIn("position", level.letter_text)
        self.assertIn("color", level.letter_text)
