from datetime import UTC, datetime, time, timedelta

import psycopg2
from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime

from ...law.holidays import is_public_holiday
from ...tools.channels import TO_POST
from ..setup.relance_calendar import HORIZON

SEALING = 0x52454C  # first key of the advisory lock, the second is the company


class ResCompany(models.Model):
    """When and how many notices of a company leave, what they would lack, and the lock under which its jobs seal.

    The cap counts notices before they get a number, so that none waits sealed until it is stale.
    """

    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if "relance_test_email" in vals:
            # A user who keeps the settings need not read the outgoing mail.
            self.env["mail.mail"].sudo()._release_after_test()
        return result

    # === WHEN JOBS MAY WRITE TO DEBTORS === #

    def _relance_has_no_limit(self):
        """Tell whether the company lets its notices leave at any time, however many they are."""
        limits = ("relance_daily_cap", "relance_working_days", "relance_window_to")
        return not any(self._get_relance_setting(limit) for limit in limits)

    def _relance_warn_of_bank(self, state):
        """Tell the accountant of the company once that dunning waits for the bank."""
        self._relance_warn_accountant(
            self.env._("Import the bank statements: customer dunning waits until they are up to date."),
            state["message"],
        )

    def _relance_has_started(self, today):
        """Tell whether the daily job of the company works on ``today``."""
        start = self._get_relance_setting("relance_start_date")
        return not start or today >= start

    def _relance_may_write_to_debtors(self, today):
        """Tell whether the jobs write to the debtors of the company on ``today``.

        It went live, tests no more, and has an address of its own to write from.
        """
        if self._get_relance_setting("relance_test_email") or "email" in self._relance_get_lacking():
            return False
        return self._relance_has_started(today)

    def _relance_get_sending_day(self):
        """Return the day on which the jobs of the company may send next."""
        opening = self._relance_get_next_window(fields.Datetime.now())
        zoned = self.with_context(tz=self._get_relance_timezone().key)
        return fields.Datetime.context_timestamp(zoned, opening).date()

    # === SENDING HOURS === #

    def _relance_get_next_window(self, now):
        """Return when the jobs may send for the company: ``now`` when they may, else the next opening.

        :param now: datetime in UTC, without time zone, as Odoo stores it; so is the answer
        """
        zone = self._get_relance_timezone()
        local = now.replace(tzinfo=UTC).astimezone(zone)
        for days in range(HORIZON):
            day = local.date() + timedelta(days)
            if not self._relance_is_sending_day(day):
                continue
            opening, closing = self._relance_get_window_of(day, zone)
            if opening <= local < closing:
                return now
            if local < opening:
                return opening.astimezone(UTC).replace(tzinfo=None)
        return now + timedelta(HORIZON)

    def _relance_get_window_of(self, day, zone):
        """Return when the jobs begin and stop to send on ``day``, as datetimes of ``zone``."""
        setting = self._get_relance_setting
        midnight = datetime.combine(day, time(), zone)
        # Hours of the clock, whatever it was set to that day.
        start, end = (
            midnight + timedelta(minutes=round(hours * 60))
            for hours in (setting("relance_window_from"), setting("relance_window_to") or 24)
        )
        return start, end

    def _relance_is_sending_day(self, day):
        """Tell whether the jobs may send for the company on ``day``."""
        if not self._get_relance_setting("relance_working_days"):
            return True
        return day.weekday() < 5 and not is_public_holiday(day, self._get_relance_setting("relance_holidays"))

    def _relance_is_window_open(self):
        """Tell whether the jobs may send for the company now."""
        now = fields.Datetime.now()
        return self._relance_get_next_window(now) == now

    def _relance_wake_at_next_window(self, tomorrow=False, job="dispatch"):
        """Let the sending job start when it may send for the company, once however often it is asked.

        :param tomorrow: not before the next day of the company
        :param job: another job to start (its ``ir_cron_`` name)
        """
        opening = self._relance_get_next_window(self._relance_get_end_of_day() if tomorrow else fields.Datetime.now())
        # A user who confirms a run need not read the jobs.
        cron_sudo = self.env.ref(f"relance_fr.ir_cron_{job}").sudo()
        # Nor the triggers of a job.
        asked = (
            self.env["ir.cron.trigger"]
            .sudo()
            .search_count([("cron_id", "=", cron_sudo.id), ("call_at", "=", opening)], limit=1)
        )
        if not asked:
            cron_sudo._trigger(at=opening)

    def _relance_get_end_of_day(self):
        """Return when the next day of the company begins, in UTC without time zone."""
        zone = self._get_relance_timezone()
        tomorrow = self._relance_today() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), zone).astimezone(UTC).replace(tzinfo=None)

    # === LETTERS TO POST === #

    def _relance_withdraw_letters(self):
        """Take out of the letters to post those that nobody printed and that claim what is not owed any more."""
        letters = self.env["relance.notice"].search(
            Domain("company_id", "=", self.id) & TO_POST & Domain("printed_on", "=", False)
        )
        letters._withdraw_letters()

    # === APPROVERS === #

    def _relance_get_other_approvers(self, author):
        """Return the approvers of the companies but ``author``."""
        # Colleagues are not readable by everybody in all companies.
        approvers_sudo = self.env.ref("relance_fr.group_relance_approver").sudo().all_user_ids
        return approvers_sudo.filtered(
            lambda user: user.active and not user.share and user != author and self <= user.company_ids
        ).sorted("id")

    def _relance_get_approver_names(self):
        """Return who else than the user may approve in the companies, as a text."""
        others = self._relance_get_other_approvers(self.env.user)
        return ", ".join(others[:5].mapped("name")) or self.env._("nobody yet, see the access rights of your users")

    # === DAILY CAP === #

    def _relance_get_cap_left(self):
        """Return how many more notices may leave today by e-mail or post; None when there is no cap."""
        cap = self._get_relance_setting("relance_daily_cap")
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
                self.id,
                self._relance_today(),
            )
        )
        return max(0, cap - left_today)

    def _relance_get_departure_message(self, count):
        """Say when ``count`` notices that a run would add leave; "" when at once."""
        now = fields.Datetime.now()
        opening = self._relance_get_next_window(now)
        cap, left = self._get_relance_setting("relance_daily_cap"), self._relance_get_cap_left()
        zone = self._get_relance_timezone().key
        start = format_datetime(self.env, opening, tz=zone, dt_format="short")
        if left is None:
            return "" if opening == now else self.env._("Outside the sending hours: the notices leave from %s.", start)
        queued = count + self.env["relance.notice"].search_count(
            [("company_id", "=", self.id), ("state", "=", "draft"), ("channel", "!=", "call")]
        )
        today = opening.replace(tzinfo=UTC).astimezone(self._get_relance_timezone()).date()
        first = left if today == self._relance_today() else cap
        if queued <= first:
            return "" if opening == now else self.env._("Outside the sending hours: the notices leave from %s.", start)
        day = self._relance_get_last_departure(today, queued - first, cap)
        return self.env._(
            "At most %(cap)s notices leave a day, %(left)s more today: the last of %(count)s leave on %(date)s. They "
            "stay without number until then, and are brought up to date before they leave.",
            cap=cap,
            left=first if today == self._relance_today() else 0,
            count=queued,
            date=format_date(self.env, day),
        )

    def _relance_get_last_departure(self, day, waiting, cap):
        """Return the day on which the last of ``waiting`` notices leave, ``cap`` a sending day from the day after."""
        while waiting > 0:
            day += timedelta(days=1)
            if self._relance_is_sending_day(day):
                waiting -= cap
        return day

    def _relance_takes_online_payments(self):
        return (
            super()._relance_takes_online_payments()
            or self.env["relance.notice"].new({"company_id": self.id}).online_payment
        )

    def _get_relance_provider(self):
        """Return the provider of the company's letters, as superuser in the company."""
        self.ensure_one()
        # Letters are handed over by jobs and the person who dispatches; the service's settings are not theirs to read.
        provider_sudo = self.env["relance.provider"].sudo()._get(self._get_relance_setting("relance_provider"))
        if provider_sudo is None:
            provider_sudo = self.env["relance.provider.manual"].sudo()
        return provider_sudo.with_company(self)

    def _relance_warn_not_ready(self):
        """Tell the accountant of the company once that dunning waits for what the company lacks."""
        self._relance_warn_accountant(
            self.env._("Complete the company: customer dunning waits until its letters can say who writes."),
            self._relance_get_not_ready_message() or self._relance_get_lack_texts()["iban"][1],
        )

    # === LOCK OF THE REGISTER === #

    def _relance_lock_sealing(self):
        """Tell whether this job may seal in steps for the company: another one that is at it finishes alone.

        The lock belongs to the database session: it outlives the commits between the steps, not a killed process.
        """
        [[taken]] = self.env.execute_query(SQL("SELECT pg_try_advisory_lock(%s, %s)", SEALING, self.id))
        return taken

    def _relance_unlock_sealing(self):
        unlock = SQL("SELECT pg_advisory_unlock(%s, %s)", SEALING, self.id)
        try:
            self.env.execute_query(unlock)
        except psycopg2.errors.InFailedSqlTransaction:
            # What failed is on its way to the caller; the session goes back to the pool and must not keep the lock.
            self.env.cr.rollback()
            self.env.execute_query(unlock)
