from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import score as formula
from ...tools.bulk_sql import AUDIT_COLUMNS, audit_values
from ...tools.due_date import DUE_DATE
from ...tools.reading import Reading
from ...tools.score import MARKS
from ..setup.res_company import SCORE_SETTINGS, WEIGHT_FIELDS

# Columns of a profile that hold what was found, in the order of `_query_figures`.
FIGURES = (
    "status", "customer_since", "turnover", "paid_count", "average_delay", "late_share", "recent_delay",
    "earlier_delay", "has_trend", "trend", "overdue_amount", "overdue_share", "overdue_age", "oldest_due",
    "promises_kept", "promises_broken", "disputes_lost", "disputes_won",
)  # fmt: skip
SCORES = ("score", "score_range")
# For how long the values of a score are kept: long enough for its fall over 30 days.
DROP_DAYS = 30
# A stored selection of relance.hold with these keys tells how a dispute ended; what part of it the debtor lost.
DISPUTE_LOST = {"rejected": 1, "partly": 0.5, "accepted": 0}

# Above this number of debtors a change of the rules is worked out by the job, not while somebody waits.
DEBTORS_AT_ONCE = 5000


class ResCompany(models.Model):
    """Profiles, scores and alerts of the debtors of a company: a few statements, whatever the number of debtors.

    Alerts are raised once and closed when their cause is gone.
    """

    _inherit = "res.company"

    # === REFRESH OF PROFILES === #

    def _relance_refresh_profiles_soon(self):
        """Compute the profiles of the companies after a setting changed: at once for few debtors, else by the job."""
        for company in self:
            if not company._relance_is_left_to_job():
                company._relance_refresh_profiles()

    @api.model
    def _relance_refresh_all_profiles(self):
        """Compute the profiles of every company anew, one after the other (the nightly job)."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["relance.job"]._commit_progress(remaining=len(companies))
        for company in companies:
            with company._relance_standing_alone():
                company._relance_in_company()._relance_refresh_profiles()
            if not self.env["relance.job"]._commit_progress(1):
                break

    def _relance_refresh_profiles(self, partner_ids=None):
        """Compute figures, scores and segments of the company, and its alerts when for all debtors. Idempotent.

        :param partner_ids: commercial partners, all debtors when None
        """
        self.env.flush_all()
        today = self._relance_today()
        self._relance_score_debtors(today, partner_ids)
        self._relance_assign_segments(partner_ids)
        if partner_ids is None:
            self._relance_refresh_alerts(today)

    @api.model
    def _relance_refresh_profiles_of(self, partners):
        """Compute the profiles of edited ``partners`` anew, in the companies where they have one.

        A rule that cannot be applied is the accountant's business, not of the person who edits a customer.
        """
        profiles = self.env["relance.partner.profile"].search([("partner_id", "in", partners.ids)])
        for company, owned in profiles.grouped("company_id").items():
            try:
                company._relance_refresh_profiles(owned.partner_id.ids)
            except UserError as error:
                company._relance_warn_accountant(str(error))

    def _relance_forget_natural_persons(self):
        """Erase at once what was computed of natural persons, once the company scores them no more (GDPR art. 17)."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT profile.partner_id
                  FROM relance_partner_profile profile
                  JOIN res_partner partner ON partner.id = profile.partner_id
                 WHERE profile.company_id = %s AND %s
                """,
                self.id,
                self._relance_sql_unscored(),
            )
        )
        partner_ids = [row[0] for row in rows]
        self._relance_refresh_profiles(partner_ids)
        # A credit limit is no score: its alerts stay.
        self.env["relance.alert"].search(
            [("company_id", "=", self.id), ("kind", "!=", "credit_limit"), ("partner_id", "in", partner_ids)]
        ).unlink()

    # === SEGMENTS === #

    def _relance_assign_segments(self, partner_ids=None):
        """Bring the segments of the debtors of the company up to date, and the next steps of those whose changed.

        :param partner_ids: commercial partners, all debtors when None
        """
        self.env.flush_all()
        changed = self.env.execute_query(
            SQL(
                """
                UPDATE relance_partner_profile profile
                   SET segment_id = found.segment_id
                  FROM (%s) found
                 WHERE found.id = profile.id AND profile.segment_id IS DISTINCT FROM found.segment_id
             RETURNING profile.partner_id
                """,
                self._relance_query_segments(self.env["relance.segment"]._get_rules(self), partner_ids),
            )
        )
        if not changed:
            return
        self._relance_forget_profiles()
        self._relance_refresh_open_of([row[0] for row in changed])

    def _relance_query_segments(self, rules, partner_ids=None):
        """Return the query of the debtors of the company with their segment under ``rules``: id (profile), segment_id.

        A segment set by hand wins, while it is active. Rules on figures leave out customers who are not scored.
        """
        hand = SQL("(partner.relance_own_segment_id ->> %s)::int4", str(self.id))
        usable = self.env["relance.segment"]._get_rules(self).ids
        cases = [SQL("WHEN %s = ANY(%s) THEN %s", hand, usable, hand)]
        for rule in rules:
            fits = SQL("profile.partner_id IN %s", rule._search_debtors(self).subselect())
            if rule.uses_score:
                fits = SQL("profile.status <> 'natural' AND %s", fits)
            cases.append(SQL("WHEN %s THEN %s", fits, rule.id))
        return SQL(
            """
            SELECT profile.id, CASE %s END AS segment_id
              FROM relance_partner_profile profile
              JOIN res_partner partner ON partner.id = profile.partner_id
             WHERE profile.company_id = %s %s
            """,
            SQL(" ").join(cases),
            self.id,
            self.env["relance.ledger"]._sql_scope(SQL("profile.partner_id"), partner_ids),
        )

    @api.model
    def _relance_assign_segments_soon(self):
        """Apply changed rules: at once for few debtors, by the job for many. The installation ends with the job."""
        if self.env.context.get("install_mode"):
            return
        for company in self.env["res.company"].search([("active", "=", True)]):
            if not company._relance_is_left_to_job():
                company._relance_assign_segments()

    def _relance_is_left_to_job(self):
        """Tell whether the company has so many debtors that the job works for them, and start it then."""
        many = self.env["relance.partner.profile"].search_count(
            [("company_id", "=", self.id)], limit=DEBTORS_AT_ONCE + 1
        )
        if many > DEBTORS_AT_ONCE:
            # A user who edits a segment need not read the jobs.
            self.env.ref("relance_fr.ir_cron_refresh_profiles").sudo()._trigger()
        return many > DEBTORS_AT_ONCE

    # === WHEN SETTINGS CHANGE === #

    def write(self, vals):
        before = self._get_score_settings_before(vals)
        result = super().write(vals)
        self._refresh_scores(vals, before)
        return result

    def _get_score_settings_before(self, vals):
        """Return what ``_refresh_scores`` compares: weights by company, and the companies that score persons."""
        weighs = any(name in vals for name in WEIGHT_FIELDS)
        weights = {company: company._get_relance_score_weights() for company in self} if weighs else {}
        scoring = self.filtered("relance_score_consumers") if "relance_score_consumers" in vals else self.browse()
        return weights, scoring

    def _refresh_scores(self, vals, before):
        """Weigh, forget or compute again what the settings changed; ``before`` is what they were."""
        weights_before, was_scoring = before
        # Scores are written by the system alone.
        companies_sudo = self.sudo()
        for company, weights in weights_before.items():
            if weights != company._get_relance_score_weights():
                (companies_sudo & company)._relance_weigh_again()
        for company_sudo in was_scoring.sudo() - companies_sudo.filtered("relance_score_consumers"):
            company_sudo._relance_forget_natural_persons()
        if set(SCORE_SETTINGS) & set(vals) or vals.get("relance_score_consumers"):
            companies_sudo._relance_refresh_profiles_soon()

    # === SCORE === #

    def _relance_score_debtors(self, today, partner_ids=None):
        """Bring the profiles of the company up to date with its ledger.

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
                ctes=self._relance_sql_score_ctes(today, partner_ids),
                figures=self._relance_query_figures(),
                marks=self._relance_sql_marks(),
                score=self._relance_sql_score(self._get_relance_score_weights()),
                company=self.id,
                scope=self.env["relance.ledger"]._sql_scope(SQL("profile.partner_id"), partner_ids),
                written=self._relance_sql_write_profiles(today),
            )
        )
        self._relance_forget_profiles()

    def _relance_sql_write_profiles(self, today):
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
            company=self.id,
            today=today,
            day=fields.Date.to_string(today),
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            old=SQL(", ").join(SQL.identifier("profile", name) for name in columns),
            fresh=SQL(", ").join(SQL.identifier("excluded", name) for name in columns),
            history=self._relance_sql_history_of_score(today),
        )

    def _relance_sql_score_ctes(self, today, partner_ids):
        """Return the CTEs of the facts: customer, netted, paid_match, bank_day, paid, overdue, promise, dispute."""
        start = fields.Date.subtract(today, months=self._get_relance_setting("relance_score_months"))
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
            netted=self.env["relance.ledger"]._sql_netted(Reading(self, today, partner_ids)),
            customer=self._relance_sql_customers(today, partner_ids),
            paid_match=self._relance_sql_paid_match(start, partner_ids),
            bank_day=self._relance_sql_bank_day(),
            paid=self._relance_sql_paid(start, today),
            overdue=self._relance_sql_overdue(today),
            promise=self._relance_sql_promise(start, today, partner_ids),
            dispute=self._relance_sql_dispute(start, today, partner_ids),
        )

    def _relance_query_figures(self):
        """Return the query of the figures by debtor, rounded as shown; a natural person has none unless allowed."""
        amount = SQL("%s", self.currency_id.decimal_places)
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
            fewest=self._get_relance_setting("relance_score_min_invoices"),
            amount=amount,
            natural=self._relance_sql_unscored(),
        )

    def _relance_sql_unscored(self):
        """Return whether ``partner`` is a natural person whom the company does not score (GDPR art. 22, CNIL)."""
        if self._get_relance_setting("relance_score_consumers"):
            return SQL("FALSE")
        return SQL("(partner.is_company IS NOT TRUE OR partner.relance_regime = 'consumer')")

    @api.model
    def _relance_sql_marks(self):
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
    def _relance_sql_score(self, weights, alias="marks"):
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
    def _relance_sql_history_of_score(self, today):
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

    def _relance_weigh_again(self):
        """Give the debtors of the company their score under its present weights; what they were worth is forgotten."""
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
                score=self._relance_sql_score(self._get_relance_score_weights()),
                company=self.id,
                today=fields.Date.to_string(self._relance_today()),
            )
        )
        self._relance_forget_profiles()

    @api.model
    def _relance_forget_profiles(self):
        """Drop what the cache holds of profiles, which SQL has just written, on them and on customers."""
        self.env["relance.partner.profile"].invalidate_model()
        self.env["res.partner"].invalidate_model(self.env["res.partner"]._get_relance_profile_fields())

    # === FACTS OF THE SCORE === #

    def _relance_sql_customers(self, today, partner_ids):
        """Return the query of the debtors of the company: partner_id, customer_since, turnover of twelve months."""
        return SQL(
            """
            SELECT move.commercial_partner_id AS partner_id,
                   MIN(COALESCE(move.invoice_date, move.date)) FILTER (WHERE move.move_type = 'out_invoice')
                       AS customer_since,
                   COALESCE(SUM(move.amount_total_signed) FILTER (
                       WHERE COALESCE(move.invoice_date, move.date) > %(today)s - INTERVAL '12 months'
                   ), 0) AS turnover
              FROM account_move move
             WHERE move.company_id = %(company)s AND move.state = 'posted'
               AND move.move_type IN ('out_invoice', 'out_refund')
               AND move.commercial_partner_id IS NOT NULL %(scope)s
          GROUP BY move.commercial_partner_id
            HAVING bool_or(move.move_type = 'out_invoice')
            """,
            company=self.id,
            today=today,
            scope=self.env["relance.ledger"]._sql_scope(SQL("move.commercial_partner_id"), partner_ids),
        )

    def _relance_sql_paid_match(self, start, partner_ids):
        """Return the query of the matches by which money paid instalments since about ``start``.

        Money is a payment, a line of a bank statement or an entry of a bank or cash journal. A credit note, a write-off
        or a set-off says nothing of how a debtor pays; an exchange difference neither.
        """
        return SQL(
            """
            SELECT match.id, match.amount, match.credit_move_id AS credit_id, entry.id AS entry_id,
                   entry.origin_payment_id IS NOT NULL AS by_payment, credit.date,
                   move.id AS move_id, move.commercial_partner_id AS partner_id, %(due)s AS due
              FROM account_partial_reconcile match
              JOIN account_move_line line ON line.id = match.debit_move_id
              JOIN account_move move ON move.id = line.move_id
              JOIN account_move_line credit ON credit.id = match.credit_move_id
              JOIN account_move entry ON entry.id = credit.move_id
              JOIN account_journal journal ON journal.id = entry.journal_id
             WHERE line.company_id = %(company)s AND line.display_type = 'payment_term'
               AND move.move_type = 'out_invoice' AND move.state = 'posted'
               AND match.amount > 0 AND match.max_date >= %(start)s - INTERVAL '1 year'
               AND entry.move_type = 'entry'
               AND (entry.origin_payment_id IS NOT NULL OR entry.statement_line_id IS NOT NULL
                    OR journal.type IN ('bank', 'cash', 'credit'))
               %(scope)s
            """,
            company=self.id,
            due=DUE_DATE,
            start=start,
            scope=self.env["relance.ledger"]._sql_scope(SQL("move.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _relance_sql_bank_day(self):
        """Return the query of the day the bank shows what a match of ``paid_match`` took of its payment: id, date.

        The day of its last cent: a payment that reached the bank in several lines pays its matches in their order.
        """
        return SQL(
            """
            SELECT reached.id, MIN(shown.date) AS date
              FROM (SELECT match.id, paid_match.entry_id,
                           SUM(match.credit_amount_currency) OVER (
                               PARTITION BY match.credit_move_id ORDER BY match.id
                           ) AS amount
                      FROM account_partial_reconcile match
                      JOIN (SELECT DISTINCT credit_id, entry_id FROM paid_match WHERE by_payment) paid_match
                        ON paid_match.credit_id = match.credit_move_id
                   ) reached
              JOIN (SELECT outstanding.move_id AS entry_id, outstanding.amount_currency AS whole, statement.date,
                           SUM(cleared.debit_amount_currency) OVER (
                               PARTITION BY outstanding.id ORDER BY statement.date, cleared.id
                           ) AS amount
                      FROM account_partial_reconcile cleared
                      JOIN account_move_line outstanding ON outstanding.id = cleared.debit_move_id
                      JOIN account_move_line bank_line ON bank_line.id = cleared.credit_move_id
                      JOIN account_move statement ON statement.id = bank_line.move_id
                     WHERE statement.statement_line_id IS NOT NULL
                       AND outstanding.move_id IN (SELECT entry_id FROM paid_match WHERE by_payment)
                   ) shown
                ON shown.entry_id = reached.entry_id AND shown.amount >= LEAST(reached.amount, shown.whole) - 0.005
          GROUP BY reached.id
            """
        )

    @api.model
    def _relance_sql_paid(self, start, today):
        """Return the query of how debtors paid from ``start`` on: delays weighted by amount, early counting as 0."""
        return SQL(
            """
            SELECT partner_id, COUNT(DISTINCT move_id) AS paid_count,
                   ROUND(SUM(amount * late) / SUM(amount), 1) AS average_delay,
                   ROUND(100 * SUM(amount) FILTER (WHERE late > 0) / SUM(amount), 1) AS late_share,
                   ROUND(SUM(amount * late) FILTER (WHERE recent)
                         / NULLIF(SUM(amount) FILTER (WHERE recent), 0), 1) AS recent_delay,
                   ROUND(SUM(amount * late) FILTER (WHERE earlier)
                         / NULLIF(SUM(amount) FILTER (WHERE earlier), 0), 1) AS earlier_delay
              FROM (SELECT settled.*, GREATEST(0, day - due) AS late, day > %(middle)s AS recent,
                           day > %(year)s AND day <= %(middle)s AS earlier
                      FROM (SELECT paid_match.*, COALESCE(bank_day.date, paid_match.date) AS day
                              FROM paid_match
                         LEFT JOIN bank_day ON bank_day.id = paid_match.id
                           ) settled
                     WHERE day > %(start)s AND day <= %(today)s
                   ) dated
          GROUP BY partner_id
            """,
            start=start,
            today=today,
            middle=SQL("(%s::date - INTERVAL '6 months')", today),
            year=SQL("(%s::date - INTERVAL '12 months')", today),
        )

    def _relance_sql_overdue(self, today):
        """Return the query of what is overdue of ``netted``: amount, age in days, oldest due date.

        What is disputed waits: who is right is not known yet.
        """
        return SQL(
            """
            SELECT partner_id, SUM(net * company_rate) AS amount, MIN(due) AS oldest,
                   ROUND(SUM(net * company_rate * (%(today)s - due)) / SUM(net * company_rate), 1) AS age
              FROM netted
             WHERE due < %(today)s AND net > 0 AND net * company_rate > 0
               AND NOT EXISTS (
                       SELECT FROM relance_hold hold
                        WHERE hold.partner_id = netted.partner_id AND hold.company_id = %(company)s
                          AND hold.reason = 'dispute'
                          AND (hold.move_id IS NULL OR hold.move_id = netted.move_id)
                          AND (hold.line_id IS NULL OR hold.line_id = netted.line_id)
                          AND hold.date_from <= %(today)s AND (hold.date_to IS NULL OR hold.date_to >= %(today)s)
                   )
          GROUP BY partner_id
            """,
            company=self.id,
            today=today,
        )

    def _relance_sql_promise(self, start, today, partner_ids):
        """Return the query of the promises decided from ``start`` on: partner_id, kept, broken.

        Called once by the figures; an override returns the same columns. A promise is broken when, at the end of one
        of its days, the ledger showed less than was promised by then; money that is not matched yet counts for the
        debtor. A promise whose days have all passed, or that is wholly paid, is kept. An open one is not decided.
        """
        return SQL(
            """
            SELECT partner_id, COUNT(*) FILTER (WHERE NOT broken) AS kept, COUNT(*) FILTER (WHERE broken) AS broken
              FROM (SELECT commitment.partner_id, bool_or(step.due < %(today)s AND step.missing) AS broken,
                           bool_and(step.due < %(today)s OR NOT step.missing) AS decided,
                           COALESCE(MIN(step.due) FILTER (WHERE step.due < %(today)s AND step.missing),
                                    LEAST(MAX(step.due), %(today)s)) AS decided_on
                      FROM relance_commitment commitment
                      JOIN LATERAL (%(step)s) step ON TRUE
                     WHERE commitment.company_id = %(company)s AND commitment.cancelled IS NOT TRUE
                       AND commitment.date <= %(today)s %(scope)s
                  GROUP BY commitment.id
                   ) judged
             WHERE (decided OR broken) AND decided_on > %(start)s
          GROUP BY partner_id
            """,
            company=self.id,
            start=start,
            today=today,
            step=self._relance_sql_promise_step(today),
            scope=self.env["relance.ledger"]._sql_scope(SQL("commitment.partner_id"), partner_ids),
        )

    @api.model
    def _relance_sql_promise_step(self, today):
        """Return the LATERAL query of the days of ``commitment``: due, missing (less was paid by then than promised).

        What was paid by a day is the fall of what the ledger leaves of its invoices since it was made.
        """
        return SQL(
            """
            SELECT line.date AS due,
                   SUM(line.amount) OVER (ORDER BY line.date) - 0.005
                   > commitment.base_amount - (invoiced.amount - matched.amount) + unmatched.amount AS missing
              FROM relance_commitment_line line
              JOIN LATERAL (
                    SELECT COALESCE(SUM(item.amount_currency), 0) AS amount
                      FROM relance_commitment_move_rel link
                      JOIN account_move_line item ON item.move_id = link.move_id AND item.display_type = 'payment_term'
                     WHERE link.commitment_id = commitment.id
                   ) invoiced ON TRUE
              JOIN LATERAL (
                    SELECT COALESCE(SUM(match.debit_amount_currency), 0) AS amount
                      FROM relance_commitment_move_rel link
                      JOIN account_move_line item ON item.move_id = link.move_id AND item.display_type = 'payment_term'
                      JOIN account_partial_reconcile match ON match.debit_move_id = item.id
                      JOIN account_move_line credit ON credit.id = match.credit_move_id
                     WHERE link.commitment_id = commitment.id AND credit.date <= LEAST(line.date, %(today)s)
                   ) matched ON TRUE
              JOIN LATERAL (
                    SELECT COALESCE(SUM(netted.residual - netted.net), 0) AS amount
                      FROM relance_commitment_move_rel link
                      JOIN netted ON netted.move_id = link.move_id
                     WHERE link.commitment_id = commitment.id
                   ) unmatched ON TRUE
             WHERE line.commitment_id = commitment.id
            """,
            today=today,
        )

    def _relance_sql_dispute(self, start, today, partner_ids):
        """Return the query of the disputes that ended from ``start`` on: partner_id, lost and won by the debtor."""
        return SQL(
            """
            SELECT partner_id, SUM(part) AS lost, SUM(1 - part) AS won
              FROM (SELECT hold.partner_id, %(part)s AS part
                      FROM relance_hold hold
                     WHERE hold.company_id = %(company)s AND hold.reason = 'dispute'
                       AND hold.date_to < %(today)s AND hold.date_to > %(start)s %(scope)s
                   ) judged
             WHERE part IS NOT NULL
          GROUP BY partner_id
            """,
            part=self._relance_sql_dispute_lost(),
            company=self.id,
            start=start,
            today=today,
            scope=self.env["relance.ledger"]._sql_scope(SQL("hold.partner_id"), partner_ids),
        )

    @api.model
    def _relance_sql_dispute_lost(self):
        """Return what part of the dispute ``hold`` the debtor lost: 1 unfounded, 0 founded, NULL when nobody said."""
        parts = [SQL("WHEN %s THEN %s", resolution, part) for resolution, part in DISPUTE_LOST.items()]
        return SQL("CASE hold.resolution %s END", SQL(" ").join(parts))

    # === ALERTS === #

    def _relance_refresh_alerts(self, today):
        """Bring the alerts of the company up to date with its profiles and limits."""
        self.env.flush_all()
        self._relance_close_alerts(today)
        raised = self._relance_raise_alerts(today)
        raised._ask_to_look(self)

    def _relance_raise_alerts(self, today):
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_alert (company_id, partner_id, kind, state, date, score, reference_score, amount,
                                           limit_amount, oldest_due, %(audit)s)
                SELECT %(company)s, partner_id, kind, 'open', %(today)s, score, reference_score, amount, limit_amount,
                       oldest_due, %(written)s
                  FROM (%(causes)s) cause
                 WHERE cause.raises
              ORDER BY partner_id, kind
           ON CONFLICT (company_id, partner_id, kind) WHERE state <> 'closed' DO NOTHING
             RETURNING id
                """,
                company=self.id,
                today=today,
                audit=AUDIT_COLUMNS,
                written=audit_values(self.env),
                causes=self._relance_sql_alert_causes(today),
            )
        )
        return self.env["relance.alert"].browse([row[0] for row in rows])

    def _relance_close_alerts(self, today):
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
                company=self.id,
                today=today,
                causes=self._relance_sql_alert_causes(today),
                # A drop is over when half of it is made up for: a score about the limit does not ring every night.
                mended=self._get_relance_setting("relance_alert_score_drop") / 2,
            )
        )
        closed = self.env["relance.alert"].browse([row[0] for row in rows])
        closed.invalidate_recordset()
        closed.activity_ids.unlink()

    def _relance_sql_alert_causes(self, today):
        """Return the query of what is the matter: partner_id, kind, raises, and the figures of an alert.

        ``raises`` is false for what only keeps an alert open. An override adds kinds with UNION ALL.
        """
        return SQL(" UNION ALL ").join(
            [
                self._relance_sql_score_drops(),
                self._relance_sql_passed_limits(today),
                self._relance_sql_orders_to_block(today),
            ]
        )

    def _relance_sql_score_drops(self):
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
            company=self.id,
            drop=self._get_relance_setting("relance_alert_score_drop"),
        )

    def _relance_sql_passed_limits(self, today):
        """Return the query of the debtors who owe more than Odoo's credit limit, where the company uses it."""
        limit = self.env["res.partner"]._fields["credit_limit"]
        fallback = limit.get_company_dependent_fallback(self.env["res.partner"].with_company(self)) or 0
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
            company=self.id,
            key=str(self.id),
            fallback=fallback,
            used=bool(self.account_use_credit_limit),
        )

    def _relance_sql_orders_to_block(self, today):
        """Return the query of the debtors so late that people who enter their orders should know, and do not yet."""
        field_name = self.env["relance.alert"]._get_order_warning_field()
        warned = SQL("TRUE")
        if field_name and self._get_relance_setting("relance_alert_overdue_days"):
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
            company=self.id,
            today=today,
            days=self._get_relance_setting("relance_alert_overdue_days"),
            warned=warned,
        )
