from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain
from odoo.tools import format_datetime, format_time


class RelanceEngine(models.AbstractModel):
    """The minutes in which a confirmed campaign may be called back, as if nobody had confirmed it.

    The waiting sits between the draft and the seal: the instalments are taken, so that nothing else duns them, but no
    number is used, no letter made and no e-mail queued. The time is stored on the run and the sending job does the
    rest: nobody has to watch, and a restart changes nothing.
    """

    _inherit = "relance.engine"

    @api.model
    def _get_leaving_time(self, run, notices):
        """Return until when ``run``, just confirmed, may be called back (datetime in UTC); False when it leaves now.

        A single notice sent from an invoice leaves now: who sends it has looked at it alone.
        """
        minutes = run.company_id._get_relance_setting("relance_recall_minutes")
        if not minutes or not notices or (run.origin == "selection" and len(notices) == 1):
            return False
        return fields.Datetime.now() + timedelta(minutes=minutes)

    @api.model
    def _wake_at(self, moment):
        """Let the sending job start at ``moment`` (datetime in UTC)."""
        # Whoever confirms a run need not read the jobs.
        self.env.ref("relance_fr.ir_cron_dispatch").sudo()._trigger(at=moment)

    @api.model
    def _get_due_draft_domain(self):
        """Return the domain of the drafts that the sending job may take: nobody can call them back any more."""
        over = Domain("run_id", "=", False) | Domain("run_id.leaves_at", "=", False)
        return Domain("state", "=", "draft") & (over | Domain("run_id.leaves_at", "<=", fields.Datetime.now()))

    @api.model
    def _get_recallable(self, notices):
        """Return those of ``notices`` whose campaign may still be called back."""
        now = fields.Datetime.now()
        return notices.filtered(lambda notice: notice.run_id.leaves_at and notice.run_id.leaves_at > now)

    @api.model
    def _keep_sealable(self, company, notices, by_job):
        """Return those of the drafts ``notices`` that may enter the register now.

        A job leaves the others for later; whoever asks for them himself is told why not.

        :raises UserError: when a person asks for what may still be called back, or for what the company is not ready
        """
        waiting = self._get_recallable(notices)
        if by_job:
            return self._keep_ready(company, notices - waiting)
        if waiting:
            raise UserError(
                self.env._(
                    "%(campaign)s leaves at %(time)s by itself. Until then you may call it back, and nothing of it is "
                    "sent before.",
                    campaign=waiting.run_id[:1].display_name,
                    time=self._format_leaving(waiting.run_id[:1]),
                )
            )
        self._check_notices_ready(company, notices)
        return notices

    @api.model
    def _format_leaving(self, run):
        """Return when ``run`` leaves, in the time zone of the user: the hour, with the day unless it is today."""
        local = fields.Datetime.context_timestamp(self, run.leaves_at)
        if local.date() == fields.Date.context_today(self):
            return format_time(self.env, local.time(), time_format="short")
        return format_datetime(self.env, run.leaves_at, dt_format="short")

    @api.model
    def _call_back(self, run):
        """Make the confirmed ``run`` a draft again, with all that was chosen; its notices never were.

        :raises UserError: when it is too late, saying what is left to do
        """
        notices = self._lock_to_call_back(run)
        # A notice that somebody cancelled by itself meanwhile is not to come back.
        cancelled = notices.filtered(lambda notice: notice.state == "cancelled")
        self._select_debtors(run.debtor_ids.filtered(lambda row: row.notice_id in cancelled), False)
        gone = notices - cancelled
        amounts = self.env["relance.notice"]._read_group(
            [("id", "in", gone.ids)], ["currency_id"], ["total_amount:sum"]
        )
        body = self.env._(
            "%(user)s called the campaign back before anything left: %(count)s notices, %(amounts)s.",
            user=self.env.user.name,
            count=len(gone),
            amounts=self._format_amounts([[currency.id, amount] for currency, amount in amounts]),
        )
        # Drafts without a number: no user deletes notices, but these are as if they had never been.
        gone.sudo().unlink()
        run.activity_unlink(["mail.mail_activity_data_todo"])
        # Where a run stands is no user's to write.
        run.sudo().write({"state": "draft", "leaves_at": False, "author_id": False})
        run.message_post(body=body)

    @api.model
    def _lock_to_call_back(self, run):
        """Return the notices of ``run``, locked with it, or raise a UserError when it cannot be called back."""
        self._lock_run(run)
        run.invalidate_recordset()
        notices = run.notice_ids
        try:
            notices.lock_for_update()
        except LockError as error:
            raise UserError(self.env._("The notices are being sent at this moment: look again in a minute.")) from error
        notices.invalidate_recordset()
        if run.state != "confirmed" or not run.leaves_at:
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
