from odoo import api, models
from odoo.tools import split_every

from ..notice.relance_notice_dispatch import TO_DISPATCH
from ..notice.relance_notice_register import DISPATCH_BATCH


class RelanceJob(models.AbstractModel):
    """The jobs: the daily escalation and the sending. Companies, then batches, stand or fall alone."""

    _inherit = "relance.job"

    @api.model
    def _escalate(self):
        """Apply the calendars of every company for its day."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self._commit_progress(remaining=len(companies))
        for company in companies:
            with company._relance_standing_alone():
                self._retrying(company._relance_in_company()._relance_follow_commitments)
            with company._relance_standing_alone():
                self._retrying(company._relance_in_company()._relance_escalate_company)
            if not self._commit_progress(1):
                break

    @api.model
    def _dispatch_pending(self):
        """Seal what waits its turn or was interrupted, then send what is ready, in batches committed one by one."""
        Notice = self.env["relance.notice"]
        drafts = Notice.search(Notice._get_due_draft_domain())._keep_sendable()
        for company, unsealed in drafts.grouped("company_id").items():
            has_time, ours = True, company._relance_in_company()
            with company._relance_standing_alone():
                has_time = self._retrying(unsealed.with_env(ours.env)._seal_in_turn, ours)
            if not has_time:
                return
        ready = Notice.search([("state", "=", "ready")], order="company_id, id")._keep_sendable()
        self._commit_progress(remaining=len(ready))
        for company, notices in ready.grouped("company_id").items():
            ours = company._relance_in_company()
            notices = notices.with_env(ours.env)._keep_ready(ours, TO_DISPATCH)
            for batch_ids in split_every(DISPATCH_BATCH, notices.ids):
                Notice.browse(batch_ids)._dispatch_batch(company)
                if not self._commit_progress(len(batch_ids)):
                    return
