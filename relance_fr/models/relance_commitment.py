from odoo import api, fields, models
from odoo.exceptions import ValidationError


class RelanceCommitment(models.Model):
    """What a debtor promised for some invoices: one payment (a promise) or several (a plan).

    The ledger says whether it is kept: the fall of what is left of the invoices
    since ``date`` against the sums promised by each day. A day is over at midnight.
    """

    _name = "relance.commitment"
    _description = "Payment Commitment"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    partner_id = fields.Many2one("res.partner", string="Debtor", required=True, index=True, ondelete="restrict")
    kind = fields.Selection(
        [("promise", "Promise"), ("plan", "Payment plan")], compute="_compute_kind", store=True, precompute=True
    )
    date = fields.Date(string="Made on", required=True, default=fields.Date.context_today, tracking=True)
    move_ids = fields.Many2many(
        "account.move",
        "relance_commitment_move_rel",
        "commitment_id",
        "move_id",
        string="Invoices",
        required=True,
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        " ('payment_state', 'in', ['not_paid', 'partial']), ('commercial_partner_id', '=', partner_id)]",
    )
    line_ids = fields.One2many("relance.commitment.line", "commitment_id", string="Promised Payments", copy=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True, precompute=True)
    base_amount = fields.Monetary(
        string="Due when Promised", compute="_compute_base_amount", store=True, precompute=True
    )
    promised_amount = fields.Monetary(compute="_compute_progress")
    paid_amount = fields.Monetary(string="Paid since", compute="_compute_progress")
    date_end = fields.Date(string="Last Payment on", compute="_compute_progress")
    cancelled = fields.Boolean(tracking=True, copy=False)
    note = fields.Text()
    state = fields.Selection(
        [("open", "Open"), ("kept", "Kept"), ("broken", "Broken"), ("cancelled", "Cancelled")],
        compute="_compute_progress",
    )

    @api.depends("kind", "partner_id", "date")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for commitment in self:
            commitment.name = f"{kinds.get(commitment.kind, '')} – {commitment.partner_id.display_name or ''}"

    @api.depends("line_ids")
    def _compute_kind(self):
        for commitment in self:
            commitment.kind = "plan" if len(commitment.line_ids) > 1 else "promise"

    @api.depends("move_ids")
    def _compute_currency_id(self):
        for commitment in self:
            commitment.currency_id = commitment.move_ids.currency_id[:1] or commitment.company_id.currency_id

    @api.depends("move_ids")
    def _compute_base_amount(self):
        for commitment in self:
            commitment.base_amount = commitment._get_net_amount()

    @api.depends("line_ids.date", "line_ids.amount", "base_amount", "cancelled", "move_ids.amount_residual")
    def _compute_progress(self):
        today = fields.Date.context_today(self)
        for commitment in self:
            lines = commitment.line_ids
            commitment.promised_amount = sum(lines.mapped("amount"))
            commitment.paid_amount = commitment.base_amount - commitment._get_net_amount()
            commitment.date_end = max(lines.filtered("date").mapped("date"), default=False)
            commitment.state = commitment._get_state(today)

    def _get_net_amount(self):
        """Return what is left of the invoices: money on its way or not matched yet counts as paid."""
        self.ensure_one()
        moves = self.move_ids._origin
        # The net comes from all the debtor's entries, whatever the reader may open.
        return sum(self.env["relance.engine"].sudo()._get_net_by_move(moves.sudo()).values())

    def _get_state(self, today):
        self.ensure_one()
        if self.cancelled:
            return "cancelled"
        if self.currency_id.compare_amounts(self.paid_amount, self.promised_amount) >= 0:
            return "kept"
        fallen_due = sum(self.line_ids.filtered(lambda line: line.date and line.date < today).mapped("amount"))
        if self.currency_id.compare_amounts(self.paid_amount, fallen_due) < 0:
            return "broken"
        return "open"

    @api.constrains("move_ids", "partner_id", "line_ids")
    def _check_content(self):
        for commitment in self:
            if not commitment.line_ids:
                raise ValidationError(self.env._("Enter at least one promised payment: a date and an amount."))
            if not commitment.move_ids:
                raise ValidationError(self.env._("Choose the invoices the debtor promised to pay."))
            if commitment.move_ids.commercial_partner_id != commitment.partner_id:
                raise ValidationError(self.env._("A commitment concerns the invoices of a single debtor."))
            if len(commitment.move_ids.currency_id) > 1:
                raise ValidationError(self.env._("A commitment concerns invoices in one currency."))

    def action_cancel(self):
        self.cancelled = True
        return True
