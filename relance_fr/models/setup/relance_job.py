from odoo import api, models
from odoo.exceptions import ConcurrencyError
from odoo.service.model import retrying
from psycopg2.errors import UniqueViolation


class RelanceJob(models.AbstractModel):
    """What all jobs share: progress committed on the way, work taken up again after a conflict."""

    _name = "relance.job"
    _description = "Dunning Jobs"

    # === PROGRESS === #

    @api.model
    def _commit_progress(self, processed=0, remaining=None):
        """Commit and report progress inside a cron job; elsewhere the caller's transaction decides.

        :return: the seconds left to the job, 0 when it must stop
        """
        if self.env.context.get("ir_cron_progress_id"):
            return self.env["ir.cron"]._commit_progress(processed, remaining=remaining)
        return float("inf")

    # === CONFLICTS === #

    @api.model
    def _retrying(self, work, *args, **kwargs):
        """Call ``work``, again from its last commit when another transaction was faster, a few times at most.

        Outside a job the caller does that. Core would only run the job again at its next time, a day later.
        """
        if not self.env.context.get("ir_cron_progress_id"):
            return work(*args, **kwargs)

        def attempt():
            try:
                return work(*args, **kwargs)
            except UniqueViolation as error:
                # Once is once: somebody dunned the same instalment meanwhile, which the next attempt will see.
                raise ConcurrencyError(str(error)) from error

        return retrying(attempt, self.env)
