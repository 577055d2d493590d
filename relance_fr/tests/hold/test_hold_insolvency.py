from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15")
class TestHoldInsolvency(LedgerCommon):
    """Insolvency proceedings: the claim of the day of the judgment, and the two months to declare it."""

    def _open(self, **vals):
        # As their dialog does: nobody else opens proceedings.
        hold_sudo = (
            self.env["relance.hold"]
            .sudo()
            .create(
                {
                    "partner_id": self.debtor.id,
                    "reason": "insolvency",
                    "insolvency_kind": "receivership",
                    "date_from": "2026-06-10",
                    **vals,
                }
            )
        )
        return hold_sudo.sudo(False)

    def test_claim_of_the_day_of_the_judgment(self):
        late = self._invoice(1850, "2026-05-16")
        to_come = self._invoice(500, "2026-06-30")
        self._invoice(300, "2026-06-30", invoice_date="2026-06-12")
        settled = self._invoice(700, "2026-05-16")
        self._bank_pays(settled, "2026-05-10", 700)
        # Paid after the judgment: owed on its day.
        self._bank_pays(late, "2026-06-12", 850)
        hold = self._open()
        self.assertEqual(hold.declaration["as_of"], "2026-06-10")
        rows = [
            (row["number"], row["principal"], row["penalty"], row["indemnity"], row["total"], row["converted"])
            for row in hold.declaration["rows"]
        ]
        # 1 850 x 12.15 % x 24 / 365 = 14.779...
        self.assertEqual(rows, [(late.name, 1850, 14.78, 40, 1904.78, 1904.78), (to_come.name, 500, 0, 0, 500, 500)])
        self.assertEqual(hold.declaration_amount, 2404.78)

    def test_foreign_currency_at_the_rate_of_the_judgment(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            [
                {"name": day, "rate": rate, "currency_id": dollar.id, "company_id": self.company.id}
                for day, rate in (("2026-01-01", 1.0), ("2026-06-10", 1.25), ("2026-06-12", 2.0))
            ]
        )
        self._invoice(1000, "2026-06-30", invoice_date="2026-06-01", currency_id=dollar.id)
        hold = self._open()
        self.assertEqual(
            [(row["currency"], row["total"], row["converted"]) for row in hold.declaration["rows"]],
            [("USD", 1000, 800)],
        )
        self.assertEqual(hold.declaration_amount, 800)

    def test_frozen_once_declared(self):
        invoice = self._invoice(1850, "2026-06-05")
        hold = self._open()
        before = hold.declaration_amount
        self._invoice(1000, "2026-06-30", invoice_date="2026-06-01")
        self.assertEqual(hold.declaration_amount, before)
        hold.action_freeze_declaration()
        self.assertEqual(hold.declaration_amount, before + 1000)
        hold.declared_on = "2026-06-15"
        self._credit_note(1850, "2026-06-08", invoice=invoice)
        with self.assertRaisesRegex(UserError, "declared already"):
            hold.action_freeze_declaration()
        self.assertEqual(hold.declaration_amount, before + 1000)

    def test_deadline(self):
        for country, publication, deadline in (
            ("fr", "2026-06-14", "2026-08-14"),
            ("fr", "2026-12-31", "2027-02-28"),
            ("de", "2026-06-14", "2026-10-14"),
        ):
            with self.subTest(country=country, publication=publication):
                self.company.country_id = self.env.ref(f"base.{country}")
                hold = self._open(publication_date=publication)
                self.assertEqual(str(hold.declaration_deadline), deadline)
                hold.sudo().unlink()

    def test_the_task_follows_the_publication(self):
        hold = self._open()
        self.assertRegex(hold.activity_ids.summary, "BODACC")
        hold.publication_date = "2026-06-14"
        activity = hold.activity_ids
        self.assertEqual((len(activity), str(activity.date_deadline)), (1, "2026-08-14"))
        self.assertRegex(activity.summary, "Declare the claim")
        for day, count in (("2026-07-29", 1), ("2026-07-30", 2), ("2026-07-31", 2)):
            with freeze_time(day):
                self.env["relance.hold"]._cron_follow_up()
                self.assertEqual(len(hold.activity_ids), count, day)
        with freeze_time("2026-07-31"):
            hold.declared_on = "2026-07-31"
        self.assertFalse(hold.activity_ids)

    def test_declared_in_time_nobody_is_warned(self):
        hold = self._open(publication_date="2026-06-14", declared_on="2026-06-15")
        with freeze_time("2026-08-10"):
            self.env["relance.hold"]._cron_follow_up()
        self.assertFalse(hold.activity_ids)

    def test_dates_that_contradict_each_other(self):
        for vals in ({"publication_date": "2026-06-09"}, {"declared_on": "2026-06-01"}):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self._open(**vals)

    def test_other_holds_have_no_claim(self):
        self._invoice(1850, "2026-05-16")
        hold = self.env["relance.hold"].create({"partner_id": self.debtor.id, "publication_date": "2026-06-20"})
        self.assertRecordValues(hold, [{"declaration": False, "declaration_deadline": False, "declaration_amount": 0}])
        self.assertFalse(hold.activity_ids)
        # A second door to proceedings, without what their dialog asks.
        with self.assertRaisesRegex(UserError, "stays what it was"):
            hold.write({"reason": "insolvency", "date_from": "2026-06-10"})
