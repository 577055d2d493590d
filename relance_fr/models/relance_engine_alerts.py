from odoo import api, models
from odoo.tools import SQL

# More alerts than this in one night, such as on the first, are a list to read, not so many activities.
ALERTS_AT_ONCE = 50


class RelanceEngine(models.AbstractModel):
    """Raise alerts once, close them when their cause is gone: two statements a company, whatever the debtors."""

    _inherit = "relance.engine"

    @api.model
    def _refresh_alerts(self, company, today):
        """Bring the alerts of ``company`` up to date with its profiles and limits."""
        self.env.flush_all()
        self._close_alerts(company, today)
        raised = self._raise_alerts(company, today)
        self._ask_to_look(company, raised)

    @api.model
    def _raise_alerts(self, company, today):
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_alert (company_id, partner_id, kind, state, date, score, reference_score, amount,
                                           limit_amount, oldest_due, create_uid, create_date, write_uid, write_date)
                SELECT %(company)s, partner_id, kind, 'open', %(today)s, score, reference_score, amount, limit_amount,
                       oldest_due, %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM (%(causes)s) cause
                 WHERE cause.raises
              ORDER BY partner_id, kind
           ON CONFLICT (company_id, partner_id, kind) WHERE state <> 'closed' DO NOTHING
             RETURNING id
                """,
                company=company.id,
                today=today,
                uid=self.env.uid,
                causes=self._sql_alert_causes(company, today),
            )
        )
        return self.env["relance.alert"].browse([row[0] for row in rows])

    @api.model
    def _close_alerts(self, company, today):
        """Close the alerts whose cause is gone, with their activities."""
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE relance_alert alert
                   SET state = 'closed', date_closed = %(today)s
                 WHERE alert.company_id = %(company)s AND alert.state <> 'closed'
                   AND NOT EXISTS (
                           SELECT FROM (%(causes)s) cause
                            WHERE cause.partner_id = alert.partner_id AND cause.kind = alert.kind
                              AND (cause.kind <> 'score_drop' OR cause.score < alert.reference_score - %(mended)s)
                       )
             RETURNING id
                """,
                company=company.id,
                today=today,
                causes=self._sql_alert_causes(company, today),
                # A drop is over when half of it is made up for: a score about the limit does not ring every night.
                mended=company._get_relance_setting("relance_alert_score_drop") / 2,
            )
        )
        closed = self.env["relance.alert"].browse([row[0] for row in rows])
        closed.invalidate_recordset()
        closed.activity_ids.unlink()

    @api.model
    def _sql_alert_causes(self, company, today):
        """Return the query of what is the matter: partner_id, kind, raises, and the figures of an alert.

        ``raises`` is false for what only keeps an alert open. An override adds kinds with UNION ALL.
        """
        return SQL(" UNION ALL ").join(
            [
                self._sql_score_drops(company),
                self._sql_passed_limits(company, today),
                self._sql_orders_to_block(company, today),
            ]
        )

    @api.model
    def _sql_score_drops(self, company):
        return SQL(
            """
            SELECT profile.partner_id, 'score_drop' AS kind, peak.score - profile.score >= %(drop)s AS raises,
                   profile.score, peak.score AS reference_score, profile.overdue_amount AS amount,
                   NULL::numeric AS limit_amount, profile.oldest_due
              FROM relance_partner_profile profile
              JOIN LATERAL (SELECT MAX(value::int) AS score FROM jsonb_each_text(profile.score_history)) peak ON TRUE
             WHERE profile.company_id = %(company)s AND profile.status = 'scored' AND %(drop)s > 0
               AND jsonb_typeof(profile.score_history) = 'object'
            """,
            company=company.id,
            drop=company._get_relance_setting("relance_alert_score_drop"),
        )

    @api.model
    def _sql_passed_limits(self, company, today):
        """Return the query of the debtors who owe more than Odoo's credit limit, where the company uses it."""
        limit = self.env["res.partner"]._fields["credit_limit"]
        fallback = limit.get_company_dependent_fallback(self.env["res.partner"].with_company(company)) or 0
        return SQL(
            """
            SELECT owed.partner_id, 'credit_limit' AS kind, TRUE AS raises, NULL::int AS score,
                   NULL::int AS reference_score, owed.amount, owed.allowed AS limit_amount, NULL::date AS oldest_due
              FROM (SELECT partner.id AS partner_id, SUM(line.amount_residual) AS amount,
                           COALESCE((partner.credit_limit ->> %(key)s)::numeric, %(fallback)s) AS allowed
                      FROM account_move_line line
                      JOIN account_account account ON account.id = line.account_id
                                                  AND account.account_type = 'asset_receivable'
                      JOIN res_partner contact ON contact.id = line.partner_id
                      JOIN res_partner partner ON partner.id = contact.commercial_partner_id
                     WHERE line.company_id = %(company)s AND line.parent_state = 'posted'
                       AND line.reconciled IS NOT TRUE AND %(used)s
                  GROUP BY partner.id
                   ) owed
             WHERE owed.allowed > 0 AND owed.amount > owed.allowed
            """,
            company=company.id,
            key=str(company.id),
            fallback=fallback,
            used=bool(company.account_use_credit_limit),
        )

    @api.model
    def _sql_orders_to_block(self, company, today):
        """Return the query of the debtors so late that whoever enters their orders should know, and does not yet."""
        field_name = self.env["relance.alert"]._get_order_warning_field()
        warned = SQL("TRUE")
        if field_name and company._get_relance_setting("relance_alert_overdue_days"):
            warned = SQL("COALESCE(%s, '') <> ''", SQL.identifier("partner", field_name))
        return SQL(
            """
            SELECT profile.partner_id, 'order_block' AS kind, TRUE AS raises, NULL::int AS score,
                   NULL::int AS reference_score, profile.overdue_amount AS amount, NULL::numeric AS limit_amount,
                   profile.oldest_due
              FROM relance_partner_profile profile
              JOIN res_partner partner ON partner.id = profile.partner_id
             WHERE profile.company_id = %(company)s AND profile.oldest_due < %(today)s - %(days)s AND NOT %(warned)s
            """,
            company=company.id,
            today=today,
            days=company._get_relance_setting("relance_alert_overdue_days"),
            warned=warned,
        )

    # === WHO LOOKS AT THEM === #

    @api.model
    def _ask_to_look(self, company, alerts):
        """Give each of ``alerts`` an activity for who is in charge of the debtor; one for all when there are many."""
        for alert in alerts:
            # A fact of the alert, that no user writes himself.
            alert.sudo().user_id = self._get_person_in_charge(alert.partner_id, company)
        if len(alerts) > ALERTS_AT_ONCE:
            number = len(alerts)
            message = self.env._("Debtors that need a look since last night: %s. See the alerts of dunning.", number)
            self._warn_accountant(company, message)
            return
        quiet = alerts.with_context(mail_activity_quick_update=True)
        for alert in quiet:
            message = alert.with_context(lang=alert.user_id.lang or self.env.lang)
            alert.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=message.name,
                note=f"{message.message} {message.advice}",
                user_id=alert.user_id.id,
            )

    @api.model
    def _get_person_in_charge(self, partner, company):
        """Return who handles the dunning of ``partner``, if he may read it; else the accountant of ``company``."""
        # The field belongs to accounting; what is chosen is only who gets the activity.
        user = partner.sudo().with_company(company).relance_user_id
        present = user.active and company in user.company_ids
        reads = present and self.env["relance.alert"].with_user(user).has_access("read")
        return user if reads else self._get_accountant(company)
