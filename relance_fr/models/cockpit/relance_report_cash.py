from odoo import fields, models
from odoo.tools import SQL

from ...tools.reading import Reading
from ..setup.res_company import AGES

SOURCES = [
    ("promise", "Promise or payment plan"),
    ("due", "Due date"),
    ("late", "Late, no date"),
    ("held", "Disputed or suspended"),
]


class RelanceReportCash(models.Model):
    """The money to come: what is left of each instalment, when it is promised or falls due, and its recovery rate.

    What is left is net of payments on their way and of credits not matched, as notices claim it. A plan pays its
    invoices oldest first. What is late without a promise has no date, what is disputed or suspended is not expected.
    """

    _name = "relance.report.cash"
    _description = "Expected Cash"
    _inherit = ["relance.report"]
    _auto = False
    _rec_name = "move_id"
    _order = "date, id"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    line_id = fields.Many2one("account.move.line", "Instalment", readonly=True)
    user_id = fields.Many2one("res.users", "Handled by", readonly=True)
    source = fields.Selection(SOURCES, "Expected from", readonly=True)
    date_due = fields.Date("Due Date", readonly=True)
    date = fields.Date("Expected on", readonly=True)
    age = fields.Selection(AGES, readonly=True)
    odds = fields.Float("Recovery Rate (%)", digits=(16, 1), readonly=True, aggregator="avg")
    amount = fields.Monetary("Left to Pay", readonly=True)
    expected_amount = fields.Monetary("Expected", readonly=True, help="What is left to pay times its recovery rate.")

    @property
    def _table_query(self):
        query = super()._table_query
        # No row of one instalment and company can number itself: a plan cuts it in parts.
        return SQL(
            "SELECT row_number() OVER (ORDER BY line_id, date, source)::int4 AS id, part.* FROM (%s) part", query
        )

    def _query_company(self, company):
        today = self._get_day(company)
        return SQL(
            """
            WITH %(netted)s,
            %(standing)s,
            promise AS (%(promise)s),
            owed AS (%(owed)s),
            promised AS (%(promised)s),
            split AS (%(split)s),
            part AS (%(part)s),
            rate (age, value) AS (VALUES %(rates)s)
            SELECT %(company)s::int4 AS company_id, %(currency)s::int4 AS currency_id, part.partner_id, part.move_id,
                   part.line_id, (debtor.relance_user_id ->> %(company)s::text)::int4 AS user_id, part.source,
                   part.due AS date_due, part.date, rate.age,
                   CASE WHEN part.source = 'held' THEN 0 ELSE rate.value END AS odds,
                   ROUND((part.amount * part.company_rate)::numeric, %(digits)s) AS amount,
                   CASE WHEN part.source = 'held' THEN 0
                        ELSE ROUND((part.amount * part.company_rate * rate.value / 100)::numeric, %(digits)s)
                   END AS expected_amount
              FROM part
              JOIN rate ON rate.age = %(age)s
              JOIN res_partner debtor ON debtor.id = part.partner_id
             WHERE part.amount > 0
            """,
            netted=self.env["relance.ledger"]._sql_netted(Reading(company, today)),
            standing=self.env["relance.commitment"]._sql_standing(Reading(company, today), self._sql_scope(today)),
            promise=self._sql_promise(today),
            owed=self._sql_owed(company, today),
            promised=self._sql_promised(today),
            split=self._sql_split(),
            part=self._sql_part(today),
            rates=SQL(", ").join(SQL("(%s, %s::numeric)", *rate) for rate in self._get_recovery_rates(company).items()),
            age=self.env["res.company"]._relance_sql_age(SQL("part.due"), today),
            today=today,
            company=company.id,
            currency=company.currency_id.id,
            digits=company.currency_id.decimal_places,
        )

    def _get_recovery_rates(self, company):
        """Return ``{age: percent}`` the forecast goes by."""
        return {row["age"]: row["used"] for row in company._relance_get_recovery_rates()}

    def _sql_scope(self, today):
        """Return which commitments count: those of the invoices that are open."""
        return SQL(
            """
            commitment.cancelled IS NOT TRUE AND commitment.date <= %s AND commitment.id IN (
                SELECT link.commitment_id FROM relance_commitment_move_rel link
                  JOIN netted ON netted.move_id = link.move_id
            )
            """,
            today,
        )

    def _sql_promise(self, today):
        """Return the query of the promise that holds for an invoice, the last given: move_id, commitment_id."""
        return SQL(
            """
            SELECT DISTINCT ON (link.move_id) link.move_id, standing.id AS commitment_id
              FROM standing
              JOIN relance_commitment_move_rel link ON link.commitment_id = standing.id
             WHERE standing.state = 'open' AND standing.last_day >= %s
          ORDER BY link.move_id, standing.date DESC, standing.id DESC
            """,
            today,
        )

    def _sql_promised(self, today):
        """Return the query of what is left of promised payments: rest, and upto (it and those before)."""
        return SQL(
            """
            SELECT commitment_id, GREATEST(date, %s) AS date, amount - paid_amount AS rest,
                   SUM(amount - paid_amount) OVER (PARTITION BY commitment_id ORDER BY date, line_id) AS upto
              FROM instalment WHERE amount > paid_amount
            """,
            today,
        )

    def _sql_split(self):
        """Return the query of what each promised payment pays of each instalment: where their ranges meet."""
        return SQL(
            """
            SELECT owed.line_id, promised.date,
                   SUM(LEAST(owed.upto, promised.upto)
                       - GREATEST(owed.upto - owed.free, promised.upto - promised.rest)) AS amount
              FROM owed
              JOIN promised ON promised.commitment_id = owed.commitment_id
               AND owed.upto > promised.upto - promised.rest AND promised.upto > owed.upto - owed.free
          GROUP BY owed.line_id, promised.date
            """
        )

    def _sql_owed(self, company, today):
        """Return the query of what is left of instalments: held or free, and the free part of the plans before it."""
        return SQL(
            """
            SELECT stepped.*, promise.commitment_id, kept.amount AS kept, stepped.net - kept.amount AS free,
                   SUM(stepped.net - kept.amount) OVER (
                       PARTITION BY promise.commitment_id ORDER BY stepped.due, stepped.line_id
                   ) AS upto
              FROM netted stepped
         LEFT JOIN promise ON promise.move_id = stepped.move_id
         LEFT JOIN LATERAL (%s) hold ON TRUE
        CROSS JOIN LATERAL (SELECT CASE WHEN hold.held THEN stepped.net ELSE stepped.held END AS amount) kept
             WHERE stepped.net > 0
            """,
            self.env["relance.decision"]._sql_hold(Reading(company, today)),
        )

    def _sql_part(self, today):
        """Return the query of the parts of instalments: promised by a day, due on a day, late, held."""
        return SQL(
            """
            SELECT owed.line_id, owed.move_id, owed.partner_id, owed.due, owed.company_rate, 'promise' AS source,
                   split.date, split.amount
              FROM owed JOIN split ON split.line_id = owed.line_id
             UNION ALL
            SELECT owed.line_id, owed.move_id, owed.partner_id, owed.due, owed.company_rate,
                   CASE WHEN owed.due >= %(today)s THEN 'due' ELSE 'late' END,
                   CASE WHEN owed.due >= %(today)s THEN owed.due END,
                   owed.free - COALESCE(SUM(split.amount), 0)
              FROM owed LEFT JOIN split ON split.line_id = owed.line_id
          GROUP BY owed.line_id, owed.move_id, owed.partner_id, owed.due, owed.company_rate, owed.free
             UNION ALL
            SELECT line_id, move_id, partner_id, due, company_rate, 'held', NULL, kept FROM owed
            """,
            today=today,
        )
