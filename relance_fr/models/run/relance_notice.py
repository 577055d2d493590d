from odoo import models

from ...tools.channels import OPEN_STATES


class RelanceNotice(models.Model):
    """What a campaign learns from its notices."""

    _inherit = "relance.notice"

    def _on_state_changed(self, old, new):
        """Close the requests to approve, and the campaigns, of which nothing waits any more."""
        result = super()._on_state_changed(old, new)
        # Where a campaign stands is no user's to write.
        runs_sudo = self.run_id.sudo()
        if old == "to_approve":
            runs_sudo._close_requests()
        if new not in OPEN_STATES:
            runs_sudo.filtered(lambda run: run.state == "confirmed")._close_if_done()
        return result
