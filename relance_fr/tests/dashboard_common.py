from odoo.fields import Domain
from odoo.tests import freeze_time

from .plan_common import PlanCommon
from .screens import ScreenCommon

DAY = "2026-06-20"
PANELS = ("figures", "aged", "stages", "cash", "levels", "channels", "recovery_rates", "penalties", "unhandled")


class DashboardCommon(PlanCommon, ScreenCommon):
    """The dashboard as the accountant reads it, and the ledger it must agree with."""

    def _frozen(self, day=DAY):
        self.env.invalidate_all()
        return freeze_time(day)

    def _panel(self, name, day=DAY, company=None, user=None):
        company = company or self.company
        model = self.env["relance.dashboard"].with_user(user or self.users["billing"])
        with freeze_time(day):
            self.env.invalidate_all()
            return model.with_context(allowed_company_ids=company.ids).get_panel(name, company.id)

    def _values(self, name, **kwargs):
        """Return ``{key of the row: its values}`` of a panel."""
        return {row["key"]: row["values"] for row in self._panel(name, **kwargs)["rows"]}

    def _report(self, name, day=DAY, company=None):
        """Return all rows of a report for a company, read on a day."""
        company = company or self.company
        with freeze_time(day):
            self.env.invalidate_all()
            model = self.env[f"relance.report.{name}"].with_context(allowed_company_ids=company.ids)
            rows = model.search([("company_id", "=", company.id)])
            rows.mapped("display_name")
            rows.read()
        return rows

    def _get_receivables(self, company=None, field_name="amount_residual"):
        """Return the open receivables by the ORM's own sum over journal items."""
        company = company or self.company
        self.env.flush_all()
        items = self.env["account.move.line"].search(
            Domain("company_id", "=", company.id)
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
        )
        return round(sum(items.mapped(field_name)), 2)
