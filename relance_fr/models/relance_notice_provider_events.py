from base64 import b64encode
from collections import Counter

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

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

        Called by the callback, the polling and the submission. An event told before changes nothing; one that
        contradicts what is known is kept with its reason and shown in the chatter, not entered.

        :return: ``Counter`` of ``applied``, ``duplicate``, ``contradictory`` and ``unknown`` (no such letter)
        """
        counts = Counter()
        find = self._index_letters(company, events)
        for event in sorted(events, key=lambda event: event.date):
            # Proof comes from the provider: no user is at work.
            notice_sudo = find(event).sudo()
            if not notice_sudo:
                counts["unknown"] += 1
                continue
            record_sudo = notice_sudo._remember_event(event)
            if not record_sudo:
                counts["duplicate"] += 1
                continue
            note = notice_sudo._apply_event(event)
            if note:
                record_sudo.note = note
                notice_sudo.message_post(body=note)
            counts["contradictory" if note else "applied"] += 1
        return counts

    @api.model
    def _index_letters(self, company, events):
        """Return the function that finds the letter of an event: one query for all, empty when not exactly one."""
        keys = {"provider_reference": "reference", "tracking_number": "tracking_number", "name": "number"}
        wanted = {
            field: [getattr(event, name) for event in events if getattr(event, name)] for field, name in keys.items()
        }
        known = Domain.OR(Domain(field, "in", values) for field, values in wanted.items() if values)
        domain = Domain("company_id", "=", company.id) & Domain("channel", "in", ("letter", "registered")) & known
        letters = self.sudo().search(domain & Domain("state", "=", "sent")) if any(wanted.values()) else self.browse()
        index = {field: letters.grouped(field) for field in keys}

        def find(event):
            for field, name in keys.items():
                found = index[field].get(getattr(event, name) or None, letters.browse())
                if len(found) == 1:
                    return found
            return letters.browse()

        return find

    def _remember_event(self, event):
        """Write ``event`` down; return its record, or an empty one when it was told before."""
        self.ensure_one()
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
                key=event.key,
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
            if field == "returned_date" and field in vals:
                vals["return_reason"] = event.reason or "other"
            fault = self._find_contradiction(vals)
            if fault:
                return self.env._("The provider said something that cannot be: %s", fault)
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

    def _find_contradiction(self, vals):
        """Return why the letter cannot have the delivery dates of ``vals`` too, or False."""
        facts = {name: vals.get(name, self[name]) for name in (*DATE_FIELDS.values(), "return_reason")}
        return self._get_delivery_fault(facts, self.date, self.env["relance.engine"]._today(self.company_id))

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
