from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..law.holidays import is_public_holiday
from ..tools.open_items import UNPAID

OUTCOMES = [
    ("no_answer", "No answer"),
    ("message_left", "Message left"),
    ("not_received", "Invoice not received"),
    ("in_payment", "Payment under way"),
    ("promise", "Promises to pay"),
    ("dispute", "Disputes the invoices"),
    ("refuses", "Refuses to pay"),
]
# Nobody was spoken to: one calls again.
UNREACHED = ("no_answer", "message_left")
CALL_AGAIN_DAYS = 2
# What its author may correct on the day he entered it; who was called, by whom and for which notice are facts.
CORRECTABLE = frozenset({"date", "contact_id", "phone", "outcome", "note", "move_ids", "callback_date"})


class RelanceCall(models.Model):
    """A telephone call with a debtor: when, with whom, on which number, and what came of it.

    A proof, like a notice: its author may correct it on the day he entered it, nobody later, and nobody deletes it.
    """

    _name = "relance.call"
    _description = "Dunning Call"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one("res.partner", string="Debtor", required=True, index=True, ondelete="restrict")
    contact_id = fields.Many2one(
        "res.partner", string="Spoke to", index="btree_not_null", ondelete="restrict", tracking=True
    )
    user_id = fields.Many2one(
        "res.users", string="Called by", required=True, default=lambda self: self.env.user, ondelete="restrict"
    )
    date = fields.Datetime(string="Called on", required=True, default=fields.Datetime.now, tracking=True)
    phone = fields.Char(
        string="Number Called",
        compute="_compute_phone",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The number on the day of the call: later changes of the customer's card leave it as it is.",
    )
    outcome = fields.Selection(OUTCOMES, required=True, tracking=True)
    note = fields.Text(tracking=True)
    notice_id = fields.Many2one("relance.notice", index="btree_not_null", ondelete="restrict", check_company=True)
    move_ids = fields.Many2many(
        "account.move",
        "relance_call_move_rel",
        "call_id",
        "move_id",
        string="Invoices Spoken About",
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        f" ('payment_state', 'in', {list(UNPAID)}),"
        " ('commercial_partner_id', '=', partner_id)]",
    )
    callback_date = fields.Date(
        string="Call Again on",
        compute="_compute_callback_date",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="A call is planned on that day for the person in charge of the customer.",
    )

    @api.depends("partner_id", "contact_id")
    def _compute_phone(self):
        # Not of the numbers themselves: what was called stays as it was.
        for call in self:
            call.phone = call.contact_id.phone or call.partner_id.phone

    @api.depends("outcome", "date")
    def _compute_callback_date(self):
        for call in self:
            call.callback_date = call.outcome in UNREACHED and call._get_call_again_date()

    @api.depends("partner_id", "date")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        for call in self:
            day = call.date and fields.Date.to_string(call._get_day(call.date))
            call.display_name = self.env._(
                "Call to %(debtor)s, %(date)s",
                debtor=call.partner_id.display_name or "",
                date=self.env["ir.qweb.field.date"].value_to_html(day, {}) if day else "",
            )

    @api.constrains("partner_id", "contact_id", "move_ids", "notice_id")
    def _check_debtor(self):
        for call in self:
            debtor = call.partner_id
            if debtor != debtor.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "Log the call with the company %s; whom you spoke to is entered beside it.",
                        debtor.commercial_partner_id.name,
                    )
                )
            # What belongs to another customer may be out of the reader's sight, and is refused all the same.
            others = (call.contact_id | call.move_ids.sudo().commercial_partner_id).commercial_partner_id - debtor
            # So is the notice of another.
            if others or call.notice_id.sudo().partner_id - debtor:
                raise ValidationError(
                    self.env._("A call concerns one debtor, as do the contact, the invoices and the notice.")
                )

    @api.constrains("date")
    def _check_date(self):
        # A clock may be a little ahead.
        soon = fields.Datetime.now() + timedelta(minutes=5)
        if any(call.date > soon for call in self):
            raise ValidationError(
                self.env._("A call is logged after it took place. Plan a call to come with the date to call again.")
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # Nobody logs a call in another's name.
            vals_list = [{**vals, "user_id": self.env.uid} for vals in vals_list]
        calls = super().create(vals_list)
        calls._close_planned_calls()
        calls._log_in_chatters()
        calls._plan_work()
        return calls

    def write(self, vals):
        self.check_access("write")
        self._check_correction(vals)
        result = super().write(vals)
        if "outcome" in vals:
            self._log_in_chatters()
        if {"outcome", "callback_date", "date"} & set(vals):
            self._unplan_work()
            self._plan_work()
        return result

    def _check_correction(self, vals):
        """Raise a UserError unless the current user may write ``vals``: the author, on the day he entered the call."""
        if set(vals) - CORRECTABLE:
            raise UserError(
                self.env._("The debtor, the caller and the notice of a call are facts. Log another call instead.")
            )
        if not all(call._is_correctable() for call in self):
            raise UserError(
                self.env._(
                    "A logged call is a proof: only its author corrects it, on the day it was entered. "
                    "Log another call, or write a note in its discussion."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_logged(self):
        if self:
            raise UserError(
                self.env._("A logged call is a proof and cannot be deleted. Its author may correct it on the same day.")
            )

    # === BUSINESS METHODS === #

    def _is_correctable(self):
        """Tell whether the current user may still correct the call; one not saved yet always is."""
        self.ensure_one()
        if not self._origin:
            return True
        today = self.env["relance.engine"]._today(self.company_id)
        return self.create_uid == self.env.user and self._get_day(self.create_date) == today

    def _get_day(self, moment):
        """Return the day (``datetime.date``) it is for the company at ``moment`` (naive UTC datetime)."""
        # The card of the company may be out of the user's sight.
        tz = self.company_id.partner_id.sudo().tz or "Europe/Paris"
        return fields.Datetime.context_timestamp(self.with_context(tz=tz), moment).date()

    def _get_call_again_date(self):
        """Return the day to call again: two working days after the call."""
        self.ensure_one()
        day, left = self._get_day(self.date or fields.Datetime.now()), CALL_AGAIN_DAYS
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and not is_public_holiday(day)
        return day
