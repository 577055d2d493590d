from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ...tools.bulk_sql import update_rows
from ...tools.due_date import DUE_DATE
from ...tools.open_items import OPEN_ITEM
from ...tools.reading import Reading
from ..setup.relance_calendar import HORIZON

# How long after a reminder a payment is taken for its effect, and after a payment it is still time to thank for it.
REMINDED_DAYS = 60
PAID_DAYS = 7


class ResCompany(models.Model):
    """The daily job of promises and plans: outcomes, reminders before instalments, limitation; thanks for payments."""

    _inherit = "res.company"

    # === DAILY JOB AND REMINDERS === #

    def _relance_follow_commitments(self):
        """Do what the day asks for in the company. Run again the same day, it finds nothing to do."""
        today = self._relance_today()
        self._relance_refresh_outcomes(today)._tell_broken()
        self._relance_remind_instalments(today)
        self._relance_warn_of_limitation(today)
        self.env["relance.job"]._commit_progress()

    def _relance_remind_instalments(self, today):
        """Send the friendly e-mail before promised payments that are still to be made.

        Not about what is paid, held, disputed or excluded, nor when the plan is broken, nor while the bank is late:
        who paid already is not reminded. In test mode and before going live nobody is; outside the hours of the
        company the reminders wait for the next opening, and those that would then come too late leave before.

        :return: the reminders sent (``relance.commitment.reminder``)
        """
        reminders = self.env["relance.commitment.reminder"]
        if not self._relance_may_write_to_debtors(today):
            return reminders
        if not self._relance_is_window_open():
            if self._relance_get_instalments_to_remind(self._relance_get_sending_day()):
                self._relance_wake_at_next_window(job="escalate")
            return reminders
        candidates = self._relance_get_instalments_to_remind(today)
        if not candidates or not self.env["relance.ledger"]._is_bank_up_to_date(Reading(self, today)):
            return reminders
        awaited = self._relance_get_awaited(today, candidates)
        emails = candidates.commitment_id._get_commitment_emails(today)
        rows = [
            (line.commitment_id.id, line.id, line.date, awaited[line.id], emails[line.commitment_id.id])
            for line in candidates
            if line.id in awaited and emails.get(line.commitment_id.id)
        ]
        if rows:
            reminders = reminders.browse(self.env["relance.commitment"]._insert_reminders(rows, today))
            self.env["relance.commitment"]._send_reminders(reminders)
        return reminders

    def _relance_get_awaited(self, today, lines):
        """Return ``{promised payment id: what is left of it}`` of those of ``lines`` that the debtor is to make.

        Not of what is paid, held, disputed or excluded, nor of a promise that is broken, kept or cancelled.
        """
        commitments = lines.commitment_id.filtered(lambda commitment: not commitment.cancelled)
        if not commitments:
            return {}
        standings, instalments = commitments._get_standings(today)
        reasons = self._relance_get_reasons_by_move(today, commitments.move_ids)
        silent = set(self.env["relance.decision"]._get_reason_codes(lambda reason: reason.silences))
        promised = set(self.env["relance.decision"]._get_reason_codes(lambda reason: reason.promises))
        awaited = {}
        for line in lines:
            commitment = line.commitment_id
            about = {reason for move in commitment.move_ids for reason in reasons.get(move.id, ())}
            if (
                standings.get(commitment.id, {}).get("state") == "open"
                and instalments[line.id]["state"] != "paid"
                and not about & silent
                and about & promised
            ):
                awaited[line.id] = line.amount - instalments[line.id]["paid_amount"]
        return awaited

    def _relance_get_instalments_to_remind(self, today):
        """Return the promised payments of the next days nobody was reminded of.

        Before days of rest that includes those that fall on them: afterwards is too late.
        """
        days = self._get_relance_setting("relance_reminder_days")
        if not days:
            return self.env["relance.commitment.line"]
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id FROM relance_commitment_line line
                  JOIN relance_commitment commitment ON commitment.id = line.commitment_id
                 WHERE commitment.company_id = %(company)s AND commitment.cancelled IS NOT TRUE
                   AND line.date BETWEEN %(today)s AND %(until)s AND line.date > commitment.date
                   AND (commitment.kind = 'plan' OR %(promises)s)
                   AND NOT EXISTS (SELECT FROM relance_commitment_reminder sent
                                    WHERE sent.commitment_id = commitment.id AND sent.date = line.date)
              ORDER BY line.date, line.id
                """,
                company=self.id,
                today=today,
                until=max(today + timedelta(days=days), self._relance_get_last_day_of_rest(today)),
                promises=self._get_relance_setting("relance_remind_promises"),
            )
        )
        return self.env["relance.commitment.line"].browse([row[0] for row in rows])

    def _relance_get_last_day_of_rest(self, today):
        """Return the last of the days after ``today`` on which the jobs of the company send nothing, else ``today``."""
        day = today
        while day < today + timedelta(days=HORIZON) and not self._relance_is_sending_day(day + timedelta(days=1)):
            day += timedelta(days=1)
        return day

    def _relance_get_reasons_by_move(self, today, moves):
        """Return ``{invoice id: reasons of its open instalments}``."""
        reasons = {}
        for decision in self.env["relance.decision"]._fetch_decisions(Reading(self, today), moves):
            reasons.setdefault(decision.move_id, set()).add(decision.reason)
        return reasons

    # === THANKS === #

    @api.model
    def _relance_thank(self):
        """Thank the debtors of every company that wants it. Companies stand or fall alone."""
        companies = (
            self.env["res.company"]._get_relance_concerned("relance_thanks").filtered("active").with_env(self.env)
        )
        self.env["relance.job"]._commit_progress(remaining=len(companies))
        for company in companies:
            with company._relance_standing_alone():
                company._relance_in_company()._relance_thank_company()
            if not self.env["relance.job"]._commit_progress(1):
                break

    def _relance_thank_company(self):
        """Queue the thanks due today in the company; the notices thanked for say so, so that none leaves twice.

        Outside its hours they wait for the next opening. In test mode and before it goes live nobody is thanked.

        :return: the e-mails (``mail.mail``)
        """
        today = self._relance_today()
        template = self.env.ref("relance_fr.mail_template_thanks", raise_if_not_found=False)
        wanted = self._get_relance_setting("relance_thanks")
        if not template or not wanted or not self._relance_may_write_to_debtors(today):
            return self.env["mail.mail"]
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._relance_query_thanks(today))
        if rows and not self._relance_is_window_open():
            self._relance_wake_at_next_window(job="thanks")
            rows = []
        if not rows:
            return self.env["mail.mail"]
        thanked = {notice_id: {"thanked_on": today} for row in rows for notice_id in row["notice_ids"]}
        update_rows(self.env, "relance.notice", thanked)
        by_notice = {row["notice_id"]: row["email"] for row in rows}
        # The template is the administrator's, the job sends in the administrator's place.
        mails_sudo = template.sudo().send_mail_batch(
            list(by_notice), email_values={"auto_delete": False, "recipient_ids": []}
        )
        addressed = {mail.id: {"email_to": by_notice[mail.res_id], "email_cc": None} for mail in mails_sudo}
        update_rows(self.env, "mail.mail", addressed)
        partners = self.env["res.partner"].browse([row["partner_id"] for row in rows])
        body = self.env._("Thanked by email for the payment of the invoices that had been dunned.")
        partners._message_log_batch(bodies=dict.fromkeys(partners.ids, body))
        # Nor does it read the other jobs.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return mails_sudo

    def _relance_query_thanks(self, today):
        """Return the query of the debtors to thank: ``partner_id``, ``notice_ids``, ``notice_id`` (last), ``email``.

        All that was asked for in the last weeks is settled, each invoice by a payment at least, the last one a few
        days ago; nothing else is overdue or disputed; the address can be used.
        """
        return SQL(
            """
            SELECT reminded.partner_id, reminded.notice_ids, reminded.notice_id, %(email)s AS email
              FROM (
                    SELECT notice.partner_id, MAX(notice.id) AS notice_id, array_agg(notice.id) AS notice_ids
                      FROM relance_notice notice
                     WHERE notice.company_id = %(company)s AND notice.state = 'sent' AND notice.kind <> 'preventive'
                       AND notice.thanked_on IS NULL AND notice.date > %(reminded_after)s
                  GROUP BY notice.partner_id
                   ) reminded
              JOIN relance_notice last ON last.id = reminded.notice_id
              JOIN res_partner contact ON contact.id = last.contact_id
              JOIN res_partner debtor ON debtor.id = reminded.partner_id
              JOIN LATERAL (%(settled)s) settled
                   ON settled.whole AND settled.paid_on BETWEEN %(paid_from)s AND %(today)s
             WHERE %(email)s IS NOT NULL AND NOT (%(troubled)s)
          ORDER BY reminded.partner_id
            """,
            email=self.env["relance.decision"]._sql_email(today),
            company=self.id,
            reminded_after=today - timedelta(days=REMINDED_DAYS),
            paid_from=max(
                today - timedelta(days=PAID_DAYS), self._get_relance_setting("relance_thanks_since") or today
            ),
            today=today,
            settled=self._relance_sql_settled(),
            troubled=self._relance_sql_troubled(today),
        )

    @api.model
    def _relance_sql_settled(self):
        """Return the LATERAL query of whether the invoices ``reminded`` are paid, and of the day of the last payment.

        An invoice that credit notes or entries alone settled was not paid.
        """
        return SQL(
            """
            SELECT bool_and(move.state = 'posted' AND move.amount_residual = 0
                            AND move.payment_state IN ('paid', 'in_payment') AND payment.paid_on IS NOT NULL) AS whole,
                   MAX(payment.paid_on) AS paid_on
              FROM (SELECT DISTINCT move_id FROM relance_notice_line
                     WHERE notice_id = ANY(reminded.notice_ids)) claimed
              JOIN account_move move ON move.id = claimed.move_id
         LEFT JOIN LATERAL (
                   SELECT MAX(credit.date) AS paid_on
                     FROM account_move_line debit
                     JOIN account_partial_reconcile match ON match.debit_move_id = debit.id
                     JOIN account_move_line credit ON credit.id = match.credit_move_id
                     JOIN account_move entry ON entry.id = credit.move_id
                    WHERE debit.move_id = move.id
                      AND (entry.origin_payment_id IS NOT NULL OR entry.statement_line_id IS NOT NULL)
                   ) payment ON TRUE
            """
        )

    def _relance_sql_troubled(self, today):
        """Return whether the debtor still owes something overdue, or something is disputed or on hold."""
        return SQL(
            """
            EXISTS (
                SELECT FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE move.commercial_partner_id = debtor.id AND line.company_id = %(company)s
                   AND %(open)s AND %(due)s < %(today)s)
            OR EXISTS (
                SELECT FROM relance_hold hold
                 WHERE hold.partner_id = debtor.id AND hold.company_id = %(company)s
                   AND hold.date_from <= %(today)s AND (hold.date_to IS NULL OR hold.date_to >= %(today)s))
            """,
            company=self.id,
            open=OPEN_ITEM,
            due=DUE_DATE,
            today=today,
        )
