from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

from ...tools.open_items import OPEN_CREDIT_DOMAIN
from ...tools.reading import Reading

CONTACTS_SHOWN = 8

CREDITS_SHOWN = 5
# Where the money is found that is on no account of customers yet.
RECEIPT_MODELS = {
    "suspense": "account.bank.statement.line",
    "payment": "account.payment",
    "transaction": "payment.transaction",
}

COMMITMENTS_READ = 10


class RelanceDebtorFacts(models.AbstractModel):
    """What was last said between a debtor and us, and what runs: holds, promises, credits.

    For models that have a ``partner_id`` (a commercial entity) and a ``company_id``. A fact is a dict ``date moment
    icon title text tone model id``: the date an ISO string, ``moment`` what facts are sorted by, the tone Bootstrap's,
    ``model`` and ``id`` the record it opens.
    """

    _name = "relance.debtor.facts"
    _description = "Facts about a Debtor"

    # === LAST CONTACTS === #

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
        # A person who reads the debtor's notices reads what was answered to them.
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
        if notice.letter_state:
            outcome = notice._get_letter_state_text()
        elif notice.address_refused:
            outcome = self.env._("address refused")
        else:
            outcome = states[notice.state].lower()
        return f"{channels[notice.channel]}, {outcome}"

    # === WHAT RUNS: HOLDS, PROMISES, CREDITS === #

    def _get_stop_facts(self):
        """Return the holds and promises that run for the debtor."""
        self.ensure_one()
        today = self.company_id._relance_today()
        holds = self.env["relance.hold"].search(
            self._get_same_debtor_domain()
            & Domain("date_from", "<=", today)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
        )
        commitments = self.env["relance.commitment"].search(
            self._get_same_debtor_domain() & Domain("cancelled", "=", False), limit=COMMITMENTS_READ
        )
        return [self._get_hold_fact(hold) for hold in holds] + [
            self._get_commitment_fact(commitment)
            for commitment in commitments
            if commitment.state in ("open", "broken")
        ]

    def _get_hold_fact(self, hold):
        reasons = dict(hold._fields["reason"]._description_selection(self.env))
        scope = hold.move_id.name or self.env._("everything")
        return {
            "date": fields.Date.to_string(hold.date_from),
            "icon": "fa-pause",
            "title": reasons[hold.reason],
            "text": self.env._("%(scope)s, until %(date)s", scope=scope, date=format_date(self.env, hold.date_to))
            if hold.date_to
            else self.env._("%s, until somebody ends it", scope),
            "tone": "danger" if hold.reason == "insolvency" else "warning",
            "model": "relance.hold",
            "id": hold.id,
        }

    def _get_commitment_fact(self, commitment):
        states = dict(commitment._fields["state"]._description_selection(self.env))
        kinds = dict(commitment._fields["kind"]._description_selection(self.env))
        return {
            "date": fields.Date.to_string(commitment.date),
            "icon": "fa-handshake-o",
            "title": kinds[commitment.kind],
            "text": self.env._(
                "%(amount)s by %(date)s: %(state)s",
                amount=format_amount(self.env, commitment.promised_amount, commitment.currency_id),
                date=format_date(self.env, commitment.date_end),
                state=states[commitment.state].lower(),
            ),
            "tone": "danger" if commitment.state == "broken" else "warning",
            "model": "relance.commitment",
            "id": commitment.id,
        }

    def _get_credit_facts(self):
        """Return what the debtor paid or was credited beside his invoices.

        Payments and credit notes that match no invoice yet, money that is on no account of customers yet, what the
        company owes him.
        """
        self.ensure_one()
        return self._get_open_credit_facts() + self._get_receipt_facts() + self._get_counterclaim_facts()

    def _get_receipt_facts(self):
        """Return what came in and is not booked: bank lines, payments without an entry, online payments."""
        company = self.company_id
        reading = Reading(company, company._relance_today(), self.partner_id.ids)
        ledger = self.env["relance.ledger"]
        received = [row for row in ledger._get_credits(reading) if row["kind"] != "credit"]
        currencies = self.env["res.currency"]
        return [
            {
                "date": fields.Date.to_string(row["date"]),
                "icon": "fa-question-circle",
                "title": format_amount(self.env, float(row["amount"]), currencies.browse(row["currency_id"])),
                "text": self.env._("Receipt to be matched: %s", row["label"] or ""),
                "tone": "warning",
                "model": RECEIPT_MODELS[row["kind"]],
                "id": row["id"],
            }
            for row in received[:CREDITS_SHOWN]
        ]

    def _get_counterclaim_facts(self):
        """Return what the company owes the debtor: advances, supplier invoices. Nothing is set off by itself."""
        lines = self.env["account.move.line"]._read_group(
            Domain("company_id", "=", self.company_id.id)
            & Domain("partner_id", "child_of", self.partner_id.id)
            & Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "in", ("liability_payable", "liability_current"))
            & (
                Domain("account_id.account_type", "=", "liability_payable")
                | Domain("account_id.code", "=like", "4191%")
            ),
            ["account_id"],
            ["balance:sum", "date:max"],
        )
        currency = self.company_id.currency_id
        return [
            {
                "date": fields.Date.to_string(day),
                "icon": "fa-exchange",
                "title": format_amount(self.env, -balance, currency),
                "text": self.env._("We owe it to him: %s", account.display_name),
                "tone": "warning",
                "model": "res.partner",
                "id": self.partner_id.id,
            }
            for account, balance, day in lines
            if currency.compare_amounts(balance, 0) < 0
        ]

    def _get_open_credit_facts(self):
        """Return the payments and credit notes of the debtor that match no invoice yet."""
        lines = self.env["account.move.line"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("partner_id", "child_of", self.partner_id.id)
            & OPEN_CREDIT_DOMAIN,
            order="date desc, id desc",
            limit=CREDITS_SHOWN,
        )
        return [
            {
                "date": fields.Date.to_string(line.date),
                "icon": "fa-arrow-left",
                "title": format_amount(self.env, -line.amount_residual_currency, line.currency_id),
                "text": line.move_id.name or "",
                "tone": "",
                "model": "account.move",
                "id": line.move_id.id,
            }
            for line in lines
        ]
