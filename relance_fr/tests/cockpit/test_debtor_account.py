from odoo import Command
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon
from ..screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDebtorAccount(ScreenCommon, LedgerCommon):
    """The account of a debtor: equal to the ledger and to the letters, to the cent."""

    def _get(self, partner=None, user="billing"):
        self.env.flush_all()
        self.env.invalidate_all()
        model = self.env["relance.debtor"].with_user(self.users[user]).with_company(self.company)
        return model._get(partner or self.debtor, self.company)

    def _get_ledger_balance(self, currency=None):
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "child_of", self.debtor.id),
                ("company_id", "=", self.company.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
            ]
        )
        lines = lines.filtered(lambda line: line.currency_id == (currency or self.company.currency_id))
        return round(sum(lines.mapped("amount_currency")), 2)

    def _assert_tied(self, account):
        """Assert that a block of the account adds up, and to the balance of the ledger."""
        currency = self.env["res.currency"].browse(account["currency_id"])
        self.assertEqual(account["balance"], self._get_ledger_balance(currency))
        parts = account["overdue"] + account["not_due"] + account["other"] - account["credits"]
        self.assertEqual(round(parts, 2), account["balance"])
        aged = sum(bracket["amount"] for bracket in account["brackets"])
        self.assertEqual(round(aged, 2), round(account["overdue"] + account["not_due"], 2))
        self.assertEqual(round(account["principal"] + account["penalty"] + account["indemnity"], 2), account["total"])

    def test_an_account_with_a_bit_of_everything(self):
        late = self._invoice(1000, "2026-05-01")
        self._pay(late, "2026-05-20", 250.5)
        self._invoice(400.4, "2026-02-01")
        self._invoice(300, "2026-07-15")
        self._credit_note(100, "2026-06-01")
        self._pay_on_account("2026-06-10", 50)
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-06-01",
                "company_id": self.company.id,
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create({"account_id": self.company_data["default_account_receivable"].id,
                                    "partner_id": self.debtor.id, "debit": 77}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 77}),
                ],
            }
        )  # fmt: skip
        entry.action_post()
        [account] = self._get().account
        self._assert_tied(account)
        expected = {
            "overdue": 1149.9,
            "not_due": 300,
            "other": 77,
            "credits": 150,
            "balance": 1376.9,
            "principal": 999.9,
        }
        self.assertEqual({name: account[name] for name in expected}, expected)
        self.assertEqual([bracket["amount"] for bracket in account["brackets"]], [300, 0, 749.5, 0, 400.4])

    def test_nothing_is_owed(self):
        [account] = self._get().account
        self._assert_tied(account)
        self.assertEqual((account["balance"], account["total"]), (0, 0))
        self.assertFalse(self._get().instalments)
        self.assertFalse(self._get().timeline)

    def test_the_claim_is_that_of_the_letter(self):
        invoices = self._invoice(1000, "2026-03-01") | self._invoice(500, "2026-04-01")
        self._pay(invoices[0], "2026-05-01", 300)
        self._pay_on_account("2026-06-10", 50)
        self._invoice(300, "2026-07-15")
        self.debtor.with_company(self.company).relance_calendar_id = self._calendar("formal")
        [account] = self._get().account
        notice = self._send(invoices, DAY)
        self.assertEqual(len(notice), 1)
        self.assertGreater(notice.penalty_amount, 0)
        self.assertEqual(
            [account[name] for name in ("principal", "penalty", "indemnity", "total")],
            [notice.principal_amount, notice.penalty_amount, notice.indemnity_amount, notice.total_amount],
        )

    def test_the_claim_is_the_sum_of_the_statements(self):
        invoices = self._invoice(1000, "2026-03-01") | self._invoice(500, "2026-04-01")
        [account] = self._get().account
        statements = [invoice.relance_statement() for invoice in invoices]
        for name in ("principal", "penalty", "indemnity", "total"):
            self.assertEqual(account[name], round(sum(statement[name] for statement in statements), 2))

    def test_a_payment_in_progress_is_told(self):
        invoice = self._invoice(1000, "2026-05-01")
        self._pay_without_entry(invoice, "2026-06-15", 400)
        [account] = self._get().account
        self._assert_tied(account)
        self.assertEqual((account["overdue"], account["pending"], account["principal"]), (1000, 400, 600))

    def test_each_currency_has_its_block(self):
        currency = self.setup_other_currency("USD", rates=[("2026-01-01", 2.0)])
        self._invoice(1000, "2026-05-01", currency_id=currency.id)
        self._invoice(200, "2026-05-01")
        accounts = self._get().account
        self.assertEqual([account["currency_id"] for account in accounts], [self.company.currency_id.id, currency.id])
        self.assertEqual([account["overdue"] for account in accounts], [200, 1000])
        for account in accounts:
            self._assert_tied(account)

    def test_what_is_disputed_is_told_and_stays_in_the_balance(self):
        held = self._invoice(1000, "2026-05-01")
        self.env["relance.hold"].create({"move_id": held.id, "reason": "dispute", "amount": 300})
        [account] = self._get().account
        self._assert_tied(account)
        self.assertEqual((account["overdue"], account["disputed"]), (1000, 300))

    def test_a_missing_rate_says_which_and_shows_the_rest(self):
        self._invoice(1000, "2026-05-01")
        self.env["relance.rate"].search([("date_from", ">=", "2026-01-01")]).unlink()
        debtor = self._get()
        self.assertIn("2026", debtor.warning)
        self.assertEqual(debtor.account[0]["overdue"], 1000)

    def test_each_open_invoice_says_what_comes_next(self):
        late, to_come = self._invoice(1000, "2026-06-01"), self._invoice(300, "2026-07-15")
        self.env["relance.hold"].create({"move_id": late.id, "reason": "dispute"})
        rows = self._get().instalments
        self.assertEqual([row["invoice"] for row in rows], [late.name, to_come.name])
        self.assertEqual([row["amount"] for row in rows], [1000, 300])
        self.assertEqual([row["days_late"] for row in rows], [19, 0])
        for row, invoice in zip(rows, late | to_come, strict=True):
            self.assertEqual(row["why"], invoice.relance_explain()["message"])

    def test_what_happened_newest_first(self):
        invoice = self._invoice(1000, "2026-05-01")
        self._send(invoice, "2026-05-10")
        with freeze_time("2026-05-12 09:00:00"):
            self.env["relance.call"].create(
                {"partner_id": self.debtor.id, "company_id": self.company.id, "outcome": "promise", "note": "Le 20"}
            )
        self.env["relance.commitment"].create(
            {"partner_id": self.debtor.id, "company_id": self.company.id, "date": "2026-05-13",
             "move_ids": invoice.ids, "line_ids": [Command.create({"date": "2026-05-20", "amount": 1000})]}
        )  # fmt: skip
        payment = self._pay(invoice, "2026-05-25", 400)
        hold = self.env["relance.hold"].create(
            {"move_id": invoice.id, "reason": "dispute", "date_from": "2026-06-01", "company_id": self.company.id}
        )
        facts = self._get().timeline
        self.assertEqual(
            [(fact["date"], fact["model"]) for fact in facts],
            [
                ("2026-06-01", "relance.hold"),
                ("2026-05-25", "account.move"),
                ("2026-05-13", "relance.commitment"),
                ("2026-05-12", "relance.call"),
                ("2026-05-10", "relance.notice"),
            ],
        )
        self.assertEqual((facts[0]["id"], facts[1]["id"]), (hold.id, payment.move_id.id))
        self.assertTrue(all(fact["title"] for fact in facts))

    def test_actions_of_the_account(self):
        debtor = self._get()
        for method in ("action_open_partner", "action_open_invoices", "action_open_notices", "action_open_calls",
                       "action_open_commitments", "action_open_holds"):  # fmt: skip
            self.assertTrue(getattr(debtor, method)()["res_model"])
        invoice = self._invoice(1000, "2026-05-01")
        debtor = self._get()
        self.assertEqual(debtor.action_open_invoices()["domain"], [("id", "in", invoice.ids)])
        self.assertEqual(debtor.action_remind()["res_model"], "relance.run")
        self.assertEqual(debtor.action_log_call()["res_model"], "relance.call")
        self.assertEqual(debtor.action_promise()["context"]["default_move_ids"], [Command.set(invoice.ids)])
        self.assertEqual(debtor.action_hold()["context"]["default_partner_id"], self.debtor.id)
        self.assertEqual(debtor.action_insolvency()["res_model"], "relance.insolvency")

    def test_contacts_of_the_debtor(self):
        dunning = self.env["res.partner"].create({"name": "Julie", "parent_id": self.debtor.id, "type": "relance"})
        silent = self.env["res.partner"].create({"name": "Marc", "parent_id": self.debtor.id, "phone": False})
        self.assertEqual(self._get().contact_ids, dunning | self.debtor)
        silent.phone = "04 78 00 00 09"
        self.assertEqual(self._get().contact_ids, dunning | self.debtor | silent)
