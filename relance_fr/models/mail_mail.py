import re

from odoo import models

# The address is at fault, not the server: trying again without a correction would fail again.
REFUSED = ("mail_email_invalid", "mail_email_missing", "mail_bounce")
# A permanent refusal of the recipient: core keeps the answer of the server only as text.
PERMANENT = re.compile(r"SMTPRecipientsRefused.*\(5\d\d,", re.DOTALL)


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Tell the register that an e-mail could not leave: its level was not reached and will be tried again."""
        # Before the call: a mail that is deleted once processed could not be asked any more.
        if failure_type:
            # The mail queue runs as any user; a failure is a fact of the register whoever sends.
            notices_sudo = (
                self.env["relance.notice"].sudo().search([("mail_id", "in", self.ids), ("state", "=", "sent")])
            )
            refused = failure_type in REFUSED or bool(PERMANENT.search(str(failure_reason or "")))
            notices_sudo._mark_failed(failure_reason, refused=refused)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    def mark_outgoing(self):
        """Leave alone the e-mails of failed notices: their level is tried again by a notice of its own."""
        # Whoever retries the queue need not read the register.
        failed = self.env["relance.notice"].sudo().search([("mail_id", "in", self.ids), ("state", "=", "failed")])
        return super(MailMail, self - failed.mail_id.with_env(self.env)).mark_outgoing()

    def cancel(self):
        """An e-mail cancelled in the queue was not sent: nor was its notice."""
        # Whoever cancels an e-mail need not read the register.
        notices_sudo = self.env["relance.notice"].sudo().search([("mail_id", "in", self.ids), ("state", "=", "sent")])
        notices_sudo._mark_failed(self.env._("The e-mail was cancelled."), refused=False)
        return super().cancel()
