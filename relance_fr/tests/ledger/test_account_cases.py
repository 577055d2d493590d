from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ...tools.reading import Reading
from ..ledger_common import LedgerCommon

DUE, AS_OF = "2026-05-04", "2026-05-11"


class AccountCommon(LedgerCommon):
    """The account of a debtor on 11 May 2026: what is asked for on J+7, and why the rest is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receivable = cls.company_data["default_account_receivable"]
        cls.doubtful = cls.receivable.copy({"name": "Clients douteux", "code": "416999"})

    def _pay_back(self, day, amount):
        """Register a payment to the debtor, matched with nothing."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.debtor.id,
                "amount": amount,
                "date": day,
                "journal_id": self.bank.id,
            }
        )
        payment.action_post()
        return payment

    def _entry(self, day, *lines, partner=None):
        """Post an entry of ``lines``: (account, balance, due date or None)."""
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "balance": balance,
                            "date_maturity": due,
                            "partner_id": (partner or self.debtor).id,
                        }
                    )
                    for account, balance, due in lines
                ],
            }
        )
        entry.action_post()
        return entry

    def _hold(self, invoice, reason="manual", **vals):
        return self.env["relance.hold"].create(
            {"partner_id": invoice.commercial_partner_id.id, "move_id": invoice.id, "reason": reason,
             "date_from": "2026-04-01", **vals}
        )  # fmt: skip

    def _decide(self, invoice, as_of=AS_OF, **reading):
        """Return ``(reason, what is asked for)`` of an invoice of one instalment, as the daily job decides."""
        self.env.flush_all()
        company = invoice.company_id
        rows = self.env["relance.decision"]._fetch_decisions(
            Reading(company, fields.Date.to_date(as_of), automatic=True)._replace(**reading), invoice
        )
        return [(row.reason, float(row.net)) for row in rows]

    def assert_due(self, invoice, amount, as_of=AS_OF):
        self.assertEqual(self._decide(invoice, as_of), [("due", amount)])

    def assert_reason(self, invoice, reason, as_of=AS_OF):
        self.assertEqual([row[0] for row in self._decide(invoice, as_of)], [reason])


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestCreditsUsedUp(AccountCommon):
    """A credit that went elsewhere pays no invoice."""

    def test_money_paid_back(self):
        old = self._invoice(1000, "2026-02-01")
        self._pay(old, "2026-02-03", 1000)
        self._pay_on_account("2026-02-03", 500)
        self._pay_back("2026-03-01", 500)
        self.assert_due(self._invoice(500, DUE), 500)

    def test_money_paid_back_in_part(self):
        self._pay_on_account("2026-02-03", 500)
        self._pay_back("2026-03-01", 300)
        self.assert_due(self._invoice(500, DUE), 300)

    def test_money_paid_back_by_the_bank_alone(self):
        self._pay_on_account("2026-02-03", 500)
        self._bank_line("2026-03-01", -500, self.debtor).account_id = self.receivable
        self.assert_due(self._invoice(500, DUE), 500)

    def test_money_paid_back_later_counts_from_its_day(self):
        self._pay_on_account("2026-02-03", 500)
        self._pay_back("2026-05-12", 500)
        invoice = self._invoice(500, DUE)
        self.assert_reason(invoice, "covered_by_credit")
        self.assert_due(invoice, 500, "2026-05-12")

    def test_credit_note_paid_back(self):
        self._credit_note(500, "2026-02-03")
        self._pay_back("2026-03-01", 500)
        self.assert_due(self._invoice(500, DUE), 500)

    def test_opening_entry_is_paid_first(self):
        income = self.company_data["default_account_revenue"]
        self._entry("2025-12-31", (self.receivable, 2000, "2025-12-15"), (income, -2000, None))
        self._pay_on_account("2026-05-02", 2000)
        invoice = self._invoice(800, DUE)
        self.assert_due(invoice, 800)
        self._pay_on_account("2026-05-03", 100)
        self.assert_due(invoice, 700)

    def test_receipt_not_paid_takes_its_money(self):
        self._create_invoice_one_line(
            move_type="out_receipt", price_unit=300, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date="2026-01-10", invoice_payment_term_id=False, post=True,
        )  # fmt: skip
        self._pay_on_account("2026-05-02", 300)
        invoice = self._invoice(800, DUE)
        self.assert_due(invoice, 800)

    def test_entry_against_itself(self):
        """Carried to the doubtful customers and matched with nothing yet: neither a payment nor one debt more."""
        invoice = self._invoice(800, DUE)
        self._entry("2026-05-05", (self.receivable, -800, None), (self.doubtful, 800, None))
        self.assert_due(invoice, 800)


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestWhatIsPaid(AccountCommon):
    """Which debt money pays: named, exact, oldest; held after that, disputed last."""

    def test_exact_amount_while_an_older_one_is_held(self):
        older, newer = self._invoice(1000, "2026-04-01"), self._invoice(500, DUE)
        self._hold(older)
        self._pay_on_account("2026-05-06", 500)
        self.assert_reason(newer, "covered_by_credit")
        self.assertEqual(self._statement(older, AS_OF)[0], 1000)

    def test_another_amount_while_an_older_one_is_held(self):
        older, newer = self._invoice(1000, "2026-04-01"), self._invoice(500, DUE)
        self._hold(older)
        self._pay_on_account("2026-05-06", 400)
        self.assert_due(newer, 100)
        self.assertEqual(self._statement(older, AS_OF)[0], 1000)

    def test_not_followed_comes_after(self):
        older, newer = self._invoice(1000, "2026-04-01"), self._invoice(500, DUE)
        self._instalments(older).no_followup = True
        self._pay_on_account("2026-05-06", 400)
        self.assert_due(newer, 100)

    def test_disputed_comes_last(self):
        older, newer = self._invoice(1000, "2026-04-01"), self._invoice(500, DUE)
        self._hold(older, "dispute")
        self._pay_on_account("2026-05-06", 400)
        self.assert_due(newer, 100)

    def test_part_disputed_comes_last(self):
        """300 of the older one are disputed: 900 pay its other 700, then 200 of the newer one."""
        older, newer = self._invoice(1000, "2026-04-01"), self._invoice(500, DUE)
        self._hold(older, "dispute", amount=300)
        self._pay_on_account("2026-05-06", 900)
        self.assert_due(newer, 300)
        self.assertEqual(self._statement(older, AS_OF)[0], 300)

    def test_named_in_the_label(self):
        older, newer = self._invoice(300, "2026-04-01"), self._invoice(500, DUE)
        payment = self._pay_on_account("2026-05-06", 300)
        payment.memo = f"VIR {newer.name.replace('/', ' ')}"
        self.assert_due(newer, 200)
        self.assert_due(older, 300)

    def test_credit_note_names_its_invoice(self):
        older, newer = self._invoice(300, "2026-04-01"), self._invoice(500, DUE)
        self._credit_note(200, "2026-05-05", ref=f"Avoir sur {newer.name}")
        self.assertEqual(newer.amount_residual, 500)
        self.assert_due(newer, 300)
        self.assert_due(older, 300)

    def test_one_day_in_proportion(self):
        first, second = self._invoice(100, DUE), self._invoice(200, DUE)
        self._pay_on_account("2026-05-06", 150)
        self.assert_due(first, 50)
        self.assert_due(second, 100)

    def test_thin_evidence_waits_then_the_rule_decides(self):
        older, newer = self._invoice(500, "2026-04-01"), self._invoice(500, DUE)
        self._hold(older)
        self._pay_on_account("2026-05-06", 500)
        self.assert_reason(newer, "receipt_to_match")
        # 15 days after the receipt it is settled: of several of one amount the oldest.
        self.assert_reason(newer, "receipt_to_match", "2026-05-21")
        self.assert_due(newer, 500, "2026-05-22")

    def test_thin_evidence_waits_no_longer_than_the_setting(self):
        older, newer = self._invoice(500, "2026-04-01"), self._invoice(500, DUE)
        self._hold(older)
        self._pay_on_account("2026-05-06", 500)
        self.company.relance_receipt_days = 5
        self.assert_reason(newer, "receipt_to_match", "2026-05-11")
        self.assert_due(newer, 500, "2026-05-12")
        self.company.relance_receipt_days = 0
        self.assert_due(newer, 500)

    def test_in_doubt_a_person_may_send(self):
        older, newer = self._invoice(500, "2026-04-01"), self._invoice(500, DUE)
        self._hold(older)
        self._pay_on_account("2026-05-06", 500)
        self.assertFalse(self._run_on(AS_OF))
        notice = self._send(newer, AS_OF)
        self.assertRecordValues(notice, [{"state": "sent", "principal_amount": 500}])


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestMoneyNotBooked(AccountCommon):
    """Money that Odoo knows of and that is on no account of customers yet."""

    def test_bank_line_of_the_debtor(self):
        invoice = self._invoice(1200, DUE)
        self._bank_line("2026-05-06", 1200, self.debtor)
        self.assert_reason(invoice, "receipt_to_match")
        self.assertFalse(self._run_on(AS_OF))
        self.assertIn("1,200.00", invoice.relance_explain(AS_OF)["message"], "It says how much there is to match.")

    def test_who_chose_the_invoice_is_warned(self):
        invoice = self._invoice(1200, DUE)
        self._bank_line("2026-05-06", 1200, self.debtor)
        run = self.env["relance.run"]._create_for_moves(invoice)
        run._preview()
        self.assertIn("receipts", [lack["key"] for lack in run.readiness["lacks"]])
        self.assertFalse(run.is_blocked)
        self.assertIn("1,200.00", run.debtor_ids.instalments[0]["why"])
        self.assertEqual([fact["model"] for fact in run.debtor_ids.credits], ["account.bank.statement.line"])

    def test_in_a_campaign_it_waits(self):
        self._invoice(1200, DUE)
        self._bank_line("2026-05-06", 1200, self.debtor)
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": AS_OF})
        run.action_preview()
        self.assertRecordValues(run.line_ids, [{"decision": "wait", "reason": "receipt_to_match"}])
        self.assertFalse(run.debtor_ids.filtered("selected"))

    def test_the_work_list_asks_to_match_it(self):
        self._invoice(1200, DUE)
        self._bank_line("2026-05-06", 500, self.debtor)
        self.env.flush_all()
        row = self.env["relance.debtor"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(row.action, "receipt")

    def test_bank_line_for_a_part_is_deducted(self):
        invoice = self._invoice(1200, DUE)
        self._bank_line("2026-05-06", 500, self.debtor)
        self.assert_due(invoice, 700)
        notice = self._run_on(AS_OF)
        self.assertRecordValues(notice, [{"principal_amount": 700, "state": "sent"}])

    def test_bank_line_whose_label_names_the_invoice(self):
        invoice = self._invoice(1200, DUE)
        line = self._bank_line("2026-05-06", 1200)
        line.statement_line_id.payment_ref = f"VIREMENT {invoice.name}"
        self.assert_reason(invoice, "receipt_to_match")

    def test_bank_line_of_another_debtor(self):
        invoice = self._invoice(1200, DUE)
        self._bank_line("2026-05-06", 1200, self._create_debtor("Autre"))
        self.assert_due(invoice, 1200)

    def test_bank_line_that_came_after_the_draft(self):
        """A person confirmed, then the bank showed the money: the notice does not leave."""
        invoice = self._invoice(1200, DUE)
        with freeze_time(AS_OF):
            notice = invoice._relance_send_by_hand(send_now=False)
        self.assertEqual(notice.state, "ready")
        self.env.flush_all()
        self.env.cr.execute("UPDATE relance_notice SET create_date = create_date - interval '1 hour'")
        self.env.invalidate_all()
        self._bank_line(AS_OF, 1200, self.debtor)
        with freeze_time(AS_OF):
            self.env["relance.run"]._cron_dispatch()
        self.assertEqual(notice.state, "cancelled")

    def test_payment_without_entry_for_no_invoice(self):
        invoice = self._invoice(1000, DUE)
        self._pay_without_entry_for_nothing("2026-05-06", 1000)
        self.assert_reason(invoice, "receipt_to_match")

    def test_payment_without_entry_that_the_bank_has_shown(self):
        """The line of the bank and the payment are one receipt: it is counted once, whatever their dates."""
        for shown in ("2026-05-07", "2026-05-05"):
            with self.subTest(shown), self.cr.savepoint() as savepoint:
                invoice = self._invoice(1500, DUE)
                self._pay_without_entry_for_nothing("2026-05-06", 1000)
                self._bank_line(shown, 1000, self.debtor)
                self.assert_due(invoice, 500)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_payment_in_progress_that_the_bank_showed_before(self):
        invoice = self._invoice(1000, DUE)
        self._pay_without_entry(invoice, "2026-05-08", 400)
        self._bank_pays(invoice, "2026-05-06", 400)
        self.assertEqual(invoice.amount_residual, 600)
        self.assert_due(invoice, 600)

    def test_bank_line_of_a_payment_in_progress(self):
        """The payment is deducted, its line of the bank is not deducted from the rest besides."""
        invoice = self._invoice(1000, DUE)
        self._pay_without_entry(invoice, "2026-05-06", 400)
        self._bank_line("2026-05-07", 400, self.debtor)
        self.assert_due(invoice, 600)

    def test_bank_line_of_a_payment_that_is_booked(self):
        paid, invoice = self._invoice(1000, "2026-04-20"), self._invoice(1000, DUE)
        self._pay(paid, "2026-05-06", 1000)
        self._bank_line("2026-05-07", 1000, self.debtor)
        self.assert_due(invoice, 1000)

    def _pay_without_entry_for_nothing(self, day, amount):
        method = self.inbound_payment_method_line
        outstanding, method.payment_account_id = method.payment_account_id, False
        with patch.object(
            self.env.registry["account.move"], "_get_invoice_in_payment_state", lambda move: "in_payment"
        ):
            payment = self.init_payment(amount, post=True, date=day, partner=self.debtor)
            self.env.flush_all()
        method.payment_account_id = outstanding
        self.assertRecordValues(payment, [{"move_id": False, "state": "in_process"}])
        return payment


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestEarlyDiscount(AccountCommon):
    """2 % if paid within ten days: what is left then is owed by nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.term = cls.env["account.payment.term"].create(
            {
                "name": "2 % 10 jours",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        cls.invoice = cls._create_invoice_one_line(
            price_unit=1000, product_id=cls.product_a, tax_ids=[], partner_id=cls.debtor, invoice_date="2026-04-04",
            invoice_payment_term_id=cls.term, post=True,
        )  # fmt: skip

    def test_paid_in_time(self):
        self._pay_without_entry(self.invoice, "2026-04-11", 980)
        self.assertEqual(self._decide(self.invoice), [("payment_in_progress", 0)])
        self.assertEqual(self._statement(self.invoice, AS_OF), (0, 0, 0, 0))

    def test_matched_in_time(self):
        self._bank_pays(self.invoice, "2026-04-14", 980)
        self.assertEqual(self.invoice.amount_residual, 20)
        self.assert_reason(self.invoice, "discount_taken")
        self.assertEqual(self._statement(self.invoice, AS_OF), (0, 0, 0, 0))

    def test_on_account_in_time(self):
        self._pay_on_account("2026-04-14", 980)
        self.assert_reason(self.invoice, "discount_taken")

    def test_paid_a_day_late(self):
        self._bank_pays(self.invoice, "2026-04-15", 980)
        self.assert_due(self.invoice, 20)


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestCarriedElsewhere(AccountCommon):
    """A debt carried to the account of doubtful customers is not paid."""

    def _carry(self, invoice, amount, day="2026-05-06"):
        entry = self._entry(day, (self.receivable, -amount, None), (self.doubtful, amount, None))
        source, target = entry.line_ids.sorted("balance")
        (source + self._instalments(invoice)).reconcile()
        return target

    def test_it_is_dunned_and_bears_interest(self):
        invoice = self._invoice(1000, DUE)
        self._carry(invoice, 1000)
        self.assertEqual(invoice.amount_residual, 0)
        self.assert_due(invoice, 1000)
        # 1 000 x 12.15 % x 7 / 365 = 2.330...
        self.assertEqual(self._statement(invoice, AS_OF), (1000, 2.33, 40, 1042.33))
        notice = self._run_on(AS_OF)
        self.assertRecordValues(notice, [{"state": "sent", "principal_amount": 1000}])
        self.assertEqual(self._explain(invoice, "2026-05-19")[1:3], ("due", "Firm reminder"))

    def test_the_account_counts_it_once(self):
        self._carry(self._invoice(1000, DUE), 1000)
        self.env.flush_all()
        row = self.env["relance.debtor"].search([("partner_id", "=", self.debtor.id)])
        [account] = row._prepare_account(row._get_open_rows(), {})
        self.assertEqual({name: account[name] for name in ("overdue", "other", "balance")},
                         {"overdue": 1000, "other": 0, "balance": 1000})  # fmt: skip

    def test_paid_there_in_part(self):
        invoice = self._invoice(1000, DUE)
        target = self._carry(invoice, 1000)
        credit = self._pay_on_account("2026-05-08", 400).move_id.line_ids.filtered("credit")
        credit.account_id = self.doubtful
        (credit + target).reconcile()
        self.assert_due(invoice, 600)
        # 1 000 x 12.15 % x 4 / 365 = 1.331..., 600 x 12.15 % x 3 / 365 = 0.599...
        self.assertEqual(self._statement(invoice, AS_OF), (600, 1.93, 40, 641.93))

    def test_paid_there_on_account(self):
        invoice = self._invoice(1000, DUE)
        self._carry(invoice, 1000)
        self._pay_on_account("2026-05-08", 1000)
        self.assert_reason(invoice, "covered_by_credit")

    def test_two_invoices_the_older_is_paid_first(self):
        older, newer = self._invoice(1000, "2026-04-10"), self._invoice(500, DUE)
        entry = self._entry("2026-05-06", (self.receivable, -1500, None), (self.doubtful, 1500, None))
        source, target = entry.line_ids.sorted("balance")
        (source + self._instalments(older) + self._instalments(newer)).reconcile()
        credit = self._pay_on_account("2026-05-08", 1100).move_id.line_ids.filtered("credit")
        credit.account_id = self.doubtful
        (credit + target).reconcile()
        self.assertEqual(self._decide(older), [])
        self.assert_due(newer, 400)

    def test_written_off_is_settled(self):
        invoice = self._invoice(1000, DUE)
        loss = self.company_data["default_account_expense"]
        entry = self._entry("2026-05-06", (self.receivable, -1000, None), (loss, 1000, None))
        (entry.line_ids.sorted("balance")[0] + self._instalments(invoice)).reconcile()
        self.assertEqual(self._decide(invoice), [])


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestLegalEntity(AccountCommon):
    """A branch is no other creditor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create(
            {"name": "Agence", "parent_id": cls.company.id, "relance_automatic": True}
        )
        cls._make_ready(cls.branch)
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=(cls.company + cls.branch).ids))
        cls.env.cr.precommit.run()
        cls.invoice = cls._invoice(
            1000, DUE, company_id=cls.branch.id, journal_id=cls.company_data["default_journal_sale"].id
        )

    def test_paid_at_the_head_office(self):
        self.assert_due(self.invoice, 1000)
        self._pay_on_account("2026-05-06", 1000)
        self.assert_reason(self.invoice, "covered_by_credit")
        self.assertEqual(self._statement(self.invoice, AS_OF)[0], 0)

    def test_paid_at_the_branch_for_the_head_office(self):
        ours = self._invoice(400, DUE)
        self._pay_on_account("2026-05-06", 1400)
        self.assert_reason(ours, "covered_by_credit")
        self.assert_reason(self.invoice, "covered_by_credit")

    def test_excluded_at_the_head_office(self):
        self.debtor.with_company(self.company).relance_exclude = True
        self.assert_reason(self.invoice, "excluded")

    def test_held_at_the_head_office(self):
        self.env["relance.hold"].create(
            {
                "partner_id": self.debtor.id,
                "reason": "dispute",
                "company_id": self.company.id,
                "date_from": "2026-05-01",
            }
        )
        self.assert_reason(self.invoice, "disputed")

    def test_contacted_by_the_head_office(self):
        self.assertEqual(self._send(self._invoice(400, DUE), AS_OF).state, "sent")
        journal = self.company_data["default_journal_sale"]
        later = self._invoice(700, DUE, company_id=self.branch.id, journal_id=journal.id)
        self.assert_reason(later, "too_recent")
