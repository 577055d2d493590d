import base64

from odoo import api, fields, models


class RelancePreview(models.TransientModel):
    """The e-mail and the letter of a notice to come, as they would leave."""

    _name = "relance.preview"
    _description = "Preview of a Notice"

    debtor_id = fields.Many2one(
        "relance.run.debtor", string="Notice to Come", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="debtor_id.partner_id", related_sudo=False)
    email_from = fields.Char(string="From", readonly=True)
    email_to = fields.Char(string="To", readonly=True)
    email_cc = fields.Char(string="Cc", readonly=True)
    subject = fields.Char(readonly=True)
    # Shown in a frame of its own where no script runs: it must be the very page that leaves.
    body = fields.Html(readonly=True, sanitize=False)
    letter = fields.Binary(readonly=True, attachment=False)
    letter_name = fields.Char(readonly=True)

    @api.constrains("debtor_id")
    def _check_debtor(self):
        # A dialog made over RPC names only what its user may read: it shows names. Constraints run as superuser.
        self.debtor_id.sudo(False).check_access("read")

    @api.model
    def _create_for(self, debtor):
        """Render the documents of a row and return them as a dialog's record."""
        preview = debtor._render_one_preview()
        letter = preview.pop("letter")
        return self.create({"debtor_id": debtor.id, "letter": letter and base64.b64encode(letter), **preview})
