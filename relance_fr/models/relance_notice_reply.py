from markupsafe import Markup, escape
from odoo import api, fields, models
from odoo.tools.mail import email_normalize_all

from ..tools.incoming_mail import first_lines

REPLY = "relance_fr.mail_activity_reply"


class RelanceNotice(models.Model):
    """Answers of debtors by e-mail: they reach the person in charge and show on the debtor's card.

    The mail gateway files them on the notice by their Message-ID. What a machine answers is no reply (see
    ``mail.thread``).
    """

    _inherit = "relance.notice"

    last_reply_date = fields.Datetime(string="Answered on", readonly=True, copy=False)
    reply_pending = fields.Boolean(compute="_compute_reply_pending")

    @api.depends("activity_ids.activity_type_id")
    def _compute_reply_pending(self):
        reply = self.env.ref(REPLY, raise_if_not_found=False)
        for notice in self:
            notice.reply_pending = bool(reply) and reply in notice.activity_ids.activity_type_id

    def message_update(self, msg_dict, update_vals=None):
        """Called by the mail gateway before it files an answer on the notice."""
        result = super().message_update(msg_dict, update_vals=update_vals)
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        # The gateway runs as superuser; whoever calls this over RPC cannot say that the debtor answered.
        if not self.env.su:
            return result
        # A colleague who answers all is no debtor.
        if msg_dict.get("message_type") == "email" and not (author and not author.partner_share):
            for notice in self:
                notice._receive_reply(msg_dict, author)
        return result

    def _receive_reply(self, msg_dict, author):
        """Tell who is in charge, and leave a trace on the card of the debtor of this notice."""
        self.ensure_one()
        handler = self._get_handler()
        # The mail gateway need not read the register.
        notice_sudo = self.sudo().with_context(lang=handler.lang)
        date = fields.Datetime.to_datetime(msg_dict.get("date")) or fields.Datetime.now()
        values = {"last_reply_date": max(date, notice_sudo.last_reply_date or date)}
        self.env["relance.engine"]._update_rows("relance.notice", {self.id: values})
        sender = author.display_name or ", ".join(email_normalize_all(msg_dict.get("email_from") or ""))
        excerpt = Markup("<br/>").join(map(escape, first_lines(msg_dict.get("body")).splitlines()))
        notice_sudo.partner_id._message_log(
            # The card is shared between companies: what he says is on the notice.
            body=Markup(escape(notice_sudo.env._("%(sender)s answered %(notice)s.", sender="\0", notice="\1")))
            .replace("\0", escape(sender))
            .replace("\1", notice_sudo._get_html_link(title=notice_sudo.display_name))
        )
        if handler.active:
            # He gets the answer itself, as any follower, by e-mail or in his inbox.
            notice_sudo.message_subscribe(handler.partner_id.ids)
        if not notice_sudo.activity_search([REPLY]):
            notice_sudo.with_context(mail_activity_quick_update=True).activity_schedule(
                REPLY,
                summary=notice_sudo.env._("Reply received"),
                note=Markup("%s<br/>%s") % (sender, excerpt),
                user_id=handler.id,
            )

    def _message_post_after_hook(self, message, msg_values):
        """Close the request to answer once one of us writes to the debtor from the notice."""
        result = super()._message_post_after_hook(message, msg_values)
        author = message.author_id
        if message.message_type in ("comment", "email") and author and not author.partner_share:
            self.activity_feedback([REPLY])
        return result

    def action_reply_handled(self):
        """Close the request to look at the debtor's answer."""
        self.activity_feedback([REPLY])
        return True
