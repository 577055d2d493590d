from odoo import api, fields, models


class RelanceRun(models.Model):
    """The run as the accountant reviews it: what to send, what is stopped and why."""

    _inherit = "relance.run"

    debtor_count = fields.Integer(string="Debtors to Dun", compute="_compute_debtor_count")
    is_to_come = fields.Boolean(string="Of a Day to Come", compute="_compute_is_to_come")
    warning = fields.Char(compute="_compute_warning", help="Why some of the notices ticked cannot be made.")
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

    @api.depends("date", "company_id")
    def _compute_is_to_come(self):
        for run in self:
            run.is_to_come = bool(run.date) and run.date > self.env["relance.engine"]._today(run.company_id)

    @api.depends("debtor_ids.warning", "debtor_ids.selected")
    @api.depends_context("lang")
    def _compute_warning(self):
        lacking = self.env["relance.run.debtor"]._read_group(
            [("run_id", "in", self.ids), ("selected", "=", True), ("warning", "!=", False)],
            ["run_id"],
            ["__count", "warning:min", "partner_id:min"],
        )
        rows = {run: row for run, *row in lacking}
        for run in self:
            count, warning, partner_id = rows.get(run, (0, False, False))
            run.warning = bool(count) and self.env._(
                "%(count)s of the notices ticked cannot be made, that to %(debtor)s among them. %(warning)s",
                count=count,
                debtor=self.env["res.partner"].browse(partner_id).display_name,
                warning=warning,
            )

    # === ACTION METHODS === #

    @api.model
    def action_prepare(self):
        """Open the campaign to review today, previewed: the draft of the company when there is one, else a new one.

        With several companies selected, ask first which ones.
        """
        if len(self.env.companies) > 1:
            return self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_wizard_action")
        company = self.env.company
        today = self.env["relance.engine"]._today(company)
        drafts = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "draft"),
                ("origin", "=", "manual"),
                ("date", "<=", today),
            ],
            order="date desc",
            limit=1,
        )
        run = drafts or self.create({"company_id": company.id, "date": today})
        if run.date != today or run.to_preview or not (run.send_count or run.stopped_count):
            run.date = today
            run.action_preview()
        return run._get_form_action()

    def action_open_lines(self):
        """Open all the decisions of the run as a list to search, group and select from."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_line_action")
        return action | {"display_name": self.name, "domain": [("run_id", "=", self.id)]}
