from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .screens import ScreenCommon, blank_pdf


class ToursCommon(ScreenCommon, HttpCase):
    """Two debtors, late, and letters that take no time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ensure_rates()
        cls.startClassPatcher(
            patch.object(
                cls.registry["relance.notice"],
                "_render_letters",
                lambda notices: {notice.id: blank_pdf() for notice in notices},
            )
        )
        cls.other_debtor = cls._create_debtor("Boulangerie du Pont")
        cls.invoice = cls._invoice(1850, cls._days_ago(20))
        cls.other_invoice = cls._invoice(640.5, cls._days_ago(10), cls.other_debtor)

    def _tour(self, path, name, user="billing"):
        self.start_tour(path, f"relance_fr_{name}", login=f"relance_{user}")
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestTours(ToursCommon):
    """An accountant at work, in a real browser."""

    def test_send_from_the_invoice(self):
        self._tour(f"/odoo/customer-invoices/{self.invoice.id}", "send")
        self.assertRecordValues(
            self.invoice.relance_notice_ids,
            [{"kind": "courtesy", "state": "sent", "total_amount": 1850, "partner_id": self.debtor.id,
              "personal_note": "Thank you for calling back."}],
        )  # fmt: skip

    def test_campaign(self):
        self._invoice(60, self._days_ago(10), self._create_debtor("Petit client"))
        held = self._invoice(900, self._days_ago(30), self._create_debtor("Garage Roux"))
        self.env["relance.hold"].create({"move_id": held.id})
        self._tour("/odoo/action-relance_fr.relance_run_action", "campaign")
        run = self.env["relance.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(run.notice_ids.line_ids.move_id, self.invoice)
        self.assertEqual(run.unselected_count, 1)
        self.assertRecordValues(
            run.notice_ids,
            [
                {
                    "kind": "formal",
                    "channel": "registered",
                    "level_chosen": True,
                    "indemnity_amount": 40,
                    "personal_note": "As agreed on the phone.",
                }
            ],
        )
        self.assertTrue(run.notice_ids.attachment_id)

    def test_first_campaign_refused_then_called_back(self):
        self.debtor.relance_calendar_id = self.env["relance.calendar"].create(
            {
                "name": "Formal",
                "level_ids": [
                    Command.create(
                        {
                            "name": "Formal",
                            "kind": "formal",
                            "delay": 5,
                            "deadline_days": 15,
                            "channel_registered": True,
                        }
                    )
                ],
            }
        )
        self.company.write({"relance_signatory_id": False, "relance_recall_minutes": 10})
        self.env["relance.run"].with_company(self.company).action_prepare()
        # The server logs what it refuses.
        with mute_logger("odoo.http"):
            self._tour(f"/odoo/action-relance_fr.relance_run_action/{self._get_run().id}", "recall", "manager")
        run = self._get_run()
        self.assertEqual(run.state, "confirmed")
        self.assertRecordValues(run.notice_ids, [{"partner_id": self.debtor.id, "state": "draft", "name": "/"}])
        with freeze_time(run.leaves_at):
            self.env["relance.run"]._cron_dispatch()
        self.assertRecordValues(run.notice_ids, [{"state": "sent", "kind": "formal"}])
        self.assertEqual(sum("called the campaign back" in body for body in run.message_ids.mapped("body")), 1)

    def _get_run(self):
        return self.env["relance.run"].search([("company_id", "=", self.company.id)])

    def test_approve_then_send(self):
        self.company.relance_automatic = False
        self.env["relance.run"]._cron_escalate()
        waiting = self.env["relance.notice"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(waiting.mapped("state")), {"to_approve"})
        self._tour("/odoo/action-relance_fr.relance_notice_action_to_approve", "approve")
        self.assertEqual(set(waiting.mapped("state")), {"sent"})

    def test_post_letters(self):
        letter_only = self._create_debtor("Transports Vasseur", email=False)
        notice = self._invoice(700, self._days_ago(9), letter_only)._relance_send_by_hand()
        self.assertTrue(notice.to_post)
        self._tour("/odoo/action-relance_fr.relance_notice_action_to_post", "post")
        self.assertTrue(notice.posted_date)
        self.assertEqual(notice.tracking_number, "1A 200 123 4567 8")

    def test_auditor_reads_the_register(self):
        self.invoice._relance_send_by_hand()
        self._tour("/odoo/action-relance_fr.relance_notice_action", "read", "auditor")

    def test_one_by_one(self):
        run = self.env["relance.run"].with_company(self.company).create({"company_id": self.company.id})
        run.action_preview()
        self._tour(f"/odoo/action-relance_fr.relance_run_action/{run.id}", "one_by_one")
        call = self.env["relance.call"].search([("company_id", "=", self.company.id)])
        self.assertRecordValues(
            call, [{"partner_id": self.other_debtor.id, "outcome": "promise", "note": "Virement le 30"}]
        )
        self.assertRecordValues(self.other_invoice.relance_commitment_ids, [{"promised_amount": 640.5}])
        # Who promised has nothing left to be sent: his row is put away, with what was chosen.
        rows = run.with_context(active_test=False).debtor_ids
        chosen = {row.partner_id: row.selected and row.active for row in rows}
        self.assertEqual(chosen, {self.debtor: True, self.other_debtor: False})
        self.assertEqual(rows.mapped("reviewed"), [True, True])

    def test_planned_call(self):
        self.debtor.phone = "04 78 00 00 01"
        notice = self.invoice._relance_send_by_hand()
        notice.activity_schedule(
            "mail.mail_activity_data_call", summary="Call the debtor", user_id=self.users["billing"].id
        )
        self._tour(f"/odoo/action-relance_fr.relance_notice_action/{notice.id}", "call")
        self.assertRecordValues(notice.call_ids, [{"outcome": "no_answer", "phone": "04 78 00 00 01"}])
        self.assertFalse(notice.activity_ids)
        self.assertEqual(len(notice.call_ids.activity_ids), 1)
