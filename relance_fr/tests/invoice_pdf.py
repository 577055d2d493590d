"""Invoices as PDF files, with the styles that no server gives during a test, and what can be seen on their pages."""

import io
import itertools
import mimetypes
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from unittest.mock import patch

from lxml import html
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.tools.misc import file_open
from PIL import Image

HAS_WKHTMLTOPDF = _wkhtml().state in ("ok", "workers") and _wkhtml().is_patched_qt
HAS_POPPLER = bool(shutil.which("pdftotext") and shutil.which("pdftoppm"))
STYLES = re.compile(r'href="[^"]*(/web/assets/[^"]+\.css)"')
STATIC = re.compile(r"/\w+/static/")
RESOLUTION = 96
POINTS = 72 / RESOLUTION
MILLIMETRE = 72 / 25.4
# Margins of core's paper formats.
HEADER, FOOTER = 52 * MILLIMETRE, 32 * MILLIMETRE
INK = 200


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        content = self.server.files.get(path)
        if content is None and STATIC.match(path):
            try:
                with file_open(path[1:], "rb") as stream:
                    content = stream.read()
            except FileNotFoundError:
                content = None
        # No date: a test may have stopped the clock, and what is stale is not kept.
        self.send_response_only(404 if content is None else 200)
        self.send_header("Content-Type", mimetypes.guess_type(path)[0] or "application/octet-stream")
        self.send_header("Content-Length", str(len(content or b"")))
        # Kept, the fonts are there at once: without, the text of the next document is printed before they come.
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "public, max-age=600")
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_args):
        """Say nothing."""


@contextmanager
def styles_served(env):
    """Serve the styles and fonts of reports, as Odoo would, from what this transaction knows."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.files = {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    reports = env.registry["ir.actions.report"]
    run = reports._run_wkhtmltopdf

    def run_with_styles(report, bodies, *args, **kwargs):
        for url in set(STYLES.findall(str(bodies[0]))) - server.files.keys():
            name, rtl, _kind, autoprefix = report.env["ir.asset"]._parse_bundle_name(url.rpartition("/")[2], False)
            bundle = report.env["ir.qweb"]._get_asset_bundle(name, js=False, rtl=rtl, autoprefix=autoprefix)
            server.files[url] = bundle.css().raw
        return run(report, bodies, *args, **kwargs)

    parameters = env["ir.config_parameter"]
    parameters.set_param("report.url", f"http://127.0.0.1:{server.server_port}")
    parameters.set_param("report.print_delay", "0")
    try:
        with patch.object(reports, "_run_wkhtmltopdf", run_with_styles):
            yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Word(NamedTuple):
    """A word on a page; its box in points from the top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


class Block(NamedTuple):
    """Words of one text, all on one page."""

    page: int
    words: list

    @property
    def height(self):
        return max(word.bottom for word in self.words) - min(word.top for word in self.words)


class PrintedInvoice:
    """The pages of a PDF file: ``pages`` is a list of lists of `Word`."""

    def __init__(self, pdf):
        self.pdf = pdf
        run = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
        tree = html.fromstring(run.stdout.decode())
        self.height = float(tree.xpath("//page")[0].get("height"))
        self.pages = [
            [
                Word(
                    "".join((word.text or "").split()),
                    *(float(word.get(side)) for side in ("xmin", "ymin", "xmax", "ymax")),
                )
                for word in page.xpath(".//word")
            ]
            for page in tree.xpath("//page")
        ]
        self._images = None

    @property
    def images(self):
        """The pages as pixels (grey)."""
        if self._images is None:
            run = subprocess.run(
                ["pdftoppm", "-gray", "-r", str(RESOLUTION), "-"], input=self.pdf, capture_output=True, check=True
            )
            stream = io.BytesIO(run.stdout)
            self._images = []
            while stream.tell() < len(run.stdout):
                self._images.append(_read_pgm(stream))
        return self._images

    def find(self, text):
        """Return the `Block` of a text, None unless all of it is on one page in its order.

        Its lines may stand beside other text: they are told from it by the size of their letters.
        """
        wanted, start = "".join(text.split()), text.split()[0]
        for number, page in enumerate(self.pages):
            for size in {word.bottom - word.top for word in page if word.text.startswith(start)}:
                same = [word for word in page if abs(word.bottom - word.top - size) < 0.2]
                same.sort(key=lambda word: (round(word.top), word.left))
                ends = list(itertools.accumulate(len(word.text) for word in same))
                position = "".join(word.text for word in same).find(wanted)
                if position >= 0:
                    inside = zip(same, ends, strict=True)
                    return Block(number, [w for w, end in inside if position < end <= position + len(wanted)])
        return None

    def hidden(self, block):
        """Return the texts of the lines of ``block`` of which the upper or the lower half of a word shows no ink."""
        image = self.images[block.page]
        hidden = []
        for word in block.words:
            middle = (word.top + word.bottom) / 2
            halves = ((word.top, middle), (middle, word.bottom))
            if not all(_ink(image, word.left, top, word.right, bottom) for top, bottom in halves):
                hidden.append(word.text)
        return hidden

    def overlaps(self, block):
        """Return the words that are no part of ``block`` and share its ground."""
        own = set(block.words)
        others = [word for word in self.pages[block.page] if word not in own]
        return [
            other.text
            for other in others
            if any(
                word.left < other.right - 0.5
                and other.left < word.right - 0.5
                and word.top < other.bottom - 1
                and other.top < word.bottom - 1
                for word in block.words
            )
        ]

    def is_in_body(self, block):
        """Tell whether ``block`` is between the margins that header and footer have."""
        return all(word.top >= HEADER and word.bottom <= self.height - FOOTER for word in block.words)

    def page_of(self, text):
        """Return the number of the last page with a word."""
        return max(number for number, page in enumerate(self.pages) if any(word.text == text for word in page))

    def room(self, page=-1):
        """Return the points left between the lowest ink of a page and its footer."""
        image = self.images[page]
        bottom = self.height - FOOTER
        rows = int(bottom / POINTS)
        box = image.crop((0, 0, image.width, rows)).point(lambda grey: 255 if grey < INK else 0).getbbox()
        return bottom - (box[3] if box else 0) * POINTS


def _ink(image, left, top, right, bottom):
    box = tuple(int(value / POINTS + 0.5) for value in (left, top, right, bottom))
    return image.crop(box).getextrema()[0] < INK


def _read_pgm(stream):
    stream.readline()
    width, height = map(int, stream.readline().split())
    stream.readline()
    return Image.frombytes("L", (width, height), stream.read(width * height))
