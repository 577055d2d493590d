from odoo import api, models
from odoo.exceptions import UserError

from .ir_attachment import PROOF_MODELS

# What a message says and where it stands.
TRACE_FIELDS = frozenset(
    {"body", "subject", "date", "model", "res_id", "author_id", "email_from", "message_type", "tracking_value_ids",
     "attachment_ids"}
)  # fmt: skip


class MailMessage(models.Model):
    """What the system wrote about a proof: who changed it, when, why. Core lets who may write the record delete it."""

    _inherit = "mail.message"

    def write(self, vals):
        if TRACE_FIELDS & vals.keys():
            self._check_no_relance_trace()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_relance_trace(self):
        self._check_no_relance_trace()

    def _check_no_relance_trace(self):
        """Raise if a user touches a trace: comments of people are theirs, drafts go with their messages."""
        if self.env.su:
            return
        # Whoever may not read a trace must not be able to remove it.
        traces = self.sudo().filtered(lambda message: message.message_type != "comment")
        if any(message.model in PROOF_MODELS for message in traces) or any(
            value.field_id.name == "relance_terms_id"
            for message in traces.filtered(lambda message: message.model == "account.move")
            for value in message.tracking_value_ids
        ):
            raise UserError(
                self.env._("This message is the trace of what was done about a debt: it is kept. Write a note instead.")
            )
