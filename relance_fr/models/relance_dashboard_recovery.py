from odoo import api, models
from odoo.exceptions import UserError

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
    """What dunning brings in: by level, by channel, and the penalties."""

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
        rows = []
        for group, asked, paid, recovered, days, settled, count in sorted(found, key=lambda row: rank(row[0])):
            value = group.id if isinstance(group, models.BaseModel) else group
            name = label(group)
            rate = self._share(paid, asked)
            rows.append(
                self._row(
                    f"{field_name}-{value}",
                    name,
                    [count, asked, rate, self._share(recovered, asked), round(days, 1) if settled else None],
                    bar=(rate or 0) / 100,
                    tone="success",
                    action=self._list(name, "relance.report.notice", [*domain, (field_name, "=", value)]),
                )
            )
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

    # === PENALTIES === #

    @api.model
    def _panel_penalties(self, company):
        """Return penalties and indemnities of twelve months: claimed, received, waived."""
        start = self._shift(company, months=PERIOD_MONTHS)
        own = [("company_id", "=", company.id), ("date", ">", start)]
        claims = [*own, ("claimed_amount", ">", 0)]
        [[claimed]] = self.env["relance.report.notice"]._read_group(claims, [], ["claimed_amount:sum"])
        notes, settings = [], None
        name = self.env._("Claimed by notices")
        rows = [self._row("claimed", name, [claimed], action=self._list(name, "relance.report.notice", claims))]
        # Whoever sees the figure may know where it is booked.
        account_ids = company.sudo().relance_penalty_account_ids.ids
        received = 0.0
        if account_ids:
            booked = [*own, ("account_id", "in", account_ids), ("parent_state", "=", "posted")]
            [[balance]] = self.env["account.move.line"]._read_group(booked, [], ["balance:sum"])
            name, received = self.env._("Received (booked)"), company.currency_id.round(-balance)
            action = self._list(name, "account.move.line", booked)
            rows.append(self._row("received", name, [received], action=action))
        else:
            settings = self._settings_action(self.env._("Choose the accounts of penalties"))
            notes.append(
                self.env._("Received: choose the accounts where you book penalties, in the settings of dunning.")
            )
        plans, waived = self._get_waived(company, start)
        if waived is None:
            notes.append(self.env._("Waived: a legal rate is missing; enter it in the configuration, under Rates."))
        else:
            name = self.env._("Waived by payment plans")
            action = self._list(name, "relance.commitment", [("id", "in", plans.ids)], ("list", "form"))
            rows.append(self._row("waived", name, [waived], action=action))
        longest = max(claimed, received, waived or 0)
        for row in rows:
            row |= {"bar": max(0, row["values"][0]) / longest if longest else 0, "tone": "info"}
        return self._panel(
            company,
            self.env._("Penalties and indemnities"),
            [(self.env._("12 months"), "money")],
            rows if longest else [],
            notes=notes,
            action=settings,
            help=self.env._(
                "Claimed: penalties and EUR 40 indemnity of the last notice of each instalment, sent in 12 months. "
                "Received: what was booked in 12 months on the accounts chosen in the settings. Waived: the interest "
                "not claimed thanks to plans of these 12 months that were not broken, as of today."
            ),
            empty=self.env._(
                "Nothing was claimed in 12 months. Firm and later levels claim penalties and the indemnity."
            ),
        )

    @api.model
    def _get_waived(self, company, start):
        """Return the plans since ``start`` that waive interest and were not broken, and that interest so far.

        :return: plans, amount in company currency (None when a legal rate is missing)
        """
        plans = self.env["relance.commitment"].search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", "plan"),
                ("interest", "=", "waived"),
                ("cancelled", "=", False),
                ("outcome", "!=", "broken"),
                ("date", ">", start),
            ]
        )
        moves = plans.move_ids
        if not moves:
            return plans, 0.0
        # The claim is made of all the debtor's entries, whatever the reader may open.
        engine_sudo = self.env["relance.engine"].sudo()
        try:
            claimed = engine_sudo._get_statements(moves)
            whole = engine_sudo.with_context(relance_ignore_waivers=True)._get_statements(moves)
        except UserError:
            return plans, None
        amount = sum(
            (float(whole[move.id]["penalty"]) - float(claimed[move.id]["penalty"])) / (move.invoice_currency_rate or 1)
            for move in moves
        )
        return plans, company.currency_id.round(amount)
