from odoo import api, fields, models


class RelanceCommitmentReminder(models.Model):
    """The friendly e-mail before a promised payment: one for each day of a commitment, ever."""

    _name = "relance.commitment.reminder"
    _description = "Reminder before a Promised Payment"
    _order = "date desc, id desc"

    commitment_id = fields.Many2one("relance.commitment", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="commitment_id.company_id")
    currency_id = fields.Many2one(related="commitment_id.currency_id")
    line_id = fields.Many2one("relance.commitment.line", readonly=True, index="btree_not_null", ondelete="set null")
    date = fields.Date(string="Payment of", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    sent_on = fields.Date(readonly=True)
    email_to = fields.Char(readonly=True)

    _once = models.UniqueIndex("(commitment_id, date)", "A promised payment is reminded of once.")

    @api.depends("commitment_id", "date")
    def _compute_display_name(self):
        for reminder in self:
            reminder.display_name = reminder.commitment_id.display_name

    # === BUSINESS METHODS === #

    def _give_up_overtaken(self):
        """Stop the e-mails, still in the outgoing mail, of payments that are not awaited any more: a named hook (run).

        :return: the reminders whose e-mail must not leave
        """
        return self.browse()
