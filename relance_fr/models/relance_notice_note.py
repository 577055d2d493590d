from markupsafe import Markup
from odoo import models
from odoo.addons.base.models.ir_qweb_fields import nl2br


class RelanceNotice(models.Model):
    """The sentence a person adds to one notice, in its letter and in its e-mail."""

    _inherit = "relance.notice"

    def _get_personal_note_html(self):
        """Return the personal sentence as a paragraph, escaped, ``""`` without one. The e-mail templates call it."""
        self.ensure_one()
        note = (self.personal_note or "").strip()
        return Markup("<p>%s</p>") % nl2br(note) if note else ""
