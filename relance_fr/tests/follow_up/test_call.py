from datetime import date, datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from ..call_common import CallCommon

NOON = "2026-06-18 10:00:00"  # a Thursday


@tagged("post_install", "-at_install")
@freeze_time(NOON)
class TestCall(CallCommon):
    """A call with a debtor: what is logged, what it leaves behind, and that nobody changes it."""

    # === THE DIALOG === #

    def test_from_the_debtor(self):
        call = self._log("promise")
        self.assertRecordValues(
            call,
            [
                {
                    "partner_id": self.debtor.id,
                    "contact_id": self.contact.id,
                    "company_id": self.company.id,
                    "user_id": self.billing.id,
                    "date": datetime(2026, 6, 18, 10),
                    "phone": "06 12 00 00 02",
                    "move_ids": self.late.ids,
                    "notice_id": False,
                    "callback_date": False,
                }
            ],
        )

    def test_from_a_contact_of_the_debtor(self):
        director = self.env["res.partner"].create({"name": "Directeur", "parent_id": self.debtor.id})
        self.assertRecordValues(
            self._log("promise", director),
            [{"partner_id": self.debtor.id, "contact_id": director.id, "phone": "04 78 00 00 01"}],
        )

    def test_from_the_invoice(self):
        self.assertEqual(self._log("promise", self.late[1]).move_ids, self.late[1])

    def test_from_the_notice(self):
        notice = self.late[0]._relance_send_by_hand()
        self.assertRecordValues(
            self._log("promise", notice),
            [{"notice_id": notice.id, "contact_id": notice.contact_id.id, "move_ids": self.late[0].ids}],
        )

    def test_again_from_a_call(self):
        first = self._log("no_answer", self.late[1])
        again = self._log("promise", first)
        self.assertRecordValues(again, [{"partner_id": self.debtor.id, "move_ids": self.late[1].ids}])

    def test_an_invoice_is_not_taken_out_of_a_call(self):
        call = self._log("promise")
        with self.assertRaisesRegex(UserError, "from the call itself"):
            self.late[0].with_user(self.billing).write({"relance_call_ids": [Command.clear()]})
        self.assertEqual(call.move_ids, self.late)

    def test_the_number_stays_as_it_was(self):
        call = self._log("promise")
        self.contact.phone = "06 99 99 99 99"
        self.assertEqual(call.phone, "06 12 00 00 02")

    def test_newest_first(self):
        first = self._log("no_answer", date="2026-06-15 08:00:00")
        second = self._log("promise", date="2026-06-17 08:00:00")
        calls = self.env["relance.call"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(calls, second | first)
        self.assertEqual(self.debtor.with_user(self.billing).relance_call_count, 2)
        self.assertEqual(self.contact.with_user(self.billing).relance_call_count, 2)
        action = self.contact.with_user(self.billing).action_relance_open_calls()
        self.assertEqual(self.env["relance.call"].search(action["domain"]), second | first)

    # === TRACES === #

    def test_chatters(self):
        notice = self.late._relance_send_by_hand()
        before = self.upcoming.message_ids
        call = self._log("dispute", notice, note="Deux <palettes> manquantes")
        for record in (notice, *self.late):
            body = record.message_ids[0].body
            self.assertIn("Disputes", body)
            self.assertIn("Anne Lefèvre", body)
            self.assertIn("06 12 00 00 02", body)
            self.assertIn("Deux &lt;palettes&gt; manquantes", body)
            self.assertEqual(record.message_ids[0].author_id, self.billing.partner_id)
        self.assertEqual(self.upcoming.message_ids, before)
        self.assertIn("Disputes", self.debtor.message_ids[0].body)
        self.assertIn(f'data-oe-id="{call.id}"', self.debtor.message_ids[0].body)
        self.assertNotIn("palettes", self.debtor.message_ids[0].body, "Other companies read the customer's card.")

    def test_the_planned_call_is_done(self):
        firm = self.levels["firm"]
        self._run_on("2026-05-26")
        with freeze_time("2026-06-08 08:00:00"):
            notice = self.late._relance_send_by_hand().filtered(lambda n: n.level_id == firm)
        self.assertTrue(firm.channel_call)
        self.assertEqual(notice.activity_ids.activity_type_id.category, "phonecall")
        call = self._log("promise")
        self.assertEqual(call.notice_id, notice, "The dialog of the debtor finds the notice whose call is planned.")
        self.assertFalse(notice.activity_ids)
        done = notice.with_context(active_test=False).activity_ids
        self.assertEqual((done.active, done.feedback), (False, "Promises to pay"))
        self.assertEqual((notice.call_ids, notice.call_count), (call, 1))

    def test_other_planned_work_stays(self):
        other_debtor = self._create_debtor("Tiers")
        todo = self.debtor.activity_schedule("mail.mail_activity_data_todo", user_id=self.billing.id)
        sales = self.debtor.activity_schedule("mail.mail_activity_data_call", user_id=self.colleague.id)
        later = self.debtor.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.billing.id, date_deadline=date(2026, 7, 1)
        )
        elsewhere = other_debtor.activity_schedule("mail.mail_activity_data_call", user_id=self.billing.id)
        own = self.debtor.activity_schedule("mail.mail_activity_data_call", user_id=self.billing.id)
        self._log("promise")
        self.assertEqual((todo | sales | later | elsewhere | own).filtered("active"), todo | sales | later | elsewhere)

    # === WHAT COMES NEXT === #

    def test_call_again_after_two_working_days(self):
        for outcome in ("no_answer", "message_left"):
            call = self._log(outcome)
            self.assertEqual(call.callback_date, date(2026, 6, 22), "Thursday, then Friday and Monday.")
            self.assertRecordValues(
                call.activity_ids,
                [{"date_deadline": date(2026, 6, 22), "user_id": self.billing.id, "automated": True}],
            )
            self.assertEqual(call.activity_ids.activity_type_id.category, "phonecall")

    def test_call_again_after_a_public_holiday(self):
        call = self._log("no_answer", date="2026-05-13 08:00:00")
        self.assertEqual(call.callback_date, date(2026, 5, 18), "Ascension Day and the week-end are skipped.")

    def test_the_person_in_charge_calls_again(self):
        self.debtor.with_company(self.company).relance_user_id = self.colleague
        self.assertEqual(self._log("no_answer").activity_ids.user_id, self.colleague)

    def test_calling_again_closes_the_plan(self):
        first = self._log("no_answer")
        second = self._log("no_answer")
        self.assertFalse(first.activity_ids)
        self.assertEqual(len(second.activity_ids), 1)

    def test_a_day_to_call_again_is_chosen(self):
        call = self._log("in_payment", callback_date="2026-06-30")
        self.assertEqual(call.activity_ids.date_deadline, date(2026, 6, 30))
        self.assertFalse(self._log("no_answer", callback_date=False).activity_ids)

    def test_a_refusal_goes_to_the_accountant(self):
        self.company.relance_signatory_id = self.colleague
        call = self._log("refuses")
        self.assertRecordValues(call.activity_ids, [{"user_id": self.colleague.id}])
        self.assertEqual(call.activity_ids.activity_type_id, self.env.ref("mail.mail_activity_data_todo"))

    # === A PROOF === #

    def test_its_author_corrects_it_on_the_same_day(self):
        call = self._log("no_answer")
        self.assertTrue(call.is_correctable)
        with freeze_time("2026-06-18 21:30:00"):  # 23:30 in Paris
            call.write({"outcome": "promise", "note": "Rappelé tout de suite"})
        self.assertFalse(call.activity_ids, "No call is planned any more.")
        self.assertIn("Promises to pay", self.debtor.message_ids[0].body)

    def test_nobody_corrects_it_later(self):
        call = self._log("no_answer", note="Répondeur")
        with freeze_time("2026-06-18 22:30:00"):  # 00:30 of the next day in Paris
            call.invalidate_recordset()
            self.assertFalse(call.is_correctable)
            for user in (self.billing, self.colleague, self.env.ref("base.user_root")):
                with self.subTest(user=user.login), self.assertRaisesRegex(UserError, "is a proof"):
                    call.with_user(user).write({"note": "Autre chose"})
        self.assertRecordValues(call, [{"note": "Répondeur", "outcome": "no_answer"}])

    def test_nobody_else_corrects_it(self):
        call = self._log("no_answer")
        for user in (self.colleague, self.env.ref("base.user_root")):
            with self.subTest(user=user.login), self.assertRaisesRegex(UserError, "only its author"):
                call.with_user(user).write({"outcome": "promise"})
        with self.assertRaises(AccessError):
            call.with_user(self.users["auditor"]).write({"outcome": "promise"})

    def test_nobody_logs_in_the_name_of_another(self):
        call = self._log("no_answer", user_id=self.colleague.id)
        self.assertEqual(call.user_id, self.billing)

    def test_who_was_called_is_a_fact(self):
        call = self._log("no_answer")
        for vals in (
            {"partner_id": self._create_debtor("Tiers").id},
            {"user_id": self.colleague.id},
            {"company_id": self.env.company.id},
            {"notice_id": False},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "facts"):
                call.write(vals)

    def test_nobody_deletes_it(self):
        call = self._log("no_answer")
        for user in (self.billing, self.colleague, self.env.ref("base.user_root")):
            with self.subTest(user=user.login), self.assertRaisesRegex(UserError, "cannot be deleted"):
                call.with_user(user).unlink()
        with self.assertRaises(AccessError):
            call.with_user(self.users["auditor"]).unlink()

    def test_a_call_of_tomorrow(self):
        with self.assertRaisesRegex(ValidationError, "after it took place"):
            self._log("promise", date="2026-06-19 08:00:00")

    def test_one_debtor_a_call(self):
        tiers = self._create_debtor("Tiers")
        invoice = self._invoice(100, "2026-05-16", tiers)
        notice = invoice._relance_send_by_hand()
        for vals in (
            {"contact_id": tiers.id},
            {"move_ids": invoice.ids},
            {"notice_id": notice.id},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(ValidationError, "concerns one debtor"):
                self._log("promise", **vals)
        with self.assertRaisesRegex(ValidationError, "Log the call with the company"):
            self._log("promise", partner_id=self.contact.id)

    # === RIGHTS === #

    def test_companies_are_separate(self):
        other = self.setup_other_company()["company"]
        call = self._log("promise")
        stranger = self.colleague.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        )
        self.assertFalse(self.env["relance.call"].with_user(stranger).search([("id", "=", call.id)]))
        with self.assertRaises(AccessError):
            call.with_user(stranger).read(["note"])
        self.assertEqual(self.debtor.with_user(stranger).with_company(other).relance_call_count, 0)
        with self.assertRaises(UserError):
            self._log("promise", company_id=other.id, move_ids=self.late.ids, user=self.colleague)

    def test_an_auditor_reads(self):
        call = self._log("promise")
        self.assertEqual(call.with_user(self.users["auditor"]).outcome, "promise")
        with self.assertRaisesRegex(UserError, "in charge of invoicing"):
            self._dialog(self.debtor, self.users["auditor"])

    def test_a_salesperson_is_not_disturbed(self):
        call = self._log("promise")
        seller = self.users["seller"]
        _arch, [values] = self._read_screen(self.debtor, seller, "form")
        self.assertNotIn("relance_call_count", values)
        arch = self.env["account.move"].with_user(seller).get_views([(False, "form")])["views"]["form"]["arch"]
        self.assertIn("partner_id", arch)
        self.assertNotIn("relance_call_ids", arch)
        with self.assertRaises(AccessError):
            call.with_user(seller).read(["note"])
        self.debtor.with_user(seller).activity_schedule("mail.mail_activity_data_call", user_id=seller.id)
        self.debtor.with_user(seller).message_post(body="Bonjour")

    def test_screens_open_for_each_user(self):
        notice = self.late._relance_send_by_hand()
        call = self._log("promise", notice)
        for name in ("billing", "auditor", "manager"):
            with self.subTest(user=name):
                for record in (call, notice, self.debtor, self.late[0]):
                    self._read_screen(record, self.users[name], "form")
                for view_type in ("list", "kanban"):
                    self._read_screen(call, self.users[name], view_type)
