import json
from hashlib import sha1, sha256

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.mail import email_normalize_all


class RelanceNotice(models.Model):
    """What may leave with the e-mail of a notice, asserted just before SMTP: its recipients and its documents.

    The manifest of a whole batch of e-mails is read in two statements; the check of each compares it with the very
    recipients and bytes that are handed to the server.
    """

    _inherit = "relance.notice"

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
        if len(emails) == 1 and to == manifest["to"] and copies <= manifest["copies"]:
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
