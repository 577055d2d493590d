from odoo.tests import freeze_time, tagged

from .test_register import DUE, TODAY, RegisterCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterClock(RegisterCommon):
    """A clock that is wrong for a while: the numbers of a year go on, the rank alone orders the chain."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["relance.rate"].search([("date_from", ">", "2026-07-01")]).unlink()
        rates = {"status": "confirmed", "legal_rate_private": 6.84, "legal_rate_business": 2.75, "ecb_rate": 2.4}
        days = [f"{year}-{month}-01" for year in range(2027, 2032) for month in ("01", "07")]
        cls.env["relance.rate"].create([{"date_from": day, **rates} for day in days])
        cls.mild = cls._calendar("courtesy")
        cls.firm = cls._calendar({"kind": "courtesy", "with_letter": True})

    def _seal_on(self, day, count=1, calendar=None, due=DUE):
        """Return the names of notices of as many new debtors, sealed while the clock says ``day``."""
        notices = self.env["relance.notice"]
        for number in range(count):
            partner = self._create_debtor(f"Debtor of {day} {number}")
            partner.relance_calendar_id = calendar or self.mild
            notices |= self._send(self._invoice(1000, due, partner=partner), day)
        return notices.mapped("name")

    def test_clock_back_in_the_year_before(self):
        self.assertEqual(self._seal_on(TODAY, 2), ["RLF/2026/00001", "RLF/2026/00002"])
        self.assertEqual(self._seal_on("2025-06-30", due="2025-05-16"), ["RLF/2025/00001"])
        for calendar in (self.mild, self.firm):
            self._seal_on(TODAY, calendar=calendar)
            self._seal_on("2025-06-30", calendar=calendar, due="2025-05-16")
        notices = self.env["relance.notice"].search([("company_id", "=", self.company.id)], order="seal_sequence")
        self.assertEqual(
            [notice.name.removeprefix("RLF/") for notice in notices],
            ["2026/00001", "2026/00002", "2025/00001", "2026/00003", "2025/00002", "2026/00004", "2025/00003"],
        )
        self.assertEqual(notices.mapped("seal_sequence"), [1, 2, 3, 4, 5, 6, 7])
        self.assert_register()

    def test_clock_years_ahead(self):
        names = [self._seal_on(day) for day in ("2031-03-02", TODAY, "2031-03-02", "2029-12-31", TODAY)]
        self.assertEqual(
            names,
            [["RLF/2031/00001"], ["RLF/2026/00001"], ["RLF/2031/00002"], ["RLF/2029/00001"], ["RLF/2026/00002"]],
        )
        self.assert_register()

    def test_debtor_written_to_by_a_clock_ahead(self):
        """What a wrong clock dated in the future does not keep the same debtor waiting for years."""
        self.debtor.relance_calendar_id = self._calendar("courtesy", min_days=7)
        ahead = self._send(self._invoice(1000, DUE), "2031-03-02")
        self.assertEqual(ahead.state, "sent")
        now = self._send(self._invoice(500, DUE), TODAY)
        self.assertRecordValues(now, [{"state": "sent", "name": "RLF/2026/00001"}])
        self.assert_register()

    def test_sealed_by_a_clock_ahead_and_not_sent(self):
        """It does not leave with its date of the future: it keeps its number, and another one is made."""
        invoice = self._invoice(1000, DUE)
        with freeze_time("2031-03-02"):
            ahead = invoice._relance_send_by_hand(send_now=False)
        self.assertRecordValues(ahead, [{"state": "ready", "name": "RLF/2031/00001"}])
        ahead._dispatch()
        self.assertEqual(ahead.state, "cancelled")
        self.assertRecordValues(self._send(invoice, TODAY), [{"state": "sent", "name": "RLF/2026/00001"}])
        self.assert_register()

    def test_last_day_of_the_year_and_the_next(self):
        names = [self._seal_on(day) for day in ("2026-12-31", "2027-01-01", "2026-12-31", "2027-01-01")]
        self.assertEqual(names, [["RLF/2026/00001"], ["RLF/2027/00001"], ["RLF/2026/00002"], ["RLF/2027/00002"]])
        self.assert_register()

    def test_counter_behind_the_numbers_present(self):
        """Whatever became of the head, no number is given twice and nothing is blocked."""
        for numbers in (None, "{}", '{"2026": 1}', '{"2026": -5}', '{"2025": 0}'):
            with self.subTest(numbers=numbers):
                last = self._seal_on(TODAY)[0]
                self._sql(
                    "UPDATE relance_register SET last_numbers = %s WHERE company_id = %s", numbers, self.company.id
                )
                for calendar in (self.mild, self.firm):
                    previous = int(last.rpartition("/")[2])
                    last = self._seal_on(TODAY, calendar=calendar)[0]
                    self.assertEqual(int(last.rpartition("/")[2]), previous + 1)
        self.assert_register()

    def test_numbers_beyond_five_digits(self):
        name = self._seal_on(TODAY)[0]
        self._sql("UPDATE relance_notice SET name = 'RLF/2026/99999' WHERE name = %s", name)
        self.assertEqual(self._seal_on(TODAY, 2), ["RLF/2026/100000", "RLF/2026/100001"])

    def test_newest_number_taken_away(self):
        """A number given last to a notice that was given up before its seal is missed as well."""
        self._seal_on(TODAY)
        draft = self._invoice(1000, DUE, partner=self._create_debtor("Zeta"))._relance_send_by_hand(send_now=False)
        self.assertEqual(draft.name, "RLF/2026/00002")
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run._decide(by_hand=True, moves=self._invoice(10, DUE, partner=self._create_debtor("Eta")))
        given_up = run._draft(approved=True)
        given_up._number(self.company)
        given_up.action_cancel()
        self.assert_register()
        self._sql("DELETE FROM relance_notice WHERE id = %s", given_up.id)
        verification = self._verify()
        self.assertEqual((verification["valid"], verification["broken"]), (False, "RLF/2026/00003"))
