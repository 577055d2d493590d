import doctest
import random
from decimal import Decimal

from odoo import Command, fields
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ...tools import score
from ..score_common import DAY, ScoreCommon


@tagged("post_install", "-at_install")
class TestFormula(ScoreCommon):
    """The formula: in Python, in SQL, and on the screen."""

    def test_examples(self):
        result = doctest.testmod(score)
        self.assertGreater(result.attempted, 8)
        self.assertFalse(result.failed)

    def _draw(self, draw):
        tenths = lambda most: Decimal(draw.randrange(0, most * 10 + 1)) / 10  # noqa: E731
        return score.Facts(
            tenths(90), tenths(100), tenths(120), draw.randrange(5), draw.randrange(5),
            Decimal(draw.randrange(8)) / 2, Decimal(draw.randrange(8)) / 2,
        )  # fmt: skip

    def test_sql_agrees_with_python_on_random_facts(self):
        draw = random.Random(19)
        facts = [self._draw(draw) for _row in range(3000)]
        # Where a rounding could differ: exact halves.
        facts += [score.Facts(Decimal(0), Decimal(s) / 10, Decimal("7.5"), 0, 0, Decimal(0), Decimal(0))
                  for s in range(250)]  # fmt: skip
        weights = score.Marks(37, 33, 19, 11)
        rows = self.env.execute_query(
            SQL(
                """
                WITH figures AS (
                    SELECT 'scored' AS status, * FROM (VALUES %s) AS row (
                        rank, average_delay, overdue_share, overdue_age, promises_broken, promises_kept, disputes_lost,
                        disputes_won)
                ),
                marks AS (SELECT figures.*, %s FROM figures)
                SELECT mark_delay, mark_overdue, mark_promise, mark_dispute, score, score_range
                  FROM (SELECT marks.*, %s FROM marks) scored ORDER BY rank
                """,
                SQL(", ").join(
                    SQL("(%s, %s::numeric, %s::numeric, %s::numeric, %s, %s, %s::numeric, %s::numeric)", rank, *row)
                    for rank, row in enumerate(facts)
                ),
                self.env["res.company"]._relance_sql_marks(),
                self.env["res.company"]._relance_sql_score(weights),
            )
        )
        self.assertEqual(len(rows), len(facts))
        for row, fact in zip(rows, facts, strict=True):
            marks = score.get_marks(fact)
            self.assertEqual([f"{mark:.1f}" for mark in row[:4]], [f"{mark:.1f}" for mark in marks], fact)
            self.assertEqual(row[4], score.get_score(marks, weights), fact)
            self.assertEqual(int(row[5]), min(row[4], 99) // 20 * 20)

    def test_score_of_a_real_ledger_line_by_line(self):
        # 1 000 paid 12 days late, 3 000 on time: 3 days on average. 500 overdue of 4 500 (11.1 %) for 10 days.
        self._paid_invoice(1000, "2026-03-01", "2026-03-13")
        self._paid_invoice(3000, "2026-04-01", "2026-04-01")
        self._invoice(500, "2026-06-10")
        self._refresh()
        profile = self._profile()
        lines = profile._get_formula_lines()
        self.assertEqual([line["weight"] for line in lines], [40, 30, 20, 10])
        # 95.0: 3 of 60 days. 92.6: 11.1 of 25 percent, 10 of 60 days.
        self.assertEqual([line["mark"] for line in lines], [95.0, 92.6, 100.0, 100.0])
        self.assertEqual([float(line["points"]) for line in lines], [38.0, 27.8, 20.0, 10.0])
        self.assertRecordValues(profile, [{"status": "scored", "score": 96, "score_range": "80"}])
        self.assertIn("11.1 % of a year&#39;s turnover", profile.formula)
        self.assertEqual(profile.with_context(lang="fr_FR").formula.count("<tr"), 6)

    def test_weights_are_applied_at_once_and_are_no_drop(self):
        self._paid_invoice(1000, "2026-03-01", "2026-03-31")
        self._refresh()
        self.assertEqual(self._profile().score, 80)
        with freeze_time(DAY):
            self.company.write({"relance_score_weight_delay": 100, "relance_score_weight_overdue": 0,
                                "relance_score_weight_promise": 0, "relance_score_weight_dispute": 0})  # fmt: skip
            self.assertRecordValues(self._profile(), [{"score": 50, "score_history": {DAY: 50}}])
        self._refresh()
        self.assertFalse(self.env["relance.alert"].search([("partner_id", "=", self.debtor.id)]))

    def test_weights_add_up_to_100(self):
        with self.assertRaisesRegex(Exception, "add up to 110"):
            self.company.relance_score_weight_delay = 50
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.relance_score_weight_overdue, 30)
        settings.write({"relance_score_weight_delay": 50, "relance_score_weight_overdue": 20})
        settings.execute()
        self.assertEqual(self.company._get_relance_score_weights(), (50, 20, 20, 10))


