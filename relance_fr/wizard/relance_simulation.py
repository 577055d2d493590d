from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

# A range longer than a quarter, or one that begins later than that, says little and takes long.
MAX_DAYS = 92


class RelanceSimulation(models.TransientModel):
    """What would be sent between two dates, day by day; nothing is sent."""

    _name = "relance.simulation"
    _description = "Dunning Simulation"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date("From", required=True, default=lambda self: self._get_today())
    date_to = fields.Date("To", required=True, default=lambda self: fields.Date.add(self._get_today(), days=30))
    calendar_id = fields.Many2one(
        "relance.calendar",
        "If This Calendar Applied",
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', company_id)]",
        help="Applied to every debtor of the simulation. Empty: calendars stay as they are.",
    )
    other_calendar_id = fields.Many2one(
        "relance.calendar",
        "Compared with",
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', company_id)]",
        help="The same days played a second time, with this calendar applied to every debtor.",
    )
    partner_ids = fields.Many2many(
        "res.partner",
        "relance_simulation_partner_rel",
        string="Only These Debtors",
        domain="[('parent_id', '=', False)]",
        help="Empty: all of them.",
    )
    usual_delay = fields.Boolean(
        "Debtors Pay as Usual",
        help="For the days to come: a debtor whose average delay is known pays each invoice after that delay. "
        "Otherwise nobody pays any more.",
    )
    is_past = fields.Boolean(compute="_compute_is_past")
    is_future = fields.Boolean(compute="_compute_is_past")
    done = fields.Boolean(readonly=True)
    row_ids = fields.One2many("relance.simulation.notice", "simulation_id", "Simulated Notices")
    day_ids = fields.One2many("relance.simulation.day", "simulation_id", "Days")
    notice_count = fields.Integer("Notices", compute="_compute_totals")
    debtor_count = fields.Integer("Debtors", compute="_compute_totals")
    approval_count = fields.Integer("To Approve", compute="_compute_totals")
    move_count = fields.Integer("Invoices", compute="_compute_totals")
    summary = fields.Text(compute="_compute_totals")
    comparison = fields.Text(compute="_compute_totals")
    missing_rate = fields.Text(readonly=True)
    unreachable_ids = fields.Many2many(
        "res.partner",
        "relance_simulation_unreachable_rel",
        string="No Address",
        readonly=True,
        help="Neither an email nor a postal address can be used: nothing would leave for them.",
    )

    @api.model
    def _get_today(self):
        return self.env.company._relance_today()

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for simulation in self:
            simulation.display_name = self.env._(
                "Simulation from %(first)s to %(last)s",
                first=format_date(self.env, simulation.date_from),
                last=format_date(self.env, simulation.date_to),
            )

    @api.depends("date_from", "date_to", "company_id")
    def _compute_is_past(self):
        for simulation in self:
            today = (simulation.company_id or self.env.company)._relance_today()
            simulation.is_past = bool(simulation.date_from) and simulation.date_from < today
            simulation.is_future = bool(simulation.date_to) and simulation.date_to >= today

    @api.depends("row_ids")
    def _compute_totals(self):
        for simulation in self:
            first, second = simulation._get_totals("first"), simulation._get_totals("second")
            simulation.update({name: first[name] for name in first})
            simulation.summary = self._tell(simulation.calendar_id, first)
            simulation.comparison = (
                self._tell(simulation.other_calendar_id, second) if simulation.other_calendar_id else False
            )

    def _get_totals(self, scenario):
        """Return how many notices, debtors and invoices one ``scenario`` holds.

        No sum: the same invoice is claimed again at each level.
        """
        rows = self.row_ids.filtered(lambda row: row.scenario == scenario)
        return {
            "notice_count": len(rows),
            "debtor_count": len(rows.partner_id),
            "approval_count": len(rows.filtered("to_approve")),
            "move_count": len(rows.move_ids),
        }

    def _tell(self, calendar, totals):
        return self.env._(
            "%(calendar)s: notices %(notices)s, debtors %(debtors)s, invoices %(moves)s, to approve %(approvals)s.",
            calendar=calendar.name or self.env._("Calendars in place"),
            notices=totals["notice_count"],
            debtors=totals["debtor_count"],
            moves=totals["move_count"],
            approvals=totals["approval_count"],
        )

    # === ACTION METHODS === #

    def action_simulate(self):
        """Play the days again and show what would be sent.

        :raises UserError: when the range cannot be played
        """
        self.ensure_one()
        self._check_range()
        self.row_ids.unlink()
        self.day_ids.unlink()
        missing, unreachable = self._play("first", self.calendar_id)
        if self.other_calendar_id:
            other_missing, other_unreachable = self._play("second", self.other_calendar_id)
            missing, unreachable = missing or other_missing, unreachable | other_unreachable
        self.write(
            {"done": True, "missing_rate": missing, "unreachable_ids": [Command.set(sorted(unreachable))]},
        )
        return self._get_form_action()

    def action_open_chart(self):
        """Open the notices by day, stacked by level."""
        return self._get_rows_action("graph,list,kanban,pivot")

    def action_open_rows(self):
        """Open the notices as a list."""
        return self._get_rows_action("list,kanban,graph,pivot")

    # === BUSINESS METHODS === #

    def _check_range(self):
        """Raise a UserError that says what to change when the dates or the company cannot be played."""
        # Other companies of the user are as foreign as unknown ones.
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("Switch to the company %s to simulate its dunning.", self.company_id.name))
        self.env["relance.notice"].check_access("read")
        today = self.company_id._relance_today()
        if self.date_to < self.date_from:
            raise UserError(self.env._("The last day comes before the first one: change the dates."))
        if (self.date_to - self.date_from).days >= MAX_DAYS:
            raise UserError(self.env._("At most %s days are simulated at once: shorten the range.", MAX_DAYS))
        if (self.date_from - today).days > MAX_DAYS:
            raise UserError(
                self.env._(
                    "A simulation begins %(days)s days ahead at most, on %(date)s: what happens until then has to be "
                    "played too. Choose an earlier first day.",
                    days=MAX_DAYS,
                    date=fields.Date.add(today, days=MAX_DAYS),
                )
            )

    def _play(self, scenario, calendar):
        """Play the range with ``calendar`` (empty: everybody's own) and store what would be sent.

        :return: what is missing of the rates (or None), ids of the debtors nothing can reach
        """
        calendar_name = calendar.name or self.env._("Calendars in place")
        rows, simulation = self.company_id._relance_simulate(
            self.date_from, self.date_to, calendar, self.partner_ids, self.usual_delay
        )
        self.env["relance.simulation.notice"]._store(self, scenario, calendar_name, rows)
        return simulation.missing, simulation.unreachable

    def _get_form_action(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_simulation_action")
        return action | {"res_id": self.id, "context": {}}

    def _get_rows_action(self, view_mode, domain=None):
        self.ensure_one()
        compared = bool(self.other_calendar_id)
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_simulation_notice_action")
        return action | {
            "view_mode": view_mode,
            "views": [(False, mode) for mode in view_mode.split(",")],
            "domain": list(Domain("simulation_id", "=", self.id) & Domain(domain or Domain.TRUE)),
            # One calendar at a time: the same debtors are in both.
            "context": {"relance_compared": compared, "search_default_first": compared and not domain},
        }


def by_day(rows):
    """Return rows of simulated notices as ``{day: rows}``, days in order."""
    days = defaultdict(list)
    for row in rows:
        days[row["date"]].append(row)
    return dict(sorted(days.items()))
