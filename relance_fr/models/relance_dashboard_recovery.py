from odoo import api, models

from .relance_notice import CHANNELS

PERIOD_MONTHS = 12
# A notice is judged once it had time to work.
JUDGED_DAYS = 30
FIGURES = (
    "amount:sum",
    "paid_30:sum",
    "recovered_amount:sum",
    "days_to_payment:avg",
    "days_to_payment:count",
    "__count",
)


class RelanceDashboard(models.AbstractModel):
    """What dunning brings in, by level and by channel."""

    _inherit = "relance.dashboard"

    @api.model
    def _panel_levels(self, company):
        """Return what the levels brought in."""
        return self._recovery_panel(
            company,
            "level_id",
            self.env._("Recovery by level"),
            lambda level: (level.delay, level.calendar_id.sequence, level.id),
            lambda level: self.env._("%(level)s (%(calendar)s)", level=level.name, calendar=level.calendar_id.name),
        )

    @api.model
    def _panel_channels(self, company):
        """Return what the channels brought in."""
        labels = self._label("relance.report.notice", "channel")
        ranks = {channel: rank for rank, (channel, _name) in enumerate(CHANNELS)}
        return self._recovery_panel(
            company, "channel", self.env._("Recovery by channel"), ranks.get, lambda channel: labels[channel]
        )

    @api.model
    def _recovery_panel(self, company, field_name, title, rank, label):
        """Return what notices brought in, by a field of theirs: asked for, share paid, days to payment."""
        domain = [
            ("company_id", "=", company.id),
            ("date", ">", self._shift(company, months=PERIOD_MONTHS)),
            ("date", "<=", self._shift(company, days=JUDGED_DAYS)),
        ]
        found = self.env["relance.report.notice"]._read_group(domain, [field_name], FIGURES)
        rows = [
            self._row_of_recovery(domain, field_name, label(row[0]), *row)
            for row in sorted(found, key=lambda row: rank(row[0]))
        ]
        return self._panel(
            company,
            title,
            [
                (self.env._("Instalments"), "count"),
                (self.env._("Asked for"), "money"),
                (self.env._("Paid within 30 days"), "percent"),
                (self.env._("Paid before the next"), "percent"),
                (self.env._("Days to payment"), "days"),
            ],
            rows,
            wide=True,
            help=self.env._(
                "Notices sent in the last 12 months, at least 30 days ago. Paid within 30 days: the money received in "
                "the 30 days of the notice, whatever followed it. Paid before the next: each payment counts once, for "
                "the last notice before it. Days to payment: average of what was paid before the next notice. Credit "
                "notes and write-offs are no payments; nothing taken over from before counts."
            ),
            empty=self.env._(
                "No notice is 30 days old yet. What your reminders bring in shows here a month after the first ones."
            ),
            empty_action=self._campaign_action() if field_name == "level_id" else None,
        )

    @api.model
    def _row_of_recovery(self, domain, field_name, name, group, asked, paid, recovered, days, settled, count):
        value = group.id if isinstance(group, models.BaseModel) else group
        rate = self._share(paid, asked)
        return self._row(
            f"{field_name}-{value}",
            name,
            [count, asked, rate, self._share(recovered, asked), round(days, 1) if settled else None],
            bar=(rate or 0) / 100,
            tone="success",
            action=self._list(name, "relance.report.notice", [*domain, (field_name, "=", value)]),
        )
