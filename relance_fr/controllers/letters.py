import io
import tempfile
import zipfile

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import content_disposition, request
from odoo.tools.pdf import PdfFileReader, PdfFileWriter
from werkzeug.wsgi import wrap_file

from ..tools.inputs import read_id

# A browser keeps an address of about 8 000 characters; the letters of a run are asked for by its number.
MAX_LETTERS = 1000
# A file up to this size waits in memory, a larger one on disk.
SPOOLED = 16 * 1024 * 1024


class LettersController(http.Controller):
    """The stored letters of several notices in one file: the very bytes that were sealed, never rendered anew."""

    @http.route("/relance_fr/letters", type="http", auth="user", methods=["GET"])
    def letters(self, ids="", run="", format="pdf", **_query):  # noqa: A002 (name of the query parameter)
        """Return the letters of the notices ``ids`` (comma-separated), as one PDF or a zip of them.

        With ``run``, an id: all the letters that this run puts into envelopes, however many, in postal order.
        A notice the user may not read, or an address that makes no sense, is a page that is not found.
        """
        if format not in ("pdf", "zip") or bool(ids) == bool(run):
            raise request.not_found()
        try:
            notices = self._get_run_notices(run) if run else self._get_notices(ids)
            notices._get_stored_letters()
            notices._record_print()
            content = self._zip(notices, bool(run)) if format == "zip" else self._merge(notices)
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            return request.make_response(str(error), [("Content-Type", "text/plain; charset=utf-8")], status=400)
        title = request.env._("Letters from %s", notices[0].name.replace("/", "-"))
        return self._stream(content, f"application/{format}", f"{title}.{format}")

    def _get_notices(self, ids):
        """Return the notices in the order asked for, once access to each of them is checked."""
        wanted = dict.fromkeys(map(read_id, ids.split(",", MAX_LETTERS)))
        if None in wanted:
            raise request.not_found()
        notices = request.env["relance.notice"].browse(wanted)
        if notices != notices.exists():
            raise request.not_found()
        notices.check_access("read")
        return notices

    def _get_run_notices(self, run_id):
        """Return the notices of a run whose letters are posted, in postal order, once access to it is checked."""
        run = request.env["relance.run"].browse(read_id(run_id) or []).exists()
        if not run:
            raise request.not_found()
        run.check_access("read")
        notices = run._get_letters()
        if not notices:
            raise UserError(request.env._("This run has no letter to post yet."))
        notices.check_access("read")
        return notices

    def _read_letters(self, notices):
        """Yield ``(file name, bytes)`` of each letter, of which no copy stays in the cache."""
        for notice in notices:
            letter = notice.attachment_id
            yield letter.name, letter.raw
            letter.invalidate_recordset(["raw", "datas"])

    def _merge(self, notices):
        """Return one PDF file, open; a letter that is no PDF file any more is named instead of being left out."""
        writer, damaged = PdfFileWriter(), []
        for name, content in self._read_letters(notices):
            if not content.startswith(b"%PDF"):
                damaged.append(name)
                continue
            reader = PdfFileReader(io.BytesIO(content), strict=False)
            for page in range(reader.getNumPages()):
                writer.addPage(reader.getPage(page))
        if damaged:
            raise UserError(
                request.env._("These letters are not PDF files: %s. Verify the register.", ", ".join(damaged))
            )
        merged = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 (closed by the server once sent)
        writer.write(merged)
        return merged

    def _zip(self, notices, numbered):
        """Return a zip of the letters, open; PDF files are compressed already.

        :param numbered: put the rank before each name, so that a folder shows them in their order
        """
        archive_file = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 (closed by the server once sent)
        with zipfile.ZipFile(archive_file, "w", zipfile.ZIP_STORED) as archive:
            for rank, (name, content) in enumerate(self._read_letters(notices), start=1):
                archive.writestr(f"{rank:04d} {name}" if numbered else name, content)
        return archive_file

    def _stream(self, content, mimetype, name):
        """Return the response that sends the open file ``content`` piece by piece."""
        size = content.tell()
        content.seek(0)
        response = request.make_response(
            wrap_file(request.httprequest.environ, content),
            [
                ("Content-Type", mimetype),
                ("Content-Length", size),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
        response.direct_passthrough = True
        return response
