from base64 import b64encode
from collections import Counter
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..tools.channels import PAPER
from ..tools.tracking_file import normalize

# The day of an event, told from Paris, may be tomorrow elsewhere.
LATER = timedelta(days=1)
DATE_FIELDS = {
    "posted": "posted_date",
    "presented": "presented_date",
    "received": "received_date",
    "returned": "returned_date",
}


class RelanceNotice(models.Model):
    """What providers say of letters, entered as proof: in any order, once, nothing erased and nothing invented."""

    _inherit = "relance.notice"

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
        chatter and an activity tell whoever is in charge.

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
                       (notice_id, company_id, key, status, date, create_uid, create_date, write_uid, write_date)
                VALUES (%(notice)s, %(company)s, %(key)s, %(status)s, %(date)s,
                        %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC')
           ON CONFLICT DO NOTHING RETURNING id
                """,
                notice=self.id,
                company=self.company_id.id,
                key=key,
                status=event.status,
                date=event.date,
                uid=self.env.uid,
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
        self.env["relance.engine"]._fail_submission(self, error)
        return False

    def _find_contradiction(self, event):
        """Return why what ``event`` says cannot be true of the letter, or False.

        A letter has one number and each of its facts one day; only the first presentation counts, whenever it is told.
        """
        env, today = self.env, self.env["relance.engine"]._today(self.company_id)
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
        """Tell whoever is in charge of the letter, once, that its provider contradicts what is known."""
        self.message_post(body=note)
        summary = self.env._("The provider contradicts what is known of the letter: see the messages")
        if summary not in self.activity_ids.mapped("summary"):
            self.env["relance.engine"]._schedule(self, "mail.mail_activity_data_warning", summary, note=note)

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
