from odoo.tests import freeze_time, tagged

from ..campaign import CampaignCommon
from ..common import day


@tagged("post_install", "-at_install")
class TestWorkingDays(CampaignCommon):
    """What is planned for a day of rest leaves on the next working day, what is preventive on the one before.

    In 2026 the 1st and 8th of May are Fridays, the 14th is Ascension Day, the 25th Whit Monday.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_working_days = True

    def _get_next(self, invoice):
        self.env.flush_all()
        invoice.invalidate_recordset()
        return str(invoice.relance_next_date)

    @freeze_time("2026-04-20")
    def test_preventive_comes_on_the_working_day_before(self):
        for due, expected in (
            ("2026-05-04", "2026-04-30"),  # planned for Friday 1 May, Labour Day
            ("2026-05-19", "2026-05-15"),  # planned for Saturday 16 May
            ("2026-05-20", "2026-05-15"),  # planned for Sunday 17 May
            ("2026-05-28", "2026-05-22"),  # planned for Whit Monday
            ("2026-05-21", "2026-05-18"),  # planned for a Monday
        ):
            with self.subTest(due=due):
                self.assertEqual(self._get_next(self._invoice(100, due)), expected)

    @freeze_time("2026-05-17")
    def test_what_is_late_comes_on_the_next_working_day(self):
        for due, expected in (
            ("2026-05-16", "2026-05-26"),  # planned for Saturday 23 May, then Sunday and Whit Monday
            ("2026-05-15", "2026-05-22"),  # planned for a Friday
        ):
            with self.subTest(due=due):
                invoice = self._invoice(100, due)
                self.assertEqual(self._get_next(invoice), expected)
                self.assertEqual(self._explain(invoice, "2026-05-18")[3], expected)

    @freeze_time("2026-05-17")
    def test_switched_off_or_the_days_of_another_place(self):
        invoice = self._invoice(100, "2026-05-16")
        self.assertEqual(self._get_next(invoice), "2026-05-26")
        self.company.relance_working_days = False
        self.assertEqual(self._get_next(invoice), "2026-05-23")
        self.company.relance_working_days = True
        self.assertEqual(self._get_next(invoice), "2026-05-26")
        # Abolition of slavery in Martinique on 22 May: Friday.
        late = self._invoice(100, "2026-05-15")
        self.assertEqual(self._get_next(late), "2026-05-22")
        self.company.relance_holidays = "972"
        self.assertEqual(self._get_next(late), "2026-05-26")

    @freeze_time("2026-05-17")
    def test_the_days_of_the_calendar_count_as_well(self):
        invoice = self._invoice(100, "2026-05-16")
        self.standard.send_tue = False
        self.assertEqual(self._get_next(invoice), "2026-05-27")

    @freeze_time("2026-04-20")
    def test_jobs_send_on_the_day_announced_and_none_other(self):
        invoice = self._invoice(1000, "2026-05-16")
        sent = {}
        for number in range(13, 32):
            notices = self._run_on(f"2026-05-{number}")
            sent |= {notice.date: (notice.kind, notice.state) for notice in notices}
        self.assertEqual(sent, {day("2026-05-13"): ("preventive", "sent"), day("2026-05-26"): ("courtesy", "sent")})
        self.assertEqual(invoice.relance_notice_ids.mapped("state"), ["sent", "sent"])

    @freeze_time("2026-05-12")
    def test_simulator_agrees(self):
        self._invoice(1850, "2026-05-20")
        rows, _simulation = self.company._relance_simulate(day("2026-05-12"), day("2026-06-01"))
        # Planned for Sunday 17 May (before the due date) and for Wednesday 27 May.
        self.assertEqual([str(row["date"]) for row in rows], ["2026-05-15", "2026-05-27"])

    @freeze_time("2026-05-23")
    def test_by_hand_on_a_saturday(self):
        """A campaign looked at on a Saturday does not find what is planned for Tuesday; one invoice alone is chosen."""
        invoice = self._invoice(1000, "2026-05-16")
        self.assertEqual(self._explain(invoice, "2026-05-23")[:2], ("wait", "too_early"))

    def test_new_companies_work_on_working_days_and_branches_follow(self):
        company = self.env["res.company"].create({"name": "Neuve", "country_id": self.env.ref("base.fr").id})
        branch = self.env["res.company"].create({"name": "Agence", "parent_id": company.id})
        self.assertTrue(company.relance_working_days)
        self.assertFalse(branch.relance_working_days)
        self.assertTrue(branch._get_relance_setting("relance_working_days"))
        company.relance_working_days = False
        self.assertFalse(branch._get_relance_setting("relance_working_days"))
