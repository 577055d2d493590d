import psycopg2
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..portal_common import PortalCommon


@tagged("post_install", "-at_install")
class TestAnswerFollowUp(PortalCommon):
    """What a person makes of an answer, in one click."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.second = cls._late(1850), cls._late(640, 25)

    def _answer(self, kind, moves=None, files=(), **vals):
        account = self.env["relance.portal.account"]._open(self.invoice | self.second)
        values = {
            "kind": kind,
            "move_ids": [fields.Command.set((moves or self.invoice).ids)],
            "given_by": "Claire Martin",
            "form_key": f"{kind}{len(self._answers())}",
            **vals,
        }
        answer = self.env["relance.answer"]._receive(account, values, files)
        return answer.with_user(self.billing).with_company(self.company)

    def _accept(self, answer):
        action = answer.action_accept()
        self.assertRecordValues(answer, [{"state": "accepted", "handled_by_id": self.billing.id}])
        self.assertFalse(answer.activity_ids)
        self.assertFalse(answer.pause_date)
        records = self.env[action["res_model"]]
        if action.get("res_id"):
            return records.browse(action["res_id"])
        return records.search(action["domain"])

    def test_a_promise(self):
        answer = self._answer("promise", date=self._in_days(8), amount=1850, note="Dès réception du virement.")
        self.assertEqual(str(answer.pause_date), self._in_days(4))
        promise = self._accept(answer)
        self.assertRecordValues(
            promise,
            [{"kind": "promise", "promised_amount": 1850, "channel": "portal", "given_by": "Claire Martin",
              "move_ids": self.invoice.ids, "answer_id": answer.id, "state": "open"}],
        )  # fmt: skip
        self.assertEqual(str(promise.date_end), self._in_days(8))
        self.assertIn("Dès réception", promise.note)
        self.assertEqual(self.invoice.relance_explain()["reason"], "promised", "The pause is over, the promise holds.")
        self.assertEqual(answer.action_open_follow_up()["res_id"], promise.id)

    def test_a_payment(self):
        answer = self._answer("paid", self.invoice | self.second, date=self._days_ago(1), method="transfer")
        holds = self._accept(answer)
        self.assertEqual(holds.move_id, self.invoice | self.second)
        self.assertEqual({str(hold.date_to) for hold in holds}, {self._in_days(7)})
        self.assertEqual(set(holds.mapped("reason")), {"manual"})
        self.assertIn("Bank transfer", holds[0].note)

    def test_a_dispute(self):
        file = ("bon.pdf", b"%PDF-1.4", "application/pdf")
        answer = self._answer("dispute", files=[file], category="quality", note="Planche fendue.", amount=300)
        hold = self._accept(answer)
        self.assertRecordValues(
            hold,
            [{"reason": "dispute", "category": "quality", "amount": 300, "move_id": self.invoice.id, "date_to": False,
              "responsible_id": self.billing.id}],
        )  # fmt: skip
        files = self.env["ir.attachment"].search([("res_model", "=", "relance.hold"), ("res_id", "=", hold.id)])
        self.assertEqual(files.raw, b"%PDF-1.4")
        self.assertEqual(self.invoice.relance_statement()["disputed"]["principal"], 300)

    def test_a_dispute_of_all(self):
        hold = self._accept(self._answer("dispute", category="order", note="Jamais commandé."))
        self.assertEqual(hold.amount, 0)
        self.assertEqual(self.invoice.relance_explain()["reason"], "disputed")

    def test_a_plan(self):
        answer = self._answer("plan", self.invoice | self.second, parts=3, date=self._in_days(10), frequency="month")
        plan = self._accept(answer)
        self.assertRecordValues(
            plan, [{"kind": "plan", "sign_state": "draft", "covered_amount": 2490, "channel": "portal"}]
        )
        self.assertEqual(plan.line_ids.mapped("amount"), [830, 830, 830])
        self.assertEqual(str(plan.line_ids[0].date), self._in_days(10))

    def test_set_aside(self):
        answer = self._answer("promise", date=self._in_days(60), amount=10)
        self.assertEqual(self.invoice.relance_explain()["reason"], "held")
        answer.action_set_aside()
        self.assertRecordValues(answer, [{"state": "closed", "handled_by_id": self.billing.id}])
        self.assertNotEqual(self.invoice.relance_explain()["reason"], "held", "Dunning goes on at once.")
        with self.assertRaisesRegex(UserError, "examined already"):
            answer.action_accept()

    def test_examined_once(self):
        answer = self._answer("paid", date=self._days_ago(1), method="cheque")
        answer.action_accept()
        for again in (answer.action_accept, answer.action_set_aside):
            with self.assertRaisesRegex(UserError, "examined already"):
                again()
        self.assertEqual(len(answer.hold_ids.filtered(lambda hold: not hold.is_pause)), 1)

    def test_what_is_settled_meanwhile_needs_nothing(self):
        answer = self._answer("promise", date=self._in_days(8), amount=1850)
        self._pay(self.invoice, self._days_ago(0))
        with self.assertRaisesRegex(UserError, "settled by now"):
            answer.action_accept()
        answer.action_set_aside()

    def test_a_pause_lasts_fifteen_days_at_most(self):
        for days in (-1, 16):
            with (
                self.subTest(days=days),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.company.relance_answer_pause_days = days
                self.env.flush_all()

    def test_the_same_form_twice(self):
        first = self._answer("promise", date=self._in_days(8), amount=10, form_key="same")
        self.assertEqual(self._answer("promise", date=self._in_days(8), amount=10, form_key="same"), first)

    def test_screens(self):
        answer = self._answer("dispute", category="quality", note="Planche fendue.")
        for user in (self.billing, self.users["auditor"], self.users["manager"]):
            for view_type in ("form", "list", "kanban"):
                _arch, rows = self._read_screen(answer.sudo(False), user, view_type)
                self.assertEqual(len(rows), 1)


@tagged("post_install", "-at_install")
class TestAnswerTour(PortalCommon, HttpCase):
    """A debtor promises on the portal, from the link of his e-mail; the person in charge makes the promise of it."""

    def test_from_the_link_to_the_promise(self):
        self.debtor.with_company(self.company).relance_user_id = self.billing
        invoice = self._late(1850)
        notice = self._send(invoice, "courtesy")
        self.start_tour(self._link(notice), "relance_fr_answer", login=None)
        answer = self._answers()
        self.assertRecordValues(answer, [{"kind": "promise", "amount": 1850, "user_id": self.billing.id}])
        self.start_tour(
            "/odoo/action-relance_fr.relance_answer_action", "relance_fr_answer_accept", login="relance_billing"
        )
        self.env.invalidate_all()
        self.assertRecordValues(invoice.relance_commitment_ids, [{"kind": "promise", "promised_amount": 1850}])
        self.assertEqual(answer.state, "accepted")
