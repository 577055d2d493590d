from odoo import fields, models

from ..tools.groups import SETTINGS_GROUPS

AGES = [
    ("0", "Not due"),
    ("1", "1 to 30 days late"),
    ("31", "31 to 60 days late"),
    ("61", "61 to 90 days late"),
    ("91", "91 to 180 days late"),
    ("old", "More than 180 days late"),
]
# The first day of lateness of each age.
AGE_STARTS = {"0": 0, "1": 1, "31": 31, "61": 61, "91": 91, "old": 181}
ODDS_FIELDS = tuple(f"relance_odds_{age}" for age in AGE_STARTS)


class ResCompany(models.Model):
    _inherit = "res.company"

    # What practitioners of collection quote.
    relance_odds_0 = fields.Float("Recovery Rate: Not Due (%)", digits=(5, 1), default=90, groups=SETTINGS_GROUPS)
    relance_odds_1 = fields.Float(
        "Recovery Rate: 1 to 30 Days Late (%)", digits=(5, 1), default=80, groups=SETTINGS_GROUPS
    )
    relance_odds_31 = fields.Float(
        "Recovery Rate: 31 to 60 Days Late (%)", digits=(5, 1), default=60, groups=SETTINGS_GROUPS
    )
    relance_odds_61 = fields.Float(
        "Recovery Rate: 61 to 90 Days Late (%)", digits=(5, 1), default=50, groups=SETTINGS_GROUPS
    )
    relance_odds_91 = fields.Float(
        "Recovery Rate: 91 to 180 Days Late (%)", digits=(5, 1), default=30, groups=SETTINGS_GROUPS
    )
    relance_odds_old = fields.Float(
        "Recovery Rate: More than 180 Days Late (%)", digits=(5, 1), default=20, groups=SETTINGS_GROUPS
    )
    relance_odds_days = fields.Integer(
        "Recovery Rates Measured over (Days)",
        default=180,
        help="A debt that reached an age counts as recovered when it was paid within so many days.",
        groups=SETTINGS_GROUPS,
    )
    relance_penalty_account_ids = fields.Many2many(
        "account.account",
        "res_company_relance_penalty_account_rel",
        "company_id",
        "account_id",
        string="Accounts of Penalties Received",
        domain="[('company_ids', 'parent_of', id), ('account_type', 'in', ['income', 'income_other'])]",
        help="Where late-payment penalties and the EUR 40 indemnity are booked once received.",
        groups=SETTINGS_GROUPS,
    )

    _relance_odds_range = models.Constraint(
        f"CHECK({' AND '.join(f'{name} BETWEEN 0 AND 100' for name in ODDS_FIELDS)})",
        "Recovery rates are percentages: enter figures from 0 to 100.",
    )
    _relance_odds_days_range = models.Constraint(
        "CHECK(relance_odds_days BETWEEN 30 AND 730)", "Recovery rates are measured over 30 to 730 days."
    )
