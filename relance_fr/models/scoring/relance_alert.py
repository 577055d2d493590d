from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ...tools.open_items import UNPAID

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

# More alerts than this in one night, such as on the first, are a list to read, not so many activities.
ALERTS_AT_ONCE = 50


class RelanceAlert(models.Model):
    """Something about a debtor that a person should look at. Nothing follows from it by itself.

    Raised once when its cause appears, closed by the job when the cause is gone. Its activity is on the alert, not on
    the customer's card, which other companies and people without accounting rights read.
    """

    _name = "relance.alert"
    _description = "Debtor Alert"
    _order = "date desc, id desc"
    _inherit = ["mail.thread", "mail.activity.mixin"]

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

    # === COMPUTE METHODS === #

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

    # === CRUD METHODS === #

    def write(self, vals):
        """Refuse to change what happened: the buttons and the job write it, a call over RPC does not."""
        if not self.env.su and FACTS & set(vals):
            raise UserError(self.env._("An alert says what happened. Take note of it with its button."))
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _ask_to_look(self, company):
        """Give each of the alerts an activity for who is in charge of the debtor; one for all when there are many."""
        for alert in self:
            # A fact of the alert, that no user writes.
            alert.sudo().user_id = self._get_person_in_charge(alert.partner_id, company)
        if len(self) > ALERTS_AT_ONCE:
            number = len(self)
            message = self.env._("Debtors that need a look since last night: %s. See the alerts of dunning.", number)
            company._relance_warn_accountant(message)
            return
        quiet = self.with_context(mail_activity_quick_update=True)
        for alert in quiet:
            message = alert.with_context(lang=alert.user_id.lang or self.env.lang)
            alert.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=message.name,
                note=f"{message.message} {message.advice}",
                user_id=alert.user_id.id,
            )

    @api.model
    def _get_person_in_charge(self, partner, company):
        """Return who handles the dunning of ``partner`` and may read it; else the accountant of ``company``."""
        # The field belongs to accounting; what is chosen is only who gets the activity.
        user_sudo = partner.sudo().with_company(company).relance_user_id
        return company._relance_choose_person(user_sudo, model="relance.alert")

    # === ACTION METHODS === #

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
        """Put a warning on the customer that a person who enters orders sees; Odoo's own, of the Sales application."""
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
        """Return the field of a customer that warns a person who enters orders, None without the Sales application."""
        return "sale_warn_msg" if "sale_warn_msg" in self.env["res.partner"]._fields else None
