from odoo import api, models

from ...tools.provider import ProviderError


class RelanceProviderManual(models.AbstractModel):
    """No service: letters are printed and posted by a person, who enters the proof or imports the carrier's file."""

    _name = "relance.provider.manual"
    _inherit = "relance.provider"
    _description = "Registered Letters Posted by Hand"

    @api.model
    def _accepts(self, notice):
        return False

    @api.model
    def _parse_event(self, request_data):
        raise ProviderError("no provider is set")
