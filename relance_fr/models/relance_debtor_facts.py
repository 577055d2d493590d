from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date

CONTACTS_SHOWN = 8


class RelanceDebtorFacts(models.AbstractModel):
    """The last contacts with a debtor: notices, calls, answers. ``moment`` is what they are sorted by.

    For models that have a ``partner_id`` (a commercial entity) and a ``company_id``. A fact is a dict ``date moment
    icon title text tone model id``: the date an ISO string, the tone Bootstrap's, ``model`` and ``id`` the record it
    opens.
    """

    _name = "relance.debtor.facts"
    _description = "Facts about a Debtor"

    def _get_same_debtor_domain(self):
        """Return the domain of what concerns this debtor in this company, in any model with these two fields."""
        self.ensure_one()
        return Domain("partner_id", "=", self.partner_id.id) & Domain("company_id", "=", self.company_id.id)

    def _get_notice_facts(self, limit=CONTACTS_SHOWN):
        """Return the last notices that left, or were to leave, with what became of them."""
        notices = self.env["relance.notice"].search(
            self._get_same_debtor_domain()
            & Domain("state", "in", ["ready", "sent", "failed"])
            & Domain("seal", "!=", False),
            limit=limit,
        )
        return [
            {
                "date": fields.Date.to_string(notice.date),
                # A notice taken over from another tool is sealed long after its day.
                "moment": min(fields.Datetime.to_string(notice.sealed_on), f"{notice.date} 23:59:59"),
                "icon": "fa-bullhorn",
                "title": notice.level_id.name,
                "text": self._get_notice_text(notice),
                "tone": "danger" if notice.state == "failed" else "",
                "model": "relance.notice",
                "id": notice.id,
            }
            for notice in notices
        ]

    def _get_call_facts(self, limit=CONTACTS_SHOWN):
        """Return the last calls, with their outcome and what was said."""
        calls = self.env["relance.call"].search(self._get_same_debtor_domain(), limit=limit)
        outcomes = dict(calls._fields["outcome"]._description_selection(self.env))
        tones = {"promise": "success", "dispute": "danger", "refuses": "danger"}
        return [
            {
                "date": fields.Date.to_string(call._get_day(call.date)),
                "moment": fields.Datetime.to_string(call.date),
                "icon": "fa-phone",
                "title": outcomes[call.outcome],
                "text": call.note or "",
                "tone": tones.get(call.outcome, ""),
                "model": "relance.call",
                "id": call.id,
            }
            for call in calls
        ]

    def _get_reply_facts(self, limit=CONTACTS_SHOWN):
        """Return the last e-mails of the debtor in answer to a notice."""
        notices = self.env["relance.notice"]._search(self._get_same_debtor_domain())
        # Whoever reads the debtor's notices reads what was answered to them.
        messages_sudo = (
            self.env["mail.message"]
            .sudo()
            .search(
                Domain("model", "=", "relance.notice")
                & Domain("res_id", "in", notices)
                & Domain("message_type", "=", "email"),
                order="date desc, id desc",
                limit=limit,
            )
        )
        return [
            {
                "date": fields.Date.to_string(fields.Datetime.context_timestamp(self, message.date).date()),
                "moment": fields.Datetime.to_string(message.date),
                "icon": "fa-reply",
                "title": self.env._("Answer of %s", message.author_id.name or message.email_from or ""),
                "text": message.preview or "",
                "tone": "info",
                "model": "relance.notice",
                "id": message.res_id,
            }
            for message in messages_sudo
        ]

    def _get_notice_text(self, notice):
        """Return how a notice left and what became of it."""
        channels = dict(notice._fields["channel"]._description_selection(self.env))
        states = dict(notice._fields["state"]._description_selection(self.env))
        if notice.received_date:
            outcome = self.env._("received on %s", format_date(self.env, notice.received_date))
        elif notice.presented_date:
            outcome = self.env._("presented on %s", format_date(self.env, notice.presented_date))
        elif notice.posted_date:
            outcome = self.env._("posted on %s", format_date(self.env, notice.posted_date))
        elif notice.address_refused:
            outcome = self.env._("address refused")
        else:
            outcome = states[notice.state].lower()
        return f"{channels[notice.channel]}, {outcome}"
