from datetime import timedelta

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from ...law.holidays import is_public_holiday
from ...tools.open_items import UNPAID

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

# What its author may correct on the day it was entered; who was called, by whom and for which notice are facts.
CORRECTABLE = frozenset({"date", "contact_id", "phone", "outcome", "note", "move_ids", "callback_date"})

CALL_TYPE = "mail.mail_activity_data_call"

TODO_TYPE = "mail.mail_activity_data_todo"

PAYMENT_DAYS = 7


class RelanceCall(models.Model):
    """A telephone call with a debtor: when, with whom, on which number, and what came of it.

    A proof, like a notice: its author may correct it on the day it was entered, nobody later, and nobody deletes it.
    """

    _name = "relance.call"
    _description = "Dunning Call"
    _order = "date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _inherit = ["mail.thread", "mail.activity.mixin"]

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
    is_correctable = fields.Boolean(compute="_compute_is_correctable")

    # === COMPUTE METHODS === #

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

    @api.depends("create_uid", "create_date")
    @api.depends_context("uid")
    def _compute_is_correctable(self):
        for call in self:
            call.is_correctable = call._is_correctable()

    # === CONSTRAINT METHODS === #

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
        """Raise a UserError unless the current user may write ``vals``: the author, on the day the call was entered."""
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

    def _is_correctable(self):
        """Tell whether the current user may still correct the call; one not saved yet always is."""
        self.ensure_one()
        if not self._origin:
            return True
        today = self.company_id._relance_today()
        return self.create_uid == self.env.user and self._get_day(self.create_date) == today

    # === BUSINESS METHODS - TRACE AND NEXT CALL === #

    def _get_day(self, moment):
        """Return the day (``datetime.date``) it is for the company at ``moment`` (naive UTC datetime)."""
        tz = self.company_id._get_relance_timezone().key
        return fields.Datetime.context_timestamp(self.with_context(tz=tz), moment).date()

    def _get_call_again_date(self):
        """Return the day to call again: two working days after the call."""
        self.ensure_one()
        day, left = self._get_day(self.date or fields.Datetime.now()), CALL_AGAIN_DAYS
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and not is_public_holiday(day)
        return day

    def _log_in_chatters(self):
        """Leave a trace on the debtor, on the notice and on each invoice spoken about.

        The debtor's card is shared by companies and read by everybody: what was said stays off it.
        """
        for call in self:
            summary, said = call._get_log_body(), call._get_log_note()
            call.partner_id._message_log_batch(bodies={call.partner_id.id: summary})
            for records in (call.notice_id, call.move_ids):
                records._message_log_batch(bodies=dict.fromkeys(records.ids, summary + said))

    def _get_log_body(self):
        """Return the trace of the call (Markup): its outcome, when, by whom, with whom, on which number."""
        self.ensure_one()
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        contact = self.contact_id or self.partner_id
        return Markup("<b>%s</b> %s<br/>%s") % (
            self._get_html_link(title=self.env._("Call")),
            outcomes[self.outcome],
            self.env._(
                "%(date)s, %(user)s called %(contact)s%(phone)s.",
                date=format_datetime(self.env, self.date, dt_format="short"),
                # A colleague's name, in whatever companies that person works.
                user=self.user_id.sudo().name,
                contact=contact.display_name,
                phone=f" ({self.phone})" if self.phone else "",
            ),
        )

    def _get_log_note(self):
        self.ensure_one()
        return Markup("<br/>").join([Markup(), *self.note.splitlines()]) if self.note else Markup()

    def _close_planned_calls(self):
        """Mark done the calls that were planned with these debtors: on notices, on earlier calls, by the caller."""
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        for call in self:
            call._get_planned_calls().action_feedback(feedback=outcomes[call.outcome])
            self.env["relance.run.debtor"]._mark_called(call.partner_id, call.company_id)

    def _get_planned_calls(self):
        """Return the activities that this call does."""
        self.ensure_one()
        same_debtor = Domain("partner_id", "=", self.partner_id.id) & Domain("company_id", "=", self.company_id.id)
        planned = same_debtor & Domain("activity_ids.activity_type_id.category", "=", "phonecall")
        ours = (
            self.env["relance.notice"].search(planned).activity_ids
            | self.search(planned & Domain("id", "not in", self.ids)).activity_ids
        )
        # A salesperson's call to the same customer is another matter: only those the caller had to make by today.
        today = self.company_id._relance_today()
        own = (self.partner_id | self.contact_id).activity_ids.filtered(
            lambda activity: activity.user_id == self.env.user and activity.date_deadline <= today
        )
        return (ours | own).filtered(lambda activity: activity.activity_type_id.category == "phonecall")

    def _plan_work(self):
        """Plan the next call on its day, and the accountant's decision when the debtor refuses to pay."""
        for call in self:
            debtor = call.partner_id.display_name
            if call.callback_date:
                call.activity_schedule(
                    CALL_TYPE,
                    date_deadline=call.callback_date,
                    summary=self.env._("Call %s again", debtor),
                    user_id=call._get_person_in_charge().id,
                )
            if call.outcome == "refuses":
                call.activity_schedule(
                    TODO_TYPE,
                    summary=self.env._("%s refuses to pay: decide what comes next", debtor),
                    user_id=call.company_id._relance_get_accountant().id,
                )

    def _unplan_work(self):
        """Take back what a call had planned before it was corrected."""
        self.activity_unlink([CALL_TYPE, TODO_TYPE])

    def _get_person_in_charge(self):
        """Return the user who calls again: the one in charge of the debtor, else the one who called."""
        self.ensure_one()
        # The fields of dunning are hidden from users outside accounting.
        in_charge_sudo = self.partner_id.with_company(self.company_id).sudo().relance_user_id
        return self.company_id._relance_choose_person(in_charge_sudo, self.user_id, model="relance.call")

    # === ACTION METHODS - WHAT FOLLOWS FROM THE CALL === #

    def action_follow_up(self):
        """Open what the outcome calls for: the invoices to send again, a hold, a promise, a notice.

        :return: an action, or that which closes the dialog when the outcome calls for nothing but a next call
        """
        self.ensure_one()
        openers = {
            "not_received": self._open_invoices_to_send,
            "in_payment": self._open_waiting_hold,
            "promise": self._open_promise,
            "dispute": self._open_dispute,
            "refuses": self._open_notice_to_send,
        }
        opener = openers.get(self.outcome)
        return opener() if opener else {"type": "ir.actions.act_window_close"}

    def _open_invoices_to_send(self):
        """Open Odoo's own dialog to send the invoices again, with the PDF stored when they were first sent."""
        moves = self._get_moves_to_follow()
        return moves.action_invoice_sent() if len(moves) == 1 else moves.action_send_and_print()

    def _open_waiting_hold(self):
        today = self.company_id._relance_today()
        return self._open_hold(
            "manual",
            self.env._("Wait for the Payment"),
            self.env._("Payment announced"),
            default_date_to=fields.Date.to_string(fields.Date.add(today, days=PAYMENT_DAYS)),
        )

    def _open_dispute(self):
        return self._open_hold("dispute", self.env._("Record the Dispute"), self.env._("Disputed"))

    def _open_hold(self, reason, title, text, **defaults):
        """Open the form of a hold: on the invoice if the call was about a single one, else on the debtor."""
        moves = self._get_moves_to_follow(required=False)
        return self.partner_id._get_relance_dialog(
            self.company_id,
            "relance.suspension",
            title,
            default_reason=reason,
            default_move_id=moves.id if len(moves) == 1 else False,
            default_note=self._get_follow_up_note(text),
            **defaults,
        )

    def _open_promise(self):
        """Open the form of a promise to pay what is left of the invoices, in one payment whose day is to enter."""
        return self.partner_id._get_relance_promise_dialog(
            self.company_id,
            self._get_moves_to_follow(),
            self.env._("Record the Promise"),
            default_note=self._get_follow_up_note(self.env._("Promised")),
        )

    def _open_notice_to_send(self):
        return self._get_moves_to_follow().action_relance_send()

    def _get_moves_to_follow(self, required=True):
        """Return the invoices the follow-up is about: those spoken about and still open, else all that are late.

        :raises UserError: when ``required`` and the debtor owes nothing
        """
        self.ensure_one()
        unpaid = Domain("payment_state", "in", UNPAID)
        moves = self.move_ids.filtered_domain(unpaid)
        moves = moves or self.partner_id._get_relance_late_moves(self.company_id)
        if not moves and required:
            raise UserError(
                self.env._(
                    "The call is logged. %s has no invoice left to pay: there is nothing to follow up.",
                    self.partner_id.display_name,
                )
            )
        return moves

    def _get_follow_up_note(self, text):
        """Return what the follow-up says of its origin: what was said, when, by whom, in the debtor's words."""
        self.ensure_one()
        origin = self.env._(
            "%(text)s by %(contact)s on the phone on %(date)s.",
            text=text,
            contact=(self.contact_id or self.partner_id).display_name,
            date=format_date(self.env, self._get_day(self.date)),
        )
        return f"{origin}\n{self.note}" if self.note else origin

    def action_relance_log_call(self):
        """Open the dialog to log the next call, about the same notice and invoices."""
        self.ensure_one()
        return self.partner_id._get_relance_call_dialog(
            self.company_id,
            notice=self.notice_id,
            contact=self.contact_id,
            moves=self.move_ids.filtered(lambda move: move.payment_state in UNPAID),
        )
