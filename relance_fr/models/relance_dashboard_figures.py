from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.fields import Domain

from ..tools.dso import by_count_back, by_ratio
from .relance_dashboard_debt import LATE

# Sales of so many days, and months at most that the balance may exhaust.
DSO_DAYS = 365
COUNT_BACK_MONTHS = 24
DECIDED_MONTHS = 12


class RelanceDashboard(models.AbstractModel):
    """The figures at the head of the dashboard."""

    _inherit = "relance.dashboard"

    @api.model
    def _panel_figures(self, company):
        """Return the five figures of the head of the screen."""
        balance, overdue, current = self._get_balances(company)
        days = self._get_dso_days(company)
        rows = [
            *self._figures_of_debt(company, balance, overdue, current),
            *self._figures_of_dso(company, balance, current, days),
            self._figure_of_promises(company),
        ]
        help_text = self.env._(
            "Receivables: balance of the receivable accounts, credits deducted. Overdue: invoices past their due "
            "date; the rate is their share of all open invoices, credits apart. DSO: receivables / sales (taxes "
            "included, credit notes deducted) × days, over %(days)s days. By count-back: the balance exhausts the "
            "sales of the latest months first. Best possible DSO: the same with what is not due only. Promises kept: "
            "decided in the last 12 months, by the ledger, as of the last daily job.",
            days=days,
        )
        return self._panel(company, self.env._("Key figures"), [], rows, help=help_text)

    @api.model
    def _figures_of_debt(self, company, balance, overdue, current):
        own = [("company_id", "=", company.id)]
        rate = self._share(overdue, overdue + current)
        note = rate is not None and self.env._("%s %% of invoices", self._number(rate))
        name, opened = self.env._("Receivables"), self._aged(self.env._("Aged Balance"), own)
        yield self._figure("balance", name, "money", balance, "", opened)
        name = self.env._("Overdue")
        yield self._figure(
            "overdue", name, "money", overdue, note, self._aged(name, own + LATE), "danger" if overdue else ""
        )

    @api.model
    def _figures_of_dso(self, company, balance, current, days):
        documents = self._get_sales_domain(company)
        domain = [*documents, ("invoice_date", ">", self._shift(company, days=days))]
        [[sales]] = self.env["account.move"]._read_group(domain, [], ["amount_total_signed:sum"])
        dso, best = by_ratio(balance, sales, days), by_ratio(current, sales, days)
        back = by_count_back(balance, self._get_monthly_sales(company, documents))
        note = None not in (dso, back) and self.env._("%s days by count-back", self._number(back))
        invoices = self._list(
            self.env._("Sales of %s days", days),
            "account.move",
            domain,
            ("list", "form"),
            "account.view_out_invoice_tree",
        )
        yield self._figure("dso", self.env._("DSO"), "days", dso, note, invoices)
        late_days = self._number(max(0, dso - best)) if dso is not None else ""
        note = late_days and self.env._("%s days because of lateness", late_days)
        not_due = self._aged(self.env._("Not due"), Domain("company_id", "=", company.id) & Domain("bucket", "=", "0"))
        yield self._figure("best_dso", self.env._("Best possible DSO"), "days", best, note, not_due)

    @api.model
    def _figure_of_promises(self, company):
        domain = [
            ("company_id", "=", company.id),
            ("outcome", "in", ("kept", "broken")),
            ("outcome_date", ">", self._shift(company, months=DECIDED_MONTHS)),
        ]
        counts = dict(self.env["relance.report.promise"]._read_group(domain, ["outcome"], ["__count"]))
        kept, decided = counts.get("kept", 0), sum(counts.values())
        note = decided and self.env._("%(kept)s of %(decided)s in 12 months", kept=kept, decided=decided)
        action = self._list(self.env._("Promises decided"), "relance.report.promise", domain)
        name = self.env._("Promises kept")
        return self._figure("promises", name, "percent", self._share(kept, decided), note, action)

    @api.model
    def _figure(self, key, label, type_, value, note, action, tone=""):
        return self._row(key, label, [value], tone=tone, action=action) | {"type": type_, "note": note or ""}

    @api.model
    def _number(self, value):
        """Return a figure with one decimal as the user writes it."""
        return self.env["ir.qweb.field.float"].value_to_html(value, {"precision": 1})

    @api.model
    def _get_balances(self, company):
        """Return the balance of the receivable accounts, what is overdue of it and what is not due (credits apart)."""
        rows = self.env["relance.report.aged"]._read_group(
            [("company_id", "=", company.id)], ["bucket"], ["amount:sum"]
        )
        amounts = dict(rows)
        current = amounts.get("0", 0.0)
        overdue = sum(amount for bucket, amount in rows if bucket not in ("0", "credit"))
        rounded = company.currency_id.round
        return rounded(sum(amounts.values())), rounded(overdue), rounded(current)

    @api.model
    def _get_sales_domain(self, company):
        """Return the domain of the invoices and credit notes that make sales, up to today."""
        return [
            ("company_id", "=", company.id),
            ("state", "=", "posted"),
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ("invoice_date", "<=", self._shift(company)),
        ]

    @api.model
    def _get_dso_days(self, company):
        """Return the days the DSO looks back: a year, or since the first sale."""
        [[first]] = self.env["account.move"]._read_group(self._get_sales_domain(company), [], ["invoice_date:min"])
        today = self.env["relance.engine"]._today(company)
        return min(DSO_DAYS, (today - first).days + 1) if first else DSO_DAYS

    @api.model
    def _get_monthly_sales(self, company, documents):
        """Return ``[(days, sales)]`` of each month, the current one first, back to the first sale."""
        today = self.env["relance.engine"]._today(company)
        start = today.replace(day=1) - relativedelta(months=COUNT_BACK_MONTHS - 1)
        domain = [*documents, ("invoice_date", ">=", start.isoformat())]
        found = dict(self.env["account.move"]._read_group(domain, ["invoice_date:month"], ["amount_total_signed:sum"]))
        months, month = [], today.replace(day=1)
        while found and month >= min(found):
            end = min(today, month + relativedelta(months=1, days=-1))
            months.append(((end - month).days + 1, found.get(month, 0.0)))
            month -= relativedelta(months=1)
        return months
