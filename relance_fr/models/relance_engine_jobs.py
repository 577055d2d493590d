import logging
from contextlib import contextmanager

from odoo import api, models
from odoo.addons.base.models.ir_qweb import QWebError
from odoo.exceptions import UserError
from odoo.tools import SQL, plaintext2html, split_every

from ..tools.reading import Reading
from .relance_engine_readiness import TO_DISPATCH

_logger = logging.getLogger(__name__)

DISPATCH_BATCH = 100


class RelanceEngine(models.AbstractModel):
    """The jobs: the daily escalation and the sending. Companies, then batches, stand or fall alone."""

    _inherit = "relance.engine"

    @api.model
    def _escalate(self):
        """Apply the calendars of every company for its day."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self._commit_progress(remaining=len(companies))
        for company in companies:
            with self._standing_alone(company):
                self._retrying(self._in_company(company)._follow_commitments, company)
            with self._standing_alone(company):
                self._retrying(self._in_company(company)._escalate_company, company)
            if not self._commit_progress(1):
                break

    @api.model
    @contextmanager
    def _standing_alone(self, company):
        """Let an error of the user's making stop this piece of a job only, and tell the accountant of ``company``.

        A missing rate, a broken template or logo is the accountant's to mend.
        Outside a job the error goes to whoever called.
        """
        try:
            yield
        except UserError as error:
            if not self.env.context.get("ir_cron_progress_id"):
                raise
            self.env.cr.rollback()
            _logger.info("Dunning of %s stopped: %s", company.name, error)
            self._warn_accountant(company, str(error))

    @api.model
    def _escalate_company(self, company):
        """Decide, draft and seal what is due today in ``company``. Run again the same day, it finds nothing to do.

        :return: the run (``relance.run``), empty when nothing was due
        """
        today = self._today(company)
        self._refresh_passed(company, today)
        if not self._has_started(company, today):
            return self.env["relance.run"]
        if company._get_relance_setting("relance_test_email"):
            return self._escalate_trial(company, today)
        self._apply_approval_deadline(company, today)
        reasons = self._get_reasons_today(company, today)
        if "due" not in reasons and "bank_not_up_to_date" in reasons:
            self._warn_of_bank(company, self._get_bank_state(company, today))
        if "not_ready" in reasons:
            self._warn_not_ready(company)
        if not reasons & {"due", "no_address"}:
            return self.env["relance.run"]
        run = self.env["relance.run"]._create_automatic(company, today)
        self._decide(run, by_hand=False)
        self._fail_unreachable(run)
        notices = self._draft(run, approved=False)
        # Where a run stands is no user's to write.
        run.sudo().state = "confirmed"
        # Asked for with the drafts themselves: a job that ends here leaves nobody in the dark.
        self._ask_approval(run)
        # It is the system's to close.
        run.sudo()._close_if_done()
        self._commit_progress()
        drafts = notices.filtered(lambda notice: notice.state == "draft")
        if self._seals_at_once(run, drafts):
            self._seal(drafts, commit=self._commit_progress)
        # Whoever starts the escalation need not read the jobs.
        self.env.ref("relance_fr.ir_cron_dispatch").sudo()._trigger()
        return run

    @api.model
    def _get_reasons_today(self, company, today):
        """Return the reasons about the instalments whose level has come to its date: most days there is nothing.

        That no address can be used is left out where whoever is in charge was told already at this level.
        """
        self.env.flush_all()
        reading = Reading(company, today, automatic=True)
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT reason FROM (%s) decided WHERE %s AND (reason <> 'no_address' OR NOT %s)",
                self._query_decision(reading),
                self._sql_comes_today(reading),
                self._sql_told(SQL("decided")),
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _ask_approval(self, run):
        """Ask a person to look at the notices of ``run`` that wait for approval."""
        waiting = run.notice_ids.filtered(lambda notice: notice.state == "to_approve")
        if waiting:
            run.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Notices to approve: %s", len(waiting)),
                user_id=self._get_approver(run).id,
            )

    @api.model
    def _warn_accountant(self, company, message, note=None):
        """Tell the accountant of ``company`` once, by an activity on the company's address card.

        :param note: what to say beside ``message``, plain text; the newest is kept
        """
        partner = company.partner_id
        known = partner.activity_ids.filtered(lambda activity: activity.summary == message[:200])
        if known and note:
            known.note = plaintext2html(note)
        elif not known:
            partner.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=message[:200],
                note=plaintext2html(note or message),
                user_id=self._get_accountant(company).id,
            )

    @api.model
    def _get_accountant(self, company):
        """Return who looks after dunning in ``company``: its signatory, else its first accounting manager."""
        signatory = company._get_relance_setting("relance_signatory_id")
        # Colleagues are not readable by everybody in all companies.
        managers = self.env.ref("account.group_account_manager").sudo().all_user_ids
        here = managers.filtered(lambda user: user.active and not user.share and company in user.company_ids)
        return (signatory or here.sorted("id")[:1] or self.env.ref("base.user_root")).sudo(False)

    # === SENDING === #

    @api.model
    def _dispatch_pending(self):
        """Seal what waits its turn or was interrupted, then send what is ready, in batches committed one by one."""
        Notice = self.env["relance.notice"]
        drafts = self._keep_sendable(Notice.search(self._get_due_draft_domain()))
        for company, unsealed in drafts.grouped("company_id").items():
            has_time = True
            with self._standing_alone(company):
                has_time = self._retrying(self._in_company(company)._seal_in_turn, company, unsealed)
            if not has_time:
                return
        ready = self._keep_sendable(Notice.search([("state", "=", "ready")], order="company_id, id"))
        self._commit_progress(remaining=len(ready))
        for company, notices in ready.grouped("company_id").items():
            notices = self._in_company(company)._keep_ready(company, notices, TO_DISPATCH)
            for batch_ids in split_every(DISPATCH_BATCH, notices.ids):
                self._dispatch_batch(company, Notice.browse(batch_ids))
                if not self._commit_progress(len(batch_ids)):
                    return

    @api.model
    def _dispatch_batch(self, company, notices):
        """Send ``notices`` together; when one of them cannot be made out, it fails and the others are sent."""
        error = self._try_dispatch(company, notices)
        if not error:
            return
        if len(notices) == 1:
            self._fail_technically(company, notices, error)
            return
        half = len(notices) // 2
        for part in (notices[:half], notices[half:]):
            self._dispatch_batch(company, part)
            self._commit_progress()

    @api.model
    def _try_dispatch(self, company, notices):
        """Send ``notices``; inside a job, return the error that undid it (a template that cannot be rendered)."""
        try:
            self._retrying(self._dispatch, notices)
        except (UserError, QWebError) as error:
            if not self.env.context.get("ir_cron_progress_id"):
                raise
            self.env.cr.rollback()
            _logger.info("Notices of %s not sent together: %s", company.name, error)
            return error
        return None

    @api.model
    def _commit_progress(self, processed=0, remaining=None):
        """Commit and report progress inside a cron job; elsewhere the caller's transaction decides.

        :return: the seconds left to the job, 0 when it must stop
        """
        if self.env.context.get("ir_cron_progress_id"):
            return self.env["ir.cron"]._commit_progress(processed, remaining=remaining)
        return float("inf")
