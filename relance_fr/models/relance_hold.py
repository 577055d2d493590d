from odoo import api, fields, models
from odoo.exceptions import ValidationError


class RelanceHold(models.Model):
    """A suspension of dunning, for a reason and a time: a debtor, an invoice, an instalment or a part of its amount.

    Of an invoice held for a part of its amount the rest goes on being dunned.
    ``insolvency`` also stops penalties at ``date_from``, the date of the opening
    judgment (C. com. L622-28).
    """

    _name = "relance.hold"
    _description = "Dunning Hold"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Debtor",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        index=True,
        ondelete="restrict",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        compute="_compute_move_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        domain="[('move_type', '=', 'out_invoice')]",
        help="Leave empty to hold everything the debtor owes.",
    )
    line_id = fields.Many2one(
        "account.move.line",
        string="Instalment",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        domain="[('move_id', '=', move_id), ('display_type', '=', 'payment_term')]",
        help="Leave empty to hold the whole invoice.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True, precompute=True)
    amount = fields.Monetary(
        string="Part Held",
        tracking=True,
        help="In the currency of the invoice. The rest goes on being dunned, with its own interest. "
        "Empty: everything is held.",
    )
    reason = fields.Selection(
        [("manual", "Manual"), ("dispute", "Dispute"), ("insolvency", "Insolvency")],
        required=True,
        default="manual",
        tracking=True,
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
        help="For an insolvency: date of the judgment that opened the proceedings.",
    )
    date_to = fields.Date(string="Until", tracking=True, help="Last day of the hold. Empty: until somebody ends it.")
    note = fields.Text(string="Explanation")
    user_id = fields.Many2one("res.users", string="Entered by", default=lambda self: self.env.user)
    state = fields.Selection(
        [("upcoming", "Upcoming"), ("running", "Running"), ("over", "Over")], compute="_compute_state"
    )

    _part_idx = models.Index("(company_id, move_id) WHERE amount > 0")
    _amount_positive = models.Constraint("CHECK (COALESCE(amount, 0) >= 0)", "The part held cannot be negative.")
    _dates = models.Constraint(
        "CHECK (date_to IS NULL OR date_to - date_from >= -1)", "A hold cannot end before it starts."
    )

    @api.depends("reason", "partner_id", "move_id")
    def _compute_name(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for hold in self:
            scope = hold.move_id.name or hold.partner_id.display_name or ""
            hold.name = f"{reasons.get(hold.reason, '')} – {scope}"

    @api.depends("line_id")
    def _compute_move_id(self):
        for hold in self:
            hold.move_id = hold.line_id.move_id or hold.move_id

    @api.depends("move_id")
    def _compute_partner_id(self):
        for hold in self:
            hold.partner_id = hold.move_id.commercial_partner_id or hold.partner_id.commercial_partner_id

    @api.depends("move_id", "company_id")
    def _compute_currency_id(self):
        for hold in self:
            hold.currency_id = hold.move_id.currency_id or hold.company_id.currency_id

    @api.depends("date_from", "date_to")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for hold in self:
            if hold.date_from and hold.date_from > today:
                hold.state = "upcoming"
            elif hold.date_to and hold.date_to < today:
                hold.state = "over"
            else:
                hold.state = "running"

    @api.constrains("reason", "move_id", "partner_id")
    def _check_scope(self):
        for hold in self:
            if hold.reason == "insolvency" and hold.move_id:
                raise ValidationError(
                    self.env._("An insolvency concerns everything a debtor owes: leave the invoice empty.")
                )
            if hold.partner_id != hold.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "Hold the company %s, not one of its contacts.", hold.partner_id.commercial_partner_id.name
                    )
                )

    @api.constrains("amount", "move_id", "line_id", "reason")
    def _check_amount(self):
        for hold in self.filtered("amount"):
            if not hold.move_id:
                raise ValidationError(self.env._("Choose the invoice of which a part is held."))
            whole = hold.line_id.amount_currency or hold.move_id.amount_total
            if hold.currency_id.compare_amounts(hold.amount, whole) > 0:
                raise ValidationError(
                    self.env._(
                        "%(part)s cannot be held of %(invoice)s, which is %(whole)s in all. Leave the part empty to "
                        "hold everything.",
                        part=hold.currency_id.format(hold.amount),
                        invoice=hold.move_id.name,
                        whole=hold.currency_id.format(whole),
                    )
                )

    def action_end(self):
        """End running holds yesterday: dunning goes on from today."""
        today = fields.Date.context_today(self)
        for hold in self:
            # One that starts today never ran: it ends on the day before its start.
            yesterday = fields.Date.subtract(max(today, hold.date_from), days=1)
            hold.date_to = min(yesterday, hold.date_to or yesterday)
        return True
