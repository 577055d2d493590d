from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon
from ..refusals import RefusalsMixin

DUE = "2026-05-16"


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestCommitment(RefusalsMixin, LedgerCommon):
    """Promises and plans: the ledger says whether they are kept, and dunning waits as long as they are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0

    def _commit(self, invoices, *payments, **vals):
        return self.env["relance.commitment"].create(
            {
                "partner_id": invoices.commercial_partner_id.id,
                "move_ids": invoices.ids,
                "line_ids": [Command.create({"date": day, "amount": amount}) for day, amount in payments],
                **vals,
            }
        )

    def assert_on(self, day, commitment, state, invoice, reason):
        """Assert the state of a commitment and what dunning makes of its invoice on a day."""
        with freeze_time(day):
            self.env.invalidate_all()
            self.assertEqual(commitment.state, state, day)
            self.assertEqual(invoice.relance_explain()["reason"], reason, day)

    def test_promise_kept(self):
        invoice = self._invoice(1000, DUE)
        promise = self._commit(invoice, ("2026-06-10", 1000))
        self.assertRecordValues(promise, [{"kind": "promise", "base_amount": 1000, "promised_amount": 1000}])
        self.assert_on("2026-06-05", promise, "open", invoice, "promised")
        self._bank_pays(invoice, "2026-06-10", 1000)
        self.assert_on("2026-06-10", promise, "kept", invoice, "paid")

    def test_promise_broken(self):
        invoice = self._invoice(1000, DUE)
        promise = self._commit(invoice, ("2026-06-10", 1000))
        # The day promised belongs to the debtor until midnight.
        self.assert_on("2026-06-10", promise, "open", invoice, "promised")
        self.assert_on("2026-06-11", promise, "broken", invoice, "due")
        self.assertRecordValues(self._run_on("2026-06-11"), [{"kind": "courtesy", "principal_amount": 1000}])

    def test_promise_half_kept(self):
        invoice = self._invoice(1000, DUE)
        promise = self._commit(invoice, ("2026-06-10", 1000))
        self._bank_pays(invoice, "2026-06-09", 994.99)
        self.assert_on("2026-06-11", promise, "broken", invoice, "due")

    def test_promise_of_a_part(self):
        invoice = self._invoice(1000, DUE)
        promise = self._commit(invoice, ("2026-06-10", 400))
        self._bank_pays(invoice, "2026-06-09", 400)
        self.assert_on("2026-06-11", promise, "kept", invoice, "due")

    def test_promise_about_some_invoices_only(self):
        promised, other = self._invoice(1000, DUE), self._invoice(500, DUE)
        self._commit(promised, ("2026-06-10", 1000))
        self.assertEqual(self._explain(promised, "2026-05-26")[:2], ("wait", "promised"))
        self.assertEqual(self._explain(other, "2026-05-26")[:2], ("send", "due"))
        self.assertEqual(self._run_on("2026-05-26").line_ids.move_id, other)

    def test_what_was_paid_before_the_promise_does_not_keep_it(self):
        invoice = self._invoice(1000, DUE)
        self._bank_pays(invoice, "2026-05-19", 400)
        promise = self._commit(invoice, ("2026-06-10", 300))
        self.assertRecordValues(promise, [{"base_amount": 600, "paid_amount": 0}])
        self.assert_on("2026-06-11", promise, "broken", invoice, "due")
        self._bank_pays(invoice, "2026-06-11", 300)
        self.assertRecordValues(promise, [{"paid_amount": 300, "state": "kept"}])

    def test_plan(self):
        invoices = self._invoice(600, DUE) | self._invoice(300, DUE)
        plan = self._commit(invoices, ("2026-06-01", 300), ("2026-07-01", 300), ("2026-08-01", 300))
        self.assertRecordValues(plan, [{"kind": "plan", "base_amount": 900, "promised_amount": 900}])
        self.assert_on("2026-06-01", plan, "open", invoices[0], "on_plan")
        self._bank_pays(invoices[0], "2026-06-01", 300)
        self.assert_on("2026-06-02", plan, "open", invoices[1], "on_plan")
        self.assert_on("2026-07-02", plan, "broken", invoices[1], "due")
        # Paid late, the plan goes on; paid with another of its invoices as well.
        self._bank_pays(invoices[1], "2026-07-03", 300)
        self.assert_on("2026-07-03", plan, "open", invoices[0], "on_plan")
        self._bank_pays(invoices[0], "2026-07-20", 300)
        self.assert_on("2026-07-20", plan, "kept", invoices[0], "paid")

    def test_plan_paid_ahead(self):
        invoice = self._invoice(900, DUE)
        plan = self._commit(invoice, ("2026-06-01", 300), ("2026-07-01", 300), ("2026-08-01", 300))
        self._bank_pays(invoice, "2026-05-25", 600)
        self.assert_on("2026-07-02", plan, "open", invoice, "on_plan")
        self.assert_on("2026-08-02", plan, "broken", invoice, "due")

    def test_kept_then_the_payment_comes_back(self):
        invoice = self._invoice(1000, DUE)
        promise = self._commit(invoice, ("2026-06-10", 1000))
        payment = self._pay(invoice, "2026-06-08")
        self.assert_on("2026-06-09", promise, "kept", invoice, "paid")
        payment.action_cancel()
        self.assert_on("2026-06-11", promise, "broken", invoice, "due")

    def test_payment_in_progress_keeps_it(self):
        """Money on its way is no broken promise, whether it has an entry or not, whether it is matched or not."""
        in_progress, on_account = (
            self._invoice(1000, DUE),
            self._invoice(1000, DUE, partner=self._create_debtor("Tiers")),
        )
        promises = [self._commit(invoice, ("2026-06-10", 400)) for invoice in (in_progress, on_account)]
        self._pay_without_entry(in_progress, "2026-06-09", 400)
        self._pay_on_account("2026-06-09", 400, partner=on_account.partner_id)
        with freeze_time("2026-06-11"):
            self.env.invalidate_all()
            self.assertEqual([promise.state for promise in promises], ["kept", "kept"])

    def test_plan_with_payments_in_progress_goes_on(self):
        invoice = self._invoice(900, DUE)
        self._commit(invoice, ("2026-06-01", 300), ("2026-07-01", 600))
        self._pay_without_entry(invoice, "2026-06-01", 300)
        self.assertEqual(self._explain(invoice, "2026-06-10")[:2], ("wait", "on_plan"))

    def test_cancelled(self):
        invoice = self._invoice(1000, DUE)
        promise = self._commit(invoice, ("2026-06-10", 1000))
        promise.action_cancel()
        self.assert_on("2026-05-26", promise, "cancelled", invoice, "due")

    def test_promise_does_not_change_what_is_owed(self):
        invoice = self._invoice(1850, DUE)
        self._commit(invoice, ("2026-08-10", 1850))
        self.assert_claim(invoice, "2026-06-30", 1850, 27.71, 40)
        self.assertEqual(invoice.relance_state, "held")

    def test_the_latest_promise_counts(self):
        """A broken promise does not undo a later one."""
        invoice = self._invoice(1000, DUE)
        first = self._commit(invoice, ("2026-05-22", 1000))
        second = self._commit(invoice, ("2026-06-30", 1000))
        self.assert_on("2026-06-10", first, "broken", invoice, "promised")
        self.assertEqual(second.state, "open")

    def test_bad_commitments(self):
        invoice, other = self._invoice(1000, DUE), self._invoice(10, DUE, partner=self._create_debtor("Tiers"))
        dollars = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        in_dollars = self._invoice(10, DUE, currency_id=dollars.id)
        line = ("2026-06-10", 10)
        for move, payments, vals in (
            (invoice, (), {}),
            (invoice, (line,), {"move_ids": []}),
            (invoice, (line,), {"partner_id": other.partner_id.id}),
            (invoice, (line,), {"move_ids": (invoice | other).ids}),
            (invoice, (line,), {"move_ids": (invoice | in_dollars).ids}),
        ):
            with self.subTest(payments=payments, vals=vals), self.assertRaises(ValidationError):
                self._commit(move, *payments, **vals)

    def test_amount_of_nothing(self):
        invoice = self._invoice(1000, DUE)
        with self.assert_violates("relance_commitment_line_positive"):
            self._commit(invoice, ("2026-06-10", 0))
