from odoo import api, models
from odoo.tools import split_every

from .relance_engine_jobs import DISPATCH_BATCH


class RelanceEngine(models.AbstractModel):
    """The sending job in its turn: what may leave now, within the hours, the cap and the knowledge of the bank."""

    _inherit = "relance.engine"

    @api.model
    def _seal_in_turn(self, company, drafts):
        """Seal the drafts of ``company`` that may leave now; where there are limits, send them at once as well.

        :return: whether the job has time left
        """
        # Before the cap is counted: what waits would take the place of others, day after day.
        drafts = self._put_off_too_close(company, drafts)
        drafts = self._wait_for_bank(company, drafts)
        drafts = self._keep_ready(company, drafts)
        if not drafts:
            return True
        if self._has_no_limit(company):
            self._seal(drafts, commit=self._commit_progress)
            return True
        picked = self._pick_within_cap(company, drafts)
        if picked < drafts:
            self._wake_at_next_window(company, tomorrow=True)
        self._commit_progress(remaining=len(picked))
        for batch_ids in split_every(DISPATCH_BATCH, picked.ids):
            if not self._is_window_open(company):
                self._wake_at_next_window(company)
                return True
            batch = drafts.browse(batch_ids)
            self._seal(batch, commit=self._commit_progress)
            self._dispatch_batch(company, batch.filtered(lambda notice: notice.state == "ready"))
            if not self._commit_progress(len(batch)):
                return False
        return True

    @api.model
    def _has_no_limit(self, company):
        """Tell whether ``company`` lets its notices leave at any time, however many they are."""
        limits = ("relance_daily_cap", "relance_working_days", "relance_window_to")
        return not any(company._get_relance_setting(limit) for limit in limits)

    @api.model
    def _keep_sendable(self, notices):
        """Return the ``notices`` of the companies whose jobs may send now; the job starts again when others may."""
        closed = self.env["res.company"]
        for company in notices.company_id:
            if company._get_relance_setting("relance_test_email"):
                closed |= company
            elif not self._is_window_open(company):
                self._wake_at_next_window(company)
                closed |= company
        return notices.filtered(lambda notice: notice.company_id not in closed)

    @api.model
    def _wait_for_bank(self, company, drafts):
        """Leave out the drafts nobody answers for while the bank is not up to date: facts grew stale as they waited."""
        today = self._today(company)
        unanswered = drafts.filtered(
            lambda notice: (
                not notice.approved_by
                and not notice.run_id.bank_override_reason
                and (notice.run_id.origin == "cron" or notice.date < today)
            )
        )
        if not unanswered:
            return drafts
        state = self._get_bank_state(company, today)
        if state["up_to_date"]:
            return drafts
        self._warn_of_bank(company, state)
        return drafts - unanswered

    @api.model
    def _warn_of_bank(self, company, state):
        """Tell the accountant of ``company`` once that dunning waits for the bank."""
        self._warn_accountant(
            company,
            self.env._("Import the bank statements: customer dunning waits until they are up to date."),
            state["message"],
        )
