from odoo import api, models
from odoo.tools import format_amount, format_date

from ...tools.reading import Reading
from ...tools.reasons import OUTCOMES, REASONS
from ...tools.texts import translated


class RelanceDecision(models.AbstractModel):
    """Why an invoice is dunned, or not: the very query of the decision, put in words."""

    _inherit = "relance.decision"

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
            reading = Reading(company, as_of or company._relance_today(), automatic=True)
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
        if move.move_type != "out_invoice":
            return self._prepare_explanation("skip", "not_invoice")
        if move.state != "posted":
            return self._prepare_explanation("skip", "not_posted")
        if not rows:
            return self._prepare_explanation("skip", "paid")
        row = min(rows, key=lambda row: (OUTCOMES.index(row.decision), row.due, row.line_id))
        # A user who reads the invoice may know its level, in a calendar that need not be theirs to read.
        level = self.env["relance.level"].sudo().browse(row.level_id)
        explanation = self._prepare_explanation(row.decision, row.reason, level, row.date, row.detail)
        if row.reason == "receipt_to_match":
            explanation["message"] = self._get_receipt_message(self._get_doubt(move, rows), move.currency_id)
        if row.broken_since and self._get_reasons()[row.reason].names_level:
            day = format_date(self.env, row.broken_since)
            explanation["message"] = self.env._(
                "A promise was broken on %(date)s. %(message)s", date=day, message=explanation["message"]
            )
        return explanation

    @api.model
    def _get_doubt(self, move, rows):
        """Return how much was received and may have paid the instalments ``rows`` of ``move`` (Decimal)."""
        reading = Reading(move.company_id, move.company_id._relance_today(), move.commercial_partner_id.ids)
        doubts = self.env["relance.ledger"]._get_account(reading).doubts
        return sum(part for row in rows for _date, part in doubts.get(row.line_id, ()))

    @api.model
    def _get_receipt_message(self, amount, currency):
        """Return the sentence that says how much was received and is to be matched."""
        sentence = translated(self.env, self._get_reasons()["receipt_to_match"].details["amount"])
        return sentence % {"amount": format_amount(self.env, float(amount), currency)}

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
        known = self._get_reasons().get(reason)
        # An addon that gave it is gone; the decisions it left behind are read all the same.
        if not known:
            return reason
        name = level.name or ""
        values = {
            "level": name,
            # Within a sentence, unless it is all capitals.
            "level_within": name[:1].lower() + name[1:] if name[1:2].islower() else name,
            "date": format_date(self.env, date) if date else "",
            "weekday": self._get_weekday_text(date),
        }
        sentence = translated(self.env, known.details.get(detail, known.sentence))
        return sentence % values

    @api.model
    def _get_weekday_text(self, date):
        """Return a day to come with its weekday, in the reader's language: "lundi 7 décembre"; the year if another."""
        if not date:
            return ""
        french = (self.env.lang or "").startswith("fr")
        pattern = "EEEE d MMMM" if french else "EEEE, MMMM d"
        if date.year != self.env.company._relance_today().year:
            pattern += " y" if french else ", y"
        text = format_date(self.env, date, date_format=pattern)
        return text.replace(" 1 ", " 1er ", 1) if french and date.day == 1 else text

    @api.model
    def _get_reason_table(self):
        """Return what is known of each reason, in the order of lists. An override adds its own at the end."""
        return list(REASONS)

    @api.model
    def _get_reasons(self):
        """Return ``{code: Reason}``, in the order of lists."""
        return {reason.code: reason for reason in self._get_reason_table()}

    @api.model
    def _get_reason_codes(self, condition):
        """Return the codes of the reasons for which ``condition(reason)`` holds."""
        return [reason.code for reason in self._get_reason_table() if condition(reason)]
