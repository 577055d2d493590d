from odoo import api, fields, models
from odoo.tools import SQL

from ..notice.relance_notice import CHANNELS, KINDS


class RelanceReportNotice(models.Model):
    """What notices brought in: one row for each instalment of each notice sent, against the money that came.

    Money is a payment or the bank, at the day the bank shows it; credit notes and write-offs are none. What came
    between a notice and the next one of the instalment is counted once, for that notice. What was taken over from
    before the addon is no notice of ours.
    """

    _name = "relance.report.notice"
    _description = "Recovery by Notice"
    _inherit = ["relance.report"]
    _auto = False
    _rec_name = "notice_id"
    _order = "date desc, id desc"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    notice_id = fields.Many2one("relance.notice", readonly=True)
    date = fields.Date("Sent on", readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    level_id = fields.Many2one("relance.level", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    channel = fields.Selection(CHANNELS, readonly=True)
    regime = fields.Selection(
        [("business", "Business"), ("public", "Public body"), ("consumer", "Consumer")],
        "Late-Payment Law",
        readonly=True,
    )
    user_id = fields.Many2one("res.users", "Handled by", readonly=True)
    amount = fields.Monetary("Asked For", readonly=True, help="The principal, in the company's currency.")
    paid_15 = fields.Monetary("Paid within 15 Days", readonly=True)
    paid_30 = fields.Monetary("Paid within 30 Days", readonly=True)
    paid_60 = fields.Monetary("Paid within 60 Days", readonly=True)
    recovered_amount = fields.Monetary(
        "Paid before the Next Notice", readonly=True, help="Each payment is counted once, for the notice it followed."
    )
    days_to_payment = fields.Float(
        "Days to Payment",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="From the notice to what was paid before the next one, weighted by amount.",
    )
    is_paid = fields.Boolean("Settled since", readonly=True)
    claimed_amount = fields.Monetary(
        "Penalties Claimed",
        readonly=True,
        help="Penalties and indemnity, on the last notice that claims them: a letter repeats those of the one before.",
    )

    def _query_company(self, company):
        return SQL(
            """
            WITH %(money)s,
            fact AS (%(fact)s),
            paid AS (%(paid)s)
            SELECT fact.id, %(company)s::int4 AS company_id, %(currency)s::int4 AS currency_id, fact.notice_id,
                   fact.date, fact.partner_id, fact.move_id,
                   fact.level_id, fact.kind, fact.channel, fact.regime, fact.user_id,
                   fact.amount, fact.is_paid,
                   LEAST(fact.amount, COALESCE(paid.paid_15, 0)) AS paid_15,
                   LEAST(fact.amount, COALESCE(paid.paid_30, 0)) AS paid_30,
                   LEAST(fact.amount, COALESCE(paid.paid_60, 0)) AS paid_60,
                   LEAST(fact.amount, COALESCE(paid.recovered, 0)) AS recovered_amount,
                   ROUND(paid.weighted / NULLIF(paid.recovered, 0), 1) AS days_to_payment,
                   CASE WHEN fact.last_claim = 1 THEN fact.penalty_amount ELSE 0 END
                   + CASE WHEN fact.last_indemnity = 1 THEN fact.indemnity_amount ELSE 0 END AS claimed_amount
              FROM fact LEFT JOIN paid ON paid.id = fact.id
            """,
            money=company._relance_sql_money(),
            fact=self._sql_fact(company),
            paid=self._sql_paid(),
            company=company.id,
            currency=company.currency_id.id,
        )

    @api.model
    def _sql_paid(self):
        """Return the query of what came after each ``fact``: within some days, and before the next one."""
        return SQL(
            """
            SELECT fact.id,
                   SUM(money.amount) FILTER (WHERE money.day <= fact.date + 15) AS paid_15,
                   SUM(money.amount) FILTER (WHERE money.day <= fact.date + 30) AS paid_30,
                   SUM(money.amount) FILTER (WHERE money.day <= fact.date + 60) AS paid_60,
                   SUM(money.amount) FILTER (WHERE money.day < fact.next_date) AS recovered,
                   SUM(money.amount * (money.day - fact.date)) FILTER (WHERE money.day < fact.next_date) AS weighted
              FROM fact JOIN money ON money.line_id = fact.line_id AND money.day >= fact.date
          GROUP BY fact.id
            """
        )

    @api.model
    def _sql_fact(self, company):
        """Return the query of the lines of the notices ``company`` sent, with the day of the next one.

        A claim repeats the penalties of the one before: the last of each instalment counts (``last_claim``), for the
        indemnity the last that claims one of each invoice (``last_indemnity``).
        """
        return SQL(
            """
            SELECT fact.id, fact.notice_id, fact.line_id, fact.move_id, fact.level_id, fact.date, notice.partner_id,
                   notice.kind, notice.channel, notice.regime, notice.user_id,
                   COALESCE(line.reconciled, FALSE) AS is_paid,
                   ROUND(fact.principal_amount * rate.value, %(digits)s) AS amount,
                   ROUND(fact.penalty_amount * rate.value, %(digits)s) AS penalty_amount,
                   ROUND(fact.indemnity_amount * rate.value, %(digits)s) AS indemnity_amount,
                   COALESCE(LEAD(fact.date) OVER (
                       PARTITION BY COALESCE(fact.line_id, -fact.id) ORDER BY fact.date, fact.id
                   ), 'infinity') AS next_date,
                   row_number() OVER (
                       PARTITION BY COALESCE(fact.line_id, -fact.id) ORDER BY fact.date DESC, fact.id DESC
                   ) AS last_claim,
                   row_number() OVER (
                       PARTITION BY fact.move_id, fact.indemnity_amount > 0 ORDER BY fact.date DESC, fact.id DESC
                   ) AS last_indemnity
              FROM relance_notice_line fact
              JOIN relance_notice notice ON notice.id = fact.notice_id
              JOIN account_move move ON move.id = fact.move_id
         LEFT JOIN account_move_line line ON line.id = fact.line_id
        CROSS JOIN LATERAL (
                    SELECT COALESCE(line.balance / NULLIF(line.amount_currency, 0),
                                    1 / NULLIF(move.invoice_currency_rate, 0), 1)::numeric AS value
                   ) rate
             WHERE fact.company_id = %(company)s AND fact.state = 'sent' AND notice.taken_over IS NOT TRUE
            """,
            company=company.id,
            digits=company.currency_id.decimal_places,
        )

    def action_open_document(self):
        """Open the notice behind the row."""
        self.ensure_one()
        return self.notice_id.get_formview_action()
