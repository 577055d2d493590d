from odoo import api, models
from odoo.exceptions import UserError

from ...tools.secret_links import without_secrets
from .ir_attachment import PROOF_MODELS

# What a message says and where it stands.
TRACE_FIELDS = frozenset(
    {"body", "subject", "date", "model", "res_id", "author_id", "email_from", "message_type", "tracking_value_ids",
     "attachment_ids", "subtype_id"}
)  # fmt: skip


class MailMessage(models.Model):
    """Messages keep no link that opens the page of a debtor without a log-in, and the traces of proofs stay.

    Many read messages who may not act for a debtor. E-mails get their links as they leave, see
    `mail.mail._complete_links`; an answer that quotes one loses it here. What the system wrote about a proof (who
    changed it, when, why) is kept: core lets who may write the record delete it.
    """

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [self._without_secrets(vals, str(vals.get("model") or "").startswith("relance.")) for vals in vals_list]
        )

    def write(self, vals):
        if TRACE_FIELDS & vals.keys():
            self._check_no_relance_trace()
        return super().write(self._without_secrets(vals, "body" in vals and self._are_about_dunning()))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_relance_trace(self):
        self._check_no_relance_trace()

    @api.model
    def _without_secrets(self, vals, ours):
        return {**vals, "body": without_secrets(vals["body"], invoices=ours)} if vals.get("body") else vals

    def _are_about_dunning(self):
        """Tell whether one of the messages is about a record of this addon."""
        # A person who changes a message by its link may read no more of it.
        return any((message.model or "").startswith("relance.") for message in self.sudo())

    def _check_no_relance_trace(self):
        """Raise if a user touches a trace: comments of people are theirs, drafts go with their messages."""
        if self.env.su:
            return
        # A user who may not read a trace must not be able to remove it.
        traces = self.sudo().filtered(lambda message: message.message_type != "comment")
        kept = self.env.ref("relance_fr.mail_message_subtype_trace")
        if any(message.model in PROOF_MODELS or message.subtype_id == kept for message in traces) or any(
            value.field_id.name == "relance_terms_id"
            for message in traces.filtered(lambda message: message.model == "account.move")
            for value in message.tracking_value_ids
        ):
            raise UserError(
                self.env._("This message is the trace of what was done about a debt: it is kept. Write a note instead.")
            )
