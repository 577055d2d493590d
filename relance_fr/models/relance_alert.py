from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ..tools.open_items import UNPAID

ALERT_KINDS = [
    ("score_drop", "Drop of the score"),
    ("credit_limit", "Credit limit passed"),
    ("order_block", "Block orders?"),
]

# What the job found; the state too, that the buttons write.
FACTS = frozenset(
    {
        "company_id", "partner_id", "kind", "state", "date", "date_closed", "user_id", "score", "reference_score",
        "amount", "limit_amount", "oldest_due",
    }
)  # fmt: skip


class RelanceAlert(models.Model):
    """Something about a debtor that a person should look at. Nothing follows from it by itself.

    Raised once when its cause appears, closed by the job when the cause is gone. Its activity is on the alert, not on
    the customer's card, which other companies and people without accounting rights read.
    """

    _name = "relance.alert"
    _description = "Debtor Alert"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Debtor", required=True, readonly=True, index=True, ondelete="cascade")
    kind = fields.Selection(ALERT_KINDS, required=True, readonly=True)
    state = fields.Selection(
        [("open", "To look at"), ("handled", "Handled"), ("closed", "Cause gone")],
        required=True,
        readonly=True,
        default="open",
        tracking=True,
    )
    date = fields.Date("Raised on", required=True, readonly=True)
    date_closed = fields.Date("Gone on", readonly=True)
    user_id = fields.Many2one("res.users", "In Charge", readonly=True)
    score = fields.Integer(readonly=True, aggregator=None)
    reference_score = fields.Integer("Score before", readonly=True, aggregator=None)
    amount = fields.Monetary("Owed", readonly=True)
    limit_amount = fields.Monetary("Credit Limit", readonly=True)
    oldest_due = fields.Date("Oldest Due Date", readonly=True)
    message = fields.Text("What Happened", compute="_compute_message")
    advice = fields.Text("What Can Be Done", compute="_compute_message")
    can_warn_orders = fields.Boolean(compute="_compute_can_warn_orders")

    _once = models.UniqueIndex(
        "(company_id, partner_id, kind) WHERE state <> 'closed'", "This alert is open for this debtor already."
    )

    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for alert in self:
            alert.name = f"{kinds[alert.kind]} – {alert.partner_id.display_name}"

    def _compute_message(self):
        for alert in self:
            alert.message, alert.advice = alert._get_texts()

    def _compute_can_warn_orders(self):
        field_name = self._get_order_warning_field()
        for alert in self:
            alert.can_warn_orders = bool(field_name) and alert.kind == "order_block" and alert.state != "closed"

    def _get_texts(self):
        """Return what happened, with the figures of that day, and what can be done, in the reader's language."""
        self.ensure_one()
        values = {
            "score": self.score,
            "before": self.reference_score,
            "amount": format_amount(self.env, self.amount, self.currency_id),
            "limit": format_amount(self.env, self.limit_amount, self.currency_id),
            "date": format_date(self.env, self.oldest_due) if self.oldest_due else "",
        }
        texts = {
            "score_drop": (
                self.env._("The payment score fell from %(before)s to %(score)s within 30 days.", **values),
                self.env._("Read which line of the score fell, call the customer, and check the segment and terms."),
            ),
            "credit_limit": (
                self.env._("The customer owes %(amount)s; the credit limit is %(limit)s.", **values),
                self.env._("Ask for a payment before the next delivery, or review the customer's credit limit."),
            ),
            "order_block": (
                self.env._("%(amount)s is overdue, the oldest since %(date)s.", **values),
                self.env._("Decide whether to warn on the customer's orders, or ask for payment in advance."),
            ),
        }
        return texts[self.kind]

    def write(self, vals):
        """Refuse to change what happened: the buttons and the job write it, a call over RPC does not."""
        if not self.env.su and FACTS & set(vals):
            raise UserError(self.env._("An alert says what happened. Take note of it with its button."))
        return super().write(vals)

    # === BUTTONS === #

    def action_handle(self):
        """Take note: the alert does not come back until its cause has gone and come again."""
        opened = self.filtered(lambda alert: alert.state == "open")
        opened.check_access("write")
        opened.activity_ids.action_done()
        # Users may not write the state themselves.
        opened.sudo().state = "handled"
        return True

    def action_open_partner(self):
        """Open the debtor."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def action_open_invoices(self):
        """Show what the debtor has not paid."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return action | {
            "domain": [
                ("commercial_partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", UNPAID),
            ],
            "context": {},
        }

    def action_warn_orders(self):
        """Put a warning on the customer that whoever enters his orders sees; Odoo's own, of the Sales application."""
        field_name = self._get_order_warning_field()
        if not field_name:
            raise UserError(self.env._("Install the Sales application to put warnings on orders."))
        for alert in self:
            alert.partner_id[field_name] = self.env._(
                "Invoices are overdue since %(date)s: ask the accounting department before you confirm an order.",
                date=format_date(self.env, alert.oldest_due),
            )
        return self.action_handle()

    def _get_order_warning_field(self):
        """Return the field of a customer that warns whoever enters his orders, None without the Sales application."""
        return "sale_warn_msg" if "sale_warn_msg" in self.env["res.partner"]._fields else None