@tagged("post_install", "-at_install")
class TestFigures(ScoreCommon):
    """The figures, on real reconciliations."""

    def test_paid_early_counts_as_on_time(self):
        self._paid_invoice(1000, "2026-05-01", "2026-04-10")
        self._paid_invoice(1000, "2026-05-01", "2026-05-21")
        self.assert_figures({"paid_count": 2, "average_delay": 10.0, "late_share": 50.0, "score": 93})

    def test_weighted_by_amount(self):
        self._paid_invoice(100, "2026-05-01", "2026-05-31")
        self._paid_invoice(900, "2026-05-01", "2026-05-11")
        self.assert_figures({"average_delay": 12.0, "late_share": 100.0})

    def test_paid_in_parts(self):
        invoice = self._invoice(1000, "2026-05-01")
        self._pay(invoice, "2026-04-28", 600)
        self._pay(invoice, "2026-05-21", 300)
        # 600 on time, 300 twenty days late; 100 is still owed, since 50 days.
        self.assert_figures(
            {"paid_count": 1, "average_delay": 6.7, "late_share": 33.3, "overdue_amount": 100.0, "overdue_age": 50.0,
             "overdue_share": 10.0, "oldest_due": fields.Date.to_date("2026-05-01")}
        )  # fmt: skip

    def test_credit_note_is_no_payment(self):
        self._paid_invoice(1000, "2026-05-01", "2026-05-01")
        credited = self._invoice(1000, "2026-04-01")
        self._credit_note(1000, "2026-05-30", invoice=credited)
        self.assertEqual(credited.payment_state, "reversed")
        self.assert_figures({"paid_count": 1, "average_delay": 0.0, "turnover": 1000.0, "score": 100})

    def test_write_off_is_no_payment(self):
        written_off = self._invoice(1000, "2026-04-01")
        self._settle_by_entry(written_off, "2026-05-30", self.company_data["default_journal_misc"])
        self.assert_figures({"paid_count": 0, "status": "short", "overdue_amount": 0.0})

    def test_entry_of_a_bank_journal_is_a_payment(self):
        invoice = self._invoice(1000, "2026-05-01")
        self._settle_by_entry(invoice, "2026-05-31", self.bank)
        self.assert_figures({"paid_count": 1, "average_delay": 30.0})

    def _settle_by_entry(self, invoice, day, journal):
        receivable = self._instalments(invoice)
        entry = self.env["account.move"].create(
            {
                "journal_id": journal.id,
                "date": day,
                "line_ids": [
                    Command.create({"account_id": receivable.account_id.id, "partner_id": self.debtor.id,
                                    "credit": invoice.amount_residual}),
                    Command.create({"account_id": self.company_data["default_account_expense"].id,
                                    "debit": invoice.amount_residual}),
                ],
            }
        )  # fmt: skip
        entry.action_post()
        (receivable + entry.line_ids.filtered(lambda line: line.account_id == receivable.account_id)).reconcile()

    def test_day_the_bank_shows(self):
        invoice = self._invoice(1000, "2026-05-01")
        payment = self._pay(invoice, "2026-05-01")
        self.assert_figures({"average_delay": 0.0})
        self._clear(payment, "2026-05-13")
        self.assert_figures({"average_delay": 12.0})
        matched = self._invoice(1000, "2026-05-01")
        self._bank_pays(matched, "2026-05-03", 1000)
        self.assert_figures({"average_delay": 7.0, "paid_count": 2})

    def test_payment_of_two_invoices_cleared_in_two_lines(self):
        first, second = self._invoice(500, "2026-05-01"), self._invoice(500, "2026-05-01")
        payment = self._pay(first | second, "2026-05-01")
        payment.ensure_one()
        self._clear(payment, "2026-05-05", 500)
        self._clear(payment, "2026-05-11", 500)
        self.assert_figures({"average_delay": 7.0, "paid_count": 2})

    def test_foreign_currency_is_weighed_in_the_company_s(self):
        self._paid_invoice(1000, "2026-05-01", "2026-05-31")
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        foreign = self._invoice(1000, "2026-05-01", currency_id=dollar.id)
        self._pay(foreign, "2026-05-01")
        owed = self._invoice(400, "2026-06-10", currency_id=dollar.id)
        self.assertEqual(owed.amount_residual, 400)
        self.assert_figures({"average_delay": 20.0, "turnover": 1700.0, "overdue_amount": 200.0})

    def test_unallocated_credit_is_not_overdue(self):
        self._invoice(500, "2026-05-01")
        self._pay_on_account("2026-06-01", 500)
        self.assert_figures({"overdue_amount": 0.0, "oldest_due": False})

    def test_what_is_disputed_waits(self):
        disputed = self._invoice(500, "2026-05-01")
        self.env["relance.hold"].create({"move_id": disputed.id, "reason": "dispute", "date_from": "2026-06-01"})
        self._invoice(100, "2026-06-10")
        self.assert_figures({"overdue_amount": 100.0, "overdue_age": 10.0})

    def test_trend_and_history(self):
        self._paid_invoice(1000, "2025-10-01", "2025-10-11")
        self._paid_invoice(1000, "2026-03-01", "2026-03-26")
        self.assert_figures(
            {"recent_delay": 25.0, "earlier_delay": 10.0, "has_trend": True, "trend": 15.0, "average_delay": 17.5}
        )
        # What is older than the history no longer counts.
        self._paid_invoice(9000, "2024-01-01", "2024-06-01")
        self.assert_figures({"average_delay": 17.5, "customer_since": fields.Date.to_date("2023-12-02")})

    def test_only_facts_of_the_same_company(self):
        other = self.setup_other_company(name="Second")
        self._paid_invoice(1000, "2026-05-01", "2026-05-31")
        invoice = (
            self.env["account.move"]
            .with_company(other["company"])
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.debtor.id,
                    "company_id": other["company"].id,
                    "invoice_date": "2026-04-01",
                    "invoice_date_due": "2026-05-01",
                    "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 700, "tax_ids": []})],
                }
            )
        )
        invoice.action_post()
        other["company"].relance_score_min_invoices = 1
        self._refresh()
        self._refresh(company=other["company"])
        self.assertRecordValues(self._profile(), [{"average_delay": 30.0, "overdue_amount": 0.0, "turnover": 1000.0}])
        self.assertRecordValues(
            self._profile(company=other["company"]),
            [{"paid_count": 0, "status": "short", "overdue_amount": 700.0, "turnover": 700.0}],
        )
        in_other = self.debtor.with_company(other["company"])
        self.assertEqual((self.debtor.relance_average_delay, in_other.relance_average_delay), (30.0, 0.0))
        found = [("relance_average_delay", ">", 20), ("id", "=", self.debtor.id)]
        self.assertTrue(self.env["res.partner"].search(found))
        self.assertFalse(self.env["res.partner"].with_company(other["company"]).search(found))

    # === PROMISES AND DISPUTES === #

    def _promise(self, invoice, made_on, *payments):
        with freeze_time(made_on):
            return self.env["relance.commitment"].create(
                {
                    "partner_id": invoice.commercial_partner_id.id,
                    "date": made_on,
                    "move_ids": invoice.ids,
                    "line_ids": [Command.create({"date": day, "amount": amount}) for day, amount in payments],
                }
            )

    def test_promises_by_the_ledger_of_their_days(self):
        for paid_on in ("2026-05-20", "2026-05-21", None):
            invoice = self._invoice(1000, "2026-05-01")
            self._promise(invoice, "2026-05-05", ("2026-05-20", 1000))
            if paid_on:
                self._pay(invoice, paid_on)
        # Kept on its day, paid a day late, not paid at all.
        self.assert_figures({"promises_kept": 1, "promises_broken": 2})

    def test_open_promise_is_not_decided_and_a_cancelled_one_never(self):
        invoice = self._invoice(1000, "2026-05-01")
        self._promise(invoice, "2026-05-05", ("2026-06-30", 1000))
        other = self._invoice(1000, "2026-05-01")
        self._promise(other, "2026-05-05", ("2026-05-10", 1000)).cancelled = True
        self.assert_figures({"promises_kept": 0, "promises_broken": 0})

    def test_plan_breaks_at_the_instalment_missed(self):
        invoice = self._invoice(900, "2026-05-01")
        self._promise(invoice, "2026-05-05", ("2026-05-15", 300), ("2026-06-15", 300), ("2026-07-15", 300))
        self._pay(invoice, "2026-05-15", 300)
        self.assert_figures({"promises_kept": 0, "promises_broken": 0}, day="2026-06-15")
        self.assert_figures({"promises_kept": 0, "promises_broken": 1}, day="2026-06-16")

    def test_money_not_matched_yet_counts_for_the_debtor(self):
        invoice = self._invoice(1000, "2026-05-01")
        self._promise(invoice, "2026-05-05", ("2026-05-20", 1000))
        self._pay_on_account("2026-05-19", 1000)
        self.assert_figures({"promises_kept": 1, "promises_broken": 0})

    def test_disputes_count_once_somebody_said_who_was_right(self):
        for outcome in ("rejected", "accepted", "partly", "talked about"):
            hold = self.env["relance.hold"].create(
                {"partner_id": self.debtor.id, "reason": "dispute", "date_from": "2026-03-01", "date_to": "2026-04-01"}
            )
            hold.note = outcome
        self._paid_invoice(100, "2026-05-01", "2026-05-01")
        self.assert_figures({"disputes_lost": 0.0, "disputes_won": 0.0, "score": 100})
        verdict = SQL("CASE hold.note WHEN 'rejected' THEN 1 WHEN 'accepted' THEN 0 WHEN 'partly' THEN 0.5 END")
        self.patch(self.env.registry["res.company"], "_relance_sql_dispute_lost", lambda company: verdict)
        # 1.5 of 3: half of the ten points.
        self.assert_figures({"disputes_lost": 1.5, "disputes_won": 1.5, "mark_dispute": 50.0, "score": 95})

    # === WHO HAS A SCORE === #

    def test_too_little_history_is_no_score(self):
        self.company.relance_score_min_invoices = 3
        for _rank in range(2):
            self._paid_invoice(100, "2026-05-01", "2026-05-01")
        self.assert_figures({"status": "short", "score": 0, "score_range": False, "mark_delay": 0.0, "paid_count": 2})
        partners = self.env["res.partner"].with_company(self.company)
        self.assertFalse(partners.search([("relance_score", "<", 50), ("id", "=", self.debtor.id)]))
        self.assertIn("Not enough history", self._profile().formula)
        self._paid_invoice(100, "2026-05-01", "2026-05-01")
        self.assert_figures({"status": "scored", "score": 100})

    def test_natural_persons_are_not_scored_by_default(self):
        person = self._create_debtor("Jeanne Martin", is_company=False, relance_regime="consumer")
        trader = self._create_debtor("Paul Durand", is_company=False, relance_regime="business")
        for partner in (person, trader):
            self._paid_invoice(1000, "2026-05-01", "2026-05-31", partner)
            self._invoice(10, "2026-05-01", partner)
        nothing = {"status": "natural", "score": 0, "paid_count": 0, "average_delay": 0.0, "turnover": 0.0,
                   "overdue_amount": 0.0, "customer_since": False, "score_history": False}  # fmt: skip
        self._refresh()
        self.assertRecordValues(self._profile(person) + self._profile(trader), [nothing, nothing])
        with freeze_time(DAY):
            self.company.relance_score_consumers = True
        self.assertRecordValues(self._profile(person), [{"status": "scored", "average_delay": 30.0}])
        with freeze_time(DAY):
            self.env["relance.alert"].sudo().create(
                {"company_id": self.company.id, "partner_id": person.id, "kind": "score_drop", "date": DAY}
            )
            self.company.relance_score_consumers = False
        self.assertRecordValues(self._profile(person), [nothing])
        self.assertFalse(self.env["relance.alert"].search([("partner_id", "=", person.id)]))

    def test_becoming_a_natural_person_erases_at_once(self):
        self._paid_invoice(1000, "2026-05-01", "2026-05-31")
        self._refresh()
        with freeze_time(DAY):
            self.debtor.relance_regime = "consumer"
        self.assertRecordValues(self._profile(), [{"status": "natural", "score": 0, "score_history": False}])

    def test_nightly_job_is_idempotent_and_forgets_who_is_no_debtor(self):
        self._paid_invoice(1000, "2026-05-01", "2026-05-31")
        invoice = self._invoice(10, "2026-05-01", self.partner_b)
        self._refresh()
        table = SQL("SELECT id, xmin::text FROM relance_partner_profile ORDER BY id")
        before = self.env.execute_query(table)
        self._refresh()
        self.assertEqual(self.env.execute_query(table), before, "no row is written twice")
        invoice.button_draft()
        self._refresh()
        self.assertFalse(self._profile(self.partner_b))
        self.assertTrue(self._profile())


