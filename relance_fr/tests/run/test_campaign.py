from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..campaign import TODAY, CampaignCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCampaign(CampaignCommon):
    """The campaign of the month: one row for each notice to come, and what it covers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls._calendar("firm", {"kind": "formal", "channel_registered": True, "deadline_days": 15})
        cls.other = cls._create_debtor("Boulangerie du Pont")

    def test_a_row_is_a_notice_to_come(self):
        self.debtor.relance_calendar_id = self.firm
        self._invoice(1850, "2026-05-16")
        self._invoice(400, "2026-06-01")
        self._invoice(200, "2026-06-10", self.other)
        run = self._campaign()
        self.assertRecordValues(
            run.debtor_ids,
            [
                {
                    "partner_id": self.debtor.id,
                    "contact_id": self.debtor.id,
                    "line_count": 2,
                    "date_maturity": date(2026, 5, 16),
                    "days_late": 35,
                    "level_id": self.firm.level_ids[0].id,
                    "channel": "email",
                    "email_to": "compta@menuiserie.example.com",
                    "selected": True,
                    "warning": False,
                    "move_id": False,
                },
                {
                    "partner_id": self.other.id,
                    "contact_id": self.other.id,
                    "line_count": 1,
                    "date_maturity": date(2026, 6, 10),
                    "days_late": 10,
                    "level_id": self.levels["courtesy"].id,
                    "channel": "email",
                    "email_to": "compta@boulangerie.example.com",
                    "selected": True,
                    "warning": False,
                    "move_id": False,
                },
            ],
        )
        self.assertEqual(run.debtor_ids.line_ids, run.line_ids)

    def test_preview_notice_and_ledger_tell_the_same_figures(self):
        self.debtor.relance_calendar_id = self.firm
        first, second = self._invoice(1850, "2026-05-16"), self._invoice(400, "2026-06-01")
        self._bank_pays(first, "2026-06-05", 850)
        self._pay_on_account("2026-06-10", 150)
        foreign = self._invoice(700, "2026-05-01", self.other)
        run = self._campaign()
        previewed = {row.partner_id: self._figures(row) for row in run.debtor_ids}
        run.action_confirm()
        self.assertEqual(len(run.notice_ids), 2)
        for notice in run.notice_ids:
            self.assertEqual(self._figures(notice), previewed[notice.partner_id])
            self.assertEqual(self._row(run, notice.partner_id).notice_id, notice)
        statements = [move.relance_statement(TODAY) for move in first | second]
        row = previewed[self.debtor]
        for name in ("principal", "penalty", "indemnity", "total"):
            self.assertAlmostEqual(row[f"{name}_amount"], sum(statement[name] for statement in statements), 2)
        self.assertEqual(row["credit_amount"], 150)
        self.assertGreater(row["penalty_amount"], 0)
        self.assertEqual(previewed[self.other]["principal_amount"], foreign.amount_residual)

    def test_one_row_for_each_invoice_when_the_calendar_says_so(self):
        self.debtor.relance_calendar_id = self._calendar("courtesy", grouping="invoice")
        invoices = self._invoice(100, "2026-05-16") | self._invoice(200, "2026-05-16")
        run = self._campaign()
        self.assertEqual(run.debtor_ids.move_id, invoices)
        run.action_confirm()
        self.assertEqual(len(run.notice_ids), 2)
        self.assertEqual(run.debtor_ids.notice_id, run.notice_ids)

    def test_one_row_for_each_currency(self):
        rate = {"name": "2026-01-01", "rate": 1.2, "company_id": self.company.id}
        dollar = self.env.ref("base.USD")
        dollar.write({"active": True, "rate_ids": [Command.create(rate)]})
        self._invoice(100, "2026-05-16")
        self._invoice(120, "2026-05-16", currency_id=dollar.id)
        run = self._campaign()
        self.assertEqual(len(run.debtor_ids), 2)
        self.assertEqual(sorted(run.debtor_ids.mapped("total_amount")), [100, 120])
        [row] = run.summary["send"]
        self.assertEqual((row["notices"], row["debtors"], row["lines"]), (2, 1, 2))
        self.assertEqual(sorted(amount for _currency, amount in row["amounts"]), [100, 120])

    # === FILTERS === #

    def test_what_a_filter_removes_is_not_in_the_run(self):
        self.debtor.relance_calendar_id = self.firm
        late, small = self._invoice(1850, "2026-05-16"), self._invoice(90, "2026-06-10", self.other)
        held = self._invoice(60, "2026-05-16", self._create_debtor("Tiers"))
        self.env["relance.hold"].create({"move_id": held.id})
        for vals, moves in (
            ({}, late | small | held),
            ({"calendar_ids": [Command.set(self.firm.ids)]}, late),
            ({"calendar_ids": [Command.set(self.standard.ids)]}, small | held),
            ({"level_ids": [Command.set(self.firm.level_ids[:1].ids)]}, late),
            ({"level_ids": [Command.set(self.levels["final"].ids)]}, late.browse()),
            ({"minimum_amount": 90}, late | small),
            ({"minimum_amount": 90.01}, late),
            ({"minimum_amount": 100, "calendar_ids": [Command.set(self.standard.ids)]}, late.browse()),
        ):
            with self.subTest(vals=vals):
                run = self._campaign(**vals)
                self.assertEqual(run.line_ids.move_id, moves)
                self.assertEqual(run.debtor_ids.line_ids.move_id, moves - held)

    def test_the_minimum_is_that_of_the_debtor(self):
        self._invoice(60, "2026-05-16")
        self._invoice(50, "2026-05-16")
        self.assertEqual(len(self._campaign(minimum_amount=100).line_ids), 2)
        self.assertFalse(self._campaign(minimum_amount=111).line_ids)

    def test_changed_filters_are_previewed_before_they_are_confirmed(self):
        self._invoice(100, "2026-05-16")
        run = self._campaign()
        run.minimum_amount = 500
        self.assertTrue(run.to_preview)
        with self.assertRaisesRegex(UserError, "up to date before"):
            run.action_confirm()
        run.action_preview()
        self.assertFalse(run.line_ids)
        self.assertFalse(run.to_preview)

    # === MISSING RATES === #

    def test_missing_rate_stops_no_preview(self):
        self.env["relance.rate"].search([("date_from", ">=", "2026-01-01")]).unlink()
        consumer = self._create_debtor("Dupont", relance_regime="consumer")
        self._invoice(1850, "2026-05-16")
        self._invoice(80, "2026-05-16", consumer)
        run = self._campaign()
        row = self._row(run)
        self.assertIn("2026 S1", row.warning)
        self.assertEqual((row.principal_amount, row.days_late, row.line_count), (1850, 35, 1))
        self.assertFalse(self._row(run, consumer).warning, "Nothing runs against a consumer before the formal notice.")
        with self.assertRaisesRegex(UserError, "2026 S1"):
            run.action_confirm()
        row.selected = False
        run.action_confirm()
        self.assertEqual(run.notice_ids.partner_id, consumer)

    # === RIGHTS === #

    def _user(self, group, **vals):
        company = vals.pop("company", self.company)
        return new_test_user(
            self.env, f"campaign_{group[-8:]}", groups=f"base.group_user,{group}", company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )  # fmt: skip

    def test_only_choices_are_written(self):
        self._invoice(100, "2026-05-16")
        clerk = self._user("account.group_account_invoice")
        row = self._campaign().with_user(clerk).debtor_ids
        for vals in ({"total_amount": 1}, {"partner_id": self.other.id}, {"notice_id": False}, {"warning": False}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                row.write(vals)
        with self.assertRaises(AccessError):
            row.copy()
        with self.assertRaises(AccessError):
            row.unlink()
        row.write({"selected": False, "personal_note": "Bonjour"})
        self.assertRecordValues(row, [{"selected": False, "personal_note": "Bonjour"}])

    def test_where_a_run_stands_is_not_written_by_hand(self):
        clerk = self._user("account.group_account_invoice")
        self._invoice(100, "2026-05-16")
        run = self._campaign().with_user(clerk)
        for vals in ({"state": "done"}, {"origin": "cron"}, {"to_preview": False}, {"debtor_ids": [Command.clear()]}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                run.write(vals)
        with self.assertRaises(AccessError):
            run.create({"company_id": self.company.id, "state": "confirmed"})

    def test_where_a_run_stands_is_no_default_of_a_browser(self):
        clerk = self._user("account.group_account_invoice")
        forged = {
            "default_state": "done",
            "default_origin": "cron",
            "default_is_test": True,
            "default_author_id": self.env.user.id,
            "default_move_ids": [Command.set(self._invoice(100, "2026-05-16").ids)],
        }
        run = self.env["relance.run"].with_user(clerk).with_context(**forged).create({"company_id": self.company.id})
        self.assertRecordValues(
            run, [{"state": "draft", "origin": "manual", "is_test": False, "author_id": False, "move_ids": []}]
        )

    def test_who_reads_may_not_choose(self):
        self._invoice(100, "2026-05-16")
        run = self._campaign()
        auditor = run.with_user(self._user("account.group_account_readonly"))
        self.assertEqual(auditor.debtor_ids.total_amount, 100)
        self.assertTrue(auditor.summary["send"])
        for action in (
            lambda: auditor.debtor_ids.write({"selected": False}),
            auditor.debtor_ids.action_open_documents,
            auditor.action_preview,
            auditor.action_confirm,
            auditor.action_send,
        ):
            with self.assertRaises(AccessError):
                action()
        stranger = self._user("base.group_partner_manager")
        with self.assertRaises(AccessError):
            run.with_user(stranger).debtor_ids.mapped("total_amount")

    def test_other_company(self):
        other = self.setup_other_company(name="Autre SA")["company"]
        self._invoice(100, "2026-05-16")
        clerk = self._user("account.group_account_invoice", company=other)
        row = self._campaign().debtor_ids.with_user(clerk)
        self.assertFalse(row.search([]))
        for action in (lambda: row.write({"selected": False}), row.action_open_documents, row.read):
            with self.assertRaises(AccessError):
                action()

    def test_a_confirmed_run_is_frozen(self):
        self._invoice(100, "2026-05-16")
        run = self._campaign()
        run.action_confirm()
        for vals in ({"selected": False}, {"level_id": self.levels["firm"].id}, {"channel": "letter"},
                     {"personal_note": "Non"}):  # fmt: skip
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "confirmed"):
                run.debtor_ids.write(vals)
        for vals in ({"date": "2026-06-21"}, {"minimum_amount": 5}, {"level_ids": [Command.clear()]}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "confirmed"):
                run.write(vals)
