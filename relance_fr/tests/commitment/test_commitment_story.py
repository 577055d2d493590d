from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from ..plan_common import DUE, PlanCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestCommitmentStory(PlanCommon):
    """Promises and plans from their day to their end, as the screens, the daily job and the explanation tell them."""

    # === GENERATION === #

    def test_equal_parts_the_last_takes_the_rounding(self):
        plan = self._plan(self._invoice(1000, DUE), 3, "2026-05-31")
        self.assertRecordValues(
            plan.line_ids,
            [
                {"date": fields.Date.to_date("2026-05-31"), "amount": 333.33},
                {"date": fields.Date.to_date("2026-06-30"), "amount": 333.33},
                {"date": fields.Date.to_date("2026-07-31"), "amount": 333.34},
            ],
        )
        self.assertRecordValues(plan, [{"kind": "plan", "covered_amount": 1000, "missing_amount": 0}])

    def test_weeks_and_fortnights(self):
        invoice = self._invoice(1000, DUE)
        for frequency, last in (("week", "2026-06-22"), ("fortnight", "2026-07-13")):
            plan = self._plan(invoice, 4, "2026-06-01", frequency)
            self.assertEqual(fields.Date.to_string(plan.date_end), last)
            plan.action_cancel()

    def test_currency_without_cents(self):
        yen = self.setup_other_currency("JPY", rates=[("2020-01-01", 160.0)], rounding=1.0)
        plan = self._plan(self._invoice(1000, DUE, currency_id=yen.id), 3, "2026-06-01")
        self.assertEqual(plan.line_ids.mapped("amount"), [333, 333, 334])

    def test_the_form_shows_the_instalments_before_saving(self):
        invoice = self._invoice(900, DUE)
        action = invoice.action_relance_commitment()
        with Form(self.env["relance.commitment"].with_context(**action["context"])) as form:
            form.parts = 3
            form.first_date = "2026-06-01"
            self.assertEqual([form.line_ids.edit(i).amount for i in range(3)], [300, 300, 300])
            with form.line_ids.edit(0) as line:
                line.amount = 400
            with form.line_ids.edit(2) as line:
                line.amount = 200
        self.assertEqual(invoice.relance_commitment_ids.line_ids.mapped("amount"), [400, 300, 200])

    def test_the_difference_is_told(self):
        invoice = self._invoice(1000, DUE)
        with self.assertRaisesRegex(ValidationError, "100.00.* is missing"):
            self._commit(invoice, ("2026-06-01", 400), ("2026-07-01", 500))
        with self.assertRaisesRegex(ValidationError, "50.00.* too much"):
            self._commit(invoice, ("2026-06-01", 550), ("2026-07-01", 500))
        with self.assertRaisesRegex(ValidationError, "more than the"):
            self._commit(invoice, ("2026-06-01", 550), ("2026-07-01", 500), part_amount=1050)
        with self.assertRaisesRegex(UserError, "cannot be spread"):
            self._plan(self._invoice(0.05, DUE), 12, "2026-06-01")
        part = self._commit(invoice, ("2026-06-01", 400), ("2026-07-01", 500), part_amount=900)
        self.assertRecordValues(part, [{"debt_amount": 1000, "covered_amount": 900}])

    def test_penalties_and_indemnity_by_choice_apart(self):
        invoice = self._invoice(1850, DUE)
        with freeze_time("2026-06-30"):
            plan = self._plan(invoice, 3, "2026-07-10", include_penalties=True)
        self.assertRecordValues(
            plan,
            [{"base_amount": 1850, "penalty_amount": 27.71, "indemnity_amount": 40, "debt_amount": 1917.71,
              "promised_amount": 1917.71}],
        )  # fmt: skip
        # Frozen: what runs later changes nothing of it.
        with freeze_time("2026-07-09"):
            self.env.invalidate_all()
            self.assertEqual(plan.penalty_amount, 27.71)
        self._bank_pays(invoice, "2026-07-10", 1850)
        with freeze_time("2026-07-11"):
            self.env.invalidate_all()
            self.assertEqual(plan.state, "kept", "The ledger shows the principal only.")

    # === KEPT OR BROKEN === #

    def test_plan_kept(self):
        invoice = self._invoice(900, DUE)
        plan = self._plan(invoice, 3, "2026-06-01")
        self.assert_story(plan, ("2026-06-01", "open", False, "due to_come to_come", "on_plan"))
        self._bank_pays(invoice, "2026-06-01", 300)
        self.assert_story(plan, ("2026-06-02", "open", False, "paid to_come to_come", "on_plan"))
        self._bank_pays(invoice, "2026-06-20", 600)
        self.assert_story(plan, ("2026-06-21", "kept", "kept", "paid paid paid", "paid"))
        self.assertEqual(plan.outcome_date, fields.Date.to_date("2026-06-20"))

    def test_plan_broken_then_caught_up_late(self):
        invoice = self._invoice(900, DUE)
        plan = self._plan(invoice, 3, "2026-06-01")
        self.assert_story(plan, ("2026-06-02", "broken", "broken", "late to_come to_come", "too_early"))
        self.assertRecordValues(
            plan,
            [{"outcome_date": fields.Date.to_date("2026-06-02"), "broken_date": fields.Date.to_date("2026-06-02")}],
        )
        self.assertEqual(len(plan.activity_ids), 1)
        self._run_on("2026-06-03")
        self.assertEqual(len(plan.activity_ids), 1, "Told once.")
        self._bank_pays(invoice, "2026-06-04", 300)
        self.assert_story(plan, ("2026-06-05", "open", "broken", "paid to_come to_come", "on_plan"))
        self.assertFalse(plan.broken_date)

    def test_a_payment_found_later_but_dated_in_time_keeps_the_promise(self):
        invoice = self._invoice(1000, DUE)
        promise = self._promise(invoice, "2026-06-10", 1000)
        self.assert_story(promise, ("2026-06-11", "broken", "broken", "late", "too_early"))
        self._bank_pays(invoice, "2026-06-09", 1000)
        self.assert_story(promise, ("2026-06-12", "kept", "kept", "paid", "paid"))
        self.assertEqual(promise.outcome_date, fields.Date.to_date("2026-06-09"))

    def test_a_payment_that_comes_back_breaks_it(self):
        invoice = self._invoice(1000, DUE)
        promise = self._promise(invoice, "2026-06-10", 1000)
        payment = self._pay(invoice, "2026-06-08")
        self.assert_story(promise, ("2026-06-09", "kept", "kept", "paid", "paid"))
        payment.action_cancel()
        self.assert_story(promise, ("2026-06-11", "broken", "broken", "late", "too_early"))

    def test_tolerance_in_days(self):
        self.company.relance_promise_tolerance_days = 2
        promise = self._promise(self._invoice(1000, DUE), "2026-06-10", 1000)
        self.assert_story(
            promise,
            ("2026-06-12", "open", False, "due", "promised"),
            ("2026-06-13", "broken", "broken", "late", "too_early"),
        )

    def test_tolerance_in_cents(self):
        self.company.relance_promise_tolerance_amount = 0.5
        enough, too_little = self._invoice(1000, DUE), self._invoice(1000, DUE, self._create_debtor("Tiers"))
        kept, broken = (self._promise(invoice, "2026-06-10", 1000) for invoice in (enough, too_little))
        self._bank_pays(enough, "2026-06-10", 999.5)
        self._bank_pays(too_little, "2026-06-10", 999.49)
        self._run_on("2026-06-11")
        with freeze_time("2026-06-11"):
            self.env.invalidate_all()
            self.assertEqual([(c.state, c.outcome) for c in kept | broken], [("kept",) * 2, ("broken",) * 2])

    def test_one_rule_for_decision_screen_and_outcome(self):
        """Over many payments, days and tolerances: a promise holds for the decision exactly while it is not broken."""
        cases = [(paid, day) for paid in (0, 299.9, 300, 599.5, 600) for day in ("2026-06-01", "2026-06-30")]
        plans = {}
        for number, (paid, day) in enumerate(cases):
            invoice = self._invoice(900, DUE, self._create_debtor(f"Débiteur{number}"))
            plans[invoice] = self._plan(invoice, 3, "2026-06-01")
            if paid:
                self._bank_pays(invoice, day, paid)
        for days, missing in ((0, 0), (3, 0), (0, 0.5), (3, 0.5)):
            self.company.relance_promise_tolerance_days = days
            self.company.relance_promise_tolerance_amount = missing
            for today in ("2026-06-01", "2026-06-02", "2026-06-05", "2026-07-01", "2026-07-02", "2026-07-05"):
                with freeze_time(today):
                    self.env.invalidate_all()
                    for invoice, plan in plans.items():
                        reason = invoice.relance_explain()["reason"]
                        self.assertEqual(plan.state == "broken", reason != "on_plan", (today, days, missing))
                        self.assertEqual(plan.state == "broken", "late" in plan.line_ids.mapped("state"))

    def test_cancelled_keeps_no_promise(self):
        invoice = self._invoice(1000, DUE)
        promise = self._promise(invoice, "2026-06-10", 1000)
        promise.action_cancel()
        self._run_on("2026-06-11")
        self.assertRecordValues(promise, [{"outcome": False, "broken_date": False}])

    # === AFTER A BROKEN PROMISE === #

    def test_broken_resumes_where_it_was(self):
        invoice = self._invoice(1000, DUE)
        self._promise(invoice, "2026-06-10", 1000)
        self.assertEqual(self._run_on("2026-06-11").kind, "courtesy")

    def test_broken_leads_to_the_formal_notice(self):
        self.company.relance_broken_promise = "formal"
        invoice = self._invoice(1000, DUE)
        self._promise(invoice, "2026-06-10", 1000)
        explanation = invoice.relance_explain("2026-06-11")
        self.assertEqual(
            (explanation["reason"], explanation["level_id"], explanation["date"]),
            ("due", self.levels["formal"].id, "2026-06-11"),
        )
        self.assertIn("A promise was broken on 06/11/2026", explanation["message"])
        notice = self._run_on("2026-06-11")
        # The formal notice of the standard calendar waits for a person all the same.
        self.assertRecordValues(notice, [{"kind": "formal", "state": "to_approve"}])
        self.assertEqual(invoice.relance_next_level_id, self.levels["formal"])

    def test_the_jump_waits_a_day_after_another_notice(self):
        self.company.relance_broken_promise = "formal"
        self.standard.min_days = 0
        invoice = self._invoice(1000, DUE)
        self._promise(invoice, "2026-05-22", 1000)
        promise = self._promise(invoice, "2026-06-10", 1000)
        promise.action_cancel()
        self._send(invoice, "2026-06-11")
        self.assertNotEqual(self._explain(invoice, "2026-06-11")[1], "due")

    def test_an_instalment_not_due_yet_does_not_jump(self):
        self.company.relance_broken_promise = "formal"
        invoice = self._invoice(1000, "2026-07-31")
        self._promise(invoice, "2026-06-10", 500)
        _decision, reason, _level, day = self._explain(invoice, "2026-06-11")
        self.assertEqual((reason, day), ("not_due", "2026-08-01"))

    def test_a_later_promise_supersedes_the_broken_one(self):
        self.company.relance_broken_promise = "formal"
        invoice = self._invoice(1000, DUE)
        self._promise(invoice, "2026-05-25", 1000)
        self._promise(invoice, "2026-06-30", 1000)
        self.assertEqual(self._explain(invoice, "2026-06-10")[1], "promised")
        self.assertEqual(self._explain(invoice, "2026-07-01")[2], self.levels["formal"].name)
