from odoo import api, fields, models

from ..models.relance_notice import CHANNELS
from ..models.relance_run_line import DECISIONS, REASONS


class RelanceSendLine(models.TransientModel):
    """One instalment in the send dialog: decision and reason."""

    _name = "relance.send.line"
    _description = "Instalment in the Send Dialog"
    _row_fields = (
        "line_id", "move_id", "partner_id", "contact_id", "currency_id", "level_id", "channel", "date",
        "date_maturity", "amount_residual", "decision", "reason",
    )  # fmt: skip

    send_id = fields.Many2one("relance.send", required=True, ondelete="cascade")
    line_id = fields.Many2one("account.move.line", string="Instalment", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Debtor", readonly=True)
    contact_id = fields.Many2one("res.partner", string="Addressee", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    level_id = fields.Many2one("relance.level", readonly=True)
    channel = fields.Selection(CHANNELS, readonly=True)
    date = fields.Date(string="Level Date", readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    amount_residual = fields.Monetary(string="Amount Due", readonly=True)
    decision = fields.Selection(DECISIONS, readonly=True)
    reason = fields.Selection(REASONS, readonly=True)
    message = fields.Char(string="Why", compute="_compute_message")

    @api.depends("reason", "level_id", "date")
    def _compute_message(self):
        engine = self.env["relance.engine"]
        for line in self:
            line.message = engine._get_reason_message(line.reason, line.level_id, line.date) if line.reason else ""
