from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools.dso import by_count_back, by_ratio
from ..notice.relance_notice import CHANNELS

# The cards are for phones.
LIST_VIEWS = ("list", "kanban", "pivot", "graph")

LATE = [("days_late", ">", 0), ("amount", ">", 0)]

TONES = {"0": "success", "1": "info", "31": "warning", "61": "warning", "91": "danger", "credit": "secondary"}

# Nothing was sent for something that late: nobody looks at it.
FORGOTTEN_DAYS = 30

# Sales of so many days, and months at most that the balance may exhaust.
DSO_DAYS = 365

COUNT_BACK_MONTHS = 24

DECIDED_MONTHS = 12

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

# Weeks shown one by one.
WEEKS = 8


class RelanceDashboard(models.AbstractModel):
    """The figures of dunning of one company, panel by panel: what the screen "Dashboard" shows.

    A panel is a dict the client draws without knowing what it is about:

    - ``title``, ``help``: how its figures are made; ``currency_id``; ``notes``: sentences below; ``wide``
    - ``columns``: ``[{label, type}]``, type ``money``, ``percent``, ``days``, ``count`` or ``text``
    - ``rows``: ``[{key, label, values, bar, tone, action}]``: a value a column (None: not known), the length of a bar
      from 0 to 1 (or None), and the action that lists what the row adds up; ``total``: a row, or None
    - ``empty``: what to do when there is nothing to show, with ``empty_action`` (``{label, xmlid}``) or None
    - ``action``: what else may be done (``{label, xmlid}``), or None

    Each panel takes a constant number of statements. Every figure is a sum over the domain its action opens.
    """

    _name = "relance.dashboard"
    _description = "Dunning Dashboard"

    # === PANELS === #

    @api.model
    def get_companies(self):
        """Return the companies of the user's choice: dicts ``id``, ``name``, ``day`` (ISO), and the names of panels."""
        self._check_rights()
        return {
            "companies": [
                {"id": company.id, "name": company.name, "day": company._relance_today().isoformat()}
                for company in self.env.companies
            ],
            "panels": list(self._get_panels()),
        }

    @api.model
    def get_panel(self, name, company_id):
        """Return a panel (see the class) of a company.

        :raises AccessError: when the user may not read the reports or does not work in the company
        """
        self._check_rights()
        company = self.env.companies.filtered(lambda company: company.id == company_id)
        if not company:
            raise AccessError(self.env._("Choose this company in the list of companies first."))
        make = self._get_panels().get(name) if isinstance(name, str) else None
        if not make:
            raise UserError(self.env._("There is no such panel: load the page again."))
        return make(self.with_company(company).with_context(allowed_company_ids=company.ids), company)

    @api.model
    def _get_panels(self):
        """Return ``{name: function of (self, company)}`` in the order of the screen. An extension adds its own."""
        model = type(self)
        return {
            "figures": model._panel_figures,
            "aged": model._panel_aged,
            "stages": model._panel_stages,
            "cash": model._panel_cash,
            "levels": model._panel_levels,
            "channels": model._panel_channels,
            "recovery_rates": model._panel_recovery_rates,
            "penalties": model._panel_penalties,
            "unhandled": model._panel_unhandled,
        }

    @api.model
    def _check_rights(self):
        self.env["relance.report.aged"].check_access("read")

    @api.model
    def _panel(self, company, title, columns, rows, **values):
        """Return a panel; ``values`` may give the other keys of the class's docstring."""
        return {
            "title": title,
            "help": "",
            "currency_id": company.currency_id.id,
            "columns": [{"label": label, "type": type_} for label, type_ in columns],
            "rows": rows,
            "total": None,
            "notes": [],
            "empty": "",
            "empty_action": None,
            "action": None,
            **values,
        }

    @api.model
    def _row(self, key, label, values, bar=None, tone="", action=None):
        return {"key": key, "label": label, "values": values, "bar": bar, "tone": tone, "action": action}

    @api.model
    def _list(self, name, model, domain, views=LIST_VIEWS, view_xmlid=None):
        """Return the action that lists the records of ``domain``.

        :param view_xmlid: of the list, when it is not the model's first
        """
        list_view = self.env.ref(view_xmlid).id if view_xmlid else False
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "domain": list(Domain(domain)),
            "views": [[list_view if view == "list" else False, view] for view in views],
            "mobile_view_mode": "kanban",
            "target": "current",
        }

    @api.model
    def _shift(self, company, **ago):
        """Return the company's day so many ``days`` or ``months`` ago, as domains for the client hold it."""
        return (company._relance_today() - relativedelta(**ago)).isoformat()

    @api.model
    def _share(self, part, whole):
        """Return ``part`` in percent of ``whole``, None when there is nothing to divide by."""
        return round(100 * part / whole, 1) if whole > 0 else None

    @api.model
    def _label(self, model, field_name):
        """Return the labels of a selection, in the user's language and in its order."""
        return dict(self.env[model]._fields[field_name]._description_selection(self.env))

    @api.model
    def _campaign_action(self):
        """Return what prepares a campaign, for those who may."""
        if not self.env["relance.run"].has_access("create"):
            return None
        return {"label": self.env._("Prepare a Campaign"), "xmlid": "relance_fr.relance_run_action_prepare"}

    @api.model
    def _settings_action(self, label):
        """Return what opens the settings, for those who may."""
        if not self.env["res.config.settings"].has_access("write"):
            return None
        return {"label": label, "xmlid": "account.action_account_config"}

    # === PANELS - HEAD FIGURES === #

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
        today = company._relance_today()
        return min(DSO_DAYS, (today - first).days + 1) if first else DSO_DAYS

    @api.model
    def _get_monthly_sales(self, company, documents):
        """Return ``[(days, sales)]`` of each month, the current one first, back to the first sale."""
        today = company._relance_today()
        start = today.replace(day=1) - relativedelta(months=COUNT_BACK_MONTHS - 1)
        domain = [*documents, ("invoice_date", ">=", start.isoformat())]
        found = dict(self.env["account.move"]._read_group(domain, ["invoice_date:month"], ["amount_total_signed:sum"]))
        months, month = [], today.replace(day=1)
        while found and month >= min(found):
            end = min(today, month + relativedelta(months=1, days=-1))
            months.append(((end - month).days + 1, found.get(month, 0.0)))
            month -= relativedelta(months=1)
        return months

    # === PANELS - WHAT IS OWED === #

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

    # === PANELS - MONEY TO COME === #

    @api.model
    def _panel_cash(self, company):
        """Return what is expected by week, then later, late without a date; what is held counts for nothing."""
        today = company._relance_today()
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
    def _panel_recovery_rates(self, company):
        """Return the recovery rates by age: measured by the ledger, next to those the company assumes."""
        ages = dict(self.env["relance.report.cash"]._fields["age"]._description_selection(self.env))
        days = company._get_relance_setting("relance_odds_days")
        rows = [
            self._row(
                f"recovery-{rate['age']}",
                ages[rate["age"]],
                [rate["assumed"], rate["measured"], rate["count"], rate["amount"]],
                bar=rate["used"] / 100,
                tone="info" if rate["measured"] is None else "success",
                action=self._list(
                    ages[rate["age"]],
                    "relance.report.cash",
                    [("company_id", "=", company.id), ("age", "=", rate["age"]), ("source", "!=", "held")],
                ),
            )
            for rate in company._relance_get_recovery_rates()
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

    # === PANELS - WHAT NOTICES BROUGHT IN === #

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

    # === PANELS - PENALTIES AND INDEMNITIES === #

    @api.model
    def _panel_penalties(self, company):
        """Return penalties and indemnities of twelve months: claimed, received, waived."""
        start = self._shift(company, months=PERIOD_MONTHS)
        own = [("company_id", "=", company.id), ("date", ">", start)]
        notes, settings = [], None
        rows = [self._row_of_claims(own)]
        if received := self._row_of_receipts(company, own):
            rows.append(received)
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
        longest = max(row["values"][0] for row in rows)
        for row in rows:
            row |= {"bar": max(0, row["values"][0]) / longest if longest > 0 else 0, "tone": "info"}
        return self._panel(
            company,
            self.env._("Penalties and indemnities"),
            [(self.env._("12 months"), "money")],
            rows if any(row["values"][0] for row in rows) else [],
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
    def _row_of_claims(self, own):
        domain = [*own, ("claimed_amount", ">", 0)]
        [[claimed]] = self.env["relance.report.notice"]._read_group(domain, [], ["claimed_amount:sum"])
        name = self.env._("Claimed by notices")
        return self._row("claimed", name, [claimed], action=self._list(name, "relance.report.notice", domain))

    @api.model
    def _row_of_receipts(self, company, own):
        """Return what was booked on the accounts of penalties, None when none was chosen."""
        account_ids = company._get_relance_setting("relance_penalty_account_ids").ids
        if not account_ids:
            return None
        domain = [*own, ("account_id", "in", account_ids), ("parent_state", "=", "posted")]
        [[balance]] = self.env["account.move.line"]._read_group(domain, [], ["balance:sum"])
        name = self.env._("Received (booked)")
        action = self._list(name, "account.move.line", domain)
        return self._row("received", name, [company.currency_id.round(-balance)], action=action)

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
        env = self.sudo().env
        try:
            claimed = env["relance.claim"]._get_statements(moves)
            whole = env["relance.claim"]._get_statements(moves, waivers=False)
        except UserError:
            return plans, None
        amount = sum(
            (float(whole[move.id]["penalty"]) - float(claimed[move.id]["penalty"])) / (move.invoice_currency_rate or 1)
            for move in moves
        )
        return plans, company.currency_id.round(amount)
