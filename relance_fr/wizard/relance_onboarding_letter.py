import base64

from odoo import api, fields, models


class RelanceOnboardingLetter(models.TransientModel):
    """A formal notice to look at, before any leaves."""

    _name = "relance.onboarding.letter"
    _description = "Specimen of a Formal Notice"

    is_fictitious = fields.Boolean(readonly=True)
    letter = fields.Binary(readonly=True, attachment=False)
    letter_name = fields.Char(readonly=True)

    @api.model
    def _create_for(self, company):
        """Render the specimen of ``company`` and return it as a dialog's record."""
        specimen = company._relance_render_specimen()
        return self.create({**specimen, "letter": base64.b64encode(specimen["letter"])})
