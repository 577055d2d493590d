from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..insolvency_common import JUDGMENT, InsolvencyCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15")
class TestInsolvencyClaim(InsolvencyCommon):
    """What is declared: the statement of the day of the judgment, to the cent."""

    def assert_tied(self, hold):
        """Assert that each row is the statement of its invoice on the day of the judgment, and its lines add up."""
        for row in hold.declaration["rows"]:
            move = self.env["account.move"].browse(row["move_id"])
            statement = move.relance_statement(JUDGMENT)
            names = ("principal", "penalty", "indemnity", "total")
            self.assertEqual([row[name] for name in names], [statement[name] for name in names], move.name)
            for name in names:
                self.assertAlmostEqual(row[name], sum(line[name] for line in row["lines"]))
            segments = [segment["amount"] for line in row["lines"] for segment in line["segments"]]
            self.assertAlmostEqual(sum(map(float, segments)), row["penalty"])
        self.assertAlmostEqual(hold.declaration_amount, sum(row["converted"] for row in hold.declaration["rows"]))
        self.assertAlmostEqual(hold.declaration_due_amount + hold.declaration_to_come_amount, hold.declaration_amount)

    def test_ties_to_the_statement_of_the_judgment(self):
        late = self._invoice(1850, "2026-05-16")
        part = self._invoice(1200, "2026-04-30")
        self._bank_pays(part, "2026-05-20", 200)
        self._invoice(500, "2026-06-30")
        self._bank_pays(late, "2026-06-12", 850)
        hold = self._open()
        self.assertEqual(len(hold.declaration["rows"]), 3)
        self.assert_tied(hold)
        with freeze_time("2026-11-15"):
            self.env.invalidate_all()
            # Interest stops with the judgment: months later the statement is the same.
            self.assertEqual(late.relance_statement()["penalty"], 14.78)
            self.assertEqual(late.relance_statement()["indemnity"], 40)
            told = sum(Decimal(str(row["converted"])) for row in hold.declaration["rows"])
            self.assertEqual(Decimal(str(hold.declaration_amount)), told)

    def test_instalments_due_and_to_come(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Thirds",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((30, 0), (30, 30), (40, 60))
                ],
            }
        )
        self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date="2026-05-01", invoice_payment_term_id=term, post=True,
        )  # fmt: skip
        hold = self._open()
        (row,) = hold.declaration["rows"]
        self.assertEqual(
            [(line["due"], line["to_come"], line["principal"]) for line in row["lines"]],
            [("2026-05-01", False, 300), ("2026-05-31", False, 300), ("2026-06-30", True, 400)],
        )
        self.assertEqual(hold.declaration_to_come_amount, 400)
        self.assert_tied(hold)
        self.assertEqual([line["part"] for line in hold._get_claim_lines()], ["1/3", "2/3", "3/3"])
        self._bank_pays(self.env["account.move"].browse(row["move_id"]), "2026-05-01", 300)
        hold.action_freeze_declaration()
        self.assertEqual([line["part"] for line in hold._get_claim_lines()], ["2/3", "3/3"])

    def test_due_on_the_day_of_the_judgment_is_due(self):
        self._invoice(100, JUDGMENT)
        hold = self._open()
        (row,) = hold.declaration["rows"]
        self.assertEqual((row["lines"][0]["to_come"], row["total"]), (False, 100), "Due, not late: no indemnity.")

    def test_credit_note_since_lowers_the_claim(self):
        invoice = self._invoice(1850, "2026-05-16")
        hold = self._open()
        self.assertEqual(hold.declaration_amount, 1904.78)
        self._credit_note(850, "2026-06-12", invoice=invoice)
        hold.action_freeze_declaration()
        # 1 000 x 12.15 % x 24 / 365 = 7.99
        self.assertEqual(self._rows(hold, "principal", "penalty", "indemnity"), [(1000, 7.99, 40)])

    def test_payment_since_does_not(self):
        invoice = self._invoice(1850, "2026-05-16")
        hold = self._open()
        self._bank_pays(invoice, "2026-06-12", 1850)
        hold.action_freeze_declaration()
        self.assertEqual(hold.declaration_amount, 1904.78)
        self.assertEqual(hold.held_amount, 0)

    def test_credit_note_of_an_invoice_paid_since_lowers_it_too(self):
        invoice = self._invoice(1850, "2026-05-16")
        self._bank_pays(invoice, "2026-06-11", 1850)
        hold = self._open()
        credit_note = self._credit_note(850, "2026-06-12", reversed_entry_id=invoice.id)
        self.assertEqual(credit_note.amount_residual, 850, "Nothing to be matched with.")
        hold.action_freeze_declaration()
        self.assertEqual(self._rows(hold, "principal", "penalty", "indemnity"), [(1000, 7.99, 40)])

    def test_credit_of_before_pays_no_later_invoice(self):
        self._pay_on_account("2026-06-01", 500)
        early = self._invoice(500, "2026-07-31", invoice_date="2026-06-01")
        later = self._invoice(300, "2026-06-15", invoice_date="2026-06-15")
        preview = self.env["relance.hold"].new(
            {"partner_id": self.debtor.id, "company_id": self.company.id, "date_from": JUDGMENT, "reason": "insolvency"}
        )
        self.assertEqual(preview._prepare_declaration()["total"], 0)
        hold = self._open()
        self.assertEqual(hold.declaration_amount, 0)
        self.assertEqual(self._statement(early, "2026-08-15")[0], 0)
        self.assertEqual(self._statement(later, "2026-08-15")[0], 300)

    def test_a_credit_is_counted_once(self):
        early = self._invoice(500, "2026-05-31", invoice_date="2026-05-01")
        second = self._invoice(400, "2026-06-01", invoice_date="2026-05-01")
        self._pay_on_account("2026-05-31", 700)
        later = self._invoice(500, "2026-06-15", invoice_date="2026-06-15")
        hold = self._open()
        self.assertEqual(self._rows(hold, "move_id", "principal"), [(second.id, 200)])
        self._pay_on_account("2026-06-20", 450)
        self.assertEqual(self._statement(early, "2026-07-31"), (0, 0, 0, 0), "Paid on its due date.")
        self.assertEqual(self._statement(second, "2026-07-31")[0], 200)
        self.assertEqual(self._statement(later, "2026-07-31")[0], 50)
        self._pay_on_account("2026-06-21", 100)
        self.assertEqual(self._statement(later, "2026-07-31")[0], 0)
        # Nothing received since the judgment pays it (C. com. L622-7): 50 stay on the account.
        self.assertEqual(self._statement(second, "2026-07-31")[0], 200)
        hold.action_freeze_declaration()
        self.assertEqual(self._rows(hold, "move_id", "principal"), [(second.id, 200)])

    def test_interest_that_a_plan_waived_is_not_declared(self):
        invoice = self._invoice(900, "2026-05-16")
        with freeze_time("2026-05-26"):
            self._plan(invoice, 3, "2026-07-01", interest="waived")
        self.env.invalidate_all()
        hold = self._open(publication_date="2026-06-12")
        # 900 x 12.15 % x 10 / 365 = 3.00, before the judgment closes the plan as well as after it.
        self.assertEqual(self._rows(hold, "principal", "penalty", "indemnity"), [(900, 3, 40)])
        hold.action_freeze_declaration()
        self.assertEqual(self._rows(hold, "principal", "penalty", "indemnity"), [(900, 3, 40)])

    def test_a_credit_between_two_judgments(self):
        first = self._open()
        early = self._invoice(500, "2026-05-31", invoice_date="2026-05-01")
        self._step(first, "plan", "2026-06-12")
        between = self._invoice(300, "2026-06-13", invoice_date="2026-06-13")
        self._pay_on_account("2026-06-13", 300)
        second = self._open(date_from="2026-06-14")
        self.assertEqual(self._rows(second, "move_id", "principal"), [(early.id, 500)])
        self.assertEqual(self._statement(between, "2026-07-15"), (0, 0, 0, 0))

    def test_payment_between_the_judgment_and_the_invoice(self):
        invoice = self._invoice(600, "2026-07-12", invoice_date="2026-06-14", delivery_date="2026-06-01")
        self._bank_pays(invoice, "2026-06-12", 600)
        self.assertEqual(self._rows(self._open(), "principal", "total"), [(600, 600)])

    def test_delivered_before_and_invoiced_after(self):
        invoice = self._invoice(600, "2026-07-12", invoice_date="2026-06-12")
        other = self._invoice(250, "2026-07-12", invoice_date="2026-06-12")
        hold = self._open()
        self.assertEqual((hold.declaration_amount, hold.later_amount), (0, 850))
        hold.earlier_move_ids = invoice
        other.delivery_date = "2026-06-09"
        hold.action_freeze_declaration()
        self.assertEqual(self._rows(hold, "number", "total"), [(invoice.name, 600), (other.name, 250)])
        self.assertTrue(all(row["lines"][0]["to_come"] for row in hold.declaration["rows"]))
        self.assertEqual(hold.later_count, 0)
        for move in invoice, other:
            self.assertEqual(self._explain(move, "2026-08-01")[1], "insolvent")
            self.assertEqual(self._statement(move, "2026-08-01"), (move.amount_total, 0, 0, move.amount_total))

    def test_invoice_of_somebody_else_is_refused(self):
        theirs = self._invoice(600, "2026-07-12", self._create_debtor("Tiers"), invoice_date="2026-06-12")
        with self.assertRaisesRegex(ValidationError, "of the debtor"):
            self._open(earlier_move_ids=theirs.ids)

    def test_paid_late_before_is_declared_on_request(self):
        paid = self._invoice(1000, "2026-04-01")
        self._bank_pays(paid, "2026-05-01", 1000)
        old = self._invoice(1000, "2021-02-01")
        self._bank_pays(old, "2021-03-01", 1000)
        hold = self._open()
        owed = self._statement(paid, JUDGMENT)[3]
        self.assertGreater(owed, 40)
        self.assertEqual((hold.declaration_amount, hold.left_out_amount), (0, owed))
        hold.claim_paid_late = True
        self.assertEqual((hold.declaration_amount, hold.left_out_amount), (owed, 0))
        self.assertEqual(self._rows(hold, "move_id"), [(paid.id,)], "More than five years: prescribed.")

    def test_second_proceedings_stop_what_was_born_between(self):
        first = self._open()
        between = self._invoice(1000, "2026-06-12", invoice_date="2026-06-11")
        self._step(first, "plan", "2026-06-13")
        self._open(date_from="2026-06-14")
        self.assertEqual(self._statement(between, "2026-11-15")[1:3], self._statement(between, "2026-06-14")[1:3])

    def test_rate_of_a_foreign_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            {"name": "2026-06-08", "rate": 1.25, "currency_id": dollar.id, "company_id": self.company.id}
        )
        self._invoice(1000, "2026-06-30", invoice_date="2026-06-01", currency_id=dollar.id)
        self._invoice(100, "2026-06-30", invoice_date="2026-06-01")
        hold = self._open()
        self.assertEqual(hold.declaration["rates"], [{"currency": "USD", "rate": 0.8, "day": "2026-06-08"}])
        self.assertEqual(hold.declaration_amount, 900)

    def test_rate_printed_is_the_one_core_takes(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        rates = self.env["res.currency.rate"]
        rates.search([("currency_id", "=", dollar.id)]).unlink()
        rates.create({"name": "2026-06-15", "rate": 2, "currency_id": dollar.id, "company_id": self.company.id})
        self._invoice(1000, "2026-06-30", invoice_date="2026-06-01", currency_id=dollar.id)
        hold = self._open()
        self.assertFalse(hold.declaration, "A rate of after the judgment converts nothing.")
        with self.assertRaisesRegex(UserError, "USD"):
            hold.action_freeze_declaration()
        rates.create(
            [
                {"name": day, "rate": rate, "currency_id": dollar.id, "company_id": company_id}
                for day, rate, company_id in (("2026-05-15", 1.25, self.company.id), ("2026-06-09", 1.6, False))
            ]
        )
        hold.action_freeze_declaration()
        self.assertEqual(hold.declaration["rates"], [{"currency": "USD", "rate": 0.8, "day": "2026-05-15"}])
        self.assertEqual(hold.declaration_amount, 800)

    def test_missing_rate_stops_dunning_all_the_same(self):
        invoice = self._invoice(1850, "2026-05-16")
        self.env["relance.rate"].search([("date_from", ">=", "2026-01-01")]).unlink()
        hold = self._open()
        self.assertFalse(hold.declaration)
        self.assertIn("2026", hold.message_ids[0].body)
        self.assertEqual(self._explain(invoice, "2026-06-15")[1], "insolvent")
        with self.assertRaises(UserError):
            hold.action_freeze_declaration()

    def test_the_indemnity_is_not_converted_twice(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            [
                {"name": day, "rate": rate, "currency_id": dollar.id, "company_id": self.company.id}
                for day, rate in (("2026-01-01", 1.0), ("2026-06-10", 1.25))
            ]
        )
        self._invoice(1000, "2026-06-01", invoice_date="2026-05-02", currency_id=dollar.id)
        (row,) = self._open().declaration["rows"]
        # 40 EUR were USD 40 when the invoice was booked: USD 40 are EUR 32 on the day of the judgment.
        self.assertEqual((row["indemnity"], row["lines"][0]["converted"]["indemnity"]), (40, 40))

    def test_privilege(self):
        self._invoice(1850, "2026-06-30")
        for vals, message in (
            ({"privileged_amount": 0, "privilege_ground": "Gage"}, "privileged amount and the ground"),
            ({"privileged_amount": 100}, "privileged amount and the ground"),
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, message),
                self.env.cr.savepoint(),
            ):
                self._open(claim_rank="privileged", **vals)
        hold = self._open(claim_rank="privileged", privileged_amount=1850, privilege_ground="Gage n° 12")
        with self.assertRaisesRegex(ValidationError, "more than the claim"):
            hold.privileged_amount = 1851

    def test_another_company_declares_its_own(self):
        other = self.setup_other_company()
        self._invoice(1850, "2026-05-16")
        theirs = (
            self.env["relance.hold"]
            .with_company(other["company"])
            .sudo()
            .create(
                {
                    "partner_id": self.debtor.id,
                    "reason": "insolvency",
                    "date_from": fields.Date.to_date(JUDGMENT),
                    "company_id": other["company"].id,
                }
            )
        )
        self.assertEqual(theirs.declaration["rows"], [])
        self.assertEqual(self._open().declaration_amount, 1904.78)
