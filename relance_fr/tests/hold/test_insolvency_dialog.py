from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..insolvency_common import JUDGMENT, InsolvencyCommon
from ..refusals import RefusalsMixin


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15")
class TestInsolvencyDialog(RefusalsMixin, InsolvencyCommon):
    """One action on the debtor: what it shows, what it stops."""

    def _dialog(self, **vals):
        action = self.debtor.action_relance_insolvency()
        return (
            self.env["relance.insolvency"]
            .with_context(**action["context"])
            .create({"date_from": JUDGMENT, "administrator_id": self.representative.id, **vals})
        )

    def test_shows_what_happens_then_does_it(self):
        late = self._invoice(1850, "2026-05-16")
        self._invoice(300, "2026-07-12", invoice_date="2026-06-12")
        promise = self._promise(late, "2026-06-20", 1850)
        dialog = self._dialog(publication_date="2026-06-14")
        for words in ("1,905.40", "before the judgment: 1", "plans closed: 1", "as usual: 1", "08/14/2026"):
            self.assertIn(words, dialog.summary)
        hold = self.env["relance.hold"].browse(dialog.action_confirm()["res_id"])
        self.assertRecordValues(
            hold,
            [
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "reason": "insolvency",
                    "insolvency_kind": "receivership",
                    "declaration_amount": 1904.78,
                    "later_count": 1,
                    "later_amount": 300,
                }
            ],
        )
        self.assertTrue(promise.cancelled)
        self.assertIn("Promises and plans closed", hold.message_ids[0].body)
        self.assertIn("Insolvency proceedings opened", promise.message_ids[0].body)

    def test_from_a_contact_it_is_the_company_that_is_insolvent(self):
        office = self.env["res.partner"].create({"name": "Agence", "parent_id": self.debtor.id})
        action = office.action_relance_insolvency()
        self.assertEqual(action["context"]["default_partner_id"], self.debtor.id)

    def test_second_time_the_proceedings_open(self):
        hold = self._open()
        action = self.debtor.action_relance_insolvency()
        self.assertEqual((action["res_model"], action["res_id"]), ("relance.hold", hold.id))
        self.assertEqual(self.debtor.relance_insolvency_id, hold)
        self.assertIn("Receivership", self.debtor.relance_insolvency_text)

    def test_a_card_without_proceedings_says_nothing(self):
        card = self._create_debtor("Sain")
        self.assertEqual((card.relance_insolvency_text, bool(card.relance_insolvency_id)), (False, False))

    def test_an_invoicing_user_enters_them(self):
        clerk = new_test_user(
            self.env, "insolvency_clerk", groups="base.group_user,account.group_account_invoice",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        dialog = (
            self.env["relance.insolvency"]
            .with_user(clerk)
            .create({"partner_id": self.debtor.id, "company_id": self.company.id, "date_from": JUDGMENT})
        )
        hold = self.env["relance.hold"].browse(dialog.action_confirm()["res_id"])
        self.assertRecordValues(hold, [{"reason": "insolvency", "user_id": clerk.id, "create_uid": clerk.id}])

    def test_entered_meanwhile_by_somebody_else(self):
        dialog = self._dialog()
        hold = self._open()
        self.assertEqual(dialog.action_confirm()["res_id"], hold.id)

    def test_the_database_keeps_one(self):
        self._open()
        with self.assert_violates("relance_hold_running_insolvency_uniq"):
            self._open(date_from="2026-06-11")

    def test_a_judgment_to_come_is_refused(self):
        with self.assertRaisesRegex(UserError, "later than today"):
            self._dialog(date_from="2026-06-16").action_confirm()

    def test_another_company_is_another_matter(self):
        other = self.setup_other_company()["company"]
        self._open()
        theirs = self.debtor.with_company(other)
        self.assertFalse(theirs.relance_insolvency_id)
        self.assertEqual(theirs.action_relance_insolvency()["res_model"], "relance.insolvency")

    def test_rights(self):
        for group, allowed in (
            ("account.group_account_invoice", True),
            ("account.group_account_readonly", False),
            ("base.group_partner_manager", False),
        ):
            user = new_test_user(
                self.env,
                f"user_{group}",
                groups=f"base.group_user,{group}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            debtor = self.debtor.with_user(user)
            with self.subTest(group=group):
                if allowed:
                    self.assertEqual(debtor.action_relance_insolvency()["res_model"], "relance.insolvency")
                else:
                    with self.assertRaises(AccessError):
                        debtor.action_relance_insolvency()

    def test_the_claim_of_another_company_is_not_shown(self):
        other = self.setup_other_company()["company"]
        self._invoice(1850, "2026-05-16")
        user = new_test_user(
            self.env, "theirs", groups="base.group_user,account.group_account_invoice", company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        self.env.invalidate_all()
        vals = {"partner_id": self.debtor.id, "company_id": self.company.id, "date_from": JUDGMENT}
        dialogs = self.env["relance.insolvency"].with_user(user).with_context(allowed_company_ids=other.ids)
        spec = dict.fromkeys((*vals, "insolvency_kind", "summary"), {})
        summary = dialogs.onchange({**vals, "insolvency_kind": "receivership"}, ["date_from"], spec)["value"]["summary"]
        self.assertNotIn("1,905.40", summary)
        self.assertIn("Switch to the company", summary)
        own = dialogs.create({**vals, "company_id": other.id})
        self.assertIn("0.00", own.summary)

    def test_billing_user_enters_them(self):
        late = self._invoice(1850, "2026-05-16")
        self._promise(late, "2026-06-20", 1850)
        notice = self._draft(late)
        user = new_test_user(
            self.env,
            "billing_only",
            groups="base.group_user,account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        dialog = (
            self.env["relance.insolvency"]
            .with_user(user)
            .create({"partner_id": self.debtor.id, "company_id": self.company.id, "date_from": JUDGMENT})
        )
        dialog.action_confirm()
        self.assertEqual(notice.state, "cancelled")

    # === WHAT IT STOPS === #

    def _draft(self, invoices, state="draft"):
        """Return a notice about ``invoices`` as a run drafts it, moved to ``state``."""
        level = self.levels["firm"]
        notice_sudo = (
            self.env["relance.notice"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "currency_id": invoices.currency_id.id,
                    "partner_id": self.debtor.id,
                    "level_id": level.id,
                    "kind": "firm",
                    "channel": "email",
                    "principal_amount": sum(invoices.mapped("amount_total")),
                    "total_amount": sum(invoices.mapped("amount_total")),
                    "line_ids": [
                        Command.create(
                            {
                                "company_id": self.company.id,
                                "currency_id": move.currency_id.id,
                                "move_id": move.id,
                                "line_id": self._instalments(move).id,
                                "level_id": level.id,
                                "principal_amount": move.amount_total,
                                "total_amount": move.amount_total,
                            }
                        )
                        for move in invoices
                    ],
                }
            )
        )
        notice_sudo._set_state(state)
        return notice_sudo.with_env(self.env)

    def test_notices_on_their_way(self):
        early = self._invoice(1850, "2026-05-16")
        second = self._invoice(500, "2026-05-20")
        third = self._invoice(700, "2026-05-20")
        later = self._invoice(300, "2026-06-14", invoice_date="2026-06-12")
        before = [self._draft(early), self._draft(second, "to_approve"), self._draft(third, "ready")]
        after = self._draft(later)
        self._open()
        for notice in before:
            self.assertEqual(notice.state, "cancelled")
            self.assertIn("Insolvency proceedings opened on 06/10/2026", notice.failure_reason)
        self.assertEqual(after.state, "draft")

    def test_words_about_later_invoices_go_on(self):
        early, later = self._invoice(1850, "2026-05-16"), self._invoice(300, "2026-06-14", invoice_date="2026-06-12")
        plan = self._plan(early, 3, "2026-07-10")
        promise = self._promise(later, "2026-06-20", 300)
        with freeze_time("2026-05-20"):
            old_promise = self._promise(early, "2026-06-01", 100)
        self.env.invalidate_all()
        self.assertEqual(old_promise.state, "broken")
        self._open()
        self.assertEqual((plan.cancelled, promise.cancelled, old_promise.cancelled), (True, False, False))

    def test_earlier_and_later_debts_never_meet_in_one_notice(self):
        self.company.relance_automatic = True
        early = self._invoice(1850, "2026-05-16")
        self._open()
        later = self._invoice(300, "2026-06-20", invoice_date="2026-06-12")
        notices = self._run_on("2026-06-29")
        self.assertEqual(notices.line_ids.move_id, later)
        self.assertEqual(self._explain(early, "2026-06-29")[1], "insolvent")
        self.assertEqual(early.relance_judgment, "before")
        self.assertEqual(later.relance_judgment, "after")
        domain = [("partner_id", "=", self.debtor.id)]
        for side, moves in (("before", early), ("after", later)):
            self.assertEqual(self.env["account.move"].search([*domain, ("relance_judgment", "=", side)]), moves)
        self.assertFalse(self.env["account.move"].search([*domain, ("relance_judgment", "=", False)]))
