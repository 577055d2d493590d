import json
from hashlib import sha1, sha256

from markupsafe import Markup, escape
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.mail import email_normalize, email_normalize_all

from ...tools.bulk_sql import update_rows
from ...tools.incoming_mail import first_lines

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

REPLY = "relance_fr.mail_activity_reply"


class RelanceNotice(models.Model):
    """What became of the e-mail of a notice, and the answer to it: facts, whatever Odoo's outgoing mail becomes.

    An e-mail is held against its notice just before it leaves: addressees and documents are those of the notice.
    """

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
    email_cc = fields.Char(
        string="Copies to",
        readonly=True,
        help="Addresses in copy of the email, as the level and the debtor said when the notice was made.",
    )
    last_reply_date = fields.Datetime(string="Answered on", readonly=True, copy=False)
    reply_pending = fields.Boolean(compute="_compute_reply_pending")

    _queued_idx = models.Index("(mail_id) WHERE delivery_state = 'queued'")

    # === COMPUTE METHODS === #

    @api.depends("activity_ids.activity_type_id")
    def _compute_reply_pending(self):
        reply = self.env.ref(REPLY, raise_if_not_found=False)
        for notice in self:
            notice.reply_pending = bool(reply) and reply in notice.activity_ids.activity_type_id

    # === BUSINESS METHODS - WHAT BECAME OF AN E-MAIL === #

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
        update_rows(self.env, "relance.notice", {notice.id: outcome for notice in sent})
        for notices in sent.grouped("company_id").values():
            env = notices._get_reader_env()
            body = env._("The email could not be sent: %s", reason or "")
            notices._message_log_batch(bodies=dict.fromkeys(notices.ids, body))
            notices.filtered(lambda notice: notice.channel == "email").with_env(env)._fail(reason, kind)

    def _get_reader_env(self):
        """Return the environment whose language is that of who will read: the queue and the gateway have none."""
        return self.company_id[:1]._relance_in_company().env

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
            update_rows(self.env, "relance.notice", rows)
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _message_receive_bounce(self, email, partner):
        """Take an e-mail that came back as a refusal of its address; of a copy that came back, only a note is left."""
        result = super()._message_receive_bounce(email, partner)
        # The mail gateway need not read the register.
        for notice_sudo in self.sudo():
            env = notice_sudo._get_reader_env()
            reason = env._("The e-mail came back: %s", email or notice_sudo.email_to)
            if email and email_normalize(email) in email_normalize_all(notice_sudo.email_cc or ""):
                notice_sudo._message_log(body=env._("The copy sent to %s came back.", email))
            elif email and notice_sudo._has_other_addressee(email_normalize(email)):
                notice_sudo._message_log(
                    body=env._("The e-mail sent to %s came back; that to the other addresses did not.", email)
                )
                notice_sudo._schedule(
                    "mail.mail_activity_data_warning", env._("Correct the address %s: the e-mail came back", email)
                )
            else:
                notice_sudo._mark_failed(reason, refused=True, delivery="bounced")
        return result

    def _has_other_addressee(self, address):
        """Tell whether ``address`` (normalized) is one of several that the e-mail of the notice was sent to."""
        self.ensure_one()
        addressees = set(email_normalize_all(self.email_to or ""))
        return address in addressees and len(addressees) > 1

    # === BUSINESS METHODS - WHAT AN E-MAIL MUST BE AS IT LEAVES === #

    @api.model
    def _get_mail_manifest(self, mails):
        """Return ``{mail id: manifest}`` of those of ``mails`` that are e-mails of notices.

        Called once a batch, before it leaves. A manifest is a dict: ``notice`` (record), ``message_id``, ``to`` and
        ``copies`` (sets of normalized addresses, as sealed), ``documents`` (``{attachment id: sha1}`` of those that
        may leave), ``names`` (``{attachment id: file name}`` of all that are linked), ``letter`` (id, sealed sha256 or
        None), ``blacklisted`` (set of addresses), ``fault`` (text set by the check, or False). An override that sends
        elsewhere, to try out the templates, replaces ``to`` and ``copies``.
        """
        if not mails:
            return {}
        manifests = {}
        for row in self.env.execute_query_dict(self._query_manifest(mails)):
            manifest = manifests.setdefault(row["mail_id"], None) or self._prepare_manifest(row)
            manifests[row["mail_id"]] = manifest
            if row["file_id"]:
                manifest["names"][row["file_id"]] = row["name"]
            if row["allowed"]:
                manifest["documents"][row["file_id"]] = row["checksum"]
        addresses = sorted(set().union(*(each["to"] | each["copies"] for each in manifests.values())))
        if addresses:
            self.env["mail.blacklist"].flush_model(["email", "active"])
            query = SQL("SELECT email FROM mail_blacklist WHERE active AND email = ANY(%s)", addresses)
            blacklisted = {row[0] for row in self.env.execute_query(query)}
            for manifest in manifests.values():
                manifest["blacklisted"] = blacklisted & (manifest["to"] | manifest["copies"])
        return manifests

    @api.model
    def _query_manifest(self, mails):
        """Return the query of the documents linked to ``mails`` (one row without any), and whether each may leave.

        What may: the letter of the notice; a document stored in a field of an invoice of the same debtor and company;
        a document attached to a dunning e-mail template, meant for everybody.
        """
        self.env.flush_all()
        return SQL(
            """
            SELECT notice.mail_id, notice.id AS notice_id, notice.email_to, notice.email_cc, notice.seal_payload,
                   notice.attachment_id AS letter_id, message.message_id, file.id AS file_id, file.name, file.checksum,
                   file.id IS NOT NULL AND (
                       file.id = notice.attachment_id
                       OR file.res_model = 'account.move' AND file.res_field IS NOT NULL AND EXISTS (
                          SELECT FROM account_move move
                           WHERE move.id = file.res_id AND move.commercial_partner_id = notice.partner_id
                             AND move.company_id = notice.company_id)
                       OR EXISTS (
                          SELECT FROM email_template_attachment_rel general
                            JOIN mail_template template ON template.id = general.email_template_id
                           WHERE general.attachment_id = file.id AND template.model = 'relance.notice')
                   ) IS TRUE AS allowed
              FROM relance_notice notice
              JOIN mail_mail mail ON mail.id = notice.mail_id
              JOIN mail_message message ON message.id = mail.mail_message_id
         LEFT JOIN message_attachment_rel link ON link.message_id = message.id
         LEFT JOIN ir_attachment file ON file.id = link.attachment_id
             WHERE notice.mail_id = ANY(%s)
            """,
            mails.ids,
        )

    @api.model
    def _prepare_manifest(self, row):
        try:
            sealed = json.loads(row["seal_payload"] or "{}")
        except ValueError:
            # Not what was sealed: nothing it says can be matched.
            sealed = {"recipients": "", "letter": ""}
        return {
            "notice": self.browse(row["notice_id"]),
            "message_id": row["message_id"],
            "to": set(email_normalize_all(sealed.get("recipients", row["email_to"]) or "")),
            "copies": set(email_normalize_all((sealed.get("copies") if sealed else row["email_cc"]) or "")),
            "documents": {},
            "names": {},
            "letter": (row["letter_id"], sealed.get("letter")),
            "blacklisted": set(),
            "fault": False,
        }

    @api.model
    def _check_mail(self, manifest, attachment_ids, emails):
        """Raise unless an e-mail is what its notice says.

        :param attachment_ids: all that is linked to it: what is too heavy leaves as a link
        :param emails: what core hands to the server, see ``mail.mail._prepare_outgoing_list``
        :raises UserError: core logs its text with the traceback, so that it names nobody; what is wrong is ``fault``
            of the manifest, for the notice
        """
        fault = self._find_recipient_fault(manifest, emails) or self._find_document_fault(
            manifest, attachment_ids, emails
        )
        if fault:
            manifest["fault"] = fault
            raise UserError(
                manifest["notice"]._get_reader_env()._("The email was not sent: it is not what its notice says.")
            )

    @api.model
    def _find_recipient_fault(self, manifest, emails):
        to = {address for email in emails for address in email_normalize_all(", ".join(email["email_to"]))}
        copies = {address for email in emails for address in email_normalize_all(", ".join(email["email_cc"]))}
        if len(emails) == 1 and to == manifest["to"] - manifest["blacklisted"] and copies <= manifest["copies"]:
            return False
        return (
            manifest["notice"]
            ._get_reader_env()
            ._(
                "The email was not sent: its recipients (%(found)s) are not those of the notice (%(expected)s).",
                found=", ".join(sorted(to | copies)),
                expected=", ".join(sorted(manifest["to"] | manifest["copies"])),
            )
        )

    @api.model
    def _find_document_fault(self, manifest, attachment_ids, emails):
        aliens = set(attachment_ids) - set(manifest["documents"])
        if aliens:
            # Their names alone, to say which ones do not belong there.
            files = self.env["ir.attachment"].sudo().browse(aliens)
            return (
                manifest["notice"]
                ._get_reader_env()
                ._(
                    "The email was not sent: %s is neither the letter of the notice nor a document of an invoice of "
                    "this debtor.",
                    ", ".join(manifest["names"].get(file.id) or file.name or "" for file in files),
                )
            )
        letter_id, sealed = manifest["letter"]
        known = {checksum for id_, checksum in manifest["documents"].items() if id_ != letter_id or sealed is None}
        for email in emails:
            for name, content, _mimetype in email["attachments"]:
                # sha1 is what Odoo stores of a file; the letter is held against its seal.
                if sha1(content).hexdigest() not in known and sha256(content).hexdigest() != sealed:
                    env = manifest["notice"]._get_reader_env()
                    return env._("The email was not sent: %s is not the file that was stored.", name)
        return False

    # === BUSINESS METHODS - ANSWERS OF THE DEBTOR === #

    def message_update(self, msg_dict, update_vals=None):
        """Called by the mail gateway before it files an answer on the notice."""
        result = super().message_update(msg_dict, update_vals=update_vals)
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        # The gateway runs as superuser; the person who calls this over RPC cannot say that the debtor answered.
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
        update_rows(self.env, "relance.notice", {self.id: values})
        sender = author.display_name or ", ".join(email_normalize_all(msg_dict.get("email_from") or ""))
        excerpt = Markup("<br/>").join(map(escape, first_lines(msg_dict.get("body")).splitlines()))
        notice_sudo.partner_id._message_log(
            # The card is shared between companies: what the debtor says is on the notice.
            body=Markup(escape(notice_sudo.env._("%(sender)s answered %(notice)s.", sender="\0", notice="\1")))
            .replace("\0", escape(sender))
            .replace("\1", notice_sudo._get_html_link(title=notice_sudo.display_name))
        )
        if handler.active:
            # A follower gets the answer itself, by e-mail or in the inbox.
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

    # === ACTION METHODS === #

    def action_send_again(self):
        """Open the send dialog on the invoices of failed notices: a person need not wait for the daily job."""
        failed = self.filtered(lambda notice: notice.state == "failed")
        return (failed or self).line_ids.move_id.action_relance_send()

    def action_reply_handled(self):
        """Close the request to look at the debtor's answer."""
        self.activity_feedback([REPLY])
        return True
