from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ..letter.test_postal_address import TOO_LONG
from ..run.test_dispatch_cron import DUE, TODAY, CronCommon

NAME, PERSON, _country, STREET, STREET2, ZIP, CITY = TOO_LONG
SAID = "an envelope shows 6, of 38 characters"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestAddressRoom(CronCommon):
    """A letter whose address does not fit on the envelope takes no number, and says what to do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.relance_calendar_id = cls._calendar(
            {"kind": "formal", "delay": 1, "channel_registered": True, "deadline_days": 15, "automatic": True}
        )
        place = {"street": STREET, "street2": STREET2, "zip": ZIP, "city": CITY}
        cls.crowded = cls._create_debtor("Groupement", **place)
        cls.crowded.name = NAME
        cls.crowded.relance_calendar_id = cls.debtor.relance_calendar_id
        cls.env["res.partner"].create({"name": PERSON, "parent_id": cls.crowded.id, "type": "relance"})
        cls.invoice = cls._invoice(1000, DUE, partner=cls.crowded)

    def _mend(self):
        self.crowded.name = "GCS Blanchisserie"
        self.crowded.write({"street": "Quai 14", "street2": False})

    def test_job_leaves_it_without_number(self):
        other = self._invoice(700, DUE)
        self._cron("escalate")
        notice = self.invoice.relance_notice_ids
        self.assertRecordValues(notice, [{"state": "draft", "name": "/", "attachment_id": False}])
        self.assertIn(SAID, notice.failure_reason)
        self.assertIn(SAID, notice.remedy)
        self.assertEqual(other.relance_notice_ids.name, "RLF/2026/00001")
        self._cron("dispatch")
        told = self.company.partner_id.activity_ids
        self.assertRecordValues(told, [{"user_id": self.accountant.id}])
        self.assertIn(SAID, told.note)
        explanation = self.invoice.relance_explain()
        self.assertEqual(explanation["reason"], "already_drafted")
        self.assertIn("cannot leave yet", explanation["message"])
        self._mend()
        self._cron("dispatch")
        self.assertRecordValues(notice, [{"state": "sent", "name": "RLF/2026/00002", "failure_reason": False}])
        self.assert_register()

    def test_person_is_told_before_anything_is_numbered(self):
        with self.assertRaises(UserError) as caught:
            self._send(self.invoice, TODAY)
        self.assertIn(SAID, str(caught.exception))
        self.assertFalse(self.env["relance.notice"].search([("name", "!=", "/")]))
        self._mend()
        self.assertEqual(self._send(self.invoice, TODAY).state, "sent")

    def test_campaign_says_so_and_sends_the_others(self):
        self._invoice(700, DUE)
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        row = run.debtor_ids.filtered(lambda row: row.partner_id == self.crowded)
        self.assertIn(SAID, row.warning)
        self.assertEqual(row.total_amount, self.invoice.amount_residual + row.penalty_amount + 40)
        self.assertFalse((run.debtor_ids - row).warning)
        self.assertIn(SAID, run.warning)
        row.selected = False
        self.assertFalse(run.warning)

    def test_an_email_needs_no_envelope(self):
        self.crowded.relance_calendar_id = self._calendar({"kind": "courtesy", "delay": 1})
        self.assertEqual(self._send(self.invoice, TODAY).state, "sent")
