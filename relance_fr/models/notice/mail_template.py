from odoo import models

# What an e-mail wears that is ours whatever it is about, see ``mail.mail._get_relance_company_sudo``.
OUR_LAYOUTS = "relance_fr."


class MailTemplate(models.Model):
    """E-mails made of a template remember that they wear a layout of ours: core renders it and forgets."""

    _inherit = "mail.template"

    def send_mail_batch(
        self, res_ids, force_send=False, raise_exception=False, email_values=None, email_layout_xmlid=False
    ):
        layout = email_layout_xmlid or self.email_layout_xmlid or ""
        if layout.startswith(OUR_LAYOUTS):
            # Last: nobody takes it off.
            email_values = {**(email_values or {}), "email_layout_xmlid": layout}
        return super().send_mail_batch(
            res_ids,
            force_send=force_send,
            raise_exception=raise_exception,
            email_values=email_values,
            email_layout_xmlid=email_layout_xmlid,
        )
