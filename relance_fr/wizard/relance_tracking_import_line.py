from odoo import fields, models


class RelanceTrackingImportLine(models.TransientModel):
    """What one line of a carrier's file would do, or why it cannot."""

    _name = "relance.tracking.import.line"
    _description = "Line of a Carrier's File"
    _order = "line, id"
    _rec_name = "reference"

    import_id = fields.Many2one("relance.tracking.import", required=True, index=True, ondelete="cascade")
    line = fields.Integer(readonly=True)
    reference = fields.Char(string="In the File", readonly=True)
    notice_id = fields.Many2one("relance.notice", string="Letter", readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="notice_id.partner_id", related_sudo=False)
    outcome = fields.Selection(
        [("write", "To Import"), ("same", "Already Known"), ("problem", "Problem")], readonly=True
    )
    message = fields.Char(string="What It Says", readonly=True)
