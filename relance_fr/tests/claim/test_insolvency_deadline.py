from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from ..insolvency_common import InsolvencyCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15")
class TestInsolvencyDeadline(InsolvencyCommon):
    """Two months to declare: their end, the task before it, and the way out after it."""

    def _days(self, hold):
        return [str(hold[name]) for name in ("declaration_deadline", "deadline_extended", "deadline_target")]

    def test_the_end_of_the_delay(self):
        for publication, days in (
            # A Friday; the assumption of Mary is on the Saturday after.
            ("2026-06-14", ["2026-08-14", "False", "2026-08-14"]),
            # 15 August, a Saturday: extended to the Monday, the task is on the Friday.
            ("2026-06-15", ["2026-08-15", "2026-08-17", "2026-08-14"]),
            # No 31 November: its last day is a Monday.
            ("2026-09-30", ["2026-11-30", "False", "2026-11-30"]),
            # No 31 February: 28 February 2027 is a Sunday.
            ("2026-12-31", ["2027-02-28", "2027-03-01", "2027-02-26"]),
            # Two months end on Christmas, a Friday.
            ("2026-10-25", ["2026-12-25", "2026-12-28", "2026-12-24"]),
        ):
            with self.subTest(publication=publication):
                hold = self._open(publication_date=publication)
                self.assertEqual(self._days(hold), days)
                self.assertEqual(str(hold.activity_ids.date_deadline), days[2])
                hold.sudo().unlink()

    def test_four_months_only_when_it_is_sure(self):
        for code, deadline in (("fr", "2026-08-14"), ("re", "2026-08-14"), ("be", "2026-10-14")):
            self.company.country_id = self.env.ref(f"base.{code}")
            hold = self._open(publication_date="2026-06-14")
            with self.subTest(country=code):
                self.assertEqual(str(hold.declaration_deadline), deadline)
            hold.longer_deadline = True
            self.assertEqual(str(hold.declaration_deadline), "2026-10-14")
            self.assertEqual(str(hold.activity_ids.date_deadline), "2026-10-14")
            hold.sudo().unlink()

    def _tell(self, hold, day):
        with freeze_time(day):
            self.env["relance.hold"]._cron_follow_up()
        return [activity.summary for activity in hold.activity_ids.sorted("id")]

    def test_missed_deadline_names_the_way_out(self):
        self._invoice(1850, "2026-05-16")
        hold = self._open(publication_date="2026-06-15")
        # 15 August is a Saturday: until Monday 17 nothing is lost.
        self.assertEqual(len(self._tell(hold, "2026-08-17")), 1)
        summaries = self._tell(hold, "2026-08-18")
        self.assertEqual(len(summaries), 2)
        self.assertRegex(summaries[1], "relevé de forclusion.*12/15/2026")
        self.assertEqual(len(self._tell(hold, "2026-08-19")), 2, "Told once.")
        with freeze_time("2026-08-20"):
            hold.declared_on = "2026-08-20"
        self.assertFalse(hold.activity_ids)

    def test_nothing_to_declare_nothing_missed(self):
        hold = self._open(publication_date="2026-06-15")
        self.assertEqual(len(self._tell(hold, "2026-08-18")), 1)

    def test_declared_tomorrow_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "once it is sent"):
            self._open(declared_on="2026-06-16")

    def test_users_tasks_of_their_own_stay(self):
        hold = self._open()
        own = hold.activity_schedule("mail.mail_activity_data_todo", summary="Call the lawyer")
        hold.publication_date = "2026-06-14"
        hold.declared_on = "2026-06-15"
        self.assertEqual(hold.activity_ids, own)
