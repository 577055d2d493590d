from markupsafe import Markup
from odoo import models
from odoo.fields import Domain
from odoo.tools import format_datetime

CALL_TYPE = "mail.mail_activity_data_call"
TODO_TYPE = "mail.mail_activity_data_todo"


class RelanceCall(models.Model):
    """What a call leaves behind: messages in chatters, planned calls done, the next one planned."""

    _inherit = "relance.call"

    # === CHATTERS === #

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
                # A colleague's name, whatever companies are his.
                user=self.user_id.sudo().name,
                contact=contact.display_name,
                phone=f" ({self.phone})" if self.phone else "",
            ),
        )

    def _get_log_note(self):
        self.ensure_one()
        return Markup("<br/>").join([Markup(), *self.note.splitlines()]) if self.note else Markup()

    # === ACTIVITIES === #

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
        today = self.env["relance.engine"]._today(self.company_id)
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
                    user_id=self.env["relance.engine"]._get_accountant(call.company_id).id,
                )

    def _unplan_work(self):
        """Take back what a call had planned before it was corrected."""
        self.activity_unlink([CALL_TYPE, TODO_TYPE])

    def _get_person_in_charge(self):
        """Return the user who calls again: the one in charge of the debtor, else the one who called."""
        self.ensure_one()
        # The fields of dunning are hidden from users outside accounting.
        in_charge_sudo = self.partner_id.with_company(self.company_id).sudo().relance_user_id.filtered("active")
        return in_charge_sudo.sudo(False) or self.user_id
