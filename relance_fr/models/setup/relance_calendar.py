from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ...law.holidays import is_public_holiday

WEEKDAYS = ("send_mon", "send_tue", "send_wed", "send_thu", "send_fri", "send_sat", "send_sun")

# Longer than any row of days of rest.
HORIZON = 30

# Compared by identity in the context: an RPC client cannot make one to switch the check of the levels off.
CHECK_LATER = object()


class RelanceCalendar(models.Model):
    """An escalation calendar: the steps of dunning and the days on which they may be sent."""

    _name = "relance.calendar"
    _description = "Dunning Calendar"
    _inherit = ["relance.shared"]
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self._default_shared_company(),
        help="Empty: shared by all companies.",
    )
    segment = fields.Selection(
        [("business", "Businesses"), ("public", "Public bodies"), ("consumer", "Consumers")],
        help="Calendar of the customers of this kind that have none of their own. Empty: only for the "
        "companies and customers that choose it.",
    )
    grouping = fields.Selection(
        [("partner", "One notice per customer"), ("invoice", "One notice per invoice")],
        required=True,
        default="partner",
    )
    min_days = fields.Integer(
        "Days Between Notices",
        default=7,
        help="A customer is not written to again before this number of days, whatever falls due.",
    )
    catch_up = fields.Selection(
        [("sequence", "Every level in turn"), ("age", "Straight to the level of its age")],
        "Invoices Found Late",
        required=True,
        default="sequence",
        help="What an invoice goes through when dunning starts long after its due date.",
    )
    send_mon = fields.Boolean("Monday", default=True)
    send_tue = fields.Boolean("Tuesday", default=True)
    send_wed = fields.Boolean("Wednesday", default=True)
    send_thu = fields.Boolean("Thursday", default=True)
    send_fri = fields.Boolean("Friday", default=True)
    send_sat = fields.Boolean("Saturday")
    send_sun = fields.Boolean("Sunday")
    skip_holidays = fields.Boolean("Not on Public Holidays", default=True, help="French public holidays.")
    level_ids = fields.One2many("relance.level", "calendar_id", "Levels", copy=True)
    note = fields.Text(translate=True)

    _min_days_positive = models.Constraint(
        "CHECK(min_days >= 0)",
        "The number of days between two notices cannot be negative.",
    )
    _one_weekday = models.Constraint(
        f"CHECK(({' OR '.join(WEEKDAYS)}) IS TRUE)",
        "Choose at least one day of the week on which notices may be sent.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if "name" in (default or {}):
            return vals_list
        return [
            dict(vals, name=self.env._("%s (copy)", calendar.name))
            for calendar, vals in zip(self, vals_list, strict=True)
        ]

    def write(self, vals):
        if "level_ids" in vals:
            # Two levels may swap their days in one save: judge the result, not each step.
            later = self.with_context(relance_check_levels=CHECK_LATER)
            result = super(RelanceCalendar, later).write(vals)
            self._check_levels()
        else:
            result = super().write(vals)
        if {"active", "sequence"} & set(vals):
            self.env.registry.clear_cache()
        if {"active", "catch_up", "segment", "company_id", *WEEKDAYS} & set(vals):
            self.env["res.company"]._relance_refresh_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.with_context(active_test=False).level_ids._unlink_except_used()

    def _check_levels(self):
        """Raise a ValidationError unless the levels of each calendar escalate with their delays."""
        for calendar in self:
            levels = calendar.level_ids.sorted("delay")
            for before, after in pairwise(levels):
                if before.delay == after.delay:
                    raise ValidationError(
                        self.env._(
                            "%(calendar)s: %(first)s and %(second)s are on the same day (%(delay)s days). "
                            "Give each level a day of its own.",
                            calendar=calendar.name,
                            first=before.name,
                            second=after.name,
                            delay=before.delay,
                        )
                    )
                if before._get_rank() > after._get_rank():
                    raise ValidationError(
                        self.env._(
                            "%(calendar)s: %(second)s (%(second_delay)s days) is milder than %(first)s "
                            "(%(first_delay)s days), which comes before it. Change the kind or the delay of one "
                            "of them: levels go from preventive to courtesy, firm, formal and final.",
                            calendar=calendar.name,
                            first=before.name,
                            second=after.name,
                            first_delay=before.delay,
                            second_delay=after.delay,
                        )
                    )

    @api.model
    def _get_active(self):
        """Return the active calendars of all companies, in order."""
        return self.browse(self._get_active_ids())

    @api.model
    @ormcache()
    def _get_active_ids(self):
        # Shared by all users: the caller runs as superuser and filters by company.
        return tuple(self.sudo().search([("active", "=", True)]).ids)

    def _can_send_on(self, day, zone="FR"):
        """Tell whether notices of this calendar may be sent on `day` (datetime.date), in `zone` of `law.holidays`."""
        self.ensure_one()
        return self[WEEKDAYS[day.weekday()]] and not (self.skip_holidays and is_public_holiday(day, zone))
