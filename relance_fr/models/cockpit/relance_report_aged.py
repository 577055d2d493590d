from odoo import fields, models
from odoo.tools import SQL

from ...tools.due_date import DUE_DATE
from ...tools.reading import Reading

BUCKETS = [
    ("0", "Not due"),
    ("1", "1 to 30 days"),
    ("31", "31 to 60 days"),
    ("61", "61 to 90 days"),
    ("91", "91 days and more"),
    ("credit", "Credits not matched"),
]
# In the order of a debt's life.
STAGES = [
    ("current", "Not due"),
    ("late", "Late, no reminder yet"),
    ("courtesy", "Courtesy reminder sent"),
    ("firm", "Firm reminder sent"),
    ("formal", "Formal notice sent"),
    ("final", "Final notice sent"),
    ("promised", "Promise or payment plan"),
    ("disputed", "Disputed"),
    ("insolvent", "Insolvency"),
    ("held", "Suspended"),
    ("credit", "Credits not matched"),
]
DOCUMENTS = [
    ("invoice", "Invoice"),
    ("credit_note", "Credit note"),
    ("payment", "Payment"),
    ("other", "Other entry"),
]


class RelanceReportAged(models.Model):
    """What customers owe, by instalment: the open items of the receivable accounts, which add up to their balance.

    Invoices by age since their due date; what customers have in credit stands apart, below zero.
    """

    _name = "relance.report.aged"
    _description = "Aged Balance"
    _inherit = ["relance.report"]
    _auto = False
    _rec_name = "move_id"
    _order = "date_due, id"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    move_id = fields.Many2one("account.move", "Entry", readonly=True)
    line_id = fields.Many2one("account.move.line", "Instalment", readonly=True)
    document = fields.Selection(DOCUMENTS, readonly=True)
    regime = fields.Selection(
        [("business", "Business"), ("public", "Public body"), ("consumer", "Consumer")],
        "Late-Payment Law",
        readonly=True,
    )
    level_id = fields.Many2one("relance.level", "Last Level Sent", readonly=True)
    last_date = fields.Date("Last Notice on", readonly=True)
    stage = fields.Selection(STAGES, readonly=True)
    bucket = fields.Selection(BUCKETS, "Age", readonly=True)
    user_id = fields.Many2one("res.users", "Handled by", readonly=True)
    salesperson_id = fields.Many2one("res.users", readonly=True)
    segment_id = fields.Many2one("relance.segment", readonly=True)
    invoice_date = fields.Date(readonly=True)
    date_due = fields.Date("Due Date", readonly=True)
    days_late = fields.Integer(readonly=True, aggregator="avg")
    amount = fields.Monetary(
        "Open Amount", readonly=True, help="What the ledger leaves open, in the company's currency."
    )
    foreign_currency_id = fields.Many2one("res.currency", "Currency of the Entry", readonly=True)
    foreign_amount = fields.Monetary(
        "Open in Its Currency", currency_field="foreign_currency_id", readonly=True, aggregator=None
    )

    def _query_company(self, company):
        today = self._get_day(company)
        reading = Reading(company, today)
        return SQL(
            """
            WITH %(netted)s,
            %(committed)s
            SELECT stepped.line_id AS id, %(company)s::int4 AS company_id, %(currency)s::int4 AS currency_id,
                   stepped.partner_id, stepped.move_id, stepped.line_id, stepped.document,
                   partner.relance_regime AS regime,
                   history.level_id, history.date AS last_date, stepped.user_id, stepped.salesperson_id,
                   profile.segment_id, stepped.invoice_date, stepped.due AS date_due,
                   CASE WHEN stepped.amount > 0 THEN GREATEST(0, %(today)s - stepped.due) ELSE 0 END AS days_late,
                   stepped.amount, stepped.foreign_currency_id, stepped.foreign_amount,
                   %(bucket)s AS bucket, %(stage)s AS stage
              FROM (%(item)s) stepped
         LEFT JOIN res_partner partner ON partner.id = stepped.partner_id
         LEFT JOIN relance_partner_profile profile
                ON profile.partner_id = stepped.partner_id AND profile.company_id = %(company)s
         LEFT JOIN promise ON promise.move_id = stepped.move_id
         LEFT JOIN LATERAL (%(hold)s) hold ON stepped.amount > 0
        CROSS JOIN LATERAL (SELECT stepped.line_id) item
         LEFT JOIN LATERAL (%(history)s) history ON TRUE
         LEFT JOIN relance_level last_level ON last_level.id = history.level_id
            """,
            netted=self.env["relance.ledger"]._sql_netted(reading),
            committed=self.env["relance.decision"]._sql_committed(reading),
            company=company.id,
            currency=company.currency_id.id,
            today=today,
            item=self._sql_item(company),
            hold=self.env["relance.decision"]._sql_hold(reading),
            history=self.env["relance.decision"]._sql_history(),
            bucket=self._sql_bucket(today),
            stage=self._sql_stage(today),
        )

    def _sql_item(self, company):
        """Return the query of the open items of the receivable accounts of ``company``."""
        return SQL(
            """
            SELECT line.id AS line_id, line.move_id, contact.commercial_partner_id AS partner_id, move.invoice_date,
                   LEAST(move.invoice_date, move.delivery_date) AS born, %(due)s AS due,
                   line.amount_residual AS amount,
                   line.currency_id AS foreign_currency_id, line.amount_residual_currency AS foreign_amount,
                   (debtor.relance_user_id ->> %(company)s::text)::int4 AS user_id,
                   move.invoice_user_id AS salesperson_id,
                   CASE WHEN move.move_type IN ('out_invoice', 'out_receipt') THEN 'invoice'
                        WHEN move.move_type = 'out_refund' THEN 'credit_note'
                        WHEN move.origin_payment_id IS NOT NULL OR move.statement_line_id IS NOT NULL THEN 'payment'
                        ELSE 'other' END AS document
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
                                          AND account.account_type = 'asset_receivable'
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN res_partner contact ON contact.id = COALESCE(line.partner_id, move.partner_id)
         LEFT JOIN res_partner debtor ON debtor.id = contact.commercial_partner_id
             WHERE line.company_id = %(company)s AND line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE AND line.amount_residual <> 0
            """,
            company=company.id,
            due=DUE_DATE,
        )

    def _sql_bucket(self, today):
        return SQL(
            """
            CASE WHEN stepped.amount < 0 THEN 'credit'
                 WHEN stepped.due >= %(today)s THEN '0'
                 WHEN stepped.due >= %(today)s - 30 THEN '1'
                 WHEN stepped.due >= %(today)s - 60 THEN '31'
                 WHEN stepped.due >= %(today)s - 90 THEN '61'
                 ELSE '91' END
            """,
            today=today,
        )

    def _sql_stage(self, today):
        """Return where the debt stands: what stops dunning first, else the last level sent."""
        return SQL(
            """
            CASE WHEN stepped.amount < 0 THEN 'credit'
                 WHEN hold.insolvent THEN 'insolvent'
                 WHEN hold.disputed THEN 'disputed'
                 WHEN hold.held THEN 'held'
                 WHEN promise.promised THEN 'promised'
                 WHEN stepped.due >= %s THEN 'current'
                 ELSE COALESCE(NULLIF(last_level.kind, 'preventive'), 'late') END
            """,
            today,
        )
