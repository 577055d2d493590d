from odoo import models

from ..models.notice.mail_template import OUR_LAYOUTS


class MailComposeMessage(models.TransientModel):
    """E-mails a person writes to many at once remember that they wear a layout of ours: core forgets."""

    _inherit = "mail.compose.message"

    def _prepare_mail_values(self, res_ids):
        values = super()._prepare_mail_values(res_ids)
        layout = self.email_layout_xmlid or ""
        if self.composition_mode == "mass_mail" and layout.startswith(OUR_LAYOUTS):
            for mail_values in values.values():
                mail_values["email_layout_xmlid"] = layout
        return values
