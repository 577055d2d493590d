from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..law import check_due_date
from .res_partner import ACCOUNT_GROUPS

# The shortest maximum of the law (livestock): what falls due sooner is never looked at.
SHORTEST_MAXIMUM = 20


class AccountMove(models.Model):
    """Is an invoice due later than the law allows? Nothing here is stored, and nothing is blocked.

    Customers established in France only: which law a contract with another country follows is not ours to say.
    """

    _inherit = "account.move"

    relance_term_exceeded = fields.Boolean(
        "Payment Term over the Legal Maximum",
        compute="_compute_relance_term",
        search="_search_relance_term_exceeded",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_term_warning = fields.Char(compute="_compute_relance_term", compute_sudo=True, groups=ACCOUNT_GROUPS)

    @api.depends(
        "state", "move_type", "company_id", "invoice_date", "invoice_date_due", "delivery_date",
        "invoice_payment_term_id", "commercial_partner_id.relance_regime",
        "commercial_partner_id.relance_public_kind", "commercial_partner_id.country_id",
        "relance_chorus_date",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_relance_term(self):
        french = self.env["res.company"]._get_france_country_codes()
        for move in self:
            debtor = move.commercial_partner_id
            verdict = agreement = None
            if (
                move.move_type == "out_invoice"
                and move.state in ("draft", "posted")
                and move.country_code in french
                and move.invoice_date_due
                and debtor
                and debtor.country_id.code in (False, *french)
            ):
                agreement = move.invoice_payment_term_id._get_relance_agreement(
                    move.company_id, debtor.relance_regime or "business", debtor.relance_public_kind
                )
                day = move.invoice_date or self.env["relance.engine"]._today(move.company_id)
                verdict = check_due_date(
                    day, move.invoice_date_due, agreement, move.delivery_date or None, move.relance_chorus_date or None
                )
            move.relance_term_exceeded = bool(verdict and not verdict.lawful)
            move.relance_term_warning = (
                move._get_relance_term_warning(verdict, agreement) if move.relance_term_exceeded else False
            )

    def _get_relance_term_warning(self, verdict, agreement):
        """Return what is wrong with the due date, the article and the rule, in one line."""
        sentence = self.env._(
            "This invoice falls due on %(due)s: %(days)s days after %(latest)s, the legal maximum (%(article)s).",
            due=format_date(self.env, self.invoice_date_due),
            days=verdict.excess_days,
            latest=format_date(self.env, verdict.latest),
            article=verdict.article,
        )
        return f"{sentence} {self._get_relance_term_rule(agreement)}"

    def _get_relance_term_rule(self, agreement):
        if agreement.regime == "public":
            return self.env._(
                "A public body has %s days from the receipt of the invoice; a contract may only shorten them.",
                agreement.public_rule.removeprefix("public_"),
            )
        if agreement.sector:
            labels = self.env["account.payment.term"]._fields["relance_sector"]._description_selection(self.env)
            return dict(labels)[agreement.sector]
        if agreement.periodic:
            return self.env._("A periodic invoice: 45 days from its date at most.")
        return self.env._(
            "Between professionals: 60 days from the invoice at most, or 45 days end of month if the contract says so."
        )

    def _search_relance_term_exceeded(self, operator, value):
        if operator != "in":
            return NotImplemented
        over = Domain("id", "in", self._get_relance_over_term_ids())
        return (over if True in value else Domain.FALSE) | (~over if False in value else Domain.FALSE)

    @api.model
    def _get_relance_over_term_ids(self):
        """Return the ids of the invoices of the user's companies that are due too late.

        One statement groups those whose due date is far enough by all that their verdict depends on; the law then
        looks at each group once.
        """
        codes = self.env["res.company"]._get_france_country_codes()
        companies = self.env.companies.filtered(lambda company: company.account_fiscal_country_id.code in codes)
        self.env.flush_all()
        found = []
        for company in companies:
            for group in self.env.execute_query_dict(self._query_relance_due_dates(company, codes)):
                # A term may be of a company above, whose records the user does not read.
                term = self.env["account.payment.term"].sudo().browse(group["term_id"] or [])
                agreement = term._get_relance_agreement(company, group["regime"], group["public_kind"])
                verdict = check_due_date(group["day"], group["due"], agreement, group["delivery"], group["receipt"])
                if verdict and not verdict.lawful:
                    found += group["ids"]
        return found

    @api.model
    def _query_relance_due_dates(self, company, codes):
        return SQL(
            """
            SELECT COALESCE(move.invoice_date, %(today)s) AS day, move.invoice_date_due AS due,
                   move.delivery_date AS delivery, move.invoice_payment_term_id AS term_id,
                   COALESCE(debtor.relance_regime, 'business') AS regime, debtor.relance_public_kind AS public_kind,
                   move.relance_chorus_date AS receipt,
                   array_agg(move.id) AS ids
              FROM account_move move
              JOIN res_partner debtor ON debtor.id = move.commercial_partner_id
         LEFT JOIN res_country country ON country.id = debtor.country_id
             WHERE move.company_id = %(company)s AND move.move_type = 'out_invoice'
               AND move.state IN ('draft', 'posted')
               AND (country.code IS NULL OR country.code = ANY(%(codes)s))
               AND debtor.relance_regime IS DISTINCT FROM 'consumer'
               AND move.invoice_date_due > LEAST(COALESCE(move.invoice_date, %(today)s), move.delivery_date)
                                           + %(shortest)s
          GROUP BY 1, 2, 3, 4, 5, 6, 7
            """,
            today=self.env["relance.engine"]._today(company),
            company=company.id,
            codes=list(codes),
            shortest=SHORTEST_MAXIMUM,
        )
