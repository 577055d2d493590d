import hmac
import logging

import psycopg2
from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..tools.letter_format import one_line
from ..tools.provider import Event, ProviderError

_logger = logging.getLogger(__name__)

# A scanned receipt in base64 and some to spare.
MAX_BODY = 10 * 1024 * 1024


class ProviderController(http.Controller):
    """Where providers of registered letters call back. A person who has no token learns nothing."""

    @http.route(
        "/relance_fr/provider/<relance_id:company_id>",
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
        not known (yet): the provider then tells again. What contradicts the register is counted as ``contradictory``,
        with the reasons in ``refused``: it was not entered, and telling it again changes nothing (hence 200).
        """
        # The sender has no account here; the token is what it is known by.
        company = request.env["res.company"].with_user(SUPERUSER_ID).browse(company_id).exists()
        if not self._is_allowed(company):
            return request.make_response("", status=403)
        company = company._relance_in_company()
        httprequest = request.httprequest
        request_data = {
            "headers": {name.lower(): value for name, value in httprequest.headers.items()},
            "query": httprequest.args.to_dict(),
            "form": httprequest.form.to_dict(),
            "body": httprequest.get_data(),
        }
        try:
            events = list(company._get_relance_provider()._parse_event(request_data))
            if not all(isinstance(event, Event) for event in events):
                raise ProviderError("no events")
        except psycopg2.Error:
            # A conflict is tried again by the framework.
            raise
        except Exception as error:
            # Whatever the code of a provider makes of what it cannot read, what was sent is at fault.
            _logger.info("Callback about letters of company %s refused: %s", company_id, one_line(repr(error)))
            return request.make_response("", status=400)
        counts, refused = company.env["relance.notice"]._take_events(company, events)
        answer = dict(counts) | ({"refused": refused} if refused else {})
        return request.make_json_response(answer, status=404 if counts["unknown"] else 200)

    def _is_allowed(self, company):
        """Compare the token of the request with the company's, in the same time whatever they are."""
        scheme, _space, given = request.httprequest.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = request.httprequest.args.get("token", "")
        expected = (company and company._get_relance_setting("relance_provider_token")) or ""
        return hmac.compare_digest(given.encode(), expected.encode()) and bool(expected)
