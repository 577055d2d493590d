from datetime import timedelta

import psycopg2
from markupsafe import Markup, escape
from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import mute_logger

ANSWER = "relance_fr.mail_activity_answer"
MAX_A_DAY = 10


class RelanceAnswer(models.Model):
    """How an answer arrives: recorded once, told to the person in charge, with the pause the company allows."""

    _inherit = "relance.answer"

    @api.model
    def _receive(self, account, vals, files=()):
        """Record the answer of a debtor to his ``account`` (``relance.portal.account``).

        :param vals: values checked by `_read_form`, ``form_key`` among them
        :param files: list of ``(name, bytes, MIME type)``
        :return: the answer; the one received before when the same form comes again
        :raises UserError: when too many came in a day
        """
        known = self._find_form(account, vals["form_key"])
        if known:
            return known
        self._check_not_too_many(account)
        values = {
            "company_id": account.company_id.id,
            "partner_id": account.partner_id.id,
            "notice_id": account.notice_id._origin.id,
            "currency_id": account.currency_id.id,
            "user_id": self._choose_handler(account).id,
            **vals,
        }
        # A debtor has no right of his own on answers: the caller has checked that the invoices are his. The visitor's
        # user is not named as author of anything: people of other companies may not read it.
        answers_sudo = self.with_user(SUPERUSER_ID).with_company(account.company_id)
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                answer_sudo = answers_sudo.create(values)
        except psycopg2.errors.UniqueViolation:
            # The same form, sent a moment ago by another request.
            return self._find_form(account, vals["form_key"])
        answer_sudo._attach(files)
        answer_sudo._pause()
        answer_sudo._announce()
        return answer_sudo

    @api.model
    def _find_form(self, account, form_key):
        # A visitor reads no answers; this is one of the account he opened.
        return self.sudo().search(
            [
                ("company_id", "=", account.company_id.id),
                ("partner_id", "=", account.partner_id.id),
                ("form_key", "=", form_key),
            ],
            limit=1,
        )

    @api.model
    def _check_not_too_many(self, account):
        since = fields.Datetime.now() - timedelta(days=1)
        domain = [("partner_id", "=", account.partner_id.id), ("company_id", "=", account.company_id.id)]
        # A visitor reads no answers; he is told that there are many.
        if self.sudo().search_count([*domain, ("create_date", ">=", since)], limit=MAX_A_DAY) >= MAX_A_DAY:
            raise UserError(
                self.env._("You have sent many answers today. Please write to us or call us, or come back tomorrow.")
            )

    @api.model
    def _choose_handler(self, account):
        """Return who examines the answers of this debtor: who follows him or the notice, else the accountant."""
        debtor_sudo = account.partner_id._origin.sudo().with_company(account.company_id)
        notice_sudo = account.notice_id._origin.sudo()
        handler = debtor_sudo.relance_user_id or notice_sudo.user_id
        # A salesperson may handle a debtor without the right to examine his answers.
        handler = handler.filtered(
            lambda user: (
                user.active
                and not user.share
                and account.company_id in user.company_ids
                and self.with_user(user).has_access("write")
            )
        )
        # Whoever answers reads neither users nor settings.
        return handler or self.env["relance.engine"].sudo()._get_accountant(account.company_id)

    def _attach(self, files):
        self.env["ir.attachment"].create(
            [
                {"name": name, "raw": content, "mimetype": mimetype, "res_model": self._name, "res_id": self.id}
                for name, content, mimetype in files
            ]
        )
        self.invalidate_recordset(["attachment_ids"])

    # === PAUSE === #

    def _pause(self):
        """Suspend dunning of the invoices for the days the company allows; never twice for an invoice."""
        self.ensure_one()
        days = self.company_id._get_relance_setting("relance_answer_pause_days")
        paused = self.env["relance.hold"].search([("move_id", "in", self.move_ids.ids), ("is_pause", "=", True)])
        moves = self.move_ids - paused.move_id
        if not days or not moves:
            return
        today = self.env["relance.engine"]._today(self.company_id)
        handler = self._get_handler()
        note = self.with_context(lang=handler.lang).env._("Pause while the answer of the debtor is examined.")
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                self.env["relance.hold"].create(
                    [
                        {
                            "company_id": self.company_id.id,
                            "move_id": move.id,
                            "reason": "manual",
                            "date_from": today,
                            "date_to": today + timedelta(days=days - 1),
                            "note": note,
                            "user_id": handler.id,
                            "answer_id": self.id,
                            "is_pause": True,
                        }
                        for move in moves
                    ]
                )
        except psycopg2.errors.UniqueViolation:
            # Another answer about the same invoices, a moment ago, has paused them.
            return

    # === WHO IS TOLD === #

    def _announce(self):
        """Tell the person in charge; leave a trace on the debtor, the invoices and the notice."""
        self.ensure_one()
        handler = self._get_handler()
        answer = self.with_context(lang=handler.lang or self.env.lang)
        author = (self.given_by_id or self.partner_id).id
        # What he says is on the answer: companies and all staff share the card of the debtor.
        kinds = dict(answer._fields["kind"]._description_selection(answer.env))
        link = answer._get_html_link(title=kinds[answer.kind])
        body = Markup(escape(answer.env._("Answer on the portal: %s", "\0"))).replace("\0", link)
        answer.partner_id._message_log(body=body, author_id=author)
        if answer.notice_id:
            answer.notice_id._message_log(body=body, author_id=author)
            now = {"last_reply_date": fields.Datetime.now()}
            self.env["relance.engine"]._update_rows("relance.notice", {answer.notice_id.id: now})
        answer.move_ids._message_log_batch(bodies={move.id: body for move in answer.move_ids}, author_id=author)
        answer.activity_schedule(ANSWER, note=answer._get_summary_html(), user_id=handler.id)

    def _get_summary_html(self):
        """Return what he answered in a few lines, for the activity (Markup)."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        lines = [kinds[self.kind], *self._get_facts(), self.note]
        return Markup("<br/>").join(line for line in lines if line)

    def _get_facts(self):
        """Return the figures of the answer as short texts in the language of the context."""
        self.ensure_one()
        write = self.env["relance.portal.account"].new({"currency_id": self.currency_id.id})
        write = write._get_letter_writer(self.env.lang or "en_US")

        def label(name):
            return dict(self._fields[name]._description_selection(self.env)).get(self[name], "")

        facts = [", ".join(sorted(self.move_ids.mapped("name")))]
        if self.kind == "plan":
            facts.append(
                self.env._(
                    "%(parts)s instalments, %(frequency)s, from %(date)s",
                    parts=self.parts,
                    frequency=label("frequency").lower(),
                    date=write.short_day(self.date),
                )
            )
        else:
            money = write.money(self.amount) if self.amount else ""
            parts = [label("category"), label("method"), money, write.short_day(self.date), self.reference]
            facts.append(", ".join(part for part in parts if part))
        return [fact for fact in facts if fact]
