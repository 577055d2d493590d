import hashlib
import hmac
import json
from base64 import b64decode, b64encode

import requests
from odoo import api, models
from odoo.addons.relance_fr.tools.provider import Event, PermanentError, ProviderError, TemporaryError

TIMEOUT = 2


class RelanceProviderTest(models.AbstractModel):
    """What an integrator writes for a service: an HTTP client, and how it words its events."""

    _name = "relance.provider.test"
    _inherit = "relance.provider"
    _description = "Test Service of Registered Letters"

    @api.model
    def _submit(self, notice):
        answer = self._call(
            "POST",
            "/letters",
            headers={"Idempotency-Key": notice._get_provider_key()},
            json={
                "number": notice.name,
                "address": notice._get_letter_debtor()["address"],
                "letter": b64encode(notice.attachment_id.raw).decode(),
            },
        )
        return {"reference": answer["reference"], "tracking_number": answer["tracking"]}

    @api.model
    def _fetch(self, notices):
        answer = self._call("GET", "/events", params={"references": ",".join(notices.mapped("provider_reference"))})
        return [self._to_event(event) for event in answer]

    @api.model
    def _parse_event(self, request_data):
        expected = hmac.new(b"shared", request_data["body"], hashlib.sha256).hexdigest()
        if not hmac.compare_digest(request_data["headers"].get("x-signature", ""), expected):
            raise ProviderError("wrong signature")
        return [self._to_event(event) for event in json.loads(request_data["body"])]

    @api.model
    def _to_event(self, event):
        return Event(
            event["status"],
            event["date"],
            reference=event["reference"],
            event_id=event["id"],
            reason=event.get("reason", ""),
            receipt=b64decode(event.get("receipt", "")),
            receipt_name=event.get("receipt_name", ""),
        )

    @api.model
    def _call(self, method, path, **options):
        url = self.env["ir.config_parameter"].sudo().get_param("relance_fr_test_provider.url")
        answer = requests.request(method, url + path, timeout=TIMEOUT, **options)
        if answer.status_code >= 500:
            raise TemporaryError(f"HTTP {answer.status_code}")
        if answer.status_code >= 400:
            raise PermanentError(answer.json()["error"])
        return answer.json()
