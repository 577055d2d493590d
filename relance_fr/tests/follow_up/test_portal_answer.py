from unittest.mock import patch

from lxml import html
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ...models.follow_up import relance_answer as relance_answer_receive
from ..portal_common import PortalCommon

PDF = ("bon de livraison.pdf", b"%PDF-1.4 delivery", "application/pdf")


@tagged("post_install", "-at_install")
class TestPortalAnswer(PortalCommon, HttpCase):
    """The forms of the page: what is recorded, who is told, what is refused without losing anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.with_company(cls.company).relance_user_id = cls.billing
        cls.invoice = cls._late(1850)
        cls.second = cls._late(640, 25)

    def setUp(self):
        super().setUp()
        self.notice = self._send(self.invoice | self.second, "courtesy")

    def _form(self, kind):
        return self._link(self.notice, f"/answer/{kind}")

    def _errors(self, response):
        tree = self._parse(response)
        found = tree.xpath("//div[contains(@class, 'invalid-feedback')]/parent::*/@name")
        return found, tree

    def _parse(self, response):
        return html.fromstring(response.content)

    def test_who_may_not_examine_answers_gets_none(self):
        salesperson = new_test_user(
            self.env,
            "portal_salesperson",
            groups="relance_fr.group_relance_salesperson",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        company = self._create_company(name="Autre SARL")
        elsewhere = new_test_user(
            self.env,
            "portal_elsewhere",
            groups="account.group_account_invoice",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        accountant = self.company._relance_get_accountant()
        # Who follows the notice would be the next in the chain.
        self.env["relance.notice"].search([("partner_id", "=", self.debtor.id)]).user_id = False
        for number, user in enumerate((salesperson, self.users["auditor"], elsewhere)):
            self.debtor.with_company(self.company).relance_user_id = user
            self._fill(self._form("paid"), date=self._days_ago(2), method="transfer", given_by="Claire Martin")
            answer = self._answers()[:1]
            self.assertEqual(len(self._answers()), number + 1)
            self.assertEqual(answer.user_id, accountant, user.login)
            self.assertEqual(answer.activity_ids.user_id, accountant)

    def test_an_answer_refused_on_the_way_leaves_nothing(self):
        form = self._page(self._form("paid")).xpath("//form[.//input[@name='form_key']]")[0]
        data = dict(form.form_values()) | {"date": self._days_ago(2), "method": "transfer", "given_by": "C"}
        data["move_ids"] = [str(self.invoice.id)]
        refused = UserError("Something is missing.")
        with patch.object(self.registry["relance.answer"], "_announce", side_effect=refused):
            response = self.url_open(form.get("action"), data=data)
        self.assertIn("Something is missing.", response.text)
        self.assertFalse(self._answers())
        self.assertFalse(self.invoice.relance_explain()["reason"] == "held")
        self.assertIn("answered=1", self.url_open(form.get("action"), data=data).url)
        self.assertTrue(self._answers().activity_ids)

    def test_paid(self):
        response = self._fill(
            self._form("paid"), date=self._days_ago(2), method="transfer", reference="VIR 4512", amount="1 850,00 €",
            move_ids=[str(self.invoice.id)], given_by="Claire Martin",
        )  # fmt: skip
        self.assertIn("answered=1", response.url)
        self.assertIn("your answer is recorded", self._texts(self._parse(response), "answered")[0])
        answer = self._answers()
        self.assertRecordValues(
            answer,
            [{"kind": "paid", "state": "new", "amount": 1850, "reference": "VIR 4512", "given_by": "Claire Martin",
              "given_by_id": False, "partner_id": self.debtor.id, "notice_id": self.notice.id,
              "user_id": self.billing.id, "ip_address": "127.0.0.1", "move_ids": self.invoice.ids}],
        )  # fmt: skip
        self.assertEqual(str(answer.date), self._days_ago(2))
        self.assertEqual(answer.create_uid, self.env.ref("base.user_root"), "Readable in every company.")
        activity = answer.activity_ids
        self.assertEqual(activity.user_id, self.billing)
        self.assertIn("VIR 4512", activity.note)
        self.assertIn(f'data-oe-id="{answer.id}"', self.debtor.message_ids[:1].body)
        self.assertNotIn("VIR 4512", self.debtor.message_ids[:1].body, "The card is shared by companies.")
        self.assertIn(f'data-oe-id="{answer.id}"', self.invoice.message_ids[:1].body)
        self.assertTrue(self.notice.last_reply_date)

    def test_the_pause_comes_once_an_invoice(self):
        self._fill(self._form("promise"), date=self._in_days(3), amount="2490", given_by="A")
        pauses = self._answers().hold_ids
        self.assertEqual(pauses.move_id, self.invoice | self.second)
        self.assertRecordValues(pauses, [{"is_pause": True, "reason": "manual", "user_id": self.billing.id}] * 2)
        self.assertEqual({str(day) for day in pauses.mapped("date_to")}, {self._in_days(4)})
        self.assertEqual(self.invoice.relance_explain()["reason"], "held")
        pauses.action_end()
        self._fill(self._form("paid"), date=self._days_ago(0), given_by="A")
        self.assertEqual(len(self._answers()), 2)
        self.assertEqual(len(self.env["relance.hold"].search([("is_pause", "=", True)])), 2)
        self.assertNotEqual(self.invoice.relance_explain()["reason"], "held")

    def test_without_pause(self):
        self.company.relance_answer_pause_days = 0
        self._fill(self._form("promise"), date=self._in_days(3), amount="2490", given_by="A")
        self.assertTrue(self._answers())
        self.assertFalse(self.env["relance.hold"].search([("partner_id", "=", self.debtor.id)]))

    def test_dispute_with_files(self):
        self._fill(
            self._form("dispute"), category="delivery", note="Deux cartons manquent.", given_by="A",
            move_ids=[str(self.second.id)], files=[PDF, ("photo", b"\xff\xd8\xff photo", "text/html")],
        )  # fmt: skip
        files = self._answers().attachment_ids.sorted("id")
        self.assertRecordValues(
            files,
            [
                {"name": "bon de livraison.pdf", "mimetype": "application/pdf", "public": False},
                {"name": "photo.jpg", "mimetype": "image/jpeg", "public": False},
            ],
        )
        self.assertFalse(any(file._get_raw_access_token() for file in files))
        self.assertEqual(self.url_open(f"/web/content/{files[0].id}").status_code, 404)

    def test_every_form_can_be_filled_in(self):
        expected = {
            "paid": ["date", "method", "amount", "reference"],
            "promise": ["date", "amount"],
            "dispute": ["category", "amount"],
            "plan": ["parts", "date", "frequency"],
        }
        for kind, names in expected.items():
            tree = self._page(self._form(kind))
            shown = tree.xpath("//form[.//input[@name='form_key']]//*[self::input or self::select or self::textarea]")
            visible = [node for node in shown if node.get("type") not in ("hidden", "checkbox")]
            self.assertEqual([node.get("name") for node in visible], [*names, "note", "files", "given_by"], kind)
            for node in visible:
                self.assertEqual(len(tree.xpath(f"//label[@for='{node.get('id')}']")), 1, (kind, node.get("id")))
                self.assertNotIn("built-in", "".join(node.values()))
            self.assertEqual(self.url_open(self._link(self.notice, "/answer/other")).status_code, 404)

    def test_plan(self):
        self._fill(self._form("plan"), parts="4", date=self._in_days(20), frequency="month", given_by="A")
        self.assertRecordValues(self._answers(), [{"kind": "plan", "parts": 4, "frequency": "month"}])

    def test_what_is_wrong_is_said_and_nothing_is_lost(self):
        good = {"given_by": "Claire <Martin>", "note": "Mon <b>texte</b>"}
        cases = [
            ("paid", {"date": self._in_days(1)}, "date"),
            ("paid", {"date": "yesterday"}, "date"),
            ("paid", {"date": self._days_ago(400)}, "date"),
            ("paid", {"date": ""}, "date"),
            ("paid", {"date": self._days_ago(1), "method": "gold"}, "method"),
            ("promise", {"date": self._days_ago(1), "amount": "10"}, "date"),
            ("promise", {"date": self._in_days(91), "amount": "10"}, "date"),
            ("promise", {"date": self._in_days(5), "amount": "1.850"}, "amount"),
            ("promise", {"date": self._in_days(5), "amount": "2490,01"}, "amount"),
            ("promise", {"date": self._in_days(5), "amount": "0"}, "amount"),
            ("promise", {"date": self._in_days(5), "amount": "NaN"}, "amount"),
            ("promise", {"date": self._in_days(5), "amount": "5", "move_ids": None}, "move_ids"),
            ("dispute", {"category": ""}, "category"),
            ("dispute", {"category": "price", "note": " "}, "note"),
            ("dispute", {"category": "price", "note": "x" * 2001}, "note"),
            ("dispute", {"category": "price", "files": [("a.pdf", b"MZ\x90 program", "application/pdf")]}, "files"),
            ("dispute", {"category": "price", "files": [PDF] * 6}, "files"),
            ("dispute", {"category": "price", "files": [("big.pdf", b"%PDF-" + b"0" * 5242880, "")]}, "files"),
            ("plan", {"date": self._in_days(5), "parts": "1"}, "parts"),
            ("plan", {"date": self._in_days(5), "parts": "25"}, "parts"),
            ("plan", {"date": self._in_days(5), "parts": "3", "frequency": "year"}, "frequency"),
            ("plan", {"date": self._in_days(61), "parts": "3"}, "date"),
            ("paid", {"date": self._days_ago(1), "given_by": " "}, "given_by"),
            ("paid", {"date": self._days_ago(1), "form_key": ""}, None),
        ]
        for kind, typed, wrong in cases:
            with self.subTest(kind=kind, wrong=wrong, typed=str(typed)[:80]):
                values = {**good, **typed}
                response = self._fill(self._form(kind), **values)
                found, tree = self._errors(response)
                self.assertEqual(found, [wrong] if wrong else [])
                self.assertTrue(self._texts(tree, "errors"))
                self.assertEqual(
                    tree.xpath("//input[@name='given_by']/@value"), [values["given_by"]] if values["given_by"] else [""]
                )
                self.assertEqual(tree.xpath("//textarea[@name='note']")[0].text or "", values["note"])
                if "date" in typed:
                    self.assertEqual(tree.xpath("//input[@name='date']/@value"), [typed["date"]])
        self.assertFalse(self._answers())

    def test_a_form_sent_twice_is_one_answer(self):
        tree = self._page(self._form("promise"))
        form = tree.xpath("//form[.//input[@name='form_key']]")[0]
        data = [(n, v) for n, v in form.form_values() if n not in ("date", "given_by", "files")]
        data += [("date", self._in_days(3)), ("given_by", "A")]
        for _time in range(2):
            self.assertIn("answered=1", self.url_open(form.get("action"), data=data).url)
        self.assertEqual(len(self._answers()), 1)

    def test_no_more_than_some_answers_a_day(self):
        with patch.object(relance_answer_receive, "MAX_A_DAY", 2):
            for _time in range(3):
                response = self._fill(self._form("paid"), date=self._days_ago(0), given_by="A", note="Again")
        self.assertEqual(len(self._answers()), 2)
        tree = self._parse(response)
        self.assertIn("many answers today", self._texts(tree, "errors")[0])
        self.assertEqual(tree.xpath("//textarea[@name='note']")[0].text, "Again")

    def test_without_the_token_of_the_session_nothing_is_taken(self):
        tree = self._page(self._form("paid"))
        form = tree.xpath("//form[.//input[@name='form_key']]")[0]
        data = [(n, v) for n, v in form.form_values() if n not in ("csrf_token", "files", "date")]
        data += [("date", self._days_ago(0)), ("given_by", "A")]
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(form.get("action"), data=data).status_code, 400)
        self.assertFalse(self._answers())

    def test_an_answer_about_the_account(self):
        self.authenticate(self.owner.login, self.owner.login)
        account = f"company={self.company.id}&currency={self.company.currency_id.id}"
        response = self._fill(f"/my/relances/answer/promise?{account}", date=self._in_days(3))
        self.assertTrue(response.url.endswith("/my/relances?answered=1"), response.url)
        self.assertRecordValues(
            self._answers(),
            [{"given_by": "Portal owner", "given_by_id": self.owner.partner_id.id, "notice_id": False, "amount": 2490}],
        )

    def test_an_invoice_of_another_debtor_is_refused(self):
        foreign = self._late(10, partner=self.other)
        for ids in ([str(foreign.id)], [str(self.invoice.id), str(foreign.id)], ["x"], ["-1"]):
            response = self._fill(self._form("paid"), date=self._days_ago(0), given_by="A", move_ids=ids)
            self.assertEqual(self._errors(response)[0], ["move_ids"], ids)
        self.assertFalse(self._answers())
