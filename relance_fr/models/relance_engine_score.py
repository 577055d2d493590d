from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import score as formula
from ..tools.reading import Reading

# Columns of a profile that hold what was found, in the order of `_query_figures`.
FIGURES = (
    "status", "customer_since", "turnover", "paid_count", "average_delay", "late_share", "recent_delay",
    "earlier_delay", "has_trend", "trend", "overdue_amount", "overdue_share", "overdue_age", "oldest_due",
    "promises_kept", "promises_broken", "disputes_lost", "disputes_won",
)  # fmt: skip
MARKS = ("mark_delay", "mark_overdue", "mark_promise", "mark_dispute")
SCORES = ("score", "score_range")

# For how long the values of a score are kept: long enough for its fall over 30 days.
DROP_DAYS = 30


class RelanceEngine(models.AbstractModel):
    """Score the debtors of a company in one statement: facts, figures, marks, score. The formula of ``tools.score``."""

    _inherit = "relance.engine"

    @api.model
    def _score_debtors(self, company, today, partner_ids=None):
        """Bring the profiles of ``company`` up to date with its ledger.

        :param partner_ids: commercial partners, all debtors when None
        """
        self.env.execute_query(
            SQL(
                """
                WITH %(ctes)s,
                figures AS (%(figures)s),
                marks AS (SELECT figures.*, %(marks)s FROM figures),
                scored AS (SELECT marks.*, %(score)s FROM marks),
                gone AS (
                    DELETE FROM relance_partner_profile profile
                     WHERE profile.company_id = %(company)s %(scope)s
                       AND NOT EXISTS (SELECT FROM scored WHERE scored.partner_id = profile.partner_id)
                ),
                written AS (%(written)s)
                SELECT COUNT(*) FROM written
                """,
                ctes=self._sql_score_ctes(company, today, partner_ids),
                figures=self._query_figures(company),
                marks=self._sql_marks(),
                score=self._sql_score(company._get_relance_score_weights()),
                company=company.id,
                scope=self._sql_scope(SQL("profile.partner_id"), partner_ids),
                written=self._sql_write_profiles(company, today),
            )
        )
        self._forget_profiles()

    @api.model
    def _sql_write_profiles(self, company, today):
        """Return the upsert of the rows of ``scored``, which touches only the profiles that change."""
        columns = (*FIGURES, *MARKS, *SCORES)
        return SQL(
            """
            INSERT INTO relance_partner_profile AS profile (company_id, partner_id, computed_on, %(columns)s,
                                                            score_history)
            SELECT %(company)s, partner_id, %(today)s, %(columns)s,
                   CASE WHEN status = 'scored' THEN jsonb_build_object(%(day)s::text, score) END
              FROM scored
       ON CONFLICT (company_id, partner_id) DO UPDATE
               SET (computed_on, %(columns)s, score_history) = (EXCLUDED.computed_on, %(fresh)s, %(history)s)
             WHERE (profile.computed_on, %(old)s) IS DISTINCT FROM (EXCLUDED.computed_on, %(fresh)s)
         RETURNING id
            """,
            company=company.id,
            today=today,
            day=fields.Date.to_string(today),
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            old=SQL(", ").join(SQL.identifier("profile", name) for name in columns),
            fresh=SQL(", ").join(SQL.identifier("excluded", name) for name in columns),
            history=self._sql_history_of_score(today),
        )

    @api.model
    def _sql_score_ctes(self, company, today, partner_ids):
        """Return the CTEs of the facts: customer, netted, paid_match, bank_day, paid, overdue, promise, dispute."""
        start = fields.Date.subtract(today, months=company._get_relance_setting("relance_score_months"))
        return SQL(
            """
            %(netted)s,
            customer AS (%(customer)s),
            paid_match AS MATERIALIZED (%(paid_match)s),
            bank_day AS (%(bank_day)s),
            paid AS (%(paid)s),
            overdue AS (%(overdue)s),
            promise AS (%(promise)s),
            dispute AS (%(dispute)s)
            """,
            netted=self._sql_netted(Reading(company, today, partner_ids)),
            customer=self._sql_customers(company, today, partner_ids),
            paid_match=self._sql_paid_match(company, start, partner_ids),
            bank_day=self._sql_bank_day(),
            paid=self._sql_paid(start, today),
            overdue=self._sql_overdue(company, today),
            promise=self._sql_promise(company, start, today, partner_ids),
            dispute=self._sql_dispute(company, start, today, partner_ids),
        )

    @api.model
    def _query_figures(self, company):
        """Return the query of the figures by debtor, rounded as shown; a natural person has none unless allowed."""
        amount = SQL("%s", company.currency_id.decimal_places)
        return SQL(
            """
            SELECT customer.partner_id,
                   CASE WHEN judged.natural THEN 'natural'
                        WHEN COALESCE(paid.paid_count, 0) < %(fewest)s THEN 'short' ELSE 'scored' END AS status,
                   CASE WHEN NOT judged.natural THEN customer.customer_since END AS customer_since,
                   CASE WHEN judged.natural THEN 0 ELSE ROUND(customer.turnover, %(amount)s) END AS turnover,
                   COALESCE(paid.paid_count, 0)::int AS paid_count,
                   COALESCE(paid.average_delay, 0) AS average_delay,
                   COALESCE(paid.late_share, 0) AS late_share,
                   COALESCE(paid.recent_delay, 0) AS recent_delay,
                   COALESCE(paid.earlier_delay, 0) AS earlier_delay,
                   paid.recent_delay - paid.earlier_delay IS NOT NULL AS has_trend,
                   COALESCE(paid.recent_delay - paid.earlier_delay, 0) AS trend,
                   ROUND(COALESCE(overdue.amount, 0), %(amount)s) AS overdue_amount,
                   CASE WHEN COALESCE(overdue.amount, 0) <= 0 THEN 0.0
                        WHEN customer.turnover <= 0 THEN 100.0
                        ELSE LEAST(100.0, ROUND(100 * overdue.amount / customer.turnover, 1)) END AS overdue_share,
                   COALESCE(overdue.age, 0) AS overdue_age,
                   overdue.oldest AS oldest_due,
                   COALESCE(promise.kept, 0)::int AS promises_kept,
                   COALESCE(promise.broken, 0)::int AS promises_broken,
                   COALESCE(dispute.lost, 0) AS disputes_lost,
                   COALESCE(dispute.won, 0) AS disputes_won
              FROM customer
              JOIN res_partner partner ON partner.id = customer.partner_id
              JOIN LATERAL (SELECT %(natural)s AS natural) judged ON TRUE
         LEFT JOIN paid ON paid.partner_id = customer.partner_id AND NOT judged.natural
         LEFT JOIN overdue ON overdue.partner_id = customer.partner_id AND NOT judged.natural
         LEFT JOIN promise ON promise.partner_id = customer.partner_id AND NOT judged.natural
         LEFT JOIN dispute ON dispute.partner_id = customer.partner_id AND NOT judged.natural
            """,
            fewest=company._get_relance_setting("relance_score_min_invoices"),
            amount=amount,
            natural=self._sql_unscored(company),
        )

    @api.model
    def _sql_unscored(self, company):
        """Return whether ``partner`` is a natural person whom ``company`` does not score (GDPR art. 22, CNIL)."""
        if company._get_relance_setting("relance_score_consumers"):
            return SQL("FALSE")
        return SQL("(partner.is_company IS NOT TRUE OR partner.relance_regime = 'consumer')")

    # === THE FORMULA, AS IN tools/score.py === #

    @api.model
    def _sql_marks(self):
        """Return the columns of the marks of ``figures``, NULL without enough history."""

        def mark(lost, everything):
            return SQL("CASE WHEN figures.status = 'scored' THEN ROUND(100 - 100 * %s / %s, 1) END", lost, everything)

        delay, share, age = formula.WORST_DELAY, formula.WORST_SHARE, formula.WORST_AGE
        fewest = formula.FEWEST_EVENTS
        return SQL(
            "%s AS mark_delay, %s AS mark_overdue, %s AS mark_promise, %s AS mark_dispute",
            mark(SQL("LEAST(figures.average_delay, %s)", delay), SQL("%s::numeric", delay)),
            mark(
                SQL("(LEAST(figures.overdue_share, %s) * LEAST(figures.overdue_age, %s))", share, age),
                SQL("%s::numeric", share * age),
            ),
            mark(
                SQL("figures.promises_broken"),
                SQL("GREATEST(figures.promises_broken + figures.promises_kept, %s)::numeric", fewest),
            ),
            mark(
                SQL("figures.disputes_lost"),
                SQL("GREATEST(figures.disputes_lost + figures.disputes_won, %s)::numeric", fewest),
            ),
        )

    @api.model
    def _sql_score(self, weights, alias="marks"):
        """Return the columns score and score_range of the marks of ``alias``, NULL without enough history."""
        points = [
            SQL("ROUND(%s * %s / 100, 1)", weight, SQL.identifier(alias, mark))
            for weight, mark in zip(weights, MARKS, strict=True)
        ]
        score = SQL("ROUND(%s)::int", SQL(" + ").join(points))
        return SQL(
            "%(score)s AS score, ((%(score)s - (%(score)s = 100)::int) / 20 * 20)::text AS score_range", score=score
        )

    @api.model
    def _sql_history_of_score(self, today):
        """Return the values of the last days with the fresh one, a day a key, as the upsert of a profile writes them.

        Only changes are kept, and the value in force when the period began.
        """
        return SQL(
            """
            CASE WHEN EXCLUDED.score IS NOT NULL THEN (
                SELECT COALESCE(jsonb_object_agg(old.key, old.value) FILTER (
                           WHERE old.key < %(today)s AND (old.key >= %(start)s OR old.key = old.before)
                       ), '{}'::jsonb)
                       || CASE WHEN (array_agg(old.value ORDER BY old.key DESC) FILTER (WHERE old.key < %(today)s))[1]
                                    IS DISTINCT FROM to_jsonb(EXCLUDED.score)
                               THEN jsonb_build_object(%(today)s::text, EXCLUDED.score) ELSE '{}'::jsonb END
                  FROM (SELECT key, value, MAX(key) FILTER (WHERE key < %(start)s) OVER () AS before
                          FROM jsonb_each(CASE WHEN jsonb_typeof(profile.score_history) = 'object'
                                               THEN profile.score_history ELSE '{}'::jsonb END)
                       ) old
            ) END
            """,
            today=fields.Date.to_string(today),
            start=fields.Date.to_string(fields.Date.subtract(today, days=DROP_DAYS)),
        )

    @api.model
    def _weigh_again(self, company):
        """Give the debtors of ``company`` their score under its present weights; what they were worth is forgotten."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH scored AS (SELECT marks.id, %(score)s FROM relance_partner_profile marks
                                 WHERE marks.company_id = %(company)s AND marks.status = 'scored'),
                written AS (
                    UPDATE relance_partner_profile profile
                       SET score = scored.score, score_range = scored.score_range,
                           score_history = jsonb_build_object(%(today)s::text, scored.score)
                      FROM scored WHERE scored.id = profile.id
                 RETURNING profile.id
                )
                SELECT COUNT(*) FROM written
                """,
                score=self._sql_score(company._get_relance_score_weights()),
                company=company.id,
                today=fields.Date.to_string(self._today(company)),
            )
        )
        self._forget_profiles()

    @api.model
    def _forget_profiles(self):
        """Drop what the cache holds of profiles, which SQL has just written, on them and on customers."""
        self.env["relance.partner.profile"].invalidate_model()
        self.env["res.partner"].invalidate_model(self.env["res.partner"]._get_relance_profile_fields())
