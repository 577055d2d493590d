import doctest

from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time, tagged

from ...models.commitment import relance_commitment
from ..plan_common import DUE, PlanCommon


@tagged("post_install", "-at_install")
class TestOutcomeExamples(TransactionCase):
    def test_examples(self):
        result = doctest.testmod(relance_commitment)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestCommitmentEvents(PlanCommon):
    """What happens to the invoices while a promise or a plan runs: credit notes, drafts, disputes, interest."""

    def test_credit_note_during_a_plan(self):
        invoice = self._invoice(900, DUE)
        plan = self._plan(invoice, 3, "2026-06-01")
        self._credit_note(350, "2026-05-28", invoice=invoice)
        self.assert_story(plan, ("2026-06-02", "open", False, "paid to_come to_come", "on_plan"))

    def test_invoice_reset_to_draft_during_a_plan(self):
        kept, corrected = self._invoice(600, DUE), self._invoice(300, DUE)
        plan = self._plan(kept | corrected, 3, "2026-06-01")
        corrected.button_draft()
        self.assertEqual(self._explain(kept, "2026-05-25")[1], "on_plan")
        self.assert_story(plan, ("2026-06-01", "open", False, "due to_come to_come", "on_plan"))
        with freeze_time("2026-06-01"):
            self.env.invalidate_all()
            self.assertEqual(plan.paid_amount, 0, "A draft pays nothing.")
        self._bank_pays(kept, "2026-06-01", 600)
        self.assert_story(plan, ("2026-06-02", "kept", "kept", "paid paid paid", "paid"))
        corrected.action_post()
        self.assert_story(plan, ("2026-07-02", "open", False, "paid paid to_come", "paid"))

    def test_promise_over_several_invoices_partly_paid(self):
        first, second = self._invoice(600, DUE), self._invoice(400, DUE)
        promise = self._promise(first | second, "2026-06-10", 1000)
        self._bank_pays(first, "2026-06-05", 600)
        self.assert_story(promise, ("2026-06-11", "broken", "broken", "late", "paid"))
        with freeze_time("2026-06-11"):
            self.env.invalidate_all()
            self.assertEqual(promise.line_ids.paid_amount, 600)
        self.assertEqual(second.relance_level_id.kind, "courtesy", "Sent that day.")

    def test_dispute_during_a_plan(self):
        invoice = self._invoice(900, DUE)
        plan = self._plan(invoice, 3, "2026-06-01")
        self.env["relance.hold"].create(
            {"reason": "dispute", "move_id": invoice.id, "partner_id": self.debtor.id, "date_from": "2026-05-25"}
        )
        self.assert_story(plan, ("2026-06-01", "open", False, "due to_come to_come", "disputed"))
        self.assertFalse(self.env["relance.commitment.reminder"].search([("commitment_id", "=", plan.id)]))

    def test_foreign_currency(self):
        dollars = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        invoice = self._invoice(900, DUE, currency_id=dollars.id)
        plan = self._plan(invoice, 3, "2026-06-01")
        self.assertEqual(plan.currency_id, dollars)
        self._pay(invoice, "2026-06-01", 300)
        self.assert_story(plan, ("2026-06-02", "open", False, "paid to_come to_come", "on_plan"))

    def test_two_companies(self):
        """Each company has its rule, and its invoices their own promises."""
        other = self.setup_other_company()["company"]
        other.write({"relance_calendar_id": self.standard.id, "relance_bank_max_age": 0})
        self.company.relance_promise_tolerance_days = 5
        mine = self._promise(self._invoice(1000, DUE), "2026-06-10", 1000)
        there = self.env["account.journal"].search([("company_id", "=", other.id), ("type", "=", "sale")], limit=1)
        invoice = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "journal_id": there.id,
                    "partner_id": self.debtor.id,
                    "invoice_date": "2026-04-16",
                    "invoice_date_due": DUE,
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [Command.create({"name": "Other", "price_unit": 500, "tax_ids": []})],
                }
            )
        )
        invoice.action_post()
        theirs = self._promise(invoice, "2026-06-10", 500, company_id=other.id)
        self._run_on("2026-06-12")
        with freeze_time("2026-06-12"):
            self.env.invalidate_all()
            self.assertEqual([mine.state, theirs.state], ["open", "broken"])
            self.assertEqual([mine.outcome, theirs.outcome], [False, "broken"])

    # === INTEREST === #

    def test_interest_runs_during_a_plan(self):
        invoice = self._invoice(1850, DUE)
        self._plan(invoice, 2, "2026-06-25")
        self.assert_claim(invoice, "2026-06-24", 1850, 24.02, 40)

    def test_interest_waived_while_the_plan_is_kept_and_due_again_once_broken(self):
        invoice = self._invoice(1850, DUE)
        self._plan(invoice, 2, "2026-06-25", interest="waived")
        # Four days late when the plan was made: 1 850 x 12.15 % x 4 / 365.
        self.assert_claim(invoice, "2026-06-25", 1850, 2.46, 40)
        self.assert_claim(invoice, "2026-06-26", 1850, 25.25, 40)
        self._bank_pays(invoice, "2026-06-25", 925)
        self.assert_claim(invoice, "2026-06-26", 925, 2.46, 40)
        self._bank_pays(invoice, "2026-06-30", 925)
        self.assert_claim(invoice, "2026-06-30", 0, 2.46, 40)

    def test_a_plan_of_a_part_waives_nothing(self):
        invoice = self._invoice(1850, DUE)
        plan = self._commit(invoice, ("2026-06-25", 500), ("2026-07-25", 500), part_amount=1000, interest="waived")
        self.assertEqual(plan._get_effective_interest(), "runs")
        self.assert_claim(invoice, "2026-06-24", 1850, 24.02, 40)
