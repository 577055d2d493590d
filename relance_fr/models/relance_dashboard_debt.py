from dateutil.relativedelta import relativedelta
from odoo import api, models

from ..tools import dso

# Sales of so many days, and months at most that the balance may exhaust.
DSO_DAYS = 365
COUNT_BACK_MONTHS = 24
LATE = [("days_late", ">", 0), ("amount", ">", 0)]
TONES = {"0": "success", "1": "info", "31": "warning", "61": "warning", "91": "danger", "credit": "secondary"}
# Nothing was sent for something that late: nobody looks at it.
FORGOTTEN_DAYS = 30
DECIDED_MONTHS = 12


class RelanceDashboard(models.AbstractModel):
    """What customers owe: figures, ages, stages, and what nobody handles."""

    _inherit = "relance.dashboard"

    @api.model
    def _panel_figures(self, company):
        """Return the five figures of the head of the screen."""
        _ = self.env._
        balance, overdue, current = self._get_balances(company)
        sales, days, months, sales_domain = self._get_sales(company)
        ratio, best = dso.by_ratio(balance, sales, days), dso.by_ratio(current, sales, days)
        back = dso.by_count_back(balance, months)
        kept, decided, promises = self._get_promises(company)
        rate = self._share(overdue, overdue + current)
        invoices = self._list(
            _("Sales of %s days", days), "account.move", sales_domain, ("list", "form"), "account.view_out_invoice_tree"
        )
        own = [("company_id", "=", company.id)]
        rows = [
            self._figure("balance", _("Receivables"), "money", balance, "",
                         self._aged(_("Aged Balance"), own)),
            self._figure("overdue", _("Overdue"), "money", overdue,
                         rate is not None and _("%s %% of invoices", self._number(rate)),
                         self._aged(_("Overdue"), own + LATE), "danger" if overdue else ""),
            self._figure("dso", _("DSO"), "days", ratio,
                         back is not None and ratio is not None and _("%s days by count-back", self._number(back)),
                         invoices),
            self._figure("best_dso", _("Best possible DSO"), "days", best,
                         best is not None and _("%s days are lateness", self._number(max(0, ratio - best))),
                         self._aged(_("Not due"), [*own, ("bucket", "=", "0")])),
            self._figure("promises", _("Promises kept"), "percent", self._share(kept, decided),
                         decided and _("%(kept)s of %(decided)s in 12 months", kept=kept, decided=decided),
                         self._list(_("Promises decided"), "relance.report.promise", promises)),
        ]  # fmt: skip
        help_text = _(
            "Receivables: balance of the receivable accounts, credits deducted. Overdue: invoices past their due date; the "
            "rate is their share of all open invoices, credits apart. DSO: receivables / sales (taxes included, credit "
            "notes deducted) × days, over %(days)s days. By count-back: the balance exhausts the sales of the latest "
            "months first. Best possible DSO: the same with what is not due only. Promises kept: decided in the last 12 "
            "months, by the ledger, as of the last daily job.",
            days=days,
        )
        return self._panel(company, _("Key figures"), [], rows, help=help_text)

    @api.model
    def _figure(self, key, label, type_, value, note, action, tone=""):
        return self._row(key, label, [value], tone=tone, action=action) | {"type": type_, "note": note or ""}

    @api.model
    def _number(self, value):
        """Return a figure with one decimal as the user writes it."""
        return self.env["ir.qweb.field.float"].value_to_html(value, {"precision": 1})

    @api.model
    def _aged(self, name, domain):
        return self._list(name, "relance.report.aged", domain)

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
    def _get_sales(self, company):
        """Return the sales the DSO is about: amount, days, ``(days, sales)`` by month back from now, their domain."""
        today = self.env["relance.engine"]._as_of(company)
        documents = [
            ("company_id", "=", company.id),
            ("state", "=", "posted"),
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ("invoice_date", "<=", today),
        ]
        moves = self.env["account.move"]
        [[first]] = moves._read_group(documents, [], ["invoice_date:min"])
        days = min(DSO_DAYS, (today - first).days + 1) if first else DSO_DAYS
        domain = [*documents, ("invoice_date", ">", today - relativedelta(days=days))]
        [[sales]] = moves._read_group(domain, [], ["amount_total_signed:sum"])
        start = today.replace(day=1) - relativedelta(months=COUNT_BACK_MONTHS - 1)
        found = dict(
            moves._read_group(
                [*documents, ("invoice_date", ">=", start)], ["invoice_date:month"], ["amount_total_signed:sum"]
            )
        )
        months, month = [], today.replace(day=1)
        while first and month >= max(start, first.replace(day=1)):
            end = min(today, month + relativedelta(months=1, days=-1))
            months.append(((end - month).days + 1, found.get(month, 0.0)))
            month -= relativedelta(months=1)
        domain = [(*leaf[:2], leaf[2].isoformat()) if leaf[0] == "invoice_date" else leaf for leaf in domain]
        return sales, days, months, domain

    @api.model
    def _get_promises(self, company):
        """Return how many promises of the last months were kept, how many were decided, and their domain."""
        today = self.env["relance.engine"]._as_of(company)
        domain = [
            ("company_id", "=", company.id),
            ("outcome", "in", ("kept", "broken")),
            ("outcome_date", ">", (today - relativedelta(months=DECIDED_MONTHS)).isoformat()),
        ]
        counts = dict(self.env["relance.report.promise"]._read_group(domain, ["outcome"], ["__count"]))
        return counts.get("kept", 0), sum(counts.values()), domain

    @api.model
    def _panel_aged(self, company):
        """Return the aged balance."""
        _ = self.env._
        return self._debt_panel(
            company,
            "bucket",
            TONES,
            title=_("Aged balance"),
            help=_(
                "What the receivable accounts leave open today, by days since the due date. Payments and credit notes that "
                "match no invoice yet stand apart: the total is the balance of the accounts."
            ),
        )

    @api.model
    def _panel_stages(self, company):
        """Return the funnel: what is owed by stage of dunning."""
        _ = self.env._
        return self._debt_panel(
            company,
            "stage",
            {"current": "success", "final": "danger", "formal": "danger", "credit": "secondary"},
            title=_("Amounts by stage"),
            help=_(
                "The same balance by where dunning stands: what suspends it first (insolvency, dispute, suspension, "
                "promise), else the last level sent for what is late. A part held of an invoice stays with the rest."
            ),
            empty_action=None,
        )

    @api.model
    def _debt_panel(self, company, field_name, tones, **values):
        """Return what is owed by the values of a selection, in its order, as bars."""
        _ = self.env._
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
            [(_("Amount"), "money"), (_("Debtors"), "count")],
            rows if found else [],
            total=self._row("total", _("Total"), [total, None], action=self._aged(_("Aged Balance"), own)),
            empty=_("No customer owes anything. Posted invoices show here until they are paid."),
            **values,
        )

    @api.model
    def _panel_unhandled(self, company):
        """Return the debtors nobody handles: without a person in charge, or late without anything being done."""
        _ = self.env._
        own = [("company_id", "=", company.id)]
        cases = [
            ("nobody", _("Overdue, nobody in charge"), [*own, *LATE, ("user_id", "=", False)]),
            (
                "forgotten",
                _("More than %s days late, no reminder, promise or suspension", FORGOTTEN_DAYS),
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
            _("Debtors nobody handles"),
            [(_("Debtors"), "count"), (_("Amount"), "money")],
            rows,
            help=_(
                "A debtor has a person in charge on his card (Invoicing, Dunning handled by). The second line misses a level "
                "in its calendar, an address, or a campaign."
            ),
            empty=_("Everything overdue has somebody in charge and a reminder, a promise or a suspension."),
        )
