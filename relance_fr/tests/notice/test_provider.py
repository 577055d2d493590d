from datetime import timedelta

import requests
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ...models.notice.relance_notice_provider import FIRST_RETRY, MAX_ATTEMPTS
from ...tools.provider import PermanentError, TemporaryError
from ..delivery_common import NOW, ProviderCommon
from ..refusals import RefusalsMixin


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestProvider(ProviderCommon, RefusalsMixin):
    """Registered letters handed over to a provider."""

    # === SUBMISSION === #

    def test_never_inside_the_dispatch(self):
        notice = self._letter_now()
        self.assertEqual(self.keys, [])
        self.assertRecordValues(
            notice, [{"state": "sent", "provider": "manual", "provider_state": "to_submit", "to_post": False}]
        )
        self.assertFalse(notice.activity_ids, "Nobody is asked to post it.")
        self._submit()
        self.assertEqual(self.keys, [f"{self.company.id}:{notice.name}:{notice.seal}"])
        self.assertRecordValues(
            notice,
            [{"provider_state": "submitted", "provider_reference": "P1", "tracking_number": "1A 001",
              "posted_date": False, "to_post": False}],
        )  # fmt: skip
        self._submit()
        self.assertEqual(len(self.keys), 1)
        self.assertIn(notice, self._search_unposted())

    def _search_unposted(self):
        notices = self.env["relance.notice"].search([("to_post", "=", False)])
        self.assertFalse(self.env["relance.notice"].search([("to_post", "=", True)]))
        return notices

    def test_by_hand(self):
        self._provide(_accepts=lambda notice: False)
        notice = self._letter_now()
        self.assertRecordValues(notice, [{"provider_state": False, "to_post": True}])
        self.assertIn("Post the letter", notice.activity_ids.summary)

    def test_posted_date_of_the_answer(self):
        self.answer = {"reference": "P1", "posted_date": "2026-06-25"}
        notice = self._letter_now()
        self._submit()
        self.assertEqual(str(notice.posted_date), "2026-06-25")
        self.answer = {"reference": "P2", "posted_date": "2026-08-01"}
        future = self._letter_now("Futur")
        self._submit()
        self.assertRecordValues(
            future, [{"provider_state": "submitted", "provider_reference": "P2", "posted_date": False}]
        )
        self.assertIn("still to come", future.provider_event_ids.note)

    def test_tried_again_later_and_later_with_the_same_key(self):
        notice = self._letter_now()
        at = fields.Datetime.to_datetime(NOW)
        for attempt, error in enumerate(
            (TemporaryError("503"), requests.Timeout("slow"), requests.ConnectionError("x"))
        ):
            self.answer = error
            self._submit(at)
            self.assertRecordValues(
                notice,
                [{"provider_state": "to_submit", "provider_error": str(error), "provider_attempts": attempt + 1,
                  "provider_next_try": at + FIRST_RETRY * 2**attempt}],
            )  # fmt: skip
            self._submit(at + timedelta(minutes=1))
            self.assertEqual(len(self.keys), attempt + 1, "Not before its time.")
            at = notice.provider_next_try
        self.answer = {"reference": "P1"}
        self._submit(at)
        self.assertRecordValues(notice, [{"provider_state": "submitted", "provider_error": False}])
        self.assertEqual(len(set(self.keys)), 1)

    def test_left_to_a_person_after_too_many_attempts(self):
        notice = self._letter_now()
        self.answer = TemporaryError("503")
        at = fields.Datetime.to_datetime(NOW)
        for _attempt in range(MAX_ATTEMPTS):
            self._submit(at)
            at = notice.provider_next_try or at
        self.assertRecordValues(notice, [{"provider_state": "failed", "to_post": True}])
        self.assertIn("look whether the provider has it", notice.provider_error)
        self.assertIn("did not take the letter", notice.activity_ids.summary)
        self._submit(at + timedelta(days=9))
        self.assertEqual(len(self.keys), MAX_ATTEMPTS)

    def test_refused_for_good_then_submitted_again(self):
        notice = self._letter_now()
        self.answer = PermanentError("Address incomplete")
        self._submit()
        self.assertRecordValues(
            notice, [{"provider_state": "failed", "provider_error": "Address incomplete", "to_post": True}]
        )
        self.assertEqual(len(notice.activity_ids), 1)
        self.answer = {"reference": "P1"}
        notice.with_user(self.clerk).action_provider_retry()
        self.assertFalse(notice.activity_ids)
        self._submit()
        self.assertRecordValues(notice, [{"provider_state": "submitted", "to_post": False}])
        with self.assert_refused(UserError, "None of these letters"):
            notice.with_user(self.clerk).action_provider_retry()

    def test_taken_back(self):
        notice = self._letter_now()
        notice.with_user(self.clerk).action_provider_take_back()
        self.assertRecordValues(notice, [{"provider_state": "failed", "to_post": True}])
        self._submit()
        self.assertEqual(self.keys, [])
        with self.assert_refused(UserError, "with the provider already"):
            notice.with_user(self.clerk).action_provider_take_back()
        auditor = new_test_user(
            self.env, "provider_auditor", groups="account.group_account_readonly",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        for action in ("action_provider_retry", "action_provider_take_back"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(notice.with_user(auditor), action)()

    def test_a_fault_of_one_letter_does_not_stop_the_others(self):
        notices = self._letter_now("One") | self._letter_now("Two")
        self.answer = KeyError("bug")
        with mute_logger("odoo.addons.relance_fr.models.notice.relance_notice_provider"):
            self._submit()
        self.assertEqual(len(self.keys), 2)
        self.assertRecordValues(notices, [{"provider_state": "to_submit", "provider_attempts": 1}] * 2)

    def test_provider_uninstalled(self):
        notice = self._letter_now()
        self.env.cr.execute("UPDATE relance_notice SET provider = 'gone' WHERE id = %s", [notice.id])
        self.env.invalidate_all()
        self._submit()
        self.assertIn("not installed any more", notice.provider_error)

    # === WHAT CHANGED MEANWHILE === #

    def test_paid_before_the_letter_left(self):
        notice = self._letter_now()
        self._bank_pays(notice.line_ids.move_id, "2026-06-25", 1000)
        self._submit()
        self.assertEqual(self.keys, [])
        self.assertRecordValues(notice, [{"state": "cancelled", "to_post": False, "provider_state": False}])
        self.assertFalse(notice.line_ids.move_id.relance_level_id)
        self.assert_register()

    def test_paid_in_part_when_the_email_has_left(self):
        notice = self._letter_now(channel_email=True)
        self.assertTrue(notice.mail_id)
        self._bank_pays(notice.line_ids.move_id, "2026-06-25", 400)
        self._submit()
        self.assertEqual(self.keys, [])
        self.assertRecordValues(notice, [{"state": "sent", "provider_state": "failed"}])
        self.assertIn("changed before the letter left", notice.provider_error)

    def test_disputed_before_the_letter_left(self):
        notice = self._letter_now()
        self.env["relance.hold"].create(
            {"partner_id": notice.partner_id.id, "reason": "dispute", "date_from": "2026-06-25",
             "company_id": self.company.id}
        )  # fmt: skip
        self._submit()
        self.assertEqual((self.keys, notice.state), ([], "cancelled"))
