from odoo import fields, models

from ..law import STATUTORY, MissingRateError, Semester, annual_rate


class RelanceTerms(models.Model):
    """What the terms say on invoices as well as in letters (C. com. L441-9)."""

    _inherit = "relance.terms"

    discount = fields.Char(
        "Discount for Early Payment",
        translate=True,
        help="Printed on invoices after “Discount for early payment:”. Empty: none. A payment term with a cash "
        "discount of its own is printed instead.",
    )

    def _get_indemnity_rate(self, regime):
        """Return the fixed compensation of one invoice as (amount, currency): the clause's, or the EUR 40 of the law.

        Both are set in their own currency, whatever that of the invoice. An empty recordset is the law.
        """
        if self and regime == "business":
            return self.indemnity, self.currency_id
        # By its cached id: `env.ref` would ask the database whether the euro still exists, once a letter.
        euro_id = self.env["ir.model.data"]._xmlid_to_res_id("base.EUR")
        return float(STATUTORY.indemnity), self.env["res.currency"].browse(euro_id)

    def _get_rate_on(self, day):
        """Return the annual rate (Decimal, %) these terms charge a business in the semester of ``day``.

        None when the rates of that semester are not known: what prints it goes without a figure.
        """
        semester = Semester.of(day)
        try:
            table = self.env["relance.rate"]._get_rate_table()
            return annual_rate("business", self._to_law(), table, semester, semester).percent
        except MissingRateError:
            return None
