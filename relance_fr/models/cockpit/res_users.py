from odoo import fields, models


class ResUsers(models.Model):
    """How often the person in charge of debtors gets the digest of dunning; whose work it is once that person left."""

    _inherit = "res.users"

    relance_digest = fields.Selection(
        [("daily", "Every working day"), ("weekly", "Every week"), ("never", "Never")],
        "Dunning Digest",
        default="weekly",
        required=True,
        help="An email with what waits for you: notices to approve, letters to post, answers, promises, disputes, "
        "payments. Only for those in charge of debtors, and only when there is something to say.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "relance_digest"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "relance_digest"]

    def action_archive(self):
        """Hand what waits in dunning for people who leave to the accountant: core deletes their activities."""
        self._relance_hand_over()
        return super().action_archive()

    def _relance_hand_over(self):
        """Give the open activities of these users about dunning to the accountant of their company."""
        # Who archives a user need not see what that person works on.
        Activity = self.env["mail.activity"].sudo()
        for activity_sudo in Activity.search([("user_id", "in", self.ids), ("res_model", "=like", "relance.%")]):
            record_sudo = self.env[activity_sudo.res_model].sudo().browse(activity_sudo.res_id).exists()
            company = "company_id" in record_sudo._fields and record_sudo.company_id
            heir = company and company._relance_get_accountant(leaving=self)
            if heir:
                activity_sudo.with_context(mail_activity_quick_update=True).user_id = heir
