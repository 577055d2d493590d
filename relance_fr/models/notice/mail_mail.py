import re
import time
from datetime import timedelta

import psycopg2
from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext
from odoo.tools.mail import email_normalize_all, prepend_html_content

from ...tools.bulk_sql import update_rows
from ...tools.letter_format import one_line
from ...tools.secret_links import with_secrets, without_file_link, without_secrets
from ...tools.smtp_watch import WatchedSession
from .mail_template import OUR_LAYOUTS

# Records whose e-mails open a page of the debtor, and the field that holds the secret of the page.
PAGE_MODELS = {"relance.notice": "portal_token", "relance.commitment": "access_token"}
# The address is at fault, not the server: trying again without a correction would fail again.
REFUSED = ("mail_email_invalid", "mail_email_missing", "mail_bounce")
# A permanent refusal of the recipient: core keeps the answer of the server only as text.
PERMANENT = re.compile(r"SMTPRecipientsRefused.*\(5\d\d,", re.DOTALL)
# Why an e-mail of ours waits, or went to the test address only.
TEST_MODE = ("relance_test", "Test Mode")
# A queue that looked at the same waiting e-mails each minute would not come to the others.
TEST_PAUSE = timedelta(hours=1)
# By which core shows other addressees than those of the envelope.
SHOWN_HEADERS = frozenset({"X-Msg-To-Add", "X-Forge-To"})
# What only jobs write, each as a fact: sent to the test address it would be lost for the debtor.
MAILED_BY_JOBS = frozenset({"relance.commitment.reminder"})
# A look at the ledger holds for so many seconds of a batch: a server that hangs makes it look again.
LOOK_SECONDS = 30
# E-mails that make no sense any more after so many days, thanks among them.
STALE_DAYS = 7


