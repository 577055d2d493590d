from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.open_items import UNPAID
from ..tools.shown_day import shown_day


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
    given_by = fields.Char(help="Name of the person who made the promise.")
    given_by_id = fields.Many2one(
        "res.partner",
        string="Contact",
        index="btree_not_null",
        ondelete="set null",
        domain="[('commercial_partner_id', '=', partner_id)]",
        help="The contact of the debtor who made the promise, if there is a card.",
    )
    channel = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "Email"),
            ("letter", "Letter"),
            ("portal", "Portal"),
            ("meeting", "Meeting"),
        ],
        string="Received by",
        default="phone",
        tracking=True,
    )
    move_ids = fields.Many2many(
        "account.move",
        "relance_commitment_move_rel",
        "commitment_id",
        "move_id",
        string="Invoices",
        required=True,
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        f" ('payment_state', 'in', {list(UNPAID)}), ('commercial_partner_id', '=', partner_id)]",
    )
    line_ids = fields.One2many("relance.commitment.line", "commitment_id", string="Promised Payments", copy=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True, precompute=True)
    user_id = fields.Many2one(
        "res.users",
        string="Handled by",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=[("share", "=", False)],
        help="Who is told when the promise is broken or the plan is signed.",
    )
    promised_amount = fields.Monetary(string="Promised", compute="_compute_promised_amount")
    paid_amount = fields.Monetary(string="Paid since", compute="_compute_progress")
    date_end = fields.Date(string="Last Payment on", compute="_compute_promised_amount")
    broken_since = fields.Date(string="Broken since", compute="_compute_progress")
    cancelled = fields.Boolean(tracking=True, copy=False)
    note = fields.Text()
    state = fields.Selection(
        [("open", "Open"), ("kept", "Kept"), ("broken", "Broken"), ("cancelled", "Cancelled")],
        compute="_compute_progress",
    )
    outcome = fields.Selection(
        [("kept", "Kept in time"), ("broken", "Broken")],
        readonly=True,
        copy=False,
        help="By the days of the payments; stored by the daily job. A promise caught up late stays a broken one.",
    )
    outcome_date = fields.Date(string="Decided on", readonly=True, copy=False)
    # Since when the ledger says that it is broken, as of the last daily job: NULL once it is caught up.
    broken_date = fields.Date(readonly=True, copy=False)

    _undecided_idx = models.Index("(company_id, outcome_date) WHERE cancelled IS NOT TRUE")

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

    @api.depends("partner_id", "company_id")
    def _compute_user_id(self):
        for commitment in self:
            debtor_sudo = commitment.partner_id.sudo().with_company(commitment.company_id)
            handler = debtor_sudo.relance_user_id or self.env.user
            active = handler.sudo(False) if handler.active else self.env["res.users"]
            commitment.user_id = commitment.user_id or active

    @api.depends("line_ids.date", "line_ids.amount")
    def _compute_promised_amount(self):
        for commitment in self:
            commitment.promised_amount = sum(commitment.line_ids.mapped("amount"))
            commitment.date_end = max(commitment.line_ids.filtered("date").mapped("date"), default=False)

    @api.depends(
        "line_ids.date",
        "line_ids.amount",
        "debt_ids.principal_amount",
        "cancelled",
        "move_ids.amount_residual",
        "move_ids.state",
    )
    @api.depends_context("relance_date")
    def _compute_progress(self):
        # What is left comes from all the debtor's entries, whatever the reader may open.
        standings, _instalments = self.env["relance.engine"].sudo()._get_standings(self._origin, shown_day(self.env))
        for commitment in self:
            standing = standings.get(commitment._origin.id, {})
            commitment.paid_amount = standing.get("paid", 0)
            commitment.broken_since = standing.get("broken_since")
            commitment.state = standing.get("state", "open")

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

    @api.constrains("given_by_id", "partner_id")
    def _check_given_by(self):
        for commitment in self.filtered("given_by_id"):
            if commitment.given_by_id.commercial_partner_id != commitment.partner_id:
                raise ValidationError(
                    self.env._("%s is no contact of the debtor: enter the name instead.", commitment.given_by_id.name)
                )

    @api.onchange("given_by_id")
    def _onchange_given_by_id(self):
        if self.given_by_id:
            self.given_by = self.given_by_id.name

    def action_cancel(self):
        self.cancelled = True
        self.env["relance.engine"]._refresh_progress(self.move_ids)
        return True

    def _get_handler(self):
        """Return the user who follows the commitment up: its own, else the accountant of its company."""
        self.ensure_one()
        handler = self.user_id.filtered("active")
        return handler or self.env["relance.engine"]._get_accountant(self.company_id)
