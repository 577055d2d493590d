from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ..call_common import CallCommon

DAY = "2026-06-18 10:00:00"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestOneByOne(CallCommon):
    """Working through the notices of a run, one debtor after the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small = cls._create_debtor("Boulangerie du Pont")
        cls.large = cls._create_debtor("Transports Vasseur")
        cls.small_invoice = cls._invoice(200, "2026-05-20", cls.small)
        cls.large_invoice = cls._invoice(5000, "2026-05-20", cls.large)
        cls.campaign = cls.env["relance.run"].with_user(cls.billing).create({"company_id": cls.company.id})
        cls.campaign.action_preview()
        cls.rows = {row.partner_id: row for row in cls.campaign.debtor_ids}

    def _rows_of(self, *partners):
        return self.env["relance.run.debtor"].union(*(self.rows[partner] for partner in partners))

    def _open_first(self):
        action = self.campaign.action_review()
        return self.env["relance.run.debtor"].browse(action["res_id"])

    # === ORDER === #

    def test_order_of_the_list(self):
        found = self.campaign.debtor_ids.search([("run_id.debtor_ids", "in", self.rows[self.small].ids)])
        self.assertEqual(found, self._rows_of(self.large, self.debtor, self.small), "The largest claim first.")

    def test_opens_at_the_first_not_reviewed(self):
        self.assertEqual(self._open_first(), self.rows[self.large])
        self.rows[self.large].action_send()
        self.assertEqual(self._open_first(), self.rows[self.debtor])
        self._log("no_answer")
        self.assertEqual(self._open_first(), self.rows[self.small], "Who was called was looked at.")
        self.rows[self.small].action_leave_out()
        self.assertEqual(self._open_first(), self.rows[self.large], "Then from the start.")

    def test_nothing_to_go_through(self):
        empty = self.env["relance.run"].create({"company_id": self.company.id, "minimum_amount": 1e9})
        with self.assertRaisesRegex(UserError, "nothing to send"):
            empty.action_review()

    # === DECIDING === #

    def test_send_or_leave_out(self):
        row = self.rows[self.large]
        row.action_leave_out()
        self.assertRecordValues(row, [{"selected": False, "reviewed": True, "stopped": False}])
        self.assertEqual([(fact["claimed"], fact["why"]) for fact in row.instalments], [(False, "Left out by hand.")])
        row.action_send()
        self.assertRecordValues(row, [{"selected": True, "reviewed": True}])
        self.assertEqual([(fact["claimed"], fact["why"]) for fact in row.instalments], [(True, "")])

    def test_read_only_after_confirmation(self):
        self.campaign.action_confirm()
        row = self.rows[self.large]
        with self.assertRaisesRegex(UserError, "confirmed"):
            row.action_leave_out()
        self.assertEqual(self._open_first(), row)
        arch, [values] = self._read_screen(
            row, self.billing, "form", self.env.ref("relance_fr.relance_run_debtor_view_form_review").id
        )
        self.assertTrue(arch.xpath("//button[@name='action_relance_log_call']"))
        self.assertEqual(values["notice_id"]["id"], row.notice_id.id)
        call = self._log("promise", row)
        self.assertEqual(call.notice_id, row.notice_id)
        self.assertFalse(row.reviewed)

    def test_a_call_concerns_all_that_is_late(self):
        self.assertRecordValues(
            self._log("promise", self.rows[self.debtor]),
            [{"partner_id": self.debtor.id, "contact_id": self.contact.id, "move_ids": self.late.ids}],
        )

    def test_other_runs_and_companies_are_left_alone(self):
        other = self.env["relance.run"].create({"company_id": self.company.id})
        other.action_preview()
        other.action_cancel()
        self._log("no_answer", self.rows[self.large])
        self.assertEqual(self.campaign.debtor_ids.filtered("reviewed"), self.rows[self.large])
        self.assertFalse(other.debtor_ids.filtered("reviewed"))

    # === THE FILE OF THE DEBTOR === #

    def test_who_to_call(self):
        self.debtor.with_company(self.company).relance_user_id = self.colleague
        self.assertRecordValues(
            self.rows[self.debtor],
            [{"phone": "06 12 00 00 02", "user_id": self.colleague.id, "regime": "business", "total_amount": 1500}],
        )
        self.contact.phone = False
        self.assertEqual(self.rows[self.debtor].phone, "04 78 00 00 01")

    def test_every_open_instalment(self):
        self.env["relance.hold"].create({"move_id": self.late[0].id, "reason": "dispute"})
        self.campaign.action_preview()
        row = self.campaign.debtor_ids.filtered(lambda row: row.partner_id == self.debtor)
        self.assertEqual(
            [(f["invoice"], f["due"], f["days_late"], f["amount"], f["claimed"]) for f in row.instalments],
            [
                (self.late[1].name, "2026-05-20", 29, 500, True),
                (self.upcoming.name, "2026-07-20", 0, 300, False),
                (self.late[0].name, "2026-05-16", 33, 1000, False),
            ],
        )
        self.assertIn("disputes", row.instalments[2]["why"])
        self.assertIn("Not due yet", row.instalments[1]["why"])
        self.assertEqual(row.open_amount, 1800)
        self.assertFalse(row.stopped)

    def test_what_the_filters_of_the_run_leave_out_shows_too(self):
        self._invoice(2000, "2026-06-10")
        courtesy = self.levels["courtesy"]
        self.campaign.level_ids = courtesy
        self.campaign.action_preview()
        row = self.campaign.debtor_ids.filtered(lambda row: row.partner_id == self.debtor)
        self.assertEqual(len(row.instalments), 4)

    def test_a_promise_made_meanwhile_stops_the_notice(self):
        row = self.rows[self.debtor]
        self.env["relance.commitment"].create(
            {
                "partner_id": self.debtor.id,
                "move_ids": [Command.set(self.late.ids)],
                "line_ids": [Command.create({"date": "2026-06-30", "amount": 1500})],
            }
        )
        row.invalidate_recordset()
        self.assertTrue(row.stopped)
        self.assertEqual([(fact["title"], fact["tone"]) for fact in row.stops], [("Promise", "warning")])
        self.campaign.action_confirm()
        self.assertFalse(row.notice_id and row.notice_id.state in ("ready", "sent"))

    def test_holds(self):
        self.env["relance.hold"].create(
            [
                {"partner_id": self.debtor.id, "date_to": "2026-06-30"},
                {"partner_id": self.debtor.id, "date_from": "2026-05-01", "date_to": "2026-05-30"},
                {"move_id": self.late[0].id, "reason": "dispute"},
                {"partner_id": self.large.id},
            ]
        )
        self.assertEqual(
            sorted((fact["title"], fact["text"]) for fact in self.rows[self.debtor].stops),
            [
                ("Dispute", f"{self.late[0].name}, until somebody ends it"),
                ("Manual", "everything, until 06/30/2026"),
            ],
        )

    def test_credits_not_matched(self):
        payment = self.init_payment(120, post=True, date="2026-06-12", partner=self.debtor)
        self.init_payment(99, post=True, date="2026-06-12", partner=self.large)
        [fact] = self.rows[self.debtor].credits
        self.assertEqual((fact["date"], fact["id"]), ("2026-06-12", payment.move_id.id))
        self.assertIn("120.00", fact["title"])

    def test_last_contacts(self):
        row = self.rows[self.debtor]
        with freeze_time("2026-06-01 08:00:00"):
            notice = self.late[0]._relance_send_by_hand()
        self._log("no_answer", date="2026-06-10 08:00:00")
        self._log("promise", date="2026-06-11 08:00:00", note="Fin de mois")
        notice.message_post(body="Nous payons demain", message_type="email", author_id=self.contact.id)
        self._log("no_answer", self.rows[self.large])
        row.invalidate_recordset()
        self.assertEqual(
            [(fact["model"], fact["date"], fact["title"]) for fact in row.contacts][1:],
            [
                ("relance.call", "2026-06-11", "Promises to pay"),
                ("relance.call", "2026-06-10", "No answer"),
                ("relance.notice", "2026-06-01", "Courtesy reminder"),
            ],
        )
        self.assertIn("Anne Lefèvre", row.contacts[0]["title"])
        self.assertEqual((row.contacts[0]["text"], row.contacts[1]["text"]), ("Nous payons demain", "Fin de mois"))
        self.assertIn("Email", row.contacts[3]["text"])

    def test_many_contacts(self):
        for day in range(1, 13):
            self._log("no_answer", date=f"2026-06-{day:02} 08:00:00")
        self.assertEqual([fact["date"] for fact in self.rows[self.debtor].contacts][::7], ["2026-06-12", "2026-06-05"])

    # === RIGHTS AND COST === #

    def test_opens_for_each_user(self):
        view = self.env.ref("relance_fr.relance_run_debtor_view_form_review")
        for name, may in (("billing", True), ("auditor", False), ("manager", True)):
            with self.subTest(user=name):
                arch, [values] = self._read_screen(self.rows[self.debtor], self.users[name], "form", view.id)
                self.assertEqual(values["phone"], "06 12 00 00 02")
                self.assertEqual(bool(arch.xpath("//button[@name='action_send']")), may)

    def test_cost_does_not_grow(self):
        self._count_queries(self.rows[self.debtor])
        few = self._count_queries(self.rows[self.debtor])
        debtors = [self._create_debtor(f"Client {number}") for number in range(15)]
        for debtor in debtors:
            self._invoice(100, "2026-05-20", debtor)
        for number in range(15):
            self._invoice(10 + number, "2026-05-20")
        self.campaign.action_preview()
        [row] = self.campaign.debtor_ids.filtered(lambda row: row.partner_id == self.debtor)
        self.assertEqual(len(row.instalments), 18)
        self.assertEqual(self._count_queries(row), few)
        self.assertLess(few, 70)

    def _count_queries(self, row):
        """Return the statements that opening ``row`` takes, as a web client does."""
        view = self.env.ref("relance_fr.relance_run_debtor_view_form_review")
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._read_screen(row, self.billing, "form", view.id)
        return self.env.cr.sql_log_count - before
