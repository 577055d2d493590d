from datetime import timedelta

from markupsafe import Markup
from odoo import api, models
from odoo.tools import SQL, format_amount, format_date

from ..tools.reading import Reading
from .relance_engine_window import HORIZON


class RelanceEngine(models.AbstractModel):
    """The daily job of promises and plans: outcomes, broken words, reminders before instalments, limitation."""

    _inherit = "relance.engine"

    @api.model
    def _follow_commitments(self, company):
        """Do what the day asks for in ``company``. Run again the same day, it finds nothing to do."""
        today = self._today(company)
        self._tell_broken(self._refresh_outcomes(company, today))
        self._remind_instalments(company, today)
        self._warn_of_limitation(company, today)
        self._commit_progress()

    @api.model
    def _tell_broken(self, commitments):
        """Ask whoever handles each broken word to act: once, the day it is found broken."""
        for handler, own in commitments.grouped(lambda commitment: commitment._get_handler()).items():
            quiet = own.with_context(mail_activity_quick_update=True)
            quiet.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Promise broken: dunning goes on"),
                user_id=handler.id,
            )

    # === REMINDERS === #

    @api.model
    def _remind_instalments(self, company, today):
        """Send the friendly e-mail before promised payments that are still to be made.

        Not about what is paid, held, disputed or excluded, nor when the plan is broken, nor while the bank is late:
        whoever paid already is not reminded. In test mode and before going live nobody is; outside the hours of the
        company the reminders wait for the next opening, and those that would then come too late leave before.

        :return: the reminders sent (``relance.commitment.reminder``)
        """
        reminders = self.env["relance.commitment.reminder"]
        if not self._may_write_to_debtors(company, today):
            return reminders
        if not self._is_window_open(company):
            if self._get_instalments_to_remind(company, self._get_sending_day(company)):
                self._wake_at_next_window(company, job="escalate")
            return reminders
        candidates = self._get_instalments_to_remind(company, today)
        if not candidates or not self._is_bank_up_to_date(Reading(company, today)):
            return reminders
        commitments = candidates.commitment_id
        standings, instalments = self._get_standings(commitments, today)
        reasons = self._get_reasons_by_move(company, today, commitments.move_ids)
        silent = set(self._get_reason_codes(lambda reason: reason.silences))
        promised = set(self._get_reason_codes(lambda reason: reason.promises))
        emails = self._get_commitment_emails(commitments, today)
        rows = []
        for line in candidates:
            commitment = line.commitment_id
            about = {reason for move in commitment.move_ids for reason in reasons.get(move.id, ())}
            if (
                standings.get(commitment.id, {}).get("state") == "open"
                and instalments[line.id]["state"] != "paid"
                and not about & silent
                and about & promised
                and emails.get(commitment.id)
            ):
                left = line.amount - instalments[line.id]["paid_amount"]
                rows.append((commitment.id, line.id, line.date, left, emails[commitment.id]))
        if rows:
            reminders = reminders.browse(self._insert_reminders(rows, today))
            self._send_reminders(reminders)
        return reminders

    @api.model
    def _get_instalments_to_remind(self, company, today):
        """Return the promised payments of the next days nobody was reminded of.

        Before days of rest that includes those that fall on them: afterwards is too late.
        """
        days = company._get_relance_setting("relance_reminder_days")
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
                company=company.id,
                today=today,
                until=max(today + timedelta(days=days), self._get_last_day_of_rest(company, today)),
                promises=company._get_relance_setting("relance_remind_promises"),
            )
        )
        return self.env["relance.commitment.line"].browse([row[0] for row in rows])

    @api.model
    def _get_last_day_of_rest(self, company, today):
        """Return the last of the days after ``today`` on which the jobs of ``company`` send nothing, else ``today``."""
        day = today
        while day < today + timedelta(days=HORIZON) and not self._is_sending_day(company, day + timedelta(days=1)):
            day += timedelta(days=1)
        return day

    @api.model
    def _get_reasons_by_move(self, company, today, moves):
        """Return ``{invoice id: reasons of its open instalments}``."""
        reasons = {}
        for decision in self._fetch_decisions(Reading(company, today), moves):
            reasons.setdefault(decision.move_id, set()).add(decision.reason)
        return reasons

    @api.model
    def _get_commitment_emails(self, commitments, today):
        """Return ``{commitment id: the address to write to}``: the dunning contact's, else the debtor's.

        As for notices, an address that was refused is not used.
        """
        pairs = [SQL("(%s, %s, %s)", c.id, c.contact_id.id, c.partner_id.id) for c in commitments]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT pair.id, %s FROM (VALUES %s) AS pair (id, contact_id, debtor_id)
                  JOIN res_partner contact ON contact.id = pair.contact_id
                  JOIN res_partner debtor ON debtor.id = pair.debtor_id
                """,
                self._sql_email(today),
                SQL(", ").join(pairs),
            )
        )
        return dict(rows)

    @api.model
    def _insert_reminders(self, rows, today):
        """Insert reminders, one for each day of a commitment whatever happens at the same time; return their ids."""
        inserted = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_commitment_reminder (
                    commitment_id, line_id, date, amount, email_to, sent_on,
                    create_uid, create_date, write_uid, write_date)
                SELECT commitment_id, line_id, day, amount, email, %(today)s,
                       %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM (VALUES %(rows)s) AS new (commitment_id, line_id, day, amount, email)
           ON CONFLICT (commitment_id, date) DO NOTHING
             RETURNING id
                """,
                today=today,
                uid=self.env.uid,
                rows=SQL(", ").join(SQL("(%s, %s, %s::date, %s::numeric, %s)", *row) for row in rows),
            )
        )
        return [row[0] for row in inserted]

    @api.model
    def _send_reminders(self, reminders):
        """Queue the e-mails and leave a trace with the plan, the debtor and the invoices."""
        template = self.env.ref("relance_fr.mail_template_commitment_reminder", raise_if_not_found=False)
        if not reminders or not template:
            return
        # The template is the administrator's, the job sends in his place.
        template.sudo().send_mail_batch(reminders.ids)
        # Nor does it read the other jobs.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        bodies = {reminder: self._get_reminder_body(reminder) for reminder in reminders}
        targets = {"commitment": {}, "partner": {}, "move": {}}
        for reminder, body in bodies.items():
            targets["commitment"][reminder.commitment_id.id] = body
            targets["partner"][reminder.commitment_id.partner_id.id] = self._get_reminder_trace(reminder)
            targets["move"] |= dict.fromkeys(reminder.commitment_id.move_ids.ids, body)
        for model, name in (("relance.commitment", "commitment"), ("res.partner", "partner"), ("account.move", "move")):
            self.env[model].browse(targets[name])._message_log_batch(bodies=targets[name])

    @api.model
    def _get_reminder_trace(self, reminder):
        """Return what the debtor's card says, which other companies and people outside accounting read."""
        return Markup("%s %s") % (
            reminder.commitment_id._get_html_link(),
            self.env._("reminder of the payment of %s sent.", format_date(self.env, reminder.date)),
        )

    @api.model
    def _get_reminder_body(self, reminder):
        commitment = reminder.commitment_id
        return Markup("%s %s") % (
            commitment._get_html_link(),
            self.env._(
                "reminder of the payment of %(amount)s on %(date)s sent to %(email)s.",
                amount=format_amount(self.env, reminder.amount, commitment.currency_id),
                date=format_date(self.env, reminder.date),
                email=reminder.email_to,
            ),
        )
