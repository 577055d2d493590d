from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..tools.open_items import UNPAID
from .relance_answer_receive import ANSWER

# How long a payment that was announced is waited for.
PAYMENT_DAYS = 7


class RelanceAnswer(models.Model):
    """What a person makes of an answer, in one click: a hold, a dispute, a promise or a plan, filled in."""

    _inherit = "relance.answer"

    hold_ids = fields.One2many("relance.hold", "answer_id", string="Holds", readonly=True)
    commitment_ids = fields.One2many("relance.commitment", "answer_id", string="Promises and Plans", readonly=True)
    pause_date = fields.Date(string="Paused until", compute="_compute_pause_date")

    @api.depends("hold_ids.is_pause", "hold_ids.state", "hold_ids.date_to")
    def _compute_pause_date(self):
        for answer in self:
            ends = answer.hold_ids.filtered(lambda hold: hold.is_pause and hold.state == "running").mapped("date_to")
            answer.pause_date = max(ends, default=False)

    def action_accept(self):
        """Make of the answer what it calls for, and open it.

        :raises UserError: when it was examined already, or nothing is left to pay
        """
        self.ensure_one()
        self._check_to_examine()
        moves = self._get_open_moves()
        self._end_pause()
        follow_up = {
            "paid": self._accept_payment,
            "promise": self._accept_promise,
            "dispute": self._accept_dispute,
            "plan": self._accept_plan,
        }[self.kind]
        records = follow_up(moves)
        self._set_examined("accepted")
        return self._get_records_action(records)

    def action_set_aside(self):
        """Close answers nothing follows from: dunning goes on at once."""
        for answer in self:
            answer._check_to_examine()
            answer._end_pause()
            answer._set_examined("closed")
        return True

    def action_open_follow_up(self):
        """Open what was made of the answer."""
        self.ensure_one()
        return self._get_records_action(self.commitment_ids or self.hold_ids.filtered(lambda hold: not hold.is_pause))

    def _check_to_examine(self):
        self.check_access("write")
        self.lock_for_update()
        self.invalidate_recordset(["state"])
        if self.state != "new":
            raise UserError(self.env._("This answer was examined already by %s.", self.handled_by_id.name))

    def _get_open_moves(self):
        moves = self.move_ids.filtered(lambda move: move.state == "posted" and move.payment_state in UNPAID)
        if not moves:
            raise UserError(self.env._("These invoices are settled by now: set the answer aside."))
        return moves

    def _end_pause(self):
        self.hold_ids.filtered(lambda hold: hold.is_pause and hold.state == "running").action_end()

    def _set_examined(self, state):
        # The buttons alone write this.
        self.sudo().write({"state": state, "handled_by_id": self.env.uid, "handled_on": fields.Datetime.now()})
        self.activity_feedback([ANSWER])

    # === WHAT FOLLOWS === #

    def _accept_payment(self, moves):
        """Wait for the payment: until a week after the day he named, a week from today at least."""
        today = self.env["relance.engine"]._today(self.company_id)
        until = max(today, self.date or today) + timedelta(days=PAYMENT_DAYS)
        return self._make_holds(moves, reason="manual", date_to=until)

    def _accept_dispute(self, moves):
        vals = {"reason": "dispute", "category": self.category, "responsible_id": self.env.uid}
        if len(moves) == 1 and 0 < self.amount < moves.amount_total:
            vals["amount"] = self.amount
        holds = self._make_holds(moves, **vals)
        for hold in holds:
            # Who may read the answer reads its files; they follow the dispute.
            for file_sudo in self.attachment_ids.sudo():
                file_sudo.copy({"res_model": hold._name, "res_id": hold.id})
        return holds

    def _make_holds(self, moves, **vals):
        return self.env["relance.hold"].create(
            [
                {
                    "company_id": self.company_id.id,
                    "move_id": move.id,
                    "date_from": self.env["relance.engine"]._today(self.company_id),
                    "note": self._get_origin(),
                    "answer_id": self.id,
                    **vals,
                }
                for move in moves
            ]
        )

    def _accept_promise(self, moves):
        return self._make_commitment(moves, line_ids=[Command.create({"date": self.date, "amount": self.amount})])

    def _accept_plan(self, moves):
        """Make a plan of what is left, in the instalments he proposes: to be read, then sent for signature."""
        plan = self._make_commitment(
            moves,
            parts=self.parts,
            first_date=self.date,
            frequency=self.frequency,
            # Replaced at once by the instalments.
            line_ids=[Command.create({"date": self.date, "amount": 1})],
        )
        plan.action_generate()
        return plan

    def _make_commitment(self, moves, **vals):
        return self.env["relance.commitment"].create(
            {
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "date": self._get_day(),
                "given_by": self.given_by,
                "given_by_id": self.given_by_id.id,
                "channel": "portal",
                "move_ids": [Command.set(moves.ids)],
                "user_id": self.env.uid,
                "note": self._get_origin(),
                "answer_id": self.id,
                **vals,
            }
        )

    def _get_day(self):
        """Return the day the debtor answered, that of the company."""
        # The card of the company may be out of the user's sight.
        tz = self.company_id.partner_id.sudo().tz or "Europe/Paris"
        return fields.Datetime.context_timestamp(self.with_context(tz=tz), self.create_date).date()

    def _get_origin(self):
        origin = self.env._(
            "Answer on the portal by %(name)s on %(date)s.",
            name=self.given_by or self.partner_id.name,
            date=format_date(self.env, self._get_day()),
        )
        return "\n".join([origin, *self._get_facts(), *filter(None, [self.note])])

    def _get_records_action(self, records):
        """Return the action that opens ``records``, in a form when there is one."""
        action = {
            "type": "ir.actions.act_window",
            "name": records._description if len(records) > 1 else records.display_name,
            "res_model": records._name,
            "context": {"create": False},
        }
        if len(records) == 1:
            return action | {"views": [(False, "form")], "res_id": records.id}
        return action | {"views": [(False, "list"), (False, "form")], "domain": [("id", "in", records.ids)]}
