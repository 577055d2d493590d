import logging
from base64 import b64encode
from collections import Counter
from datetime import timedelta

import requests
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, split_every

from ...tools.bulk_sql import AUDIT_COLUMNS, audit_values, update_rows
from ...tools.channels import PAPER
from ...tools.provider import Event, PermanentError, ProviderError, TemporaryError
from ...tools.reading import Reading
from ...tools.tracking_file import normalize

# The day of an event, told from Paris, may be tomorrow elsewhere.
LATER = timedelta(days=1)

DATE_FIELDS = {
    "posted": "posted_date",
    "presented": "presented_date",
    "received": "received_date",
    "returned": "returned_date",
}

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8

FIRST_RETRY = timedelta(minutes=5)  # doubled each time: the last attempt comes after some ten hours

FETCH_BATCH = 100

FETCH_DAYS = 120  # the post office keeps a receipt for less


class RelanceNotice(models.Model):
    """A registered letter in the hands of a provider: submitted with the same key until it is taken, then its news."""

    _inherit = "relance.notice"

    provider = fields.Selection(selection="_selection_provider", readonly=True, copy=False)
    provider_reference = fields.Char(string="Provider's Reference", readonly=True, copy=False)
    provider_state = fields.Selection(
        [("to_submit", "Waiting to Be Submitted"), ("submitted", "Taken by the Provider"), ("failed", "Not Taken")],
        string="Provider Status",
        readonly=True,
        copy=False,
    )
    provider_error = fields.Char(readonly=True, copy=False)
    provider_attempts = fields.Integer(readonly=True, copy=False)
    provider_next_try = fields.Datetime(string="Next Attempt", readonly=True, copy=False)
    provider_event_ids = fields.One2many("relance.provider.event", "notice_id", string="Events", readonly=True)

    _to_submit_idx = models.Index("(provider_next_try) WHERE provider_state = 'to_submit'")
    _submitted_idx = models.Index("(company_id) WHERE provider_state = 'submitted'")
    _provider_reference_idx = models.Index("(company_id, provider_reference) WHERE provider_reference IS NOT NULL")
    _tracking_number_idx = models.Index("(company_id, tracking_number) WHERE tracking_number IS NOT NULL")

    # === BUSINESS METHODS - SUBMISSION === #

    @api.model
    def _selection_provider(self):
        return self.env["res.company"]._fields["relance_provider"]._description_selection(self.env)

    def _get_provider_key(self):
        """Return the idempotency key of a letter: one sealed content of one company is one letter, for ever."""
        self.ensure_one()
        return f"{self.company_id.id}:{self.name}:{self.seal}"

    def _hand_over(self):
        """Queue the letters the provider of their company takes; nothing is asked of it inside the dispatch."""
        rows = {}
        for company, batch in self.filtered("to_post").grouped("company_id").items():
            provider = company._get_relance_provider()
            values = {"provider": company._get_relance_setting("relance_provider"), "provider_state": "to_submit"}
            rows |= dict.fromkeys(batch.filtered(provider._accepts).ids, values)
        if rows:
            update_rows(self.env, "relance.notice", rows)
            self.invalidate_recordset(["to_post"])
            # A user who dispatches need not read the jobs.
            self.env.ref("relance_fr.ir_cron_provider_submit").sudo()._trigger()

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
        self.env["relance.job"]._commit_progress(remaining=len(ids))
        for notice_id in ids:
            notice = Notice.browse(notice_id)
            if notice._lock_for_submission():
                self.env["relance.job"]._commit_progress()
                notice._submit_one()
            if not self.env["relance.job"]._commit_progress(1):
                break

    def _lock_for_submission(self):
        """Take one letter for an attempt: whatever becomes of this process, the next one comes after a while.

        :return: whether to submit it; another process may have it, or nothing may be owed any more
        """
        locked = self.try_lock_for_update()
        locked.invalidate_recordset()
        now = fields.Datetime.now()
        if locked.provider_state != "to_submit" or (locked.provider_next_try or now) > now:
            return False
        # Switched on since the job began.
        if locked.company_id._get_relance_setting("relance_test_email"):
            return False
        # What is written for people is in the company's language.
        ours = locked.with_env(locked.company_id._relance_in_company().env)
        if ours._is_overtaken():
            ours._withdraw()
            return False
        attempts = locked.provider_attempts + 1
        next_try = now + FIRST_RETRY * 2 ** (attempts - 1)
        update_rows(
            self.env, "relance.notice", {locked.id: {"provider_attempts": attempts, "provider_next_try": next_try}}
        )
        return True

    def _submit_one(self):
        """Ask the provider of a letter locked for it to take it, and write down what it says."""
        locked = self.try_lock_for_update()
        locked.invalidate_recordset()
        if locked.provider_state != "to_submit":
            return
        # What is written for people is in the company's language.
        ours = locked.with_env(locked.company_id._relance_in_company().env)
        try:
            provider = self.env["relance.provider"]._get(locked.provider)
            if provider is None:
                raise PermanentError(ours.env._("The addon of this provider is not installed any more."))
            # An error of the database inside must not take down what is written about it.
            with self.env.cr.savepoint():
                answer = provider.with_company(locked.company_id)._submit(locked)
        except PermanentError as error:
            ours._fail_submission(str(error))
        except (TemporaryError, requests.RequestException, OSError) as error:
            ours._postpone_submission(str(error))
        except Exception as error:
            # A fault of one provider's code stops its letter, not the others.
            _logger.exception("Submission of %s", locked.name)
            ours._postpone_submission(repr(error))
        else:
            ours._record_submission(answer or {})

    def _record_submission(self, answer):
        """Write down that the provider took a letter, with what it said of it."""
        self.write(
            {
                "provider_state": "submitted",
                "provider_reference": answer.get("reference") or self.provider_reference,
                "provider_error": False,
                "provider_next_try": False,
            }
        )
        posted = answer.get("posted_date")
        try:
            event = Event(
                "posted" if posted else "submitted",
                posted or self.company_id._relance_today(),
                number=self.name,
                tracking_number=answer.get("tracking_number") or "",
            )
        except ValueError as error:
            self.message_post(body=self.env._("The provider's answer cannot be read: %s", error))
            return
        self._apply_events(self.company_id, [event])

    def _postpone_submission(self, error):
        """Try again later, or leave the letter to a person once it was tried often enough."""
        if self.provider_attempts < MAX_ATTEMPTS:
            self.write({"provider_error": error[:500]})
            # A user who runs this one need not read the jobs.
            self.env.ref("relance_fr.ir_cron_provider_submit").sudo()._trigger(at=self.provider_next_try)
            return
        self._fail_submission(
            self.env._("No answer in %(count)s attempts; look whether the provider has it. %(error)s",
                       count=self.provider_attempts, error=error),
        )  # fmt: skip

    def _fail_submission(self, error):
        """Leave letters to a person, who is told why by an activity."""
        # The state of the submission is no proof a person may enter.
        self.sudo().write({"provider_state": "failed", "provider_error": error[:500], "provider_next_try": False})
        self._schedule(
            "mail.mail_activity_data_todo",
            self.env._("The provider did not take the letter: submit it again or post it by hand"),
        )

    def _is_overtaken(self):
        """Tell whether a letter that was dispatched and has not left yet claims what is not owed any more."""
        self.env.flush_all()
        company = self.company_id
        reading = Reading(company, company._relance_today(), self.partner_id.ids, again=True)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT FROM relance_notice_line fact
             LEFT JOIN (%s) decided ON decided.line_id = fact.line_id
                 WHERE fact.notice_id = %s
                   AND (decided.line_id IS NULL OR decided.reason = ANY(%s)
                        OR decided.net <> fact.principal_amount + COALESCE(fact.planned_amount, 0))
                 LIMIT 1
                """,
                self.env["relance.decision"]._query_decision(reading),
                self.id,
                self.env["relance.decision"]._get_reason_codes(lambda reason: reason.stops_letter),
            )
        )
        return bool(rows)

    def _withdraw(self):
        """Keep back a letter that claims too much: cancelled when nothing of the notice has left, else a person's."""
        reason = self.env._("What is owed changed before the letter left.")
        if self.mail_id or self.provider_attempts:
            self._fail_submission(reason)
            return
        update_rows(self.env, "relance.notice", {self.id: {"provider_state": None}})
        self._set_state("cancelled", reason)
        self.message_post(body=reason)

    # === BUSINESS METHODS - NEWS OF LETTERS === #

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
        self.env["relance.job"]._commit_progress(remaining=len(waiting))
        groups = waiting.grouped(lambda notice: (notice.company_id, notice.provider))
        for (company, value), letters in groups.items():
            for batch_ids in split_every(FETCH_BATCH, letters.ids):
                self._fetch_batch(company, value, Notice.browse(batch_ids))
                if not self.env["relance.job"]._commit_progress(len(batch_ids)):
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
        company._relance_in_company().env["relance.notice"]._apply_events(company, events)

    @api.model
    def _apply_events(self, company, events):
        """Enter ``events`` (``tools.provider.Event``) of the letters of ``company``.

        See `_take_events`, of which this returns the figures.

        :return: ``Counter`` of ``applied``, ``duplicate``, ``contradictory`` and ``unknown`` (no such letter)
        """
        return self._take_events(company, events)[0]

    @api.model
    def _take_events(self, company, events):
        """Enter ``events`` of the letters of ``company``, and say what became of them.

        Called by the callback; by the polling and the submission through `_apply_events`. An event told before changes
        nothing. One that contradicts what is known, or another event, is kept with its reason and not entered; the
        chatter and an activity tell the person in charge.

        :return: ``(counts, refused)``: the figures, and a list of texts, one an event that is contradictory
        """
        counts, refused = Counter(), []
        find = self._index_letters(company, events)
        for event in sorted(events, key=lambda event: event.date):
            notice, others = find(event)
            # Proof comes from the provider: no user is at work.
            notice_sudo = notice.sudo()
            if not notice_sudo:
                counts["unknown"] += 1
                continue
            record_sudo, fault = notice_sudo._remember_event(event)
            if not record_sudo:
                counts["duplicate"] += 1
                continue
            if others:
                fault = self.env._(
                    "The provider said something that cannot be: %s",
                    self.env._(
                        "its numbers are those of several letters: %s.", ", ".join((notice | others).mapped("name"))
                    ),
                )
            note = fault or notice_sudo._apply_event(event)
            if note:
                record_sudo.note = note
                notice_sudo._tell_contradiction(note)
                refused.append(note)
            counts["contradictory" if note else "applied"] += 1
        return counts, refused

    @api.model
    def _index_letters(self, company, events):
        """Return the function that finds the letter of an event: one query for all.

        It returns ``(letter, others)``: empty when not exactly one has the number; others that the event names too.
        """
        keys = {"provider_reference": "reference", "tracking_number": "tracking_number", "name": "number"}
        wanted = {
            field: [getattr(event, name) for event in events if getattr(event, name)] for field, name in keys.items()
        }
        known = Domain.OR(Domain(field, "in", values) for field, values in wanted.items() if values)
        domain = Domain("company_id", "=", company.id) & Domain("channel", "in", PAPER) & known
        # The provider knows its letters by company and key; it has no user here.
        letters = self.sudo().search(domain & Domain("state", "=", "sent")) if any(wanted.values()) else self.browse()
        index = {field: letters.grouped(field) for field in keys}

        def find(event):
            nobody = letters.browse()
            named = [index[field].get(getattr(event, name) or None, nobody) for field, name in keys.items()]
            alone = [found for found in named if len(found) == 1]
            letter = alone[0] if alone else nobody
            return letter, nobody.union(*alone) - letter

        return find

    def _remember_event(self, event):
        """Write ``event`` down.

        :return: ``(record, fault)``: an empty record when it was told before; a text when the provider told another
            event under the same id
        """
        self.ensure_one()
        record, fault = self._insert_event(event, event.key), False
        if not record and event.event_id:
            known = self.provider_event_ids.filtered(lambda known: known.key == event.key)
            if (known.status, known.date) != (event.status, event.date):
                fault = self.env._(
                    "The provider said something that cannot be: %s",
                    self.env._("the event %(event)s was another one (%(status)s, %(day)s).", event=event.event_id,
                               status=event.status, day=format_date(self.env, event.date)),
                )  # fmt: skip
                record = self._insert_event(event, f"{event.event_id}\n{event.status}\n{event.date}")
        return record, fault

    def _insert_event(self, event, key):
        """Return the new record of an event, empty when one has this key."""
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_provider_event
                       (notice_id, company_id, key, status, date, %(audit)s)
                VALUES (%(notice)s, %(company)s, %(key)s, %(status)s, %(date)s,
                        %(written)s)
           ON CONFLICT DO NOTHING RETURNING id
                """,
                notice=self.id,
                company=self.company_id.id,
                key=key,
                status=event.status,
                date=event.date,
                audit=AUDIT_COLUMNS,
                written=audit_values(self.env),
            )
        )
        self.invalidate_recordset(["provider_event_ids"])
        return self.env["relance.provider.event"].browse([row[0] for row in rows])

    def _apply_event(self, event):
        """Enter one event on its letter; return why it cannot be true, or False."""
        self.ensure_one()
        fault = self._find_contradiction(event)
        if fault:
            return self.env._("The provider said something that cannot be: %s", fault)
        vals = {
            field: value
            for field, value in (
                ("tracking_number", event.tracking_number),
                ("provider_reference", event.reference),
            )
            if value and not self[field]
        }
        if event.status == "failed":
            return self._apply_failure(event)
        field = DATE_FIELDS.get(event.status)
        if field:
            # A second presentation told before the first one: the earliest day counts.
            if not self[field] or (field == "presented_date" and event.date < self[field]):
                vals[field] = event.date
            # The reason may be told after the return.
            if field == "returned_date" and (not self.return_reason or self.return_reason == "other"):
                vals["return_reason"] = event.reason or "other"
        refused = event.status == "submitted" and "failed" in self.provider_event_ids.mapped("status")
        if self.provider_state in ("to_submit", "failed") and not refused:
            # It has the letter, whatever the network said before.
            vals |= {"provider_state": "submitted", "provider_error": False, "provider_next_try": False}
        if vals:
            self.write(vals)
        self._keep_receipt(event)
        return False

    def _apply_failure(self, event):
        if any(self[field] for field in DATE_FIELDS.values()):
            return self.env._("The provider says that the letter failed, though it was posted: %s", event.message)
        if self.provider_state == "failed":
            return False
        error = event.message or self.env._("The provider gave no reason.")
        self._fail_submission(error)
        return False

    def _find_contradiction(self, event):
        """Return why what ``event`` says cannot be true of the letter, or False.

        A letter has one number and each of its facts one day; only the first presentation counts, whenever it is told.
        """
        env, today = self.env, self.company_id._relance_today()
        for name, known, told in (
            ("tracking_number", normalize(self.tracking_number or ""), normalize(event.tracking_number)),
            ("provider_reference", self.provider_reference, event.reference),
        ):
            if known and told and known != told:
                return self._tell_difference(
                    name, self[name], event.tracking_number if name == "tracking_number" else told
                )
        field = DATE_FIELDS.get(event.status)
        if not field:
            return event.date > today + LATER and env._("%s: this day is still to come.", format_date(env, event.date))
        if self[field] and self[field] != event.date and field != "presented_date":
            return self._tell_difference(field, format_date(env, self[field]), format_date(env, event.date))
        facts = {name: self[name] for name in (*DATE_FIELDS.values(), "return_reason")} | {field: event.date}
        if field == "returned_date":
            known, told = self.return_reason, event.reason or self.return_reason or "other"
            if known and known != "other" and known != told:
                labels = dict(self._fields["return_reason"]._description_selection(env))
                return self._tell_difference("return_reason", labels[known], labels[told])
            facts["return_reason"] = told
        return self._get_delivery_fault(facts, self.date, today)

    def _tell_difference(self, field, known, told):
        return self.env._(
            "%(field)s: %(told)s, but the register says %(known)s.",
            field=self._fields[field]._description_string(self.env),
            told=told,
            known=known,
        )

    def _tell_contradiction(self, note):
        """Tell the person in charge of the letter, once, that its provider contradicts what is known."""
        self.message_post(body=note)
        summary = self.env._("The provider contradicts what is known of the letter: see the messages")
        if summary not in self.activity_ids.mapped("summary"):
            self._schedule("mail.mail_activity_data_warning", summary, note=note)

    def _keep_receipt(self, event):
        """Keep the file that proves an event: the receipt of the notice, or beside it when there is one."""
        if not event.receipt:
            return
        name = event.receipt_name or f"{self.name.replace('/', '-')}-{event.status}.pdf"
        if not self.receipt:
            self.write({"receipt": b64encode(event.receipt), "receipt_name": name})
            return
        self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": event.receipt,
                "res_model": self._name,
                "res_id": self.id,
                "company_id": self.company_id.id,
            }
        )

    # === CRON METHODS === #

    @api.model
    def _cron_submit(self):
        """Hand the letters that wait over to their providers, one by one."""
        # The job acts for every company, no matter who starts it.
        self.env["relance.notice"].sudo()._submit_pending()

    @api.model
    def _cron_fetch(self):
        """Ask providers for news of the letters they took."""
        # The job acts for every company, no matter who starts it.
        self.env["relance.notice"].sudo()._fetch_submitted()

    # === ACTION METHODS === #

    def action_provider_retry(self):
        """Submit again letters the provider did not take, once what it complained of is corrected."""
        self.check_access("write")
        letters = self.filtered(lambda notice: notice.provider_state == "failed" and not notice.posted_date)
        if not letters:
            raise UserError(self.env._("None of these letters was refused by the provider and is still to be posted."))
        # The state of the submission is no proof a person may enter.
        letters.sudo().write({"provider_state": "to_submit", "provider_attempts": 0, "provider_next_try": False})
        letters.activity_unlink(["mail.mail_activity_data_todo"])
        # A user who asks for another attempt need not read the jobs.
        self.env.ref("relance_fr.ir_cron_provider_submit").sudo()._trigger()
        return True

    def action_provider_take_back(self):
        """Post by hand letters the provider has not taken yet."""
        self.check_access("write")
        waiting = self.filtered(lambda notice: notice.provider_state == "to_submit")
        # One that is being submitted at this moment is not ours any more.
        letters = waiting.try_lock_for_update()
        letters.invalidate_recordset(["provider_state"])
        letters = letters.filtered(lambda notice: notice.provider_state == "to_submit")
        if not letters:
            raise UserError(self.env._("These letters are with the provider already, or being handed over just now."))
        letters._fail_submission(self.env._("Taken back to be posted by hand."))
        return True
