from odoo import api, models

LATE = [("days_late", ">", 0), ("amount", ">", 0)]
TONES = {"0": "success", "1": "info", "31": "warning", "61": "warning", "91": "danger", "credit": "secondary"}
# Nothing was sent for something that late: nobody looks at it.
FORGOTTEN_DAYS = 30


class RelanceDashboard(models.AbstractModel):
    """What customers owe: ages, stages, and what nobody handles."""

    _inherit = "relance.dashboard"

    @api.model
    def _aged(self, name, domain):
        return self._list(name, "relance.report.aged", domain)

    @api.model
    def _panel_aged(self, company):
        """Return the aged balance."""
        return self._debt_panel(
            company,
            "bucket",
            TONES,
            title=self.env._("Aged balance"),
            help=self.env._(
                "What the receivable accounts leave open today, by days since the due date. Payments and credit notes "
                "that match no invoice yet stand apart: the total is the balance of the accounts."
            ),
        )

    @api.model
    def _panel_stages(self, company):
        """Return the funnel: what is owed by stage of dunning."""
        return self._debt_panel(
            company,
            "stage",
            {"current": "success", "final": "danger", "formal": "danger", "credit": "secondary"},
            title=self.env._("Amounts by stage"),
            help=self.env._(
                "The same balance by where dunning stands: what suspends it first (insolvency, dispute, suspension, "
                "promise), else the last level sent for what is late. A part held of an invoice stays with the rest."
            ),
            empty_action=None,
        )

    @api.model
    def _debt_panel(self, company, field_name, tones, **values):
        """Return what is owed by the values of a selection, in its order, as bars."""
        model = self.env["relance.report.aged"]
        own = [("company_id", "=", company.id)]
        found = {
            key: figures
            for key, *figures in model._read_group(own, [field_name], ["amount:sum", "partner_id:count_distinct"])
        }
        labels = self._label(model._name, field_name)
        longest = max((abs(amount) for amount, _debtors in found.values()), default=0)
        always = tuple(key for key in labels if key != "credit") if field_name == "bucket" else ()
        rows = [
            self._row(
                key,
                label,
                [company.currency_id.round(amount), debtors],
                bar=abs(amount) / longest if longest else 0,
                tone=tones.get(key, "warning"),
                action=self._aged(label, [*own, (field_name, "=", key)]),
            )
            for key, label in labels.items()
            for amount, debtors in [found.get(key, (0.0, 0))]
            if key in found or key in always
        ]
        total = company.currency_id.round(sum(amount for amount, _debtors in found.values()))
        return self._panel(
            company,
            values.pop("title"),
            [(self.env._("Amount"), "money"), (self.env._("Debtors"), "count")],
            rows if found else [],
            total=self._row(
                "total", self.env._("Total"), [total, None], action=self._aged(self.env._("Aged Balance"), own)
            ),
            empty=self.env._("No customer owes anything. Posted invoices show here until they are paid."),
            **values,
        )

    @api.model
    def _panel_unhandled(self, company):
        """Return the debtors nobody handles: without a person in charge, or late without anything being done."""
        own = [("company_id", "=", company.id)]
        cases = [
            ("nobody", self.env._("Overdue, nobody in charge"), [*own, *LATE, ("user_id", "=", False)]),
            (
                "forgotten",
                self.env._("More than %s days late, no reminder, promise or suspension", FORGOTTEN_DAYS),
                [*own, ("amount", ">", 0), ("stage", "=", "late"), ("days_late", ">", FORGOTTEN_DAYS)],
            ),
        ]
        rows = []
        for key, label, domain in cases:
            [[amount, debtors]] = self.env["relance.report.aged"]._read_group(
                domain, [], ["amount:sum", "partner_id:count_distinct"]
            )
            if debtors:
                rows.append(self._row(key, label, [debtors, amount], tone="danger", action=self._aged(label, domain)))
        return self._panel(
            company,
            self.env._("Debtors nobody handles"),
            [(self.env._("Debtors"), "count"), (self.env._("Amount"), "money")],
            rows,
            help=self.env._(
                "The person in charge of a debtor is chosen on the debtor's card (Invoicing, Dunning handled by). The "
                "second line misses a level in its calendar, an address, or a campaign."
            ),
            empty=self.env._("Everything overdue has somebody in charge and a reminder, a promise or a suspension."),
        )
