from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-16", "2026-05-26"


class CronCommon(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env, "cron_accountant", groups="account.group_account_manager", company_id=cls.company.id,
            company_ids=cls.company.ids,
        )  # fmt: skip
        cls.company.relance_signatory_id = cls.accountant

    def _cron(self, name, day=TODAY):
        """Run a job as the scheduler does; return the notices it made."""
        known = self.env["relance.notice"].search([])
        self.env.flush_all()
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref(f"relance_fr.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()
        return self.env["relance.notice"].search([]) - known

    def _other_company(self, name="Autre SA"):
        data = self.setup_other_company(name=name)
        data["company"].write({"relance_calendar_id": self.standard.id, "relance_automatic": True})
        return data

    def _invoice_of(self, data, amount, due, **vals):
        return self._invoice(
            amount, due, company_id=data["company"].id, journal_id=data["default_journal_sale"].id, **vals
        )


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCronCompanies(CronCommon):
    """The jobs act for every company; one that cannot go on stops nobody else."""

    def test_missing_rate_stops_one_company(self):
        """An invoice older than the known rates stops the first company, which is told once."""
        self.company.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1})
        other = self._other_company()
        self.env["relance.rate"].search([("date_from", "<", "2026-01-01")]).unlink()
        blocked = self._invoice(1000, "2025-11-30")
        theirs = self._invoice_of(other, 700, DUE)
        last = self._other_company("Zèbre SA")
        third = self._invoice_of(last, 500, DUE)
        notices = self._cron("escalate")
        self.assertEqual(notices.line_ids.move_id, theirs | third)
        self.assertFalse(blocked.relance_notice_ids)
        self._cron("dispatch")
        self.assertEqual(set(notices.mapped("state")), {"sent"})
        self._cron("escalate", "2026-05-27")
        warnings = self.company.partner_id.activity_ids
        self.assertRecordValues(warnings, [{"user_id": self.accountant.id}])
        self.assertRegex(warnings.note, "2025 S2")
        with self.assertRaisesRegex(UserError, "2025 S2"):
            self._send(blocked, TODAY)

    def test_company_that_cannot_seal_does_not_stop_the_sending_of_others(self):
        self.company.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1})
        other = self._other_company()
        interrupted, theirs = self._invoice(1000, "2025-11-30"), self._invoice_of(other, 700, DUE)
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        draft = run._draft(approved=True)
        ready = theirs._relance_send_by_hand(send_now=False)
        self.assertEqual((draft + ready).mapped("state"), ["draft", "ready"])
        self.env["relance.rate"].search([("date_from", "<", "2026-01-01")]).unlink()
        self._cron("dispatch", "2026-05-27")
        self.assertRecordValues(ready, [{"state": "sent"}])
        self.assertRecordValues(draft, [{"state": "draft"}])
        self.assertEqual(interrupted.relance_notice_ids, draft)

    def test_letter_that_cannot_be_made(self):
        self.company.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1, "with_letter": True})
        broken, sound = self._invoice(1000, DUE), self._invoice(700, DUE, partner=self._create_debtor("Tiers"))
        Notice = self.env.registry["relance.notice"]
        render = Notice._render_letters

        def render_but_one(notices):
            if broken.partner_id in notices.partner_id:
                raise UserError(notices.env._("This letter cannot be made."))
            return render(notices)

        with patch.object(Notice, "_render_letters", render_but_one):
            self._cron("escalate")
            self._cron("dispatch")
        self.assertEqual(sound.relance_notice_ids.state, "sent")
        self.assertEqual(broken.relance_notice_ids.state, "draft")
        self._cron("dispatch")
        self.assertEqual(broken.relance_notice_ids.state, "sent")
        names = (sound | broken).relance_notice_ids.mapped("name")
        self.assertEqual(sorted(names), ["RLF/2026/00001", "RLF/2026/00002"])
        self.assert_register()

    def test_interrupted_between_number_and_seal(self):
        self.company.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1, "with_letter": True})
        self._invoice(1000, DUE)
        with (
            patch.object(self.env.registry["relance.notice"], "_append", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            self._cron("escalate")
        notice = self.env["relance.notice"].search([("partner_id", "=", self.debtor.id)])
        self.assertLessEqual(len(notice), 1)
        self._cron("escalate", "2026-05-27")
        self._cron("dispatch", "2026-05-27")
        notice = self.env["relance.notice"].search([("partner_id", "=", self.debtor.id)])
        self.assertRecordValues(
            notice, [{"state": "sent", "name": "RLF/2026/00001", "date": fields.Date.to_date("2026-05-27")}]
        )
        # 1 000 x 12.15 % x 11 / 365 = 3.661...
        self.assertEqual(notice.penalty_amount, 3.66)
        self.assert_register()

    def test_archived_company_writes_no_more(self):
        other = self._other_company()
        self._invoice_of(other, 700, DUE)
        other["company"].active = False
        self.assertFalse(self._cron("escalate"))

    # === THE BANK === #

    def test_bank_of_each_company(self):
        other = self._other_company()
        (self.company | other["company"]).relance_bank_max_age = 7
        ours, theirs = self._invoice(1000, DUE), self._invoice_of(other, 700, DUE)
        self._bank_line("2026-05-10", 10)
        self._bank_line("2026-05-25", 10, journal=other["default_journal_bank"])
        self.assertEqual(self._cron("escalate").line_ids.move_id, theirs)
        self._cron("escalate")
        self.assertRecordValues(self.company.partner_id.activity_ids, [{"user_id": self.accountant.id}])
        self.assertFalse(self.env["relance.run"].search([("company_id", "=", self.company.id)]))
        self._bank_line("2026-05-26", 10)
        self.assertEqual(self._cron("escalate").line_ids.move_id, ours)

    def test_bank_gate_is_inclusive(self):
        self.company.relance_bank_max_age = 7
        self._invoice(1000, DUE)
        self._bank_line("2026-05-19", 10)  # seven days old
        self.assertTrue(self._cron("escalate"))

    # === APPROVAL === #

    def test_automatic_off(self):
        self.company.relance_automatic = False
        self._invoice(1000, DUE)
        notice = self._cron("escalate")
        self.assertRecordValues(notice, [{"state": "to_approve", "name": "/", "seal": False, "attachment_id": False}])
        self.assertRecordValues(notice.run_id.activity_ids, [{"user_id": self.accountant.id}])
        self._cron("dispatch")
        self.assertEqual(notice.state, "to_approve")
        notice.with_user(self.accountant).action_approve()
        self._cron("dispatch")
        self.assertEqual(notice.state, "sent")

    def test_formal_notice_is_approved_by_a_person(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 1})
        self._invoice(1000, DUE)
        self.assertEqual(self._cron("escalate").state, "to_approve")

    def test_waiting_notice_is_not_drafted_twice(self):
        self.company.relance_automatic = False
        self._invoice(1000, DUE)
        self._cron("escalate")
        for day in ("2026-05-27", "2026-06-01", "2026-07-01"):
            self.assertFalse(self._cron("escalate", day))


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCronCalendar(CronCommon):
    """When the daily job writes, and how often."""

    def _kinds(self, *days):
        """Return ``{day: kinds sent}`` of the days on which something left."""
        sent = {}
        for day in days:
            notices = self._run_on(day)
            if notices:
                sent[day] = notices.mapped("kind")
        return sent

    def test_days_of_rest(self):
        self.company.relance_calendar_id = self._calendar(
            "courtesy", send_sat=False, send_sun=False, skip_holidays=True
        )
        # J+7 is 13 July: a Monday; the next day is a public holiday, then 18 July is a Saturday.
        first, second, third = (
            self._invoice(1000, due, partner=self._create_debtor(due))
            for due in ("2026-07-06", "2026-07-07", "2026-07-11")
        )
        days = ("2026-07-13", "2026-07-14", "2026-07-15", "2026-07-18", "2026-07-19", "2026-07-20")
        self.assertEqual(list(self._kinds(*days)), ["2026-07-13", "2026-07-15", "2026-07-20"])
        for invoice, day in ((first, "2026-07-13"), (second, "2026-07-15"), (third, "2026-07-20")):
            self.assertEqual(invoice.relance_last_date.isoformat(), day)

    def test_days_between_two_notices(self):
        self._invoice(1000, DUE)
        self.assertTrue(self._run_on(TODAY))
        late = self._invoice(700, "2026-05-20")
        self.assertEqual(list(self._kinds("2026-05-27", "2026-06-01", "2026-06-02")), ["2026-06-02"])
        self.assertEqual(late.relance_level_id.kind, "courtesy")

    def test_found_late_in_sequence(self):
        """40 days late when dunning starts: every level in its turn, at its distance from the one before."""
        self.debtor.relance_calendar_id = self._calendar("courtesy", "firm", {"kind": "formal", "automatic": True})
        invoice = self._invoice(1000, "2026-04-16")
        days = [f"2026-05-{number}" for number in range(26, 32)] + [f"2026-06-{number:02}" for number in range(1, 25)]
        self.assertEqual(
            self._kinds(*days), {"2026-05-26": ["courtesy"], "2026-06-03": ["firm"], "2026-06-18": ["formal"]}
        )
        self.assertEqual(invoice.relance_level_id.kind, "formal")

    def test_found_late_by_age(self):
        self.debtor.relance_calendar_id = self._calendar(
            "courtesy", "firm", {"kind": "formal", "automatic": True}, "final", catch_up="age"
        )
        invoice = self._invoice(1000, "2026-04-16")
        self.assertEqual(self._kinds("2026-05-26", "2026-05-27"), {"2026-05-26": ["formal"]})
        self.assertEqual(self._explain(invoice, "2026-05-28")[1:], ("too_early", "final", "2026-06-10"))

    def test_age_never_goes_back(self):
        """An invoice that got its firm letter early is not sent the courtesy one afterwards."""
        calendar = self._calendar({"kind": "courtesy", "delay": 2}, {"kind": "firm", "delay": 30}, catch_up="age")
        self.debtor.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1})
        invoice = self._invoice(1000, DUE)
        self._send(invoice, TODAY)
        self.debtor.relance_calendar_id = calendar
        self.assertNotIn("courtesy", str(self._kinds("2026-05-27", "2026-06-01", "2026-06-10")))

    def test_preventive_does_not_ride_with_a_claim(self):
        self._invoice(1000, DUE)
        soon = self._invoice(500, "2026-05-29")
        notice = self._run_on(TODAY)
        self.assertRecordValues(notice, [{"kind": "courtesy", "total_amount": 1000}])
        self.assertFalse(soon.relance_notice_ids)

    def test_one_notice_per_invoice(self):
        self.debtor.relance_calendar_id = self._calendar("courtesy", grouping="invoice", min_days=7)
        self._invoice(1000, DUE)
        self._invoice(700, DUE)
        notices = self._run_on(TODAY)
        self.assertEqual(sorted(notices.mapped("total_amount")), [700, 1000])
        self.assertEqual(set(notices.mapped("state")), {"sent"})

    def test_highest_level_speaks_for_the_notice(self):
        self.debtor.relance_calendar_id = self._calendar("courtesy", "firm", catch_up="age", min_days=0)
        self._invoice(1000, "2026-05-05")
        self._invoice(700, DUE)
        notice = self._run_on(TODAY)
        # 1 000 x 21 days = 6.990..., 700 x 10 days = 2.330..., 40 an invoice.
        self.assertRecordValues(
            notice, [{"kind": "firm", "penalty_amount": 9.32, "indemnity_amount": 80, "total_amount": 1789.32}]
        )
        self.assertEqual(notice.line_ids.mapped("level_id.kind"), ["firm", "courtesy"])

    def test_nothing_due_leaves_no_run(self):
        self._invoice(1000, "2026-06-30")
        self._run_on(TODAY)
        self.assertFalse(self.env["relance.run"].search([("company_id", "=", self.company.id)]))
