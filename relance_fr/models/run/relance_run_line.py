from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.texts import translated
from ..decision.relance_decision import DECISIONS
from ..notice.relance_notice import CHANNELS


class RelanceRunLine(models.Model):
    """The decision about one instalment in a run, and its reason."""

    _name = "relance.run.line"
    _description = "Dunning Decision"
    _order = "partner_id, date_maturity, id"
    _rec_name = "move_id"

    run_id = fields.Many2one("relance.run", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    line_id = fields.Many2one("account.move.line", string="Instalment", readonly=True, ondelete="cascade", index=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True, ondelete="cascade", index=True)
    partner_id = fields.Many2one("res.partner", string="Debtor", readonly=True, ondelete="cascade")
    contact_id = fields.Many2one("res.partner", string="Addressee", readonly=True, ondelete="set null")
    level_id = fields.Many2one("relance.level", readonly=True, ondelete="set null")
    decided_level_id = fields.Many2one(
        "relance.level",
        readonly=True,
        ondelete="set null",
        help="The level of its calendar, when a person chose another.",
    )
    debtor_id = fields.Many2one(
        "relance.run.debtor", string="Notice to Come", readonly=True, index="btree_not_null", ondelete="set null"
    )
    channel = fields.Selection(CHANNELS, readonly=True)
    date = fields.Date(string="Level Date", readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    # Days of several instalments do not add up.
    days_late = fields.Integer(readonly=True, aggregator=False)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_residual = fields.Monetary(
        string="Amount Due", readonly=True, help="Net of payments in progress and credits."
    )
    decision = fields.Selection(DECISIONS, required=True, readonly=True)
    reason = fields.Selection("_get_reason_selection", required=True, readonly=True)
    detail = fields.Char(readonly=True, help="Which case of the reason, for the sentence that says why.")
    message = fields.Char(string="Why", compute="_compute_message")
    selected = fields.Boolean(string="Send")
    left_out = fields.Boolean(readonly=True, help="A person left this instalment out: computed again, it stays out.")
    notice_id = fields.Many2one("relance.notice", readonly=True, ondelete="set null", index="btree_not_null")
    # The name alone: the display name of an invoice adds the customer's reference.
    invoice_name = fields.Char(related="move_id.name", string="Invoice Number")
    run_state = fields.Selection(related="run_id.state", string="Run Status")

    # === COMPUTE METHODS === #

    @api.model
    def _get_reason_selection(self):
        return [
            (code, translated(self.env, reason.label))
            for code, reason in self.env["relance.decision"]._get_reasons().items()
        ]

    @api.depends("reason", "detail", "date", "level_id")
    def _compute_message(self):
        for line in self:
            line.message = self.env["relance.decision"]._get_reason_message(
                line.reason, line.level_id, line.date, line.detail
            )

    # === CRUD METHODS === #

    def write(self, vals):
        # A person chooses among what may be sent; nothing sends what a reason stopped.
        if not self.env.su and set(vals) - {"selected"}:
            raise AccessError(self.env._("A decision is computed: only choose whether to send."))
        if "selected" in vals and not self.env.su and any(run.state != "draft" for run in self.run_id):
            raise AccessError(self.env._("The run was confirmed: what it sends is decided."))
        if vals.get("selected"):
            self = self.filtered(lambda line: line.decision == "send")
        result = super().write(vals)
        if "selected" in vals:
            # What a person left out is remembered by the system: a person chooses whether to send, nothing else.
            sending_sudo = self.sudo().filtered(lambda line: line.decision == "send")
            super(RelanceRunLine, sending_sudo).write({"left_out": not vals["selected"]})
            self.debtor_id._sync_debtors()
        return result

    # === ACTION METHODS === #

    def action_select(self):
        """Tick rows: they will be sent. Rows stopped for a reason stay stopped."""
        return self._set_selected(True)

    def action_unselect(self):
        """Untick rows: they are left out of this run."""
        return self._set_selected(False)

    def action_open_invoice(self):
        """Open the invoice of the row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "view_mode": "form",
            "res_id": self.move_id.id,
        }

    def _set_selected(self, selected):
        if any(line.run_state != "draft" for line in self):
            raise UserError(self.env._("This run was confirmed: what it sends cannot be changed any more."))
        self.filtered(lambda line: line.decision == "send").selected = selected
        return True