@tagged("post_install", "-at_install")
class TestScoreStatements(ScoreCommon):
    """The number of statements of the nightly job does not grow with the number of debtors."""

    def test_constant_number_of_statements(self):
        self.env["relance.segment"].with_context(active_test=False).search([]).active = True
        # The first ones go the same way: what is read once a process is not counted.
        self._add_debtors(5)
        self._run_job()
        self._add_debtors(20)
        few = self._run_job()
        debtors = self._add_debtors(60)
        many = self._run_job()
        self.assertEqual(len(self._profile(debtors[0]).segment_id), 1)
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, 25)

    def _add_debtors(self, count):
        """Return ``count`` new debtors, each with an invoice that is late."""
        debtors = self.env["res.partner"].create(
            [{"name": f"Client {rank}", "is_company": True, "relance_regime": "business"} for rank in range(count)]
        )
        invoices = self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": debtor.id,
                    "invoice_date": "2026-04-01",
                    "invoice_date_due": "2026-05-01",
                    "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 100, "tax_ids": []})],
                }
                for debtor in debtors
            ]
        )
        invoices.action_post()
        return debtors

    def _run_job(self):
        self.env.flush_all()
        # What rules of access read of the user is kept or not, as caches happen to be filled: not counted.
        self.company._relance_query_segments(self.env["relance.segment"]._get_rules(self.company))
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._refresh()
        return self.env.cr.sql_log_count - before
