from odoo import api, fields, models

SCORE_STATUS = [
    ("scored", "Scored"),
    ("short", "Not enough history"),
    ("natural", "Natural person, not scored"),
]
SCORE_RANGES = [("80", "80 to 100"), ("60", "60 to 79"), ("40", "40 to 59"), ("20", "20 to 39"), ("0", "0 to 19")]


class RelancePartnerProfile(models.Model):
    """What a company's own ledger says of a debtor: figures, score and segment. One row a company and debtor.

    Written by the nightly job and by nothing else, set-based (``relance.engine``, ``_refresh_profiles``): never on
    ``res.partner``, which companies share. Amounts in the company's currency, delays in days, shares in percent.
    """

    _name = "relance.partner.profile"
    _description = "Debtor Profile"
    _rec_name = "partner_id"
    _order = "score, id"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Debtor", required=True, readonly=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    segment_id = fields.Many2one("relance.segment", readonly=True, index="btree_not_null", ondelete="set null")
    status = fields.Selection(SCORE_STATUS, "Score Status", readonly=True)
    score = fields.Integer(readonly=True, aggregator="avg")
    score_range = fields.Selection(SCORE_RANGES, "Range of Scores", readonly=True)
    score_history = fields.Json(readonly=True)
    computed_on = fields.Date("Last Computed on", readonly=True)

    # What was paid
    paid_count = fields.Integer("Paid Invoices", readonly=True)
    average_delay = fields.Float("Average Delay (Days)", digits=(16, 1), readonly=True, aggregator="avg")
    recent_delay = fields.Float("Delay of the Last 6 Months", digits=(16, 1), readonly=True, aggregator="avg")
    earlier_delay = fields.Float("Delay of the 6 Months Before", digits=(16, 1), readonly=True, aggregator="avg")
    has_trend = fields.Boolean(readonly=True)
    trend = fields.Float(
        "Trend (Days)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Average delay of the last six months less that of the six before: above zero, it gets worse.",
    )
    late_share = fields.Float("Paid Late (%)", digits=(16, 1), readonly=True, aggregator="avg")
    # What is owed
    customer_since = fields.Date(readonly=True)
    turnover = fields.Monetary(
        "Turnover of 12 Months", readonly=True, help="Invoiced less credit notes, taxes included."
    )
    overdue_amount = fields.Monetary("Overdue", readonly=True)
    overdue_share = fields.Float("Overdue (% of Turnover)", digits=(16, 1), readonly=True, aggregator="avg")
    overdue_age = fields.Float("Age of What Is Overdue (Days)", digits=(16, 1), readonly=True, aggregator="avg")
    oldest_due = fields.Date("Oldest Due Date", readonly=True)
    # What was promised and disputed
    promises_kept = fields.Integer(readonly=True)
    promises_broken = fields.Integer("Broken Promises", readonly=True)
    disputes_lost = fields.Float(
        "Unfounded Disputes", digits=(16, 1), readonly=True, help="A dispute that was partly founded counts as half."
    )
    disputes_won = fields.Float("Founded Disputes", digits=(16, 1), readonly=True)
    # The formula
    mark_delay = fields.Float("Delay: Mark", digits=(16, 1), readonly=True, aggregator=None)
    mark_overdue = fields.Float("Overdue: Mark", digits=(16, 1), readonly=True, aggregator=None)
    mark_promise = fields.Float("Promises: Mark", digits=(16, 1), readonly=True, aggregator=None)
    mark_dispute = fields.Float("Disputes: Mark", digits=(16, 1), readonly=True, aggregator=None)

    _once = models.UniqueIndex("(company_id, partner_id)", "A debtor has one profile in a company.")

    @api.model
    def _cron_refresh(self):
        """Compute scores, segments and alerts of every company anew (nightly, before the escalation)."""
        self.env["relance.engine"]._refresh_all_profiles()

    def action_open_partner(self):
        """Open the debtor."""
        self.ensure_one()
        return self.partner_id.get_formview_action()
