from odoo import api, fields, models


class RelanceRunDebtor(models.Model):
    """A notice to come as a row one can tick, change and read before it leaves."""

    _inherit = "relance.run.debtor"

    run_state = fields.Selection(related="run_id.state", string="Run Status")
    notice_state = fields.Selection(related="notice_id.state", string="Status")
    kind = fields.Selection(related="level_id.kind")
    allowed_level_ids = fields.Many2many(
        "relance.level", string="Possible Levels", compute="_compute_allowed_level_ids", compute_sudo=True
    )

    @api.depends("line_ids")
    def _compute_allowed_level_ids(self):
        engine = self.env["relance.engine"]
        options = engine._get_level_options(self)
        for debtor in self:
            lines = options[debtor.id]
            levels = next(iter(lines.values()), {})
            debtor.allowed_level_ids = [
                level_id for level_id in levels if not engine._get_level_obstacle(lines, level_id)
            ]

    # === ACTION METHODS === #

    def action_select(self):
        """Tick rows: their notices will be made."""
        self.selected = True
        return True

    def action_unselect(self):
        """Untick rows: they are left out of this run."""
        self.selected = False
        return True

    def action_open_documents(self):
        """Show the e-mail and the letter as they would leave, or the notice once it was made."""
        self.ensure_one()
        if self.notice_id:
            return self.notice_id.action_open()
        self.check_access("write")
        preview = self.env["relance.preview"]._create_for(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notice for %s", self.partner_id.display_name),
            "res_model": "relance.preview",
            "views": [(False, "form")],
            "res_id": preview.id,
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }
