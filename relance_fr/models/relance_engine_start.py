from odoo import api, models


class RelanceEngine(models.AbstractModel):
    """Going live: the day before which the daily job leaves everybody alone."""

    _inherit = "relance.engine"

    @api.model
    def _has_started(self, company, today):
        """Tell whether the daily job of ``company`` works on ``today``."""
        start = company.sudo().relance_start_date
        return not start or today >= start