class MailMail(models.Model):
    """Our e-mails in Odoo's outgoing mail: checked before they leave, their outcome told to the register.

    In test mode none of them leaves for anybody but colleagues, see "TEST MODE" below.
    """

    _inherit = "mail.mail"

    failure_type = fields.Selection(selection_add=[TEST_MODE])

    # === SENDING === #

    def process_email_queue(self, email_ids=(), batch_size=1000):
        """Tell the register what a queue stopped halfway, now or earlier, left unsaid."""
        result = super().process_email_queue(email_ids=email_ids, batch_size=batch_size)
        # The queue runs as any user; what became of an e-mail is a fact of the register no matter who sends.
        notices_sudo = self.env["relance.notice"].sudo()
        try:
            notices_sudo._sync_delivery()
            notices_sudo._resume_interrupted()
        except psycopg2.errors.InFailedSqlTransaction:
            # The queue met a database error, which core logged: the next one tells.
            self.env.invalidate_all(flush=False)
        return result

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Tell the register, once for all the e-mails, which left. What test mode keeps back stays in the queue."""
        result = super(MailMail, self - self._keep_back_in_test_mode()).send(
            auto_commit=auto_commit, raise_exception=raise_exception, post_send_callback=post_send_callback
        )
        # A user who sends need not read the register.
        self.env["relance.notice"].sudo()._sync_delivery(self.ids)
        return result

    def _send(self, *args, smtp_session=None, **kwargs):
        """Read what the e-mails of notices may hold, and keep back those whose address asked for no more."""
        if self.env["ir.mail_server"]._disable_send():
            return super()._send(*args, smtp_session=smtp_session, **kwargs)
        # A user who sends need not read the register.
        manifests = self.env["relance.notice"].sudo()._get_mail_manifest(self)
        self._give_up_overtaken()
        self._keep_back_blacklisted(manifests)
        if smtp_session and manifests:
            wanted = {manifest["message_id"]: manifest["to"] for manifest in manifests.values()}
            smtp_session = WatchedSession(smtp_session, wanted)
        mails = self.with_context(
            relance_manifests=manifests,
            relance_page_queries=self._get_page_queries(),
            relance_look={"at": time.monotonic(), "mail_ids": self.ids},
        )
        return super(MailMail, mails)._send(*args, smtp_session=smtp_session, **kwargs)

    def _give_up_overtaken(self):
        """Cancel those of these e-mails that ask for what is not owed any more: an e-mail may wait for days.

        Of a whole batch in a few statements; what waits for its turn in it is looked at again while it is sent.

        :return: the e-mails cancelled
        """
        mails_sudo = self.sudo()
        # A user who sends need read neither the register nor the promises.
        overtaken = self._get_relance_notices_sudo()._give_up_overtaken().mail_id
        reminded = mails_sudo.filtered(lambda mail: mail.model == "relance.commitment.reminder")
        if reminded:
            reminders_sudo = self.env["relance.commitment.reminder"].sudo().browse(reminded.mapped("res_id")).exists()
            known, gone = reminders_sudo.ids, reminders_sudo._give_up_overtaken().ids
            overtaken |= reminded.filtered(lambda mail: mail.res_id in gone or mail.res_id not in known)
        cancelled = (mails_sudo & overtaken).with_env(self.env)
        # Not `cancel`, which tells the register that a person did it.
        cancelled.write({"state": "cancel"})
        return cancelled

    def _is_given_up_now(self):
        """Look at the ledger again when the batch is at it for long; tell whether this e-mail must not leave any more.

        A job commits after each e-mail: what was paid since the last look is seen.
        """
        look = self.env.context.get("relance_look")
        if look and time.monotonic() - look["at"] >= LOOK_SECONDS:
            look["at"] = time.monotonic()
            left = self.browse(look["mail_ids"]).filtered(lambda mail: mail.state == "outgoing")
            return self in (left | self)._give_up_overtaken()
        return False

    def _keep_back_blacklisted(self, manifests):
        """Fail the e-mails of which every addressee was blacklisted since they were queued."""
        kept = self.filtered(
            lambda mail: (
                mail.id in manifests
                and mail.state == "outgoing"
                and manifests[mail.id]["to"]
                and manifests[mail.id]["to"] <= manifests[mail.id]["blacklisted"]
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
        if self._is_given_up_now():
            return []
        emails = super()._prepare_outgoing_list(mail_server=mail_server, doc_to_followers=doc_to_followers)
        # A user who sends need not read the register.
        notices_sudo = self.env["relance.notice"].sudo()
        manifests = self.env.context.get("relance_manifests")
        if manifests is None:
            manifests = notices_sudo._get_mail_manifest(self)
        manifest = manifests.get(self.id)
        if manifest:
            self._leave_out_blacklisted(manifest, emails)
            self._attach_letter(manifest, emails)
            notices_sudo._check_mail(manifest, self.attachment_ids.ids, emails)
        redirected = self._redirect_in_test_mode(emails)
        if redirected is emails:
            # The test address is not the debtor: it signs and answers nothing for the debtor.
            self._complete_links(emails)
        return redirected

    def _attach_letter(self, manifest, emails):
        """Let the letter ride on the e-mail where core made links of all that is attached, being too heavy together."""
        letter_id, _sealed = manifest["letter"]
        # The letter is a document of the register; a user who sends need not read all of them.
        letter_sudo = self.sudo().attachment_ids.filtered(lambda file: file.id == letter_id)
        for email in emails if letter_sudo else ():
            body, was_link = without_file_link(email["body"], letter_id)
            if was_link:
                files = [(letter_sudo.name, letter_sudo.raw, letter_sudo.mimetype), *email["attachments"]]
                email.update(attachments=files, body=body, body_alternative=html2plaintext(body))

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

        Those of the notice or the plan each is about, never of another; not for what came in by e-mail, nor for what
        was written by somebody without the right to read these links, who may quote any address, about any record, to
        anybody.
        """
        queries = {}
        # A user who sends need read neither the queue nor the records. Other mails than ours are not read further.
        mails_sudo = self.sudo().filtered(lambda mail: mail.model in PAGE_MODELS and mail.message_type != "email")
        for (model, author), mails in mails_sudo.grouped(lambda mail: (mail.model, mail._get_author_user())).items():
            records = self.env[model].browse(mails.mapped("res_id")).exists()
            by_record = self._filter_known_to(author, records)._get_page_queries()
            queries |= {mail.id: by_record[mail.res_id] for mail in mails if by_record.get(mail.res_id)}
        return queries

    @api.model
    def _filter_known_to(self, author, records):
        """Return the records whose links ``author`` may read: the jobs all, billing users those they may open."""
        if author._is_superuser():
            return records
        own = records.with_user(author).with_context(allowed_company_ids=author.company_ids.ids)
        if author.share or not own._has_field_access(own._fields[PAGE_MODELS[records._name]], "read"):
            return records.browse()
        return own._filtered_access("read").with_env(records.env)

    def _get_author_user(self):
        """Return the user who wrote the e-mail, no matter who sends it."""
        self.ensure_one()
        return self.mail_message_id.create_uid or self.create_uid

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
        # A user who sends need not read the users.
        users_sudo = self.env["res.users"].sudo()
        partner = email["partner_id"] or self.env["res.partner"]
        recipients = Domain("partner_id", "in", partner.ids) | Domain(
            "email_normalized", "in", email["email_to_normalized"]
        )
        return bool(users_sudo.search_count(recipients & Domain("share", "=", False), limit=1))

    def _leave_out_blacklisted(self, manifest, emails):
        """Send nothing to an address blacklisted since the notice was sealed, and say so on the notice."""
        barred = manifest["blacklisted"]
        if not barred:
            return
        for email in emails:
            for field in ("email_to", "email_cc"):
                email[field] = [
                    text for kept in email[field] for text in [self._without_addresses(kept, barred)] if text
                ]
            email["email_to_normalized"] = [a for a in email["email_to_normalized"] if a not in barred]
        notice, copies = manifest["notice"], barred & manifest["copies"]
        env = notice._get_reader_env()
        if copies:
            notice._message_log(body=env._("No copy was sent to %s: blacklisted.", ", ".join(sorted(copies))))
        if left_out := barred & manifest["to"]:
            notice._message_log(body=env._("Nothing was sent to %s: blacklisted.", ", ".join(sorted(left_out))))

    @api.model
    def _without_addresses(self, text, barred):
        """Return an addressee, or several, without those that are ``barred`` (normalized); "" when none is left."""
        known = email_normalize_all(text)
        if not barred & set(known):
            return text
        return ", ".join(address for address in known if address not in barred)

    # === WHAT BECAME OF AN E-MAIL === #

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Tell the register that an e-mail could not leave: its level was not reached and will be tried again."""
        # Before the call: a mail that is deleted once processed could not be asked any more.
        if failure_type == "unknown" and self._keep_back_in_test_mode(states=("exception",)) == self:
            # Stopped by the last look, test mode having been switched on after the first.
            failure_type, failure_reason = TEST_MODE[0], self[:1].failure_reason
        elif failure_type:
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
        else:
            self._tell_redirected()
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    def mark_outgoing(self):
        """Leave alone the e-mails of notices that failed or were cancelled: a notice of its own tries a level again."""
        stopped = self._get_relance_notices_sudo("failed") | self._get_relance_notices_sudo("cancelled")
        retried = self - stopped.mail_id.with_env(self.env)
        update_rows(
            self.env,
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
        # A user who runs the queue need not read the register.
        return self.env["relance.notice"].sudo().search(domain)

    # === TEST MODE === #
    #
    # Ours is what is about a record of ours, or wears our layout on any other: nothing a client can set aside. What
    # was queued before the test mode, or is a fact of the register, waits for its end; the rest goes to the test
    # address, marked with whom it was for. Colleagues get theirs.

    def _get_relance_test_holders(self):
        """Return ``{mail: company}`` of those of these e-mails that are ours, of a company in test mode.

        The company (sudo) is the one whose test address counts. An e-mail that names no company is held by any.
        """
        ours = self.filtered(lambda mail: mail._is_ours())
        tested = ours and self.env["res.company"]._get_relance_tested()
        holders = {}
        for mail in ours if tested else ():
            company = mail._get_relance_company_sudo()
            if not company or company in tested:
                holders[mail] = (company or tested[0])._get_relance_test_holder()
        return holders

    def _is_ours(self):
        self.ensure_one()
        # The queue runs as any user.
        mail_sudo = self.sudo()
        model, layout = mail_sudo.model or "", mail_sudo.email_layout_xmlid or ""
        return model.startswith("relance.") or layout.startswith(OUR_LAYOUTS)

    def _get_relance_company_sudo(self):
        """Return the company an e-mail of ours is sent for, empty when it names none."""
        self.ensure_one()
        # The queue runs as any user.
        mail_sudo = self.sudo()
        if mail_sudo.model in self.env and mail_sudo.res_id:
            record_sudo = self.env[mail_sudo.model].sudo().browse(mail_sudo.res_id).exists()
            if record_sudo and "company_id" in record_sudo._fields and record_sudo.company_id:
                return record_sudo.company_id
        return mail_sudo.record_company_id

    def _is_kept_back(self, holder_sudo):
        """Tell whether this e-mail waits for the end of the test mode of ``holder_sudo`` instead of going to it."""
        self.ensure_one()
        is_fact = self.model in MAILED_BY_JOBS or self._get_relance_notices_sudo()
        return bool(is_fact) or self.create_date < holder_sudo._get_relance_setting("relance_test_since")

    def _find_outsiders(self, addresses):
        """Return those of ``addresses`` (normalized) that are no colleague's."""
        # A user who sends need not read the cards of all the users.
        users_sudo = self.env["res.users"].sudo()
        colleagues = users_sudo.search([("share", "=", False), ("email_normalized", "in", list(addresses))])
        return set(addresses) - set(colleagues.mapped("email_normalized"))

    def _get_relance_addresses(self):
        """Return the addresses of this e-mail, normalized; as they are when they cannot be read."""
        self.ensure_one()
        # A user who runs the queue need not read the cards of the addressees.
        texts = [self.email_to, self.email_cc, *self.sudo().recipient_ids.mapped("email")]
        return {address for text in texts if text for address in email_normalize_all(text) or [text]}

    def _keep_back_in_test_mode(self, states=("outgoing",)):
        """Leave in the queue, with the reason, what waits for the end of a test mode.

        :return: these e-mails
        """
        kept = self.browse()
        for mail, holder_sudo in self.filtered(lambda mail: mail.state in states)._get_relance_test_holders().items():
            if not mail._is_kept_back(holder_sudo) or not mail._find_outsiders(mail._get_relance_addresses()):
                continue
            kept |= mail
            is_told = mail.failure_type == TEST_MODE[0]
            env = holder_sudo.with_env(self.env)._relance_in_company().env
            reason = env._(
                "%s is in test mode: this email waits in the queue until the test address is emptied.",
                holder_sudo.name,
            )
            mail.write(
                {
                    "state": "outgoing",
                    "scheduled_date": fields.Datetime.now() + TEST_PAUSE,
                    "failure_type": TEST_MODE[0],
                    "failure_reason": reason,
                }
            )
            if not is_told:
                mail._log_on_record(reason)
        waiting = kept._get_relance_notices_sudo("sent", "queued")
        rows = {notice.id: {"delivery_error": notice.mail_id.failure_reason} for notice in waiting}
        update_rows(self.env, "relance.notice", rows)
        return kept

    def _redirect_in_test_mode(self, emails):
        """Return what core hands to the server, customers replaced by the test address.

        :param emails: see ``_prepare_outgoing_list``

        :raises UserError: when the e-mail is to wait instead: test mode was switched on since the queue started
        """
        holder_sudo = self._get_relance_test_holders().get(self)
        if not holder_sudo:
            return emails
        redirected = []
        for email in emails:
            asked = email["email_to"] + email["email_cc"]
            known = {text: set(email_normalize_all(text)) for text in asked}
            outsiders = self._find_outsiders(set().union(*known.values()))
            own = set(email_normalize_all(holder_sudo._get_relance_setting("relance_test_email")))
            strangers = [text for text in asked if not known[text] or known[text] & outsiders - own]
            if strangers and self._is_kept_back(holder_sudo):
                raise UserError(self.env._("The email waits for the end of the test mode."))
            # They show colleagues, who may answer to all, customers that did not get it.
            headers = {name: value for name, value in email["headers"].items() if name not in SHOWN_HEADERS}
            email = email | {"headers": headers}
            redirected.append(self._redirect(email, strangers, holder_sudo) if strangers else email)
        return redirected

    def _redirect(self, email, strangers, holder_sudo):
        """Return ``email`` for the test address and the colleagues it has, marked with the ``strangers``."""
        env = holder_sudo.with_env(self.env)._relance_in_company().env
        address = holder_sudo._get_relance_setting("relance_test_email")
        to = [text for text in email["email_to"] if text not in strangers]
        copies = [text for text in email["email_cc"] if text not in strangers]
        intro = env._(
            "Test mode: this email was for %s, who did not get it.",
            ", ".join(strangers),
        )
        return email | {
            "email_to": [*to, address],
            "email_cc": copies,
            "email_to_normalized": email_normalize_all(", ".join([*to, address, *copies])),
            "email_to_raw": address,
            "subject": f"[TEST] {', '.join(strangers)}: {email['subject'] or ''}",
            "body": prepend_html_content(email["body"] or "", Markup("<p><em>%s</em></p>") % intro),
            "body_alternative": f"{intro}\n\n{email['body_alternative'] or ''}",
        }

    def _tell_redirected(self):
        """Say on the record, and in the notifications of customers, that they did not get the e-mail that left."""
        for mail, holder_sudo in self._get_relance_test_holders().items():
            outsiders = mail._find_outsiders(mail._get_relance_addresses())
            if not outsiders:
                continue
            env = holder_sudo.with_env(self.env)._relance_in_company().env
            reason = env._(
                "Test mode: the email “%(subject)s” went to %(email)s instead of %(addressees)s. Send it again once "
                "the test mode is off.",
                subject=mail.subject or "",
                email=holder_sudo._get_relance_setting("relance_test_email"),
                addressees=", ".join(sorted(outsiders)),
            )
            notifications_sudo = self.env["mail.notification"].sudo().search([("mail_mail_id", "=", mail.id)])
            for notification_sudo in notifications_sudo:
                email = notification_sudo.res_partner_id.email or notification_sudo.mail_email_address or ""
                if outsiders & {email, *email_normalize_all(email)}:
                    notification_sudo.write(
                        {"notification_status": "canceled", "failure_type": TEST_MODE[0], "failure_reason": reason}
                    )
            mail._log_on_record(reason)

    def _log_on_record(self, body):
        """Leave a note on the record this e-mail is about, where it has a chatter."""
        # A user who sends may not write on it.
        mail_sudo = self.sudo()
        if mail_sudo.model in self.env and mail_sudo.res_id:
            record_sudo = self.env[mail_sudo.model].sudo().browse(mail_sudo.res_id).exists()
            if record_sudo and hasattr(record_sudo, "_message_log"):
                record_sudo._message_log(body=body)

    @api.model
    def _release_after_test(self):
        """Let what test mode kept back leave, or give it up when it came too late; what is still tested waits again."""
        kept = self.search([("state", "=", "outgoing"), ("failure_type", "=", TEST_MODE[0])])
        kept -= self.browse(mail.id for mail in kept._get_relance_test_holders())
        late = kept.filtered(lambda mail: mail._is_too_late())
        for mail in late:
            notices_sudo = mail._get_relance_notices_sudo("sent", "queued")
            reason = self.env._("The email waited too long in test mode: it was given up.")
            notices_sudo._mark_failed(reason, refused=False, kind="test")
            mail.write({"failure_reason": reason})
            if not notices_sudo:
                mail._log_on_record(reason)
        late.cancel()
        leaving = kept - late
        leaving.write({"scheduled_date": False, "failure_type": False, "failure_reason": False})
        rows = {notice.id: {"delivery_error": None} for notice in leaving._get_relance_notices_sudo("sent", "queued")}
        update_rows(self.env, "relance.notice", rows)
        if leaving:
            # A user who ends the test mode need not read the jobs.
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _is_too_late(self):
        """Tell whether an e-mail kept back says something that is not true any more.

        A notice claims what was owed on its day; a reminder announces a payment to come.
        """
        self.ensure_one()
        notice_sudo = self._get_relance_notices_sudo()[:1]
        if notice_sudo:
            return notice_sudo.date < notice_sudo.company_id._relance_today()
        if self.model in MAILED_BY_JOBS:
            reminder_sudo = self.env[self.model].sudo().browse(self.res_id).exists()
            today = (reminder_sudo.company_id or self.env.company)._relance_today()
            return not reminder_sudo or reminder_sudo.date < today
        is_written = self.mail_message_id.message_type in ("comment", "user_notification")
        return not is_written and self.create_date < fields.Datetime.now() - timedelta(days=STALE_DAYS)


class MailNotification(models.Model):
    """Tells a customer who did not get an e-mail because of the test mode from one it could not reach."""

    _inherit = "mail.notification"

    failure_type = fields.Selection(selection_add=[TEST_MODE])
