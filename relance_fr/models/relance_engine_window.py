from datetime import UTC, datetime, time, timedelta

from odoo import api, fields, models

from ..law.holidays import is_public_holiday

# Longer than any row of days of rest.
HORIZON = 30


class RelanceEngine(models.AbstractModel):
    """When the jobs may seal and send for a company: its hours and its working days. A person is not bound by it."""

    _inherit = "relance.engine"

    @api.model
    def _get_next_window(self, company, now):
        """Return when the jobs may send for ``company``: ``now`` when they may, else the next opening.

        :param now: datetime in UTC, without time zone, as Odoo stores it; so is the answer
        """
        zone = company._get_relance_timezone()
        local = now.replace(tzinfo=UTC).astimezone(zone)
        for days in range(HORIZON):
            day = local.date() + timedelta(days)
            if not self._is_sending_day(company, day):
                continue
            opening, closing = self._get_window_of(company, day, zone)
            if opening <= local < closing:
                return now
            if local < opening:
                return opening.astimezone(UTC).replace(tzinfo=None)
        return now + timedelta(HORIZON)

    @api.model
    def _get_window_of(self, company, day, zone):
        """Return when the jobs begin and stop to send on ``day``, as datetimes of ``zone``."""
        setting = company._get_relance_setting
        midnight = datetime.combine(day, time(), zone)
        # Hours of the clock, whatever it was set to that day.
        start, end = (
            midnight + timedelta(minutes=round(hours * 60))
            for hours in (setting("relance_window_from"), setting("relance_window_to") or 24)
        )
        return start, end

    @api.model
    def _is_sending_day(self, company, day):
        """Tell whether the jobs may send for ``company`` on ``day``."""
        if not company._get_relance_setting("relance_working_days"):
            return True
        return day.weekday() < 5 and not is_public_holiday(day, company._get_relance_setting("relance_holidays"))

    @api.model
    def _is_window_open(self, company):
        """Tell whether the jobs may send for ``company`` now."""
        now = fields.Datetime.now()
        return self._get_next_window(company, now) == now

    @api.model
    def _wake_at_next_window(self, company, tomorrow=False, job="dispatch"):
        """Let the sending job start when it may send for ``company``, once however often it is asked.

        :param tomorrow: not before the next day of the company
        :param job: another job to start (its ``ir_cron_`` name)
        """
        opening = self._get_next_window(company, self._get_end_of_day(company) if tomorrow else fields.Datetime.now())
        # Whoever confirms a run need not read the jobs.
        cron_sudo = self.env.ref(f"relance_fr.ir_cron_{job}").sudo()
        # Nor what they are asked for.
        asked = (
            self.env["ir.cron.trigger"]
            .sudo()
            .search_count([("cron_id", "=", cron_sudo.id), ("call_at", "=", opening)], limit=1)
        )
        if not asked:
            cron_sudo._trigger(at=opening)

    @api.model
    def _get_end_of_day(self, company):
        """Return when the next day of ``company`` begins, in UTC without time zone."""
        zone = company._get_relance_timezone()
        tomorrow = self._today(company) + timedelta(days=1)
        return datetime.combine(tomorrow, time(), zone).astimezone(UTC).replace(tzinfo=None)
