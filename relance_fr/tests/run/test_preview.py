from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-16", "2026-05-26"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestPreview(LedgerCommon):
    """The batch a person looks at: it says what would be sent and why not, then sends that and nothing else."""

    def _preview(self, **vals):
        run = self.env["relance.run"].create({"company_id": self.company.id, **vals})
        run.action_preview()
        return run

    def test_preview_says_what_each_invoice_says(self):
        debtors = [self._create_debtor(f"Debtor {number}") for number in range(7)]
        due, paid, held, disputed, excluded, covered, early = (
            self._invoice(1000, DUE, partner=partner) for partner in debtors
        )
        self._pay(paid, "2026-05-20")
        self._invoice(2000, DUE, partner=paid.partner_id)
        hold = {"date_from": "2026-05-20"}
        self.env["relance.hold"].create(
            [hold | {"move_id": held.id}, hold | {"move_id": disputed.id, "reason": "dispute"}]
        )
        excluded.partner_id.relance_exclude = True
        self._pay_on_account("2026-05-20", 1000, partner=covered.partner_id)
        self._send(early, "2026-05-23")
        run = self._preview()
        self.assertFalse(run.notice_ids)
        self.assertEqual(len(run.line_ids), 7)
        for line in run.line_ids:
            explanation = line.move_id.relance_explain(TODAY)
            self.assertEqual(
                (line.decision, line.reason, line.level_id.id or False, line.message),
                tuple(explanation[key] for key in ("decision", "reason", "level_id", "message")),
                line.move_id.partner_id.name,
            )
            self.assertEqual(line.selected, line.decision == "send")
        run.action_preview()
        self.assertEqual(len(run.line_ids), 7, "A second preview replaces the first.")
        run.action_confirm()
        self.assertEqual(run.notice_ids.line_ids.move_id.partner_id, debtors[0] | debtors[1])
        self.assertEqual(set(run.notice_ids.mapped("state")), {"ready"})
        self.assertEqual(due.relance_notice_ids.total_amount, 1000)

    def test_only_what_is_selected_leaves(self):
        first, second = self._invoice(1000, DUE), self._invoice(500, DUE)
        run = self._preview()
        run.line_ids.filtered(lambda line: line.move_id == second).selected = False
        run.action_confirm()
        self.assertRecordValues(run.notice_ids.line_ids, [{"move_id": first.id, "total_amount": 1000}])

    def test_what_a_reason_stopped_cannot_be_selected(self):
        invoice = self._invoice(1000, DUE)
        self.env["relance.hold"].create({"move_id": invoice.id, "date_from": "2026-05-20"})
        run = self._preview()
        run.line_ids.selected = True
        self.assertFalse(run.line_ids.selected)
        run.action_confirm()
        self.assertFalse(run.notice_ids)

    def test_decisions_are_not_written_by_hand(self):
        clerk = new_test_user(
            self.env, "run_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        self._invoice(1000, DUE)
        run = self._preview().with_user(clerk)
        for vals in ({"decision": "send"}, {"level_id": self.levels["final"].id}, {"line_id": False}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                run.line_ids.write(vals)
        with self.assertRaises(AccessError):
            run.line_ids.copy()
        run.line_ids.write({"selected": True})
        run.action_confirm()
        self.assertRecordValues(run.notice_ids, [{"state": "ready", "kind": "courtesy"}])

    def test_confirmed_twice(self):
        self._invoice(1000, DUE)
        run = self._preview()
        run.action_confirm()
        for action in (run.action_confirm, run.action_preview):
            with self.assertRaises(UserError):
                action()
        self.assertEqual(len(run.notice_ids), 1)

    def test_two_people_confirm_the_same_preview(self):
        invoice = self._invoice(1000, DUE)
        first, second = self._preview(), self._preview()
        first.action_confirm()
        with self.subTest("not sent yet"):
            second.action_confirm()
            self.assertEqual(len(invoice.relance_notice_ids), 1)
        first.notice_ids.action_dispatch()
        third = self.env["relance.run"].create({"company_id": self.company.id})
        third.action_preview()
        self.assertFalse(third.line_ids.filtered("selected"))

    def test_preview_overtaken_by_a_sending(self):
        """What another run sent since the preview is not sent again, and stops nobody else."""
        invoice = self._invoice(1000, DUE)
        other = self._invoice(700, DUE, partner=self._create_debtor("Tiers"))
        stale = self._preview()
        self._send(invoice, TODAY)
        stale.action_confirm()
        stale.notice_ids.filtered(lambda notice: notice.state == "ready").action_dispatch()
        self.assertEqual(invoice.relance_notice_ids.filtered(lambda n: n.state == "sent").mapped("kind"), ["courtesy"])
        self.assertEqual(other.relance_notice_ids.mapped("state"), ["sent"])

    def test_preview_overtaken_by_a_payment(self):
        invoice, other = self._invoice(1000, DUE), self._invoice(700, DUE)
        run = self._preview()
        self._bank_pays(invoice, TODAY, 1000)
        run.action_confirm()
        self.assertRecordValues(run.notice_ids, [{"state": "ready", "total_amount": 700}])
        self.assertEqual(run.notice_ids.line_ids.move_id, other)

    def test_preview_confirmed_later_claims_of_that_day(self):
        """A preview of another day is computed again first: it claims more now, which somebody has to see."""
        self.debtor.relance_calendar_id = self._calendar("firm")
        self._invoice(1850, DUE)
        with freeze_time("2026-06-01"):
            run = self._preview()
        with freeze_time("2026-06-30"):
            with self.assertRaisesRegex(UserError, "today or a later day"):
                run.action_preview()
            self.assertEqual(run.action_confirm()["params"]["title"], "Nothing was sent: things have changed")
            self.assertRecordValues(run, [{"state": "draft", "date": date(2026, 6, 30)}])
            self.assertFalse(run.notice_ids)
            run.action_confirm()
        self.assertEqual(run.notice_ids.date.isoformat(), "2026-06-30")
        # 1 850 x 12.15 % x 45 / 365 and 40.
        self.assertRecordValues(
            run.notice_ids, [{"principal_amount": 1850, "penalty_amount": 27.71, "indemnity_amount": 40}]
        )

    def test_a_run_of_a_day_to_come_duns_nobody_early(self):
        invoice = self._invoice(1000, "2026-06-20")
        run = self._preview(date="2026-08-30")
        self.assertEqual(run.debtor_ids.line_ids.move_id, invoice)
        with self.assertRaisesRegex(UserError, "Confirm it on that day"):
            run.action_confirm()
        self.assertFalse(invoice.relance_notice_ids)

    def test_cancelled_run(self):
        sent, waiting = self._invoice(1000, DUE), self._invoice(700, DUE, partner=self._create_debtor("Tiers"))
        run = self._preview()
        run.action_confirm()
        sent.relance_notice_ids.action_dispatch()
        run.action_cancel()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(sent.relance_notice_ids.state, "sent")
        self.assertEqual(waiting.relance_notice_ids.state, "cancelled")
        # A person said no: the daily job leaves it alone for the days between two notices, a person need not.
        self.assertEqual(self._explain(waiting, TODAY)[:2], ("wait", "too_recent"))
        self.assertRecordValues(self._send(waiting, TODAY), [{"state": "sent"}])
        self.assert_register()

    def test_run_of_another_company(self):
        other = self.setup_other_company(name="Autre SA")["company"]
        clerk = new_test_user(
            self.env, "run_clerk", groups="account.group_account_invoice", company_id=other.id, company_ids=other.ids
        )
        self._invoice(1000, DUE)
        with self.assertRaises(AccessError):
            self.env["relance.run"].with_user(clerk).create({"company_id": self.company.id}).action_preview()
        run = self._preview()
        with self.assertRaises(AccessError):
            run.with_user(clerk).action_confirm()
