import logging
from datetime import timedelta

import requests
from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ..tools.provider import Event, PermanentError, ProviderError, TemporaryError
from ..tools.reading import Reading

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(minutes=5)  # doubled each time: the last attempt comes after some ten hours
FETCH_BATCH = 100
FETCH_DAYS = 120  # the post office keeps a receipt for less


class RelanceEngine(models.AbstractModel):
    """Registered letters and their providers: handed over after the dispatch, each in a transaction of its own."""

    _inherit = "relance.engine"

    @api.model
    def _hand_over(self, notices):
        """Queue the letters the provider of their company takes; nothing is asked of it inside the dispatch."""
        rows = {}
        for company, batch in notices.filtered("to_post").grouped("company_id").items():
            provider = company._get_relance_provider()
            values = {"provider": company._get_relance_setting("relance_provider"), "provider_state": "to_submit"}
            rows |= dict.fromkeys(batch.filtered(provider._accepts).ids, values)
        if rows:
            self._update_rows("relance.notice", rows)
            notices.invalidate_recordset(["to_post"])
            # Whoever dispatches need not read the jobs.
            self.env.ref("relance_fr.ir_cron_provider_submit").sudo()._trigger()

    # === SUBMISSION === #

    @api.model
    def _submit_pending(self):
        """Submit the letters whose time has come, each committed before the next.

        A crash between the provider's acceptance and our commit submits the letter again, with the same key.
        """
        Notice = self.env["relance.notice"]
        due = [("provider_state", "=", "to_submit")]
        # In test mode nothing leaves: the letters wait for its end.
        due += [("company_id.relance_test_address", "=", False)]
        due += ["|", ("provider_next_try", "=", False), ("provider_next_try", "<=", fields.Datetime.now())]
        ids = Notice.search(due, order="id").ids
        self._commit_progress(remaining=len(ids))
        for notice_id in ids:
            notice = Notice.browse(notice_id)
            if self._claim(notice):
                self._commit_progress()
                self._submit_one(notice)
            if not self._commit_progress(1):
                break

    @api.model
    def _claim(self, notice):
        """Take one letter for an attempt: whatever becomes of this process, the next one comes after a while.

        :return: whether to submit it; another process may have it, or nothing may be owed any more
        """
        locked = notice.try_lock_for_update()
        locked.invalidate_recordset()
        now = fields.Datetime.now()
        if locked.provider_state != "to_submit" or (locked.provider_next_try or now) > now:
            return False
        # Switched on since the job began; the job acts for every company.
        if locked.company_id._get_relance_setting("relance_test_email"):
            return False
        engine = self._in_company(locked.company_id)
        if engine._is_overtaken(locked):
            engine._withdraw(locked)
            return False
        attempts = locked.provider_attempts + 1
        next_try = now + FIRST_RETRY * 2 ** (attempts - 1)
        self._update_rows("relance.notice", {locked.id: {"provider_attempts": attempts, "provider_next_try": next_try}})
        return True

    @api.model
    def _submit_one(self, notice):
        """Ask the provider of one claimed letter to take it, and write down what it says."""
        locked = notice.try_lock_for_update()
        locked.invalidate_recordset()
        if locked.provider_state != "to_submit":
            return
        engine = self._in_company(locked.company_id)
        try:
            provider = self.env["relance.provider"]._get(locked.provider)
            if provider is None:
                raise PermanentError(engine.env._("The addon of this provider is not installed any more."))
            # An error of the database inside must not take down what is written about it.
            with self.env.cr.savepoint():
                answer = provider.with_company(locked.company_id)._submit(locked)
        except PermanentError as error:
            engine._fail_submission(locked, str(error))
        except (TemporaryError, requests.RequestException, OSError) as error:
            engine._postpone_submission(locked, str(error))
        except Exception as error:
            # A fault of one provider's code stops its letter, not the others.
            _logger.exception("Submission of %s", locked.name)
            engine._postpone_submission(locked, repr(error))
        else:
            engine._record_submission(locked, answer or {})

    @api.model
    def _record_submission(self, notice, answer):
        """Write down that the provider took a letter, with what it said of it."""
        notice.write(
            {
                "provider_state": "submitted",
                "provider_reference": answer.get("reference") or notice.provider_reference,
                "provider_error": False,
                "provider_next_try": False,
            }
        )
        posted = answer.get("posted_date")
        try:
            event = Event(
                "posted" if posted else "submitted",
                posted or self._today(notice.company_id),
                number=notice.name,
                tracking_number=answer.get("tracking_number") or "",
            )
        except ValueError as error:
            notice.message_post(body=self.env._("The provider's answer cannot be read: %s", error))
            return
        notice._apply_events(notice.company_id, [event])

    @api.model
    def _postpone_submission(self, notice, error):
        """Try again later, or leave the letter to a person once it was tried often enough."""
        if notice.provider_attempts < MAX_ATTEMPTS:
            notice.write({"provider_error": error[:500]})
            # Whoever runs this one need not read the jobs.
            self.env.ref("relance_fr.ir_cron_provider_submit").sudo()._trigger(at=notice.provider_next_try)
            return
        self._fail_submission(
            notice,
            self.env._("No answer in %(count)s attempts; look whether the provider has it. %(error)s",
                       count=notice.provider_attempts, error=error),
        )  # fmt: skip

    @api.model
    def _fail_submission(self, notices, error):
        """Leave letters to a person, who is told why by an activity."""
        # The state of the submission is no proof a person may enter.
        notices.sudo().write({"provider_state": "failed", "provider_error": error[:500], "provider_next_try": False})
        self._schedule(
            notices,
            "mail.mail_activity_data_todo",
            self.env._("The provider did not take the letter: submit it again or post it by hand"),
        )

    # === WHAT CHANGED MEANWHILE === #

    @api.model
    def _is_overtaken(self, notice):
        """Tell whether a letter that was dispatched and has not left yet claims what is not owed any more."""
        self.env.flush_all()
        company = notice.company_id
        reading = Reading(company, self._today(company), notice.partner_id.ids, again=True)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT FROM relance_notice_line fact
             LEFT JOIN (%s) decided ON decided.line_id = fact.line_id
                 WHERE fact.notice_id = %s
                   AND (decided.line_id IS NULL OR decided.net <> fact.principal_amount OR decided.reason = ANY(%s))
                 LIMIT 1
                """,
                self._query_decision(reading),
                notice.id,
                self._get_reason_codes(lambda reason: reason.stops_letter),
            )
        )
        return bool(rows)

    @api.model
    def _withdraw(self, notice):
        """Keep back a letter that claims too much: cancelled when nothing of the notice has left, else a person's."""
        reason = self.env._("What is owed changed before the letter left.")
        if notice.mail_id or notice.provider_attempts:
            self._fail_submission(notice, reason)
            return
        self._update_rows("relance.notice", {notice.id: {"provider_state": None}})
        notice._set_state("cancelled", reason)
        notice.message_post(body=reason)

    # === POLLING === #

    @api.model
    def _fetch_submitted(self):
        """Ask each provider for news of the letters it took and that were neither received nor returned."""
        Notice = self.env["relance.notice"]
        waiting = Notice.search(
            [
                ("provider_state", "=", "submitted"),
                ("received_date", "=", False),
                ("returned_date", "=", False),
                ("date", ">=", fields.Date.subtract(fields.Date.today(), days=FETCH_DAYS)),
            ],
            order="id",
        )
        self._commit_progress(remaining=len(waiting))
        groups = waiting.grouped(lambda notice: (notice.company_id, notice.provider))
        for (company, value), letters in groups.items():
            for batch_ids in split_every(FETCH_BATCH, letters.ids):
                self._fetch_batch(company, value, Notice.browse(batch_ids))
                if not self._commit_progress(len(batch_ids)):
                    return

    @api.model
    def _fetch_batch(self, company, value, notices):
        provider = self.env["relance.provider"]._get(value)
        if provider is None:
            return
        try:
            events = provider.with_company(company)._fetch(notices)
        except (ProviderError, requests.RequestException, OSError) as error:
            # The next job asks again; what matters to a person is told when a letter is submitted.
            _logger.info("News of the letters of %s: %s", company.name, error)
            return
        self._in_company(company).env["relance.notice"]._apply_events(company, events)
