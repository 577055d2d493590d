from datetime import date

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from ..call_common import CallCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-18 10:00:00")
class TestCallFollowUp(CallCommon):
    """What each outcome of a call opens, filled in and ready to save."""

    def _follow(self, outcome, record=None, **vals):
        call = self._log(outcome, record, **vals)
        return call, call.action_follow_up()

    def _form(self, action):
        """Return the form that ``action`` opens, as the accountant's client fills it."""
        model = self.env[action["res_model"]].with_user(self.billing).with_company(self.company)
        return Form(model.with_context(**action["context"]))

    def test_nobody_reached(self):
        for outcome in ("no_answer", "message_left"):
            _call, action = self._follow(outcome)
            self.assertEqual(action, {"type": "ir.actions.act_window_close"})

    def test_invoice_not_received(self):
        _call, action = self._follow("not_received", self.late[0])
        self.assertEqual(action["res_model"], "account.move.send.wizard")
        self.assertEqual(action["context"]["active_ids"], self.late[0].ids)
        pdf = self.env["ir.attachment"].create(
            {
                "name": "Facture.pdf",
                "raw": b"%PDF-1.4 stored",
                "res_model": "account.move",
                "res_id": self.late[0].id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        self.late[0].invalidate_recordset()
        wizard = self.env[action["res_model"]].with_context(**action["context"]).create({})
        self.assertEqual(wizard.move_id, self.late[0])
        self.assertIn(pdf.id, [attachment["id"] for attachment in wizard.mail_attachments_widget])

    def test_invoices_not_received(self):
        _call, action = self._follow("not_received")
        self.assertEqual(action["res_model"], "account.move.send.batch.wizard")
        self.assertEqual(action["context"]["active_ids"], self.late.ids)

    def test_payment_under_way(self):
        _call, action = self._follow("in_payment", note="Virement de lundi")
        hold = self._form(action).save()
        self.assertRecordValues(
            hold,
            [
                {
                    "partner_id": self.debtor.id,
                    "move_id": False,
                    "reason": "manual",
                    "date_from": date(2026, 6, 18),
                    "date_to": date(2026, 6, 25),
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertRegex(
            hold.note, r"Payment announced by .*Anne Lefèvre on the phone on 06/18/2026\.\nVirement de lundi"
        )

    def test_dispute_of_one_invoice(self):
        _call, action = self._follow("dispute", self.late[1])
        form = self._form(action)
        form.category = "quality"
        self.assertRecordValues(
            form.save(),
            [{"partner_id": self.debtor.id, "move_id": self.late[1].id, "reason": "dispute", "date_to": False}],
        )

    def test_promise(self):
        self._pay(self.late[0], "2026-06-10", 400)
        _call, action = self._follow("promise")
        form = self._form(action)
        with form.line_ids.edit(0) as line:
            line.date = date(2026, 6, 30)
        commitment = form.save()
        self.assertRecordValues(
            commitment,
            [{"partner_id": self.debtor.id, "move_ids": self.late.ids, "promised_amount": 1100, "kind": "promise"}],
        )
        self.assertEqual(commitment.state, "open")

    def test_promise_in_the_currency_of_most_invoices(self):
        dollars = self._invoice(70, "2026-05-16", currency_id=self.env.ref("base.USD").id)
        _call, action = self._follow("promise")
        self.assertEqual(action["context"]["default_move_ids"], [(6, 0, self.late.ids)])
        _call, action = self._follow("promise", dollars)
        self.assertEqual(action["context"]["default_move_ids"], [(6, 0, dollars.ids)])
        self.assertEqual(action["context"]["default_line_ids"][0][2], {"amount": 70})

    def test_refusal(self):
        call, action = self._follow("refuses")
        self.assertEqual((action["res_model"], action["target"]), ("relance.run", "new"))
        run = self.env["relance.run"].browse(action["res_id"])
        self.assertRecordValues(run, [{"state": "draft", "origin": "selection", "move_ids": self.late.ids}])
        self.assertTrue(call.activity_ids)

    def test_invoices_paid_meanwhile_are_left_out(self):
        call = self._log("not_received")
        self._pay(self.late[1], "2026-06-18")
        self.late[1].payment_state = "paid"
        self.assertEqual(call.action_follow_up()["context"]["active_ids"], self.late[0].ids)

    def test_nothing_left_to_follow_up(self):
        quits = self._create_debtor("Quitte")
        call = self._log("promise", quits)
        with self.assertRaisesRegex(UserError, "The call is logged. Quitte has no invoice left"):
            call.action_follow_up()
        self.assertTrue(call.exists())
        form = self._form(self._log("dispute", quits).action_follow_up())
        form.category = "other"
        self.assertEqual(form.save().partner_id, quits)

    def test_an_upcoming_invoice_is_spoken_about(self):
        _call, action = self._follow("not_received", self.upcoming)
        self.assertEqual(action["context"]["active_ids"], self.upcoming.ids)
