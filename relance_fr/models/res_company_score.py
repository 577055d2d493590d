from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.groups import SETTINGS_GROUPS
from ..tools.score import WEIGHTS, Marks

WEIGHT_FIELDS = tuple(f"relance_score_weight_{component}" for component in Marks._fields)
SCORE_SETTINGS = ("relance_score_min_invoices", "relance_score_months")


class ResCompany(models.Model):
    _inherit = "res.company"

    relance_score_weight_delay = fields.Integer("Weight of the Delay", default=WEIGHTS.delay, groups=SETTINGS_GROUPS)
    relance_score_weight_overdue = fields.Integer(
        "Weight of What Is Overdue", default=WEIGHTS.overdue, groups=SETTINGS_GROUPS
    )
    relance_score_weight_promise = fields.Integer(
        "Weight of Broken Promises", default=WEIGHTS.promise, groups=SETTINGS_GROUPS
    )
    relance_score_weight_dispute = fields.Integer(
        "Weight of Unfounded Disputes", default=WEIGHTS.dispute, groups=SETTINGS_GROUPS
    )
    relance_score_min_invoices = fields.Integer(
        "Invoices for a Score",
        default=3,
        help="A debtor who paid fewer invoices has no score: too little is known.",
        groups=SETTINGS_GROUPS,
    )
    relance_score_months = fields.Integer(
        "History of the Score (Months)",
        default=24,
        help="What was paid, promised or disputed longer ago no longer counts: 12 to 36 months.",
        groups=SETTINGS_GROUPS,
    )
    relance_score_consumers = fields.Boolean(
        "Score Natural Persons",
        help="Off, natural persons (consumers, and partners that are not companies) have neither score nor figures, "
        "and no rule based on them gives them a segment: scoring persons is profiling, which you must justify, "
        "announce to them and never let decide alone (GDPR art. 22; CNIL). Switching it off erases what was computed.",
        groups=SETTINGS_GROUPS,
    )
    relance_alert_score_drop = fields.Integer(
        "Drop of the Score",
        default=20,
        help="Points lost within 30 days that call for an alert; 0: no such alert.",
        groups=SETTINGS_GROUPS,
    )
    relance_alert_overdue_days = fields.Integer(
        "Propose to Block Orders (Days)",
        default=60,
        help="Days late from which an alert proposes to warn the persons who enter orders; 0: no such alert.",
        groups=SETTINGS_GROUPS,
    )

    _relance_score_bounds = models.Constraint(
        "CHECK(relance_score_months BETWEEN 12 AND 36 AND relance_score_min_invoices >= 1)",
        "The score needs a history of 12 to 36 months and at least one paid invoice.",
    )
    _relance_alert_bounds = models.Constraint(
        "CHECK(relance_alert_score_drop >= 0 AND relance_alert_overdue_days >= 0)",
        "The limits of alerts cannot be negative. Enter 0 for no alert.",
    )

    @api.constrains(*WEIGHT_FIELDS)
    def _check_relance_score_weights(self):
        for company in self:
            weights = company._get_relance_score_weights()
            if min(weights) < 0 or sum(weights) != 100:
                raise ValidationError(
                    self.env._(
                        "The weights of the score of %(company)s are %(weights)s and add up to %(total)s: change them "
                        "so that they add up to 100, none below zero.",
                        company=company.name,
                        weights=" + ".join(map(str, weights)),
                        total=sum(weights),
                    )
                )

    def _get_relance_score_weights(self):
        """Return the points the components of the score are worth (``tools.score.Marks``)."""
        self.ensure_one()
        # Whoever reads a score may know what it is made of.
        company_sudo = self.sudo()
        return Marks(*(company_sudo[name] for name in WEIGHT_FIELDS))

    def write(self, vals):
        before = {company: company._get_relance_score_weights() for company in self} if self._weighs(vals) else {}
        was_scoring = self.filtered("relance_score_consumers") if "relance_score_consumers" in vals else self.browse()
        result = super().write(vals)
        engine = self.env["relance.engine"].sudo()
        for company, weights in before.items():
            if weights != company._get_relance_score_weights():
                engine._weigh_again(company)
        for company in was_scoring - self.filtered("relance_score_consumers"):
            engine._forget_natural_persons(company)
        if set(SCORE_SETTINGS) & set(vals) or vals.get("relance_score_consumers"):
            engine._refresh_profiles_soon(self)
        return result

    @staticmethod
    def _weighs(vals):
        return any(name in vals for name in WEIGHT_FIELDS)
