from odoo import models


class RelanceNotice(models.Model):
    """What a campaign learns from its notices."""

    _inherit = "relance.notice"

    def _close_run_requests(self):
        result = super()._close_run_requests()
        self.run_id._close_requests()
        return result

    def _close_runs(self):
        result = super()._close_runs()
        # Where a campaign stands is no user's to write.
        self.run_id.filtered(lambda run: run.state == "confirmed").sudo()._close_if_done()
        return result
