import logging

from markupsafe import Markup, escape
from odoo import api, fields, models
from odoo.addons.base.models.ir_qweb import QWebError
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_amount, format_date

from ...tools.bulk_sql import update_rows
from ...tools.channels import PAPER
from ...tools.letter_format import one_line
from ...tools.reading import Reading

# A letter that waited longer gives its deadline late: it is made again.
STALE_DAYS = 3
WARNING = "mail.mail_activity_data_warning"
# What a person must mend; an e-mail that was refused goes by letter of itself.
MENDED_BY_HAND = ("no_address", "technical")
# What a sealed notice still needs in order to leave; the rest is in its letter already.
TO_DISPATCH = ("email",)

_logger = logging.getLogger(__name__)


class RelanceNotice(models.Model):
    """Dispatch: e-mails, letters to post, calls, after a last check under lock; a trace in the chatters.

    What cannot be sent fails: its level is not consumed.
    """

    _inherit = "relance.notice"

    # === BUSINESS METHODS - CHECK AND SEND === #

    def _dispatch(self):
        """Send sealed notices after checking under a lock that all they claim is still owed.

        A notice overtaken by a payment, a hold or time is cancelled: it keeps its number, and its instalments are
        decided afresh at the next run.

        :return: the notices sent
        :raises UserError: when a company is in test mode: nothing leaves for a debtor
        """
        self.company_id._relance_refuse_in_test_mode()
        locked = self.try_lock_for_update()
        locked.invalidate_recordset(["state"])
        sent = self.env["relance.notice"]
        for company, company_notices in locked.filtered(lambda n: n.state == "ready").grouped("company_id").items():
            # What is written for people is in the company's language.
            company = company._relance_in_company()
            ours = company_notices.with_env(company.env)
            ours._check_notices_ready(company, TO_DISPATCH)
            valid = ours._cancel_overtaken(company)
            if not valid:
                continue
            valid -= valid._send_emails()
            valid._set_state("sent")
            valid._log_in_chatters()
            valid._plan_work()
            valid._close_failures()
            sent |= valid
        return sent

    def _cancel_overtaken(self, company):
        """Cancel the notices that claim what is not owed any more, or would reach nobody; return the others."""
        valid = self - self._cancel_changed(company)
        valid -= valid._cancel_unaddressed()
        return valid - valid._cancel_returning()

    def _cancel_changed(self, company):
        """Cancel the notices of which something else is owed than what they claim, or that are stale. Return them."""
        self.env.flush_all()
        today = company._relance_today()
        stopped, changed, _moved, misplaced = self._lock_and_compare(company, today)
        stopped |= changed | misplaced
        overtaken = self.filtered(
            lambda notice: (
                stopped & set(notice.line_ids.line_id.ids)
                or len(notice.line_ids.line_id) < len(notice.line_ids)
                # Or dated far ahead, by a clock that was wrong.
                or abs((today - notice.date).days) > STALE_DAYS
            )
        )
        overtaken._set_state("cancelled", self.env._("What is owed changed before it was sent."))
        return overtaken

    # === BUSINESS METHODS - DISPATCHED, NOT LEFT YET === #

    def _give_up_overtaken(self):
        """Stop the e-mails, still in the outgoing mail, of notices that claim what is not owed any more.

        A notice of which nothing has left is cancelled, and its level comes again if anything is still owed. Where a
        letter goes with it that may have left, the notice stays a fact and its e-mail alone is given up.

        :return: the notices whose e-mail must not leave, those stopped before among them
        """
        given_up = self.filtered(lambda notice: notice.state in ("failed", "cancelled"))
        waiting = self.filtered(lambda notice: notice.state == "sent" and notice.delivery_state == "queued")
        for company, batch in waiting.grouped("company_id").items():
            # What is written for people is in the company's language.
            ours = batch.with_env(company._relance_in_company().env)
            today = company._relance_today()
            stale = ours.filtered(lambda notice, today=today: notice._is_stale(today))
            stale._give_up_email(ours.env._("It waited too long in the outgoing mail."))
            changed = (ours - stale)._filter_overtaken(company, today)
            changed._give_up_email(ours.env._("What is owed changed before the e-mail left."))
            given_up |= (stale | changed).with_env(self.env)
        return given_up

    def _is_stale(self, today):
        """Tell whether a notice dispatched before says today what is not true any more: its deadline, that it is due.

        Or it is dated far ahead, by a clock that was wrong.
        """
        self.ensure_one()
        late = self.kind == "preventive" and any(line.date_maturity < today for line in self.line_ids)
        return late or abs((today - self.date).days) > STALE_DAYS

    def _filter_overtaken(self, company, today):
        """Return those of dispatched notices of ``company`` that claim what is not owed any more."""
        if not self:
            return self
        self.env.flush_all()
        facts = self.env.execute_query(
            SQL(
                "SELECT notice_id, line_id, principal_amount + COALESCE(planned_amount, 0) FROM relance_notice_line"
                " WHERE notice_id = ANY(%s)",
                self.ids,
            )
        )
        decision = self.env["relance.decision"]
        reading = Reading(company, today, self.partner_id.ids, again=True)
        rows = self.env.execute_query(
            SQL("SELECT line_id, reason, net FROM (%s) decided", decision._query_decision(reading))
        )
        decided = {line_id: (reason, net) for line_id, reason, net in rows}
        stops = decision._get_reason_codes(lambda reason: reason.stops_letter)
        knowingly = self._get_asked_knowingly(reading, {line_id: reason for line_id, (reason, _net) in decided.items()})
        overtaken = set()
        for notice_id, line_id, principal in facts:
            reason, net = decided.get(line_id, ("paid", 0))
            if net != principal or (reason in stops and line_id not in knowingly):
                overtaken.add(notice_id)
        return self.filtered(lambda notice: notice.id in overtaken)

    def _give_up_email(self, reason):
        """Let the e-mails of these notices not leave, and say so wherever it was told that they did."""
        if not self:
            return
        alone = self.filtered(lambda notice: notice._has_only_email_to_leave())
        outcome = {"delivery_state": "failed", "delivery_date": fields.Datetime.now(), "delivery_error": reason}
        update_rows(self.env, "relance.notice", dict.fromkeys(self.ids, outcome))
        update_rows(self.env, "relance.notice", dict.fromkeys(alone.ids, {"provider_state": None}))
        alone._set_state("cancelled", reason)
        # What was planned with them: to call, to post.
        alone.activity_unlink(["mail.mail_activity_data_call", "mail.mail_activity_data_todo"])
        left = self - alone
        left.filtered("to_post")._schedule(WARNING, self.env._("Do not post the letter before you looked"), note=reason)
        self._tell_not_left(self.env._("The e-mail did not leave. %s", reason))

    def _withdraw_letters(self):
        """Cancel those of the letters to post that nobody printed and that claim what is not owed any more.

        One of which an e-mail left is a fact: it stays.

        :return: the notices cancelled
        """
        withdrawn = self.browse()
        waiting = self.filtered(lambda n: n.to_post and not n.printed_on and n.delivery_state not in ("queued", "sent"))
        for company, batch in waiting.grouped("company_id").items():
            ours = batch.with_env(company._relance_in_company().env)
            overtaken = ours._filter_overtaken(company, company._relance_today())
            if not overtaken:
                continue
            reason = ours.env._("What is owed changed before the letter left.")
            overtaken._set_state("cancelled", reason)
            overtaken.activity_unlink(["mail.mail_activity_data_call", "mail.mail_activity_data_todo"])
            overtaken._tell_not_left(ours.env._("The letter was not posted. %s", reason))
            withdrawn |= overtaken.with_env(self.env)
        return withdrawn

    def _tell_not_left(self, text):
        """Say on the notices and on their invoices, where it was told that they left, that they did not."""
        self._message_log_batch(bodies=dict.fromkeys(self.ids, text))
        told = {
            line.move_id.id: Markup("%s: %s") % (line.notice_id._get_html_link(title=line.notice_id.name), text)
            for line in self.line_ids
        }
        self.line_ids.move_id._message_log_batch(bodies=told)

    def _has_only_email_to_leave(self):
        """Tell whether nothing else of the notice has left: its letter, if any, is in nobody's hands yet."""
        self.ensure_one()
        kept = self.to_post or (self.provider_state == "to_submit" and not self.provider_attempts)
        return self.channel not in PAPER or (kept and not self.printed_on)

    # === BUSINESS METHODS - IN BATCHES === #

    def _dispatch_batch(self, company):
        """Send the notices together; when one of them cannot be made out, it fails and the others are sent."""
        error = self._try_dispatch(company)
        if not error:
            return
        if len(self) == 1:
            self._fail_technically(company, error)
            return
        half = len(self) // 2
        for part in (self[:half], self[half:]):
            part._dispatch_batch(company)
            self.env["relance.job"]._commit_progress()

    def _try_dispatch(self, company):
        """Send the notices; inside a job, return the error that undid it (a template that cannot be rendered)."""
        try:
            self.env["relance.job"]._retrying(self._dispatch)
        except (UserError, QWebError) as error:
            if not self.env.context.get("ir_cron_progress_id"):
                raise
            self.env.cr.rollback()
            _logger.info("Notices of %s not sent together: %s", company.name, error)
            return error
        return None

    # === BUSINESS METHODS - E-MAILS === #

    def _send_emails(self):
        """Queue one e-mail for each notice whose level has one and whose addressee can get it.

        :return: the notices that could leave by no channel
        """
        failed = self.browse()
        mailable = self.filtered(lambda n: n.email_to and n.with_email)
        for template, batch in mailable.grouped(lambda notice: notice._get_mail_template()).items():
            if not template:
                failed |= batch.filtered(lambda notice: notice.channel == "email")._fail_without_template()
                continue
            # The person who sends need not be allowed to read every attachment or to edit templates.
            mails_sudo = template.sudo().send_mail_batch(
                batch.ids, email_values={"auto_delete": False, "recipient_ids": []}
            )
            batch._address_mails(mails_sudo)
            batch._sign_mails(mails_sudo)
            batch._attach_documents(mails_sudo)
            by_notice = {mail.res_id: mail.id for mail in mails_sudo}
            queued = {"delivery_state": "queued", "delivery_date": fields.Datetime.now()}
            update_rows(
                self.env, "relance.notice", {notice.id: {"mail_id": by_notice[notice.id], **queued} for notice in batch}
            )
        if mailable:
            # A user who sends need not read the jobs.
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return failed

    def _fail_without_template(self):
        """Let the notices fail, naming the level whose e-mail template was deleted: their level comes again."""
        for level, batch in self.grouped("level_id").items():
            reason = self.env._("The level %s has no e-mail template left: choose one.", level.display_name)
            batch._fail(reason, "technical")
        return self

    def _address_mails(self, mails_sudo):
        """Send to the addressee and the copies frozen in each notice, whatever a user's template says."""
        by_id = {notice.id: notice for notice in self}
        rows = {
            mail.id: {"email_to": by_id[mail.res_id].email_to, "email_cc": by_id[mail.res_id].email_cc or None}
            for mail in mails_sudo
            if (mail.email_to, mail.email_cc or False) != (by_id[mail.res_id].email_to, by_id[mail.res_id].email_cc)
        }
        update_rows(self.env, "mail.mail", rows)

    def _sign_mails(self, mails_sudo):
        """Put into the header of each e-mail the seal of its notice and the head of the register it carries, in full.

        The body is the user's to change; the person who keeps the e-mail keeps the proof.
        """
        by_id = {notice.id: notice for notice in self if notice.seal}
        rows = {
            mail.id: {"headers": repr(by_id[mail.res_id]._get_register_headers())}
            for mail in mails_sudo
            if mail.res_id in by_id
        }
        update_rows(self.env, "mail.mail", rows)

    def _attach_documents(self, mails_sudo):
        """Attach to each mail the letter of its notice and the stored legal PDF of the invoices it lists.

        Only invoices of the notice's own debtor can match: a document never reaches another customer.
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO message_attachment_rel (message_id, attachment_id)
                SELECT DISTINCT mail.mail_message_id, document.id
                  FROM mail_mail mail
                  JOIN mail_message message ON message.id = mail.mail_message_id
                  JOIN relance_notice notice ON notice.id = message.res_id AND message.model = 'relance.notice'
                  JOIN LATERAL (
                        SELECT notice.attachment_id AS id WHERE notice.attachment_id IS NOT NULL
                         UNION
                        SELECT file.id FROM relance_notice_line fact
                          JOIN account_move move ON move.id = fact.move_id
                                                AND move.commercial_partner_id = notice.partner_id
                          JOIN ir_attachment file ON file.res_model = 'account.move' AND file.res_id = move.id
                                                 AND file.res_field = 'invoice_pdf_report_file'
                         WHERE fact.notice_id = notice.id
                       ) document ON TRUE
                 WHERE mail.id = ANY(%s) AND notice.id = ANY(%s)
           ON CONFLICT DO NOTHING RETURNING message_id
                """,
                mails_sudo.ids,
                self.ids,
            )
        )
        mails_sudo.mail_message_id.invalidate_recordset(["attachment_ids"])
        mails_sudo.invalidate_recordset(["attachment_ids"])

    def _get_mail_preview(self):
        """Return the e-mail of a drafted notice as it was queued, empty texts when none leaves."""
        # Mails are the server's: who sends a notice need not read them all.
        mail_sudo = self.sudo().mail_id
        return {
            "email_from": mail_sudo.email_from or "",
            "email_to": mail_sudo.email_to or "",
            "email_cc": mail_sudo.email_cc or "",
            "subject": mail_sudo.subject or "",
            "body": mail_sudo.body_html or "",
        }

    def _prepare_trial_mail(self, broken):
        """Return the values of the mail that shows what the notice would send.

        :param broken: its letter could not be made
        """
        # Templates, mails and letters of the notice, no matter who tests.
        mail_sudo, letter_sudo = self.sudo().mail_id, self.sudo().attachment_id
        channels = dict(self._fields["channel"]._description_selection(self.env))
        addressee = self.email_to if mail_sudo else self.contact_id.display_name
        subject = mail_sudo.subject or f"{self.level_id.name}, {channels[self.channel]}"
        intro = self.env._(
            "Test: this is what %(debtor)s would get (%(channel)s, %(addressee)s). Nothing was sent and nothing "
            "entered the register.",
            debtor=self.partner_id.display_name,
            channel=channels[self.channel],
            addressee=addressee,
        )
        if broken:
            intro += " " + self.env._("Its letter could not be made: check the level, the logo and the signature.")
        files = mail_sudo.attachment_ids | letter_sudo
        return {
            "subject": f"[TEST] {addressee}: {subject}",
            "body_html": Markup("<p><em>%s</em></p>%s") % (escape(intro), Markup(mail_sudo.body_html or "")),
            "email_from": mail_sudo.email_from or self.company_id.email_formatted or self.env.user.email_formatted,
            "attachment_ids": [
                Command.create({"name": file.name, "raw": file.raw, "mimetype": file.mimetype}) for file in files
            ],
        }

    # === BUSINESS METHODS - TRACE AND WORK FOR PEOPLE === #

    def _log_in_chatters(self):
        """Leave a trace with the letter on each debtor, and one on each invoice.

        Other companies and all staff read the debtor's card: what was claimed and where it went is on the invoices.
        """
        bodies = {notice.id: notice._get_log_body() for notice in self}
        # One debtor may have several notices (currencies, one per invoice): one message each, in as few batches.
        left = self
        while left:
            batch = self.env["relance.notice"].union(*(n[:1] for n in left.grouped("partner_id").values()))
            by_partner = {notice.partner_id.id: notice for notice in batch}
            messages = batch.partner_id._message_log_batch(
                bodies={partner_id: notice._get_card_body() for partner_id, notice in by_partner.items()}
            )
            self._link_letters(messages, by_partner)
            left -= batch
        moves = self.line_ids.move_id
        last_notice = {line.move_id.id: line.notice_id.id for line in self.line_ids}
        moves._message_log_batch(bodies={move.id: bodies[last_notice[move.id]] for move in moves})

    @api.model
    def _link_letters(self, messages, by_partner):
        """Attach each letter to the message about it, ``messages`` being those of ``by_partner``'s debtors."""
        pairs = [
            SQL("(%s, %s)", message.id, by_partner[message.res_id].attachment_id.id)
            for message in messages
            if by_partner[message.res_id].attachment_id
        ]
        if pairs:
            self.env.flush_all()
            self.env.execute_query(
                SQL(
                    "INSERT INTO message_attachment_rel (message_id, attachment_id) VALUES %s RETURNING message_id",
                    SQL(", ").join(pairs),
                )
            )
            messages.invalidate_recordset(["attachment_ids"])

    def _get_card_body(self):
        """Return the trace left on the card of the debtor: which notice, and when."""
        return Markup("<b>%s</b> %s<br/>%s") % (
            self._get_html_link(title=self.name),
            self.level_id.name,
            ", ".join(filter(None, (format_date(self.env, self.date), self._get_letter_state_text()))),
        )

    def _get_log_body(self):
        """Return the trace left on invoices: what was sent, when, to whom, how much."""
        channels = dict(self._fields["channel"]._description_selection(self.env))
        where = self._get_letter_state_text()
        return Markup("<b>%s</b> %s<br/>%s") % (
            self._get_html_link(title=self.name),
            self.level_id.name,
            self.env._(
                "%(date)s, %(channel)s to %(contact)s%(email)s: %(total)s claimed.",
                date=format_date(self.env, self.date),
                channel=channels[self.channel] + (f" ({where})" if where else ""),
                contact=self.contact_id.display_name,
                email=f" <{self.email_to}>" if self.mail_id else "",
                total=format_amount(self.env, self.total_amount, self.currency_id),
            ),
        )

    def _plan_work(self):
        """Plan what a person must do: call the debtor, post the letter that no provider takes."""
        self._hand_over()
        calls = self.filtered(lambda notice: notice.level_id.channel_call or notice.channel == "call")
        calls._schedule("mail.mail_activity_data_call", self.env._("Call the debtor"))
        to_post, summary = (
            self.filtered("to_post"),
            self.env._("Post the letter, then enter its date and tracking number"),
        )
        for notice in to_post:
            others = notice._get_other_addresses()
            if others:
                names = ", ".join(others.mapped("display_name"))
                note = self.env._("Invoices of this notice were made out to %s as well: post a copy there.", names)
                notice._schedule("mail.mail_activity_data_todo", summary, note)
                to_post -= notice
        to_post._schedule("mail.mail_activity_data_todo", summary)

    def _get_other_addresses(self):
        """Return the other addresses (``res.partner``) to which invoices of the notice were made out.

        None when somebody was named to receive the notices of this debtor.
        """
        self.ensure_one()
        addresses = self.line_ids.move_id.partner_id.filtered(lambda address: address.type == "invoice")
        contact = self.contact_id
        # Whom a debtor named is on its card, which who posts letters need not read.
        debtor_sudo = self.partner_id.sudo().with_company(self.company_id)
        named = contact.type == "relance" or contact == debtor_sudo.relance_contact_id
        if len(addresses) < 2 or named or contact.commercial_partner_id != self.partner_id:
            return addresses.browse()
        return addresses - contact

    def _schedule(self, activity_type, summary, note=""):
        for user, batch in self.grouped(lambda notice: notice._get_handler()).items():
            # A batch may plan hundreds: they are found in the to-do list, not announced one e-mail each.
            quiet = batch.with_context(mail_activity_quick_update=True)
            quiet.activity_schedule(activity_type, summary=summary, note=note, user_id=user.id)

    # === BUSINESS METHODS - FAILURE === #

    def _fail(self, reason, kind):
        """Let the notices fail: their level is not consumed. What a person must mend gets an activity.

        :param kind: key of ``failure_kind`` of the notice
        """
        if not self:
            return
        self._set_state("failed", reason or None, kind=kind)
        if kind in MENDED_BY_HAND:
            self._schedule(WARNING, self._get_failure_summary(kind), note=reason)

    @api.model
    def _get_failure_summary(self, kind):
        if kind == "no_address":
            return self.env._("Complete the address: the notice could not leave")
        return self.env._("The notice could not be sent: see why, then send it again")

    def _fail_technically(self, company, error):
        """Let a notice that cannot be sent fail, so that the job goes on with the others and does not try it again."""
        # What is written for people is in the company's language.
        locked = self.with_env(company._relance_in_company().env).try_lock_for_update()
        locked.invalidate_recordset(["state"])
        failed = locked.filtered(lambda notice: notice.state == "ready")
        for level, batch in failed.grouped("level_id").items():
            batch._fail(batch._get_technical_reason(level, error), "technical")

    @api.model
    def _get_technical_reason(self, level, error):
        """Return what to mend, for people: of a template that cannot be rendered, the fault and not the source."""
        fault = error
        while fault.__cause__:
            fault = fault.__cause__
        if fault is error:
            return self.env._("It could not be made out: %s", str(error))
        return self.env._(
            "The email of %(level)s could not be made out, correct its template: %(fault)s",
            level=level.display_name,
            fault=one_line(str(fault)),
        )

    def _close_failures(self):
        """Close what people were asked to mend about the instalments that the notices have just reached."""
        failed = self.env["relance.notice"].search(
            [
                ("state", "=", "failed"),
                ("failure_kind", "in", MENDED_BY_HAND),
                ("partner_id", "in", self.partner_id.ids),
                ("line_ids.line_id", "in", self.line_ids.line_id.ids),
            ]
        )
        if failed:
            failed.activity_feedback([WARNING], feedback=self.env._("Sent since."))

    @api.model
    def _sql_told(self, alias):
        """Return whether the last notice of the instalment of ``alias`` failed at this level for want of an address."""
        return SQL(
            """
            COALESCE((SELECT notice.failure_kind = 'no_address' AND fact.level_id = %(alias)s.level_id
                        FROM relance_notice_line fact
                        JOIN relance_notice notice ON notice.id = fact.notice_id
                       WHERE fact.line_id = %(alias)s.line_id
                    ORDER BY notice.id DESC LIMIT 1), FALSE)
            """,
            alias=alias,
        )
