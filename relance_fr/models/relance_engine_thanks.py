from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.due_date import DUE_DATE
from ..tools.open_items import OPEN_ITEM

# How long after a reminder a payment is taken for its effect, and after a payment it is still time to thank for it.
REMINDED_DAYS = 60
PAID_DAYS = 7


class RelanceEngine(models.AbstractModel):
    """Thanks: one e-mail to the debtor who was reminded and has paid everything since. Off by default."""

    _inherit = "relance.engine"

    @api.model
    def _thank(self):
        """Thank the debtors of every company that wants it. Companies stand or fall alone."""
        companies = (
            self.env["res.company"]._get_relance_concerned("relance_thanks").filtered("active").with_env(self.env)
        )
        self._commit_progress(remaining=len(companies))
        for company in companies:
            with self._standing_alone(company):
                self._in_company(company)._thank_company(company)
            if not self._commit_progress(1):
                break

    @api.model
    def _thank_company(self, company):
        """Queue the thanks due today in ``company``; the notices thanked for say so, so that none leaves twice.

        Outside its hours they wait for the next opening. In test mode and before it goes live nobody is thanked.

        :return: the e-mails (``mail.mail``)
        """
        today = self._today(company)
        template = self.env.ref("relance_fr.mail_template_thanks", raise_if_not_found=False)
        wanted = company._get_relance_setting("relance_thanks")
        if not template or not wanted or not self._may_write_to_debtors(company, today):
            return self.env["mail.mail"]
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._query_thanks(company, today))
        if rows and not self._is_window_open(company):
            self._wake_at_next_window(company, job="thanks")
            rows = []
        if not rows:
            return self.env["mail.mail"]
        thanked = {notice_id: {"thanked_on": today} for row in rows for notice_id in row["notice_ids"]}
        self._update_rows("relance.notice", thanked)
        by_notice = {row["notice_id"]: row["email"] for row in rows}
        # The template is the administrator's, the job sends in his place.
        mails_sudo = template.sudo().send_mail_batch(
            list(by_notice), email_values={"auto_delete": False, "recipient_ids": []}
        )
        addressed = {mail.id: {"email_to": by_notice[mail.res_id], "email_cc": None} for mail in mails_sudo}
        self._update_rows("mail.mail", addressed)
        partners = self.env["res.partner"].browse([row["partner_id"] for row in rows])
        body = self.env._("Thanked by email for the payment of the invoices that had been dunned.")
        partners._message_log_batch(bodies=dict.fromkeys(partners.ids, body))
        # Nor does it read the other jobs.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return mails_sudo

    @api.model
    def _query_thanks(self, company, today):
        """Return the query of the debtors to thank: ``partner_id``, ``notice_ids``, ``notice_id`` (last), ``email``.

        All that was asked for in the last weeks is settled, each invoice by a payment at least, the last one a few
        days ago; nothing else is overdue or disputed; the address can be used.
        """
        return SQL(
            """
            SELECT reminded.partner_id, reminded.notice_ids, reminded.notice_id, %(email)s AS email
              FROM (
                    SELECT notice.partner_id, MAX(notice.id) AS notice_id, array_agg(notice.id) AS notice_ids
                      FROM relance_notice notice
                     WHERE notice.company_id = %(company)s AND notice.state = 'sent' AND notice.kind <> 'preventive'
                       AND notice.thanked_on IS NULL AND notice.date > %(reminded_after)s
                  GROUP BY notice.partner_id
                   ) reminded
              JOIN relance_notice last ON last.id = reminded.notice_id
              JOIN res_partner contact ON contact.id = last.contact_id
              JOIN res_partner debtor ON debtor.id = reminded.partner_id
              JOIN LATERAL (%(settled)s) settled
                   ON settled.whole AND settled.paid_on BETWEEN %(paid_from)s AND %(today)s
             WHERE %(email)s IS NOT NULL AND NOT (%(troubled)s)
          ORDER BY reminded.partner_id
            """,
            email=self._sql_email(today),
            company=company.id,
            reminded_after=today - timedelta(days=REMINDED_DAYS),
            paid_from=max(
                today - timedelta(days=PAID_DAYS), company._get_relance_setting("relance_thanks_since") or today
            ),
            today=today,
            settled=self._sql_settled(),
            troubled=self._sql_troubled(company, today),
        )

    @api.model
    def _sql_settled(self):
        """Return the LATERAL query of whether the invoices ``reminded`` are paid, and of the day of the last payment.

        An invoice that credit notes or entries alone settled was not paid.
        """
        return SQL(
            """
            SELECT bool_and(move.state = 'posted' AND move.amount_residual = 0
                            AND move.payment_state IN ('paid', 'in_payment') AND payment.paid_on IS NOT NULL) AS whole,
                   MAX(payment.paid_on) AS paid_on
              FROM (SELECT DISTINCT move_id FROM relance_notice_line
                     WHERE notice_id = ANY(reminded.notice_ids)) claimed
              JOIN account_move move ON move.id = claimed.move_id
         LEFT JOIN LATERAL (
                   SELECT MAX(credit.date) AS paid_on
                     FROM account_move_line debit
                     JOIN account_partial_reconcile match ON match.debit_move_id = debit.id
                     JOIN account_move_line credit ON credit.id = match.credit_move_id
                     JOIN account_move entry ON entry.id = credit.move_id
                    WHERE debit.move_id = move.id
                      AND (entry.origin_payment_id IS NOT NULL OR entry.statement_line_id IS NOT NULL)
                   ) payment ON TRUE
            """
        )

    @api.model
    def _sql_troubled(self, company, today):
        """Return whether the debtor still owes something overdue, or something is disputed or on hold."""
        return SQL(
            """
            EXISTS (
                SELECT FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE move.commercial_partner_id = debtor.id AND line.company_id = %(company)s
                   AND %(open)s AND %(due)s < %(today)s)
            OR EXISTS (
                SELECT FROM relance_hold hold
                 WHERE hold.partner_id = debtor.id AND hold.company_id = %(company)s
                   AND hold.date_from <= %(today)s AND (hold.date_to IS NULL OR hold.date_to >= %(today)s))
            """,
            company=company.id,
            open=OPEN_ITEM,
            due=DUE_DATE,
            today=today,
        )
