import werkzeug.routing
from odoo import models
from odoo.http import request

from ...tools.inputs import read_id


class RecordIdConverter(werkzeug.routing.BaseConverter):
    """The id of a record in an address: what no record can have, 5 000 digits or a sign, is a page not found."""

    regex = r"[0-9]+"

    def to_python(self, value):
        number = read_id(value)
        if number is None:
            raise werkzeug.routing.ValidationError
        return number


class IrHttp(models.AbstractModel):
    """Our pages take ``<relance_id:name>``, and the portal their translations."""

    _inherit = "ir.http"

    @classmethod
    def _serve_fallback(cls):
        # Core looks for a file of this address, and no database holds a NUL: it is not found.
        if "\x00" in request.httprequest.path:
            return None
        return super()._serve_fallback()

    @classmethod
    def _get_converters(cls):
        return super()._get_converters() | {"relance_id": RecordIdConverter}

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Give the portal the translations of the form that signs a plan."""
        return [*super()._get_translation_frontend_modules_name(), "relance_fr"]
