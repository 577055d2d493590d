from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class RelanceRun(models.Model):
    """A batch of dunning: what would be sent, what not and why, then what was sent."""

    _name = "relance.run"
    _description = "Dunning Run"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    date = fields.Date(required=True, default=fields.Date.context_today)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    origin = fields.Selection(
        [("manual", "By hand"), ("cron", "Automatic")], required=True, default="manual", readonly=True
    )
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    line_ids = fields.One2many("relance.run.line", "run_id", string="Instalments", copy=False)
    notice_ids = fields.One2many("relance.notice", "run_id", string="Notices", readonly=True)
    send_count = fields.Integer(compute="_compute_counts")
    stopped_count = fields.Integer(compute="_compute_counts")
    notice_count = fields.Integer(compute="_compute_counts")

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_name(self):
        for run in self:
            run.name = self.env._("Dunning of %s", format_date(self.env, run.date))

    @api.depends("line_ids.selected", "notice_ids")
    def _compute_counts(self):
        lines = self.env["relance.run.line"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "selected"], ["__count"]
        )
        counts = {(run.id, selected): count for run, selected, count in lines}
        notices = dict(self.env["relance.notice"]._read_group([("run_id", "in", self.ids)], ["run_id"], ["__count"]))
        for run in self:
            run.send_count = counts.get((run.id, True), 0)
            run.stopped_count = counts.get((run.id, False), 0)
            run.notice_count = notices.get(run, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        if any(run.state in ("confirmed", "done") for run in self):
            raise UserError(self.env._("A run that made notices cannot be deleted."))

    # === ACTION METHODS === #

    def action_preview(self):
        """Fill the run with a decision and its reason for every instalment worth a look. Nothing is sent."""
        self.check_access("write")
        if any(run.state != "draft" for run in self):
            raise UserError(self.env._("Only a draft run can be previewed again."))
        engine = self.env["relance.engine"]
        for run in self:
            engine._preview(run)
        return True

    def action_confirm(self):
        """Make, seal and queue the notices of the selected instalments.

        The person who confirms approves: every notice goes to the register, whatever its level.
        """
        self.check_access("write")
        engine = self.env["relance.engine"]
        for run in self:
            if run.state != "draft":
                raise UserError(self.env._("This run was confirmed already."))
            if not run.line_ids:
                engine._preview(run)
            engine._confirm(run)
        self.env.ref("relance_fr.ir_cron_dispatch")._trigger()
        return True

    def action_cancel(self):
        """Give the run up: its notices that were not sent are cancelled."""
        self.check_access("write")
        self.notice_ids.filtered(lambda notice: notice.state not in ("sent", "cancelled")).action_cancel()
        self.filtered(lambda run: run.state != "done").state = "cancelled"
        return True

    def action_open_notices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        return action | {"domain": [("run_id", "=", self.id)], "context": {}}

    def _close_requests(self):
        """Close the request to approve once nothing of the run waits for approval."""
        for run in self:
            if not run.notice_ids.filtered(lambda notice: notice.state == "to_approve"):
                run.activity_feedback(["mail.mail_activity_data_todo"])

    def _close_if_done(self):
        """A run is done once none of its notices waits for a next step."""
        for run in self:
            if not run.notice_ids.filtered(lambda notice: notice.state in ("draft", "to_approve", "ready")):
                run.state = "done"

    # === CRON METHODS === #

    @api.model
    def _cron_escalate(self):
        """Apply the escalation calendar of every company for today: decide, draft, seal, and queue for sending."""
        # The job acts for every company, whoever starts it.
        self.env["relance.engine"].sudo()._escalate()

    @api.model
    def _cron_dispatch(self):
        """Send what is ready, finish what an interrupted job left between two steps."""
        # The job acts for every company, whoever starts it.
        self.env["relance.engine"].sudo()._dispatch_pending()

    @api.model
    def _cron_thank(self):
        """Thank the debtors who have paid all they were reminded of, in the companies that want it."""
        # The job acts for every company, whoever starts it.
        self.env["relance.engine"].sudo()._thank()
