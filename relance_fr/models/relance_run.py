from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..tools.defaults import without_defaults

# A draft computed less long ago is not computed again because its form opens.
FRESH_SECONDS = 20

# What a run covers: changed, it must be previewed again.
SCOPE_FIELDS = frozenset({"date", "company_id", "calendar_ids", "level_ids", "minimum_amount", "move_ids"})
# Who confirmed a run, and whether customers got it: written by confirming it.
CONFIRMED_FIELDS = frozenset({"author_id", "is_test"})
# Where a run comes from and stands: written by the engine alone.
SYSTEM_FIELDS = frozenset(
    {
        "state", "origin", "to_preview", "move_ids", "debtor_ids", "line_ids", "leaves_at", "previewed_on",
        "previewed_by", "changes", "filtered_out",
    }
)  # fmt: skip


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
        [("manual", "By hand"), ("selection", "From invoices"), ("cron", "Automatic")],
        required=True,
        default="manual",
        readonly=True,
        copy=False,
    )
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    calendar_ids = fields.Many2many(
        "relance.calendar", string="Calendars", help="Only the debtors of these calendars. Empty: all of them."
    )
    level_ids = fields.Many2many(
        "relance.level", string="Levels", help="Only what comes to these levels. Empty: all of them."
    )
    minimum_amount = fields.Monetary(
        string="Minimum Owed", help="Only the debtors who owe this sum at least, all their invoices together."
    )
    move_ids = fields.Many2many("account.move", string="Chosen Invoices", readonly=True, copy=False)
    to_preview = fields.Boolean(readonly=True, copy=False, help="The date or the filters changed since the preview.")
    previewed_on = fields.Datetime("Computed on", readonly=True, copy=False)
    previewed_by = fields.Many2one("res.users", "Computed by", readonly=True, copy=False)
    # What was different when it was last computed again, see ``_compare_debtors`` of the engine.
    changes = fields.Json("What Changed Since", readonly=True, copy=False)
    # What the filters leave out: ``{"count": debtors, "amounts": [[currency id, amount left]]}``.
    filtered_out = fields.Json(readonly=True, copy=False)
    leaves_at = fields.Datetime(
        readonly=True, copy=False, help="Until then the campaign may be called back, and nothing of it leaves."
    )
    line_ids = fields.One2many("relance.run.line", "run_id", string="Instalments", copy=False)
    debtor_ids = fields.One2many("relance.run.debtor", "run_id", string="Notices to Come", copy=False)
    notice_ids = fields.One2many("relance.notice", "run_id", string="Notices", readonly=True)
    send_count = fields.Integer(compute="_compute_counts")
    stopped_count = fields.Integer(compute="_compute_counts")
    notice_count = fields.Integer(compute="_compute_counts")

    @api.depends("date", "is_test")
    @api.depends_context("lang")
    def _compute_name(self):
        for run in self:
            name = self.env._("Dunning of %s", format_date(self.env, run.date))
            run.name = self.env._("%s (test)", name) if run.is_test else name

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

    @api.model_create_multi
    def create(self, vals_list):
        self._check_not_by_hand({name for vals in vals_list for name in vals})
        self = without_defaults(self, CONFIRMED_FIELDS | SYSTEM_FIELDS)
        return super().create(vals_list)

    def write(self, vals):
        self._check_not_by_hand(vals.keys())
        self._check_still_open(vals.keys())
        if SCOPE_FIELDS & vals.keys():
            vals = {"to_preview": True, **vals}
        return super().write(vals)

    def _check_not_by_hand(self, names):
        """Raise an AccessError when a user writes one of the fields ``names`` that the engine alone writes."""
        if self.env.su:
            return
        if CONFIRMED_FIELDS & names:
            raise AccessError(self.env._("Who confirmed a run is written down by confirming it."))
        if SYSTEM_FIELDS & names:
            raise AccessError(self.env._("The state of a run is not written by hand: use its buttons."))

    def _check_still_open(self, names):
        """Raise a UserError when a field of ``names`` says what a confirmed run covers, or why it could leave."""
        says_why = "bank_override_reason" in names
        if not (says_why or SCOPE_FIELDS & names) or all(run.state == "draft" for run in self):
            return
        if says_why:
            raise UserError(self.env._("The run was confirmed: why it could leave cannot be changed."))
        raise UserError(self.env._("This run was confirmed: what it covers cannot be changed any more."))

    # === ACTION METHODS === #

    def action_preview(self):
        """Decide for every instalment worth a look, as things are now. What a person chose is kept; nothing is sent.

        :raises UserError: when the run was confirmed, or its day is over
        """
        self.check_access("write")
        for run in self:
            if run.state == "draft" and run.date < self.env["relance.engine"]._today(run.company_id):
                raise UserError(self.env._("A preview is for today or a later day: change the date."))
            run._bring_up_to_date()
        return True

    def action_bring_up_to_date(self):
        """Compute drafts again as things are today; a draft of a day that is over becomes that of today."""
        self.check_access("write")
        for run in self:
            run._bring_up_to_date()
        return True

    def _bring_up_to_date(self):
        """Decide afresh and keep what was chosen.

        :return: what changed since it was computed before, see ``_compare_debtors`` of the engine; None if nothing did
        """
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("Only a draft run can be previewed again."))
        today = self.env["relance.engine"]._today(self.company_id)
        if self.date < today:
            self.date = today
        changes = self.env["relance.engine"]._preview(self)
        # Whether a run is computed is no user's to write.
        self.sudo().to_preview = False
        return changes

    def action_open_up_to_date(self):
        """Bring the drafts among these runs up to date as somebody opens them; who may only read sees them as they are.

        Called by the form each time it opens, also right after the run was computed: that is not done twice.
        """
        recent = fields.Datetime.now() - timedelta(seconds=FRESH_SECONDS)
        drafts = self.filtered(
            lambda run: run.state == "draft" and not (run.previewed_on and run.previewed_on > recent)
        )
        if drafts and drafts.has_access("write"):
            drafts.action_bring_up_to_date()
            return True
        return False

    def action_confirm(self):
        """Make the notices of the selected instalments; they leave once the run cannot be called back any more.

        The person who confirms approves: every notice goes to the register, whatever its level. What would leave is
        computed again first. What was not on the screen (another debtor, a larger sum, another level) is shown and
        waits for a second click; what fell away meanwhile just does not leave. A screen says when what it shows was
        computed (``relance_seen_on`` of its button's context, as ``previewed_on``): what changed since, on another
        screen, was not on this one.

        :return: True, or the action that shows what changed: the run is a draft still
        """
        self.check_access("write")
        engine = self.env["relance.engine"]
        unseen = self.browse()
        for run in self:
            if run._is_changed() or run._has_changed_since(self.env.context.get("relance_seen_on")):
                unseen |= run
                continue
            run._check_before_confirm()
            engine._confirm(run)
        if self - unseen:
            # Whoever confirms a run need not read the jobs.
            self.env.ref("relance_fr.ir_cron_dispatch").sudo()._trigger()
        return unseen._get_changed_action() if unseen else True

    def _is_changed(self):
        """Bring a draft up to date; tell whether it now holds something that whoever confirms it has not seen."""
        self.ensure_one()
        today = self.env["relance.engine"]._today(self.company_id)
        # What is not to be computed again is refused by the checks.
        if self.state != "draft" or self.date > today or self.to_preview:
            return False
        is_first = not (self.previewed_on or self.line_ids)
        changes = self._bring_up_to_date()
        return bool(not is_first and changes and changes["to_see"])

    def _has_changed_since(self, seen_on):
        """Tell whether anything of a draft changed since ``seen_on``, when a screen was computed (UTC, as a text)."""
        self.ensure_one()
        until = (self.changes or {}).get("until", "")
        return self.state == "draft" and isinstance(seen_on, str) and until > seen_on

    def _get_changed_action(self):
        """Return the action that shows these runs again, telling that they changed."""
        # The dialog of invoices closed as its button was clicked.
        in_dialog = all(run.origin == "selection" for run in self)
        reload = {"type": "ir.actions.client", "tag": "soft_reload"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Nothing was sent: things have changed"),
                "message": self.env._(
                    "The campaign was computed again and your choices were kept. Look at what changed, then confirm."
                ),
                "next": self._get_selection_action() if in_dialog else reload,
            },
        }

    def action_call_back(self):
        """Make confirmed campaigns drafts again, with all their choices, while nothing of them has left.

        :raises UserError: when it is too late
        """
        self.check_access("write")
        for run in self:
            self.env["relance.engine"]._call_back(run)
        return True

    def _check_before_confirm(self):
        """Raise a UserError unless the run may be confirmed now, saying what to do first; write down who confirms it.

        Called for each run a person confirms, before any notice is made. An override checks more.
        """
        self.ensure_one()
        self._check_day()
        self._check_up_to_date()
        engine = self.env["relance.engine"]
        engine._check_run_ready(self)
        bank = engine._get_bank_state(self.company_id, engine._today(self.company_id))
        self._check_bank(bank)
        # Who confirms is a fact that nobody writes himself.
        self.sudo().author_id = self.env.user.id
        self._log_bank_override(bank)

    def _check_day(self):
        """Raise a UserError unless the run is a draft of the company's day."""
        today = self.env["relance.engine"]._today(self.company_id)
        if self.state != "draft":
            raise UserError(self.env._("This run was confirmed already."))
        if self.date > today:
            raise UserError(
                self.env._(
                    "This is the preview of %s. Confirm it on that day, or set the date to today and preview again.",
                    format_date(self.env, self.date),
                )
            )
        if self.date < today:
            raise UserError(
                self.env._(
                    "This preview is that of %s, things have changed since. Set the date to today and preview again.",
                    format_date(self.env, self.date),
                )
            )

    def _check_up_to_date(self):
        """Raise a UserError unless the notices to come are computed as things are, and can be made."""
        if self.to_preview:
            raise UserError(
                self.env._("The date or the filters changed: bring the campaign up to date before you confirm.")
            )
        if self.warning:
            raise UserError(self.warning)

    def action_cancel(self):
        """Give the run up: its notices that were not sent are cancelled."""
        self.check_access("write")
        self.notice_ids.filtered(lambda notice: notice.state not in ("sent", "cancelled")).action_cancel()
        # Where a run stands is no user's to write.
        self.sudo().filtered(lambda run: run.state != "done").state = "cancelled"
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
