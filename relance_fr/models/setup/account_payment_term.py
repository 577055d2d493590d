from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ...law import Agreement, check_due_date
from ...law.payment_terms import PUBLIC_RULES
from ...tools.payment_sectors import SECTORS


class AccountPaymentTerm(models.Model):
    """What the law allows a payment term to be, between professionals."""

    _inherit = "account.payment.term"

    relance_sector = fields.Selection(
        [("general", "None: the general rule"), *SECTORS],
        "Sector of the Law",
        help="Sector whose goods or services are sold under this term. Empty: that of the company.",
    )
    relance_periodic = fields.Boolean(
        "Periodic Invoices", help="Invoices of several deliveries of a month: at most 45 days from their date."
    )
    relance_direct_debit = fields.Boolean(
        "Collected by Direct Debit",
        help="You collect these invoices yourself: nobody is asked to pay them, unless the debit is rejected.",
    )
    relance_in_france = fields.Boolean(compute="_compute_relance_in_france")
    relance_hint = fields.Char(compute="_compute_relance_hint")

    @api.depends("company_id")
    @api.depends_context("company", "allowed_company_ids")
    def _compute_relance_in_france(self):
        codes = self.env["res.company"]._get_france_country_codes()
        for term in self:
            company = term.company_id or self.env.company
            term.relance_in_france = company.account_fiscal_country_id.code in codes

    @api.depends(
        "relance_in_france", "relance_sector", "relance_periodic",
        "line_ids.nb_days", "line_ids.delay_type", "line_ids.days_next_month",
    )  # fmt: skip
    @api.depends_context("company", "lang")
    def _compute_relance_hint(self):
        for term in self:
            term.relance_hint = term.relance_in_france and term._get_relance_hint()

    def _get_relance_agreement(self, company, regime="business", public_kind=False):
        """Return the `law.Agreement` of invoices of ``company`` under this term, an empty recordset for none.

        Called for every invoice whose due date is checked. An override may know more of what the contract says.

        :param public_kind: of a public body, as on its card (``law.payment_terms.PUBLIC_RULES``)
        """
        sector = self.relance_sector or company._get_relance_setting("relance_sector") or "general"
        counting = {line._get_relance_end_of_month() for line in self.line_ids} - {None}
        return Agreement(
            regime=regime,
            public_rule=PUBLIC_RULES[public_kind or "authority"],
            sector=None if sector == "general" else sector,
            periodic=self.relance_periodic,
            end_of_month=counting.pop() if len(counting) == 1 else None,
        )

    def _get_relance_hint(self):
        """Return a sentence about the invoice date of this year whose due date exceeds the maximum most, or False."""
        lines = self.line_ids
        if not lines:
            return False
        agreement = self._get_relance_agreement(self.company_id or self.env.company)
        year = (self.company_id or self.env.company)._relance_today().year
        worst = None
        for offset in range(366):
            day = date(year, 1, 1) + timedelta(days=offset)
            due = max(line._get_due_date(day) for line in lines)
            verdict = check_due_date(day, due, agreement)
            if verdict.excess_days > (worst[2].excess_days if worst else 0):
                worst = day, due, verdict
        if not worst:
            return False
        day, due, verdict = worst
        return self.env._(
            "Between professionals this term exceeds the legal maximum: an invoice of %(day)s would fall due on "
            "%(due)s, %(latest)s at the latest (%(article)s). Such invoices will say so.",
            day=format_date(self.env, day),
            due=format_date(self.env, due),
            latest=format_date(self.env, verdict.latest),
            article=verdict.article,
        )
