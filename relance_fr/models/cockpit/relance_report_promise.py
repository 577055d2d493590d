from odoo import fields, models
from odoo.tools import SQL


class RelanceReportPromise(models.Model):
    """Promises and payment plans with their outcome, as the daily job found it in the ledger."""

    _name = "relance.report.promise"
    _description = "Promises Kept"
    _inherit = ["relance.report"]
    _auto = False
    _rec_name = "commitment_id"
    _order = "date desc, id desc"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    commitment_id = fields.Many2one("relance.commitment", "Promise", readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    user_id = fields.Many2one("res.users", "Handled by", readonly=True)
    kind = fields.Selection([("promise", "Promise"), ("plan", "Payment plan")], readonly=True)
    channel = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "Email"),
            ("letter", "Letter"),
            ("portal", "Portal"),
            ("meeting", "Meeting"),
        ],
        "Received by",
        readonly=True,
    )
    date = fields.Date("Made on", readonly=True)
    outcome = fields.Selection(
        [("kept", "Kept in time"), ("broken", "Broken"), ("open", "Open"), ("cancelled", "Cancelled")], readonly=True
    )
    outcome_date = fields.Date("Decided on", readonly=True)
    amount = fields.Monetary("Promised", readonly=True, help="In the company's currency, at the rate of the invoices.")
    kept_share = fields.Float("Kept (%)", digits=(16, 1), readonly=True, aggregator="avg")

    def _query_company(self, company):
        return SQL(
            """
            SELECT commitment.id, %(company)s::int4 AS company_id, %(currency)s::int4 AS currency_id,
                   commitment.id AS commitment_id, commitment.partner_id, commitment.user_id, commitment.kind,
                   commitment.channel, commitment.date, commitment.outcome_date,
                   CASE WHEN commitment.cancelled THEN 'cancelled'
                        ELSE COALESCE(commitment.outcome, 'open') END AS outcome,
                   CASE WHEN commitment.cancelled THEN NULL
                        WHEN commitment.outcome = 'kept' THEN 100.0
                        WHEN commitment.outcome = 'broken' THEN 0.0 END AS kept_share,
                   ROUND(COALESCE(promised.amount, 0) * COALESCE(rate.value, 1), %(digits)s) AS amount
              FROM relance_commitment commitment
         LEFT JOIN LATERAL (
                   SELECT SUM(line.amount) AS amount FROM relance_commitment_line line
                    WHERE line.commitment_id = commitment.id
                   ) promised ON TRUE
         LEFT JOIN LATERAL (
                   SELECT SUM(ABS(move.amount_total_signed)) / NULLIF(SUM(move.amount_total), 0) AS value
                     FROM relance_commitment_move_rel link
                     JOIN account_move move ON move.id = link.move_id
                    WHERE link.commitment_id = commitment.id
                   ) rate ON TRUE
             WHERE commitment.company_id = %(company)s
            """,
            company=company.id,
            currency=company.currency_id.id,
            digits=company.currency_id.decimal_places,
        )

    def action_open_document(self):
        """Open the promise or the plan behind the row."""
        self.ensure_one()
        return self.commitment_id.get_formview_action()
