from datetime import timedelta

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.reading import Reading


class ResCompany(models.Model):
    """The daily job in a company: decide, draft, seal; approvals nobody gave in time; test mode."""

    _inherit = "res.company"

    def _relance_escalate_company(self):
        """Decide, draft and seal what is due today in the company. Run again the same day, it finds nothing to do.

        :return: the run (``relance.run``), empty when nothing was due
        """
        today = self._relance_today()
        self._relance_refresh_passed(today)
        if not self._relance_has_started(today):
            return self.env["relance.run"]
        if self._get_relance_setting("relance_test_email"):
            return self._relance_escalate_trial(today)
        self._relance_apply_approval_deadline(today)
        self._relance_withdraw_letters()
        reasons = self._relance_get_reasons_today(today)
        if "due" not in reasons and "bank_not_up_to_date" in reasons:
            self._relance_warn_of_bank(self._relance_get_bank_state(today))
        if "not_ready" in reasons:
            self._relance_warn_not_ready()
        if not reasons & {"due", "no_address"}:
            return self.env["relance.run"]
        run = self.env["relance.run"]._create_automatic(self, today)
        run._decide(by_hand=False)
        run._fail_unreachable()
        notices = run._draft(approved=False)
        # Where a run stands is no user's to write.
        run.sudo().state = "confirmed"
        # Asked for with the drafts themselves: a job that ends here leaves nobody in the dark.
        run._ask_approval()
        # It is the system's to close.
        run.sudo()._close_if_done()
        self.env["relance.job"]._commit_progress()
        drafts = notices.filtered(lambda notice: notice.state == "draft")
        if run._seals_at_once(drafts):
            drafts._seal(commit=self.env["relance.job"]._commit_progress)
        # A user who starts the escalation need not read the jobs.
        self.env.ref("relance_fr.ir_cron_dispatch").sudo()._trigger()
        return run

    def _relance_get_reasons_today(self, today):
        """Return the reasons about the instalments whose level has come to its date: most days there is nothing.

        That no address can be used is left out where the person in charge was told already at this level.
        """
        self.env.flush_all()
        reading = Reading(self, today, automatic=True)
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT reason FROM (%s) decided WHERE %s AND (reason <> 'no_address' OR NOT %s)",
                self.env["relance.decision"]._query_decision(reading),
                self.env["relance.decision"]._sql_comes_today(reading),
                self.env["relance.notice"]._sql_told(SQL("decided")),
            )
        )
        return {row[0] for row in rows}

    def _relance_apply_approval_deadline(self, today):
        """Send, or let lapse, what nobody approved in time, as the company chose. Called by the daily job.

        :return: the notices whose time had passed
        """
        days = self._get_relance_setting("relance_approval_days")
        if not days:
            return self.env["relance.notice"]
        late = self.env["relance.notice"].search(
            Domain("company_id", "=", self.id)
            & Domain("state", "=", "to_approve")
            & Domain("date", "<", today - timedelta(days=days - 1))
        )
        if late and self._get_relance_setting("relance_approval_expiry") == "send":
            late._release_unapproved(days)
        elif late:
            late._cancel_unapproved(self, today, days)
        late.run_id._close_requests()
        late.run_id.filtered(lambda run: run.state == "confirmed")._close_if_done()
        return late

    def _relance_escalate_trial(self, today):
        """Test what the daily job would send today in the company, each level of an instalment once.

        :return: the run (``relance.run``) that remembers it, empty when there is nothing new
        """
        if "due" not in self._relance_get_reasons_today(today):
            return self.env["relance.run"]
        run = self.env["relance.run"]._create_automatic(self, today)
        # What a run is, is no user's to write.
        run.sudo().is_test = True
        run._decide(by_hand=False)
        run._forget_tried()
        if not run.line_ids.filtered("selected"):
            run.unlink()
            return self.env["relance.run"]
        run._send_trial()
        return run
