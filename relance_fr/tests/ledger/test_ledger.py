from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from ..ledger_common import LedgerCommon

DUE, AS_OF = "2026-05-16", "2026-06-30"


@tagged("post_install", "-at_install")
@freeze_time(AS_OF)
class TestCompanies(LedgerCommon):
    """Several companies and a branch: each its own claims, register and settings; a branch uses its parent's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company(name="Autre SA")
        cls.other = cls.other_data["company"]
        cls.other.write({"relance_calendar_id": cls.standard.id, "relance_automatic": True})
        cls.branch = cls.env["res.company"].create(
            {"name": "Agence", "parent_id": cls.company.id, "relance_automatic": True}
        )
        cls._make_ready(cls.branch)
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=(cls.company + cls.other + cls.branch).ids))
        cls.env.cr.precommit.run()  # the branch gets its parent's chart of accounts

    @classmethod
    def _other_invoice(cls, amount, due, **vals):
        return cls._invoice(
            amount, due, company_id=cls.other.id, journal_id=cls.other_data["default_journal_sale"].id, **vals
        )

    @classmethod
    def _branch_invoice(cls, amount, due, **vals):
        return cls._invoice(
            amount, due, company_id=cls.branch.id, journal_id=cls.company_data["default_journal_sale"].id, **vals
        )

    def _accountant(self, company, login):
        return new_test_user(
            self.env, login, groups="account.group_account_invoice", company_id=company.id, company_ids=company.ids
        )

    # === TWO COMPANIES, ONE DEBTOR === #

    def test_credits_of_another_company_do_not_count(self):
        ours, theirs = self._invoice(1000, DUE), self._other_invoice(1000, DUE)
        self.init_payment(400, post=False, date="2026-06-10", partner=self.debtor)
        payment = (
            self.env["account.payment"]
            .with_company(self.other)
            .create(
                {
                    "amount": 400,
                    "date": "2026-06-10",
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": self.debtor.id,
                    "journal_id": self.other_data["default_journal_bank"].id,
                }
            )
        )
        payment.action_post()
        self.assertEqual(payment.move_id.company_id, self.other)
        self.assert_claim(ours, AS_OF, 1000, 14.98, 40)
        self.assert_claim(theirs, AS_OF, 600, 12.31, 40)

    def test_each_company_writes_for_itself(self):
        ours, theirs = self._invoice(1000, DUE), self._other_invoice(700, DUE)
        notices = self._run_on("2026-05-26")
        self.assertRecordValues(
            notices.sorted("total_amount"),
            [
                {"company_id": self.other.id, "name": "RLF/2026/00001", "total_amount": 700, "state": "sent"},
                {"company_id": self.company.id, "name": "RLF/2026/00001", "total_amount": 1000, "state": "sent"},
            ],
        )
        self.assertEqual(ours.relance_notice_ids.line_ids.move_id, ours)
        self.assertEqual(theirs.relance_notice_ids.line_ids.move_id, theirs)
        self.assert_register(self.company)
        self.assert_register(self.other)

    def test_settings_of_a_debtor_are_those_of_one_company(self):
        ours, theirs = self._invoice(1000, DUE), self._other_invoice(1000, DUE)
        self.debtor.with_company(self.other).relance_exclude = True
        self.debtor.with_company(self.other).relance_calendar_id = self._calendar("formal")
        self.assertEqual(self._explain(ours, "2026-05-26"), ("send", "due", "Courtesy reminder", "2026-05-23"))
        self.assertEqual(self._explain(theirs, "2026-05-26")[:2], ("skip", "excluded"))
        self.debtor.with_company(self.other).relance_exclude = False
        self.assertEqual(self._explain(theirs, "2026-06-20"), ("send", "due", "formal", "2026-06-15"))

    def test_holds_and_contacts_of_another_company_stop_nothing(self):
        ours, theirs = self._invoice(1000, DUE), self._other_invoice(1000, DUE)
        self.env["relance.hold"].sudo().create(
            {"partner_id": self.debtor.id, "company_id": self.other.id, "reason": "insolvency", "date_from": DUE}
        )
        self.assertEqual(self._explain(ours, "2026-05-26")[:2], ("send", "due"))
        self.assertEqual(self._explain(theirs, "2026-05-26")[:2], ("skip", "insolvent"))
        self.assert_claim(ours, AS_OF, 1000, 14.98, 40)
        self.assert_claim(theirs, AS_OF, 1000, 0, 0)
        newer = self._other_invoice(500, "2026-05-19", partner=self._create_debtor("Tiers"))
        self._invoice(500, DUE, partner=newer.partner_id)
        self._run_on("2026-05-25")
        self.assertEqual(self._explain(newer, "2026-05-26")[:2], ("send", "due"))

    def test_terms_of_a_company(self):
        terms = self.env["relance.terms"].create(
            {"name": "CGV", "company_id": self.company.id, "date_from": "2022-01-01", "basis": "fixed", "rate": 15}
        )
        ours, theirs, of_the_branch = (
            make(1850, DUE) for make in (self._invoice, self._other_invoice, self._branch_invoice)
        )
        self.assertRecordValues(
            ours | theirs | of_the_branch,
            [{"relance_terms_id": terms.id}, {"relance_terms_id": False}, {"relance_terms_id": terms.id}],
        )
        self.assert_claim(ours, AS_OF, 1850, 34.21, 40)
        self.assert_claim(theirs, AS_OF, 1850, 27.71, 40)
        self.assert_claim(of_the_branch, AS_OF, 1850, 34.21, 40)

    # === A BRANCH === #

    def test_branch_uses_the_settings_of_its_parent(self):
        self.company.relance_calendar_id = self._calendar("courtesy", "firm")
        courtesy = self.company.relance_calendar_id.level_ids[0]
        invoice = self._branch_invoice(1000, DUE)
        self.assertEqual(invoice.company_id, self.branch)
        self.assertRecordValues(invoice, [{"relance_next_level_id": courtesy.id}])
        self.assertEqual(self._explain(invoice, "2026-05-26"), ("send", "due", "courtesy", "2026-05-23"))
        notice = self._run_on("2026-05-26")
        self.assertRecordValues(
            notice, [{"company_id": self.branch.id, "name": "RLF/2026/00001", "level_id": courtesy.id, "state": "sent"}]
        )
        self.assert_register(self.branch)

    def test_branch_can_have_its_own_calendar(self):
        self.branch.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1})
        invoice = self._branch_invoice(1000, DUE)
        self.assertEqual(self._explain(invoice, "2026-05-26"), ("send", "due", "firm", "2026-05-17"))
        self.assertEqual(self._explain(self._invoice(1000, DUE), "2026-05-26")[2], "Courtesy reminder")

    def test_branch_does_not_send_what_only_its_parent_may(self):
        self.branch.relance_automatic = False
        self._branch_invoice(1000, DUE)
        self._invoice(700, DUE, partner=self._create_debtor("Tiers"))
        self.assertRecordValues(
            self._run_on("2026-05-26").sorted("total_amount"),
            [
                {"company_id": self.company.id, "state": "sent"},
                {"company_id": self.branch.id, "state": "to_approve"},
            ],
        )

    # === RIGHTS === #

    def test_user_of_a_company_sees_nothing_of_another(self):
        ours, theirs = self._invoice(1000, DUE), self._other_invoice(1000, DUE)
        notices = self._run_on("2026-05-26")
        clerk = self._accountant(self.company, "ledger_clerk")
        seen = self.env["relance.notice"].with_user(clerk).with_context(allowed_company_ids=self.company.ids)
        self.assertEqual(seen.search([("id", "in", notices.ids)]), ours.relance_notice_ids)
        self.assertEqual(seen.env["relance.notice.line"].search([]).move_id, ours)
        self.assertEqual(seen.env["relance.run"].search([]).company_id, self.company)
        for call in ("relance_statement", "relance_explain"):
            with self.subTest(call=call), self.assertRaises(AccessError):
                getattr(theirs.with_env(seen.env), call)()
        for call in ("action_cancel", "action_approve", "action_dispatch", "action_print"):
            with self.subTest(call=call), self.assertRaises(AccessError):
                getattr(theirs.relance_notice_ids.with_env(seen.env), call)()
        self.assertEqual(seen.env["account.move"].browse(ours.id).relance_statement(AS_OF)["principal"], 1000)

    def test_user_of_a_branch_alone(self):
        invoice = self._branch_invoice(1000, DUE)
        clerk = self._accountant(self.branch, "branch_clerk")
        invoice = invoice.with_user(clerk).with_context(allowed_company_ids=self.branch.ids)
        self.assertEqual(invoice.relance_statement(AS_OF)["total"], 1054.98)
        self.assertEqual(invoice.relance_explain("2026-05-26")["reason"], "due")
        with freeze_time("2026-05-26"):
            notice = invoice._relance_send_by_hand()
        self.assertRecordValues(notice, [{"state": "sent", "kind": "courtesy", "company_id": self.branch.id}])

    def test_send_by_hand_for_two_companies_at_once(self):
        notices = self._send(self._invoice(1000, DUE) | self._other_invoice(700, DUE), "2026-05-26")
        self.assertEqual(sorted(notices.mapped(lambda n: (n.company_id.name, n.total_amount, n.state))), [
            ("Autre SA", 700, "sent"), (self.company.name, 1000, "sent"),
        ])  # fmt: skip
