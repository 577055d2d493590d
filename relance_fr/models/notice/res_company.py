from datetime import UTC, datetime, time, timedelta

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL, email_split, format_amount, format_date, format_datetime
from odoo.tools.mail import is_html_empty

from ...law.holidays import is_public_holiday
from ...law.mentions import FORMAL_KINDS
from ...tools.letter_format import registration

# Overseas territories whose companies have a number of their own instead of a SIREN.
OWN_REGISTRIES = ("NC", "PF", "WF")
SEALING = 0x52454C  # first key of the advisory lock, the second is the company
# Longer than any row of days of rest.
HORIZON = 30


class ResCompany(models.Model):
    """When and how many notices of a company leave, what they would lack, and the lock under which its jobs seal.

    The cap counts notices before they get a number, so that none waits sealed until it is stale.
    """

    _inherit = "res.company"

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
        """Tell whether the jobs write to the debtors of the company on ``today``: it went live and tests no more."""
        return not self._get_relance_setting("relance_test_email") and self._relance_has_started(today)

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
        # Nor what they are asked for.
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

    # === WHAT LETTERS WOULD LACK === #

    def _relance_get_lacking(self):
        """Return the keys of what the notices of the company would lack, in the order they are told.

        ``iban`` stands for a company without any account.
        """
        # A user who sends need not read the settings, the users nor the card of the company.
        company_sudo, partner_sudo = self.sudo(), self.partner_id.sudo()
        french = self.env["relance.letter"]._is_french(partner_sudo)
        signatory_sudo = self._get_relance_setting("relance_signatory_id").sudo()
        present = {
            "siren": not french or self._relance_has_registration(company_sudo, partner_sudo),
            "mentions": not french or not is_html_empty(company_sudo.report_footer),
            "address": partner_sudo.street and partner_sudo.zip and partner_sudo.city,
            # One who left cannot sign any more.
            "signatory": signatory_sudo.active,
            "iban": self._relance_get_own_accounts() or self._relance_takes_online_payments(),
            "email": email_split(company_sudo.email or ""),
        }
        return [key for key, value in present.items() if not value]

    def _relance_is_readiness_asked(self):
        """Tell whether it matters what the company lacks: in test mode no customer gets anything."""
        return not self._get_relance_setting("relance_test_email")

    @api.model
    def _relance_has_registration(self, company_sudo, partner_sudo):
        number = (company_sudo.company_registry or "").strip()
        if partner_sudo.country_id.code in OWN_REGISTRIES:
            return bool(number)
        return bool(registration(number)[0])

    def _relance_get_own_accounts(self):
        """Return the accounts (``res.partner.bank``) that the letters of the company may ask to pay to."""
        # They are printed on every letter; reading them is no right of everybody.
        accounts_sudo = self.partner_id.sudo().bank_ids
        return accounts_sudo.filtered(lambda bank: bank.company_id in (self.browse(), self))

    def _relance_takes_online_payments(self):
        return self.env["relance.notice"].new({"company_id": self.id}).online_payment

    def _relance_get_lack_texts(self):
        """Return ``{key: (what is lacking, why it matters and what to do)}``, in the reader's language."""
        # A user who sends need not read the users.
        signatory = self._get_relance_setting("relance_signatory_id").sudo().name
        return {
            "siren": (
                self.env._("SIREN or SIRET"),
                self.env._("Letters must show it (C. com. R123-237): enter it on the company."),
            ),
            "mentions": (
                self.env._("Legal mentions"),
                self.env._(
                    "Legal form, capital and register of commerce stand at the foot of every letter: enter them as the "
                    "footer of the company's documents."
                ),
            ),
            "address": (
                self.env._("Address of the company"),
                self.env._("A letter says where it comes from: enter street, postcode and town on the company."),
            ),
            "signatory": (
                self.env._("Signatory"),
                self.env._("%s is not a user any more: choose who signs formal notices.", signatory)
                if signatory
                else self.env._("A formal notice is signed by somebody: choose who, in the settings."),
            ),
            "iban": (
                self.env._("Bank account"),
                self.env._(
                    "Customers are asked to pay and not told where: add a bank account of the company in the currency."
                ),
            ),
            "email": (
                self.env._("Email address of the company"),
                self.env._("Emails would leave from an address that is not yours: enter yours on the company."),
            ),
        }

    def _relance_get_not_ready_message(self, keys=None):
        """Return a sentence about what the company lacks (``keys``, all by default), "" when nothing is lacking."""
        keys = self._relance_get_lacking() if keys is None else keys
        texts = self._relance_get_lack_texts()
        return " ".join(f"{title}: {text}" for title, text in map(texts.get, keys))

    def _relance_get_lack_conditions(self, paper, mailed, kind, currency, named):
        """Return ``{key: SQL condition}`` of the notices that each lack of the company concerns, {} when it is ready.

        :param paper: condition: a letter is made; ``mailed``: an e-mail leaves
        :param kind: SQL of the kind; ``currency``: SQL of the id of the currency
        :param named: condition: an invoice names an account of its own, which the letter then shows
        """
        if not self._relance_is_readiness_asked():
            return {}
        lacking, accounts_sudo = self._relance_get_lacking(), self._relance_get_own_accounts()
        currencies = accounts_sudo.currency_id.ids
        # An account with a currency takes no other.
        bound = accounts_sudo and all(account.currency_id for account in accounts_sudo)
        if bound and not self._relance_takes_online_payments():
            lacking = [*lacking, "iban"]
        formal = SQL("%s IN %s", kind, FORMAL_KINDS)
        conditions = {
            "siren": SQL("(%s OR %s)", paper, formal),
            "mentions": SQL("(%s OR %s)", paper, formal),
            "address": paper,
            "signatory": formal,
            "iban": SQL(
                "((%s OR %s) AND %s <> ALL(%s::int4[]) AND NOT %s)", paper, mailed, currency, currencies, named
            ),
            "email": mailed,
        }
        return {key: conditions[key] for key in conditions if key in lacking}

    @api.model
    def _relance_sql_named_account(self, moves):
        """Return the condition: one of the invoices of query ``moves`` (ids) names an account in use."""
        return SQL(
            """
            EXISTS (SELECT FROM account_move named
                      JOIN res_partner_bank account ON account.id = named.partner_bank_id AND account.active
                     WHERE named.id IN (%s))
            """,
            moves,
        )

    @api.model
    def _relance_format_amounts(self, amounts):
        """Return a list of ``[currency id, amount]`` as a text."""
        currencies = self.env["res.currency"]
        return " + ".join(format_amount(self.env, amount, currencies.browse(id_)) for id_, amount in amounts)

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
