from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from psycopg2.errors import CheckViolation

from ...tools.bulk_sql import update_rows
from ..refusals import RefusalsMixin
from ..run.test_dispatch_cron import DUE, TODAY, CronCommon

LIMIT = "odoo.addons.relance_fr.models.run.relance_run.SEALED_AT_ONCE"
OFFICE = {"relance_window_from": 9, "relance_window_to": 17.5, "relance_working_days": True}


def utc(text):
    return datetime.fromisoformat(text)


class WindowCommon(RefusalsMixin, CronCommon):
    def _debtors(self, count, **vals):
        """Return invoices of as many debtors, one a debtor."""
        return self.env["account.move"].union(
            *(self._invoice(1000, DUE, partner=self._create_debtor(f"D{n:02d} SA", **vals)) for n in range(count))
        )

    def _triggers(self):
        cron = self.env.ref("relance_fr.ir_cron_dispatch")
        return self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).mapped("call_at")

    def _states(self, invoices):
        return sorted(invoices.relance_notice_ids.mapped("state"))


@tagged("post_install", "-at_install")
class TestWindow(WindowCommon):
    """When the jobs may send. Times are in UTC: Paris is two hours ahead in summer, one in winter."""

    def _assert_windows(self, *pairs):
        for now, opening in pairs:
            with self.subTest(now=now):
                self.assertEqual(self.company._relance_get_next_window(utc(now)), utc(opening))

    def test_no_window_by_default(self):
        self._assert_windows(("2026-05-24 03:00", "2026-05-24 03:00"), ("2026-12-25 23:30", "2026-12-25 23:30"))

    def test_hours_follow_the_clock(self):
        self.company.write(OFFICE)
        self._assert_windows(
            ("2026-05-26 06:59", "2026-05-26 07:00"),
            ("2026-05-26 07:00", "2026-05-26 07:00"),
            ("2026-05-26 15:29", "2026-05-26 15:29"),
            ("2026-05-26 15:30", "2026-05-27 07:00"),
            # Winter time since the Sunday between.
            ("2026-10-23 15:30", "2026-10-26 08:00"),
        )

    def test_hours_of_another_time_zone(self):
        self.company.write(OFFICE)
        self.company.partner_id.tz = "Indian/Reunion"
        self._assert_windows(("2026-05-26 04:59", "2026-05-26 05:00"), ("2026-05-26 13:30", "2026-05-27 05:00"))

    def test_weekends_and_public_holidays(self):
        self.company.write(OFFICE)
        self._assert_windows(
            ("2026-05-23 10:00", "2026-05-26 07:00"),  # a Saturday, then Whit Monday
            ("2026-07-14 10:00", "2026-07-15 07:00"),
            ("2026-04-03 10:00", "2026-04-03 10:00"),  # Good Friday
        )
        self.company.relance_holidays = "57"
        self._assert_windows(("2026-04-03 10:00", "2026-04-07 07:00"))

    def test_working_days_alone(self):
        self.company.relance_working_days = True
        # Midnight in Paris.
        self._assert_windows(("2026-05-23 10:00", "2026-05-25 22:00"), ("2026-05-26 21:00", "2026-05-26 21:00"))

    def test_calendars_rest_on_the_holidays_of_the_company(self):
        self.company.write({"relance_holidays": "57", "relance_calendar_id": self._calendar("courtesy").id})
        self.company.relance_calendar_id.write({"skip_holidays": True})
        self._invoice(1000, "2026-03-27")
        self.assertFalse(self._run_on("2026-04-03"))
        self.company.relance_holidays = "FR"
        self.assertTrue(self._run_on("2026-04-03"))

    def test_hours_that_make_no_sense(self):
        for start, end in ((18, 9), (9, 9), (-1, 5), (8, 25)):
            with self.subTest(start=start, end=end), self.assert_refused(ValidationError, "sending hours"):
                self.company.write({"relance_window_from": start, "relance_window_to": end})
        with self.assertRaises(CheckViolation), self.env.cr.savepoint(), self.assertLogs("odoo.sql_db", "ERROR"):
            self.company.relance_daily_cap = -1
            self.env.flush_all()

    # === THE JOBS === #

    def test_jobs_wait_for_the_opening(self):
        self.company.write(OFFICE)
        invoice = self._invoice(1000, DUE)
        self._cron("escalate", "2026-05-26 05:00:00")
        notice = invoice.relance_notice_ids
        self.assertRecordValues(notice, [{"state": "draft", "name": "/"}])
        for _time in range(3):
            self._cron("dispatch", "2026-05-26 06:00:00")
        self.assertRecordValues(notice, [{"state": "draft", "name": "/", "seal": False}])
        self.assertEqual(self._triggers().count(utc("2026-05-26 07:00")), 1)
        self._cron("dispatch", "2026-05-26 07:00:00")
        self.assertEqual(notice.state, "sent")

    def test_drafted_on_a_day_of_rest_is_brought_up_to_date(self):
        self.company.write(OFFICE)
        self.company.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1})
        invoice = self._invoice(1000, DUE)
        self._cron("escalate", "2026-05-23 10:00:00")
        self._bank_pays(invoice, "2026-05-25", 400)
        self._cron("dispatch", "2026-05-25 10:00:00")
        self.assertEqual(invoice.relance_notice_ids.state, "draft")
        self._cron("dispatch", "2026-05-26 10:00:00")
        self.assertRecordValues(invoice.relance_notice_ids, [{"state": "sent", "principal_amount": 600}])
        self.assertEqual(invoice.relance_notice_ids.date.isoformat(), "2026-05-26")

    def test_window_of_one_company_does_not_hold_another(self):
        self.company.write(OFFICE)
        other = self._other_company()
        ours, theirs = self._invoice(1000, DUE), self._invoice_of(other, 700, DUE)
        self._cron("escalate", "2026-05-26 05:00:00")
        self._cron("dispatch", "2026-05-26 05:00:00")
        self.assertEqual((ours.relance_notice_ids.state, theirs.relance_notice_ids.state), ("draft", "sent"))

    def test_a_person_sends_one_notice_at_once(self):
        self.company.write(OFFICE)
        first, second = self._invoice(1000, DUE), self._invoice(700, DUE, partner=self._create_debtor("Second"))
        self.assertEqual(self._send(first, "2026-05-26 05:00:00").state, "sent")
        self._cron("escalate", "2026-05-26 05:00:00")
        notice = second.relance_notice_ids
        self.assertEqual(notice.state, "draft")
        with freeze_time("2026-05-26 05:01:00"):
            notice.with_user(self.accountant).action_dispatch()
        self.assertEqual(notice.state, "sent")

    def test_the_daily_job_seals_its_notices_at_once(self):
        """However many they are: nobody waits for them in front of a screen."""
        invoices = self._debtors(2)
        with patch(LIMIT, 1):
            self._cron("escalate", "2026-05-26 10:00:00")
        self.assertEqual(self._states(invoices), ["ready", "ready"])

    def test_campaign_of_one_notice_is_not_sealed_before_the_job_may_send_it(self):
        """Good Friday in Alsace, the window opens on Tuesday: a sealed letter would be stale by then."""
        self.company.write({"relance_working_days": True, "relance_holidays": "57", "relance_bank_max_age": 0})
        invoice = self._invoice(1000, "2026-03-20")
        with freeze_time("2026-04-03 10:00:00"):
            run = self.env["relance.run"].create({"company_id": self.company.id})
            run.action_preview()
            run.action_confirm()
        notice = invoice.relance_notice_ids
        self.assertRecordValues(notice, [{"state": "draft", "name": "/", "seal": False}])
        self._cron("dispatch", "2026-04-06 10:00:00")
        self.assertEqual(notice.state, "draft")
        self._cron("dispatch", "2026-04-07 10:00:00")
        self.assertRecordValues(notice, [{"state": "sent", "name": "RLF/2026/00001"}])

    def test_invoice_button_sends_its_notice_outside_the_hours(self):
        self.company.write(OFFICE)
        invoice = self._invoice(1000, DUE)
        with freeze_time("2026-05-26 05:00:00"):
            run = self.env["relance.run"]._create_for_moves(invoice)
            run.action_preview()
            run.action_send()
        self.assertEqual(invoice.relance_notice_ids.state, "sent")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCap(WindowCommon):
    """At most so many notices a day, counted before they get a number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_daily_cap = 2

    def test_three_days_for_five(self):
        invoices = self._debtors(5)
        self._cron("escalate")
        counts = []
        for day in (TODAY, TODAY, "2026-05-27", "2026-05-28", "2026-05-29"):
            self._cron("dispatch", day)
            counts.append(self._states(invoices).count("sent"))
        self.assertEqual(counts, [2, 2, 4, 5, 5])
        names = sorted(invoices.relance_notice_ids.mapped("name"))
        self.assertEqual(names, [f"RLF/2026/{number:05d}" for number in range(1, 6)])
        self.assertEqual(
            sorted(date.isoformat() for date in invoices.relance_notice_ids.mapped("date")),
            [TODAY, TODAY, "2026-05-27", "2026-05-27", "2026-05-28"],
        )
        self.assert_register()

    def test_harshest_then_oldest_first(self):
        firm = self._calendar({"kind": "firm", "delay": 1})
        recent = self._invoice(100, DUE, partner=self._create_debtor("Récent"))
        old = self._invoice(100, "2026-05-10", partner=self._create_debtor("Ancien"))
        harsh = self._invoice(100, DUE, partner=self._create_debtor("Ferme", relance_calendar_id=firm.id))
        self._cron("escalate")
        self._cron("dispatch")
        self.assertEqual([move.relance_notice_ids.state for move in (recent, old, harsh)], ["draft", "sent", "sent"])

    def test_letters_that_cannot_be_made_hold_nobody_back(self):
        firm = self._calendar({"kind": "firm", "delay": 1})
        broken = self._debtors(2, relance_calendar_id=firm.id)
        others = self._debtors(2)
        self._cron("escalate")
        update_rows(
            self.env, "relance.notice", {id_: {"failure_reason": "No letter"} for id_ in broken.relance_notice_ids.ids}
        )
        self._cron("dispatch")
        self.assertEqual(self._states(others), ["sent"] * 2)
        self.assertEqual(self._states(broken), ["draft"] * 2)

    def test_what_no_address_can_get_is_not_counted(self):
        unreachable = self._debtors(3)
        unreachable.partner_id.write({"email": False, "street": False, "zip": False, "city": False})
        written = self._debtors(2)
        self._cron("escalate")
        self._cron("dispatch")
        self.assertEqual(self._states(unreachable | written), ["failed"] * 3 + ["sent"] * 2)

    def test_calls_are_not_counted(self):
        calls = self._calendar({"kind": "courtesy", "delay": 1, "channel_call": True, "channel_email": False})
        called = self._debtors(3, relance_calendar_id=calls.id)
        written = self._debtors(2)
        self._cron("escalate")
        self._cron("dispatch")
        self.assertEqual(self._states(called | written), ["sent"] * 5)

    def test_paid_while_it_waits(self):
        invoices = self._debtors(3)
        self._cron("escalate")
        self._cron("dispatch")
        [waiting] = invoices.filtered(lambda move: move.relance_notice_ids.state == "draft")
        self._bank_pays(waiting, "2026-05-27", 1000)
        self._cron("dispatch", "2026-05-27")
        self.assertRecordValues(waiting.relance_notice_ids, [{"state": "cancelled", "name": "/"}])

    def test_what_a_person_sends_counts(self):
        invoices = self._debtors(2)
        self._send(self._invoice(500, DUE), TODAY)
        self._cron("escalate")
        self._cron("dispatch")
        self.assertEqual(self._states(invoices), ["draft", "sent"])

    def test_campaign_says_when_the_rest_leaves(self):
        self.company.relance_working_days = True
        clerk = new_test_user(
            self.env, "cap_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        invoices = self._debtors(7)
        run = self.env["relance.run"].with_user(clerk).create({"company_id": self.company.id})
        run.action_preview()
        # Tuesday 2, Wednesday 2, Thursday 2, Friday 1.
        self.assertIn("05/29/2026", run.departure_message)
        run.action_confirm()
        self.assertEqual(self._states(invoices), ["draft"] * 7)
        self._cron("dispatch")
        run.invalidate_recordset()
        self.assertEqual(self._states(invoices), ["draft"] * 5 + ["sent"] * 2)
        self.assertIn("05/29/2026", run.departure_message)
        for day in ("2026-05-27", "2026-05-28", "2026-05-29"):
            self._cron("dispatch", day)
        self.assertEqual(self._states(invoices), ["sent"] * 7)
        self.assertRecordValues(run, [{"state": "done", "departure_message": ""}])

    def test_approved_waits_its_turn(self):
        self.company.relance_automatic = False
        invoices = self._debtors(3)
        self._cron("escalate")
        invoices.relance_notice_ids.with_user(self.accountant).action_approve()
        self.assertEqual(self._states(invoices), ["draft"] * 3)
        self.assertEqual(invoices.relance_notice_ids.approved_by, self.accountant)
        self._cron("dispatch")
        self.assertEqual(self._states(invoices), ["draft", "sent", "sent"])
