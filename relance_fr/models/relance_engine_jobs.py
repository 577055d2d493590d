import logging
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

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
                self._in_company(company)._follow_commitments(company)
            with self._standing_alone(company):
                self._in_company(company)._escalate_company(company)
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
        reasons = self._get_reasons_today(company, today)
        if "due" not in reasons:
            if "bank_not_up_to_date" in reasons:
                message = self.env._("Import the bank statements: customer dunning waits until they are up to date.")
                self._warn_accountant(company, message)
            return self.env["relance.run"]
        run = self.env["relance.run"].create({"company_id": company.id, "date": today, "origin": "cron"})
        self._decide(run, by_hand=False)
        notices = self._draft(run, approved=False)
        run.state = "confirmed"
        self._commit_progress()
        self._seal(notices.filtered(lambda notice: notice.state == "draft"), commit=self._commit_progress)
        self._ask_approval(run)
        self.env.ref("relance_fr.ir_cron_dispatch").sudo()._trigger()
        return run

    @api.model
    def _get_reasons_today(self, company, today):
        """Return the reasons about the instalments whose level has come to its date: most days there is nothing."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT reason FROM (%s) decided WHERE %s",
                self._query_decision(company, today, automatic=True),
                self._sql_comes_today(today),
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
                user_id=self._get_accountant(run.company_id).id,
            )

    @api.model
    def _warn_accountant(self, company, message):
        """Tell the accountant of ``company`` once, by an activity on the company's address card."""
        partner = company.partner_id
        if not partner.activity_ids.filtered(lambda activity: activity.summary == message[:200]):
            partner.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=message[:200],
                note=message,
                user_id=self._get_accountant(company).id,
            )

    @api.model
    def _get_accountant(self, company):
        """Return who looks after dunning in ``company``: its signatory, else its first accounting manager."""
        company_sudo = company.sudo()
        signatory = company_sudo._get_relance_setting("relance_signatory_id")
        managers = self.env.ref("account.group_account_manager").sudo().all_user_ids
        here = managers.filtered(lambda user: user.active and not user.share and company in user.company_ids)
        return (signatory or here.sorted("id")[:1] or self.env.ref("base.user_root")).sudo(False)

    # === SENDING === #

    @api.model
    def _dispatch_pending(self):
        """Finish what an interrupted job left unsealed, then send what is ready, in batches committed one by one."""
        Notice = self.env["relance.notice"]
        for company, unsealed in Notice.search([("state", "=", "draft")]).grouped("company_id").items():
            with self._standing_alone(company):
                self._seal(unsealed, commit=self._commit_progress)
        ready = Notice.search([("state", "=", "ready")], order="company_id, id")
        self._commit_progress(remaining=len(ready))
        for company, notices in ready.grouped("company_id").items():
            for batch_ids in split_every(DISPATCH_BATCH, notices.ids):
                self._dispatch_batch(company, Notice.browse(batch_ids))
                if not self._commit_progress(len(batch_ids)):
                    return

    @api.model
    def _dispatch_batch(self, company, notices):
        """Send ``notices`` together; when one of them cannot be sent, send the others one by one."""
        sent = False
        with self._standing_alone(company):
            self._dispatch(notices)
            sent = True
        if sent or len(notices) == 1:
            return
        for notice in notices:
            self._dispatch_batch(company, notice)
            self._commit_progress()

    @api.model
    def _commit_progress(self, processed=0, remaining=None):
        """Commit and report progress inside a cron job; elsewhere the caller's transaction decides.

        :return: the seconds left to the job, 0 when it must stop
        """
        if self.env.context.get("ir_cron_progress_id"):
            return self.env["ir.cron"]._commit_progress(processed, remaining=remaining)
        return float("inf")
