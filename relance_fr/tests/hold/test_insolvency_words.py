from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import format_amount

from ..insolvency_common import JUDGMENT, InsolvencyCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15")
class TestInsolvencyWords(InsolvencyCommon):
    """Promises and plans that a judgment closes, what they waived, and their coming back."""

    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(900, "2026-05-16")
        with freeze_time("2026-05-26"):
            self.plan = self._plan(self.invoice, 3, "2026-06-20", interest="waived")

    def _penalty(self):
        self.env.invalidate_all()
        return self._statement(self.invoice, "2026-06-15")[1]

    def test_what_the_plan_waived_is_neither_shown_nor_declared(self):
        dialog = self.env["relance.insolvency"].create({"partner_id": self.debtor.id, "date_from": JUDGMENT})
        # 900 x 12.15 % x 10 / 365 = 3.00, until the day of the plan
        self.assertIn(format_amount(self.env, 943, self.company.currency_id), dialog.summary)
        hold = self.env["relance.hold"].browse(dialog.action_confirm()["res_id"])
        self.assertRecordValues(self.plan, [{"cancelled": True, "insolvency_id": hold.id, "state": "cancelled"}])
        self.assertEqual((hold.declaration_amount, self._penalty()), (943, 3))
        hold.action_freeze_declaration()
        self.assertEqual(hold.declaration_amount, 943)

    def test_a_plan_given_up_before_waives_nothing(self):
        self.plan.action_cancel()
        hold = self._open()
        self.assertFalse(self.plan.insolvency_id)
        # 900 x 12.15 % x 24 / 365
        self.assertEqual((hold.declaration_amount, self._penalty()), (947.19, 7.19))

    def test_proceedings_that_never_were_give_a_signed_plan_back(self):
        self._sign(self.plan)
        hold = self._open()
        with self.assertRaisesRegex(UserError, "stays cancelled"):
            self.plan.cancelled = False
        self._step(hold, "mistake", "2026-06-15")
        self.assertRecordValues(
            self.plan, [{"cancelled": False, "insolvency_id": False, "state": "open", "sign_state": "signed"}]
        )
        self.assertIn("holds again", self.plan.message_ids[0].body)
        self.assertEqual(self._explain(self.invoice, "2026-06-15")[1], "on_plan")
        self.assertEqual(self._penalty(), 3)

    def test_deleted_proceedings_give_it_back(self):
        hold = self._open()
        self.assertEqual(self.plan.state, "cancelled")
        hold.sudo().unlink()
        self.assertRecordValues(self.plan, [{"cancelled": False, "insolvency_id": False, "state": "open"}])

    def test_a_plan_or_a_closing_gives_no_word_back(self):
        hold = self._open()
        self._step(hold, "plan", "2026-06-15")
        self.assertTrue(self.plan.cancelled)

    def test_a_person_takes_a_word_up_again(self):
        hold = self._open()
        self.plan.cancelled = False
        self.assertFalse(self.plan.insolvency_id)
        self._step(hold, "mistake", "2026-06-15")
        self.assertEqual(self.plan.state, "open")
        self.assertFalse(any("holds again" in body for body in self.plan.message_ids.mapped("body")))

    def test_nobody_enters_it_by_hand(self):
        hold = self._open()
        with self.assertRaises(UserError):
            self.plan.insolvency_id = False
        with self.assertRaises(UserError):
            self._plan(self.invoice, 3, "2026-06-20", insolvency_id=hold.id)
