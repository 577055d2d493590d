from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.due_date import DUE_DATE
from ..tools.reading import Purpose, Reading
from .relance_engine_draft import MONEY


class RelanceEngine(models.AbstractModel):
    """Check again, under a lock, that what a notice claims is owed: before it is sealed and before it leaves."""

    _inherit = "relance.engine"

    @api.model
    def _refresh_drafts(self, company, notices):
        """Lock what the notices claim and bring them to the company's day.

        What claims nothing any more is cancelled, and so is what has no address left to go to.

        :return: the notices that still claim something and can leave
        """
        live = self._refresh_claims(company, notices)
        live -= self._cancel_unaddressed(live)
        return live - self._readdress_letters(live)

    @api.model
    def _refresh_claims(self, company, notices):
        """Lock what the notices claim and bring e-mail addresses, copies, dates and figures to the company's day.

        Instalments paid, held, disputed or otherwise stopped since are left out; a notice left empty is cancelled.

        :return: the notices that still claim something
        """
        if not notices:
            return notices
        today = self._today(company)
        stopped, changed, moved, misplaced = self._lock_and_compare(company, notices, today)
        stopped |= misplaced
        if moved:
            self._refresh_recipients(notices.browse(moved), today)
        self._refresh_copies(notices, today)
        # An invoice reset to draft and posted again may have other instalments, for another sum.
        lost = any(not line.line_id for line in notices.line_ids)
        if stopped or changed or lost or any(notice.date != today for notice in notices):
            self._refigure(company, notices, stopped, today, misplaced)
        return notices.filtered(lambda notice: notice.state != "cancelled")

    @api.model
    def _lock_and_compare(self, company, notices, as_of):
        """Lock the instalments of ``notices`` and hold them against the ledger.

        A payment that is being registered holds the same rows: it comes before or after, never in between.

        :return: ids of the instalments that must not be dunned any more, ids of those of which another principal is
            left than the frozen one, ids of the notices whose addressee has another e-mail address now, ids of the
            instalments that are owed but not at the level of their notice any more
        """
        self.env.flush_all()
        facts = self.env.execute_query(
            SQL(
                """
                SELECT line.id, item.notice_id, item.principal_amount, %s IS DISTINCT FROM notice.email_to,
                       notice.level_chosen, %s,
                       level.kind = 'preventive' AND %s < %s
                       -- the calendar itself never comes before a deadline
                       OR notice.level_chosen AND COALESCE(history.deadline > %s, FALSE)
                  FROM relance_notice_line item
                  JOIN account_move_line line ON line.id = item.line_id
                  JOIN account_move move ON move.id = line.move_id
                  JOIN relance_notice notice ON notice.id = item.notice_id
                  JOIN relance_level level ON level.id = item.level_id
                  JOIN res_partner contact ON contact.id = notice.contact_id
                  JOIN res_partner debtor ON debtor.id = notice.partner_id
             LEFT JOIN LATERAL (%s) history ON TRUE
                 WHERE item.notice_id = ANY(%s) ORDER BY line.id FOR NO KEY UPDATE OF line
                """,
                self._sql_email(as_of),
                self._sql_level_rank(SQL("level.kind")),
                DUE_DATE,
                as_of,
                as_of,
                self._sql_history(),
                notices.ids,
            )
        )
        # Joined here: the planner knows nothing yet of rows drafted a moment ago and would decide once for each.
        decision = self._query_decision(Reading(company, as_of, notices.partner_id.ids, again=True))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line_id, reason, net, %s FROM (%s) decided
             LEFT JOIN relance_level level ON level.id = decided.level_id
                """,
                self._sql_level_rank(SQL("level.kind")),
                decision,
            )
        )
        decided = {line_id: (reason, net, rank) for line_id, reason, net, rank in rows}
        # At a level a person chose, when the calendar would send it, and for how much, is no longer the question.
        stays = self._get_reason_codes(lambda reason: reason.stays)
        stays_if_chosen = self._get_reason_codes(lambda reason: reason.stays_if_chosen)
        stopped, changed, moved, misplaced = set(), set(), set(), set()
        for line_id, notice_id, principal, has_moved, chosen, frozen_rank, out_of_time in facts:
            reason, net, rank = decided.get(line_id, ("paid", 0, None))
            if reason not in (stays_if_chosen if chosen else stays):
                stopped.add(line_id)
            # The calendar may have moved on to a harsher level while the notice waited, never back.
            elif out_of_time or (not chosen and (rank or 0) < frozen_rank):
                misplaced.add(line_id)
            if net != principal:
                changed.add(line_id)
            if has_moved:
                moved.add(notice_id)
        return stopped, changed, list(moved), misplaced

    @api.model
    def _refresh_recipients(self, notices, as_of):
        """Take the e-mail addresses as they are today: one may have been corrected since the draft."""
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET email_to = %s FROM res_partner contact, res_partner debtor
                 WHERE relance_notice.id = ANY(%s) AND contact.id = relance_notice.contact_id
                   AND debtor.id = relance_notice.partner_id
             RETURNING relance_notice.id
                """,
                self._sql_email(as_of),
                notices.ids,
            )
        )
        notices.invalidate_recordset(["email_to"])

    @api.model
    def _refigure(self, company, notices, stopped, today, misplaced=frozenset()):
        """Compute the claims of unsealed ``notices`` again, as of ``today``, and store them in two statements.

        :param stopped: ids of the instalments to leave out; ``misplaced``: those of them that another level must claim
        """
        line_ids = set(notices.line_ids.line_id.ids) - stopped
        claims = self._get_claims(Reading(company, today), line_ids, Purpose.NOTICE).complete()
        # Figures are not writable by the person who approves.
        notices_sudo = notices.with_env(self.env).sudo()
        gone = notices_sudo.line_ids.filtered(
            lambda line: line.line_id.id not in claims or not claims[line.line_id.id].principal
        )
        # A cancelled draft keeps the lines it was made of.
        empty = notices_sudo.filtered(lambda notice: notice.line_ids <= gone)
        outdated = empty.filtered(lambda notice: misplaced & set(notice.line_ids.line_id.ids))
        outdated._set_state("cancelled", self.env._("Its level does not fit any more: it is decided afresh."))
        (empty - outdated)._set_state("cancelled", self.env._("Nothing left to claim."))
        # What called for this tone was paid: the rest gets a notice of its own level.
        harsh = (notices_sudo - empty).filtered(lambda n: n.level_id not in (n.line_ids - gone).level_id)
        harsh._set_state("cancelled", self.env._("What is left is at a milder level."))
        live = notices_sudo - empty - harsh
        (gone & live.line_ids).unlink()
        self._drop_unsealed_letters(live)
        figures = {
            line.id: self._prepare_figures(claims[line.line_id.id], line.notice_id.level_id) for line in live.line_ids
        }
        self._update_rows("relance.notice.line", figures)
        self._update_rows(
            "relance.notice",
            {
                notice.id: {
                    "date": today,
                    "printed_deadline": self._get_deadline(today, notice.level_id.deadline_days),
                    "deadline": self._get_deadline(today, notice.level_id.deadline_days),
                    "credit_amount": sum(claims[line.line_id.id].credit_share for line in notice.line_ids),
                    **{name: sum(figures[line.id][name] for line in notice.line_ids) for name in MONEY},
                }
                for notice in live
            },
        )
        self._update_rows("relance.notice.line", {line.id: {"date": today} for line in live.line_ids})

    @api.model
    def _drop_unsealed_letters(self, notices_sudo):
        """Throw away letters an interrupted job made before sealing: they would show the figures of another day."""
        letters = notices_sudo.attachment_id
        if letters:
            notices_sudo.write({"attachment_id": False})
            letters.unlink()

    @api.model
    def _get_deadline(self, date, days):
        """Return the last day given to pay, None when the level gives none."""
        return fields.Date.add(date, days=days) if days else None
