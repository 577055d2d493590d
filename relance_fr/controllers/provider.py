import hmac
import logging

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..tools.provider import ProviderError

_logger = logging.getLogger(__name__)

# A scanned receipt in base64 and some to spare.
MAX_BODY = 10 * 1024 * 1024


class ProviderController(http.Controller):
    """Where providers of registered letters call back. Whoever has no token learns nothing."""

    @http.route(
        "/relance_fr/provider/<int:company_id>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BODY,
    )
    def event(self, company_id, **_parameters):
        """Take the events a provider posts about the letters of a company.

        The secret of the company comes as ``Authorization: Bearer`` or as ``token`` in the address. Answers 200 when
        the events were entered or known, 400 when they make no sense, 403 without the secret, 404 when a letter is
        not known (yet): the provider then tells again.
        """
        # The sender has no account here; the token is what it is known by.
        company = request.env["res.company"].with_user(SUPERUSER_ID).browse(company_id).exists()
        if not self._is_allowed(company):
            return request.make_response("", status=403)
        engine = company.env["relance.engine"]._in_company(company)
        company = company.with_env(engine.env)
        httprequest = request.httprequest
        request_data = {
            "headers": {name.lower(): value for name, value in httprequest.headers.items()},
            "query": httprequest.args.to_dict(),
            "form": httprequest.form.to_dict(),
            "body": httprequest.get_data(),
        }
        try:
            events = company._get_relance_provider()._parse_event(request_data)
        except (ProviderError, ValueError, KeyError, TypeError) as error:
            _logger.info("Callback about letters of company %s refused: %s", company_id, error)
            return request.make_response("", status=400)
        counts = engine.env["relance.notice"]._apply_events(company, events)
        return request.make_json_response(dict(counts), status=404 if counts["unknown"] else 200)

    def _is_allowed(self, company):
        """Compare the token of the request with the company's, in the same time whatever they are."""
        scheme, _space, given = request.httprequest.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = request.httprequest.args.get("token", "")
        expected = company.relance_provider_token or ""
        return hmac.compare_digest(given.encode(), expected.encode()) and bool(expected)
