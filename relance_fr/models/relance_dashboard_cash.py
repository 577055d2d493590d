from datetime import timedelta

from odoo import api, models
from odoo.tools import format_date

# Weeks shown one by one.
WEEKS = 8


class RelanceDashboard(models.AbstractModel):
    """The money to come by week, and the odds it is weighted with."""

    _inherit = "relance.dashboard"

    @api.model
    def _panel_cash(self, company):
        """Return what is expected by week, then later, late without a date; what is held counts for nothing."""
        today = self.env["relance.engine"]._today(company)
        own = [("company_id", "=", company.id)]
        monday = today - timedelta(days=today.weekday())
        found = self._get_cash(own, monday)
        rounded = company.currency_id.round
        longest = max((expected for _left, expected in found.values()), default=0)
        rows = [
            self._row(
                key,
                label,
                [rounded(expected), rounded(left)],
                bar=expected / longest if longest else 0,
                tone=tone,
                action=self._list(label, "relance.report.cash", domain),
            )
            for key, label, domain, tone in self._get_periods(own, monday)
            for left, expected in [found.get(key, (0.0, 0.0))]
            if key in found or key.startswith("week")
        ]
        totals = [rounded(sum(figures[rank] for figures in found.values())) for rank in (1, 0)]
        name = self.env._("Expected cash")
        return self._panel(
            company,
            name,
            [(self.env._("Expected"), "money"), (self.env._("Left to pay"), "money")],
            rows if found else [],
            total=self._row("total", self.env._("Total"), totals, action=self._list(name, "relance.report.cash", own)),
            help=self.env._(
                "What is left of invoices, net of credits and of payments on their way, on the day it is promised, "
                "else on its due date, times the recovery rate of its age (below). A promise whose day has come is "
                "expected this week. What is late without a promise has no date; what is disputed or suspended is not "
                "expected."
            ),
            empty=self.env._("Nothing is to be paid. Posted invoices show here on their due dates."),
        )

    @api.model
    def _get_periods(self, own, monday):
        """Return ``(key, label, domain, tone)`` of the weeks from ``monday`` on, and of what has no week."""
        for rank in range(WEEKS):
            start = monday + timedelta(weeks=rank)
            label = self.env._("Week of %s", format_date(self.env, start, date_format="d MMM"))
            yield f"week-{rank}", label, self._between(own, start, start + timedelta(weeks=1)), "success"
        after = (monday + timedelta(weeks=WEEKS)).isoformat()
        yield "later", self.env._("Later"), [*own, ("date", ">=", after)], "info"
        yield "late", self.env._("Late, no date"), [*own, ("source", "=", "late")], "warning"
        yield "held", self.env._("Disputed or suspended"), [*own, ("source", "=", "held")], "secondary"

    @api.model
    def _between(self, domain, start, end):
        return [*domain, ("date", ">=", start.isoformat()), ("date", "<", end.isoformat())]

    @api.model
    def _get_cash(self, domain, monday):
        """Return ``{period key: (left to pay, expected)}``."""
        found = {}
        rows = self.env["relance.report.cash"]._read_group(
            domain, ["source", "date:day"], ["amount:sum", "expected_amount:sum"]
        )
        for source, day, left, expected in rows:
            rank = (day - monday).days // 7 if day else None
            key = source if day is False or day is None else f"week-{rank}" if rank < WEEKS else "later"
            before = found.get(key, (0.0, 0.0))
            found[key] = (before[0] + left, before[1] + expected)
        return found

    @api.model
    def _panel_odds(self, company):
        """Return the odds by age: measured by the ledger, next to those the company assumes."""
        ages = dict(self.env["relance.report.cash"]._fields["age"]._description_selection(self.env))
        days = company._get_relance_setting("relance_odds_days")
        rows = [
            self._row(
                f"odds-{odds['age']}",
                ages[odds["age"]],
                [odds["assumed"], odds["measured"], odds["count"], odds["amount"]],
                bar=odds["used"] / 100,
                tone="info" if odds["measured"] is None else "success",
                action=self._list(
                    ages[odds["age"]],
                    "relance.report.cash",
                    [("company_id", "=", company.id), ("age", "=", odds["age"]), ("source", "!=", "held")],
                ),
            )
            for odds in self.env["relance.engine"]._get_odds(company)
        ]
        return self._panel(
            company,
            self.env._("Recovery rates by age"),
            [
                (self.env._("Assumed"), "percent"),
                (self.env._("Measured"), "percent"),
                (self.env._("Instalments"), "count"),
                (self.env._("Amount measured"), "money"),
            ],
            rows,
            wide=True,
            action=self._settings_action(self.env._("Change the recovery rates assumed")),
            help=self.env._(
                "Measured: of what reached this age unpaid in the last two years, the share of the amount that was "
                "paid within %(days)s days of it. Under 10 instalments nothing is measured and the recovery rate "
                "assumed is used: practitioners quote it, you can edit it. Each line opens what is open at that age.",
                days=days,
            ),
        )
