from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date

from .relance_engine_readiness import TO_DISPATCH

# A letter that waited longer gives its deadline late: it is made again.
STALE_DAYS = 3


class RelanceEngine(models.AbstractModel):
    """Dispatch: e-mails, letters to post, calls; a trace in the chatter of the debtor and of each invoice."""

    _inherit = "relance.engine"

    @api.model
    def _dispatch(self, notices):
        """Send sealed ``notices`` after checking under a lock that all they claim is still owed.

        A notice overtaken by a payment, a hold or time is cancelled: it keeps its number, and its instalments are
        decided afresh at the next run.

        :return: the notices sent
        :raises UserError: when a company is in test mode: nothing leaves for a debtor
        """
        self._refuse_in_test_mode(notices.company_id)
        locked = notices.try_lock_for_update()
        locked.invalidate_recordset(["state"])
        sent = self.env["relance.notice"]
        for company, company_notices in locked.filtered(lambda n: n.state == "ready").grouped("company_id").items():
            engine = self._in_company(company)
            engine._check_notices_ready(company, company_notices, TO_DISPATCH)
            valid = engine._cancel_overtaken(company, company_notices.with_env(engine.env))
            if not valid:
                continue
            valid -= engine._send_emails(valid)
            valid._set_state("sent")
            engine._log_in_chatters(valid)
            engine._plan_work(valid)
            engine._close_failures(valid)
            sent |= valid
        # Where a run stands is no user's to write.
        locked.run_id.filtered(lambda run: run.state == "confirmed").sudo()._close_if_done()
        return sent

    @api.model
    def _cancel_overtaken(self, company, notices):
        """Cancel the notices that claim what is not owed any more, or would reach nobody; return the others."""
        valid = notices - self._cancel_changed(company, notices)
        valid -= self._cancel_unaddressed(valid)
        return valid - self._cancel_returning(valid)

    @api.model
    def _cancel_changed(self, company, notices):
        """Cancel the notices of which something else is owed than what they claim, or that are stale. Return them."""
        self.env.flush_all()
        today = self._today(company)
        stopped, changed, _moved, misplaced = self._lock_and_compare(company, notices, today)
        stopped |= changed | misplaced
        overtaken = notices.filtered(
            lambda notice: (
                stopped & set(notice.line_ids.line_id.ids)
                or len(notice.line_ids.line_id) < len(notice.line_ids)
                # Or dated far ahead, by a clock that was wrong.
                or abs((today - notice.date).days) > STALE_DAYS
            )
        )
        overtaken._set_state("cancelled", self.env._("What is owed changed before it was sent."))
        return overtaken

    # === EMAIL === #

    @api.model
    def _send_emails(self, notices):
        """Queue one e-mail for each notice whose level has one and whose addressee can get it.

        :return: the notices that could leave by no channel
        """
        failed = notices.browse()
        mailable = notices.filtered(lambda n: n.email_to and n.with_email)
        for template, batch in mailable.grouped(lambda notice: notice._get_mail_template()).items():
            if not template:
                failed |= self._fail_without_template(batch.filtered(lambda notice: notice.channel == "email"))
                continue
            # The person who sends need not be allowed to read every attachment or to edit templates.
            mails_sudo = template.sudo().send_mail_batch(
                batch.ids, email_values={"auto_delete": False, "recipient_ids": []}
            )
            self._address_mails(mails_sudo, batch)
            self._sign_mails(mails_sudo, batch)
            self._attach_documents(mails_sudo, batch)
            by_notice = {mail.res_id: mail.id for mail in mails_sudo}
            queued = {"delivery_state": "queued", "delivery_date": fields.Datetime.now()}
            self._update_rows(
                "relance.notice", {notice.id: {"mail_id": by_notice[notice.id], **queued} for notice in batch}
            )
        if mailable:
            # Whoever sends need not read the jobs.
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return failed

    @api.model
    def _fail_without_template(self, notices):
        """Let ``notices`` fail, naming the level whose e-mail template was deleted: their level comes again."""
        for level, batch in notices.grouped("level_id").items():
            reason = self.env._("The level %s has no e-mail template left: choose one.", level.display_name)
            self._fail(batch, reason, "technical")
        return notices

    @api.model
    def _address_mails(self, mails_sudo, notices):
        """Send to the addressee and the copies frozen in each notice, whatever a user's template says."""
        by_id = {notice.id: notice for notice in notices}
        rows = {
            mail.id: {"email_to": by_id[mail.res_id].email_to, "email_cc": by_id[mail.res_id].email_cc or None}
            for mail in mails_sudo
            if (mail.email_to, mail.email_cc or False) != (by_id[mail.res_id].email_to, by_id[mail.res_id].email_cc)
        }
        self._update_rows("mail.mail", rows)

    @api.model
    def _sign_mails(self, mails_sudo, notices):
        """Put into the header of each e-mail the seal of its notice and the head of the register it carries, in full.

        The body is the user's to change; whoever keeps the e-mail keeps the proof.
        """
        by_id = {notice.id: notice for notice in notices if notice.seal}
        rows = {
            mail.id: {"headers": repr(by_id[mail.res_id]._get_register_headers())}
            for mail in mails_sudo
            if mail.res_id in by_id
        }
        self._update_rows("mail.mail", rows)

    @api.model
    def _attach_documents(self, mails_sudo, notices):
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
                notices.ids,
            )
        )
        mails_sudo.mail_message_id.invalidate_recordset(["attachment_ids"])
        mails_sudo.invalidate_recordset(["attachment_ids"])

    # === CHATTER === #

    @api.model
    def _log_in_chatters(self, notices):
        """Leave a trace with the letter on each debtor, and one on each invoice.

        Other companies and all staff read the debtor's card: what was claimed and where it went is on the invoices.
        """
        bodies = {notice.id: self._get_log_body(notice) for notice in notices}
        # One debtor may have several notices (currencies, one per invoice): one message each, in as few batches.
        left = notices
        while left:
            batch = self.env["relance.notice"].union(*(n[:1] for n in left.grouped("partner_id").values()))
            by_partner = {notice.partner_id.id: notice for notice in batch}
            messages = batch.partner_id._message_log_batch(
                bodies={partner_id: self._get_card_body(notice) for partner_id, notice in by_partner.items()}
            )
            self._link_letters(messages, by_partner)
            left -= batch
        moves = notices.line_ids.move_id
        last_notice = {line.move_id.id: line.notice_id.id for line in notices.line_ids}
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

    @api.model
    def _get_card_body(self, notice):
        """Return the trace left on the card of the debtor: which notice, and when."""
        return Markup("<b>%s</b> %s<br/>%s") % (
            notice._get_html_link(title=notice.name),
            notice.level_id.name,
            format_date(self.env, notice.date),
        )

    @api.model
    def _get_log_body(self, notice):
        """Return the trace left on invoices: what was sent, when, to whom, how much."""
        channels = dict(notice._fields["channel"]._description_selection(self.env))
        return Markup("<b>%s</b> %s<br/>%s") % (
            notice._get_html_link(title=notice.name),
            notice.level_id.name,
            self.env._(
                "%(date)s, %(channel)s to %(contact)s%(email)s: %(total)s claimed.",
                date=format_date(self.env, notice.date),
                channel=channels[notice.channel],
                contact=notice.contact_id.display_name,
                email=f" <{notice.email_to}>" if notice.mail_id else "",
                total=format_amount(self.env, notice.total_amount, notice.currency_id),
            ),
        )

    # === WORK FOR PEOPLE === #

    @api.model
    def _plan_work(self, notices):
        """Plan what a person must do: call the debtor, post the letter that no provider takes."""
        self._hand_over(notices)
        calls = notices.filtered(lambda notice: notice.level_id.channel_call or notice.channel == "call")
        self._schedule(calls, "mail.mail_activity_data_call", self.env._("Call the debtor"))
        self._schedule(
            notices.filtered("to_post"),
            "mail.mail_activity_data_todo",
            self.env._("Post the letter, then enter its date and tracking number"),
        )

    @api.model
    def _schedule(self, notices, activity_type, summary, note=""):
        for user, batch in notices.grouped(lambda notice: notice._get_handler()).items():
            # A batch may plan hundreds: they are found in the to-do list, not announced one e-mail each.
            quiet = batch.with_context(mail_activity_quick_update=True)
            quiet.activity_schedule(activity_type, summary=summary, note=note, user_id=user.id)
