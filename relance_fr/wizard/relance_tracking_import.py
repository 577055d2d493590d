from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.bulk_sql import insert_rows
from ..tools.csv_table import TableError
from ..tools.fields import CheckedBinary
from ..tools.inputs import read_base64
from ..tools.tracking_file import read

MAX_BYTES = 20 * 1024 * 1024


class RelanceTrackingImport(models.TransientModel):
    """Dialog that imports what a carrier says of registered letters: shown line by line first, then written at once."""

    _name = "relance.tracking.import"
    _description = "Import of Proofs of Delivery"

    # In the dialog's own row: the file is attached to nothing and goes with it.
    file = CheckedBinary(string="CSV File", attachment=False)
    filename = fields.Char()
    state = fields.Selection(
        [("upload", "File"), ("preview", "Preview"), ("done", "Imported")], default="upload", required=True
    )
    partial = fields.Boolean(
        string="Import the correct lines, list the others",
        help="Otherwise nothing is imported while a line has a problem.",
    )
    line_ids = fields.One2many("relance.tracking.import.line", "import_id", readonly=True)
    write_line_ids = fields.One2many(
        "relance.tracking.import.line", "import_id", domain=[("outcome", "=", "write")], readonly=True
    )
    problem_line_ids = fields.One2many(
        "relance.tracking.import.line", "import_id", domain=[("outcome", "=", "problem")], readonly=True
    )
    write_count = fields.Integer(readonly=True)
    same_count = fields.Integer(readonly=True)
    problem_count = fields.Integer(readonly=True)
    done_count = fields.Integer(readonly=True)

    # === ACTION METHODS === #

    def action_preview(self):
        """Read the file and show what each line would do. Nothing is written to the register."""
        self.ensure_one()
        self._show_outcomes(self.env["relance.notice"]._match_tracking(self._read_file()))
        self.state = "preview"
        return self._reopen()

    def action_import(self):
        """Write what the file says, held against the register once more: all of it, or the correct lines if asked."""
        self.ensure_one()
        self.env["relance.notice"].check_access("write")
        outcomes = self.env["relance.notice"]._match_tracking(self._read_file(), lock=True)
        problems = [row for row in outcomes if row["outcome"] == "problem"]
        if problems and not self.partial:
            raise UserError(
                self.env._(
                    "Nothing was imported: %(count)s lines have a problem, the first one is line %(line)s: %(problem)s "
                    "Correct the file, or choose to import the correct lines only.",
                    count=len(problems),
                    line=problems[0]["line"],
                    problem=problems[0]["message"],
                )
            )
        self._show_outcomes(outcomes)
        self.done_count = len(
            self.env["relance.notice"]._import_tracking(outcomes, self.filename or self.env._("a file"))
        )
        # The file is not kept once it was imported.
        self.write({"state": "done", "file": False})
        return self._reopen()

    def action_back(self):
        """Choose another file."""
        self.ensure_one()
        self.line_ids.unlink()
        self.write({"state": "upload", "file": False, "filename": False, "partial": False})
        return self._reopen()

    def action_open_notices(self):
        """Open the letters that were imported."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        return action | {"domain": [("id", "in", self.write_line_ids.notice_id.ids)], "context": {}}

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Proofs of Delivery"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # === FILE === #

    @api.model
    def _get_file_errors(self):
        """Return what to tell about a file that cannot be read, by the code of its error."""
        return {
            "empty": self.env._("The file has no line to import."),
            "not_csv": self.env._("This is no CSV file. In a spreadsheet, save it as CSV first."),
            "no_header": self.env._(
                "The titles of the columns were not recognized. The first line must name them: tracking number or "
                "register number, then any of posted on, presented on, delivered on, returned on, return reason."
            ),
            "too_long": self.env._("The file is too long: cut it in files of 50 000 lines."),
        }

    def _read_file(self):
        """Return the table of the file.

        :raises UserError: when it cannot be read
        """
        content = read_base64(self.with_context(bin_size=False).file or b"")
        if not content:
            raise UserError(self.env._("Choose the file of the carrier first."))
        if len(content) > MAX_BYTES:
            raise UserError(self._get_file_errors()["too_long"])
        try:
            return read(content)
        except TableError as error:
            raise UserError(self._get_file_errors()[error.code]) from error

    def _show_outcomes(self, outcomes):
        """Replace the lines of the dialog by ``outcomes``, in a constant number of statements."""
        self.line_ids.unlink()
        columns = ("line", "reference", "notice_id", "outcome", "message")
        rows = [{"import_id": self.id, **{name: row[name] for name in columns}} for row in outcomes]
        insert_rows(self.env, "relance.tracking.import.line", rows)
        counts = {name: sum(row["outcome"] == name for row in outcomes) for name in ("write", "same", "problem")}
        self.write({f"{name}_count": count for name, count in counts.items()})
