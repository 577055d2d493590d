from odoo import api, models
from odoo.tools import SQL

from ..tools.reading import Reading
from ..tools.work import WORKS

# A claim to declare whose deadline is far, a dispute that somebody handles.
QUIET_POINTS = 25
# The rest of the priority: amount overdue, age, score. 5 points for each power of ten; all of it at 90 days.
AMOUNT_POINTS, AGE_POINTS, SCORE_POINTS = 25, 15, 10
AGE_DAYS = 90
# One id for each debtor and company that stays the same: partner, then company.
COMPANY_BITS = 20


class RelanceEngine(models.AbstractModel):
    """What is to be done today about each debtor, in one statement: what he owes, why, how urgent it is.

    The rows of ``relance.debtor``. The jobs themselves are in ``relance_engine_work_jobs.py``; amounts and reasons are
    those of the decision.
    """

    _inherit = "relance.engine"

    @api.model
    def _get_works(self):
        """Return ``{code: Work}`` of all that a debtor may call for. An override adds its own ``Work`` at the end."""
        asked = [reason.work for reason in self._get_reason_table() if reason.work]
        return {work.code: work for work in (*WORKS, *asked)}

    @api.model
    def _get_debtor_id(self, partner_id, company_id):
        """Return the id of ``relance.debtor`` for a commercial partner in a company."""
        return partner_id << COMPANY_BITS | company_id

    @api.model
    def _query_debtors(self, companies, debtor_ids=None):
        """Return the query of the debtors of ``companies``: who owes something, or for whom there is something to do.

        :param debtor_ids: ids of ``relance.debtor``: only these, whether or not they owe anything
        """
        self.env.flush_all()
        asked = {}
        for debtor_id in debtor_ids or ():
            asked.setdefault(debtor_id & (1 << COMPANY_BITS) - 1, []).append(debtor_id >> COMPANY_BITS)
        queries = [
            SQL("(%s)", self._query_company_debtors(company, asked.get(company.id, []) if debtor_ids else None))
            for company in companies
            if not debtor_ids or company.id in asked
        ]
        return SQL(" UNION ALL ").join(queries) if queries else self._query_no_debtor()

    @api.model
    def _query_no_debtor(self):
        company = self.env.company
        return SQL("SELECT * FROM (%s) nobody WHERE FALSE", self._query_company_debtors(company, []))

    @api.model
    def _query_company_debtors(self, company, partner_ids):
        """Return the query of the debtors of one company; columns: the stored fields of ``relance.debtor``.

        :param partner_ids: commercial partners to look at, all who owe or call for something when None
        """
        today = self._today(company)
        reading = Reading(company, today, partner_ids)
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
            decided=self._sql_decided(reading, item=self._sql_item_to_decide(reading)),
            balance=self._sql_balance(today),
            jobs=self._sql_jobs(company, today, partner_ids),
            work=self._sql_work(),
            base=self._sql_base(partner_ids),
            bits=COMPANY_BITS,
            company=company.id,
            currency=company.currency_id.id,
            person=self._sql_person(company),
            today=today,
            priority=self._sql_priority(today),
        )

    @api.model
    def _sql_item_to_decide(self, reading):
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
            item=self._sql_item(reading),
            today=reading.as_of,
        )

    @api.model
    def _sql_person(self, company):
        """Return who handles ``partner`` in ``company``, NULL when nobody does."""
        return SQL("(partner.relance_user_id ->> %s::text)::int4", company.id)

    @api.model
    def _sql_base(self, partner_ids):
        if partner_ids is None:
            return SQL("SELECT partner_id FROM balance UNION SELECT partner_id FROM work")
        return SQL("SELECT unnest(%s::int4[]) AS partner_id", list(partner_ids))

    @api.model
    def _sql_balance(self, today):
        """Return the query of what each debtor of ``netted`` owes, in the company's currency, net of his credits."""
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
    def _sql_work(self):
        """Return the query of the first job of each debtor, with all he calls for: kinds, and tags by kind."""
        rank = SQL("array_position(%s::text[], action)", list(self._get_works()))
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
    def _sql_priority(self, today):
        """Return the priority of a debtor, 0 to 100: his most urgent job, then amount, age and score."""
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
