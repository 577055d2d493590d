from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..campaign import CampaignCommon

MORNING, NOON = "2026-06-20 07:00:00", "2026-06-20 11:00:00"


@tagged("post_install", "-at_install")
@freeze_time(MORNING)
class TestCampaignDraft(CampaignCommon):
    """A draft of the day tells the truth of the moment: it hides no debtor, lists none too many, keeps the choices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_debtor("Boulangerie du Pont")
        cls.third = cls._create_debtor("Garage du Parc")
        cls.late = cls._invoice(1000, "2026-05-16")
        cls.other_late = cls._invoice(200, "2026-05-20", cls.other)
        cls.claire, cls.david = (
            new_test_user(
                cls.env, f"draft_{name}", groups="account.group_account_invoice,base.group_partner_manager",
                company_id=cls.company.id, company_ids=cls.company.ids, name=name.capitalize(),
            )
            for name in ("claire", "david")
        )  # fmt: skip

    def setUp(self):
        super().setUp()
        self.run = self._open(self.claire)

    def _open(self, user=None, moment=MORNING):
        """Open the campaign of the day by its menu."""
        with freeze_time(moment):
            runs = self.env["relance.run"].with_user(user or self.claire).with_company(self.company)
            run = self.env["relance.run"].browse(runs.action_prepare()["res_id"])
        self.env.invalidate_all()
        return run

    def _partners(self):
        return self.run.debtor_ids.partner_id

    def _told(self, kind):
        told = self.run.changes[kind]
        return told["count"], told["amounts"]

    def _euros(self, *amounts):
        return [[self.company.currency_id.id, *amounts]]

    # === WHAT HAPPENS MEANWHILE === #

    def test_an_invoice_imported_later_is_in_it(self):
        huge = self._invoice(433330.56, "2026-06-01", self.third)
        self.assertNotIn(self.third, self._partners())
        self.assertEqual(self._open(moment=NOON), self.run)
        self.assertIn(self.third, self._partners())
        self.assertEqual(self._told("new"), (1, self._euros(433330.56)))
        self.assertEqual(self.run.changes["new"]["names"], [self.third.name])
        self.assertEqual((self.run.changes["since"], self.run.changes["until"]), (MORNING, NOON))
        self.assertEqual(self._row(self.run, self.third).news, "new")
        self.assertFalse(self._row(self.run).news)
        for words in ("Garage du Parc", "433,330.56"):
            self.assertIn(words, self.run.changes_text)
            self.assertIn(words, self.run.message_ids[0].body)
        self.run.action_confirm()
        self.assertIn(huge, self.run.notice_ids.line_ids.move_id)

    def test_a_hold_released_later_brings_the_debtor_in(self):
        late = self._invoice(500, "2026-05-20", self.third)
        hold = self.env["relance.hold"].create({"move_id": late.id})
        self._open()
        self.assertNotIn(self.third, self._partners())
        hold.unlink()
        self._open(moment=NOON)
        self.assertEqual(self._told("new"), (1, self._euros(500)))

    def test_who_was_dunned_by_another_run_is_out_of_it(self):
        self.late._relance_send_by_hand()
        self._open(moment=NOON)
        self.assertEqual(self._partners(), self.other)
        self.assertEqual(self._told("gone"), (1, self._euros(1000)))
        self.assertEqual(self.run.stopped_line_ids.move_id, self.late)
        self.assertEqual(self.run.summary["send"][0]["debtors"], 1)

    def test_the_daily_job_of_the_same_day(self):
        self.company.relance_automatic = False
        self.company._relance_escalate_company()
        self._open(moment=NOON)
        self.assertFalse(self._partners())
        self.assertEqual(self._told("gone")[0], 2)
        self.assertEqual(set(self.run.line_ids.mapped("reason")), {"awaiting_approval"})

    def test_another_sum(self):
        self._pay(self.late, "2026-06-20", 400)
        self._open(moment=NOON)
        self.assertEqual(self._told("changed"), (1, self._euros(600, 1000)))
        self.assertEqual((self._told("new")[0], self._told("gone")[0]), (0, 0))
        self.assertEqual(self._row(self.run).total_amount, 600)
        self.assertEqual(self._row(self.run).news, "changed")

    def test_nothing_changed(self):
        self._open(moment=NOON)
        self.assertFalse(self.run.changes)
        self.assertEqual(str(self.run.previewed_on), NOON)
        self.assertEqual(self.run.previewed_by, self.claire)

    def test_what_changed_is_told_until_something_else_does(self):
        self._invoice(500, "2026-05-20", self.third)
        self._open(moment="2026-06-20 09:00:00")
        self._open(self.david, moment=NOON)
        self.assertEqual(self._told("new"), (1, self._euros(500)))
        self.assertEqual(self._row(self.run, self.third).news, "new")

    # === CHOICES === #

    def test_choices_are_kept(self):
        row, out = self._row(self.run), self._row(self.run, self.other)
        row.with_user(self.david).write(
            {"level_id": self.levels["firm"].id, "channel": "letter", "personal_note": "Bonjour"}
        )
        out.with_user(self.david).write({"selected": False})
        out.with_user(self.claire).write({"left_out_reason": "Passe payer mardi"})
        row._mark_reviewed()
        total = row.total_amount
        self._invoice(500, "2026-05-20", self.third)
        self._open(moment=NOON)
        self.assertEqual(self.run.debtor_ids - self._row(self.run, self.third), row | out, "The same records.")
        self.assertRecordValues(
            row | out,
            [
                {
                    "selected": True, "level_id": self.levels["firm"].id, "channel": "letter", "level_chosen": True,
                    "channel_chosen": True, "personal_note": "Bonjour", "reviewed": True, "left_out_by": False,
                    "left_out_reason": False, "total_amount": total, "news": False,
                },
                {
                    "selected": False, "level_id": self.levels["courtesy"].id, "channel": "email",
                    "level_chosen": False, "channel_chosen": False, "personal_note": False, "reviewed": False,
                    "left_out_by": self.david.id, "left_out_reason": "Passe payer mardi", "total_amount": 200,
                    "news": False,
                },
            ],
        )  # fmt: skip
        self.assertEqual(self._told("changed")[0], 0)
        self.run.action_confirm()
        self.assertEqual(set(self.run.notice_ids.partner_id), {self.debtor, self.third})
        notice = self.run.notice_ids.filtered(lambda notice: notice.partner_id == self.debtor)
        self.assertRecordValues(notice, [{"level_id": self.levels["firm"].id, "channel": "letter"}])

    def test_ticked_again_the_reason_is_over(self):
        out = self._row(self.run, self.other)
        out.write({"selected": False, "left_out_reason": "Passe payer mardi"})
        out.selected = True
        self.assertRecordValues(out, [{"left_out_by": False, "left_out_reason": False}])

    def test_who_comes_back_is_still_left_out(self):
        """A hold entered and released must not send to whom somebody had unticked."""
        self._row(self.run, self.other).with_user(self.david).write({"selected": False, "left_out_reason": "Litige"})
        hold = self.env["relance.hold"].create({"partner_id": self.other.id})
        self._open(moment="2026-06-20 09:00:00")
        self.assertNotIn(self.other, self._partners())
        hold.unlink()
        self._open(moment=NOON)
        self.assertRecordValues(
            self._row(self.run, self.other),
            [{"selected": False, "left_out_by": self.david.id, "left_out_reason": "Litige"}],
        )

    def test_an_instalment_left_out_stays_out(self):
        second = self._invoice(300, "2026-05-18")
        self._open()
        line = self.run.line_ids.filtered(lambda line: line.move_id == second)
        line.action_unselect()
        self.assertEqual(self._row(self.run).total_amount, 1000)
        hold = self.env["relance.hold"].create({"move_id": second.id})
        self._open(moment="2026-06-20 09:00:00")
        hold.unlink()
        self._invoice(70, "2026-05-21")
        self._open(moment=NOON)
        self.assertFalse(self.run.line_ids.filtered(lambda line: line.move_id == second).selected)
        self.assertEqual(self._row(self.run).total_amount, 1070, "What is new is ticked.")

    def test_a_new_invoice_of_who_is_left_out_stays_out(self):
        self._row(self.run, self.other).selected = False
        self._invoice(300, "2026-05-18", self.other)
        self._open(moment=NOON)
        row = self._row(self.run, self.other)
        self.assertRecordValues(row, [{"selected": False, "total_amount": 500}])
        self.assertEqual(set(row.line_ids.mapped("selected")), {False})
        self.assertEqual(self._told("changed"), (1, self._euros(500, 200)))

    def test_choices_that_are_not_possible_any_more(self):
        row, other = self._row(self.run), self._row(self.run, self.other)
        row.level_id = self.levels["firm"]
        other.channel = "letter"
        # The firm reminder was sent from elsewhere; the postal address is gone.
        run = self._campaign()
        self._row(run).level_id = self.levels["firm"]
        self._row(run, self.other).selected = False
        run.action_confirm()
        run.notice_ids.action_dispatch()
        run.notice_ids.write({"user_id": False})
        self.other.write({"street": False, "zip": False, "city": False})
        self._open(moment="2026-07-20 07:00:00")
        self.assertEqual(self._row(self.run, self.other).channel, "email")
        self.assertFalse(self._row(self.run, self.other).channel_chosen)
        self.assertIn(self.other.name, self.run.changes["lost"])
        self.assertFalse(self._row(self.run).level_chosen)
        self.assertIn(self.debtor.name, self.run.changes["lost"])
        self.assertIn("not possible any more", self.run.changes_text)

    def test_another_grouping_keeps_who_is_left_out(self):
        self.other.relance_calendar_id = self._calendar("courtesy")
        self._open()
        self._row(self.run, self.other).with_user(self.david).selected = False
        self.other.relance_calendar_id.grouping = "invoice"
        self._invoice(300, "2026-05-18", self.other)
        self._open(moment=NOON)
        rows = self._row(self.run, self.other)
        self.assertEqual(rows.mapped("selected"), [False, False])
        self.assertEqual(rows.left_out_by, self.david)

    # === CONFIRMING === #

    def test_what_nobody_saw_is_shown_before_it_leaves(self):
        self._invoice(433330.56, "2026-06-01", self.third)
        with freeze_time(NOON):
            action = self.run.with_user(self.david).action_confirm()
        self.assertEqual(action["tag"], "display_notification")
        self.assertRecordValues(self.run, [{"state": "draft", "notice_count": 0, "author_id": False}])
        self.assertIn(self.third, self._partners())
        self.assertEqual(self._told("new"), (1, self._euros(433330.56)))
        self.assertTrue(self.run.with_user(self.david).action_confirm())
        self.assertEqual(set(self.run.notice_ids.partner_id), {self.debtor, self.other, self.third})

    def test_a_screen_open_since_before_shows_what_another_one_saw(self):
        """Somebody else's opening computes the campaign again: who confirms must have seen it himself."""
        run = self.run.with_user(self.claire)
        seen_on = fields.Datetime.to_string(self.run.previewed_on)
        self._invoice(5000, "2026-05-20", self.third)
        self._open(self.david, NOON)
        with freeze_time(NOON):
            shown = run.with_context(relance_seen_on=seen_on).action_confirm()
            self.assertEqual(shown["params"]["title"], "Nothing was sent: things have changed")
            self.assertEqual(self.run.state, "draft")
            run.with_context(relance_seen_on=fields.Datetime.to_string(self.run.previewed_on)).action_confirm()
        self.assertEqual(self.run.state, "confirmed")

    def test_what_fell_away_just_does_not_leave(self):
        self._pay(self.late, "2026-06-20")
        self.assertEqual(self.run.action_confirm(), True)
        self.assertEqual(self.run.notice_ids.partner_id, self.other)
        self.assertEqual(self._told("gone"), (1, self._euros(1000)))

    def test_a_smaller_sum_leaves_a_larger_one_is_shown(self):
        self._pay(self.late, "2026-06-20", 400)
        self._invoice(50, "2026-05-20", self.other)
        self.assertNotEqual(self.run.action_confirm(), True)
        self.assertEqual(self._told("changed"), (2, self._euros(850, 1200)))
        self._pay(self.other_late, "2026-06-20", 10)
        self.assertEqual(self.run.action_confirm(), True)
        self.assertEqual(sum(self.run.notice_ids.mapped("principal_amount")), 840)

    def test_what_is_left_out_stops_nobody(self):
        self._row(self.run, self.other).selected = False
        self._invoice(50, "2026-05-20", self.other)
        self.assertEqual(self.run.action_confirm(), True)
        self.assertEqual(self.run.notice_ids.partner_id, self.debtor)

    def test_dialog_of_invoices_is_shown_again(self):
        run = self.env["relance.run"].browse(self.late.action_relance_send()["res_id"]).with_user(self.claire)
        self.debtor.email = False
        action = run.action_send()
        self.assertEqual((run.state, len(run.notice_ids)), ("draft", 0))
        self.assertEqual(action["params"]["next"]["res_id"], run.id, "The dialog opens again, and tells.")
        self.assertEqual(run.changes["changed"]["count"], 1)
        run.action_send()
        self.assertRecordValues(run.notice_ids, [{"state": "sent", "channel": "letter"}])

    def test_confirmed_it_is_computed_no_more(self):
        self.run.action_confirm()
        with self.assertRaisesRegex(UserError, "draft"):
            self.run.action_bring_up_to_date()
        before = self.run.previewed_on
        with freeze_time(NOON):
            self.assertFalse(self.run.action_open_up_to_date())
        self.assertEqual(self.run.previewed_on, before)

    # === OTHER DRAFTS === #

    def test_draft_of_yesterday(self):
        self._row(self.run, self.other).selected = False
        self._invoice(70, "2026-06-20", self.third)
        self.assertEqual(self._open(self.david, "2026-06-28 07:00:00"), self.run)
        self.assertEqual(str(self.run.date), "2026-06-28")
        self.assertIn(self.third, self._partners())
        self.assertFalse(self._row(self.run, self.other).selected)

    def test_draft_of_yesterday_confirmed_from_its_screen(self):
        self._invoice(70, "2026-06-20", self.third)
        with freeze_time("2026-06-28 07:00:00"):
            self.assertNotEqual(self.run.action_confirm(), True)
            self.assertEqual(str(self.run.date), "2026-06-28")
            self.assertEqual(self.run.action_confirm(), True)
        self.assertIn(self.third, self.run.notice_ids.partner_id)

    def test_opening_its_form(self):
        self._invoice(500, "2026-05-20", self.third)
        with freeze_time("2026-06-20 07:00:10"):
            self.assertFalse(self.run.with_user(self.claire).action_open_up_to_date(), "Computed a moment ago.")
        auditor = new_test_user(
            self.env, "draft_auditor", groups="account.group_account_readonly", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        with freeze_time(NOON):
            self.assertFalse(self.run.with_user(auditor).action_open_up_to_date())
            self.assertNotIn(self.third, self._partners())
            self.assertTrue(self.run.with_user(self.david).action_open_up_to_date())
        self.assertIn(self.third, self._partners())

    def test_filters_hide_nobody_unsaid(self):
        self.run.minimum_amount = 500
        self._open(moment=NOON)
        self.assertEqual(self._partners(), self.debtor)
        self.assertEqual(self.run.filtered_out, {"count": 1, "amounts": self._euros(200)})
        self.assertIn("200.00", self.run.filtered_out_text)
        self.run.with_user(self.claire).action_clear_filters()
        self.assertEqual(len(self._partners()), 2)
        self.assertFalse(self.run.filtered_out_text)

    def test_the_menu_prefers_the_campaign_of_everybody(self):
        filtered = self.env["relance.run"].create(
            {"company_id": self.company.id, "calendar_ids": [Command.set(self.standard.ids)]}
        )
        filtered.action_preview()
        self.assertEqual(self._open(moment=NOON), self.run)

    def test_wizard_goes_on_with_the_draft_of_each_company(self):
        data = self.setup_other_company(name="Autre SA")
        other = data["company"]
        other.relance_calendar_id = self.standard
        self._row(self.run, self.other).selected = False
        huge = self._invoice(433330.56, "2026-06-01", self.third)
        wizard = self.env["relance.run.wizard"].with_context(allowed_company_ids=(self.company | other).ids)
        action = wizard.create({"company_ids": [Command.set((self.company | other).ids)]}).action_preview()
        runs = self.env["relance.run"].browse(action["domain"][0][2])
        self.assertIn(self.run, runs)
        self.assertEqual(len(runs), 2)
        self.assertIn(huge, self.run.debtor_ids.line_ids.move_id)
        self.assertFalse(self._row(self.run, self.other).selected)
        scoped = wizard.create({"company_ids": [Command.set(self.company.ids)], "minimum_amount": 900})
        self.assertNotEqual(scoped.action_preview()["res_id"], self.run.id, "Other filters, another campaign.")
        later = wizard.create({"company_ids": [Command.set(self.company.ids)], "date": "2026-07-01"})
        self.assertNotEqual(later.action_preview()["res_id"], self.run.id)
        self.assertEqual(str(self.run.date), "2026-06-20", "Today's campaign is not moved to another day.")

    # === ONE BY ONE === #

    def test_the_row_on_somebody_s_screen_goes_on(self):
        row, other = self._row(self.run), self._row(self.run, self.other)
        self._pay(self.other_late, "2026-06-20")
        self._open(self.david, NOON)
        row.with_user(self.claire).action_leave_out()
        self.assertFalse(row.selected)
        self.assertRecordValues(other, [{"active": False}])
        self.assertTrue(other.with_user(self.claire).read(["active", "selected", "instalments"]))
        other.with_user(self.claire).action_send()
        self.assertNotIn(other, self.run.debtor_ids)
        self.run.action_confirm()
        self.assertFalse(self.run.notice_ids, "Nothing is left.")
