"""Turn self-contained HTML letters into PDF files: many letters a process, one file and one numbering a letter.

A letter loads nothing over the network and runs no script, so wkhtmltopdf needs neither a server nor a delay. With
``--read-args-from-stdin`` one process converts one command line after another: each letter keeps its own file, hence
its own "page 1/2", and no document has to be cut into letters afterwards.
"""

import io
import logging
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from odoo.tools.misc import file_path
from odoo.tools.pdf import PdfFileReader

_logger = logging.getLogger(__name__)

FONTS = {
    ("normal", 400): "web/static/fonts/lato/Lato-Reg-webfont.ttf",
    ("normal", 700): "web/static/fonts/lato/Lato-Bol-webfont.ttf",
    ("italic", 400): "web/static/fonts/lato/Lato-RegIta-webfont.ttf",
}
# A letter is complete: whatever it should load all the same is asked of a proxy that is not there.
SAFE_OPTIONS = ["--proxy", "http://127.0.0.1:1", "--javascript-delay", "0", "--disable-javascript", "--disable-plugins",
                "--load-error-handling", "ignore", "--load-media-error-handling", "ignore"]  # fmt: skip
# The body of a letter is as wide as the paper between its margins, so that smart shrinking prints a millimetre as a
# millimetre whatever a build takes for a pixel (they differ by 28 %). The zoom makes the layout finer than the paper:
# wkhtmltopdf measures text in whole pixels, and at its own scale lines overflow by up to 2 %.
ZOOM = "1.5"
# Without patched Qt there is no zoom option; this one, in the page, gives the same size (measured on 0.12.6 of Debian).
UNPATCHED_PAGE_ZOOM = 1.3
# Seconds for one process and for one letter of its batch: a letter takes 0.05 s, one of 300 invoices 1 s.
START_TIME, LETTER_TIME = 30, 3
PROBE = "<!DOCTYPE html><html><head><title>-</title></head><body>-</body></html>"


class Document(NamedTuple):
    """A letter to convert: its HTML, the title of its file (read back to check it) and the text of its footer."""

    html: str
    title: str
    footer: str


class ConversionError(Exception):
    """wkhtmltopdf made no valid PDF file of a letter; the text is what it said."""


class ConverterDown(ConversionError):
    """wkhtmltopdf converts nothing at all; the text says how it failed, the same for the same failure."""


class Converter:
    """A wkhtmltopdf binary with the options of a paper format.

    :param binary: path of wkhtmltopdf
    :param patched: built "with patched qt": footers, several documents in a process
    :param arguments: options of the page (size, margins...), as ``ir.actions.report`` builds them
    :param start_time: seconds a process may take to start
    """

    def __init__(self, binary, patched, arguments, start_time=START_TIME):
        self.binary = binary
        self.start_time = start_time
        self.patched = patched
        kept = _without(arguments, "--javascript-delay", "--zoom")
        self.arguments = [argument for argument in kept if argument != "--disable-smart-shrinking"] + SAFE_OPTIONS

    def convert(self, documents):
        """Convert ``{key: Document}``, return ``{key: PDF bytes}``.

        A letter that a batch did not deliver whole is converted again alone.

        :raises ConversionError: when a letter cannot be converted at all
        :raises ConverterDown: when nothing can
        """
        with tempfile.TemporaryDirectory(prefix="relance_letters_") as folder:
            folder = Path(folder)
            for key, document in documents.items():
                (folder / f"{key}.html").write_text(document.html, encoding="utf-8")
            converted = {}
            if len(documents) > 1:
                # A program that hangs is found out by one page, not by the time a batch may take.
                self._probe(folder)
            if self.patched and len(documents) > 1:
                self._run_batch(folder, documents)
                converted = self._collect(folder, documents)
            for key in documents.keys() - converted.keys():
                try:
                    converted[key] = self._run_single(folder, key, documents[key])
                except ConversionError:
                    self._probe(folder)
                    raise
        return converted

    def _probe(self, folder):
        """Convert a page that holds nothing.

        :raises ConverterDown: when even that fails
        """
        (folder / "probe.html").write_text(PROBE, encoding="utf-8")
        target = folder / "probe.pdf"
        target.unlink(missing_ok=True)
        _said, ended = _run([self.binary, "--quiet", str(folder / "probe.html"), str(target)], self.start_time)
        try:
            _read_checked(target)
        except ConversionError as error:
            raise ConverterDown(f"{ended} {error}") from error

    def _collect(self, folder, documents):
        """Return the files of a batch that are complete and are the letter they should be."""
        converted = {}
        for key, document in documents.items():
            try:
                converted[key] = _read_checked(folder / f"{key}.pdf", document.title)
            except ConversionError as error:
                # By its number: the title names the debtor.
                _logger.info("Letter %s is converted again, alone: %s", document.footer or key, error)
        return converted

    def _run_batch(self, folder, documents):
        lines = [
            " ".join(f'"{argument}"' for argument in self._get_own_arguments(folder, key, document))
            for key, document in documents.items()
        ]
        arguments = self._get_common_arguments(folder) + ["--read-args-from-stdin"]
        _run([self.binary, *arguments], self.start_time + LETTER_TIME * len(documents), "\n".join(lines) + "\n")

    def _run_single(self, folder, key, document):
        target = folder / f"{key}.pdf"
        target.unlink(missing_ok=True)
        arguments = self._get_common_arguments(folder) + self._get_own_arguments(folder, key, document)
        said, _ended = _run([self.binary, *arguments], self.start_time + 3 * LETTER_TIME)
        try:
            return _read_checked(target)
        except ConversionError as error:
            raise ConversionError(f"{error} {said[-1000:]}".strip()) from error

    def _get_common_arguments(self, folder):
        # Local files are closed to the page (core's option), but for the letters themselves and the font.
        allowed = {str(folder), *(str(path.parent) for path in _font_paths().values())}
        allow = [argument for path in sorted(allowed) for argument in ("--allow", path)]
        return [*self.arguments, "--zoom", ZOOM, *allow]

    def _get_own_arguments(self, folder, key, document):
        footer = []
        if self.patched:
            # Numbers of the letter itself ("site"), in plain ASCII: arguments are read in the locale of the server.
            text = re.sub(r"[^\w ./-]", "", document.footer, flags=re.ASCII)
            footer = ["--footer-right", f"{text} - Page [sitepage]/[sitepages]", "--footer-font-size", "7",
                      "--footer-spacing", "6", "--footer-font-name", "DejaVu Sans"]  # fmt: skip
        return [*footer, str(folder / f"{key}.html"), str(folder / f"{key}.pdf")]


