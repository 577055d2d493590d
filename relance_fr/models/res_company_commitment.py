from odoo import fields, models

from ..tools.groups import SETTINGS_GROUPS


class ResCompany(models.Model):
    """How the company follows what debtors promise."""

    _inherit = "res.company"

    relance_promise_tolerance_days = fields.Integer(
        "Tolerance on Promised Days",
        help="Days a promised payment may be late before the promise is broken.",
        groups=SETTINGS_GROUPS,
    )
    relance_promise_tolerance_amount = fields.Monetary(
        "Tolerance on Promised Amounts",
        help="What may be missing, in the currency of the invoices, without breaking a promise.",
        groups=SETTINGS_GROUPS,
    )
    relance_reminder_days = fields.Integer(
        "Reminder before an Instalment (Days)",
        default=2,
        help="A friendly e-mail goes to the debtor that many days before each instalment of a plan. 0: none.",
        groups=SETTINGS_GROUPS,
    )
    relance_remind_promises = fields.Boolean(
        "Remind of Promises Too",
        help="The same e-mail goes before the day of a promise of a single payment.",
        groups=SETTINGS_GROUPS,
    )
    relance_broken_promise = fields.Selection(
        [("resume", "Dunning goes on where it was"), ("formal", "The next step is the formal notice")],
        "After a Broken Promise",
        default="resume",
        required=True,
        groups=SETTINGS_GROUPS,
    )
    relance_plan_interest = fields.Selection(
        [("runs", "Goes on running"), ("waived", "Is waived if the plan is kept")],
        "Interest during a Plan",
        default="runs",
        required=True,
        help="Proposed for each new plan, stated in its letter.",
        groups=SETTINGS_GROUPS,
    )

    _relance_promise_tolerance_positive = models.Constraint(
        "CHECK(relance_promise_tolerance_days >= 0 AND relance_promise_tolerance_amount >= 0)",
        "A tolerance cannot be negative. Enter 0 for none.",
    )
    _relance_reminder_days_positive = models.Constraint(
        "CHECK(relance_reminder_days >= 0)",
        "The reminder goes before the instalment: enter 0 for none, or a number of days.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "relance_broken_promise" in vals:
            self.env["relance.engine"]._refresh_open()
        return result
