from datetime import timedelta

from markupsafe import Markup, escape
from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.channels import OPEN_STATES
from ...tools.defaults import without_defaults
from ...tools.reading import Reading
from ...tools.shown_day import company_day, fill_company_day

# A draft computed less long ago is not computed again because its form opens.
FRESH_SECONDS = 20

# What a run covers: changed, it must be previewed again.
SCOPE_FIELDS = frozenset({"date", "company_id", "calendar_ids", "level_ids", "minimum_amount", "move_ids"})

# Who confirmed a run, and whether customers got it: written by confirming it.
CONFIRMED_FIELDS = frozenset({"author_id", "is_test"})

# Where a run comes from and stands: written by the campaign alone.
SYSTEM_FIELDS = frozenset(
    {
        "state", "origin", "to_preview", "move_ids", "debtor_ids", "line_ids", "leaves_at", "previewed_on",
        "previewed_by", "changes", "filtered_out",
    }
)  # fmt: skip

# More notices than that are made by the sending job: nobody waits for hundreds of letters in front of a screen.
SEALED_AT_ONCE = 20


class RelanceRun(models.Model):
    """A batch of dunning: what would be sent, what not and why, then what was sent.

    A draft is computed and computed again until a person, or the daily job, confirms it: then its notices are made.
    They leave once nobody can call the run back any more. What it decides and drafts is in ``relance_run_draft.py``,
    what its form shows and what came of it in ``relance_run_result.py``.
    """

    _name = "relance.run"
    _description = "Dunning Run"
    _order = "date desc, id desc"
    _check_company_auto = True
    _inherit = ["mail.thread", "mail.activity.mixin"]

    name = fields.Char(compute="_compute_name")
    date = fields.Date(required=True, default=company_day)
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
    # What was different when it was last computed again, see ``_compare_debtors``.
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
    stopped_line_ids = fields.One2many(
        "relance.run.line", "run_id", string="Not Sent", domain=[("decision", "!=", "send")], copy=False
    )
    author_id = fields.Many2one("res.users", string="Confirmed by", readonly=True, copy=False)
    is_test = fields.Boolean("Test", readonly=True, copy=False, help="Sent to the test address; no customer got it.")
    bank_override_reason = fields.Text(
        "Why Send Anyway", copy=False, help="Why this campaign may leave although the bank is not up to date."
    )
    bank_late = fields.Boolean(compute="_compute_safety")
    bank_seen = fields.Boolean(compute="_compute_safety")
    bank_message = fields.Char("Bank", compute="_compute_safety")
    departure_message = fields.Char(compute="_compute_safety")
    # ``{"ready": [titles], "lacks": [dicts]}``; a lack: ``key``, ``title``, ``text``, ``blocking`` (else a person may
    # send all the same, saying why), ``notices``, ``letters`` and ``amounts`` (``[currency id, amount]``) it concerns.
    readiness = fields.Json("Before You Confirm", compute="_compute_readiness")
    is_blocked = fields.Boolean(compute="_compute_readiness")
    recall_minutes = fields.Integer(compute="_compute_safety")
    test_email = fields.Char(compute="_compute_safety")

    # === COMPUTE METHODS === #

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

    @api.depends("company_id", "state", "line_ids.selected", "notice_ids.state")
    def _compute_safety(self):
        states = {company: company._relance_get_bank_state(company._relance_today()) for company in self.company_id}
        for run in self:
            state = states.get(run.company_id)
            asked = run.state == "draft" and bool(run.company_id)
            run.test_email = asked and run.company_id._get_relance_setting("relance_test_email")
            run.bank_late = bool(state) and run.state == "draft" and not run.test_email and not state["up_to_date"]
            run.bank_seen = bool(state and state["last_date"])
            run.bank_message = state and state["message"]
            waits = bool(run.company_id) and not run.test_email
            run.recall_minutes = waits and run.company_id._get_relance_setting("relance_recall_minutes")
            run.departure_message = not run.test_email and run._get_departure_message()

    @api.depends("company_id", "state", "debtor_ids.selected", "debtor_ids.channel", "debtor_ids.level_id", "bank_late")
    @api.depends_context("lang")
    def _compute_readiness(self):
        for run in self:
            run.readiness = run._prepare_readiness()
            run.is_blocked = any(lack["blocking"] for lack in run.readiness["lacks"])

    def _prepare_readiness(self):
        """Return what stands ready before the run is confirmed and what does not, with what each concerns."""
        self.ensure_one()
        if self.state != "draft" or not self.company_id or self.test_email:
            return {"ready": [], "lacks": []}
        lacks = self._get_run_lacks()
        if self.bank_late:
            counted = self._count_concerned({"bank": SQL("TRUE")})
            lacks += [
                {
                    "key": "bank",
                    "title": self.env._("Bank not up to date"),
                    "text": self.bank_message,
                    "blocking": False,
                    **concerned,
                }
                for concerned in counted.values()
            ]
        lacks += self._get_receipts_to_match()
        found = {lack["key"] for lack in lacks} | set(self.company_id._relance_get_lacking())
        texts = self.company_id._relance_get_lack_texts()
        ready = [title for key, (title, _text) in texts.items() if key not in found]
        if self.bank_seen and not self.bank_late:
            ready.append(self.env._("Bank up to date"))
        return {"ready": ready, "lacks": lacks}

    def _get_receipts_to_match(self):
        """Return which notices ticked claim what a receipt that nobody matched may have paid, see ``readiness``."""
        partner_ids = self.debtor_ids.partner_id.ids if self.origin == "selection" else None
        reading = Reading(self.company_id, self.date, partner_ids)
        doubts = self.env["relance.ledger"]._get_account(reading).doubts
        if not doubts:
            return []
        concerned = self._count_concerned(
            {
                "receipts": SQL(
                    "EXISTS (SELECT FROM relance_run_line claimed WHERE claimed.debtor_id = item.id"
                    " AND claimed.selected AND claimed.line_id = ANY(%s))",
                    list(doubts),
                )
            }
        )
        return [
            {
                "key": key,
                "title": self.env._("Receipts to be matched"),
                "text": self.env._("They may have paid what is claimed here: match them first, or leave these out."),
                "blocking": False,
                **counted,
            }
            for key, counted in concerned.items()
        ]

    def _get_departure_message(self):
        """Return when what the run sends leaves, "" when at once or when everything left."""
        self.ensure_one()
        if not self.company_id or self.state not in ("draft", "confirmed"):
            return ""
        count = self.debtor_count if self.state == "draft" else 0
        waiting = Domain("run_id", "in", self.ids) & Domain("state", "=", "draft")
        if not count and not self.env["relance.notice"].search_count(waiting, limit=1):
            return ""
        return self.company_id._relance_get_departure_message(count)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self._check_not_by_hand({name for vals in vals_list for name in vals})
        self = without_defaults(self, CONFIRMED_FIELDS | SYSTEM_FIELDS)
        return super().create(fill_company_day(self.env, vals_list, "date"))

    @api.onchange("company_id")
    def _onchange_company_id(self):
        if self.company_id and not self._origin:
            self.date = self.company_id._relance_today()

    def write(self, vals):
        self._check_not_by_hand(vals.keys())
        self._check_still_open(vals.keys())
        if SCOPE_FIELDS & vals.keys():
            vals = {"to_preview": True, **vals}
        return super().write(vals)

    def _check_not_by_hand(self, names):
        """Raise an AccessError when a user writes one of the fields ``names`` that the campaign alone writes."""
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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        if any(run.state in ("confirmed", "done") for run in self):
            raise UserError(self.env._("A run that made notices cannot be deleted."))

    @api.autovacuum
    def _gc_selections(self):
        """Delete the runs opened from invoices that nobody confirmed, a day later."""
        yesterday = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        self.search([("origin", "=", "selection"), ("state", "=", "draft"), ("create_date", "<", yesterday)]).filtered(
            lambda run: not run.notice_ids
        ).unlink()

    # === CRON METHODS === #

    @api.model
    def _cron_escalate(self):
        """Apply the escalation calendar of every company for today: decide, draft, seal, and queue for sending."""
        # The job acts for every company, no matter who starts it.
        self.env["relance.job"].sudo()._escalate()

    @api.model
    def _cron_dispatch(self):
        """Send what is ready, finish what an interrupted job left between two steps."""
        # The job acts for every company, no matter who starts it.
        self.env["relance.job"].sudo()._dispatch_pending()

    @api.model
    def _cron_thank(self):
        """Thank the debtors who have paid all they were reminded of, in the companies that want it."""
        # The job acts for every company, no matter who starts it.
        self.env["res.company"].sudo()._relance_thank()

    # === BUSINESS METHODS - DRAFT === #

    @api.model
    def _create_for_moves(self, moves):
        """Return new draft runs for the invoices ``moves``, one for each of their companies, not previewed yet."""
        self.check_access("create")
        # Where a run comes from is no user's to write.
        runs_sudo = self.sudo().create(
            [
                {
                    "company_id": company.id,
                    "date": company._relance_today(),
                    "origin": "selection",
                    "move_ids": [fields.Command.set(company_moves.ids)],
                }
                for company, company_moves in moves.grouped("company_id").items()
            ]
        )
        return runs_sudo.sudo(self.env.su)

    @api.model
    def _create_automatic(self, company, day):
        """Return the new run of the daily job for ``company`` on ``day``."""
        self.check_access("create")
        # Where a run comes from is no user's to write.
        run_sudo = self.sudo().create({"company_id": company.id, "date": day, "origin": "cron"})
        return run_sudo.sudo(self.env.su)

    def _preview(self):
        """Replace the decisions of a draft by fresh ones, and show the notices they would make.

        What a person chose is kept where it is still possible. Nothing is sent and no notice is made.

        :return: what changed since the run was computed before, None when nothing did or it never was
        """
        self._lock_run()
        known = self._read_debtors()
        moves = self.move_ids if self.origin == "selection" else None
        self._decide(by_hand=self.origin != "cron", moves=moves)
        lost = self._group_debtors(known)
        return self._note_changes(known, lost, moves)

    def _lock_run(self):
        """Let who computes, confirms or calls back the run wait for who does so now; the server then tries again."""
        self.env.flush_all()
        self.env.execute_query(SQL("SELECT id FROM relance_run WHERE id = %s FOR NO KEY UPDATE", self.id))

    def _bring_up_to_date(self):
        """Decide afresh and keep what was chosen.

        :return: what changed since it was computed before, see ``_compare_debtors``; None if nothing did
        """
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("Only a draft run can be previewed again."))
        today = self.company_id._relance_today()
        if self.date < today:
            self.date = today
        changes = self._preview()
        # Whether a run is computed is no user's to write.
        self.sudo().to_preview = False
        return changes

    def _is_changed(self):
        """Bring a draft up to date; tell whether it now holds something that who confirms it has not seen."""
        self.ensure_one()
        today = self.company_id._relance_today()
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

    # === BUSINESS METHODS - CONFIRMATION === #

    def _check_before_confirm(self):
        """Raise a UserError unless the run may be confirmed now, saying what to do first; write down who confirms it.

        Called for each run a person confirms, before any notice is made. An override checks more.
        """
        self.ensure_one()
        self._check_day()
        self._check_up_to_date()
        self._check_run_ready()
        bank = self.company_id._relance_get_bank_state(self.company_id._relance_today())
        self._check_bank(bank)
        # Who confirms is a fact that nobody writes.
        self.sudo().author_id = self.env.user.id
        self._log_bank_override(bank)

    def _check_day(self):
        """Raise a UserError unless the run is a draft of the company's day."""
        today = self.company_id._relance_today()
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

    def _check_bank(self, bank):
        """Raise a UserError while the bank is not up to date, unless somebody says why the run may leave all the same.

        :param bank: what is known of the bank of the company, see ``_relance_get_bank_state``
        """
        # A test leaves for nobody.
        testing = self.company_id._get_relance_setting("relance_test_email")
        if not bank["up_to_date"] and not self._get_bank_override() and not testing:
            raise UserError(
                self.env._(
                    "The bank is not up to date. %s To send all the same, write why on the campaign.", bank["message"]
                )
            )

    def _get_bank_override(self):
        """Return why the run may leave although the bank is not up to date, "" when nobody said."""
        return (self.bank_override_reason or "").strip()

    def _log_bank_override(self, bank):
        """Leave in the chatter who sends although the bank is not up to date, why, and what is known of it."""
        self.ensure_one()
        reason = self._get_bank_override()
        if bank["up_to_date"] or not reason:
            return
        said = self.env._(
            "%(user)s sends although the bank is not up to date: %(reason)s", user=self.env.user.name, reason=reason
        )
        self.message_post(body=Markup("%s<br/>%s") % (escape(said), escape(bank["message"])))

    def _confirm(self):
        """Make the notices of the selected lines of the run and put them in the register.

        Called by a person: who confirms approves, so every notice is sealed, at once or by the sending job. Only what
        the two-person rule keeps waits for somebody else. While the run may be called back, they stay drafts: without
        number, letter nor e-mail. In test mode they are e-mailed to the test address, and none is made.

        :return: the notices (``relance.notice``), none in test mode
        """
        if self.company_id._get_relance_setting("relance_test_email"):
            return self._send_trial()
        notices = self._draft(approved=True)
        # Where a run stands is no user's to write.
        self.sudo().write({"state": "confirmed", "leaves_at": self._get_leaving_time(notices)})
        drafts = notices.filtered(lambda notice: notice.state == "draft")
        if self.leaves_at:
            self.env["relance.notice"]._wake_at(self.leaves_at)
        elif self._seals_at_once(drafts):
            drafts._seal()
        else:
            self.company_id._relance_wake_at_next_window()
        self._ask_approval()
        # Where a run stands is no user's to write.
        self.sudo()._close_if_done()
        return notices

    def _seals_at_once(self, notices):
        """Tell whether who confirms the run waits for ``notices`` to be sealed; else the sending job does it.

        Sealed at once is only what no hours and no cap hold back; a person who sends one notice sends it now. One of a
        campaign is sent by the job: outside the hours it would wait sealed, over Easter until it is stale.
        """
        company = self.company_id
        by_job = self.origin == "cron"
        if len(notices) == 1 and not by_job:
            return self.origin == "selection" or company._relance_is_window_open()
        if company._relance_get_cap_left() is not None or not company._relance_is_window_open():
            return False
        return by_job or len(notices) <= SEALED_AT_ONCE

    def _get_leaving_time(self, notices):
        """Return until when the run, just confirmed, may be called back (datetime in UTC); False when it leaves now.

        A single notice sent from an invoice leaves now: who sends it has looked at it alone.
        """
        minutes = self.company_id._get_relance_setting("relance_recall_minutes")
        if not minutes or not notices or (self.origin == "selection" and len(notices) == 1):
            return False
        return fields.Datetime.now() + timedelta(minutes=minutes)

    # === BUSINESS METHODS - CALL BACK AND END === #

    def _call_back(self):
        """Make the confirmed run a draft again, with all that was chosen; its notices never were.

        :raises UserError: when it is too late, saying what is left to do
        """
        notices = self._lock_to_call_back()
        # A notice that somebody cancelled by itself meanwhile is not to come back.
        cancelled = notices.filtered(lambda notice: notice.state == "cancelled")
        self.debtor_ids.filtered(lambda row: row.notice_id in cancelled)._select_debtors(False)
        gone = notices - cancelled
        amounts = self.env["relance.notice"]._read_group(
            [("id", "in", gone.ids)], ["currency_id"], ["total_amount:sum"]
        )
        body = self.env._(
            "%(user)s called the campaign back before anything left: %(count)s notices, %(amounts)s.",
            user=self.env.user.name,
            count=len(gone),
            amounts=self.env["res.company"]._relance_format_amounts(
                [[currency.id, amount] for currency, amount in amounts]
            ),
        )
        # Drafts without a number: no user deletes notices, but these are as if they had never been.
        gone.sudo().unlink()
        self.activity_unlink(["mail.mail_activity_data_todo"])
        # Where a run stands is no user's to write.
        self.sudo().write({"state": "draft", "leaves_at": False, "author_id": False})
        self.message_post(body=body)

    def _lock_to_call_back(self):
        """Return the notices of the run, locked with it, or raise a UserError when it cannot be called back."""
        self._lock_run()
        self.invalidate_recordset()
        notices = self.notice_ids
        try:
            notices.lock_for_update()
        except LockError as error:
            raise UserError(self.env._("The notices are being sent at this moment: look again in a minute.")) from error
        notices.invalidate_recordset()
        if self.state != "confirmed" or not self.leaves_at:
            raise UserError(self.env._("Only a campaign that was just confirmed can be called back."))
        entered = notices.filtered(lambda notice: notice.name != "/" or notice.seal)
        if entered:
            raise UserError(
                self.env._(
                    "It is too late: %s notices of this campaign are in the register. Cancel it to stop those that did "
                    "not leave yet.",
                    len(entered),
                )
            )
        return notices

    def _close_if_done(self):
        """A run is done once none of its notices waits for a next step."""
        self.filtered(lambda run: not any(notice.state in OPEN_STATES for notice in run.notice_ids)).state = "done"

    # === ACTION METHODS === #

    def action_preview(self):
        """Decide for every instalment worth a look, as things are now. What a person chose is kept; nothing is sent.

        :raises UserError: when the run was confirmed, or its day is over
        """
        self.check_access("write")
        for run in self:
            if run.state == "draft" and run.date < run.company_id._relance_today():
                raise UserError(self.env._("A preview is for today or a later day: change the date."))
            run._bring_up_to_date()
        return True

    def action_bring_up_to_date(self):
        """Compute drafts again as things are today; a draft of a day that is over becomes that of today."""
        self.check_access("write")
        for run in self:
            run._bring_up_to_date()
        return True

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

    def action_review(self):
        """Open the notices to come one by one, at the first that nobody looked at yet."""
        self.ensure_one()
        self.action_open_up_to_date()
        debtors = self.env["relance.run.debtor"]
        of_run = [("run_id", "=", self.id)]
        first = debtors.search([*of_run, ("reviewed", "=", False)], limit=1) or debtors.search(of_run, limit=1)
        if not first:
            raise UserError(self.env._("No notice to go through: this run has nothing to send."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("One by One"),
            "res_model": "relance.run.debtor",
            "views": [(self.env.ref("relance_fr.relance_run_debtor_view_form_review").id, "form")],
            "res_id": first.id,
        }

    def action_send(self):
        """Make the notices ticked. One alone is sent now; several leave once they cannot be called back any more.

        In test mode, show the run that tells what went to the test address.

        :raises UserError: when nothing is left to send
        """
        self.ensure_one()
        confirmed = self.action_confirm()
        if self.state == "draft":
            return confirmed
        notices = self.notice_ids
        if self.is_test:
            # What was sent to the test address is told by the run: nothing entered the register.
            return self._get_form_action()
        if not notices:
            raise UserError(self.env._("Nothing to send: the list says why for each invoice."))
        notices.filtered(lambda notice: notice.state == "ready")._dispatch()
        if any(notice.state == "draft" for notice in notices):
            return self._get_form_action()
        if len(notices) == 1 and notices.state == "sent":
            return self._get_sent_message(notices)
        action = self.action_open_notices()
        return action | ({"views": [(False, "form")], "res_id": notices.id} if len(notices) == 1 else {})

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
        unseen = self.browse()
        for run in self:
            if run._is_changed() or run._has_changed_since(self.env.context.get("relance_seen_on")):
                unseen |= run
                continue
            run._check_before_confirm()
            run._confirm()
        if self - unseen:
            # A user who confirms a run need not read the jobs.
            self.env.ref("relance_fr.ir_cron_dispatch").sudo()._trigger()
        return unseen._get_changed_action() if unseen else True

    def action_call_back(self):
        """Make confirmed campaigns drafts again, with all their choices, while nothing of them has left.

        :raises UserError: when it is too late
        """
        self.check_access("write")
        for run in self:
            run._call_back()
        return True

    def action_ask_cancel(self):
        """Open the dialog that asks why the run is given up; one without notices is given up at once."""
        unsent = self._get_unsent()
        return self.env["relance.notice.cancel"]._ask_why(unsent, self) if unsent else self.action_cancel()

    def _get_unsent(self):
        """Return the notices of the runs that may still be cancelled."""
        return self.notice_ids.filtered(lambda notice: notice.state not in ("sent", "cancelled"))

    def action_cancel(self):
        """Give the run up: its notices that were not sent are cancelled."""
        return self._give_up()

    def _give_up(self, reason=None, until=None):
        """Give the runs up, see ``_give_up`` of ``relance.notice``."""
        self.check_access("write")
        unsent = self._get_unsent()
        # Where a run stands is no user's to write. Given up as a whole first: its last notice would end it as done.
        self.sudo().filtered(lambda run: run.state != "done").state = "cancelled"
        unsent._give_up(reason, until)
        return True

    def action_open_notices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        return action | {"domain": [("run_id", "=", self.id)], "context": {}}

    def action_complete_company(self):
        """Open the first steps of dunning, where what the company lacks is entered."""
        return self.env["ir.actions.client"]._for_xml_id("relance_fr.relance_onboarding_action")

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

    def _get_selection_action(self):
        """Return the action that shows these runs: a dialog for one of them, else the list to take one by one."""
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_action")
        if len(self) > 1:
            title = self.env._("Dunning of the Chosen Invoices")
            return action | {"name": title, "domain": [("id", "in", self.ids)], "context": {}}
        form = self.env.ref("relance_fr.relance_run_view_form_selection")
        return action | {
            "name": self.env._("Send a Dunning Notice"),
            "views": [(form.id, "form")],
            "res_id": self.id,
            "target": "new",
            "domain": [],
            "context": {"dialog_size": "extra-large"},
        }

    def _get_sent_message(self, notice):
        """Return the message that one notice left, with a link to it: the user stays where it was sent from."""
        values = {"debtor": notice.partner_id.display_name, "level": notice.level_id.name}
        if notice.to_post:
            message = self.env._("%(level)s for %(debtor)s: the letter is made, print and post it.", **values)
        else:
            message = self.env._("%(level)s sent to %(debtor)s.", **values)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": f"{message.replace('%', '%%')} %s",
                "links": [{"label": notice.name, "url": f"/odoo/relance.notice/{notice.id}"}],
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_form_action(self):
        """Return the action that opens the run itself, as wide as the page."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_action")
        return action | {"views": [(False, "form")], "res_id": self.id, "domain": [], "context": {}}
