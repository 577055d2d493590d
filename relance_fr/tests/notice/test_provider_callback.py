import json

from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import file_open

from ...controllers.provider import MAX_BODY
from ...tools.provider import Event, ProviderError
from ..delivery_common import DeliveryCommon


@tagged("post_install", "-at_install")
class TestProviderCallback(DeliveryCommon, HttpCase):
    """The address a provider calls back: open to who knows the secret, silent to others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notice = cls._letter()
        cls.company.relance_provider_token = "s3cret"

    def setUp(self):
        super().setUp()

        def parse(request_data):
            if request_data["headers"].get("x-signature") == "wrong":
                raise ProviderError("signature")
            data = json.loads(request_data["body"])
            return [Event(data["status"], data["date"], number=data["number"])]

        self._provide(_parse_event=parse)

    def _post(self, data=None, token="s3cret", company=None, **headers):
        body = {"status": "posted", "date": "2026-06-16", "number": self.notice.name} if data is None else data
        body = body if isinstance(body, bytes) else json.dumps(body)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}".encode()
        headers["Content-Type"] = "application/json"
        company_id = (company or self.company).id
        return self.url_open(f"/relance_fr/provider/{company_id}", data=body, headers=headers)

    def test_event(self):
        with freeze_time("2026-06-20"):
            answer = self._post()
        self.assertEqual((answer.status_code, answer.json()), (200, {"applied": 1}))
        self.assertEqual(str(self.notice.posted_date), "2026-06-16")
        self.assertEqual(self._post().json(), {"duplicate": 1})

    def test_contradiction_is_answered(self):
        """Not \"applied\": what is refused, and why; the letter stays as it was."""
        with freeze_time("2026-06-20"):
            self._post()
            for data, why in (
                ({"status": "posted", "date": "2026-06-18"}, "but the register says"),
                ({"status": "received", "date": "2026-06-15"}, "posted, then presented"),
                ({"status": "received", "date": "2026-07-15"}, "still to come"),
            ):
                answer = self._post(data | {"number": self.notice.name})
                self.assertEqual((answer.status_code, answer.json()["contradictory"]), (200, 1))
                self.assertNotIn("applied", answer.json())
                self.assertIn(why, answer.json()["refused"][0])
        self.assertRecordValues(self.notice, [{"received_date": False, "presented_date": False}])
        self.assertEqual(str(self.notice.posted_date), "2026-06-16")

    def test_token_in_the_address(self):
        self.company.relance_provider_token = "plain"
        self.assertTrue(self.company.relance_provider_url.endswith("?token=plain"))
        path = self.company.relance_provider_url.partition(self.company.get_base_url())[2]
        body = json.dumps({"status": "posted", "date": "2026-06-16", "number": self.notice.name})
        self.assertEqual(self.url_open(path, data=body).status_code, 200)

    def test_without_the_secret(self):
        other = self.setup_other_company(name="Autre SA")["company"]
        cases = [self._post(token=token) for token in ("wrong", "", None)]
        cases += [self._post(company=other), self._post(company=other, token="")]
        missing = self.env["res.company"].browse(other.id + 1000)
        cases.append(self._post(company=missing))
        self.assertEqual({(answer.status_code, answer.content) for answer in cases}, {(403, b"")})
        self.assertFalse(self.notice.posted_date)

    def test_nonsense(self):
        for data in (
            b" ",
            b"not json",
            b"[]",
            b"{}",
            {"status": "vanished", "date": "2026-06-16", "number": "x"},
            {"status": "posted", "date": "soon", "number": "x"},
            {"status": "posted", "date": None, "number": 3},
        ):
            with self.subTest(data=data):
                answer = self._post(data)
                self.assertEqual((answer.status_code, answer.content), (400, b""))
        self.assertEqual(self._post(**{"X-Signature": "wrong"}).status_code, 400)

    def test_letter_that_is_not_known_yet(self):
        answer = self._post({"status": "posted", "date": "2026-06-16", "number": "RLF/2026/00999"})
        self.assertEqual((answer.status_code, answer.json()), (404, {"unknown": 1}))

    def test_body_too_large_and_other_methods(self):
        self.assertEqual(self._post(b" " * (MAX_BODY + 1)).status_code, 413)
        self.assertEqual(self.url_open(f"/relance_fr/provider/{self.company.id}").status_code, 405)

    def test_copy_of_the_database_posts_nothing(self):
        with file_open("relance_fr/data/neutralize.sql") as statements:
            self.env.cr.execute(statements.read())
        self.env.invalidate_all()
        self.assertRecordValues(self.company, [{"relance_provider": "manual", "relance_provider_token": False}])
        self.assertEqual(self._post().status_code, 403)

    def test_nobody_reads_the_secret(self):
        manager = new_test_user(
            self.env, "callback_manager", groups="account.group_account_manager",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        for field in ("relance_provider_token", "relance_provider_url"):
            with self.subTest(field=field):
                self.assertNotIn(field, self.company.with_user(manager).fields_get())

    def test_secret_comes_with_the_provider(self):
        self.company.relance_provider_token = False
        self.company.relance_provider = "manual"
        self.assertFalse(self.company.relance_provider_url)
        self.company._renew_provider_token()
        first = self.company.relance_provider_token
        self.company._renew_provider_token()
        self.assertNotEqual(self.company.relance_provider_token, first)
        self.assertGreater(len(first), 40)
