import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class RelanceEngine(models.AbstractModel):
    """Escalate: the daily job, company by company, each one standing or falling alone."""

    _inherit = "relance.engine"

    @api.model
    def _escalate(self):
        """Apply the calendars of every company for its day."""
        companies = self.env["res.company"].search([])
        self._commit_progress(remaining=len(companies))
        for company in companies:
            try:
                self.with_company(company)._escalate_company(company)
            except UserError as error:
                if not self.env.context.get("ir_cron_progress_id"):
                    raise
                # A missing rate or setting stops this company only; somebody must know.
                self.env.cr.rollback()
                _logger.info("Dunning of %s stopped: %s", company.name, error)
                self._warn_accountant(company, str(error))
            if not self._commit_progress(1):
                break

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
            run.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("%s notices to approve", len(waiting)),
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
