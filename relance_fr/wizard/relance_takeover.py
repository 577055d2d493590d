from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.bulk_sql import insert_rows
from ..tools.csv_table import TableError, read_day, read_table
from ..tools.fields import CheckedBinary
from ..tools.inputs import read_base64

HEADERS = {
    "invoice": (
        "facture", "n de facture", "no de facture", "numero de facture", "n facture", "numero", "piece", "n de piece",
        "invoice", "invoice number", "number",
    ),
    "level": ("niveau", "niveau de relance", "relance", "derniere relance", "level", "dunning level", "last level"),
    "date": (
        "date", "date de relance", "date de la relance", "date du niveau", "relance le", "envoye le", "sent on",
        "level date",
    ),
    "due": ("echeance", "date d echeance", "due date", "due"),
    "posted_date": ("poste le", "date de depot", "depose le", "date d envoi", "posted on", "posted"),
    "presented_date": (
        "presente le", "premiere presentation", "date de premiere presentation", "date de presentation",
        "first presented on", "presented on", "presented",
    ),
}  # fmt: skip
DATES = ("date", "due", "posted_date", "presented_date")


class RelanceTakeover(models.TransientModel):
    """Takes over the levels sent before dunning was done here, from a file or for chosen invoices. It sends nothing."""

    _name = "relance.takeover"
    _description = "Take Dunning History Over"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    move_ids = fields.Many2many("account.move", string="Invoices")
    level_id = fields.Many2one("relance.level", string="Last Level Sent")
    date = fields.Date(string="Sent on")
    posted_date = fields.Date(string="Posted on")
    presented_date = fields.Date(string="First Presented on")
    # In the dialog's own row: the file is attached to nothing and goes with it.
    file = CheckedBinary(string="CSV File", attachment=False)
    file_name = fields.Char()
    state = fields.Selection([("choose", "Choose"), ("preview", "Preview")], default="choose", required=True)
    line_ids = fields.One2many("relance.takeover.line", "takeover_id", readonly=True)
    ok_count = fields.Integer(readonly=True)
    settled_count = fields.Integer(readonly=True)
    problem_count = fields.Integer(readonly=True)

    # === ACTION METHODS === #

    def action_preview(self):
        """Show what would be taken over, line by line, and what is wrong. Nothing is written to the register."""
        self.ensure_one()
        self._show_plans(self._plan())
        self.state = "preview"
        return self._reopen()

    def action_back(self):
        """Choose again."""
        self.ensure_one()
        self.line_ids.unlink()
        self.state = "choose"
        return self._reopen()

    def action_import(self):
        """Take everything over, planned afresh; nothing at all when a line has a problem."""
        self.ensure_one()
        self.check_access("write")
        plans = self._plan()
        problems = [plan for plan in plans if plan["outcome"] == "problem"]
        if problems:
            raise UserError(
                self.env._(
                    "Nothing was taken over: %(count)s lines have a problem. The first is line %(line)s, invoice "
                    "%(invoice)s: %(problem)s",
                    count=len(problems),
                    line=problems[0]["line"],
                    invoice=problems[0]["invoice"],
                    problem=problems[0]["message"],
                )
            )
        # The facts of the register are written by the taking over alone, once rights were checked.
        facts = self.company_id.sudo()._relance_take_over(plans)
        if not facts:
            raise UserError(self.env._("Nothing to take over: all these invoices are settled."))
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        return action | {"domain": [("id", "in", facts.ids)], "context": {}}

    # === READING === #

    def _plan(self):
        """Return the plans of ``res.company._relance_plan_takeover`` for what was chosen."""
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("Choose one of your companies."))
        steps = self._get_chosen_steps() if self.move_ids else self._get_file_steps()
        return self.company_id._relance_plan_takeover(steps)

    def _get_chosen_steps(self):
        """Return the steps of the chosen invoices."""
        self.move_ids.check_access("read")
        if not self.level_id or not self.date:
            raise UserError(self.env._("Choose the last level that was sent, and its date."))
        if self.move_ids.company_id != self.company_id:
            raise UserError(self.env._("Choose invoices of one company at a time: %s.", self.company_id.name))
        return [
            {
                "line": rank,
                "invoice": move.name,
                "level": self.level_id.name,
                "level_id": self.level_id.id,
                "due": None,
                **{name: self[name] or None for name in ("date", "posted_date", "presented_date")},
            }
            for rank, move in enumerate(self.move_ids, start=1)
        ]

    def _get_file_steps(self):
        """Return the steps of the file; a date that cannot be read is a problem of its line."""
        if not self.file:
            raise UserError(self.env._("Choose a CSV file."))
        try:
            rows = read_table(read_base64(self.with_context(bin_size=False).file) or b"", HEADERS)
        except TableError as error:
            raise UserError(self._get_file_message(error.code)) from error
        if not {"invoice", "level", "date"} <= set(rows[0].values):
            raise UserError(self._get_file_message("no_header"))
        return [self._read_step(row) for row in rows]

    def _read_step(self, row):
        days = {name: read_day(row.values.get(name, "")) for name in DATES}
        unreadable = [row.values[name] for name in DATES if row.values.get(name) and not days[name]]
        step = {"line": row.line, "invoice": row.values["invoice"], "level": row.values["level"], **days}
        if unreadable:
            step["problem"] = self.env._("“%s” is no date: write it as 31/12/2026.", unreadable[0])
        elif not step["invoice"] or not step["level"]:
            step["problem"] = self.env._("The invoice number or the level is missing.")
        return step

    @api.model
    def _get_file_message(self, code):
        """Return what is wrong with a file, and what to do."""
        return {
            "empty": self.env._("The file is empty."),
            "not_csv": self.env._("This is no CSV file: save the sheet as CSV first."),
            "no_header": self.env._(
                "The columns were not found. The first line names them: invoice, level, date, and if you have them due "
                "date, posted on, first presented on."
            ),
            "too_long": self.env._("The file is too long: import 50,000 lines at most at a time."),
        }[code]

    # === PREVIEW === #

    def _show_plans(self, plans):
        """Store ``plans`` as the lines of the preview, problems first, in one statement."""
        self.line_ids.unlink()
        order = {"problem": 0, "settled": 1, "ok": 2}
        plans = sorted(plans, key=lambda plan: order[plan["outcome"]])
        names = (
            "line", "outcome", "message", "invoice", "move_id", "level", "level_id", "date", "posted_date",
            "presented_date",
        )  # fmt: skip
        rows = [{"takeover_id": self.id, **{name: plan[name] for name in names}} for plan in plans]
        if rows:
            insert_rows(self.env, "relance.takeover.line", rows)
        self.invalidate_recordset(["line_ids"])
        counts = [plan["outcome"] for plan in plans]
        self.ok_count, self.settled_count = counts.count("ok"), counts.count("settled")
        self.problem_count = counts.count("problem")

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take History Over"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
