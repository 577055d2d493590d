from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..campaign import CampaignCommon

START, SOON, LATER = "2026-06-20 08:00:00", "2026-06-20 08:09:59", "2026-06-20 08:10:00"


@tagged("post_install", "-at_install")
@freeze_time(START)
class TestRecall(CampaignCommon):
    """Ten minutes after a campaign was confirmed nothing of it has left: it may be called back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_debtor("Boulangerie du Pont")
        cls.invoices = cls._invoice(1000, "2026-05-16") | cls._invoice(200, "2026-05-20", cls.other)
        cls.company.relance_recall_minutes = 10
        cls.clerk = new_test_user(
            cls.env, "recall_clerk", groups="account.group_account_invoice", company_id=cls.company.id,
            company_ids=cls.company.ids,
        )  # fmt: skip

    def setUp(self):
        super().setUp()
        self.run = self._campaign()

    def _confirm(self):
        traces = self._count_traces()
        self.run.action_confirm()
        return traces

    def _dispatch_on(self, moment):
        with freeze_time(moment):
            self.env["relance.run"]._cron_dispatch()
        self.env.invalidate_all()

    def test_new_companies_have_ten_minutes(self):
        company = self.env["res.company"].create({"name": "Neuve"})
        self.assertEqual(company.relance_recall_minutes, 10)

    def test_nothing_exists_before_the_time_has_passed(self):
        register, counts = self._confirm()
        self._dispatch_on(SOON)
        after, counted = self._count_traces()
        self.assertEqual(after, register, "No number is used.")
        self.assertEqual(
            (counted["ir.attachment"], counted["mail.mail"]), (counts["ir.attachment"], counts["mail.mail"])
        )
        self.assertRecordValues(self.run.notice_ids, [{"state": "draft", "name": "/", "seal": False}] * 2)
        self.assertEqual(set(self.invoices.mapped(lambda m: m.relance_explain()["reason"])), {"already_drafted"})

    def test_it_leaves_by_itself(self):
        self._confirm()
        trigger = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", self.env.ref("relance_fr.ir_cron_dispatch").id), ("call_at", "=", LATER)]
        )
        self.assertTrue(trigger, "The sending job wakes up at that very time.")
        self._dispatch_on(LATER)
        self.assertEqual(set(self.run.notice_ids.mapped("state")), {"sent"})
        self.assertEqual(self.run.state, "done")
        self.assertFalse(self.run.can_call_back)

    def test_called_back_it_is_the_draft_it_was(self):
        level = self.levels["firm"]
        first, second = self.run.debtor_ids
        first.write({"level_id": level.id, "channel": "letter", "personal_note": "Bonjour"})
        second.selected = False
        before = self.run.debtor_ids.read(["selected", "level_id", "channel", "personal_note", "total_amount"])
        register, counts = self._confirm()
        self.assertEqual(len(self.run.notice_ids), 1)
        self.run.with_user(self.clerk).action_call_back()
        after, counted = self._count_traces()
        self.assertEqual(after, register)
        self.assertEqual(counted["relance.notice"], counts["relance.notice"])
        self.assertEqual(counted["relance.notice.line"], counts["relance.notice.line"])
        self.assertRecordValues(self.run, [{"state": "draft", "leaves_at": False, "author_id": False}])
        self.assertEqual(
            self.run.debtor_ids.read(["selected", "level_id", "channel", "personal_note", "total_amount"]), before
        )
        self.assertIn("called the campaign back", self.run.message_ids[0].body)
        self.assertIn(self.clerk.name, self.run.message_ids[0].body)
        # And it is confirmed again.
        self.run.action_confirm()
        self._dispatch_on(LATER)
        self.assertRecordValues(
            self.run.notice_ids, [{"state": "sent", "personal_note": "Bonjour", "channel": "letter"}]
        )

    def test_too_late(self):
        self._confirm()
        self._dispatch_on(LATER)
        for user in (self.env.user, self.clerk):
            with self.assertRaises(UserError):
                self.run.with_user(user).action_call_back()
        self.assertEqual(set(self.run.notice_ids.mapped("state")), {"sent"})

    def test_called_back_twice(self):
        self._confirm()
        self.run.action_call_back()
        with self.assertRaisesRegex(UserError, "just confirmed"):
            self.run.with_user(self.clerk).action_call_back()

    def test_only_who_may_write(self):
        self._confirm()
        auditor = new_test_user(
            self.env, "recall_auditor", groups="account.group_account_readonly", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        with self.assertRaises(AccessError):
            self.run.with_user(auditor).action_call_back()
        for vals in ({"leaves_at": False}, {"leaves_at": START}):
            with self.assertRaises(AccessError):
                self.run.with_user(self.clerk).write(vals)

    def test_no_other_door_sends_it_before(self):
        self._confirm()
        for send in (self.run.notice_ids.action_dispatch, lambda: self.run.notice_ids._seal()):
            with self.assertRaisesRegex(UserError, "leaves at"):
                send()
        self.run.notice_ids.action_approve()
        self._dispatch_on(SOON)
        self.assertEqual(set(self.run.notice_ids.mapped("name")), {"/"})
        self._dispatch_on(LATER)
        self.assertEqual(set(self.run.notice_ids.mapped("state")), {"sent"})

    def test_a_payment_in_between_is_seen(self):
        self._confirm()
        self._pay(self.invoices[0], "2026-06-20")
        self._dispatch_on(LATER)
        states = {notice.partner_id: notice.state for notice in self.run.notice_ids}
        self.assertEqual(states, {self.debtor: "cancelled", self.other: "sent"})

    def test_what_was_cancelled_meanwhile_stays_out(self):
        self._confirm()
        self.run.notice_ids.filtered(lambda notice: notice.partner_id == self.other).action_cancel()
        self.run.action_call_back()
        self.assertFalse(self._row(self.run, self.other).selected)
        self.run.action_bring_up_to_date()
        self.assertFalse(self._row(self.run, self.other).selected)
        self.run.action_confirm()
        self._dispatch_on(LATER)
        sent = self.run.notice_ids.filtered(lambda notice: notice.state == "sent")
        self.assertEqual(sent.partner_id, self.debtor)

    def test_two_persons(self):
        self.company.relance_two_person = True
        row = self._row(self.run)
        row.level_id = self.levels["formal"]
        self._confirm()
        notice = row.notice_id
        self.assertEqual(notice.state, "to_approve")
        approver = new_test_user(
            self.env, "recall_approver", company_id=self.company.id, company_ids=self.company.ids,
            groups="account.group_account_manager,relance_fr.group_relance_approver",
        )  # fmt: skip
        notice.with_user(approver).action_approve()
        self.assertRecordValues(notice, [{"state": "draft", "name": "/", "approved_by": approver.id}])
        self.run.action_call_back()
        self.assertFalse(notice.exists())
        self.assertFalse(self.run.activity_ids)

    def test_outside_the_hours_it_may_be_called_back_longer(self):
        self.company.write({"relance_window_from": 14, "relance_window_to": 18})
        self._confirm()
        self._dispatch_on("2026-06-20 09:00:00")
        with freeze_time("2026-06-20 09:05:00"):
            self.assertTrue(self.run.can_call_back)
            self.run.action_call_back()
        self.assertEqual(self.run.state, "draft")

    def test_no_minutes_no_waiting(self):
        self.company.relance_recall_minutes = 0
        self._confirm()
        self.assertEqual(set(self.run.notice_ids.mapped("state")), {"ready"})
        with self.assertRaisesRegex(UserError, "just confirmed"):
            self.run.action_call_back()

    def test_one_notice_of_an_invoice_leaves_at_once_several_do_not(self):
        self.run.action_cancel()
        runs = self.env["relance.run"]
        one = runs.browse(self.invoices[0].action_relance_send()["res_id"])
        one.action_send()
        self.assertEqual(one.notice_ids.state, "sent")
        third = self._invoice(300, "2026-05-20", self._create_debtor("Tiers"))
        several = runs.browse((self.invoices[1] | third).action_relance_send()["res_id"])
        action = several.action_send()
        self.assertEqual((action["res_model"], action["res_id"]), ("relance.run", several.id))
        self.assertEqual(set(several.notice_ids.mapped("state")), {"draft"})
        self.assertTrue(several.can_call_back)

    def test_the_screen_counts_down(self):
        self._confirm()
        with freeze_time("2026-06-20 08:04:00"):
            self.run.invalidate_recordset()
            result = self.run.with_context(tz="Europe/Paris").result
        self.assertEqual((result["can_call_back"], result["seconds_left"]), (True, 360))
        self.assertIn("10:10", result["leaves"].replace("\u202f", " "))

    def test_past_midnight_it_is_dated_of_the_day_it_leaves(self):
        with freeze_time("2026-06-20 21:55:00"):
            self.run.action_confirm()
        self._dispatch_on("2026-06-20 22:05:00")
        self.assertEqual(set(self.run.notice_ids.mapped("state")), {"sent"})
        self.assertEqual(set(self.run.notice_ids.mapped("date")), {fields.Date.to_date("2026-06-20") + timedelta(1)})
