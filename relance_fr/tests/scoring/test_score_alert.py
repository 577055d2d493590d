from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from ...models.scoring import relance_alert
from ..score_common import DAY, ScoreCommon


@tagged("post_install", "-at_install")
class TestAlert(ScoreCommon):
    """Alerts: told once, to the right person, gone with their cause; nothing follows by itself."""

    def _alerts(self, kind=None, partner=None):
        domain = [("partner_id", "=", (partner or self.debtor).id)]
        return self.env["relance.alert"].search(domain + ([("kind", "=", kind)] if kind else []))

    # === CREDIT LIMIT === #

    def _limit(self, amount):
        self.company.account_use_credit_limit = True
        self.debtor.credit_limit = amount

    def test_credit_limit_passed_is_told_once_and_closed_when_paid(self):
        self._limit(900)
        invoice = self._invoice(1000, "2026-06-30")
        self._refresh()
        alert = self._alerts()
        self.assertRecordValues(
            alert, [{"kind": "credit_limit", "amount": 1000.0, "limit_amount": 900.0, "state": "open"}]
        )
        self.assertIn("1,000.00", alert.message)
        self.assertTrue(alert.advice)
        activity = alert.activity_ids
        self.assertEqual(activity.user_id, self.company._relance_get_accountant())
        self.assertIn("900.00", activity.note)
        self._refresh("2026-06-21")
        self.assertEqual(self._alerts(), alert)
        self.assertEqual(alert.activity_ids, activity)
        self._pay(invoice, "2026-06-22")
        self._refresh("2026-06-22")
        self.assertRecordValues(alert, [{"state": "closed", "activity_ids": []}])
        self._invoice(2000, "2026-07-30")
        self._refresh("2026-06-23")
        self.assertEqual(len(self._alerts()), 2, "a new event")

    def test_no_limit_no_alert(self):
        self._invoice(1000, "2026-06-30")
        self.debtor.credit_limit = 900
        self.company.account_use_credit_limit = False
        self._refresh()
        self.assertFalse(self._alerts())
        self._limit(0)
        self._refresh()
        self.assertFalse(self._alerts())

    def test_general_limit_and_other_company(self):
        self.company.account_use_credit_limit = True
        self.env["ir.default"].set("res.partner", "credit_limit", 500, company_id=self.company.id)
        self._invoice(1000, "2026-06-30")
        other = self.setup_other_company(name="Second")["company"]
        other.account_use_credit_limit = True
        self._refresh()
        self._refresh(company=other)
        self.assertRecordValues(self._alerts(), [{"company_id": self.company.id, "limit_amount": 500.0}])

    def test_nobody_changes_what_happened(self):
        self._limit(900)
        self._invoice(1000, "2026-06-30")
        self._refresh()
        clerk = new_test_user(
            self.env, "alert_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        alert = self._alerts().with_user(clerk)
        for vals in ({"state": "closed"}, {"amount": 1}, {"user_id": clerk.id}, {"partner_id": self.partner_a.id}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "what happened"):
                alert.write(vals)
        alert.action_handle()
        self.assertEqual(alert.state, "handled")

    def test_handled_does_not_come_back_while_the_cause_lasts(self):
        self._limit(900)
        self._invoice(1000, "2026-06-30")
        self._refresh()
        alert = self._alerts()
        alert.action_handle()
        self._refresh("2026-06-21")
        self.assertRecordValues(self._alerts(), [{"id": alert.id, "state": "handled", "activity_ids": []}])

    # === WHO === #

    def test_goes_to_who_handles_the_customer_if_he_may_read_it(self):
        clerk = new_test_user(
            self.env, "relance_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        seller = new_test_user(
            self.env, "relance_salesperson", groups="base.group_user", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        self._limit(900)
        for user, expected in ((clerk, clerk), (seller, self.company._relance_get_accountant())):
            debtor = self._create_debtor("Client", credit_limit=900, relance_user_id=user.id)
            self._invoice(1000, "2026-06-30", debtor)
            self._refresh()
            alert = self._alerts(partner=debtor)
            self.assertEqual((alert.user_id, alert.activity_ids.user_id), (expected, expected))

    def test_many_at_once_are_one_activity(self):
        self._limit(900)
        self._invoice(1000, "2026-06-30")
        with patch.object(relance_alert, "ALERTS_AT_ONCE", 0):
            self._refresh()
        self.assertFalse(self._alerts().activity_ids)
        self.assertIn("Debtors that need a look", self.company.partner_id.activity_ids.summary)

    # === DROP OF THE SCORE === #

    def test_sudden_drop_and_recovery(self):
        self._paid_invoice(1000, "2026-03-01", "2026-03-01")
        self._refresh("2026-06-01")
        self.assertRecordValues(self._profile(), [{"score": 100, "score_history": {"2026-06-01": 100}}])
        late = self._paid_invoice(1000, "2026-04-10", "2026-06-10")
        self._refresh("2026-06-11")
        self.assertRecordValues(
            self._profile(), [{"score": 80, "score_history": {"2026-06-01": 100, "2026-06-11": 80}}]
        )
        alert = self._alerts("score_drop")
        self.assertRecordValues(alert, [{"score": 80, "reference_score": 100, "state": "open"}])
        self.assertEqual(alert.message, "The payment score fell from 100 to 80 within 30 days.")
        # A month later the drop is old, but nothing got better: the alert stays, and no second one comes.
        self._refresh("2026-07-20")
        self.assertRecordValues(self._alerts(), [{"id": alert.id, "state": "open"}])
        self.assertEqual(self._profile().score_history, {"2026-06-11": 80})
        late.line_ids.remove_move_reconcile()
        late.button_draft()
        self._refresh("2026-07-21")
        self.assertEqual(self._profile().score, 100)
        self.assertEqual(alert.state, "closed")

    def test_slow_decline_is_no_drop(self):
        self._paid_invoice(1000, "2026-03-01", "2026-03-01")
        self._refresh("2026-01-15")
        self.assertFalse(self._profile().score_history)
        for number, day in enumerate(("2026-04-01", "2026-05-15", "2026-06-28")):
            if number:
                self._paid_invoice(1000, "2026-03-01", f"2026-0{3 + number}-05")
            self._refresh(day)
        self.assertLess(self._profile().score, 80)
        self.assertFalse(self._alerts("score_drop"))

    def test_off(self):
        self.company.relance_alert_score_drop = 0
        self._paid_invoice(1000, "2026-03-01", "2026-03-01")
        self._refresh("2026-06-01")
        self._paid_invoice(1000, "2026-04-01", "2026-06-10")
        self._refresh("2026-06-11")
        self.assertFalse(self._alerts())

    # === ORDERS === #

    def test_orders_are_never_warned_about_by_themselves(self):
        self._invoice(1000, "2026-02-01")
        self._refresh()
        self.assertFalse(self._alerts(), "nothing to propose without the Sales application")
        with self._sales_installed():
            self._refresh()
            alert = self._alerts("order_block")
            self.assertRecordValues(alert, [{"amount": 1000.0, "can_warn_orders": True, "state": "open"}])
            self.assertFalse(self.debtor.ref)
            alert.action_warn_orders()
            self.assertIn("Invoices are overdue since 02/01/2026", self.debtor.ref)
            self.assertEqual(alert.state, "handled")
            self._refresh("2026-06-21")
            self.assertEqual(alert.state, "closed")
            self.debtor.ref = False

    def _sales_installed(self):
        """Let a field of every customer stand for the warning of the Sales application, which may be absent."""
        return patch.object(self.env.registry["relance.alert"], "_get_order_warning_field", lambda alert: "ref")

    def test_without_sales_the_button_says_so(self):
        alert = (
            self.env["relance.alert"]
            .sudo()
            .create({"company_id": self.company.id, "partner_id": self.debtor.id, "kind": "order_block", "date": DAY})
        )
        if "sale_warn_msg" not in self.env["res.partner"]._fields:
            self.assertFalse(alert.can_warn_orders)
            with self.assertRaisesRegex(Exception, "Install the Sales application"):
                alert.action_warn_orders()

    def test_orders_only_after_the_days_of_the_setting(self):
        self._invoice(1000, "2026-04-22")
        with self._sales_installed():
            self._refresh("2026-06-21")
            self.assertFalse(self._alerts())
            self._refresh("2026-06-22")
            self.assertTrue(self._alerts("order_block"))
            with freeze_time("2026-06-22"):
                self.company.relance_alert_overdue_days = 0
            self._refresh("2026-06-22")
            self.assertEqual(self._alerts().state, "closed")

    def test_statements_do_not_grow_with_alerts(self):
        self.company.account_use_credit_limit = True
        counts = []
        for number in (3, 30):
            for rank in range(number):
                self._invoice(1000, "2026-06-30", self._create_debtor(f"Client {number} {rank}", credit_limit=10))
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            with freeze_time(DAY):
                raised = self.company._relance_raise_alerts(self.company._relance_today())
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(raised), number)
        self.assertEqual(counts[0], counts[1])
        self.assertTrue(self.env.execute_query(SQL("SELECT 1")))
