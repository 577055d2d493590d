from odoo import models


class AccountPaymentTermLine(models.Model):
    _inherit = "account.payment.term.line"

    def _get_relance_end_of_month(self):
        """Return how the line counts from the end of a month, as `law.check_business` names it; None if it does not.

        "B": days, then the end of that month. "A": whatever starts from the end of a month, a day of the next one
        included; it is lawful within 45 days of the end of the month.
        """
        self.ensure_one()
        if self.delay_type == "days_after":
            return None
        on_the_last_day = (self.days_next_month or "0").strip("0 ") == ""
        return "B" if self.delay_type == "days_end_of_month_on_the" and on_the_last_day else "A"
