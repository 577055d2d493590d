from datetime import date, timedelta

from odoo import api, models
from odoo.tools import SQL

from ...tools.channels import sql_handed_over, sql_to_post, sql_unposted
from ...tools.due_date import DUE_DATE
from ...tools.reading import Reading
from ...tools.roles import sql_present
from ...tools.work import WORKS
from ..setup.res_company import AGE_STARTS, AGES

# How far back recovery rates are measured (days), and how many instalments make a measure.
RECOVERY_HISTORY = 730
RECOVERY_MIN_INSTALMENTS = 10
# Before any entry.
EVER = date(1900, 1, 1)
# A claim to declare whose deadline is far, a dispute that somebody handles.
QUIET_POINTS = 25
# The rest of the priority: amount overdue, age, score. 5 points for each power of ten; all of it at 90 days.
AMOUNT_POINTS, AGE_POINTS, SCORE_POINTS = 25, 15, 10
AGE_DAYS = 90
# One id for each debtor and company that stays the same: partner, then company.
COMPANY_BITS = 20
REPLY = "relance_fr.mail_activity_reply"
# What was to leave is asked about after a week, proceedings without an outcome after a year.
STUCK_DAYS = 7
PROCEEDINGS_DAYS = 365
# A claim to declare becomes the most urgent of all this long before its deadline.
DECLARATION_DAYS = 15


