from odoo import models
from odoo.tools import SQL

from ...tools.channels import OPEN_STATES


class RelanceNotice(models.Model):
    """What a campaign learns from its notices."""

    _inherit = "relance.notice"

    def _on_state_changed(self, old, new):
        """Close the requests to approve, and the campaigns, of which nothing waits any more."""
        result = super()._on_state_changed(old, new)
        if old == "to_approve":
            self._get_runs_without(["to_approve"]).activity_feedback(["mail.mail_activity_data_todo"])
        if new not in OPEN_STATES:
            self._get_runs_without(OPEN_STATES).filtered(lambda run: run.state == "confirmed").state = "done"
        return result

    def _get_runs_without(self, states):
        """Return the campaigns (sudo) of these notices that have none in ``states`` any more, in one statement."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT run.id FROM relance_run run
                 WHERE run.id IN (SELECT run_id FROM relance_notice WHERE id = ANY(%(ids)s))
                   AND NOT EXISTS (SELECT FROM relance_notice WHERE run_id = run.id AND state = ANY(%(states)s))
                """,
                ids=self.ids,
                states=list(states),
            )
        )
        # Where a campaign stands is no user's to write, and who stops a notice need not be allowed to read it.
        return self.env["relance.run"].sudo().browse([row[0] for row in rows])
