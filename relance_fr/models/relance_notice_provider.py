from odoo import api, fields, models
from odoo.exceptions import UserError


class RelanceNotice(models.Model):
    """A registered letter in the hands of a provider."""

    _inherit = "relance.notice"

    provider = fields.Selection(selection="_selection_provider", readonly=True, copy=False)
    provider_reference = fields.Char(string="Provider's Reference", readonly=True, copy=False)
    provider_state = fields.Selection(
        [("to_submit", "Waiting to Be Submitted"), ("submitted", "Taken by the Provider"), ("failed", "Not Taken")],
        string="Provider Status",
        readonly=True,
        copy=False,
    )
    provider_error = fields.Char(readonly=True, copy=False)
    provider_attempts = fields.Integer(readonly=True, copy=False)
    provider_next_try = fields.Datetime(string="Next Attempt", readonly=True, copy=False)
    provider_event_ids = fields.One2many("relance.provider.event", "notice_id", string="Events", readonly=True)

    _to_submit_idx = models.Index("(provider_next_try) WHERE provider_state = 'to_submit'")
    _submitted_idx = models.Index("(company_id) WHERE provider_state = 'submitted'")
    _provider_reference_idx = models.Index("(company_id, provider_reference) WHERE provider_reference IS NOT NULL")
    _tracking_number_idx = models.Index("(company_id, tracking_number) WHERE tracking_number IS NOT NULL")

    @api.model
    def _selection_provider(self):
        return self.env["res.company"]._fields["relance_provider"]._description_selection(self.env)

    def _get_provider_key(self):
        """Return the idempotency key of a letter: one sealed content of one company is one letter, for ever."""
        self.ensure_one()
        return f"{self.company_id.id}:{self.name}:{self.seal}"

    # === ACTION METHODS === #

    def action_provider_retry(self):
        """Submit again letters the provider did not take, once what it complained of is corrected."""
        self.check_access("write")
        letters = self.filtered(lambda notice: notice.provider_state == "failed" and not notice.posted_date)
        if not letters:
            raise UserError(self.env._("None of these letters was refused by the provider and is still to be posted."))
        # The state of the submission is no proof a person may enter.
        letters.sudo().write({"provider_state": "to_submit", "provider_attempts": 0, "provider_next_try": False})
        letters.activity_unlink(["mail.mail_activity_data_todo"])
        # Whoever asks for another attempt need not read the jobs.
        self.env.ref("relance_fr.ir_cron_provider_submit").sudo()._trigger()
        return True

    def action_provider_take_back(self):
        """Post by hand letters the provider has not taken yet."""
        self.check_access("write")
        waiting = self.filtered(lambda notice: notice.provider_state == "to_submit")
        # One that is being submitted at this moment is not ours any more.
        letters = waiting.try_lock_for_update()
        letters.invalidate_recordset(["provider_state"])
        letters = letters.filtered(lambda notice: notice.provider_state == "to_submit")
        if not letters:
            raise UserError(self.env._("These letters are with the provider already, or being handed over just now."))
        self.env["relance.engine"]._fail_submission(letters, self.env._("Taken back to be posted by hand."))
        return True

    # === CRON METHODS === #

    @api.model
    def _cron_submit(self):
        """Hand the letters that wait over to their providers, one by one."""
        # The job acts for every company, whoever starts it.
        self.env["relance.engine"].sudo()._submit_pending()

    @api.model
    def _cron_fetch(self):
        """Ask providers for news of the letters they took."""
        # The job acts for every company, whoever starts it.
        self.env["relance.engine"].sudo()._fetch_submitted()
