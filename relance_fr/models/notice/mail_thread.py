from odoo import models
from odoo.exceptions import AccessError
from odoo.tools.mail import email_normalize_all

from ...tools.incoming_mail import NOT_LOST, delivery_action, first_lines, is_automatic


class MailThread(models.AbstractModel):
    """Incoming e-mails about notices: what a machine sent is logged on the notice and is no answer."""

    _inherit = "mail.thread"

    def _message_route_process(self, message, message_dict, routes):
        """File e-mails on our records for the mail gateway alone; none makes one.

        Core does it as superuser, for every internal user who calls ``message_process`` over RPC and names a record,
        or the values of a new one.
        """
        for model, thread_id, *_route in routes or ():
            if model.startswith("relance."):
                self._check_relance_gateway(self.env[model].browse(thread_id or ()))
        return super()._message_route_process(message, message_dict, routes)

    def _check_relance_gateway(self, record):
        """Raise unless the user may say that an e-mail about ``record`` came in, empty for a new one.

        The gateway runs as superuser (incoming mail servers), or as a user: an administrator, or somebody who may
        write the record.

        :raises AccessError: for anybody else
        """
        if not record:
            raise AccessError(self.env._("Incoming e-mails make no dunning records."))
        if not self.env.su and not self.env.user.has_group("base.group_system"):
            record.check_access("write")

    def _message_parse_post_process(self, message, message_dict, routes):
        """Mark the automatic answers to notices, which the gateway is about to file, as such."""
        values = super()._message_parse_post_process(message, message_dict, routes)
        if any(route[0] == "relance.notice" for route in routes or ()) and is_automatic(message):
            # Filed as a note that is sent to nobody: core would tell the author of the message it answers.
            values |= {"message_type": "out_of_office", "is_internal": True, "parent_id": False}
        return values

    def _routing_handle_bounce(self, email_message, message_dict):
        """Log on its notice what core takes for a bounce and is none: a delay, a receipt, an absence message.

        Of a bounce that names no address, the notice it encloses tells whose it was.
        """
        notice_sudo, enclosed = self._find_relance_notice_sudo(message_dict)
        if not notice_sudo:
            return super()._routing_handle_bounce(email_message, message_dict)
        self._check_relance_gateway(notice_sudo.sudo(False))
        action, bounced = delivery_action(email_message), message_dict["bounced_email"]
        is_receipt = email_message.get_param("report-type") == "disposition-notification"
        if bounced and action not in NOT_LOST:
            return super()._routing_handle_bounce(email_message, message_dict)
        if enclosed and not action and not is_receipt:
            return notice_sudo._message_receive_bounce("", self.env["res.partner"])
        body = notice_sudo._get_reader_env()._(
            "Automatic message from %(sender)s: %(subject)s",
            sender=", ".join(email_normalize_all(message_dict.get("email_from") or "")),
            subject=message_dict.get("subject") or first_lines(message_dict.get("body"), count=1),
        )
        return notice_sudo._message_log(body=body)

    def _find_relance_notice_sudo(self, message_dict):
        """Return the notice an incoming report is about, and whether the report encloses its e-mail."""
        # The mail gateway need not read the register.
        messages_sudo = self.env["mail.message"].sudo()
        enclosed = message_dict.get("bounced_message") or messages_sudo
        parent = messages_sudo.browse(message_dict.get("parent_id") or [])
        for message in (enclosed, parent):
            if message.model == "relance.notice" and message.res_id:
                notice_sudo = self.env["relance.notice"].sudo().browse(message.res_id).exists()
                return notice_sudo, bool(enclosed) and enclosed != parent
        return self.env["relance.notice"], False
