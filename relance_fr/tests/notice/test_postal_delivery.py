import runpy
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from ..delivery_common import DUE, SENT, DeliveryCommon
from ..refusals import RefusalsMixin


@tagged("post_install", "-at_install")
class TestDelivery(DeliveryCommon, RefusalsMixin):
    """What became of a letter: its dates, the deadline they give, its return."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env, "delivery_clerk", groups="account.group_account_invoice",
            company_id=cls.company.id, company_ids=cls.company.ids,
        )  # fmt: skip
        cls.notice = cls._letter()

    # === DEADLINE === #

    def test_deadline_runs_from_the_first_presentation(self):
        notice = self.notice.with_user(self.clerk)
        printed = {"printed_deadline": "2026-06-30", "deadline_days": 15}
        self._assert_texts(notice, deadline="2026-06-30", **printed)
        self.assertEqual(self._next(notice), ("final", "2026-06-30"))
        self._write_on("2026-06-20", notice, posted_date="2026-06-16", presented_date="2026-06-19")
        self._assert_texts(notice, deadline="2026-07-04", **printed)
        # 45 - 30 days after the posting would be 1 July: nothing comes before the deadline.
        self.assertEqual(self._next(notice), ("final", "2026-07-04"))
        self._write_on("2026-06-20", notice, presented_date=False)
        self._assert_texts(notice, deadline="2026-06-30", **printed)
        self.assertEqual(self._next(notice), ("final", "2026-07-01"))
        self.assert_register()

    def test_received_without_a_known_presentation(self):
        self._write_on("2026-06-25", self.notice, posted_date="2026-06-16", received_date="2026-06-22")
        self._assert_texts(self.notice, deadline="2026-07-07")
        self._write_on("2026-06-25", self.notice, presented_date="2026-06-18")
        self._assert_texts(self.notice, deadline="2026-07-03")

    def test_days_given_are_frozen(self):
        self.formal.deadline_days = 90
        self._write_on("2026-06-20", self.notice, presented_date="2026-06-19")
        self._assert_texts(self.notice, deadline="2026-07-04", printed_deadline="2026-06-30", deadline_days=15)

    def test_no_deadline_given(self):
        # A level of a time when none was asked for.
        self.env.cr.execute("UPDATE relance_level SET deadline_days = 0 WHERE id = %s", [self.formal.id])
        self.formal.invalidate_recordset(["deadline_days"])
        notice = self._letter("Sans délai")
        self._write_on("2026-06-20", notice, presented_date="2026-06-19")
        self.assertRecordValues(notice, [{"deadline": False, "printed_deadline": False, "deadline_days": 0}])

    def test_letter_and_email_print_what_was_sealed(self):
        self._write_on("2026-06-20", self.notice, presented_date="2026-06-19")
        self.assertEqual(str(self.notice._get_letter_values()["deadline"]), "2026-06-30")
        self.assertIn("30", self.notice._get_deadline_text())
        self.assertIn('"deadline":"2026-06-30"', self.notice.seal_payload)

    def test_nobody_writes_a_deadline(self):
        for field in ("deadline", "printed_deadline"):
            with self.subTest(field=field):
                with self.assert_refused(UserError, "only the proof of its delivery"):
                    self.notice.with_user(self.clerk).write({field: "2027-01-01"})
                with self.assert_refused(UserError, "sealed notice cannot be changed"):
                    self.notice.sudo().write({field: "2027-01-01"})

    def test_register_sealed_before(self):
        """A register whose only deadline was the one printed still verifies once it is upgraded."""
        self._write_on("2026-06-20", self.notice, presented_date="2026-06-19")
        self.env.cr.execute(SQL("UPDATE relance_notice SET deadline = printed_deadline"))
        self.env.cr.execute(SQL("ALTER TABLE relance_notice DROP COLUMN printed_deadline"))
        path = Path(__file__).parents[2] / "migrations" / "19.0.1.2.0" / "pre-deadline.py"
        runpy.run_path(str(path))["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self._assert_texts(self.notice, printed_deadline="2026-06-30")
        self.assert_register()

    def _assert_texts(self, notice, **values):
        found = {name: notice[name] if name == "deadline_days" else str(notice[name]) for name in values}
        self.assertEqual(found, values)

    # === DATES === #

    def test_dates_that_cannot_be(self):
        cases = (
            ({"posted_date": "2026-06-21"}, "Posted on 06/21/2026: this day is still to come"),
            ({"returned_date": "2026-07-01", "return_reason": "other"}, "still to come"),
            ({"posted_date": "2026-06-14"}, "only made on 06/15/2026"),
            ({"posted_date": "2026-06-18", "presented_date": "2026-06-17"}, "posted, then presented"),
            ({"presented_date": "2026-06-18", "received_date": "2026-06-17"}, "posted, then presented"),
            (
                {"presented_date": "2026-06-18", "returned_date": "2026-06-17", "return_reason": "refused"},
                "posted, then presented",
            ),
            (
                {"received_date": "2026-06-18", "returned_date": "2026-06-18", "return_reason": "refused"},
                "received or returned, not both",
            ),
            ({"returned_date": "2026-06-18"}, "a date and a reason"),
            ({"return_reason": "refused"}, "a date and a reason"),
        )
        for vals, message in cases:
            with self.subTest(vals=vals), self.assert_refused(UserError, message):
                self._write_on("2026-06-20", self.notice.with_user(self.clerk), **vals)

    def test_the_same_day_may_be_all_of_them(self):
        day = "2026-06-16"
        self._write_on(day, self.notice, posted_date=day, presented_date=day, received_date=day)
        self._assert_texts(self.notice, deadline="2026-07-01")

    # === RETURN === #

    def _return(self, notice, reason="unknown"):
        self._write_on(
            "2026-06-25", notice.with_user(self.clerk),
            posted_date="2026-06-16", returned_date="2026-06-24", return_reason=reason,
        )  # fmt: skip

    def _channel(self, partner, day="2026-07-20"):
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": day})
        with freeze_time(day):
            run.action_preview()
        return run.line_ids.filtered(lambda line: line.partner_id == partner).mapped(
            lambda row: (row.channel, row.reason)
        )

    def test_address_of_a_letter_that_came_back(self):
        debtor = self.notice.partner_id
        self.assertEqual(self.notice.postal_to, "12 rue des Érables, 69003 Lyon, FR")
        self.final.write({"channel_registered": True, "channel_email": False})
        self.assertEqual(self._channel(debtor), [("registered", "awaiting_approval")])
        self._return(self.notice)
        self.assertEqual(self._channel(debtor), [("email", "due")])
        self.assertIn("find the address", self.notice.activity_ids.mapped("summary")[-1])
        debtor.street = "12, RUE des Érables"
        self.assertEqual(self._channel(debtor), [("email", "due")], "Capitals and commas make no other address.")
        debtor.email = False
        self.assertEqual(self._channel(debtor), [(False, "no_address")])
        debtor.street = "14 rue des Érables"
        self.assertEqual(self._channel(debtor), [("registered", "due")])

    def test_a_letter_refused_or_not_collected_says_nothing_against_the_address(self):
        self.final.write({"channel_registered": True, "channel_email": False})
        for reason in ("refused", "unclaimed"):
            notice = self._letter(reason)
            self._return(notice, reason)
            self.assertEqual(self._channel(notice.partner_id), [("registered", "due")])
            self.assertNotIn("find the address", " ".join(notice.activity_ids.mapped("summary")))

    def test_address_of_another_debtor(self):
        self._return(self.notice)
        self.assertEqual(self._letter("Voisin", day="2026-06-26").channel, "registered")

    def test_letter_ready_when_another_comes_back(self):
        """The address died between the seal and the dispatch, or while the draft waited."""
        debtor = self.notice.partner_id
        with freeze_time("2026-06-25"):
            sealed = self._invoice(500, "2026-05-10", partner=debtor)._relance_send_by_hand(send_now=False)
        self.assertRecordValues(sealed, [{"state": "ready", "channel": "registered"}])
        self._return(self.notice)
        with freeze_time("2026-06-25"):
            sealed.action_dispatch()
        self.assertRecordValues(sealed, [{"state": "cancelled"}])
        self.assertIn("postal address", sealed.failure_reason)
        with freeze_time("2026-06-26"):
            again = sealed.line_ids.move_id._relance_send_by_hand()
        self.assertRecordValues(again, [{"state": "sent", "channel": "email"}])

    def test_draft_takes_the_address_of_the_day_it_is_sealed(self):
        self.company.relance_automatic = False
        debtor = self._create_debtor("Tiers")
        self._invoice(700, DUE, partner=debtor)
        drafts = self._run_on("2026-06-18").filtered(lambda notice: notice.partner_id == debtor)
        self.assertEqual(drafts.postal_to, "12 rue des Érables, 69003 Lyon, FR")
        debtor.street = "3 place Bellecour"
        with freeze_time("2026-06-19"):
            drafts.action_approve()
        self.assertEqual(drafts.postal_to, "3 place Bellecour, 69003 Lyon, FR")
        self.assertIn(b"3 place Bellecour", drafts.attachment_id.raw)

    def test_consumer_owes_no_interest_on_a_letter_that_found_nobody(self):
        debtor = self._create_debtor("Martin", relance_regime="consumer", relance_calendar_id=self.calendar.id)
        invoice = self._invoice(1850, DUE, partner=debtor)
        notice = self._send(invoice, SENT)
        self._write_on("2026-06-25", notice, posted_date="2026-06-16", presented_date="2026-06-18")
        self.assert_claim(invoice, "2026-06-28", 1850, 1.33, 0)
        self._write_on("2026-06-25", notice, returned_date="2026-06-24", return_reason="unclaimed")
        self.assert_claim(invoice, "2026-06-28", 1850, 1.33, 0)
        self._write_on("2026-06-25", notice, return_reason="unknown")
        self.assert_claim(invoice, "2026-06-28", 1850, 0, 0)

    # === PRINTING === #

    def test_first_print_is_recorded_and_each_is_logged(self):
        notice = self.notice.with_user(self.clerk)
        self.assertFalse(notice.printed_on)
        for hour, prints in (("08", 1), ("09", 2)):
            with freeze_time(f"2026-06-16 {hour}:00:00"):
                notice.action_print()
            self.assertRecordValues(notice, [{"printed_by": self.clerk.id}])
            self.assertEqual(str(notice.printed_on), "2026-06-16 08:00:00")
            logged = notice.message_ids.filtered(lambda message: "printed or downloaded" in message.body)
            self.assertEqual(len(logged), prints)
        self.assert_register()

    def test_auditor_leaves_a_trace_only(self):
        auditor = new_test_user(
            self.env, "delivery_auditor", groups="account.group_account_readonly",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        self.notice.with_user(auditor).action_print()
        self.assertFalse(self.notice.printed_on)
        self.assertIn("printed or downloaded", self.notice.message_ids[0].body)

    def test_letter_of_an_email_is_not_printed_to_be_posted(self):
        self.debtor.relance_calendar_id = self._calendar("firm")
        notice = self._send(self._invoice(100, DUE), SENT)
        notice.action_print()
        self.assertRecordValues(notice, [{"channel": "email", "printed_on": False}])
