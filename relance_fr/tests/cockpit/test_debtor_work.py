from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon
from ..screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDebtorWork(ScreenCommon, LedgerCommon):
    """The work list: who is in it, why, in which order, and where one click leads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtors = cls.env["relance.debtor"].with_user(cls.users["billing"]).with_company(cls.company)

    def _get(self, partner=None, company=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.debtors._get(partner or self.debtor, company or self.company)

    def _get_kinds(self, partner=None):
        return sorted(filter(None, (self._get(partner).kinds or "").split("|")))

    def _make_notice(self, invoice, day=DAY):
        return self._send(invoice, day)

    # === WHO IS IN IT, AND WHY === #

    def test_nobody_owes_anything(self):
        company = self.env["res.company"].create({"name": "Vide"})
        model = self.debtors.with_user(self.env.user).with_context(allowed_company_ids=company.ids)
        self.assertFalse(model.search([]))
        self.assertEqual(model.web_search_read([], {"priority": {}}), {"length": 0, "records": []})
        self.assertFalse(model.with_context(allowed_company_ids=[]).browse()._read_once().search([]).filtered("action"))

    def test_what_is_not_due_asks_for_nothing(self):
        self._invoice(1000, "2026-07-15")
        self.assertRecordValues(
            self._get(),
            [{"action": False, "kinds": False, "priority": 0, "overdue_amount": 0, "not_due_amount": 1000,
              "days_late": 0}],
        )  # fmt: skip
        self.assertNotIn(self._get(), self.debtors.search([("action", "!=", False)]))

    def test_a_reminder_due_and_its_priority(self):
        self._invoice(1000, "2026-05-21")
        # 20 for the reminder, 15.0 for 1,000 EUR, 5 for 30 days of 90, 5 without a score.
        self.assertRecordValues(
            self._get(),
            [{"action": "send", "priority": 45, "overdue_amount": 1000, "days_late": 30, "partner_id": self.debtor.id,
              "company_id": self.company.id, "oldest_due": fields.Date.to_date("2026-05-21")}],
        )  # fmt: skip
        action = self._get().action_do()
        self.assertEqual((action["res_model"], action["target"]), ("relance.run", "new"))

    def test_the_score_and_the_age_count(self):
        self._invoice(1000, "2026-03-01")
        self.env["relance.partner.profile"].sudo().create(
            {"company_id": self.company.id, "partner_id": self.debtor.id, "status": "scored", "score": 20}
        )
        # 20 + 15.0 + 15 (111 days) + 8 (a score of 20).
        self.assertEqual(self._get().priority, 58)

    def test_a_notice_to_approve_comes_before_a_reminder(self):
        self.company.relance_automatic = False
        self._invoice(1000, "2026-06-01")
        other = self._create_debtor("Garage Roux")
        self._run_on(DAY)
        self._invoice(90000, "2026-06-01", other)
        notice = self.env["relance.notice"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(notice.state, "to_approve")
        debtor = self._get()
        self.assertRecordValues(debtor, [{"action": "approve", "res_model": "relance.notice", "res_id": notice.id}])
        self.assertEqual((debtor.action_do()["res_model"], debtor.action_do()["res_id"]), ("relance.notice", notice.id))
        found = self.debtors.search([("action", "!=", False), ("partner_id", "in", (self.debtor | other).ids)])
        self.assertEqual(found.partner_id, self.debtor | other)
        self.assertEqual(found.mapped("action"), ["approve", "send"])
        notice.action_approve()
        self.assertNotIn("approve", self._get_kinds())

    def test_a_letter_to_post(self):
        debtor = self._create_debtor("Transports Vasseur", email=False)
        invoice = self._invoice(700, "2026-06-11", debtor)
        notice = self._make_notice(invoice)
        self.assertTrue(notice.to_post)
        self.assertEqual(self._get(debtor).action, "post")
        self._pay(invoice, DAY)
        self.assertFalse(self._get(debtor).action, "Nobody is urged to post a letter to who has paid.")

    def test_an_answer_to_read(self):
        notice = self._make_notice(self._invoice(1000, "2026-06-01"))
        notice.sudo()._receive_reply({"email_from": "client@example.com", "body": "Oui"}, self.env["res.partner"])
        self.assertRecordValues(self._get(), [{"action": "reply", "res_id": notice.id}])
        notice.action_reply_handled()
        self.assertNotIn("reply", self._get_kinds())

    def test_a_call_of_today_and_not_of_tomorrow(self):
        self._make_notice(self._invoice(1000, "2026-06-01"))
        call = self.env["relance.call"].create(
            {"partner_id": self.debtor.id, "company_id": self.company.id, "outcome": "no_answer",
             "callback_date": "2026-06-21"}
        )  # fmt: skip
        self.assertNotIn("call", self._get_kinds())
        with freeze_time("2026-06-21"):
            debtor = self._get()
            self.assertRecordValues(debtor, [{"action": "call", "res_model": "relance.call", "res_id": call.id}])
            self.assertEqual(debtor.action_do()["res_model"], "relance.call")

    def test_a_promise_of_today_then_broken(self):
        invoice = self._invoice(1000, "2026-06-01")
        promise = self.env["relance.commitment"].create(
            {"partner_id": self.debtor.id, "company_id": self.company.id, "date": "2026-06-10",
             "move_ids": invoice.ids, "line_ids": [Command.create({"date": DAY, "amount": 1000})]}
        )  # fmt: skip
        with freeze_time("2026-06-19"):
            self.assertNotIn("promise", self._get_kinds())
        self.assertRecordValues(
            self._get(), [{"action": "promise", "res_model": "relance.commitment", "res_id": promise.id}]
        )
        with freeze_time("2026-07-01"):
            self.assertRecordValues(self._get(), [{"action": "broken", "res_id": promise.id}])
            self.assertNotIn("promise", self._get_kinds())
            self._pay(invoice, "2026-07-01")
            self.assertFalse(self._get().action)

    def test_a_dispute_nobody_handles_presses_more(self):
        hold = self.env["relance.hold"].create(
            {"move_id": self._invoice(1000, "2026-06-01").id, "reason": "dispute", "company_id": self.company.id}
        )
        alone = self._get()
        self.assertRecordValues(alone, [{"action": "dispute", "res_model": "relance.hold", "res_id": hold.id}])
        priority = alone.priority
        hold.responsible_id = self.users["billing"]
        self.assertEqual(self._get().priority, priority - 10)
        hold.action_end()
        self.assertNotIn("dispute", self._get_kinds())

    def test_a_claim_to_declare_comes_first(self):
        self._invoice(1000, "2026-06-01")
        hold = self.env["relance.hold"].sudo().create(
            {"partner_id": self.debtor.id, "company_id": self.company.id, "reason": "insolvency",
             "date_from": "2026-06-10", "publication_date": "2026-06-15"}
        )  # fmt: skip
        debtor = self._get()
        self.assertEqual((debtor.action, debtor.action_date), ("insolvency", fields.Date.to_date("2026-08-15")))
        far = debtor.priority
        with freeze_time("2026-08-05"):
            self.assertGreaterEqual(self._get().priority, far + 25)
        hold.declared_on = DAY
        self.assertNotIn("insolvency", self._get_kinds())

    def test_an_address_to_correct(self):
        debtor = self._create_debtor("Petit client", email=False, street=False, city=False, zip=False)
        self._invoice(1000, "2026-06-01", debtor)
        row = self._get(debtor)
        self.assertEqual(row.action, "address")
        self.assertEqual((row.action_do()["res_model"], row.action_do()["res_id"]), ("res.partner", debtor.id))
        debtor.email = "compta@petit.example.com"
        self.assertEqual(self._get(debtor).action, "send")

    def test_a_refused_address_until_it_is_corrected(self):
        debtor = self._create_debtor("Petit client", street=False, city=False, zip=False)
        notice = self._make_notice(self._invoice(1000, "2026-06-01", debtor))
        notice._mark_failed("550 No such user", refused=True)
        self.assertEqual(self._get(debtor).action, "address")
        debtor.email = "comptabilite@petit.example.com"
        self.assertNotIn("address", self._get_kinds(debtor))

    def test_a_notice_that_did_not_leave(self):
        notice = self._make_notice(self._invoice(1000, "2026-06-01"))
        notice._mark_failed("server down", refused=False, kind="technical")
        self.assertIn("failed", self._get_kinds())

    def test_after_the_last_level_once_its_deadline_passed(self):
        invoice = self._invoice(1000, "2026-04-01")
        self.debtor.with_company(self.company).relance_calendar_id = self._calendar(
            {"kind": "final", "deadline_days": 8, "channel_email": True}
        )
        notice = self._make_notice(invoice, "2026-06-10")
        self.assertEqual((notice.state, notice.deadline), ("sent", fields.Date.to_date("2026-06-18")))
        with freeze_time("2026-06-18"):
            self.assertNotIn("decide", self._get_kinds())
        debtor = self._get()
        self.assertEqual(debtor.action, "decide")
        self.assertEqual(debtor.action_do()["res_id"], debtor.id)

    def test_credits_and_calendars(self):
        self._invoice(1000, "2026-06-01")
        self._pay_on_account("2026-06-05", 1200)
        self.assertEqual(self._get().action, "credit")
        self.assertEqual(self._get().overdue_amount, 0)
        other = self._create_debtor("Garage Roux")
        self._invoice(500, "2026-06-01", other)
        self.company.relance_calendar_id = False
        self.assertEqual(self._get(other).action, "calendar")

    def test_persons_are_asked_for_where_debtors_are_shared_out(self):
        self._invoice(1000, "2026-06-01")
        other = self._create_debtor("Garage Roux")
        self._invoice(500, "2026-06-01", other)
        self.assertNotIn("assign", self._get_kinds())
        other.with_company(self.company).relance_user_id = self.users["billing"]
        self.assertIn("assign", self._get_kinds())
        self.assertNotIn("assign", self._get_kinds(other))
        self.assertEqual(self._get(other).user_id, self.users["billing"])
        action = self._get().with_user(self.env.user)._open_assignment()
        self.assertEqual((action["res_model"], action["target"]), ("res.partner", "new"))
        self.assertEqual(action["context"]["allowed_company_ids"][0], self.company.id)

    def test_an_alert(self):
        self._invoice(1000, "2026-06-14")
        alert = (
            self.env["relance.alert"]
            .sudo()
            .create({"company_id": self.company.id, "partner_id": self.debtor.id, "kind": "score_drop", "date": DAY})
        )
        self.assertRecordValues(self._get(), [{"action": "alert", "res_id": alert.id}])
        alert.action_handle()
        self.assertNotIn("alert", self._get_kinds())

    def test_a_claim_that_lapses(self):
        invoice = self._invoice(1000, "2021-09-01")
        self.company._relance_warn_of_limitation(fields.Date.to_date(DAY))
        self.assertRecordValues(
            self._get(), [{"action": "limitation", "res_model": "account.move", "res_id": invoice.id}]
        )
        invoice.activity_ids.action_done()
        self.assertNotIn("limitation", self._get_kinds())

    def test_somebody_did_it_meanwhile(self):
        invoice = self._invoice(1000, "2026-06-01")
        self.assertEqual(self._get().action_do()["type"], "ir.actions.act_window")
        self._pay(invoice, DAY)
        self.assertEqual(self._get().action_do()["tag"], "display_notification")

    def test_a_foreign_currency_counts_in_that_of_the_company(self):
        currency = self.setup_other_currency("USD", rates=[("2026-01-01", 2.0)])
        self._invoice(1000, "2026-06-01", currency_id=currency.id)
        self.assertEqual(self._get().overdue_amount, 500)

    def test_an_instalment_whose_level_is_to_come_hides_no_other(self):
        """Of the two instalments of an invoice one is at its last level, the other has a level to come."""
        debtor = self._create_debtor("Garage Roux")
        debtor.with_company(self.company).relance_calendar_id = self._calendar({"kind": "courtesy", "delay": 7})
        term = self.env["account.payment.term"].create(
            {"name": "30/60", "line_ids": [
                Command.create({"value": "percent", "value_amount": 50, "nb_days": days, "delay_type": "days_after"})
                for days in (30, 60)
            ]}
        )  # fmt: skip
        invoice = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=debtor, invoice_date="2026-04-18",
            invoice_payment_term_id=term, post=True,
        )  # fmt: skip
        self._send(invoice, "2026-05-30")
        self.assertRecordValues(
            self._instalments(invoice),
            [{"relance_next_date": False}, {"relance_next_date": fields.Date.to_date("2026-06-24")}],
        )
        self.assertIn("decide", self._get_kinds(debtor))

    def test_groups_come_in_the_order_of_their_priority(self):
        self._invoice(1000, "2026-06-01")
        answering = self._create_debtor("Garage Roux")
        self.env["relance.hold"].create(
            {"move_id": self._invoice(1000, "2026-06-01", answering).id, "reason": "dispute"}
        )
        grouped = self.debtors.web_read_group(
            [("partner_id", "in", (self.debtor | answering).ids)], ["action"], ["__count"]
        )
        self.assertEqual([group["action"] for group in grouped["groups"]], ["dispute", "send"])

    # === MINE === #

    def test_mine_by_default_for_who_handles_debtors(self):
        self.assertFalse(self.debtors.action_open_work()["context"])
        self.debtor.with_company(self.company).relance_user_id = self.users["billing"]
        self.assertEqual(self.debtors.action_open_work()["context"], {"search_default_mine": 1})
        self.assertFalse(self.debtors.with_user(self.users["auditor"]).action_open_work()["context"])

    # === RIGHTS === #

    def test_screens_open_for_every_rank(self):
        self._invoice(1000, "2026-06-01")
        for name in ("billing", "auditor", "manager"):
            for view_type in ("kanban", "list", "form"):
                with self.subTest(user=name, view=view_type):
                    record = self.debtors._get(self.debtor, self.company)
                    arch, [values] = self._read_screen(record, self.users[name], view_type)
                    self.assertEqual(values["overdue_amount"] if "overdue_amount" in values else 1000, 1000)
                    if name == "auditor":
                        self.assertFalse(arch.xpath("//field[@widget='relance_next_action']"))

    def test_outside_accounting_there_is_nothing(self):
        self._invoice(1000, "2026-06-01")
        with self.assertRaises(AccessError):
            self.debtors.with_user(self.users["seller"]).search([])
        with self.assertRaises(AccessError):
            self._get().with_user(self.users["seller"]).read(["overdue_amount"])

    def test_who_is_given_access_outside_accounting_reads_his_own_customers(self):
        own, other = self._create_debtor("Ateliers Durand"), self._create_debtor("Carrosserie Petit")
        handled = self._create_debtor("Brasserie Morel")
        for partner in own | other | handled:
            self._invoice(1000, "2026-06-01", partner)
        seller = self.users["seller"]
        own.user_id = seller
        handled.with_company(self.company).relance_user_id = seller
        self.env["ir.model.access"].create(
            {"name": "debtor", "model_id": self.env["ir.model"]._get_id("relance.debtor"),
             "group_id": seller.group_ids[-1:].id, "perm_read": True}
        )  # fmt: skip
        model = self.debtors.with_user(seller)
        self.env.flush_all()
        self.assertEqual(model.search([]).partner_id, own | handled)
        self.assertEqual(model.web_search_read([], {"partner_id": {}})["length"], 2)
        with self.assertRaises(AccessError):
            model._get(other, self.company).read(["overdue_amount"])

    def test_nobody_writes_a_debtor(self):
        self._invoice(1000, "2026-06-01")
        with self.assertRaises(AccessError):
            self._get().write({"priority": 1})
        with self.assertRaises(AccessError):
            self.debtors.create({"partner_id": self.debtor.id})

    # === COMPANIES === #

    def test_another_company_is_not_seen(self):
        other = self.company_data_2 = self.setup_other_company()
        self.product_a.with_company(other["company"]).taxes_id = False
        invoice = self.env["account.move"].with_company(other["company"]).create(
            {"move_type": "out_invoice", "partner_id": self.debtor.id, "invoice_date": "2026-05-01",
             "invoice_date_due": "2026-06-01", "company_id": other["company"].id,
             "invoice_line_ids": [Command.create({"name": "x", "price_unit": 300, "tax_ids": []})]}
        )  # fmt: skip
        invoice.action_post()
        self._invoice(1000, "2026-06-01")
        self.env.flush_all()
        self.assertEqual(self.debtors.search([("partner_id", "=", self.debtor.id)]).company_id, self.company)
        self.assertFalse(self._get(company=other["company"]).exists())
        self.assertEqual(self._get(company=other["company"]).read(["overdue_amount"]), [])
        both = self.env["relance.debtor"].with_context(allowed_company_ids=(self.company | other["company"]).ids)
        rows = both.search([("partner_id", "=", self.debtor.id)], order="overdue_amount")
        self.assertEqual(rows.mapped("overdue_amount"), [300, 1000])
        self.assertEqual(rows.company_id, self.company | other["company"])

    def test_a_contact_leads_to_its_company(self):
        contact = self.env["res.partner"].create({"name": "Julie", "parent_id": self.debtor.id, "type": "invoice"})
        self._invoice(1000, "2026-06-01", contact)
        action = contact.with_company(self.company).action_relance_open_account()
        self.assertEqual(action["res_id"], self._get().id)
        self.assertEqual(self._get().overdue_amount, 1000)

    # === SPEED === #

    def test_a_screen_takes_a_constant_number_of_statements(self):
        specification = {"partner_id": {"fields": {"display_name": {}}}, "reasons": {}, "user_id": {}, "priority": {}}

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            page = self.debtors.web_search_read([("action", "!=", False)], specification, limit=40)
            grouped = self.debtors.web_read_group(
                [("action", "!=", False)], ["action"], ["overdue_amount:sum"], auto_unfold=True,
                unfold_read_specification=specification,
            )  # fmt: skip
            return page["length"], len(grouped["groups"]), self.env.cr.sql_log_count - before

        self._invoice(100, "2026-06-01")
        count()
        few = count()
        for rank in range(30):
            self._invoice(100 + rank, "2026-06-01", self._create_debtor(f"Client {rank}"))
        many = count()
        self.assertEqual((few[0], many[0]), (1, 31))
        self.assertEqual(few[2], many[2])
        self.assertLessEqual(many[2], 30)

    def test_a_client_cannot_bring_rows(self):
        self._invoice(1000, "2026-06-01")
        forged = '[{"id": 1, "priority": 99}]'
        found = self.debtors.with_context(relance_debtor_rows=forged).search([])
        self.assertEqual(found.partner_id, self.debtor)
