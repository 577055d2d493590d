import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from unittest import skipUnless
from unittest.mock import patch

from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.letter import relance_letter as relance_letter_print
from ...models.letter.relance_letter import LettersUnavailable
from ...tools.letter_pdf import Converter, ConverterDown, Document
from ..letter_common import LetterCommon

HAS_WKHTMLTOPDF = _wkhtml().state in ("ok", "workers")
HAS_POPPLER = bool(shutil.which("pdftotext"))
NAMES = ("Alpha Menuiserie", "Bravo Énergies", "Charlie Transports")


def words(pdf):
    """Return the text of a PDF."""
    run = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(run.stdout.decode().replace("\xa0", " ").split())


@tagged("post_install", "-at_install")
class TestLetterPdf(LetterCommon):
    """Letters as PDF files: each its own debtor, its own numbering, whatever happens to the batch."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notices = cls.env["relance.notice"]
        for number, name in enumerate(NAMES, 1):
            debtor = cls._create_debtor(name)
            vals = {"name": f"RLF/2026/0000{number}"}
            cls.notices += cls._notice("formal", cls._formal_lines(debtor), debtor, **vals)
        cls.notices = cls.notices.with_context(force_report_rendering=True)

    def wkhtmltopdf(self, **vals):
        """Make the server have another wkhtmltopdf than it has."""
        return patch.object(relance_letter_print, "_wkhtml", return_value=_wkhtml()._replace(**vals))

    def assert_own_names(self, letters):
        self.assertEqual(set(letters), set(self.notices.ids))
        for notice in self.notices:
            text = words(letters[notice.id])
            for name in NAMES:
                self.assertEqual(name in text, name == notice.partner_id.name, f"{name} in the letter of {notice.name}")
            self.assertIn(notice.name, text)

    def test_html_without_force(self):
        letters = self.notices.with_context(force_report_rendering=False)._render_letters()
        self.assertTrue(all(letter.lstrip().startswith(b"<!DOCTYPE html>") for letter in letters.values()))

    def test_without_wkhtmltopdf(self):
        with self.wkhtmltopdf(state="install"), self.assertRaises(UserError) as caught:
            self.notices._render_letters()
        self.assertIn("wkhtmltopdf", str(caught.exception))

    def test_broken_wkhtmltopdf(self):
        with self.wkhtmltopdf(state="ok", bin="/bin/false"), self.assertRaises(UserError) as caught:
            self.notices._render_letters()
        self.assertIn("No file was made", str(caught.exception))

    def test_converter_that_hangs_crashes_or_dies(self):
        """The program is at fault, not a letter: one page tells, whatever the time a batch may take."""
        faults = {"sleep 60": "within 1 seconds", "exit 3": "status 3", "kill -9 $$": "signal 9"}
        for command, said in faults.items():
            with self.subTest(command=command), tempfile.TemporaryDirectory() as folder:
                program = Path(folder, "wkhtmltopdf")
                program.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
                program.chmod(0o700)
                converter = Converter(str(program), True, [], start_time=1)
                documents = {1: Document("<p/>", None, ""), 2: Document("<p/>", None, "")}
                with self.assertRaisesRegex(ConverterDown, said):
                    converter.convert(documents)

    def test_log_tells_letters_by_their_number(self):
        document = Document("<p/>", "Mise en demeure Dupont", "RLF/2026/00001")
        converter = Converter("wkhtmltopdf", True, [])
        with tempfile.TemporaryDirectory() as folder:
            with patch("odoo.addons.relance_fr.tools.letter_pdf._logger") as logger:
                self.assertFalse(converter._collect(Path(folder), {1: document}))
        logged = str(logger.info.call_args)
        self.assertIn("RLF/2026/00001", logged)
        self.assertNotIn("Dupont", logged)

    def test_server_without_converter_is_not_the_fault_of_a_letter(self):
        with self.wkhtmltopdf(state="ok", bin="/bin/false"), self.assertRaises(LettersUnavailable):
            self.notices._render_letters()

    @skipUnless(HAS_WKHTMLTOPDF and HAS_POPPLER, "needs wkhtmltopdf and pdftotext")
    def test_batch_keeps_debtors_apart(self):
        letters = self.notices._render_letters()
        self.assert_own_names(letters)
        if _wkhtml().is_patched_qt:
            numbers = [re.findall(r"Page \d+/\d+", words(letter)) for letter in letters.values()]
            self.assertEqual(numbers, [["Page 1/2", "Page 2/2"]] * 3)

    @skipUnless(HAS_WKHTMLTOPDF and HAS_POPPLER, "needs wkhtmltopdf and pdftotext")
    def test_lost_batch_is_made_again_one_by_one(self):
        with patch.object(Converter, "_run_batch"):
            self.assert_own_names(self.notices._render_letters())

    @skipUnless(HAS_WKHTMLTOPDF and HAS_POPPLER, "needs wkhtmltopdf and pdftotext")
    def test_mixed_up_files_are_noticed(self):
        run_batch = Converter._run_batch

        def mix_up(converter, folder, documents):
            run_batch(converter, folder, documents)
            first, second = (Path(folder, f"{key}.pdf") for key in list(documents)[:2])
            content = first.read_bytes()
            first.write_bytes(second.read_bytes())
            second.write_bytes(content)

        with patch.object(Converter, "_run_batch", mix_up):
            self.assert_own_names(self.notices._render_letters())

    @skipUnless(HAS_WKHTMLTOPDF and HAS_POPPLER, "needs wkhtmltopdf and pdftotext")
    def test_truncated_file_is_noticed(self):
        run_batch = Converter._run_batch

        def truncate(converter, folder, documents):
            run_batch(converter, folder, documents)
            path = Path(folder, f"{next(iter(documents))}.pdf")
            path.write_bytes(path.read_bytes()[:2000])

        with patch.object(Converter, "_run_batch", truncate):
            self.assert_own_names(self.notices._render_letters())

    @skipUnless(HAS_WKHTMLTOPDF and HAS_POPPLER, "needs wkhtmltopdf and pdftotext")
    def test_without_patched_qt(self):
        with self.wkhtmltopdf(is_patched_qt=False):
            letters = self.notices._render_letters()
        self.assert_own_names(letters)
        text = words(letters[self.notices[0].id])
        # No running footer there: what the law asks for is in the body all the same.
        self.assertNotIn("Page 1/", text)
        for expected in ("mise en demeure", "SIREN 303 265 045", "L441-10", "16 septembre 2026", "FR76 3000"):
            self.assertIn(expected, text)

    @skipUnless(HAS_WKHTMLTOPDF, "needs wkhtmltopdf")
    def test_printed_again_from_the_stored_bytes(self):
        stored = self.env["ir.attachment"].create({"name": "a.pdf", "raw": b"%PDF stored"})
        self.notices[0].sudo().attachment_id = stored
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        streams = report._render_qweb_pdf_prepare_streams("relance_fr.action_report_letter", {}, self.notices[:2].ids)
        self.assertEqual(streams[self.notices[0].id]["stream"].getvalue(), b"%PDF stored")
        self.assertTrue(streams[self.notices[1].id]["stream"].getvalue().startswith(b"%PDF-1"))

    def test_preview_on_screen(self):
        page, kind = self.env["ir.actions.report"]._render_qweb_html(
            "relance_fr.action_report_letter", self.notices.ids
        )
        self.assertEqual(kind, "html")
        for notice in self.notices:
            self.assertIn(notice.name, page.decode())

    def test_commands_carry_no_text_of_a_user(self):
        converter = Converter("wkhtmltopdf", True, ["--quiet", "--zoom", "1.0", "--javascript-delay", "1000"])
        self.assertNotIn("1000", converter.arguments)
        own = converter._get_own_arguments(Path("/tmp"), 7, Document("", "", 'RLF/1 "; --post x\n'))
        self.assertEqual(own[1], "RLF/1  --post x - Page [sitepage]/[sitepages]")
        self.assertEqual(own[-2:], ["/tmp/7.html", "/tmp/7.pdf"])
