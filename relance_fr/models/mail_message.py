from odoo import api, models

from ..tools.secret_links import without_secrets


class MailMessage(models.Model):
    """Messages keep no link that opens the page of a debtor without a log-in: many read them who may not act for him.

    E-mails get theirs as they leave, see `mail.mail._complete_links`; an answer that quotes one loses it here.
    """

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [self._without_secrets(vals, str(vals.get("model") or "").startswith("relance.")) for vals in vals_list]
        )

    def write(self, vals):
        return super().write(self._without_secrets(vals, "body" in vals and self._are_about_dunning()))

    @api.model
    def _without_secrets(self, vals, ours):
        return {**vals, "body": without_secrets(vals["body"], invoices=ours)} if vals.get("body") else vals

    def _are_about_dunning(self):
        """Tell whether one of the messages is about a record of this addon."""
        # Whoever changes a message by its link may read no more of it.
        return any((message.model or "").startswith("relance.") for message in self.sudo())
