from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..law.delays import last_working_day
from ..tools.open_items import UNPAID
from .relance_hold_deadline import VAT_DAYS

OUTCOMES = [
    ("plan", "Plan adopted"),
    ("settled", "Closed, liabilities paid"),
    ("insufficient", "Closed, assets insufficient"),
    ("reversed", "Judgment set aside"),
    ("mistake", "Entered by mistake"),
]
# Proceedings that never were: the hold ends before it starts, dunning and interest go on as if it had never been.
UNDONE = ("reversed", "mistake")


class RelanceHold(models.Model):
    """How proceedings go on: another kind of them, a plan, their end.

    Nothing of it is automatic. After a plan or a closing the earlier debts stay out of dunning: they are paid by the
    plan, or lost.
    """

    _inherit = "relance.hold"

    insolvency_outcome = fields.Selection(
        OUTCOMES, string="Outcome of the Proceedings", readonly=True, copy=False, tracking=True
    )
    insolvency_outcome_date = fields.Date(string="Decided on", readonly=True, copy=False, tracking=True)
    conversion_date = fields.Date(
        string="Converted on", readonly=True, copy=False, tracking=True, help="Date of the judgment of conversion."
    )
    conversion_publication_date = fields.Date(
        string="Conversion Published on", readonly=True, copy=False, tracking=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("reason") == "insolvency" and vals.get("date_to") and not self.env.su:
                raise UserError(self._get_end_message())
        holds = super().create(vals_list)
        holds.filtered(
            lambda hold: hold.reason == "insolvency" and hold.insolvency_kind == "liquidation"
        )._plan_vat_recovery()
        return holds

    def write(self, vals):
        if vals.get("date_to") and not self.env.su and any(hold.reason == "insolvency" for hold in self):
            raise UserError(self._get_end_message())
        return super().write(vals)

    def action_end(self):
        if any(hold.reason == "insolvency" for hold in self):
            raise UserError(self._get_end_message())
        return super().action_end()

    def _get_end_message(self):
        return self.env._(
            "Insolvency proceedings do not end on a day chosen here: earlier debts would be dunned again. Enter what "
            "became of them with the button Next Step."
        )

    def action_insolvency_step(self):
        """Open the dialog that says how the proceedings went on."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Next Step of the Proceedings"),
            "res_model": "relance.insolvency.step",
            "view_mode": "form",
            "target": "new",
            "context": {"default_hold_id": self.id},
        }

    def _convert_proceedings(self, kind, date, publication_date, administrator):
        """Record a judgment that turns the proceedings into others, worse ones as a rule.

        The opening judgment still decides which debts are earlier and when interest stopped; what was declared need
        not be declared again. A claim not declared yet keeps its deadline.
        """
        self.ensure_one()
        self.check_access("write")
        vals = {
            "insolvency_kind": kind,
            "conversion_date": date,
            "conversion_publication_date": publication_date,
        }
        if administrator:
            vals["administrator_id"] = administrator.id
        # These fields are written here and nowhere else, see relance_hold_guard.py.
        self.sudo().write(vals)
        self._refresh_claim_letter()
        if kind == "liquidation":
            self._plan_vat_recovery()
            self._plan_later_claims()

    def _close_proceedings(self, outcome, date):
        """Record how the proceedings ended; only those that never were give the debts back to dunning."""
        self.ensure_one()
        self.check_access("write")
        vals = {"insolvency_outcome": outcome, "insolvency_outcome_date": date}
        if outcome in UNDONE:
            vals |= {"date_to": fields.Date.subtract(self.date_from, days=1), "end_announced": True}
        self.sudo().write(vals)
        self._activity_done(dict(self._fields["insolvency_outcome"]._description_selection(self.env))[outcome])
        if outcome == "insufficient":
            self._plan_vat_recovery()
        if outcome in UNDONE:
            self._reopen_commitments()
        # New proceedings may be entered at once: the database allows one without outcome.
        self.flush_recordset()
        # What is dunned again, or not any more, shows on the invoices at once.
        moves_sudo = self.env["account.move"].sudo().search(self._get_earlier_domain())
        self.env["relance.engine"]._refresh_progress(moves_sudo)

    def _plan_vat_recovery(self):
        """Ask the person in charge to look at the VAT of what is lost, where there is some (CGI art. 272, 1)."""
        for hold in self:
            moves_sudo = (
                self.env["account.move"]
                .sudo()
                .search(hold._get_earlier_domain() & Domain("payment_state", "in", UNPAID))
            )
            summary = self.env._("VAT of the unpaid invoices: to be recovered")
            planned = summary in hold.activity_ids.mapped("summary")
            if planned or not any(moves_sudo.mapped("amount_tax")):
                continue
            today = self.env["relance.engine"]._today(hold.company_id)
            hold.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.add(today, days=VAT_DAYS),
                summary=summary,
                note=self.env._(
                    "From the judgment that pronounces the liquidation, the VAT you paid on invoices that stay unpaid "
                    "can be deducted once they are corrected (CGI art. 272, 1): send a duplicate of each with the "
                    "amount unpaid and its VAT. Ask your accountant; nothing is booked by itself."
                ),
                user_id=hold._get_person_in_charge().id,
            )

    def _plan_later_claims(self):
        """Ask to tell the liquidator of unpaid later invoices: their privilege is kept six months (C. com. L641-13)."""
        for hold in self:
            moves = hold._get_later_moves().filtered(lambda move: move.payment_state in UNPAID)
            if not moves:
                continue
            today = self.env["relance.engine"]._today(hold.company_id)
            start = hold.conversion_publication_date or hold.conversion_date or today
            limit = fields.Date.add(start, months=6)
            hold.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=max(today, min(fields.Date.add(today, days=VAT_DAYS), last_working_day(limit))),
                summary=self.env._("Tell the liquidator of the later invoices that are unpaid"),
                note=self.env._(
                    "Unpaid claims of after the opening judgment keep their rank if the liquidator is told within six "
                    "months of the publication of the liquidation (C. com. L641-13): before %s.",
                    format_date(self.env, limit),
                ),
                user_id=hold._get_person_in_charge().id,
            )