class ResCompany(models.Model):
    """The work list: which debtors call for something, and what first; and the recovery rates of debts by age.

    Rates are measured by the company's own ledger, else assumed as its settings say.
    """

    _inherit = "res.company"

    # === RECOVERY RATES BY AGE === #

    def _relance_get_recovery_rates(self):
        """Return the recovery rates by age: dicts age, assumed, measured (None: too few), used, count, amount.

        Measured: of all that reached this age unpaid, at least ``relance_odds_days`` ago and within two years after
        that, the share of the amount that was paid in so many days; ``count`` instalments of ``amount`` in all.
        """
        self.env.flush_all()
        rows = self.env.execute_query(self._relance_query_recovery_rates(self._relance_today()))
        found = {age: (count, float(amount), float(paid)) for age, count, amount, paid in rows}
        rates = []
        for age, _label in AGES:
            count, amount, paid = found.get(age, (0, 0.0, 0.0))
            assumed = self._get_relance_setting(f"relance_odds_{age}")
            measured = round(100 * paid / amount, 1) if count >= RECOVERY_MIN_INSTALMENTS else None
            used = assumed if measured is None else measured
            rates.append(
                {"age": age, "assumed": assumed, "measured": measured, "used": used, "count": count, "amount": amount}
            )
        return rates

    def _relance_query_recovery_rates(self, today):
        """Return the query of what reached each age and what was paid of it then: age, count, amount, paid."""
        days = self._get_relance_setting("relance_odds_days")
        oldest = today - timedelta(days=RECOVERY_HISTORY + days + max(AGE_STARTS.values()))
        return SQL(
            """
            WITH %(money)s,
            item AS (%(item)s),
            age (key, start) AS (VALUES %(ages)s),
            reached AS (
                SELECT age.key, item.id,
                       item.amount - COALESCE(SUM(money.amount) FILTER (
                           WHERE age.start > 0 AND money.day < item.due + age.start
                       ), 0) AS amount,
                       COALESCE(SUM(money.amount) FILTER (
                           WHERE (age.start = 0 OR money.day >= item.due + age.start)
                             AND money.day <= item.due + age.start + %(days)s
                       ), 0) AS paid
                  FROM item
                  JOIN age ON item.due + age.start + %(days)s BETWEEN %(today)s - %(history)s AND %(today)s
             LEFT JOIN money ON money.line_id = item.id
              GROUP BY age.key, age.start, item.id, item.amount
            )
            SELECT key, COUNT(*), SUM(amount), SUM(LEAST(amount, paid)) FROM reached WHERE amount > 0.005 GROUP BY key
            """,
            money=self._relance_sql_money(oldest),
            item=self._relance_sql_recovery_item(oldest),
            ages=SQL(", ").join(SQL("(%s, %s)", key, start) for key, start in AGE_STARTS.items()),
            days=days,
            today=today,
            history=RECOVERY_HISTORY,
        )

    def _relance_sql_recovery_item(self, oldest):
        """Return the query of the instalments due from ``oldest`` on, less credit notes: id, due, amount."""
        return SQL(
            """
            SELECT line.id, %(due)s AS due, line.balance - COALESCE(credited.amount, 0) AS amount
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN (
                   SELECT match.debit_move_id AS line_id, SUM(match.amount) AS amount
                     FROM account_partial_reconcile match
                     JOIN account_move_line credit ON credit.id = match.credit_move_id
                     JOIN account_move refund ON refund.id = credit.move_id AND refund.move_type = 'out_refund'
                    WHERE refund.company_id = %(company)s
                 GROUP BY match.debit_move_id
                   ) credited ON credited.line_id = line.id
             WHERE line.company_id = %(company)s AND line.display_type = 'payment_term'
               AND line.parent_state = 'posted' AND line.balance > 0 AND %(due)s >= %(oldest)s
               AND move.move_type = 'out_invoice'
            """,
            company=self.id,
            due=DUE_DATE,
            oldest=oldest,
        )

    def _relance_sql_money(self, start=None):
        """Return CTEs ending in ``money``: line_id, day, amount (company currency) of what was paid of instalments.

        :param start: what was matched more than a year earlier is left out; None for all
        """
        return SQL(
            """
            paid_match AS (%s),
            bank_day AS (%s),
            money AS (
                SELECT match.debit_move_id AS line_id, paid_match.amount,
                       COALESCE(bank_day.date, paid_match.date) AS day
                  FROM paid_match
                  JOIN account_partial_reconcile match ON match.id = paid_match.id
             LEFT JOIN bank_day ON bank_day.id = paid_match.id
            )
            """,
            self._relance_sql_paid_match(start or EVER, None),
            self._relance_sql_bank_day(),
        )

    @api.model
    def _relance_sql_age(self, due, today):
        """Return the age of what falls due on SQL ``due``: a key of ``AGES``."""
        older = sorted(((start, key) for key, start in AGE_STARTS.items() if start), reverse=True)
        cases = [SQL("WHEN %s <= %s - %s THEN %s", due, today, start, key) for start, key in older]
        return SQL("CASE %s ELSE '0' END", SQL(" ").join(cases))

    # === DEBTORS OF THE WORK LIST === #

    @api.model
    def _relance_get_works(self):
        """Return ``{code: Work}`` of all that a debtor may call for. An override adds its own ``Work`` at the end."""
        asked = [reason.work for reason in self.env["relance.decision"]._get_reason_table() if reason.work]
        return {work.code: work for work in (*WORKS, *asked)}

    @api.model
    def _relance_get_debtor_id(self, partner_id, company_id):
        """Return the id of ``relance.debtor`` for a commercial partner in a company."""
        return partner_id << COMPANY_BITS | company_id

    def _relance_query_debtors(self, debtor_ids=None):
        """Return the query of the debtors of the companies: who owes something, or for whom there is something to do.

        :param debtor_ids: ids of ``relance.debtor``: only these, whether or not they owe anything
        """
        self.env.flush_all()
        asked = {}
        for debtor_id in debtor_ids or ():
            asked.setdefault(debtor_id & (1 << COMPANY_BITS) - 1, []).append(debtor_id >> COMPANY_BITS)
        queries = [
            SQL("(%s)", company._relance_query_company_debtors(asked.get(company.id, []) if debtor_ids else None))
            for company in self
            if not debtor_ids or company.id in asked
        ]
        return SQL(" UNION ALL ").join(queries) if queries else self._relance_query_no_debtor()

    @api.model
    def _relance_query_no_debtor(self):
        company = self.env.company
        return SQL("SELECT * FROM (%s) nobody WHERE FALSE", company._relance_query_company_debtors([]))

    def _relance_query_company_debtors(self, partner_ids):
        """Return the query of the debtors of one company; columns: the stored fields of ``relance.debtor``.

        :param partner_ids: commercial partners to look at, all who owe or call for something when None
        """
        today = self._relance_today()
        reading = Reading(self, today, partner_ids)
        return SQL(
            """
            WITH %(decided)s,
            balance AS (%(balance)s),
            job AS (%(jobs)s),
            work AS (%(work)s),
            base AS (%(base)s)
            SELECT (base.partner_id::bigint << %(bits)s) | %(company)s AS id, base.partner_id,
                   %(company)s AS company_id, %(currency)s AS currency_id,
                   %(person)s AS user_id, partner.user_id AS salesperson_id,
                   profile.id AS profile_id, profile.score, profile.average_delay,
                   COALESCE(profile.status = 'scored', FALSE) AS scored,
                   COALESCE(balance.overdue, 0) AS overdue_amount, COALESCE(balance.not_due, 0) AS not_due_amount,
                   balance.oldest_due, COALESCE(%(today)s - balance.oldest_due, 0) AS days_late,
                   work.action, work.res_model, work.res_id, work.day AS action_date, work.kinds, work.tags,
                   CASE WHEN work.action IS NULL THEN 0 ELSE %(priority)s END AS priority
              FROM base
              JOIN res_partner partner ON partner.id = base.partner_id
         LEFT JOIN balance ON balance.partner_id = base.partner_id
         LEFT JOIN work ON work.partner_id = base.partner_id
         LEFT JOIN relance_partner_profile profile ON profile.partner_id = base.partner_id
                                                  AND profile.company_id = %(company)s
            """,
            decided=self.env["relance.decision"]._sql_decided(reading, item=self._relance_sql_item_to_decide(reading)),
            balance=self._relance_sql_balance(today),
            jobs=self._relance_sql_jobs(today, partner_ids),
            work=self._relance_sql_work(),
            base=self._relance_sql_base(partner_ids),
            bits=COMPANY_BITS,
            company=self.id,
            currency=self.currency_id.id,
            person=self._relance_sql_person(),
            today=today,
            priority=self._relance_sql_priority(today),
        )

    @api.model
    def _relance_sql_item_to_decide(self, reading):
        """Return the query of the instalments the decision may leave to a person today: a few, where the job runs.

        Those overdue, in no notice on its way, whose next level is not to come yet, by the stored progress of their
        invoice. Of an invoice with several instalments the progress tells of one: they are all looked at.
        """
        return SQL(
            """
            SELECT counted.* FROM (
                    SELECT item.*, COUNT(*) OVER (PARTITION BY move_id) AS instalments FROM (%(item)s) item
                   ) counted
              JOIN account_move move ON move.id = counted.move_id
             WHERE counted.due < %(today)s
               AND (move.relance_next_date IS NULL OR move.relance_next_date <= %(today)s OR counted.instalments > 1)
               AND NOT EXISTS (
                       SELECT FROM relance_notice_line waiting
                        WHERE waiting.line_id = counted.line_id AND waiting.state IN ('draft', 'to_approve', 'ready')
                   )
            """,
            item=self.env["relance.decision"]._sql_item(reading),
            today=reading.as_of,
        )

    def _relance_sql_person(self):
        """Return who handles ``partner`` in the company, NULL when nobody does, or somebody who left."""
        handler = SQL("(partner.relance_user_id ->> %s::text)::int4", self.id)
        return SQL("CASE WHEN %s THEN %s END", sql_present(handler, SQL("%s", self.id)), handler)

    @api.model
    def _relance_sql_base(self, partner_ids):
        if partner_ids is None:
            return SQL("SELECT partner_id FROM balance UNION SELECT partner_id FROM work")
        return SQL("SELECT unnest(%s::int4[]) AS partner_id", list(partner_ids))

    @api.model
    def _relance_sql_balance(self, today):
        """Return the query of what each debtor of ``netted`` owes, in the company's currency, net of credits."""
        return SQL(
            """
            SELECT partner_id,
                   COALESCE(SUM(net * company_rate) FILTER (WHERE due < %(today)s), 0) AS overdue,
                   COALESCE(SUM(net * company_rate) FILTER (WHERE due >= %(today)s), 0) AS not_due,
                   MIN(due) FILTER (WHERE due < %(today)s AND net > 0) AS oldest_due
              FROM netted
          GROUP BY partner_id
            """,
            today=today,
        )

    @api.model
    def _relance_sql_work(self):
        """Return the query of the first job of each debtor, with all that it calls for: kinds, and tags by kind."""
        rank = SQL("array_position(%s::text[], action)", list(self._relance_get_works()))
        return SQL(
            """
            SELECT DISTINCT ON (partner_id) partner_id, action, points, res_model, res_id, day,
                   '|' || string_agg(action, '|') OVER debtor || '|' AS kinds,
                   jsonb_object_agg(action, jsonb_build_object('day', day, 'count', jobs)) OVER debtor AS tags
              FROM (
                    SELECT DISTINCT ON (partner_id, action) partner_id, action, points, res_model, res_id, day,
                           COUNT(*) OVER (PARTITION BY partner_id, action) AS jobs
                      FROM job
                     WHERE partner_id IS NOT NULL
                  ORDER BY partner_id, action, points DESC, day, res_id
                   ) one
            WINDOW debtor AS (PARTITION BY partner_id)
          ORDER BY partner_id, points DESC, %(rank)s, day, res_id
            """,
            rank=rank,
        )

    @api.model
    def _relance_sql_priority(self, today):
        """Return the priority of a debtor, 0 to 100: the most urgent job, then amount, age and score."""
        return SQL(
            """
            ROUND(work.points
                  + LEAST(%(amount)s, 5 * log(1 + GREATEST(0, COALESCE(balance.overdue, 0))))
                  + LEAST(%(age)s, %(age)s * COALESCE(%(today)s - balance.oldest_due, 0) / %(days)s::numeric)
                  + %(score)s * CASE WHEN profile.status = 'scored' THEN (100 - profile.score) / 100.0 ELSE 0.5 END
            )::int4
            """,
            amount=AMOUNT_POINTS,
            age=AGE_POINTS,
            days=AGE_DAYS,
            score=SCORE_POINTS,
            today=today,
        )

    # === WHAT A DEBTOR CALLS FOR === #

    def _relance_sql_jobs(self, today, partner_ids):
        """Return the query of all the jobs. An override may add some, with an action of its own."""
        sources = [
            self._relance_sql_notice_jobs(today),
            self._relance_sql_failed_jobs(),
            self._relance_sql_activity_jobs(today),
            self._relance_sql_answer_jobs(),
            self._relance_sql_promise_jobs(),
            self._relance_sql_hold_jobs(today),
            self._relance_sql_foreign_proceedings_jobs(),
            self._relance_sql_stuck_jobs(today),
            *self._relance_sql_wait_jobs(today),
            self._relance_sql_alert_jobs(),
            self._relance_sql_limitation_jobs(today),
            self._relance_sql_decision_jobs(today),
            self._relance_sql_credit_jobs(today),
            self._relance_sql_receipt_jobs(today),
            self._relance_sql_assign_jobs(),
        ]
        return SQL(
            "SELECT * FROM (%s) every WHERE TRUE %s",
            SQL(" UNION ALL ").join(SQL("(%s)", source) for source in sources),
            self.env["relance.ledger"]._sql_scope(SQL("partner_id"), partner_ids),
        )

    @api.model
    def _relance_sql_points(self, action):
        weights = [SQL("WHEN %s THEN %s", work.code, work.points) for work in self._relance_get_works().values()]
        return SQL("CASE %s %s END", action, SQL(" ").join(weights))

    @api.model
    def _relance_sql_owing(self, partner):
        """Return the condition: the debtor of SQL ``partner`` owes something overdue."""
        return SQL("%s IN (SELECT partner_id FROM balance WHERE overdue > 0)", partner)

    def _relance_sql_notice_jobs(self, today):
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
            points=self._relance_sql_points(SQL("told.action")),
            company=self.id,
            to_post=sql_to_post("notice"),
            owing=self._relance_sql_owing(SQL("notice.partner_id")),
        )

    def _relance_sql_failed_jobs(self):
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
            points=self._relance_sql_points(SQL("told.action")),
            company=self.id,
            owing=self._relance_sql_owing(SQL("notice.partner_id")),
        )

    def _relance_sql_activity_jobs(self, today):
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
            points=self._relance_sql_points(SQL("told.action")),
            reply=reply.id if reply else None,
            company=self.id,
            today=today,
            owing=self._relance_sql_owing(SQL("told.partner_id")),
        )

    def _relance_sql_answer_jobs(self):
        """Return what debtors answered on the portal and nobody examined yet, paid meanwhile or not."""
        return SQL(
            """
            SELECT partner_id, 'answer' AS action, %s AS points, 'relance.answer' AS res_model, id AS res_id,
                   (create_date AT TIME ZONE 'UTC' AT TIME ZONE %s)::date AS day
              FROM relance_answer
             WHERE company_id = %s AND state = 'new'
            """,
            self._relance_get_works()["answer"].points,
            self._get_relance_timezone().key,
            self.id,
        )

    @api.model
    def _relance_sql_promise_jobs(self):
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
            points=self._relance_sql_points(SQL("told.action")),
        )

    def _relance_sql_hold_jobs(self, today):
        """Return the disputes to answer and the claims to declare; those that press weigh more."""
        return SQL(
            """
            SELECT hold.partner_id, CASE hold.reason WHEN 'dispute' THEN 'dispute' ELSE 'insolvency' END AS action,
                   CASE WHEN hold.reason = 'dispute' AND NOT %(handled)s THEN %(dispute)s
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
            handled=sql_present(SQL("hold.responsible_id"), SQL("%s", self.id)),
            dispute=self._relance_get_works()["dispute"].points,
            insolvency=self._relance_get_works()["insolvency"].points,
            quiet=QUIET_POINTS,
            company=self.id,
            today=today,
            soon=today + timedelta(days=DECLARATION_DAYS),
        )

    def _relance_sql_foreign_proceedings_jobs(self):
        """Return the proceedings that another company of the database knows of, of a debtor who owes this one too."""
        return SQL(
            """
            SELECT hold.partner_id, 'insolvency' AS action, %(points)s AS points, 'res.partner' AS res_model,
                   hold.partner_id AS res_id, NULL::date AS day
              FROM (%(known)s) hold
             WHERE hold.partner_id IN (SELECT partner_id FROM balance WHERE overdue + not_due > 0)
          GROUP BY hold.partner_id
            """,
            points=self._relance_get_works()["insolvency"].points,
            known=self._relance_sql_foreign_proceedings(),
        )

    def _relance_sql_stuck_jobs(self, today):
        """Return the notices that were to leave a week ago, and letters handed over of which nothing is known."""
        return SQL(
            """
            SELECT notice.partner_id, 'stuck' AS action, %(points)s AS points, 'relance.notice' AS res_model,
                   notice.id AS res_id, notice.date AS day
              FROM relance_notice notice
             WHERE notice.company_id = %(company)s AND notice.date <= %(today)s - %(days)s
               AND (notice.state IN ('draft', 'ready')
                    OR notice.state = 'sent' AND %(handed_over)s AND %(unposted)s AND %(owing)s)
            """,
            points=self._relance_get_works()["stuck"].points,
            company=self.id,
            today=today,
            days=STUCK_DAYS,
            handed_over=sql_handed_over("notice"),
            unposted=sql_unposted("notice"),
            owing=self._relance_sql_owing(SQL("notice.partner_id")),
        )

    def _relance_sql_wait_jobs(self, today):
        """Return the queries of what has waited longer than the company allows, in a list, empty when it never asks."""
        days = self._get_relance_setting("relance_wait_days")
        if not days:
            return []
        values = {"company": self.id, "today": today, "until": today - timedelta(days=days)}
        works = self._relance_get_works()
        return [
            self._relance_sql_endless_hold_jobs(works["hold"].points, values),
            self._relance_sql_payment_jobs(works["payment"].points, values),
            SQL(
                """
                SELECT partner_id, 'sign' AS action, %(points)s AS points, 'relance.commitment' AS res_model,
                       id AS res_id, date AS day
                  FROM relance_commitment
                 WHERE company_id = %(company)s AND sign_state = 'sent' AND cancelled IS NOT TRUE AND date <= %(until)s
                   AND %(owing)s
                """,
                points=works["sign"].points,
                owing=self._relance_sql_owing(SQL("partner_id")),
                **values,
            ),
        ]

    def _relance_sql_endless_hold_jobs(self, points, values):
        """Return the holds without an end that nobody confirmed for long, and the invoices that are blocked.

        Disputes have work of their own; proceedings are asked about once a year, after the claim was declared.
        """
        return SQL(
            """
            SELECT hold.partner_id, 'hold' AS action, %(points)s AS points, 'relance.hold' AS res_model,
                   hold.id AS res_id, hold.date_from AS day
              FROM relance_hold hold
             WHERE hold.company_id = %(company)s AND hold.date_to IS NULL
               AND (hold.reason = 'manual' AND GREATEST(hold.date_from, hold.reviewed_on) <= %(until)s
                    OR hold.reason = 'insolvency' AND hold.insolvency_outcome IS NULL
                       AND GREATEST(hold.declared_on, hold.conversion_date, hold.reviewed_on) <= %(today)s - %(year)s)
               AND EXISTS (SELECT FROM netted WHERE netted.partner_id = hold.partner_id AND netted.residual > 0
                                                AND (hold.move_id IS NULL OR netted.move_id = hold.move_id))
             UNION ALL
            SELECT partner_id, 'hold', %(points)s, 'account.move', MIN(move_id), MIN(due)
              FROM netted WHERE payment_state = 'blocked' AND due <= %(until)s GROUP BY partner_id
            """,
            points=points,
            year=PROCEEDINGS_DAYS,
            **values,
        )

    def _relance_sql_payment_jobs(self, points, values):
        """Return the customer payments in process for long: those without an entry, and those the bank never showed.

        One that has an entry counts once the bank journal has statement lines of after it: where nobody imports
        statements, nothing tells a payment that came from one that did not.
        """
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id, 'payment' AS action, %(points)s AS points,
                   'account.payment' AS res_model, payment.id AS res_id, payment.date AS day
              FROM account_payment payment
              JOIN res_partner partner ON partner.id = payment.partner_id
             WHERE payment.company_id = %(company)s AND payment.payment_type = 'inbound'
               AND payment.partner_type = 'customer' AND payment.state IN ('in_process', 'paid')
               AND payment.date <= %(until)s
               AND CASE WHEN payment.move_id IS NULL
                        THEN EXISTS (SELECT FROM account_move__account_payment link
                                       JOIN netted ON netted.move_id = link.invoice_id AND netted.pending > 0
                                      WHERE link.payment_id = payment.id)
                        ELSE payment.is_matched IS NOT TRUE AND EXISTS (
                             SELECT FROM account_bank_statement_line line
                               JOIN account_move entry ON entry.id = line.move_id
                              WHERE line.journal_id = payment.journal_id
                                AND entry.date BETWEEN %(until)s AND %(today)s) END
            """,
            points=points,
            **values,
        )

    def _relance_sql_alert_jobs(self):
        return SQL(
            """
            SELECT partner_id, 'alert' AS action, %s AS points, 'relance.alert' AS res_model, id AS res_id, date AS day
              FROM relance_alert WHERE company_id = %s AND state = 'open'
            """,
            self._relance_get_works()["alert"].points,
            self.id,
        )

    def _relance_sql_limitation_jobs(self, today):
        """Return the claims about to lapse, until the person who was told has marked it done."""
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
            points=self._relance_get_works()["limitation"].points,
            company=self.id,
            today=today,
        )

    def _relance_sql_decision_jobs(self, today):
        """Return what the decision leaves to a person: nothing but what is overdue, once the last deadline passed."""
        action = SQL(
            "CASE split_part(final.reason, ':', 1) %s END",
            SQL(" ").join(
                SQL("WHEN %s THEN %s", reason.code, reason.work.code)
                for reason in self.env["relance.decision"]._get_reason_table()
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
            points=self._relance_sql_points(SQL("told.action")),
            company=self.id,
            today=today,
        )

    @api.model
    def _relance_sql_credit_jobs(self, today):
        """Return the overdue instalments that a credit nobody matched covers."""
        return SQL(
            """
            SELECT partner_id, 'credit' AS action, %s AS points, 'account.move' AS res_model, MIN(move_id) AS res_id,
                   MIN(due) AS day
              FROM netted WHERE due < %s AND net <= 0 AND credit_share > 0
          GROUP BY partner_id
            """,
            self._relance_get_works()["credit"].points,
            today,
        )

    @api.model
    def _relance_sql_receipt_jobs(self, today):
        """Return the overdue instalments that a receipt nobody matched may have paid, all of it or in part."""
        return SQL(
            """
            SELECT partner_id, 'receipt' AS action, %s AS points, 'account.move' AS res_model, MIN(move_id) AS res_id,
                   MIN(due) AS day
              FROM netted WHERE due < %s AND doubt > 0 AND net > held
          GROUP BY partner_id
            """,
            self._relance_get_works()["receipt"].points,
            today,
        )

    def _relance_sql_assign_jobs(self):
        """Return the overdue debtors nobody handles, in a company that shares its debtors out."""
        person = self._relance_sql_person()
        return SQL(
            """
            SELECT balance.partner_id, 'assign' AS action, %(points)s AS points, 'res.partner' AS res_model,
                   balance.partner_id AS res_id, balance.oldest_due AS day
              FROM balance
              JOIN res_partner partner ON partner.id = balance.partner_id
             WHERE balance.overdue > 0 AND %(person)s IS NULL AND NOT %(excluded)s
               AND EXISTS (SELECT FROM res_partner partner WHERE %(person)s IS NOT NULL)
            """,
            points=self._relance_get_works()["assign"].points,
            person=person,
            excluded=self.env["relance.decision"]._sql_excluded(SQL("%s", self.id)),
        )
