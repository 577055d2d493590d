import base64
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import skipUnless

from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ..tools.letter_html import clean_document
from ..tools.letter_pdf import Converter, Document
from .letter_common import LetterCommon
from .plan_common import PlanCommon

HAS_WKHTMLTOPDF = _wkhtml().state in ("ok", "workers") and _wkhtml().is_patched_qt
DAY = "2026-06-20"


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


def hostile(address):
    """Return HTML that asks for ``address`` in every way we know a page may."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{address}data"/></svg>'
    host = address.removeprefix("http:")
    return f"""
        <img src="{address}img"><img srcset="{address}srcset 1x"><img src="{host}host"><img src="data:image/svg+xml;base64,{
        base64.b64encode(svg.encode()).decode()}"><p style="background:url({address}background)">a</p>
        <p style="background-image:u\\72l({address}escape)">b</p><p style="color:red;/**/content:url('{address}content')">c</p>
        <p style="list-style:url({address}list);cursor:url({address}cursor),auto;border-image:url({address}border) 1">d</p>
        <style>@import "{address}import"; @font-face{{font-family:F;src:url({address}font)}} p{{font-family:F}}</style>
        <link rel="stylesheet" href="{address}link"><iframe src="{address}iframe"></iframe><object data="{address}object"></object>
        <embed src="{address}embed"><audio src="{address}audio"></audio><video src="{address}video" poster="{address}poster"></video>
        <table background="{address}table"><tr><td background="{address}cell">e</td></tr></table>
        <svg><image xlink:href="{address}svg" width="9" height="9"/><use xlink:href="{address}use#a"/></svg>
        <meta http-equiv="refresh" content="0;url={address}meta"><input type="image" src="{address}input">
        <script src="{address}script"></script><base href="{address}"><img src="relative"><x-y src="{address}unknown">f</x-y>
        <p onclick="x()">g</p><!--[if IE]><img src="{address}comment"><![endif]--><body background="{address}body">
    """


def page(body):
    return f"<!DOCTYPE html><html><head><title>t</title></head><body><p>Début</p>{body}<p>Fin</p></body></html>"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestLetterLoads(LetterCommon, PlanCommon):
    """Whatever people write, a letter that is made loads nothing: neither over the network nor from the server."""

    def _convert(self, html):
        arguments = ["--disable-local-file-access", "--quiet", "--page-size", "A4"]
        return Converter(_wkhtml().bin, True, arguments).convert({1: Document(html, "t", "")})[1]

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_the_page_of_the_test_is_hostile(self):
        """Made without our precautions it asks for most of it: the tests below can fail."""
        with listening() as (address, asked):
            converter = Converter(_wkhtml().bin, True, ["--quiet"])
            converter.arguments = ["--quiet"]
            converter.convert({1: Document(page(hostile(address)), "t", "")})
        self.assertGreaterEqual({path.strip("/") for path in asked}, {"img", "background", "import", "font", "iframe", "cell"})

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_the_converter_has_no_network(self):
        with listening() as (address, asked):
            self.assertTrue(self._convert(page(hostile(address))).startswith(b"%PDF"))
        self.assertEqual(asked, [])

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_a_clean_page_asks_for_nothing(self):
        with listening() as (address, asked):
            cleaned = clean_document(page(hostile(address)))
            converter = Converter(_wkhtml().bin, True, ["--quiet"])
            converter.arguments = ["--quiet"]
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
            body = f'<iframe src="{secret.as_uri()}"></iframe><iframe src="2.html"></iframe><object data="{secret}"></object>'
            other = clean_document(page("OTHER"))
            documents = {1: Document(clean_document(page(body)), "t", ""), 2: Document(other, "t", "")}
            pdf = Converter(_wkhtml().bin, True, ["--disable-local-file-access", "--quiet"]).convert(documents)[1]
        self.assertFalse(b"SECRET" in pdf or b"OTHER" in pdf)
        self.assertNotIn("2.html", documents[1].html)

    def _documents_of(self, address):
        """Return the letters of all kinds, hostile words in each text that a person can give."""
        evil = hostile(address)
        evil_color = f"red;background:url({address}color)"
        words = f'<img src="{address}text"> url({address}words)'
        self.company.write({"report_footer": evil, "name": f"Ateliers {words}", "phone": words, "relance_signatory_function": words})
        levels = self.levels["formal"] | self.levels["firm"]
        levels.letter_text = evil
        # As a version before this one, an import or a person with other rights left them.
        self.env.flush_all()
        self.env.execute_query(
            SQL("UPDATE relance_level SET letter_text = jsonb_build_object('en_US', %s::text, 'fr_FR', %s::text) RETURNING id", evil, evil)
        )
        self.env.execute_query(
            SQL("UPDATE res_company SET report_footer = jsonb_build_object('en_US', %s::text, 'fr_FR', %s::text), primary_color = %s RETURNING id", evil, evil, evil_color)
        )
        self.env.invalidate_all()
        self.debtor.write({"name": f"Lefèvre {words}", "street": words, "ref": words})
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{address}sign"/></svg>'
        self.company.sudo().relance_signature = base64.b64encode(svg.encode())
        notice = self._notice("formal", self._formal_lines(), personal_note=words, email_to=words)
        invoice = self._invoice(900, "2026-03-10")
        plan = self._plan(invoice, 3, "2026-07-10", note=words)
        hold = self.env["relance.hold"].create(
            {"partner_id": self.debtor.id, "reason": "insolvency", "date_from": "2026-06-01", "claim_note": words}
        )
        records = (notice, plan, hold)
        return [record._prepare_letter_documents()[record.id] for record in records]

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf with patched Qt")
    def test_every_text_of_every_letter(self):
        with listening() as (address, asked):
            documents = dict(enumerate(self._documents_of(address)))
            cleaned = {key: clean_document(document.html) for key, document in documents.items()}
            letters = self.env["relance.notice"]._convert_documents(documents)
        self.assertEqual(asked, [])
        self.assertEqual(len(letters), 3)
        for key, html in cleaned.items():
            self.assertNotRegex(html, r"""(?i)(src|background|data|href)\s*=\s*["']?\s*(//|http://127|relative)""", key)
            self.assertNotRegex(html.partition("<body")[2], r"style=\"[^\"]*url\(", key)

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
        html = notice._prepare_letter_documents()[notice.id].html
        before, after = (len(text.split("<td")) for text in (html, clean_document(html)))
        self.assertEqual(after, before)
        self.assertEqual(clean_document(html).count("style="), html.partition("</head>")[2].count("style="))
        self.assertEqual(clean_document(html).count("<img"), html.count("<img"))
        self.assertIn("@font-face", clean_document(html))

    def test_entered_text_is_cleaned(self):
        level = self.levels["formal"]
        level.letter_text = '<p style="color: red; position: fixed">a</p><iframe src="http://127.0.0.1/"></iframe><script>x</script>'
        self.assertNotIn("iframe", level.letter_text)
        self.assertNotIn("position", level.letter_text)
        self.assertIn("color", level.letter_text)
