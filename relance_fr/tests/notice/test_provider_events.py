import requests
from odoo.tests import freeze_time, tagged

from ...tools.provider import Event
from ..delivery_common import DUE, NOW, ProviderCommon


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestProviderEvents(ProviderCommon):
    """What a provider says of letters: in any order, once, nothing erased and nothing invented."""

    def _events(self, *events, company=None):
        return dict(self.env["relance.notice"]._apply_events(company or self.company, events))

    def _news(self, status, day, **values):
        return Event(status, day, **({"reference": "P1"} | values))

    def _submitted(self, name="Menuiserie"):
        with freeze_time("2026-06-15 10:00:00"):
            notice = self._invoice(1000, DUE, partner=self._create_debtor(name))._relance_send_by_hand()
        self._submit("2026-06-15 11:00:00")
        self.assertEqual(notice.provider_state, "submitted")
        return notice

    def test_in_any_order_and_twice(self):
        notice = self._submitted()
        events = [
            self._news(
                "received", "2026-06-20T09:00:00+02:00", receipt=b"%PDF AR", receipt_name="AR.pdf", event_id="4"
            ),
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
            notice,
            [{"returned_date": False, "posted_date": False, "presented_date": False, "provider_state": "submitted"}],
        )

    def test_two_days_for_one_fact(self):
        """Posted, received and returned once; told otherwise, the register stays and somebody is told, once."""
        notice = self._submitted()
        self._events(self._news("posted", "2026-06-16"), self._news("received", "2026-06-20"))
        known = {"posted_date": "2026-06-16", "presented_date": False, "received_date": "2026-06-20"}
        for event, text in (
            (self._news("posted", "2026-06-17"), "Posted on: 06/17/2026, but the register says 06/16/2026"),
            (self._news("posted", "2026-06-15"), "but the register says"),
            (self._news("received", "2026-06-19"), "Received on: 06/19/2026, but the register says 06/20/2026"),
            (self._news("presented", "2026-06-15"), "posted, then presented"),
            (self._news("presented", "2026-06-22"), "posted, then presented"),
            (self._news("presented", "2026-05-01"), "only made on"),
            (self._news("returned", "2026-06-24", reason="unclaimed"), "not both"),
            (self._news("submitted", "2026-07-24"), "still to come"),
            (self._news("failed", "2026-07-24", message="Lost"), "still to come"),
            (self._news("posted", "2026-06-16", tracking_number="9Z 999"), "Tracking Number: 9Z 999, but"),
            (self._news("submitted", "2026-06-20", reference="P2", number=notice.name), "but the register says P1"),
        ):
            with self.subTest(event=event):
                counts, refused = self.env["relance.notice"]._take_events(self.company, [event])
                self.assertEqual(dict(counts), {"contradictory": 1})
                self.assertIn(text, refused[0])
                self.assertIn(text, notice.message_ids[0].body)
                self.assertIn(text, notice.provider_event_ids.filtered("note").sorted("id")[-1].note)
                self.assertEqual(self._events(event), {"duplicate": 1})
        self.assertEqual({name: notice[name] and str(notice[name]) for name in known}, known)
        self.assertEqual((notice.provider_state, notice.tracking_number), ("submitted", "1A 001"))
        warnings = notice.activity_ids.filtered(lambda activity: "contradicts" in (activity.summary or ""))
        self.assertEqual(len(warnings), 1, "Somebody is told, once.")
        self.assertEqual(warnings.user_id, notice._get_handler())
        self.assert_register()

    def test_what_is_told_again_in_other_words(self):
        """The same fact again, a second presentation, a reason that comes later: no contradiction."""
        notice = self._submitted()
        for event in (
            self._news("posted", "2026-06-16"),
            self._news("posted", "2026-06-16", event_id="again", tracking_number="1a-001"),
            self._news("presented", "2026-06-18"),
            self._news("presented", "2026-06-19", event_id="second"),
            self._news("returned", "2026-06-23"),
            self._news("returned", "2026-06-23", event_id="why", reason="unclaimed"),
        ):
            self.assertEqual(self._events(event), {"applied": 1})
        self.assertEqual((str(notice.presented_date), notice.return_reason), ("2026-06-18", "unclaimed"))
        self.assertEqual(self._events(self._news("returned", "2026-06-23", reason="refused")), {"contradictory": 1})
        self.assertEqual(self._events(self._news("returned", "2026-06-25")), {"contradictory": 1})
        self.assertEqual((str(notice.returned_date), notice.return_reason), ("2026-06-23", "unclaimed"))

    def test_same_id_for_another_event(self):
        notice = self._submitted()
        self._events(self._news("posted", "2026-06-16", event_id="7"))
        other = self._news("received", "2026-06-20", event_id="7")
        counts, refused = self.env["relance.notice"]._take_events(self.company, [other, other])
        self.assertEqual(dict(counts), {"contradictory": 1, "duplicate": 1})
        self.assertIn("was another one", refused[0])
        self.assertFalse(notice.received_date)

    def test_numbers_of_two_letters(self):
        first = self._submitted()
        self.answer = {"reference": "P2", "tracking_number": "1A 002"}
        second = self._submitted("Seconde")
        event = self._news("posted", "2026-06-16", number=second.name)
        counts, refused = self.env["relance.notice"]._take_events(self.company, [event])
        self.assertEqual(dict(counts), {"contradictory": 1})
        self.assertIn(second.name, refused[0])
        self.assertFalse(first.posted_date or second.posted_date)

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
