from odoo import api, models
from odoo.exceptions import ConcurrencyError
from odoo.service.model import retrying
from psycopg2.errors import UniqueViolation


class RelanceEngine(models.AbstractModel):
    """Conflicts with people at work: a job does its piece of work again, as the server does for a request."""

    _inherit = "relance.engine"

    @api.model
    def _retrying(self, work, *args, **kwargs):
        """Call ``work``, again from its last commit when another transaction was faster, a few times at most.

        Outside a job whoever called does that. Core would only run the job again at its next time, a day later.
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
