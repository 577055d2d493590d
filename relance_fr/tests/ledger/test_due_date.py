from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from ..common import day
from ..dashboard_common import DashboardCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDueDate(DashboardCommon):
    """A receivable line without a due date has the one of its invoice: everything works, with the same figures."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"relance_bank_max_age": 0, "relance_start_date": False})
        cls.twin_debtor = cls._create_debtor("Garage Roux")
        # The same invoice twice; of the second, the date of its receivable line is lost.
        cls.known = cls._invoice(1000, "2026-05-04", cls.twin_debtor)
        cls.lost = cls._invoice(1000, "2026-05-04")
        cls._lose(cls._instalments(cls.lost))

    @classmethod
    def _lose(cls, lines, *columns):
        """Empty the due date of ``lines`` and the given columns of their invoices, as an import by SQL would."""
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE account_move_line SET date_maturity = NULL WHERE id = ANY(%s)", [lines.ids])
        for column in columns:
            cls.env.cr.execute(f"UPDATE account_move SET {column} = NULL WHERE id = ANY(%s)", [lines.move_id.ids])  # noqa: S608
        cls.env.invalidate_all()
        cls.env["relance.decision"]._refresh_progress(lines.move_id)

    def _read(self, records):
        """Return all our fields of ``records`` as the accountant reads them, without those that name the debtor."""
        names = [name for name in records.fields_get() if name.startswith("relance_")]
        kept = [name for name in names if records._fields[name].type not in ("one2many", "many2many", "json")]
        rows = records.with_user(self.users["billing"]).read(names)
        return [{name: row[name] for name in kept if name != "relance_explanation"} for row in rows]

    def test_list_and_form_of_the_invoice(self):
        known, lost = self._read(self.known), self._read(self.lost)
        self.assertEqual(lost, known)
        self.assertEqual(self._read(self._instalments(self.lost)), self._read(self._instalments(self.known)))
        late = self.env["account.move"].search([("relance_is_late", "=", True)])
        self.assertEqual(late & (self.known | self.lost), self.known | self.lost)
        self.assertTrue(self.lost.relance_is_late)

    def test_statement_and_decision(self):
        for as_of in ("2026-05-04", "2026-05-11", DAY):
            own, twin = self.lost.relance_statement(as_of), self.known.relance_statement(as_of)
            for name in ("principal", "penalty", "indemnity", "total", "days_late"):
                self.assertEqual(own[name], twin[name], (as_of, name))
            self.assertEqual(self._explain(self.lost, as_of), self._explain(self.known, as_of), as_of)

    def test_the_daily_job_duns_it_the_same_day(self):
        notices = self._run_on("2026-05-11")
        facts = notices.line_ids.sorted(lambda line: line.move_id.id)
        self.assertRecordValues(
            facts,
            [
                {"move_id": move.id, "date_maturity": day("2026-05-04"), "days_late": 7, "principal_amount": 1000}
                for move in (self.known | self.lost).sorted("id")
            ],
        )
        self.assertFalse(self._run_on("2026-05-12"), "Once.")
        letters = facts.notice_id._render_letters()
        self.assertEqual(len(letters), 2)
        self.assertEqual(self.lost.relance_next_date, self.known.relance_next_date)

    def test_one_instalment_of_three(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Trois fois",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((40, 30), (30, 60), (30, 90))
                ],
            }
        )
        move = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date="2026-02-01", invoice_payment_term_id=term.id, post=True,
        )  # fmt: skip
        first, second, third = self._instalments(move)
        last = third.date_maturity
        self._lose(first)
        self.assertEqual(first._get_relance_due_date(), last, "The most the debtor can have been allowed.")
        self._read(move)
        self._read(first | second | third)
        explained = {row.line_id: row.due for row in self.env["relance.decision"]._get_decisions(move)[move.id]}
        self.assertEqual(explained, {first.id: last, second.id: second.date_maturity, third.id: last})
        self.assertEqual(move.relance_statement_data["totals"]["principal"], 1000)
        self.assertTrue(all(row["due"] for row in move.relance_statement_data["rows"]))

    def test_no_date_at_all(self):
        """Owed without a term: due on the day of the invoice."""
        self._lose(self._instalments(self.lost), "invoice_date_due")
        self.assertEqual(self._instalments(self.lost)._get_relance_due_date(), self.lost.invoice_date)
        self._read(self.lost)
        self.assertGreater(
            self.lost.relance_statement(DAY)["days_late"], self.known.relance_statement(DAY)["days_late"]
        )
        self.assertTrue(self.lost.relance_is_late)
        self.assertEqual(
            self.lost.relance_limitation_date, fields.Date.add(self.lost.invoice_date, years=5), "Five years from then."
        )
        account = self.env["relance.portal.account"]._open(self.lost | self.known)
        self.assertTrue(account)

    def test_draft_and_credit_note(self):
        draft = self._create_invoice_one_line(partner_id=self.debtor, price_unit=10)
        self._lose(draft.line_ids, "invoice_date_due", "invoice_date")
        self._read(draft)
        self.assertEqual(draft.relance_state, "none")
        refund = self._credit_note(100, "2026-06-01")
        self._lose(self._instalments(refund))
        self._read(refund)
        self.assertEqual(self.lost.relance_statement(DAY)["principal"], 900, "It is deducted all the same.")

    def test_entry_by_hand(self):
        account = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "date": "2026-06-01",
                "line_ids": [
                    Command.create({"account_id": account.id, "partner_id": self.debtor.id, "debit": 55}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 55}),
                ],
            }
        )
        entry.action_post()
        self._lose(entry.line_ids)
        rows = self._report("aged").filtered(lambda row: row.move_id == entry)
        self.assertRecordValues(rows, [{"date_due": day("2026-06-01"), "amount": 55, "days_late": 19}])
        self._read(entry)

    def test_what_the_accountant_opens(self):
        """Work list, account, reports, digest, simulation and portal: the same for both debtors."""
        rows = self._report("aged").filtered(lambda row: row.move_id in self.known | self.lost)
        self.assertEqual(rows.mapped("date_due"), [day("2026-05-04")] * 2)
        for name in ("figures", "aged", "stages", "cash", "levels", "recovery_rates", "penalties"):
            self._panel(name)
        self._report("cash")
        debtors = self.env["relance.debtor"].with_user(self.users["billing"]).with_company(self.company)
        accounts = [debtors._get(partner, self.company).account for partner in (self.debtor, self.twin_debtor)]
        amounts = [[bracket["amount"] for bracket in account[0]["brackets"]] for account in accounts]
        self.assertEqual(*amounts)
        (self.debtor | self.twin_debtor).with_company(self.company).relance_user_id = self.users["billing"]
        overdue = (
            self.env["relance.digest"]
            .with_user(self.users["billing"])
            ._get_overdue(fields.Datetime.now(), self.company._relance_today())
        )
        self.assertGreaterEqual(overdue["records"], self._instalments(self.known) | self._instalments(self.lost))
        overdue["describe"](10)
        simulation = self.env["relance.simulation"].create(
            {"company_id": self.company.id, "date_from": DAY, "date_to": "2026-06-30"}
        )
        simulation.action_simulate()
        self._pay(self.known | self.lost, DAY, 500)
        self.company._relance_score_debtors(self.company._relance_today())
        invoices = self.known | self.lost
        self.assertEqual(len(set(invoices.mapped("relance_limitation_date"))), 1)
