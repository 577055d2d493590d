from markupsafe import Markup
from odoo import api, models
from odoo.tools import SQL, format_amount, format_date

from ...tools.bulk_sql import AUDIT_COLUMNS, audit_values


class RelanceCommitment(models.Model):
    """What the daily job says about promises and plans: that one is broken, that a payment comes soon."""

    _inherit = "relance.commitment"

    def _tell_broken(self):
        """Ask who handles each broken promise to act: once, the day it is found broken."""
        for handler, own in self.grouped(lambda commitment: commitment._get_handler()).items():
            quiet = own.with_context(mail_activity_quick_update=True)
            quiet.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Promise broken: dunning goes on"),
                user_id=handler.id,
            )

    def _get_commitment_emails(self, today):
        """Return ``{commitment id: the address to write to}``: the dunning contact's, else the debtor's.

        As for notices, an address that was refused is not used.
        """
        pairs = [SQL("(%s, %s, %s)", c.id, c.contact_id.id, c.partner_id.id) for c in self]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT pair.id, %s FROM (VALUES %s) AS pair (id, contact_id, debtor_id)
                  JOIN res_partner contact ON contact.id = pair.contact_id
                  JOIN res_partner debtor ON debtor.id = pair.debtor_id
                """,
                self.env["relance.decision"]._sql_email(today),
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
                    %(audit)s)
                SELECT commitment_id, line_id, day, amount, email, %(today)s,
                       %(written)s
                  FROM (VALUES %(rows)s) AS new (commitment_id, line_id, day, amount, email)
           ON CONFLICT (commitment_id, date) DO NOTHING
             RETURNING id
                """,
                today=today,
                audit=AUDIT_COLUMNS,
                written=audit_values(self.env),
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
        # The template is the administrator's, the job sends in the administrator's place.
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
