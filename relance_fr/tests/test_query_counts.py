from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from .common import RelanceCommon

DAY = "2026-06-20"
FEW, MANY = 12, 130


@tagged("post_install", "-at_install")
class TestQueryCounts(RelanceCommon):
    """The number of statements does not grow with the number of debtors: what one takes, a thousand take."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.many = cls._create_debts()
        cls.few, cls.rest = cls.many[:FEW], cls.many[FEW:]
        cls.env.flush_all()

    @classmethod
    def _create_debts(cls):
        """Post an invoice to each of many debtors, due on different days, all late enough for a first reminder."""
        debtors = cls.env["res.partner"].create(
            [
                {
                    "name": f"Debtor {rank}",
                    "is_company": True,
                    "relance_regime": "business",
                    "email": f"debtor{rank}@example.com",
                    "street": f"{rank} rue des Érables",
                    "city": "Lyon",
                }
                for rank in range(MANY)
            ]
        )
        invoices = cls.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": debtor.id,
                    "invoice_date": "2026-04-01",
                    "invoice_date_due": fields.Date.subtract(fields.Date.to_date("2026-06-10"), days=rank % 30),
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [
                        Command.create({"product_id": cls.product_a.id, "price_unit": 100.0 + rank, "tax_ids": []})
                    ],
                }
                for rank, debtor in enumerate(debtors)
            ]
        )
        invoices.action_post()
        return invoices

    def _count(self, function, excluded=None):
        """Return the number of statements ``function`` takes from a cold cache; what it does is undone.

        :param excluded: invoices whose debtors are never dunned
        """
        savepoint = self.env.cr.savepoint()
        if excluded:
            excluded.partner_id.with_company(self.company).relance_exclude = True
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        try:
            function()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before
        finally:
            self.env.clear()
            savepoint.close(rollback=True)

    def _count_few_and_many(self, function):
        """Return the numbers of statements for a few debtors and for many, the caches of the server being warm."""
        self._count(lambda: function(self.few), excluded=self.rest)
        few = self._count(lambda: function(self.few), excluded=self.rest)
        return few, self._count(lambda: function(self.many))

    def _escalate(self, moves):
        with freeze_time(DAY):
            run = self.company._relance_escalate_company()
        self.assertEqual(len(run.notice_ids), len(moves))
        self.assertEqual(set(run.notice_ids.mapped("state")), {"ready"})

    def test_decide_draft_and_seal_take_a_constant_number_of_statements(self):
        few, many = self._count_few_and_many(self._escalate)
        self.assertEqual(few, many)
        # Four of them read what the company may lack: its accounts, its signatory; two look for who left and still has
        # a role, for letters that nobody printed; each time something is asked, one for what came in.
        self.assertLessEqual(many, 50)

    def test_campaign_takes_a_constant_number_of_statements(self):
        def preview(moves):
            with freeze_time(DAY):
                run = self.env["relance.run"].create({"company_id": self.company.id})
                run.action_preview()
            self.assertEqual(len(run.debtor_ids), len(moves))

        few, many = self._count_few_and_many(preview)
        self.assertEqual(few, many)
        self.assertLessEqual(many, 30)

    def test_bringing_a_campaign_up_to_date_takes_a_constant_number_of_statements(self):
        def refresh(moves):
            with freeze_time(DAY):
                run = self.env["relance.run"].create({"company_id": self.company.id})
                run.action_preview()
                half = run.debtor_ids[: len(moves) // 2]
                half.write({"level_id": self.levels["firm"].id, "channel": "letter"})
                (run.debtor_ids - half).selected = False
                before = run.debtor_ids
                self.env.invalidate_all()
                run.action_bring_up_to_date()
            self.assertEqual(run.debtor_ids, before)
            self.assertEqual(set(half.mapped("channel")), {"letter"})
            self.assertEqual(len(before.filtered("selected")), len(half))

        few, many = self._count_few_and_many(refresh)
        self.assertEqual(few, many)

    def test_choices_take_a_constant_number_of_statements(self):
        def choose(moves):
            with freeze_time(DAY):
                run = self.env["relance.run"].create({"company_id": self.company.id})
                run.action_preview()
                self.env.invalidate_all()
                run.debtor_ids.write({"level_id": self.levels["firm"].id, "channel": "letter", "selected": False})
            self.assertEqual(set(run.debtor_ids.mapped("channel")), {"letter"})
            self.assertGreater(min(run.debtor_ids.mapped("penalty_amount")), 0)

        few, many = self._count_few_and_many(choose)
        self.assertEqual(few, many)

    def test_the_form_of_a_campaign_reads_a_page(self):
        def read(moves):
            with freeze_time(DAY):
                run = self.env["relance.run"].create({"company_id": self.company.id})
                run.action_preview()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            fields_read = {"partner_id": {"fields": {"display_name": {}}}, "level_id": {"fields": {"display_name": {}}}}
            [values] = run.web_read(
                {
                    "summary": {},
                    "result": {},
                    "warning": {},
                    "debtor_count": {},
                    "debtor_ids": {"fields": {**fields_read, "total_amount": {}}, "limit": 10},
                }
            )
            self.assertEqual(len(values["debtor_ids"]), len(moves))
            self.assertEqual(sum("total_amount" in row for row in values["debtor_ids"]), 10)
            counts.append(self.env.cr.sql_log_count - before)

        counts = []
        self._count_few_and_many(read)
        self.assertEqual(counts[-2], counts[-1])
        self.assertLessEqual(counts[-1], 20)

    def test_quiet_day_takes_a_few_statements(self):
        with freeze_time("2026-04-20"):
            self._count(lambda: self.company._relance_escalate_company())
            count = self._count(lambda: self.assertFalse(self.company._relance_escalate_company()))
        # They look for who left and still has a role, for letters that nobody printed, for what came in.
        self.assertLessEqual(count, 13)

    def test_emails_take_a_constant_number_of_statements_a_batch(self):
        def dispatch(moves):
            with freeze_time(DAY):
                run = self.company._relance_escalate_company()
                run.notice_ids._dispatch()
            self.assertEqual(run.notice_ids.mapped("state"), ["sent"] * len(moves))
            self.assertEqual(len(run.notice_ids.mail_id), len(moves))

        few, many = self._count_few_and_many(dispatch)
        # Core inserts messages and e-mails by fifties and renders bodies by fifties.
        self.assertLess((many - few) / (MANY - FEW), 0.3)

    def test_a_change_of_state_takes_a_constant_number_of_statements(self):
        def cancel(moves):
            with freeze_time(DAY):
                notices = self.company._relance_escalate_company().notice_ids
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                notices._set_state("cancelled", "Not wanted.")
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(notices.mapped("state"), ["cancelled"] * len(moves))

        counts = []
        self._count_few_and_many(cancel)
        self.assertEqual(counts[-2], counts[-1])
        # One that changes and tracks; the others read who did it.
        self.assertLessEqual(counts[-1], 5)

    def test_statements_take_a_constant_number_of_statements(self):
        def read(moves):
            figures = moves.with_context(relance_date=DAY).mapped("relance_claim_amount")
            self.assertGreater(min(figures), 140.0)

        few, many = self._count_few_and_many(read)
        self.assertEqual(few, many)
        self.assertLessEqual(many, 10)

    def test_states_take_a_constant_number_of_statements(self):
        def read(moves):
            states = moves.with_context(relance_date=DAY).mapped("relance_state")
            self.assertEqual(set(states), {"late"})

        few, many = self._count_few_and_many(read)
        self.assertEqual(few, many)
        self.assertLessEqual(many, 11)

    def test_one_statement_and_one_explanation(self):
        invoice = self.few[0]
        self._count(lambda: invoice.relance_statement(DAY))
        self.assertLessEqual(self._count(lambda: invoice.relance_statement(DAY)), 12)
        self._count(lambda: invoice.relance_explain(DAY))
        self.assertLessEqual(self._count(lambda: invoice.relance_explain(DAY)), 12)

    def test_progress_of_instalments_takes_a_constant_number_of_statements(self):
        def read(moves):
            lines = moves.line_ids.filtered(lambda line: line.display_type == "payment_term")
            self.assertTrue(all(lines.mapped("relance_next_level_id")))

        few, many = self._count_few_and_many(read)
        self.assertEqual(few, many)
