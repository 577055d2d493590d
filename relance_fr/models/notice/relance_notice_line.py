from odoo import api, fields, models
from odoo.tools import format_date

from ...law import Segment


class RelanceNoticeLine(models.Model):
    """What a notice claims for one instalment: frozen figures in the currency of the invoice."""

    _name = "relance.notice.line"
    _description = "Dunning Notice Line"
    _order = "date_maturity, id"
    _rec_name = "invoice_name"
    _check_company_auto = True

    notice_id = fields.Many2one("relance.notice", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    partner_id = fields.Many2one(related="notice_id.partner_id")
    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, index=True, ondelete="restrict"
    )
    # An invoice reset to draft may rebuild its instalments: the fact stays, the link is found again when it is posted.
    line_id = fields.Many2one(
        "account.move.line", string="Instalment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    level_id = fields.Many2one("relance.level", required=True, readonly=True, ondelete="restrict")
    state = fields.Selection(related="notice_id.state", store=True, readonly=True)
    date = fields.Date(related="notice_id.date", store=True, readonly=True)
    invoice_name = fields.Char(string="Number", readonly=True)
    invoice_date = fields.Date(readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    # Days of several instalments do not add up.
    days_late = fields.Integer(readonly=True, aggregator=False)
    amount_invoiced = fields.Monetary(string="Invoiced", readonly=True)
    amount_paid = fields.Monetary(string="Paid or Credited", readonly=True)
    disputed_amount = fields.Monetary(
        string="Disputed", readonly=True, help="The part of the invoice that is held: this notice does not claim it."
    )
    planned_amount = fields.Monetary(
        string="Not Due under the Plan",
        readonly=True,
        help="What a consumer need not pay yet under a payment plan: this notice does not claim it.",
    )
    principal_amount = fields.Monetary(string="Principal", readonly=True)
    penalty_amount = fields.Monetary(string="Penalties", readonly=True)
    indemnity_amount = fields.Monetary(string="Indemnity", readonly=True)
    total_amount = fields.Monetary(string="Total", readonly=True)
    invoice_outcome = fields.Char(
        "Invoice Since",
        compute="_compute_invoice_outcome",
        compute_sudo=True,
        help="The invoice was cancelled, credited or taken back since. The notice stays the fact it was.",
    )
    # What ``law.Segment.to_json`` wrote.
    segments = fields.Json(readonly=True)

    _one_open = models.UniqueIndex(
        "(line_id) WHERE state IN ('draft', 'to_approve', 'ready')",
        "This instalment is already in a notice that was not sent yet.",
    )
    _once_per_level = models.UniqueIndex(
        "(line_id, level_id) WHERE state = 'sent'", "This level was already sent for this instalment."
    )
    _total_is_sum = models.Constraint(
        "CHECK (round(total_amount, 2) = round(principal_amount + penalty_amount + indemnity_amount, 2))",
        "The total of a line is its principal, penalties and indemnity.",
    )

    # === COMPUTE METHODS === #

    @api.depends("move_id.state", "move_id.payment_state")
    @api.depends_context("lang")
    def _compute_invoice_outcome(self):
        days = self.move_id.filtered(lambda move: move.state == "cancel")._get_relance_cancel_days()
        for line in self:
            line.invoice_outcome = line._get_invoice_outcome(days)

    def _get_invoice_outcome(self, days):
        """Return what became of the invoice of the line as a text, False when it stands.

        :param days: ``{invoice id: day it was cancelled}``
        """
        move = self.move_id
        if move.state == "cancel":
            day = days.get(move.id)
            return self.env._("Cancelled on %s", format_date(self.env, day)) if day else self.env._("Cancelled")
        if move.state == "draft":
            return self.env._("Reset to draft")
        credits = move.reversal_move_ids.filtered(lambda credit: credit.state == "posted").sorted("date")
        if move.payment_state == "reversed" and credits:
            return self.env._(
                "Cancelled by credit note %(credit)s of %(date)s",
                credit=credits[-1].name,
                date=format_date(self.env, credits[-1].date),
            )
        return False

    # === BUSINESS METHODS === #

    def _get_segments(self):
        """Return the interest of the line, segment by segment (``law.Segment``)."""
        self.ensure_one()
        return [Segment.from_json(stored) for stored in self.segments or []]

    # === ACTION METHODS === #

    def action_open_invoice(self):
        """Open the invoice of the row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "view_mode": "form",
            "res_id": self.move_id.id,
        }
