from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date, format_datetime


class RelanceEngine(models.AbstractModel):
    """How many notices leave a day: counted before they get a number, so that none waits sealed until it is stale."""

    _inherit = "relance.engine"

    @api.model
    def _get_cap_left(self, company):
        """Return how many more notices may leave today by e-mail or post; None when there is no cap."""
        cap = company._get_relance_setting("relance_daily_cap")
        if not cap:
            return None
        self.env.flush_all()
        [[left_today]] = self.env.execute_query(
            SQL(
                """
                SELECT COUNT(*) FROM relance_notice
                 WHERE company_id = %s AND date = %s AND channel <> 'call' AND taken_over IS NOT TRUE
                   AND state IN ('ready', 'sent', 'failed') AND seal IS NOT NULL
                """,
                company.id,
                self._today(company),
            )
        )
        return max(0, cap - left_today)

    @api.model
    def _pick_within_cap(self, company, drafts):
        """Return those of ``drafts`` that may be sealed and leave today: the harshest, then the oldest due first.

        Those whose letter could not be made come last: they must not hold the others back.
        """
        left = self._get_cap_left(company)
        if left is None or not drafts:
            return drafts
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id, notice.channel FROM relance_notice notice
             LEFT JOIN LATERAL (SELECT MIN(date_maturity) AS due FROM relance_notice_line
                                 WHERE notice_id = notice.id) oldest ON TRUE
                 WHERE notice.id = ANY(%s)
              ORDER BY notice.failure_reason IS NOT NULL, %s DESC, oldest.due, notice.id
                """,
                drafts.ids,
                self._sql_level_rank(SQL("notice.kind")),
            )
        )
        counted = [notice_id for notice_id, channel in rows if channel != "call"]
        waiting = set(counted[left:])
        return drafts.browse([notice_id for notice_id, _channel in rows if notice_id not in waiting])

    # === WHAT THE CAMPAIGN SAYS === #

    @api.model
    def _get_departure_message(self, company, count):
        """Say when ``count`` notices that a run would add leave; "" when at once."""
        now = fields.Datetime.now()
        opening = self._get_next_window(company, now)
        cap, left = company._get_relance_setting("relance_daily_cap"), self._get_cap_left(company)
        zone = company._get_relance_timezone().key
        start = format_datetime(self.env, opening, tz=zone, dt_format="short")
        if left is None:
            return "" if opening == now else self.env._("Outside the sending hours: the notices leave from %s.", start)
        queued = count + self.env["relance.notice"].search_count(
            [("company_id", "=", company.id), ("state", "=", "draft"), ("channel", "!=", "call")]
        )
        today = opening.replace(tzinfo=UTC).astimezone(company._get_relance_timezone()).date()
        first = left if today == self._today(company) else cap
        if queued <= first:
            return "" if opening == now else self.env._("Outside the sending hours: the notices leave from %s.", start)
        day = self._get_last_departure(company, today, queued - first, cap)
        return self.env._(
            "At most %(cap)s notices leave a day, %(left)s more today: the last of %(count)s leave on %(date)s. They "
            "stay without number until then, and are brought up to date before they leave.",
            cap=cap,
            left=first if today == self._today(company) else 0,
            count=queued,
            date=format_date(self.env, day),
        )

    @api.model
    def _get_last_departure(self, company, day, waiting, cap):
        """Return the day on which the last of ``waiting`` notices leave, ``cap`` a sending day from the day after."""
        while waiting > 0:
            day += timedelta(days=1)
            if self._is_sending_day(company, day):
                waiting -= cap
        return day
