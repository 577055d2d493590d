from odoo import api, fields, models
from odoo.tools import SQL

from .relance_engine_draft import MONEY

# Decided again, an instalment of a notice stays in it for these reasons only.
STILL_CLAIMED = ("due", "too_recent", "no_address")


class RelanceEngine(models.AbstractModel):
    """Check again, under a lock, that what a notice claims is owed: before it is sealed and before it leaves."""

    _inherit = "relance.engine"

    @api.model
    def _refresh_drafts(self, company, notices):
        """Lock what the notices claim and bring them to the company's day.

        Instalments paid, held, disputed or otherwise stopped since are left out; a notice left empty is cancelled.

        :return: the notices that still claim something
        """
        if not notices:
            return notices
        self.env.flush_all()
        today = self._today(company)
        stopped = self._lock_and_find_stopped(company, notices, today)
        self._refresh_recipients(notices)
        if stopped or any(notice.date != today for notice in notices) or self._find_changed(company, notices):
            self._refigure(company, notices, stopped, today)
        return notices.filtered(lambda notice: notice.state != "cancelled")

    @api.model
    def _drop_unsealed_letter(self, notice_sudo):
        """Throw away the letter an interrupted job made before sealing: it would show the figures of another day."""
        letter = notice_sudo.attachment_id
        if letter:
            notice_sudo.write({"attachment_id": False})
            letter.unlink()

    @api.model
    def _refresh_recipients(self, notices):
        """Take the e-mail addresses as they are today: one may have been corrected since the draft."""
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET email_to = contact.email FROM res_partner contact
                 WHERE relance_notice.id = ANY(%s) AND contact.id = contact_id
                   AND email_to IS DISTINCT FROM contact.email
             RETURNING relance_notice.id
                """,
                notices.ids,
            )
        )
        notices.invalidate_recordset(["email_to"])

    @api.model
    def _lock_and_find_stopped(self, company, notices, as_of):
        """Lock the instalments of ``notices``, return the ids of those that must not be dunned any more.

        A payment that is being registered holds the same rows: it comes before or after, never in between.
        """
        line_ids = notices.line_ids.line_id.ids
        self.env.execute_query(
            SQL("SELECT id FROM account_move_line WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", line_ids)
        )
        decision = self._query_decision(company, as_of, automatic=False, moves=notices.line_ids.move_id, again=True)
        rows = self.env.execute_query(
            SQL("SELECT line_id FROM (%s) decided WHERE reason = ANY(%s)", decision, list(STILL_CLAIMED))
        )
        return set(line_ids) - {row[0] for row in rows}

    @api.model
    def _find_changed(self, company, notices):
        """Return the ids of the instalments of ``notices`` whose principal is not the frozen one any more."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH %s
                SELECT fact.line_id FROM relance_notice_line fact LEFT JOIN netted ON netted.line_id = fact.line_id
                 WHERE fact.notice_id = ANY(%s) AND netted.net IS DISTINCT FROM fact.principal_amount
                """,
                self._sql_netted(company, self._today(company), notices.partner_id.ids),
                notices.ids,
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _refigure(self, company, notices, stopped, today):
        """Compute the claims of unsealed ``notices`` again, as of ``today``."""
        claims = self._get_claims(company, today, set(notices.line_ids.line_id.ids) - stopped)
        for notice in notices.sudo():  # figures are not writable by the person who approves
            gone = notice.line_ids.filtered(
                lambda line: line.line_id.id not in claims or not claims[line.line_id.id].principal
            )
            gone.unlink()
            self._drop_unsealed_letter(notice)
            if not notice.line_ids:
                notice.write({"state": "cancelled", "failure_reason": self.env._("Nothing left to claim.")})
                continue
            level = notice.level_id.read(["charge_penalty", "charge_indemnity"])[0]
            for line in notice.line_ids:
                item = {
                    "level_id": line.level_id.id,
                    "invoice_name": line.invoice_name,
                    "invoice_date": line.invoice_date,
                }
                vals = self._prepare_line(item, claims[line.line_id.id], level)
                line.write({name: vals[name] for name in (*MONEY, "days_late", "amount_paid", "segments")})
            days = notice.level_id.deadline_days
            notice.write(
                {
                    "date": today,
                    "deadline": days and fields.Date.add(today, days=days),
                    "credit_amount": sum(claims[line.line_id.id].credit_share for line in notice.line_ids),
                    **{name: sum(notice.line_ids.mapped(name)) for name in MONEY},
                }
            )