def page_style(patched):
    """Return how a page is to be written for a build: dict ``fonts`` (CSS that declares the typeface) and ``zoom``.

    The typeface ships with Odoo. A build without patched Qt would draw it as outlines, ten times as heavy and without
    text to search: it gets a font of the system instead.
    """
    if not patched:
        return {"fonts": "", "zoom": UNPATCHED_PAGE_ZOOM}
    return {"fonts": _font_faces(), "zoom": 1}


def _font_faces():
    return "".join(
        f"@font-face{{font-family:Letter;font-style:{style};font-weight:{weight};"
        f"src:url('{path.as_uri()}') format('truetype')}}"
        for (style, weight), path in _font_paths().items()
    )


def _run(command, timeout, commands=None):
    """Run wkhtmltopdf; the files it made are judged by the caller.

    :return: what it said, and how it ended in a few words that depend on nothing else
    """
    try:
        # A session of its own: what a wrapper script started ends with it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace", start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return str(error), f"It does not start ({error.strerror})."
    with process:
        try:
            _output, said = process.communicate(commands, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return f"No answer after {timeout} seconds.", f"It did not answer within {timeout} seconds."
    if process.returncode < 0:
        return said, f"It was ended by signal {-process.returncode}."
    return said, f"It ended with status {process.returncode}."


def _font_paths():
    paths = {}
    for face, name in FONTS.items():
        try:
            paths[face] = Path(file_path(name)).resolve()
        except FileNotFoundError:
            _logger.info("Font %s is missing: letters use a font of the system.", name)
    return paths


def _without(arguments, *options):
    """Drop options and their values: the delay for scripts (1 s a call by default), the zoom of reports."""
    kept, skip = [], False
    for argument in arguments:
        if not skip and argument not in options:
            kept.append(argument)
        skip = argument in options
    return kept


def _read_checked(path, title=None):
    """Return the bytes of a PDF file after making sure that it is whole.

    :param title: of the letter it must be: wkhtmltopdf copies the title of the HTML page into the file
    """
    try:
        content = path.read_bytes()
        reader = PdfFileReader(io.BytesIO(content))
        pages, found = len(reader.pages), reader.trailer["/Info"].get("/Title")
    except FileNotFoundError as error:
        raise ConversionError("No file was made.") from error
    except Exception as error:
        # A truncated file fails in as many ways as the PDF reader has; all mean the same here.
        raise ConversionError(f"The file is not a readable PDF ({error}).") from error
    if not pages:
        raise ConversionError("The file has no page.")
    if title is not None and found != title:
        raise ConversionError("The file is not this letter: it has another title.")
    return content
