from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Give the portal the translations of the form that signs a plan."""
        return [*super()._get_translation_frontend_modules_name(), "relance_fr"]
