from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.channels import sql_to_post
from .relance_engine_work import QUIET_POINTS

REPLY = "relance_fr.mail_activity_reply"
# A claim to declare becomes the most urgent of all this long before its deadline.
DECLARATION_DAYS = 15


class RelanceEngine(models.AbstractModel):
    """The jobs of the day, each kind a query: partner_id, action, points, res_model, res_id, day (NULL: no day).

    Expects the CTEs of the decision and ``balance``. What only makes sense while something is overdue asks for it:
    nobody is called who has paid since.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_jobs(self, company, today, partner_ids):
        """Return the query of all the jobs. An override may add some, with an action of its own."""
        sources = [
            self._sql_notice_jobs(company, today),
            self._sql_failed_jobs(company),
            self._sql_activity_jobs(company, today),
            self._sql_answer_jobs(company),
            self._sql_word_jobs(),
            self._sql_hold_jobs(company, today),
            self._sql_alert_jobs(company),
            self._sql_limitation_jobs(company, today),
            self._sql_decision_jobs(company, today),
            self._sql_credit_jobs(today),
            self._sql_assign_jobs(company),
        ]
        return SQL(
            "SELECT * FROM (%s) every WHERE TRUE %s",
            SQL(" UNION ALL ").join(SQL("(%s)", source) for source in sources),
            self._sql_scope(SQL("partner_id"), partner_ids),
        )

    @api.model
    def _sql_points(self, action):
        weights = [SQL("WHEN %s THEN %s", work.code, work.points) for work in self._get_works().values()]
        return SQL("CASE %s %s END", action, SQL(" ").join(weights))

    @api.model
    def _sql_owing(self, partner):
        """Return the condition: the debtor of SQL ``partner`` owes something overdue."""
        return SQL("%s IN (SELECT partner_id FROM balance WHERE overdue > 0)", partner)

    @api.model
    def _sql_notice_jobs(self, company, today):
        """Return the notices that wait for an approval, and the letters that wait for the post."""
        return SQL(
            """
            SELECT notice.partner_id, told.action, %(points)s AS points, 'relance.notice' AS res_model,
                   notice.id AS res_id, notice.date AS day
              FROM relance_notice notice
        CROSS JOIN LATERAL (
                   SELECT CASE WHEN notice.state = 'to_approve' THEN 'approve' ELSE 'post' END AS action
                   ) told
             WHERE notice.company_id = %(company)s
               AND (notice.state = 'to_approve'
                    OR %(to_post)s AND %(owing)s)
            """,
            points=self._sql_points(SQL("told.action")),
            company=company.id,
            to_post=sql_to_post("notice"),
            owing=self._sql_owing(SQL("notice.partner_id")),
        )

    @api.model
    def _sql_failed_jobs(self, company):
        """Return the notices that did not reach the debtor, while nothing followed and the address is the same."""
        return SQL(
            """
            SELECT notice.partner_id, told.action, %(points)s AS points, 'relance.notice' AS res_model,
                   notice.id AS res_id, notice.date AS day
              FROM relance_notice notice
        CROSS JOIN LATERAL (
                   SELECT CASE WHEN COALESCE(notice.failure_kind, 'address') IN ('address', 'no_address')
                                 OR notice.address_refused THEN 'address' ELSE 'failed' END AS action
                   ) told
             WHERE notice.company_id = %(company)s
               AND (notice.state = 'failed' OR notice.address_refused AND notice.state = 'sent')
               AND COALESCE(notice.failure_kind, '') <> 'lapsed'
               AND %(owing)s
               AND NOT EXISTS (
                       SELECT FROM relance_notice later
                        WHERE later.partner_id = notice.partner_id AND later.company_id = notice.company_id
                          AND later.id > notice.id AND later.state <> 'cancelled'
                   )
               AND (told.action = 'failed' OR notice.failure_kind = 'no_address' OR EXISTS (
                       SELECT FROM res_partner used
                        WHERE used.id IN (notice.contact_id, notice.partner_id) AND used.email = notice.email_to
                   ))
            """,
            points=self._sql_points(SQL("told.action")),
            company=company.id,
            owing=self._sql_owing(SQL("notice.partner_id")),
        )

    @api.model
    def _sql_activity_jobs(self, company, today):
        """Return the answers to read, the calls planned for today or before, and the refusals to decide about."""
        reply = self.env.ref(REPLY, raise_if_not_found=False)
        return SQL(
            """
            SELECT told.partner_id, told.action, %(points)s AS points, told.res_model, told.res_id,
                   told.day
              FROM (
                    SELECT COALESCE(notice.partner_id, call.partner_id) AS partner_id,
                           CASE WHEN activity.activity_type_id = %(reply)s THEN 'reply'
                                WHEN type.category = 'phonecall' THEN 'call'
                                ELSE 'decide' END AS action,
                           activity.res_model, activity.res_id, activity.date_deadline AS day
                      FROM mail_activity activity
                 LEFT JOIN mail_activity_type type ON type.id = activity.activity_type_id
                 LEFT JOIN relance_notice notice ON activity.res_model = 'relance.notice'
                                                AND notice.id = activity.res_id AND notice.company_id = %(company)s
                 LEFT JOIN relance_call call ON activity.res_model = 'relance.call'
                                            AND call.id = activity.res_id AND call.company_id = %(company)s
                     WHERE activity.active AND activity.res_model IN ('relance.notice', 'relance.call')
                       AND (activity.activity_type_id = %(reply)s
                            OR (type.category = 'phonecall' OR call.id IS NOT NULL)
                               AND activity.date_deadline <= %(today)s)
                   ) told
             WHERE told.partner_id IS NOT NULL AND (told.action = 'reply' OR %(owing)s)
            """,
            points=self._sql_points(SQL("told.action")),
            reply=reply.id if reply else None,
            company=company.id,
            today=today,
            owing=self._sql_owing(SQL("told.partner_id")),
        )

    @api.model
    def _sql_answer_jobs(self, company):
        """Return what debtors answered on the portal and nobody examined yet, paid meanwhile or not."""
        return SQL(
            """
            SELECT partner_id, 'answer' AS action, %s AS points, 'relance.answer' AS res_model, id AS res_id,
                   create_date::date AS day
              FROM relance_answer
             WHERE company_id = %s AND state = 'new'
            """,
            self._get_works()["answer"].points,
            company.id,
        )

    @api.model
    def _sql_word_jobs(self):
        """Return the promises broken, and those whose day has come: what the ledger says of them."""
        return SQL(
            """
            SELECT commitment.partner_id, told.action, %(points)s AS points, 'relance.commitment' AS res_model,
                   told.id AS res_id, told.day
              FROM (
                    SELECT id, 'broken' AS action, broken_since AS day FROM standing WHERE state = 'broken'
                     UNION ALL
                    SELECT commitment_id, 'promise', MIN(date) FROM instalment WHERE state = 'due'
                       AND commitment_id IN (SELECT id FROM standing WHERE state = 'open') GROUP BY commitment_id
                   ) told
              JOIN relance_commitment commitment ON commitment.id = told.id
            """,
            points=self._sql_points(SQL("told.action")),
        )

    @api.model
    def _sql_hold_jobs(self, company, today):
        """Return the disputes to answer and the claims to declare; those that press weigh more."""
        return SQL(
            """
            SELECT hold.partner_id, CASE hold.reason WHEN 'dispute' THEN 'dispute' ELSE 'insolvency' END AS action,
                   CASE WHEN hold.reason = 'dispute' AND hold.responsible_id IS NULL THEN %(dispute)s
                        WHEN hold.reason = 'insolvency'
                             AND COALESCE(hold.declaration_deadline, %(today)s) <= %(soon)s THEN %(insolvency)s
                        ELSE %(quiet)s END AS points,
                   'relance.hold' AS res_model, hold.id AS res_id,
                   CASE hold.reason WHEN 'dispute' THEN hold.date_from ELSE hold.declaration_deadline END AS day
              FROM relance_hold hold
             WHERE hold.company_id = %(company)s AND hold.date_from <= %(today)s
               AND (hold.date_to IS NULL OR hold.date_to >= %(today)s)
               AND (hold.reason = 'dispute' OR hold.reason = 'insolvency' AND hold.declared_on IS NULL
                    AND hold.insolvency_outcome IS NULL)
            """,
            dispute=self._get_works()["dispute"].points,
            insolvency=self._get_works()["insolvency"].points,
            quiet=QUIET_POINTS,
            company=company.id,
            today=today,
            soon=today + timedelta(days=DECLARATION_DAYS),
        )

    @api.model
    def _sql_alert_jobs(self, company):
        return SQL(
            """
            SELECT partner_id, 'alert' AS action, %s AS points, 'relance.alert' AS res_model, id AS res_id, date AS day
              FROM relance_alert WHERE company_id = %s AND state = 'open'
            """,
            self._get_works()["alert"].points,
            company.id,
        )

    @api.model
    def _sql_limitation_jobs(self, company, today):
        """Return the claims about to lapse, until whoever was told has marked it done."""
        return SQL(
            """
            SELECT DISTINCT netted.partner_id, 'limitation' AS action, %(points)s AS points,
                   'account.move' AS res_model, netted.move_id AS res_id, alert.date AS day
              FROM relance_limitation_alert alert
              JOIN netted ON netted.move_id = alert.move_id AND netted.net > 0
              JOIN mail_activity activity ON activity.res_model = 'account.move' AND activity.res_id = alert.move_id
                                         AND activity.active AND activity.date_deadline = alert.date
             WHERE alert.company_id = %(company)s AND alert.date >= %(today)s
            """,
            points=self._get_works()["limitation"].points,
            company=company.id,
            today=today,
        )

    @api.model
    def _sql_decision_jobs(self, company, today):
        """Return what the decision leaves to a person: nothing but what is overdue, once the last deadline passed."""
        action = SQL(
            "CASE split_part(final.reason, ':', 1) %s END",
            SQL(" ").join(
                SQL("WHEN %s THEN %s", reason.code, reason.work.code)
                for reason in self._get_reason_table()
                if reason.work
            ),
        )
        return SQL(
            """
            SELECT told.partner_id, told.action, %(points)s AS points, told.res_model, told.res_id, told.day
              FROM (
                    SELECT partner_id, %(action)s AS action, 'account.move' AS res_model, MIN(move_id) AS res_id,
                           MIN(due) AS day
                      FROM final
                  GROUP BY partner_id, 2
                   ) told
             WHERE told.action IS NOT NULL
               AND (told.action <> 'decide' OR NOT EXISTS (
                       SELECT FROM relance_notice given
                        WHERE given.partner_id = told.partner_id AND given.company_id = %(company)s
                          AND given.state = 'sent' AND given.deadline >= %(today)s
                   ))
            """,
            action=action,
            points=self._sql_points(SQL("told.action")),
            company=company.id,
            today=today,
        )

    @api.model
    def _sql_credit_jobs(self, today):
        """Return the overdue instalments that a credit nobody matched covers."""
        return SQL(
            """
            SELECT partner_id, 'credit' AS action, %s AS points, 'account.move' AS res_model, MIN(move_id) AS res_id,
                   MIN(due) AS day
              FROM netted WHERE due < %s AND net <= 0 AND residual > pending
          GROUP BY partner_id
            """,
            self._get_works()["credit"].points,
            today,
        )

    @api.model
    def _sql_assign_jobs(self, company):
        """Return the overdue debtors nobody handles, in a company that shares its debtors out."""
        person = self._sql_person(company)
        return SQL(
            """
            SELECT balance.partner_id, 'assign' AS action, %(points)s AS points, 'res.partner' AS res_model,
                   balance.partner_id AS res_id, balance.oldest_due AS day
              FROM balance
              JOIN res_partner partner ON partner.id = balance.partner_id
             WHERE balance.overdue > 0 AND %(person)s IS NULL AND NOT %(excluded)s
               AND EXISTS (SELECT FROM res_partner partner WHERE %(person)s IS NOT NULL)
            """,
            points=self._get_works()["assign"].points,
            person=person,
            excluded=self._sql_excluded(SQL("%s", company.id)),
        )
