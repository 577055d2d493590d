from odoo import models


class RelanceNotice(models.Model):
    """What an integrator writes who follows notices: to tell another system what becomes of them."""

    _inherit = "relance.notice"

    def _on_state_changed(self, old, new):
        super()._on_state_changed(old, new)
        # Whoever sends notices need not be allowed to open what is written here.
        self.env["relance.test.change"].sudo().create(
            {"old": old, "new": new, "debtors": ", ".join(sorted(self.partner_id.mapped("name")))}
        )
