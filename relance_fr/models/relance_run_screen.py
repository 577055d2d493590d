from odoo import api, fields, models


class RelanceRun(models.Model):
    """The run as the accountant reviews it: what to send, what is stopped and why."""

    _inherit = "relance.run"

    send_line_ids = fields.One2many(
        "relance.run.line", "run_id", string="To Send", domain=[("decision", "=", "send")], copy=False
    )
    stopped_line_ids = fields.One2many(
        "relance.run.line", "run_id", string="Stopped", domain=[("decision", "!=", "send")], copy=False
    )
    debtor_count = fields.Integer(string="Debtors to Dun", compute="_compute_debtor_count")
    unselected_count = fields.Integer(string="Deselected", compute="_compute_debtor_count")

    @api.depends("line_ids.selected")
    def _compute_debtor_count(self):
        sending = self.env["relance.run.line"]._read_group(
            [("run_id", "in", self.ids), ("decision", "=", "send")],
            ["run_id", "selected"],
            ["partner_id:count_distinct", "__count"],
        )
        counts = {(run.id, selected): (debtors, lines) for run, selected, debtors, lines in sending}
        for run in self:
            run.debtor_count = counts.get((run.id, True), (0, 0))[0]
            run.unselected_count = counts.get((run.id, False), (0, 0))[1]

    # === ACTION METHODS === #

    def action_preview(self):
        result = super().action_preview()
        # The decisions were written set-based.
        self.invalidate_recordset(["send_line_ids", "stopped_line_ids", "debtor_count", "unselected_count"])
        return result

    @api.model
    def action_prepare(self):
        """Open the run to review today, previewed: the draft of the company when there is one, else a new one."""
        company = self.env.company
        today = self.env["relance.engine"]._today(company)
        run = self.search(
            [("company_id", "=", company.id), ("state", "=", "draft"), ("origin", "=", "manual")], limit=1
        )
        stale = not run or run.date != today or not run.line_ids
        if not run:
            run = self.create({"company_id": company.id, "date": today})
        if stale:
            run.date = today
            run.action_preview()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_action")
        return action | {"views": [(False, "form")], "res_id": run.id}

    def action_open_lines(self):
        """Open all the decisions of the run as a list to search, group and select from."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_line_action")
        return action | {"display_name": self.name, "domain": [("run_id", "=", self.id)]}
