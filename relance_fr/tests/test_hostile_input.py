import json
from base64 import b64encode
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools.provider import Event
from .portal_common import PortalCommon

# Ids no record has: too large for the database, for Python's reader of digits, signed, no digits, a NUL.
IDS = ["0", "-1", "2147483647", "2147483648", "9" * 20, "9" * 5000, "1.5", "1e5", "٣", "abc", "a%00b", "%FF", "%2e%2e"]
TEXTS = ["", "\x00", "a\x00b", "\ufffe\uffff", "9" * 5000, "-1", "x" * 100_000, "' OR 1=1 --", "{{7*7}}", "é" * 300]
# What JSON may hold where a text is expected.
VALUES = [None, True, False, 0, -1, 10**5000, 1.5, [], ["x"], {}, {"a": 1}, [[]], *TEXTS]
PDF = b"%PDF-1.4 test"


@tagged("post_install", "-at_install")
class TestHostileInput(PortalCommon, HttpCase):
    """What nobody types in good faith, to every route, method and import of ours: a clean refusal, no traceback."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._late(1000)
        cls.company.relance_provider_token = "s3cret"

    def setUp(self):
        super().setUp()
        self.notice = self._send(self.invoice)
        self.plan = self.env["relance.commitment"].create(
            {
                "partner_id": self.other.id,
                "move_ids": self._late(900, partner=self.other).ids,
                "line_ids": [
                    fields.Command.create({"date": self._in_days(days), "amount": 450}) for days in (20, 50)
                ],
            }
        )  # fmt: skip
        self.plan._portal_ensure_token()
        self.plan._set_agreement(sign_state="sent")

    @contextmanager
    def _no_traceback(self):
        """Fail when anything is logged as an error, or with a traceback."""
        logged = []

        def handle(record):
            if record.levelname in ("ERROR", "CRITICAL") or record.exc_info:
                logged.append(record.getMessage())

        with patch("logging.Logger.callHandlers", lambda logger, record: handle(record)):
            yield
        self.assertFalse(logged)

    def _get(self, url, **options):
        with self._no_traceback():
            response = self.url_open(url, timeout=60, allow_redirects=False, **options)
        self.assertLess(response.status_code, 500, url[:200])
        return response

    # === ROUTES === #

    def test_every_route_is_tried(self):
        """Fails on a route of ours that no test of this class names."""
        routes = {url for url, _endpoint in http._generate_routing_rules(self.registry._init_modules, nodb_only=False)}
        self.assertEqual(
            {url for url in routes if "relance" in url or "payment-plans" in url},
            {
                "/my/relances",
                "/my/relance/<relance_id:notice_id>",
                "/my/relance/<relance_id:notice_id>/letter",
                "/my/relance/<relance_id:notice_id>/answer/<string:kind>",
                "/my/relances/answer/<string:kind>",
                "/my/payment-plans/<relance_id:plan_id>",
                "/my/payment-plans/<relance_id:plan_id>/letter",
                "/my/payment-plans/<relance_id:plan_id>/sign",
                "/relance_fr/letters",
                "/relance_fr/register/<relance_id:company_id>",
                "/relance_fr/provider/<relance_id:company_id>",
            },
            "A route that is new: try it here. Ids are <relance_id:...>.",
        )

    def test_ids(self):
        for login in (None, self.billing.login):
            self.authenticate(login, login)
            for text in IDS if login else IDS[-7:]:
                with self.subTest(login=login, id=text[:20]):
                    for url in (
                        "/my/relance/{}", "/my/relance/{}/letter", "/my/relance/{}/answer/paid",
                        "/my/payment-plans/{}", "/my/payment-plans/{}/letter", "/relance_fr/register/{}",
                        "/relance_fr/letters?ids=1,{}", "/relance_fr/letters?run={}",
                    ):  # fmt: skip
                        self.assertNotEqual(self._get(url.format(text)).status_code, 200, url)
                    response = self._get(f"/relance_fr/provider/{text}", data=b"{}")
                    self.assertIn(response.status_code, (400, 403, 404))

    def test_queries(self):
        """NUL, halves of characters, lists, too long: in all the parameters of each page, and beside the right link."""
        link, token = f"/my/relance/{self.notice.id}", self.notice.portal_token
        plan = f"/my/payment-plans/{self.plan.id}"
        pages = (
            (link, "token={0}&answered={0}&x={0}"), (f"{link}/letter", "token={0}"),
            (link, f"token={token}&answered={{0}}"), (f"{link}/answer/paid", f"token={token}&form_key={{0}}"),
            (plan, "access_token={0}&signed={0}"), (f"{plan}/letter", "access_token={0}"),
            ("/relance_fr/letters", "ids={0}"), ("/relance_fr/letters", "run={0}&format={0}"),
            ("/my/relances/answer/paid", "company={0}&currency={0}"), ("/my/relances", "answered={0}"),
        )  # fmt: skip
        self.authenticate(None, None)
        for text in ("a%00b", "%ff%fe", "%ed%a0%80", "%C3%A9", "x" * 5000, "[]"):
            if text == "[]":
                self.authenticate("portal_owner", "portal_owner")
            for url, query in pages:
                with self.subTest(url=url, text=text[:20]):
                    self._get(f"{url}?{query.format(text)}")
            self._get(f"{link}/answer/{text}?token={token}")

    def test_answer_form(self):
        """All the fields of each form at once, then each alone with a NUL, which no browser sends."""
        self.authenticate(None, None)
        for kind in ("paid", "promise", "dispute", "plan"):
            url = self._link(self.notice, f"/answer/{kind}")
            good = self._page(url).xpath("//form[.//input[@name='form_key']]")[0].form_values()
            token = [(name, value) for name, value in good if name == "csrf_token"]
            names = sorted(
                {name for name, _value in good if name not in ("csrf_token", "files")} | {"note", "given_by"}
            )
            for text in ("9" * 5000, "x" * 50_000, "\ufffe", "1e999", "0001-01-01"):
                with self.subTest(kind=kind, text=text[:20]):
                    self._get(url, data=token + [(name, text) for name in names])
            for name in names:
                with self.subTest(kind=kind, name=name):
                    data = [(key, value) for key, value in good if key not in (name, "files")]
                    self._get(url, data=[*data, (name, "a\x00b")])
        uploads = [("files", (name, BytesIO(PDF))) for name in ("a\x00b.pdf", "\ufffe" * 300, "../../x", "..", "é.pdf")]
        self._get(url, data=[*token, ("note", "x")], files=uploads)

    def test_signing(self):
        """A token that is no text, or no token of ours, signs nothing. Name and image: see the tests of the plan."""
        self.authenticate(None, None)
        url = f"/my/payment-plans/{self.plan.id}/sign"
        for value in (*VALUES[:5], *VALUES[6:]):
            params = {"access_token": value, "name": "Claire", "signature": "x"}
            with self.subTest(value=str(value)[:20]), mute_logger("odoo.http"):
                body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
                answer = self._get(url, data=body, headers={"Content-Type": "application/json"}).json()
                self.assertIn("error", answer.get("result") or {})
        self.assertEqual(self.plan.sign_state, "sent")

    def test_callback(self):
        """With the secret: whatever the body, the code of the provider and its events."""
        url = f"/relance_fr/provider/{self.company.id}"

        def parse(request_data):
            data = json.loads(request_data["body"])
            return [Event(**data)] if isinstance(data, dict) else data

        provider = self.registry["relance.provider.manual"]
        self.startPatcher(patch.object(provider, "_parse_event", lambda _model, data: parse(data)))
        good = {"status": "posted", "date": fields.Date.to_string(self.notice.date), "number": "RLF/1999/1"}
        bodies = [b" ", b"\x00", b"\xff\xfe", b"[" * 100_000, b"null", b"3", b'"x"', b"[1]", b"[null]", b"{}", b"NaN"]
        bodies += [
            json.dumps(good | {name: value}).encode()
            for name in ("status", "date", "number", "reference", "reason", "event_id", "unknown", "receipt")
            for value in (None, True, 1.5, ["x"], {"a": 1}, "a\x00b", "9" * 5000)
        ]
        days = ("0001-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-02-30")
        bodies += [json.dumps(good | {"date": day}).encode() for day in days]
        bodies.append(b'{"status": "posted", "number": "x", "date": 1' + b"0" * 5000 + b"}")
        for body in bodies:
            with self.subTest(body=body[:80]):
                response = self._get(url, data=body, headers={"Authorization": "Bearer s3cret"})
                # 404: the value says nothing, such as no reason; the event is about a letter nobody knows.
                self.assertIn(response.status_code, (400, 404))
        for token in ("é", "x" * 10_000):
            with self.subTest(token=token[:5]):
                header = {"Authorization": f"Bearer {token}".encode()}
                self.assertEqual(self._get(url, data=b"{}", headers=header).status_code, 403)
                self.assertEqual(self._get(f"{url}?token=%00{token}", data=b"{}").status_code, 403)

    # === METHODS AND IMPORTS === #

    def test_methods_with_arguments(self):
        """Every public method of ours that takes arguments: an error of its user, not of its code."""
        run = self.notice.run_id
        calls = {
            "account.move.relance_statement": self.invoice.relance_statement,
            "account.move.relance_explain": self.invoice.relance_explain,
            "relance.run.action_open_outcome": run.action_open_outcome,
            "relance.run.action_open_summary": run.action_open_summary,
            "relance.onboarding.action_open_step": self.env["relance.onboarding"].action_open_step,
            "relance.onboarding.action_get_panel": self.env["relance.onboarding"].action_get_panel,
            "relance.dashboard.get_panel": lambda value: self.env["relance.dashboard"].get_panel(value, value),
            "relance.dashboard.get_panel of this company": (
                lambda value: self.env["relance.dashboard"].get_panel(value, self.env.company.id)
            ),
        }
        values = [
            *VALUES,
            "0001-01-01",
            "9999-12-31",
            "2026-02-30",
            ["stopped"],
            ["send", 1],
            ["send", [], {}],
            [None, 1],
        ]
        for name, call in calls.items():
            for value in values:
                with self.subTest(name=name, value=str(value)[:20] if value != 10**5000 else "huge"):
                    try:
                        call(value)
                    except (UserError, AccessError):
                        continue

    def test_every_method_with_arguments_is_tried(self):
        found = set()
        for model in self.registry.values():
            for attribute in dir(model):
                function = getattr(model, attribute, None)
                module = getattr(function, "__module__", "") or ""
                if attribute.startswith("_") or not module.startswith("odoo.addons.relance_fr."):
                    continue
                # What extends a method of core takes what core's takes.
                if any(attribute in vars(parent) and not parent.__module__.startswith("odoo.addons.relance_fr")
                       for parent in model.__mro__ if parent.__module__.startswith("odoo.")):  # fmt: skip
                    continue
                code = getattr(function, "__code__", None)
                if code and code.co_argcount > 1:
                    found.add(attribute)
        self.assertEqual(
            found,
            {"relance_statement", "relance_explain", "action_open_outcome", "action_open_summary", "action_open_step",
             "action_get_panel", "get_panel"},
        )  # fmt: skip

    def test_imports(self):
        contents = [b"\x00", b"a;b\n" * 2000 + b"\x00", b"\xff\xfe" + "a;b\x00".encode("utf-16-le"), b"\xff\xfe\x00",
                    "Référence;Posté le\nRLF/2026/00001;".encode() + b"9" * 5000,
                    "Référence;Posté le\n".encode() + b"x" * 200_000, b'Reference;Posted on\n"unclosed;\n' * 3,
                    ("Facture;Niveau;Date\n" + "9" * 5000 + ";x;0001-01-01\n").encode(),
                    "N° de suivi;Distribué le\nA\x00B;01/01/0001\n".encode() * 1]  # fmt: skip
        values = [b64encode(content).decode() for content in contents]
        bad = ["%%%", "JVBE\x00", "é", "J", "12 Kb", "x" * 100_001]
        for model in ("relance.tracking.import", "relance.takeover"):
            for value in (*values, *bad, False):
                with self.subTest(model=model, value=str(value)[:20]):
                    try:
                        dialog = self.env[model].create({"file": value})
                        dialog.action_preview()
                        dialog.action_import()
                    except UserError:
                        continue

    def test_files(self):
        """A file that is no base64: refused with a sentence, on every field of ours that takes one."""
        terms = self.env["relance.terms"].search([("company_id", "=", self.company.id)], limit=1)
        terms = terms or self.env["relance.terms"].create({"name": "CGV", "company_id": self.company.id})
        step = self.env["relance.onboarding.step"].create({"step": "letterhead"})
        for record, name in (
            (terms, "document"), (self.company, "relance_signature"), (step, "logo"), (step, "signature"),
        ):  # fmt: skip
            for value in ("%%%", "é", "JVBE\x00", "J"):
                with self.subTest(name=name, value=value), self.assertRaises(UserError), self.env.cr.savepoint():
                    record.write({name: value})
                    self.env.flush_all()

    def test_searches(self):
        for model, name in (
            ("account.move", "relance_judgment"), ("account.move", "relance_is_late"),
            ("account.move", "relance_term_exceeded"), ("relance.notice", "to_post"),
            ("relance.notice", "can_approve"), ("res.company", "relance_test_address"),
        ):  # fmt: skip
            for value in (None, True, False, 0, 1.5, "x", "\x00", "9" * 5000, ["x", 1, False]):
                operator = "in" if isinstance(value, list) else "="
                with self.subTest(model=model, name=name, value=str(value)[:20]):
                    try:
                        self.env[model].search([(name, operator, value)], limit=1)
                    except UserError:
                        continue

    def test_days_of_providers(self):
        """Far from today is a slip, whatever its type."""
        today = fields.Date.today()
        for day in (today.replace(year=1999), today.replace(year=2101), "1900-01-01", 3, None, True, [], {}):
            with self.subTest(day=day), self.assertRaises(ValueError):
                Event("posted", day)
        self.assertEqual(Event("posted", today + timedelta(days=1)).date, today + timedelta(days=1))
