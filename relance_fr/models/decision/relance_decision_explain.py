from odoo import api, models
from odoo.tools import SQL, format_amount, format_date

from ...tools.channels import DELIVERY_DATES
from ...tools.due_date import DUE_DATE
from ...tools.reading import Reading
from ...tools.reasons import OUTCOMES, REASONS
from ...tools.texts import translated
from ..setup.relance_calendar import WEEKDAYS

# What the progress is read from. Computed while records are being saved, it must first see them saved.
PROGRESS_SOURCES = {
    "account.move": [
        "state",
        "move_type",
        "commercial_partner_id",
        "company_id",
        "invoice_date",
        "invoice_date_due",
        "relance_payable_until",
    ],
    "account.move.line": ["move_id", "date_maturity", "reconciled", "no_followup", "parent_state", "display_type"],
    "relance.notice": ["date", "channel", "deadline", "taken_over", *DELIVERY_DATES],
    "relance.notice.line": ["notice_id", "line_id", "level_id", "state"],
    "relance.level": ["calendar_id", "delay", "kind"],
    "relance.calendar": ["catch_up", *WEEKDAYS],
    "relance.commitment": ["cancelled", "company_id"],
    "res.partner": ["relance_calendar_id", "relance_regime", "relance_exclude"],
}
PROGRESS_FIELDS = ("relance_level_id", "relance_last_date", "relance_next_level_id", "relance_next_date")


class RelanceDecision(models.AbstractModel):
    """What is told of the decision: why an invoice is dunned, or not, and how far dunning has come."""

    _inherit = "relance.decision"

    # === WHY, IN WORDS === #

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

    # === PROGRESS: THE LAST LEVEL, THE NEXT ONE === #

    @api.model
    def _query_progress(self, companies, condition, today):
        """Return the query of the progress of the open instalments of ``companies`` that meet ``condition``.

        :param condition: on ``line`` and ``move``; those of other companies are left out, their calendars are not known
        """
        return SQL(
            """
            WITH open_line AS (
                SELECT line.id AS line_id, line.move_id, line.company_id, move.commercial_partner_id AS partner_id,
                       %(due)s AS due, line.reconciled IS NOT TRUE AND NOT line.no_followup AS running
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.display_type = 'payment_term' AND move.move_type = 'out_invoice'
                   AND line.parent_state = 'posted' AND line.company_id = ANY(%(companies)s) AND %(condition)s
            ),
            item AS (
                SELECT open_line.*, %(calendar)s AS calendar_id, %(excluded)s AS excluded, broken.jump_since
                  FROM open_line
                  JOIN res_partner partner ON partner.id = open_line.partner_id
             LEFT JOIN LATERAL (%(broken)s) broken ON TRUE
            )
            SELECT item.line_id, item.move_id, history.level_id, history.rank, history.date AS last_date,
                   next.level_id AS next_level_id, next.date AS next_date
              FROM item
         LEFT JOIN LATERAL (%(history)s) history ON TRUE
         LEFT JOIN LATERAL (%(next)s) next ON item.running AND NOT item.excluded
            """,
            companies=companies.ids,
            condition=condition,
            due=DUE_DATE,
            history=self._sql_history(),
            calendar=self._sql_calendar(companies, SQL("open_line.company_id")),
            excluded=self._sql_excluded(SQL("open_line.company_id")),
            broken=self.env["relance.commitment"]._sql_stored_jump(companies),
            next=self._sql_next_level(today, companies),
        )

    @api.model
    def _query_move_progress(self, companies, condition, today):
        """Return the query of the same by invoice: its highest level, its last date, its earliest next step."""
        return SQL(
            """
            SELECT progress.move_id,
                   (array_agg(level_id ORDER BY rank DESC NULLS LAST, last_date DESC NULLS LAST))[1] AS level_id,
                   MAX(last_date) AS last_date,
                   (array_agg(next_level_id ORDER BY next_date NULLS LAST, line_id))[1] AS next_level_id,
                   MIN(next_date) AS next_date
              FROM (%s) progress
          GROUP BY progress.move_id
            """,
            self._query_progress(companies, condition, today),
        )

    @api.model
    def _get_progress(self, model, ids, companies):
        """Return ``{id: {level_id, last_date, next_level_id, next_date}}`` of invoices or instalments.

        :param model: "account.move" or "account.move.line"
        """
        if not ids or not companies:
            return {}
        for source, field_names in PROGRESS_SOURCES.items():
            self.env[source].flush_model(field_names)
        today = min(company._relance_today() for company in companies)
        if model == "account.move":
            query = self._query_move_progress(companies, SQL("move.id = ANY(%s)", list(ids)), today)
        else:
            query = self._query_progress(companies, SQL("line.id = ANY(%s)", list(ids)), today)
        key = "move_id" if model == "account.move" else "line_id"
        return {row[key]: row for row in self.env.execute_query_dict(query)}

    @api.model
    def _refresh_progress(self, moves=None, companies=None, condition=None):
        """Bring the stored progress of invoices up to date, set-based, touching only the rows that change.

        :param moves: the invoices, or None for those that meet the SQL ``condition`` in ``companies``
        """
        # The stored fields depend on no right of the user who happens to send or pay.
        moves_sudo = moves.sudo() if moves is not None else None
        companies = companies or (moves_sudo.company_id if moves_sudo else self.env["res.company"])
        if not companies:
            return
        if moves_sudo is not None:
            condition = SQL("move.id = ANY(%s)", moves_sudo.ids)
        self.env.flush_all()
        today = min(company._relance_today() for company in companies)
        changed = self.env.execute_query(
            SQL(
                """
                UPDATE account_move
                   SET relance_level_id = fresh.level_id, relance_last_date = fresh.last_date,
                       relance_next_level_id = fresh.next_level_id, relance_next_date = fresh.next_date
                  FROM (%s) fresh
                 WHERE account_move.id = fresh.move_id
                   AND (account_move.relance_level_id, account_move.relance_last_date,
                        account_move.relance_next_level_id, account_move.relance_next_date)
                       IS DISTINCT FROM (fresh.level_id, fresh.last_date, fresh.next_level_id, fresh.next_date)
             RETURNING account_move.id
                """,
                self._query_move_progress(companies, condition, today),
            )
        )
        if changed:
            self.env["account.move"].browse([row[0] for row in changed]).invalidate_recordset(PROGRESS_FIELDS)
        self.env["account.move.line"].invalidate_model(PROGRESS_FIELDS)
