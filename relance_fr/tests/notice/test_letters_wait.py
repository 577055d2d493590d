from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from psycopg2.errors import SerializationFailure

from ...models.letter.relance_letter import LettersUnavailable
from ..run.test_dispatch_cron import DUE, TODAY, CronCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLettersWait(CronCommon):
    """A letter that cannot be made holds up nobody else, says why, and is told about once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.relance_calendar_id = cls._calendar({"kind": "firm", "delay": 1, "with_letter": True})
        cls.lettered = cls._invoice(1000, DUE)
        reminded = cls._create_debtor("Tiers")
        reminded.relance_calendar_id = cls._calendar({"kind": "courtesy", "delay": 1})
        cls.reminder = cls._invoice(700, DUE, partner=reminded)

    def _failing(self, error):
        return patch.object(self.env.registry["relance.notice"], "_render_letters", side_effect=error)

    def _jobs(self):
        self._cron("escalate")
        self._cron("dispatch")

    def test_the_only_letter_does_not_hold_e_mails_up(self):
        with self._failing(UserError("This letter cannot be made.")):
            self._jobs()
            self._jobs()
        waiting = self.lettered.relance_notice_ids
        self.assertRecordValues(waiting, [{"state": "draft", "failure_reason": "This letter cannot be made."}])
        self.assertEqual(self.reminder.relance_notice_ids.state, "sent")
        told = self.company.partner_id.activity_ids
        self.assertRecordValues(told, [{"user_id": self.accountant.id}])
        self.assertIn(waiting.name, told.note)
        self._jobs()
        self.assertRecordValues(waiting, [{"state": "sent", "failure_reason": False}])
        self.assertEqual({waiting.name, self.reminder.relance_notice_ids.name}, {"RLF/2026/00001", "RLF/2026/00002"})
        self.assert_register()

    def test_nothing_is_tried_once_letters_are_unavailable(self):
        for number in range(3):
            partner = self._create_debtor(f"Debtor {number}")
            partner.relance_calendar_id = self.debtor.relance_calendar_id
            self._invoice(100, DUE, partner=partner)
        with self._failing(LettersUnavailable("No converter.")) as render:
            self._cron("escalate")
        self.assertEqual(render.call_count, 1)
        waiting = self.env["relance.notice"].search([("state", "=", "draft")])
        self.assertEqual(waiting.mapped("failure_reason"), ["No converter."] * 4)
        self.assertEqual(len(self.company.partner_id.activity_ids), 1)

    def test_file_store_that_refuses(self):
        Attachment = self.env.registry["ir.attachment"]
        with patch.object(Attachment, "_file_write", side_effect=OSError(28, "No space left on device")):
            self._jobs()
        waiting = self.lettered.relance_notice_ids
        self.assertRecordValues(waiting, [{"state": "draft", "attachment_id": False}])
        self.assertIn("No space left on device", waiting.failure_reason)
        self.assertEqual(self.reminder.relance_notice_ids.state, "sent")
        self._jobs()
        self.assertEqual(waiting.state, "sent")
        self.assert_register()

    def test_person_is_told_at_once(self):
        with self._failing(LettersUnavailable("No converter.")), self.assertRaises(UserError) as caught:
            self.lettered._relance_send_by_hand()
        self.assertIn("No converter.", str(caught.exception))
        self.assertFalse(self.lettered.relance_notice_ids)

    def test_conflict_is_tried_again_by_the_same_job(self):
        Notice = self.env.registry["relance.notice"]
        dispatch, tries = Notice._dispatch, []

        def conflict_once(notices):
            tries.append(notices)
            if len(tries) == 1:
                raise SerializationFailure
            return dispatch(notices)

        lookup = patch("odoo.service.model.errorcodes.lookup", return_value="SERIALIZATION_FAILURE")
        self._cron("escalate")
        with patch.object(Notice, "_dispatch", conflict_once), patch("odoo.service.model.time.sleep"), lookup:
            self._cron("dispatch")
        self.assertGreaterEqual(len(tries), 2)
        self.assertEqual(self.reminder.relance_notice_ids.state, "sent")
        self.assert_register()
