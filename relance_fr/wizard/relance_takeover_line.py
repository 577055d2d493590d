from odoo import fields, models


class RelanceTakeoverLine(models.TransientModel):
    """One line of the preview: what would be taken over, or what is wrong."""

    _name = "relance.takeover.line"
    _description = "Line of the Take-Over Preview"

    takeover_id = fields.Many2one("relance.takeover", required=True, index=True, ondelete="cascade")
    line = fields.Integer(readonly=True)
    invoice = fields.Char(readonly=True)
    move_id = fields.Many2one("account.move", readonly=True)
    level = fields.Char(string="Level Given", readonly=True)
    level_id = fields.Many2one("relance.level", readonly=True)
    date = fields.Date(readonly=True)
    posted_date = fields.Date(string="Posted on", readonly=True)
    presented_date = fields.Date(string="First Presented on", readonly=True)
    outcome = fields.Selection(
        [("ok", "Taken over"), ("settled", "Settled"), ("problem", "Problem")], required=True, readonly=True
    )
    message = fields.Char(string="Remark", readonly=True)
