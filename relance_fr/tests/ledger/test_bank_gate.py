from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..refusals import RefusalsMixin
from ..run.test_dispatch_cron import DUE, TODAY, CronCommon, fields


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestBankState(CronCommon):
    """What is known of the bank: the newest movement and what no invoice was matched with."""

    @classmethod
    def _make_ready(cls, company):
        res = super()._make_ready(company)
        company.relance_bank_max_age = 7
        return res

    def _state(self, company=None):
        company = company or self.company
        return company._relance_get_bank_state(fields.Date.to_date(TODAY))

    def _assert_state(self, **expected):
        state = self._state()
        self.assertEqual({name: state[name] for name in expected}, expected)
        self.assertTrue(state["message"])
        return state

    def test_a_bank_never_seen_is_not_up_to_date(self):
        self._assert_state(last_date=None, age=None, unmatched_count=0, unmatched_amount=0, up_to_date=False)
        self.company.relance_bank_max_age = 0
        self._assert_state(last_date=None, up_to_date=True)

    def _bank_journal(self, name, company=None):
        return self.env["account.journal"].create(
            {"name": name, "type": "bank", "code": name[-3:].upper(), "company_id": (company or self.company).id}
        )

    def test_statements_count_before_payments(self):
        """A payment registered by hand does not say that the others on the statement are known."""
        self._pay(self._invoice(500, DUE), "2026-05-20")
        self._assert_state(age=6, up_to_date=True)
        self._bank_line("2026-05-10", 10)
        self._assert_state(age=16, up_to_date=False)
        self._bank_line("2026-05-24", 10)
        self._assert_state(last_date=fields.Date.to_date("2026-05-24"), age=2)

    def test_a_journal_without_statements_for_a_year_is_judged_by_its_payments(self):
        self._pay(self._invoice(500, DUE), "2026-05-20")
        self._bank_line("2025-05-26", 10)
        self._assert_state(age=6, up_to_date=True)
        self._bank_line("2025-05-27", 10)
        self._assert_state(age=364, up_to_date=False)

    def test_fresh_fee_in_another_bank_tells_nothing(self):
        """Customers pay into bank A, known until 4 April; 3 EUR of fees in bank B yesterday: 52 days without news."""
        self.company.relance_bank_max_age = 5
        self.bank.name = "Banque A"
        other = self._bank_journal("Banque B")
        self._bank_pays(self._invoice(500, DUE), "2026-04-04", 500)
        self._bank_line("2026-05-25", -3, journal=other)
        state = self._assert_state(last_date=fields.Date.to_date("2026-04-04"), age=52, up_to_date=False)
        self.assertIn("Banque A", state["message"])
        self.assertIn("52", state["message"])
        self.assertNotIn("Banque B", state["message"])
        # Customers pay there too: known until the 25th, it is not the one to wait for.
        self._bank_line("2026-05-25", 800, journal=other)
        state = self._assert_state(age=52, up_to_date=False)
        self.assertEqual([(journal, day.day) for journal, day in state["journals"]], [(self.bank, 4), (other, 25)])
        self.assertNotIn("Banque B", state["message"])
        self._bank_line("2026-05-26", -3)
        state = self._assert_state(age=1, up_to_date=True)
        self.assertIn("Banque B", state["message"])

    def test_journals_not_waited_for(self):
        self.company.relance_bank_max_age = 5
        self._bank_line("2026-05-25", 500)
        loan = self._bank_journal("Compte de prêt")
        self._bank_line("2026-03-01", -900, journal=loan)
        drawn = self._bank_line("2026-03-02", 5000, journal=loan)
        drawn.account_id = self.company_data["default_account_deferred_expense"]
        cash = self.company_data["default_journal_cash"]
        self._pay_through(cash, "2026-03-03")
        self._assert_state(age=1, up_to_date=True)
        closed = self._bank_journal("Banque fermée")
        self._pay_through(closed, "2026-03-04")
        state = self._assert_state(age=83, up_to_date=False)
        self.assertIn("Banque fermée", state["message"])
        closed.active = False
        self._assert_state(age=1, up_to_date=True)
        closed.active = True
        closed.relance_bank_left_out = "   "
        self._assert_state(age=83, up_to_date=False)
        closed.relance_bank_left_out = "Closed in March, letter of the bank"
        self._assert_state(age=1, up_to_date=True)
        self.assertIn("relance_bank_left_out", closed._track_get_fields(), "the chatter says who and why")

    def _pay_through(self, journal, date):
        return self._register_payment(
            self._invoice(10, DUE), payment_date=date, journal_id=journal.id,
            payment_method_line_id=journal.inbound_payment_method_line_ids[:1].id,
        )  # fmt: skip

    def test_all_asleep_for_a_year_opens_no_gate(self):
        self.company.relance_bank_max_age = 5
        self._bank_line("2025-03-02", 10)
        other = self._bank_journal("Banque B")
        self._bank_line("2025-04-26", 10, journal=other)
        state = self._assert_state(last_date=fields.Date.to_date("2025-04-26"), age=395, up_to_date=False)
        self.assertEqual([journal for journal, _day in state["journals"]], [other])

    def test_journals_of_a_branch_are_those_of_one_legal_entity(self):
        branch = self.env["res.company"].create({"name": "Agence", "parent_id": self.company.id})
        self.env.user.company_ids |= branch
        self.env.cr.precommit.run()  # the branch gets its parent's chart of accounts
        branch.relance_bank_max_age = 7
        theirs = self._bank_journal("Banque agence", branch)
        theirs.suspense_account_id = self.bank.suspense_account_id
        self._bank_line("2026-05-25", 500)
        self._bank_line("2026-05-01", 300, journal=theirs)
        for company in (self.company, branch):
            state = self._state(company)
            self.assertEqual((state["age"], state["up_to_date"]), (25, False))
            self.assertIn("Banque agence", state["message"])
            self.assertEqual((state["unmatched_count"], state["unmatched_amount"]), (2, 800))

    def test_payment_of_a_supplier_or_of_a_day_to_come_tells_nothing(self):
        self._bank_line("2026-05-10", 10)
        self.init_payment(-50, post=True, date="2026-05-25", partner=self.debtor)
        self._pay(self._invoice(500, DUE), "2026-05-30")
        self._assert_state(age=16, up_to_date=False)

    def test_age_is_inclusive_and_zero_never_waits(self):
        self._bank_line("2026-05-19", 10)
        self._assert_state(age=7, up_to_date=True)
        self.company.relance_bank_max_age = 6
        self._assert_state(up_to_date=False)
        self.company.relance_bank_max_age = 0
        self._assert_state(up_to_date=True)

    def test_receipts_not_matched(self):
        matched = self._invoice(700, DUE)
        self._bank_pays(matched, TODAY, 700)
        self._bank_line(TODAY, 300)
        self._bank_line(TODAY, -80)
        self._pay_on_account(TODAY, 200)
        state = self._assert_state(unmatched_count=2, unmatched_amount=500, up_to_date=True)
        self.assertIn("500", state["message"])

    def test_limits_of_receipts_not_matched(self):
        self._bank_line(TODAY, 300)
        self._pay_on_account(TODAY, 200)
        for vals, up_to_date in (
            ({"relance_bank_max_count": 2}, True),
            ({"relance_bank_max_count": 1}, False),
            ({"relance_bank_max_count": 0, "relance_bank_max_amount": 500}, True),
            ({"relance_bank_max_amount": 499.99}, False),
            ({"relance_bank_max_amount": 0}, True),
        ):
            with self.subTest(**vals):
                self.company.write(vals)
                self._assert_state(up_to_date=up_to_date)

    def test_other_company(self):
        other = self._other_company()
        self._bank_line("2026-05-01", 10, journal=other["default_journal_bank"])
        self._assert_state(last_date=None, age=None, up_to_date=False)
        state = self._state(other["company"])
        self.assertEqual((state["age"], state["up_to_date"]), (25, False))

    def test_unmatched_receipts_hold_the_daily_job(self):
        self.company.relance_bank_max_count = 1
        invoice = self._invoice(1000, DUE)
        stranger = self._create_debtor("Inconnu")
        for amount in (300, 200):
            self._bank_line(TODAY, amount, partner=stranger)
        self.assertFalse(self._cron("escalate"))
        self.assertEqual(self._explain(invoice, TODAY)[:2], ("wait", "bank_not_up_to_date"))
        self.assertRecordValues(self.company.partner_id.activity_ids, [{"user_id": self.accountant.id}])
        self.assertIn("500", self.company.partner_id.activity_ids.note)
        self.company.relance_bank_max_count = 2
        self.assertEqual(self._cron("escalate").line_ids.move_id, invoice)

    def test_accountant_is_told_once(self):
        self._invoice(1000, DUE)
        self._bank_line("2026-05-10", 10)
        for day in (TODAY, "2026-05-27", "2026-05-28"):
            self._cron("escalate", day)
        self.assertEqual(len(self.company.partner_id.activity_ids), 1)

    def test_both_jobs_tell_the_accountant_the_same_in_his_language(self):
        self.accountant.lang = "fr_FR"
        self.company.relance_daily_cap = 1
        self._bank_line("2026-05-20", 10)
        for name in ("Un", "Deux"):
            self._invoice(1000, DUE, partner=self._create_debtor(name))
        self._cron("escalate")
        self._cron("dispatch")
        waiting = self.env["relance.notice"].search([("state", "=", "draft")])
        self.assertEqual(len(waiting), 1)
        self._invoice(1000, "2026-05-20")
        for job in ("escalate", "dispatch"):
            self._cron(job, "2026-05-28")
        self.assertEqual(waiting.state, "draft")
        told = self.company.partner_id.activity_ids
        self.assertEqual(len(told), 1)
        self.assertIn("relevés bancaires", told.summary)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestBankOverride(RefusalsMixin, CronCommon):
    """A person may send all the same, and says why."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env, "bank_clerk", groups="account.group_account_invoice", company_id=cls.company.id,
            company_ids=cls.company.ids,
        )  # fmt: skip
        cls.company.relance_bank_max_age = 7
        cls.invoice = cls._invoice(1000, DUE)
        cls._bank_line("2026-05-10", 10)

    def _run(self):
        run = self.env["relance.run"].with_user(self.clerk).create({"company_id": self.company.id})
        run.action_preview()
        return run

    def test_refused_without_a_reason(self):
        run = self._run()
        self.assertRecordValues(run, [{"bank_late": True, "send_count": 1}])
        for reason in (False, "   "):
            run.bank_override_reason = reason
            with self.assert_refused(UserError, "not up to date"):
                run.action_confirm()
        self.assertFalse(self.invoice.relance_notice_ids)

    def test_reason_is_kept_and_logged(self):
        run = self._run()
        run.bank_override_reason = "Checked on the site of the bank"
        run.action_confirm()
        self.assertEqual(self.invoice.relance_notice_ids.state, "ready")
        self.assertRecordValues(run, [{"author_id": self.clerk.id, "bank_late": False}])
        log = run.message_ids.filtered(lambda message: "Checked on the site" in (message.body or ""))
        self.assertEqual(log.author_id, self.clerk.partner_id)
        self.assertIn(self.clerk.name, log.body)
        self.assertIn("16", log.body)
        with self.assert_refused(UserError, "confirmed"):
            run.bank_override_reason = "Something else"

    def test_no_reason_asked_when_up_to_date(self):
        self._bank_line(TODAY, 10)
        run = self._run()
        run.action_confirm()
        self.assertFalse(run.message_ids.filtered(lambda message: "up to date" in (message.body or "")))

    def test_who_confirms_is_not_written_by_hand(self):
        run = self._run()
        for vals in ({"author_id": self.env.uid}, {"is_test": True}):
            with self.assert_refused(AccessError, "confirming"):
                run.write(vals)
        with self.assert_refused(AccessError, "confirming"):
            run.create({"company_id": self.company.id, "author_id": self.env.uid})

    def test_drafts_of_the_job_wait_when_the_bank_grows_stale(self):
        """A cap kept them back for days; nobody answers for them meanwhile."""
        self.company.write({"relance_daily_cap": 1, "relance_bank_max_age": 3})
        self._bank_line(TODAY, 10)
        other = self._invoice(700, DUE, partner=self._create_debtor("Second"))
        self._cron("escalate")
        self._cron("dispatch")
        self.assertEqual(sorted((self.invoice | other).relance_notice_ids.mapped("state")), ["draft", "sent"])
        waiting = (self.invoice | other).relance_notice_ids.filtered(lambda notice: notice.state == "draft")
        self._cron("dispatch", "2026-05-30")
        self.assertRecordValues(waiting, [{"state": "draft", "name": "/"}])
        self.assertTrue(self.company.partner_id.activity_ids)
        self._bank_line("2026-05-30", 10)
        self._cron("dispatch", "2026-05-30")
        self.assertEqual(waiting.state, "sent")
