from odoo import models


class RelanceRate(models.Model):
    """Rates at which notices claimed interest: they stay."""

    _inherit = "relance.rate"

    def _filter_claimed(self):
        """Return the rates at which a sealed notice claimed interest, of whatever company."""
        claimed = super()._filter_claimed()
        if not self:
            return claimed
        # Rates are those of all companies, no matter who may read their registers.
        domain = [("seal", "!=", False), ("penalty_amount", ">", 0)]
        newest_sudo = self.env["relance.notice"].sudo().search(domain, order="date desc", limit=1)
        return claimed | self.filtered(lambda rate: newest_sudo and rate.date_from <= newest_sudo.date)
