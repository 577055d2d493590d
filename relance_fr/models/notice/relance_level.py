from odoo import models


class RelanceLevel(models.Model):
    """Levels that notices were made out at: they stay."""

    _inherit = "relance.level"

    def _filter_used(self):
        """Return the levels of which the register holds a notice."""
        # Notices of other companies count as well.
        lines_sudo = self.env["relance.notice.line"].sudo()
        groups = lines_sudo._read_group([("level_id", "in", self.ids)], ["level_id"])
        return super()._filter_used() | self.browse(level.id for (level,) in groups)
