from base64 import b64encode
from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-16", "2026-05-26"
SATURDAY, ASCENSION = date(2026, 5, 30), date(2026, 5, 14)

#: What a branch takes from the companies above it. A setting that is not here is each company's own.
INHERITED = {
    "relance_automatic": "all",
    "relance_two_person": "any",
    "relance_working_days": "any",
    "relance_calendar_id": "nearest",
    "relance_contact_id": "nearest",
    "relance_daily_cap": "nearest",
    "relance_legal_form": "nearest",
    "relance_penalty_account_ids": "nearest",
    "relance_receipt_days": "nearest",
    "relance_register_town": "nearest",
    "relance_seat": "nearest",
    "relance_sector": "nearest",
    "relance_share_capital": "nearest",
    "relance_signatory_id": "nearest",
    "relance_signatory_function": "nearest",
    "relance_signature": "nearest",
    "relance_start_date": "nearest",
    "relance_test_email": "nearest",
    "relance_test_since": "nearest",
    "relance_window_from": "nearest",
    "relance_window_to": "nearest",
}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestBranchSettings(LedgerCommon):
    """What holds the sending of a company back binds its branches; what letters name they take from above."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create({"name": "Agence", "parent_id": cls.company.id})
        cls._make_ready(cls.branch)
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=(cls.company + cls.branch).ids))
        cls.env.cr.precommit.run()  # the branch gets its parent's chart of accounts
        cls.company.relance_calendar_id = cls._calendar({"kind": "formal", "delay": 1, "automatic": True})

    @classmethod
    def _branch_invoice(cls, amount, due, **vals):
        return cls._invoice(
            amount, due, company_id=cls.branch.id, journal_id=cls.company_data["default_journal_sale"].id, **vals
        )

    def _setting(self, name, company=None):
        return (company or self.branch)._get_relance_setting(name)

    def test_settings_a_branch_takes_from_above(self):
        companies = self.env["res.company"]
        rules = {name: companies._get_relance_branch_rule(name) for name in companies._fields if name in INHERITED}
        self.assertEqual(rules, INHERITED)
        others = [name for name in companies._fields if name.startswith("relance_") and name not in INHERITED]
        self.assertEqual({companies._get_relance_branch_rule(name) for name in others}, {"own"})

    def test_switch_and_number_of_its_own(self):
        self.company.write({"relance_recall_minutes": 90, "relance_thanks": True, "relance_holidays": "57"})
        self.branch.relance_recall_minutes = 5
        self.assertEqual(self._setting("relance_recall_minutes"), 5)
        self.assertFalse(self._setting("relance_thanks"))
        self.assertEqual(self._setting("relance_holidays"), "FR")
        self.assertEqual(self.env["res.company"]._get_relance_concerned("relance_thanks"), self.company)

    def test_user_of_the_branch_alone(self):
        self.company.write({"relance_two_person": True, "relance_test_email": "essai@example.com"})
        clerk = new_test_user(
            self.env, "clerk", "account.group_account_invoice", company_id=self.branch.id, company_ids=self.branch.ids
        )
        branch = self.branch.with_user(clerk).with_context(allowed_company_ids=self.branch.ids)
        self.assertIs(branch._get_relance_setting("relance_two_person"), True)
        self.assertEqual(branch._get_relance_setting("relance_test_email"), "essai@example.com")
        self.assertEqual(branch._get_relance_setting("relance_calendar_id"), self.company.relance_calendar_id)

    # === WHAT HOLDS SENDING BACK === #

    def test_test_mode(self):
        self.company.relance_test_email = "essai@example.com"
        self.assertEqual(self._setting("relance_test_email"), "essai@example.com")
        self.assertEqual(self._setting("relance_test_since"), self.company.relance_test_since)
        self.assertEqual(self.branch.relance_test_address, self._setting("relance_test_email"))
        self._branch_invoice(1000, DUE)
        self.assertFalse(self._run_on(TODAY))
        with self.assertRaisesRegex(UserError, "Agence is in test mode"):
            self.branch._relance_refuse_in_test_mode()

    def test_automatic_only_where_all_are(self):
        self.company.relance_automatic = False
        self.assertIs(self._setting("relance_automatic"), False)
        self._branch_invoice(1000, DUE)
        self.assertRecordValues(self._run_on(TODAY), [{"company_id": self.branch.id, "state": "to_approve"}])
        self.company.relance_automatic = True
        self.assertIs(self._setting("relance_automatic"), True)

    def test_two_persons_once_one_asks_for_them(self):
        self.company.relance_two_person = True
        self._branch_invoice(1000, DUE)
        notice = self._run_on(TODAY)
        self.assertRecordValues(notice, [{"company_id": self.branch.id, "state": "to_approve"}])
        self.assertTrue(notice._needs_two_persons())
        notice.sudo().author_id = self.env.user
        self.assertFalse(notice.search([("can_approve", "=", True), ("id", "in", notice.ids)]))
        self.company.relance_two_person = False
        notice.invalidate_recordset(["can_approve"])
        self.assertEqual(notice.search([("can_approve", "=", True), ("id", "in", notice.ids)]), notice)

    def test_go_live_date(self):
        self.company.relance_start_date = "2026-06-01"
        self.assertFalse(self.branch._relance_has_started(date(2026, 5, 31)))
        invoice = self._branch_invoice(1000, DUE)
        self.assertEqual(self._explain(invoice, TODAY)[1], "held")
        self.assertFalse(self._run_on(TODAY))
        self.branch.relance_start_date = "2026-05-01"
        self.assertTrue(self.branch._relance_has_started(date(2026, 5, 2)))

    def test_daily_cap_counted_by_itself(self):
        self.company.relance_daily_cap = 1
        self.assertEqual(self.branch._relance_get_cap_left(), 1)
        for number in range(2):
            self._branch_invoice(1000, DUE, partner=self._create_debtor(f"D{number} SA"))
        self.assertEqual(sorted(self._run_on(TODAY).mapped("state")), ["draft", "sent"])
        self.assertEqual(self.branch._relance_get_cap_left(), 0)
        self.assertEqual(self.company._relance_get_cap_left(), 1)
        self.branch.relance_daily_cap = 5
        self.assertEqual(self.branch._relance_get_cap_left(), 4)

    def test_hours_come_from_one_company(self):
        self.company.write({"relance_window_from": 9, "relance_window_to": 17})
        early = datetime(2026, 5, 26, 4)
        self.assertEqual(self.branch._relance_get_next_window(early), datetime(2026, 5, 26, 7))
        self.assertFalse(self.branch._relance_has_no_limit())
        # From midnight on: its own beginning, not that of its parent.
        self.branch.relance_window_to = 18
        self.assertEqual(self._setting("relance_window_from"), 0)
        self.assertEqual(self.branch._relance_get_next_window(early), early)

    def test_working_days(self):
        self.company.relance_working_days = True
        self.assertFalse(self.branch._relance_is_sending_day(SATURDAY))
        self.assertFalse(self.branch._relance_is_sending_day(ASCENSION))
        self.company.relance_working_days = False
        self.assertTrue(self.branch._relance_is_sending_day(SATURDAY))

    # === WHAT LETTERS, INVOICES AND REPORTS NAME === #

    def test_signature_and_function_are_those_of_the_signatory(self):
        signature = b64encode(b"signature")
        self.company.write({"relance_signatory_function": "CFO", "relance_signature": signature})
        self.branch.relance_signatory_id = False
        letter = self.env["relance.notice"].new({"company_id": self.branch.id})
        self.assertEqual(
            letter._get_letter_signatory(), {"name": self.company.relance_signatory_id.name, "function": "CFO"}
        )
        self.assertEqual(self._setting("relance_signature"), signature)
        # Its own function for the same person.
        self.branch.relance_signatory_function = "Head of the branch"
        self.assertEqual(letter._get_letter_signatory()["function"], "Head of the branch")
        # Whoever signs for the branch neither has the function nor the hand of somebody else.
        self.branch.write({"relance_signatory_id": self.env.user.id, "relance_signatory_function": False})
        self.assertEqual(letter._get_letter_signatory(), {"name": self.env.user.name, "function": ""})
        self.assertFalse(self._setting("relance_signature"))

    def test_contact(self):
        self.company.relance_contact_id = self.partner_b
        letter = self.env["relance.notice"].new({"company_id": self.branch.id, "user_id": False})
        self.assertEqual(letter._get_letter_contact()["name"], self.partner_b.name)

    def test_sector(self):
        self.company.relance_sector = "transport"
        term = self.env["account.payment.term"].create({"name": "30 days"})
        self.assertEqual(term._get_relance_agreement(self.branch).sector, "transport")

    def test_accounts_of_penalties(self):
        account = self.company_data["default_account_revenue"]
        self.company.relance_penalty_account_ids = [Command.set(account.ids)]
        row = self.env["relance.dashboard"]._row_of_receipts(self.branch, [("company_id", "=", self.branch.id)])
        self.assertEqual(row["key"], "received")
