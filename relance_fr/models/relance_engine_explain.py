from odoo import api, models
from odoo.tools import format_date

from ..tools.reading import Reading

# Which instalment of an invoice speaks for it: the one to send, else the one that waits, else the one that is stopped.
DECISION_ORDER = {"send": 0, "wait": 1, "skip": 2}

# Reasons that speak of a level to come, which a broken promise may have called for.
LEVEL_REASONS = (
    "due", "too_early", "too_recent", "awaiting_approval", "already_drafted", "bank_not_up_to_date", "not_ready",
)  # fmt: skip


class RelanceEngine(models.AbstractModel):
    """Why an invoice is dunned, or not: the very query of the decision, put in words."""

    _inherit = "relance.engine"

    @api.model
    def _get_decisions(self, moves, as_of=None):
        """Return ``{invoice id: [Decision of its open instalments]}``, as the cron would decide.

        :param as_of: the day; each company's today when None
        """
        decisions = {}
        posted = moves.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted" and isinstance(move.id, int)
        )
        self.env.flush_all()
        for company, company_moves in posted.grouped("company_id").items():
            reading = Reading(company, as_of or self._today(company), automatic=True)
            for decision in self._fetch_decisions(reading, company_moves):
                decisions.setdefault(decision.move_id, []).append(decision)
        return decisions

    @api.model
    def _explain(self, move, as_of=None):
        """Return ``{decision, reason, message, level, date}`` for one invoice; see ``_get_decisions``."""
        return self._explain_rows(move, self._get_decisions(move, as_of).get(move.id, []))

    @api.model
    def _explain_rows(self, move, rows):
        """Return the explanation of one invoice from the ``rows`` (``Decision``) of its open instalments."""
        if move.move_type != "out_invoice" or move.state != "posted":
            return self._prepare_explanation("skip", "not_posted")
        if not rows:
            return self._prepare_explanation("skip", "paid")
        row = min(rows, key=lambda row: (DECISION_ORDER[row.decision], row.due, row.line_id))
        # Whoever reads the invoice may know its level, in a calendar that need not be theirs to read.
        level = self.env["relance.level"].sudo().browse(row.level_id)
        explanation = self._prepare_explanation(row.decision, row.reason, level, row.date, row.detail)
        if row.broken_since and row.reason in LEVEL_REASONS:
            day = format_date(self.env, row.broken_since)
            explanation["message"] = self.env._(
                "A promise was broken on %(date)s. %(message)s", date=day, message=explanation["message"]
            )
        return explanation

    @api.model
    def _prepare_explanation(self, decision, reason, level=None, date=None, detail=None):
        level = level or self.env["relance.level"]
        return {
            "decision": decision,
            "reason": reason,
            "message": self._get_reason_message(reason, level, date, detail),
            "level": level.name or False,
            "level_id": level.id or False,
            "date": date.isoformat() if date else False,
        }

    @api.model
    def _get_reason_message(self, reason, level, date, detail=None):
        """Return ``reason`` as a sentence in the reader's language, with what to do where something can be done.

        :param detail: which case of the reason, see ``Decision``
        """
        values = {"level": level.name or "", "date": format_date(self.env, date) if date else ""}
        messages = {
            "due": self.env._("%(level)s is due since %(date)s.", **values),
            "not_posted": self.env._("The invoice is not posted."),
            "paid": self.env._("The invoice is settled."),
            "not_due": self.env._("Not due yet; %(level)s on %(date)s if it is not paid.", **values),
            "too_early": self.env._("%(level)s comes on %(date)s.", **values),
            "too_recent": self.env._("%(level)s waits: the debtor was contacted a few days ago.", **values),
            "below_minimum": self.env._("What the debtor owes is below the minimum amount of %(level)s.", **values),
            "no_calendar": self.env._("No escalation calendar: choose one on the customer or in the settings."),
            "excluded": self.env._("The customer or the invoice is excluded from dunning."),
            "disputed": self.env._("The debtor disputes it."),
            "held": self.env._("Dunning is on hold."),
            "promised": self.env._("The debtor promised to pay."),
            "on_plan": self.env._("The debtor follows a payment plan."),
            "insolvent": self.env._("The debtor is insolvent: declare the claim instead."),
            "payment_in_progress": self.env._("A payment is in progress."),
            "covered_by_credit": self.env._("The debtor's unmatched payments and credit notes cover it: match them."),
            "bank_not_up_to_date": self.env._("%(level)s waits until the bank statements are up to date.", **values),
            "not_ready": self.env._(
                "%(level)s waits until the company is complete: see First Steps in the configuration.", **values
            ),
            "awaiting_approval": self.env._(
                "A notice waits for a person: approve it, or enter when its letter was posted."
            ),
            "no_address": self.env._("Neither an email nor a postal address: complete the customer's dunning address."),
            "already_drafted": self.env._("A notice that holds it is about to be sent."),
            "last_level_reached": self.env._("The last level of the calendar was sent: decide what comes next."),
        }
        return self._get_detail_messages(values).get(f"{reason}:{detail}") or messages[reason]

    @api.model
    def _get_detail_messages(self, values):
        """Return ``{"reason:detail": sentence}`` of the cases of a reason that have a sentence of their own."""
        return {
            "held:start": self.env._(
                "It fell due before dunning went live: the daily job leaves it alone. Take its level over (in the list "
                "of invoices), or send the first reminder by hand."
            ),
            "held:not_live": self.env._(
                "%(level)s waits: the daily job sends nothing before dunning goes live.", **values
            ),
            "not_ready:siren": self.env._("%(level)s waits: the company has no SIREN or SIRET yet.", **values),
            "not_ready:mentions": self.env._("%(level)s waits: the company has no legal mentions yet.", **values),
            "not_ready:address": self.env._("%(level)s waits: the address of the company is not complete.", **values),
            "not_ready:signatory": self.env._("%(level)s waits: nobody is there to sign it.", **values),
            "not_ready:iban": self.env._("%(level)s waits: the company has no bank account to pay to.", **values),
            "not_ready:email": self.env._("%(level)s waits: the company has no email address to write from.", **values),
            "too_recent:lapsed": self.env._(
                "%(level)s lapsed because nobody approved it in time; it comes again after the days between two "
                "notices.",
                **values,
            ),
        }
