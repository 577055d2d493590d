from odoo import api, fields, models


class RelanceEngine(models.AbstractModel):
    """Going live: the day before which the daily job leaves everybody alone; and what else holds every job back."""

    _inherit = "relance.engine"

    @api.model
    def _has_started(self, company, today):
        """Tell whether the daily job of ``company`` works on ``today``."""
        start = company._get_relance_setting("relance_start_date")
        return not start or today >= start

    @api.model
    def _may_write_to_debtors(self, company, today):
        """Tell whether the jobs write to the debtors of ``company`` on ``today``: it went live and tests no more."""
        return not company._get_relance_setting("relance_test_email") and self._has_started(company, today)

    @api.model
    def _get_sending_day(self, company):
        """Return the day on which the jobs of ``company`` may send next."""
        opening = self._get_next_window(company, fields.Datetime.now())
        zoned = self.with_context(tz=company._get_relance_timezone().key)
        return fields.Datetime.context_timestamp(zoned, opening).date()
