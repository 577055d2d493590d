from datetime import timedelta

import requests
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.relance_engine_provider import FIRST_RETRY, MAX_ATTEMPTS
from ..tools.provider import Event, PermanentError, TemporaryError
from .delivery_common import DUE, DeliveryCommon
from .refusals import RefusalsMixin

NOW = "2026-06-25 10:00:00"


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestProvider(DeliveryCommon, RefusalsMixin):
    """Registered letters handed over to a provider, and what it says of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env, "provider_clerk", groups="account.group_account_invoice",
            company_id=cls.company.id, company_ids=cls.company.ids,
        )  # fmt: skip

    def setUp(self):
        super().setUp()
        self.keys = []
        self.answer = {"reference": "P1", "tracking_number": "1A 001"}

        def submit(notice):
            self.keys.append(notice._get_provider_key())
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        self._provide(_submit=submit)

    def _letter_now(self, name="Menuiserie", **vals):
        self.calendar.level_ids[0].write(vals)
        debtor = self._create_debtor(name)
        with freeze_time(NOW):
            return self.engine._send_by_hand(self._invoice(1000, DUE, partner=debtor))

    def _submit(self, at=NOW):
        with freeze_time(at):
            self.env["relance.notice"]._cron_submit()
            self.env.flush_all()

    def _events(self, *events, company=None):
        return dict(self.env["relance.notice"]._apply_events(company or self.company, events))

    def _news(self, status, day, **values):
        return Event(status, day, **({"reference": "P1"} | values))

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
        self.assertRecordValues(future, [{"provider_state": "submitted", "provider_reference": "P2", "posted_date": False}])
        self.assertIn("still to come", future.provider_event_ids.note)

    def test_tried_again_later_and_later_with_the_same_key(self):
        notice = self._letter_now()
        at = fields.Datetime.to_datetime(NOW)
        for attempt, error in enumerate((TemporaryError("503"), requests.Timeout("slow"), requests.ConnectionError("x"))):
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
        with mute_logger("odoo.addons.relance_fr.models.relance_engine_provider"):
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

    # === EVENTS === #

    def _submitted(self, name="Menuiserie"):
        with freeze_time("2026-06-15 10:00:00"):
            notice = self.engine._send_by_hand(self._invoice(1000, DUE, partner=self._create_debtor(name)))
        self._submit("2026-06-15 11:00:00")
        self.assertEqual(notice.provider_state, "submitted")
        return notice

    def test_in_any_order_and_twice(self):
        notice = self._submitted()
        events = [
            self._news("received", "2026-06-20T09:00:00+02:00", receipt=b"%PDF AR", receipt_name="AR.pdf", event_id="4"),
            self._news("presented", "2026-06-19", event_id="3"),
            self._news("presented", "2026-06-18", event_id="2"),
            self._news("posted", "2026-06-16", event_id="1"),
        ]
        for event in events:
            self.assertEqual(self._events(event), {"applied": 1})
        expected = {"posted_date": "2026-06-16", "presented_date": "2026-06-18", "received_date": "2026-06-20",
                    "deadline": "2026-07-03"}  # fmt: skip
        self.assertEqual({name: str(notice[name]) for name in expected}, expected)
        self.assertEqual(self._next(notice), ("final", "2026-07-03"))
        self.assertEqual((notice.receipt_name, self._read_receipt(notice)), ("AR.pdf", b"%PDF AR"))
        messages = notice.message_ids
        self.assertEqual(self._events(*events), {"duplicate": 4})
        self.assertEqual((notice.message_ids, len(notice.provider_event_ids)), (messages, 5))
        self.assert_register()

    def _read_receipt(self, notice):
        domain = [("res_model", "=", notice._name), ("res_id", "=", notice.id), ("res_field", "=", "receipt")]
        return self.env["ir.attachment"].search(domain).raw

    def test_nothing_is_invented(self):
        notice = self._submitted()
        self._events(self._news("presented", "2026-06-18"))
        self.assertRecordValues(notice, [{"posted_date": False, "received_date": False, "to_post": False}])
        self.assertEqual(str(notice.presented_date), "2026-06-18")
        # Presented, it was posted: the escalation goes on.
        move = notice.line_ids.move_id
        self.assertEqual(self._explain(move, "2026-07-02")[:2], ("wait", "too_early"))
        self.assertEqual(self._explain(move, "2026-07-03")[:2], ("send", "due"))

    def test_nothing_is_erased(self):
        notice = self._submitted()
        self._write_on(NOW, notice, posted_date="2026-06-16", tracking_number="1A 777")
        self._events(self._news("posted", "2026-06-17", tracking_number="1A 778"))
        self.assertEqual((str(notice.posted_date), notice.tracking_number), ("2026-06-16", "1A 777"))

    def test_what_cannot_be_is_told_and_not_entered(self):
        notice = self._submitted()
        self._events(self._news("received", "2026-06-20"))
        for event, text in (
            (self._news("returned", "2026-06-21", reason="refused"), "not both"),
            (self._news("posted", "2026-06-21"), "posted, then presented"),
            (self._news("presented", "2026-07-21"), "still to come"),
            (self._news("failed", "2026-06-21", message="Lost"), "Lost"),
        ):
            with self.subTest(event=event):
                self.assertEqual(self._events(event), {"contradictory": 1})
                self.assertIn(text, notice.message_ids[0].body)
        self.assertRecordValues(
            notice, [{"returned_date": False, "posted_date": False, "presented_date": False, "provider_state": "submitted"}]
        )

    def test_returned(self):
        notice = self._submitted()
        self._events(self._news("returned", "2026-06-21", reason="unknown"))
        self.assertRecordValues(notice, [{"return_reason": "unknown"}])
        self.assertIn("find the address", notice.activity_ids.mapped("summary")[-1])

    def test_failed_after_it_was_taken(self):
        notice = self._submitted()
        for event_id in ("a", "b"):
            self._events(self._news("failed", "2026-06-16", message="Unreadable file", event_id=event_id))
        self.assertRecordValues(
            notice, [{"provider_state": "failed", "provider_error": "Unreadable file", "to_post": True}]
        )
        self.assertEqual(len(notice.activity_ids), 1)
        self._events(self._news("submitted", "2026-06-15"))
        self.assertEqual(notice.provider_state, "failed", "An old piece of news takes nothing back.")
        self._events(self._news("posted", "2026-06-17"))
        self.assertRecordValues(notice, [{"provider_state": "submitted", "to_post": False, "provider_error": False}])

    def test_news_before_the_answer(self):
        """The provider took the letter, its answer was lost, its callback came."""
        notice = self._letter_now()
        self._events(Event("submitted", "2026-06-25", number=notice.name, reference="P9"))
        self.assertRecordValues(notice, [{"provider_state": "submitted", "provider_reference": "P9"}])
        self._submit()
        self.assertEqual(self.keys, [])

    def test_unknown_letters_and_other_companies(self):
        notice = self._submitted()
        other = self.setup_other_company(name="Autre SA")["company"]
        self.assertEqual(self._events(self._news("posted", "2026-06-16"), company=other), {"unknown": 1})
        self.assertEqual(self._events(self._news("posted", "2026-06-16", reference="P404")), {"unknown": 1})
        self.assertEqual(self._events(Event("posted", "2026-06-16")), {"unknown": 1})
        self.assertFalse(notice.posted_date)

    def test_second_receipt_is_kept_beside(self):
        notice = self._submitted()
        self._events(
            self._news("posted", "2026-06-16", receipt=b"%PDF deposit"),
            self._news("received", "2026-06-18", receipt=b"%PDF AR", receipt_name="AR.pdf"),
        )
        self.assertEqual(self._read_receipt(notice), b"%PDF deposit")
        self.assertEqual(notice.receipt_name, f"{notice.name.replace('/', '-')}-posted.pdf")
        files = self.env["ir.attachment"].search([("res_model", "=", notice._name), ("res_id", "=", notice.id)])
        self.assertEqual(files.filtered(lambda file: file.name == "AR.pdf").raw, b"%PDF AR")

    # === POLLING === #

    def test_news_asked_for(self):
        asked = []

        def fetch(notices):
            asked.append(notices)
            return [Event("posted", "2026-06-16", number=notice.name) for notice in notices]

        notice = self._submitted()
        done = self._submitted("Reçu")
        self._write_on(NOW, done, received_date="2026-06-20")
        self._provide(_fetch=fetch)
        for _time in range(2):
            self.env["relance.notice"]._cron_fetch()
        self.assertEqual(asked, [notice, notice])
        self.assertEqual(str(notice.posted_date), "2026-06-16")
        self.assertEqual(len(notice.provider_event_ids), 2)

    def test_service_down_when_asked(self):
        def fetch(_notices):
            raise requests.ConnectionError("down")

        notice = self._submitted()
        self._provide(_fetch=fetch)
        self.env["relance.notice"]._cron_fetch()
        self.assertRecordValues(notice, [{"provider_state": "submitted", "posted_date": False}])
