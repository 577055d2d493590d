import io
import zipfile

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import content_disposition, request
from odoo.tools.pdf import merge_pdf

# A browser keeps an address of about 8 000 characters; more letters than that are a print job of their own.
MAX_LETTERS = 1000


class LettersController(http.Controller):
    """The stored letters of several notices in one file: the very bytes that were sealed, never rendered anew."""

    @http.route("/relance_fr/letters", type="http", auth="user", methods=["GET"])
    def letters(self, ids="", format="pdf", **_query):  # noqa: A002 (name of the query parameter)
        """Return the letters of the notices ``ids`` (comma-separated), as one PDF or a zip of them.

        A notice the user may not read, or an address that makes no sense, is a page that is not found.
        """
        if format not in ("pdf", "zip"):
            raise request.not_found()
        try:
            notices = self._get_notices(ids)
            letters = self._get_letters(notices)
            content = _zip(letters) if format == "zip" else self._merge(letters)
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            return request.make_response(str(error), [("Content-Type", "text/plain; charset=utf-8")], status=400)
        title = request.env._("Letters from %s", notices[0].name.replace("/", "-"))
        return self._stream(content, f"application/{format}", f"{title}.{format}")

    def _get_notices(self, ids):
        """Return the notices in the order asked for, once access to each of them is checked."""
        wanted = ids.split(",")
        if not all(part.isascii() and part.isdigit() for part in wanted) or len(wanted) > MAX_LETTERS:
            raise request.not_found()
        notices = request.env["relance.notice"].browse(dict.fromkeys(map(int, wanted)))
        if notices != notices.exists():
            raise request.not_found()
        notices.check_access("read")
        return notices

    def _get_letters(self, notices):
        """Return ``[(file name, bytes)]`` in the order of ``notices``."""
        notices._get_stored_letters()
        notices._record_print()
        return [(notice.attachment_id.name, notice.attachment_id.raw) for notice in notices]

    def _merge(self, letters):
        """Return one PDF; a letter that is no PDF file any more is named instead of being left out."""
        damaged = [name for name, content in letters if not content.startswith(b"%PDF")]
        if damaged:
            raise UserError(
                request.env._("These letters are not PDF files: %s. Verify the register.", ", ".join(damaged))
            )
        return merge_pdf([content for _name, content in letters])

    def _stream(self, content, mimetype, name):
        return request.make_response(
            content,
            [
                ("Content-Type", mimetype),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )


def _zip(letters):
    """Return a zip of ``[(file name, bytes)]``; PDF files are compressed already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in letters:
            archive.writestr(name, content)
    return buffer.getvalue()
