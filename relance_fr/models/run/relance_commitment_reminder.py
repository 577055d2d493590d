from odoo import models


class RelanceCommitmentReminder(models.Model):
    """A reminder that waits in the outgoing mail: it leaves only while its payment is awaited."""

    _inherit = "relance.commitment.reminder"

    def _give_up_overtaken(self):
        given_up = super()._give_up_overtaken()
        for company, own in self.grouped("company_id").items():
            today = company._relance_today()
            # By its day: a plan made out anew has other instalments.
            lines = own.commitment_id.line_ids
            left = company._relance_get_awaited(today, lines)
            awaited = {(line.commitment_id, line.date): left[line.id] for line in lines if line.id in left}
            # Of another amount than it says, or of a day that is over, it is not true any more.
            overtaken = own.filtered(
                lambda reminder, awaited=awaited, today=today: (
                    reminder.date < today
                    or reminder.currency_id.compare_amounts(
                        awaited.get((reminder.commitment_id, reminder.date), 0), reminder.amount
                    )
                )
            )
            for reminder in overtaken.with_env(company._relance_in_company().env):
                reminder.commitment_id._message_log(
                    body=self.env._("The reminder did not leave: the payment is not awaited any more, or another one.")
                )
            given_up |= overtaken
        return given_up
