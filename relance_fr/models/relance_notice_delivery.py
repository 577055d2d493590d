from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.mail import email_normalize, email_normalize_all

DELIVERY_STATES = [
    ("queued", "Queued"),
    ("sent", "Handed Over"),
    ("bounced", "Bounced"),
    ("refused", "Refused"),
    ("blacklisted", "Blacklisted"),
    ("failed", "Not Sent"),
]
FAILURE_KINDS = [
    ("address", "Email Not Delivered"),
    ("no_address", "No Address"),
    ("technical", "Technical"),
    ("server", "Mail Server Not Available"),
    ("lapsed", "Lapsed"),
    ("test", "Waited in Test Mode"),
]
# How often an e-mail is handed again to a server that hung up, always with the same Message-ID.
ATTEMPTS = 3


class RelanceNotice(models.Model):
    """What became of the e-mail of a notice: a fact of the register, whatever becomes of Odoo's outgoing mail."""

    _inherit = "relance.notice"

    delivery_state = fields.Selection(
        DELIVERY_STATES,
        string="Email",
        readonly=True,
        copy=False,
        help="Queued: waits in Odoo's outgoing mail. Handed over: the mail server took it. Bounced: it came back. "
        "Refused: the server knows no such address. Blacklisted: the address asked for no more emails.",
    )
    delivery_date = fields.Datetime(string="Email Since", readonly=True, copy=False)
    delivery_error = fields.Char(string="Email Error", readonly=True, copy=False)
    delivery_attempts = fields.Integer(readonly=True, copy=False)
    failure_kind = fields.Selection(FAILURE_KINDS, string="Kind of Failure", readonly=True, copy=False)

    _queued_idx = models.Index("(mail_id) WHERE delivery_state = 'queued'")

    # === FEEDBACK OF THE MAIL QUEUE === #

    def _mark_failed(self, reason, refused, delivery=None, kind="address"):
        """Record that the e-mail of notices did not reach the debtor. With no other channel, the level was not reached.

        :param refused: the address is at fault: it is not used again until it is corrected
        :param delivery: what became of the e-mail, by default refused or failed
        :param kind: kind of failure of the notice, when the e-mail was its only channel
        """
        sent = self.filtered(lambda notice: notice.state == "sent")
        if not sent:
            return
        outcome = {
            "address_refused": refused,
            "delivery_state": delivery or ("refused" if refused else "failed"),
            "delivery_date": fields.Datetime.now(),
            "delivery_error": reason or None,
        }
        self.env["relance.engine"]._update_rows("relance.notice", {notice.id: outcome for notice in sent})
        for notices in sent.grouped("company_id").values():
            env = notices._get_reader_env()
            body = env._("The email could not be sent: %s", reason or "")
            notices._message_log_batch(bodies=dict.fromkeys(notices.ids, body))
            env["relance.engine"]._fail(
                notices.filtered(lambda notice: notice.channel == "email").with_env(env), reason, kind
            )

    def _get_reader_env(self):
        """Return the environment whose language is that of who will read: the queue and the gateway have none."""
        return self.env["relance.engine"]._in_company(self.company_id[:1]).env

    @api.model
    def _sync_delivery(self, mail_ids=None):
        """Take from Odoo's outgoing mail which e-mails left, in one statement.

        :param mail_ids: ids of ``mail.mail``; None for whatever a queue that was stopped left unsaid
        """
        self.env["mail.mail"].flush_model(["state"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET delivery_state = 'sent', delivery_date = %s, delivery_error = NULL
                  FROM mail_mail mail
                 WHERE mail.id = relance_notice.mail_id AND mail.state = 'sent'
                   AND relance_notice.delivery_state = 'queued' AND %s
             RETURNING relance_notice.id
                """,
                fields.Datetime.now(),
                SQL("TRUE") if mail_ids is None else SQL("mail.id = ANY(%s)", list(mail_ids)),
            )
        )
        self.browse([row[0] for row in rows]).invalidate_recordset(
            ["delivery_state", "delivery_date", "delivery_error"]
        )

    @api.model
    def _resume_interrupted(self):
        """Queue again the e-mails of which the server hung up before it answered; give up after some attempts.

        Core leaves them failed without telling anybody. Whether the message arrived is unknowable: it leaves again
        with the same Message-ID, so that a mailbox sees one.
        """
        self.env["mail.mail"].flush_model(["state"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id, notice.mail_id, COALESCE(notice.delivery_attempts, 0)
                  FROM relance_notice notice
                  JOIN mail_mail mail ON mail.id = notice.mail_id
                 WHERE notice.delivery_state = 'queued' AND mail.state = 'exception'
                   -- in test mode nothing leaves: they do once it is off
                   AND NOT (notice.company_id = ANY(%s))
                """,
                self.env["res.company"]._get_relance_tested().ids,
            )
        )
        again = {notice_id: count + 1 for notice_id, _mail, count in rows if count + 1 < ATTEMPTS}
        given_up = self.browse([row[0] for row in rows if row[0] not in again])
        for notices in given_up.grouped("company_id").values():
            reason = notices._get_reader_env()._("The mail server hung up before it took the email.")
            notices._mark_failed(reason, refused=False)
        if again:
            mails = self.env["mail.mail"].browse([mail_id for notice_id, mail_id, _count in rows if notice_id in again])
            mails.write({"state": "outgoing", "failure_type": False, "failure_reason": False})
            rows = {notice_id: {"delivery_attempts": count} for notice_id, count in again.items()}
            self.env["relance.engine"]._update_rows("relance.notice", rows)
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    # === BOUNCES === #

    def _message_receive_bounce(self, email, partner):
        """Take an e-mail that came back as a refusal of its address; of a copy that came back, only a note is left."""
        result = super()._message_receive_bounce(email, partner)
        # The mail gateway need not read the register.
        for notice_sudo in self.sudo():
            env = notice_sudo._get_reader_env()
            reason = env._("The e-mail came back: %s", email or notice_sudo.email_to)
            if email and email_normalize(email) in email_normalize_all(notice_sudo.email_cc or ""):
                notice_sudo._message_log(body=env._("The copy sent to %s came back.", email))
            else:
                notice_sudo._mark_failed(reason, refused=True, delivery="bounced")
        return result

    # === ACTION METHODS === #

    def action_send_again(self):
        """Open the send dialog on the invoices of failed notices: a person need not wait for the daily job."""
        failed = self.filtered(lambda notice: notice.state == "failed")
        return (failed or self).line_ids.move_id.action_relance_send()
