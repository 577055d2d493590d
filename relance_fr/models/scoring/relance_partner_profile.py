from odoo import api, fields, models
from odoo.tools import format_amount

from ...tools import score as formula
from ...tools.score import MARKS

SCORE_STATUS = [
    ("scored", "Scored"),
    ("short", "Not enough history"),
    ("natural", "Natural person, not scored"),
]

SCORE_RANGES = [("80", "80 to 100"), ("60", "60 to 79"), ("40", "40 to 59"), ("20", "20 to 39"), ("0", "0 to 19")]


class RelancePartnerProfile(models.Model):
    """What a company's own ledger says of a debtor: figures, score and segment. One row a company and debtor.

    Written by the nightly job and by nothing else, set-based (``res.company._relance_refresh_profiles``): never on
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
    # A progress bar without the field of its maximum calls its value a percentage.
    score_max = fields.Integer(compute="_compute_score_max")
    formula = fields.Html(compute="_compute_formula", compute_sudo=True, sanitize=False)
    alert_ids = fields.One2many("relance.alert", compute="_compute_alert_ids", compute_sudo=True)
    alert_text = fields.Char("Alerts", compute="_compute_alert_ids", compute_sudo=True)

    _once = models.UniqueIndex("(company_id, partner_id)", "A debtor has one profile in a company.")

    # === CRON AND ACTION METHODS === #

    @api.model
    def _cron_refresh(self):
        """Compute scores, segments and alerts of every company anew (nightly, before the escalation)."""
        self.env["res.company"]._relance_refresh_all_profiles()

    def action_open_partner(self):
        """Open the debtor."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    # === COMPUTE METHODS - WHAT EXPLAINS THE SCORE === #

    def _compute_score_max(self):
        self.score_max = 100

    @api.depends("score", "status", "computed_on")
    @api.depends_context("lang")
    def _compute_formula(self):
        for profile in self:
            profile.formula = self.env["ir.qweb"]._render(
                "relance_fr.score_formula",
                {"profile": profile, "lines": profile._get_formula_lines(), "number": profile._write_number},
                raise_if_not_found=False,
            )

    def _compute_alert_ids(self):
        alerts = self.env["relance.alert"].search(
            [("partner_id", "in", self.partner_id.ids), ("state", "!=", "closed")]
        )
        for profile in self:
            here = alerts.filtered(
                lambda alert, profile=profile: (
                    (alert.partner_id, alert.company_id) == (profile.partner_id, profile.company_id)
                )
            )
            profile.alert_ids = here
            profile.alert_text = " ".join(alert.message for alert in here if alert.state == "open")

    def _get_formula_lines(self):
        """Return the lines of the score: dicts of label, value (text), weight, mark and points; [] without a score."""
        self.ensure_one()
        if self.status != "scored":
            return []
        weights = self.company_id._get_relance_score_weights()
        rows = zip(self._get_formula_texts(), weights, MARKS, strict=True)
        lines = []
        for (label, value), weight, column in rows:
            mark = str(self[column])
            points = formula.get_points(weight, mark)
            lines.append({"label": label, "value": value, "weight": weight, "mark": self[column], "points": points})
        return lines

    def _get_formula_texts(self):
        """Return the label of each component and the facts behind its mark, in words, in the order of the weights."""
        self.ensure_one()
        number = self._write_number
        delay = self.env._(
            "%(days)s days late on average, over %(count)s invoices",
            days=number(self.average_delay),
            count=self.paid_count,
        )
        promises = self.env._("%(broken)s broken, %(kept)s kept", broken=self.promises_broken, kept=self.promises_kept)
        disputes = self.env._(
            "%(lost)s unfounded, %(won)s founded", lost=number(self.disputes_lost), won=number(self.disputes_won)
        )
        return [
            (self.env._("Delay of what was paid"), delay),
            (self.env._("Overdue"), self._get_overdue_text()),
            (self.env._("Broken promises"), promises),
            (self.env._("Unfounded disputes"), disputes),
        ]

    def _get_overdue_text(self):
        if not self.overdue_amount:
            return self.env._("Nothing")
        return self.env._(
            "%(amount)s, %(share)s %% of a year's turnover, for %(age)s days on average",
            amount=format_amount(self.env, self.overdue_amount, self.currency_id),
            share=self._write_number(self.overdue_share),
            age=self._write_number(self.overdue_age),
        )

    def _write_number(self, value):
        """Return a figure as the reader's language writes it, without a needless zero."""
        digits = 0 if float(value).is_integer() else 1
        lang = self.env["res.lang"]._lang_get(self.env.lang or "en_US")
        return lang.format(f"%.{digits}f", float(value), grouping=True)
