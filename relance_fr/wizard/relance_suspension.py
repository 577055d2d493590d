from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.shown_day import company_day

# The fields a hold is made of; the others are filled in by the hold itself.
SCOPE_FIELDS = ("partner_id", "company_id", "move_id", "line_id")
HOLD_FIELDS = ("amount", "reason", "category", "responsible_id", "date_from", "date_to", "note")


class RelanceSuspension(models.TransientModel):
    """The dialog that suspends dunning, for a time given or a dispute: nothing is held before its button is clicked.

    Insolvency proceedings have a dialog of their own (``relance.insolvency``).
    """

    _name = "relance.suspension"
    _description = "Suspend Dunning"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        "res.partner",
        string="Debtor",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), "
        "('commercial_partner_id', '=?', partner_id)]",
        help="Leave empty to hold everything the debtor owes.",
    )
    line_id = fields.Many2one(
        "account.move.line",
        string="Instalment",
        check_company=True,
        domain="[('move_id', '=', move_id), ('display_type', '=', 'payment_term')]",
        help="Leave empty to hold the whole invoice.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    amount = fields.Monetary(
        string="Part Held",
        help="In the currency of the invoice. The rest goes on being dunned, with its own interest. "
        "Empty: everything is held.",
    )
    reason = fields.Selection(
        [
            ("manual", "Time given"),
            ("dispute", "Dispute"),
            ("overindebtedness", "Over-indebtedness (surendettement)"),
        ],
        required=True,
        default="manual",
    )
    category = fields.Selection(
        selection=lambda self: self.env["relance.hold"]._fields["category"]._description_selection(self.env)
    )
    responsible_id = fields.Many2one(
        "res.users",
        string="In Charge",
        domain=[("share", "=", False)],
        help="Who answers the debtor. Empty: who entered the hold.",
    )
    date_from = fields.Date(string="From", required=True, default=company_day)
    date_to = fields.Date(string="Until", help="Last day of the hold. Empty: until somebody ends it.")
    note = fields.Text(string="Explanation", required=True)

    @api.depends("move_id")
    def _compute_partner_id(self):
        for dialog in self:
            dialog.partner_id = dialog.move_id.commercial_partner_id or dialog.partner_id.commercial_partner_id

    @api.depends("move_id", "company_id")
    def _compute_currency_id(self):
        for dialog in self:
            dialog.currency_id = dialog.move_id.currency_id or dialog.company_id.currency_id

    @api.onchange("move_id")
    def _onchange_move_id(self):
        if self.line_id.move_id != self.move_id:
            self.line_id = False

    def action_confirm(self):
        """Suspend dunning as the dialog says.

        :raises UserError: when the explanation is empty or the subject of a dispute is missing
        """
        self.ensure_one()
        if not (self.note or "").strip():
            raise UserError(self.env._("Write why dunning is suspended: the person who ends it later must know."))
        if self.reason == "dispute" and not self.category:
            raise UserError(self.env._("Choose what the dispute is about."))
        self.env["relance.hold"].create(self._prepare_hold_vals())
        return {"type": "ir.actions.act_window_close"}

    def _prepare_hold_vals(self):
        """Return the values of the hold; an override may add those of fields of its own."""
        self.ensure_one()
        return {name: self[name].id for name in SCOPE_FIELDS} | {
            name: self[name].id if name == "responsible_id" else self[name] for name in HOLD_FIELDS
        }
