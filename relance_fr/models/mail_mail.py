import re

import psycopg2
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from ..tools.letter_format import one_line
from ..tools.secret_links import with_secrets, without_secrets
from ..tools.smtp_watch import WatchedSession

# The address is at fault, not the server: trying again without a correction would fail again.
REFUSED = ("mail_email_invalid", "mail_email_missing", "mail_bounce")
# A permanent refusal of the recipient: core keeps the answer of the server only as text.
PERMANENT = re.compile(r"SMTPRecipientsRefused.*\(5\d\d,", re.DOTALL)


class MailMail(models.Model):
    """The e-mails of notices in Odoo's outgoing mail: checked before they leave, their outcome told to the register."""

    _inherit = "mail.mail"

    # === SENDING === #

    def process_email_queue(self, email_ids=(), batch_size=1000):
        """Tell the register what a queue stopped halfway, now or earlier, left unsaid."""
        result = super().process_email_queue(email_ids=email_ids, batch_size=batch_size)
        # The queue runs as any user; what became of an e-mail is a fact of the register whoever sends.
        notices_sudo = self.env["relance.notice"].sudo()
        try:
            notices_sudo._sync_delivery()
            notices_sudo._resume_interrupted()
        except psycopg2.errors.InFailedSqlTransaction:
            # The queue met a database error, which core logged: the next one tells.
            self.env.invalidate_all(flush=False)
        return result

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Tell the register, once for all the e-mails, which left."""
        result = super().send(
            auto_commit=auto_commit, raise_exception=raise_exception, post_send_callback=post_send_callback
        )
        # Whoever sends need not read the register.
        self.env["relance.notice"].sudo()._sync_delivery(self.ids)
        return result

    def _send(self, *args, smtp_session=None, **kwargs):
        """Read what the e-mails of notices may hold, and keep back those whose address asked for no more."""
        if self.env["ir.mail_server"]._disable_send():
            return super()._send(*args, smtp_session=smtp_session, **kwargs)
        # Whoever sends need not read the register.
        manifests = self.env["relance.notice"].sudo()._get_mail_manifest(self)
        self._keep_back_blacklisted(manifests)
        if smtp_session and manifests:
            wanted = {manifest["message_id"]: manifest["to"] for manifest in manifests.values()}
            smtp_session = WatchedSession(smtp_session, wanted)
        mails = self.with_context(relance_manifests=manifests, relance_page_queries=self._get_page_queries())
        return super(MailMail, mails)._send(*args, smtp_session=smtp_session, **kwargs)

    def _keep_back_blacklisted(self, manifests):
        """Fail the e-mails whose addressee was blacklisted since they were queued."""
        kept = self.filtered(
            lambda mail: (
                mail.id in manifests
                and mail.state == "outgoing"
                and manifests[mail.id]["to"] & manifests[mail.id]["blacklisted"]
            )
        )
        for address, mails in kept.grouped("email_to").items():
            env = manifests[mails[0].id]["notice"]._get_reader_env()
            reason = env._("%s is blacklisted: this address asked for no more emails.", address)
            mails.write({"state": "exception", "failure_type": "mail_bl", "failure_reason": reason})
            mails._postprocess_sent_message([], [], failure_reason=reason, failure_type="mail_bl")

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Assert that the e-mail of a notice goes to its recipients, with its documents, at the last moment.

        :raises UserError: which core records as the failure of this e-mail, and logs
        """
        emails = super()._prepare_outgoing_list(mail_server=mail_server, doc_to_followers=doc_to_followers)
        # Whoever sends need not read the register.
        notices_sudo = self.env["relance.notice"].sudo()
        manifests = self.env.context.get("relance_manifests")
        if manifests is None:
            manifests = notices_sudo._get_mail_manifest(self)
        manifest = manifests.get(self.id)
        if manifest:
            self._leave_out_blacklisted_copies(manifest, emails)
            notices_sudo._check_mail(manifest, self.attachment_ids.ids, emails)
        self._complete_links(emails)
        return emails

    # === LINKS TO THE PAGES OF DEBTORS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Keep no secret of a link in what is stored."""
        return super().create([self._without_secrets(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._without_secrets(vals))

    def _without_secrets(self, vals):
        if not vals.get("body_html"):
            return vals
        messages = self.mail_message_id | self.env["mail.message"].browse(vals.get("mail_message_id") or [])
        ours = (vals.get("model") or "").startswith("relance.") or messages._are_about_dunning()
        return {**vals, "body_html": without_secrets(vals["body_html"], invoices=ours)}

    def _get_page_queries(self):
        """Return ``{mail id: {address: query}}`` of the debtors' pages that these e-mails open without a log-in.

        Those of the notice or the plan each is about, never of another; not for what came in by e-mail or was
        written by somebody outside, who may quote any address.
        """
        queries = {}
        # Whoever sends need read neither the queue nor the records.
        mails_sudo = self.sudo().filtered(
            lambda mail: mail.message_type != "email" and not mail.mail_message_id.create_uid.share
        )
        for model in ("relance.notice", "relance.commitment"):
            own = mails_sudo.filtered(lambda mail, model=model: mail.model == model and mail.res_id)
            by_record = self.env[model].browse(own.mapped("res_id")).exists()._get_page_queries() if own else {}
            queries |= {mail.id: by_record[mail.res_id] for mail in own if by_record.get(mail.res_id)}
        return queries

    def _complete_links(self, emails):
        """Give the links to the debtor's pages their secret, in what is handed to the server alone.

        A colleague who follows a plan logs in; the recipients of a notice are sealed with it.
        """
        queries = self.env.context.get("relance_page_queries")
        if queries is None:
            queries = self._get_page_queries()
        own = queries.get(self.id)
        if not own:
            return
        for email in emails:
            if self.model == "relance.commitment" and self._is_for_colleagues(email):
                continue
            body = with_secrets(email["body"], own)
            if body != email["body"]:
                email.update(body=body, body_alternative=html2plaintext(body))

    def _is_for_colleagues(self, email):
        """Tell whether one of the recipients of ``email`` logs in as a user of the company."""
        # Whoever sends need not read the users.
        users_sudo = self.env["res.users"].sudo()
        partner = email["partner_id"] or self.env["res.partner"]
        recipients = Domain("partner_id", "in", partner.ids) | Domain(
            "email_normalized", "in", email["email_to_normalized"]
        )
        return bool(users_sudo.search_count(recipients & Domain("share", "=", False), limit=1))

    def _leave_out_blacklisted_copies(self, manifest, emails):
        """Send no copy to an address blacklisted since the notice was sealed, and say so on the notice."""
        barred = manifest["blacklisted"] & manifest["copies"]
        if not barred:
            return
        for email in emails:
            email["email_cc"] = [copy for copy in email["email_cc"] if not any(address in copy for address in barred)]
            email["email_to_normalized"] = [a for a in email["email_to_normalized"] if a not in barred]
        notice = manifest["notice"]
        body = notice._get_reader_env()._("No copy was sent to %s: blacklisted.", ", ".join(sorted(barred)))
        notice._message_log(body=body)

    # === FEEDBACK === #

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Tell the register that an e-mail could not leave: its level was not reached and will be tried again."""
        # Before the call: a mail that is deleted once processed could not be asked any more.
        if failure_type:
            notices_sudo = self._get_relance_notices_sudo("sent")
            refused = failure_type in REFUSED or bool(PERMANENT.search(str(failure_reason or "")))
            manifests = self.env.context.get("relance_manifests") or {}
            fault = next((manifest["fault"] for id_, manifest in manifests.items() if id_ in self.ids), False)
            # Core says why a server could not be reached in the e-mail only; no address is at fault.
            unreachable = failure_type == "mail_smtp"
            failure_reason = failure_reason or (unreachable and self[:1].failure_reason)
            notices_sudo._mark_failed(
                # The notice names the addresses and files; what core keeps and logs does not.
                one_line(str(fault or failure_reason or "")),
                refused=refused,
                delivery="blacklisted" if failure_type == "mail_bl" else None,
                kind="technical" if fault else "server" if unreachable else "address",
            )
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    def mark_outgoing(self):
        """Leave alone the e-mails of failed notices: their level is tried again by a notice of its own."""
        failed = self._get_relance_notices_sudo("failed").mail_id.with_env(self.env)
        retried = self - failed
        self.env["relance.engine"]._update_rows(
            "relance.notice",
            {
                notice_sudo.id: {"delivery_state": "queued", "delivery_error": None}
                for notice_sudo in retried._get_relance_notices_sudo("sent")
            },
        )
        return super(MailMail, retried).mark_outgoing()

    def cancel(self):
        """An e-mail cancelled in the queue was not sent: nor was its notice."""
        self._get_relance_notices_sudo("sent", "queued")._mark_failed(
            self.env._("The e-mail was cancelled."), refused=False
        )
        return super().cancel()

    def unlink(self):
        """An e-mail deleted before it left was not sent; of one that left, the notice keeps the message."""
        notices_sudo = self._get_relance_notices_sudo()
        if notices_sudo:
            # Answers find the notice by its message, which core would delete along.
            query = SQL(
                "UPDATE mail_mail SET is_notification = TRUE WHERE id = ANY(%s) RETURNING id", notices_sudo.mail_id.ids
            )
            self.env.flush_all()
            self.env.execute_query(query)
            notices_sudo.mail_id.invalidate_recordset(["is_notification"])
            notices_sudo.filtered(lambda notice: notice.delivery_state == "queued")._mark_failed(
                self.env._("The e-mail was deleted before it left."), refused=False
            )
        return super().unlink()

    def _get_relance_notices_sudo(self, state=None, delivery=None):
        """Return the notices of which these are the e-mails, as superuser: the queue need not read the register."""
        domain = [("mail_id", "in", self.ids)]
        domain += [("state", "=", state)] if state else []
        domain += [("delivery_state", "=", delivery)] if delivery else []
        return self.env["relance.notice"].sudo().search(domain)
