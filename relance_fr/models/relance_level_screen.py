from odoo import api, models


class RelanceLevel(models.Model):
    """Levels of several calendars in one list: the same names come again and again."""

    _inherit = "relance.level"

    @api.depends("name", "calendar_id.name")
    @api.depends_context("relance_with_calendar", "lang")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        if self.env.context.get("relance_with_calendar"):
            for level in self:
                level.display_name = f"{level.name} ({level.calendar_id.name})"
        return result
