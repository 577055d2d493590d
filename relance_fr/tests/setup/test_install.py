import base64

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from ...hooks import post_init_hook
from ..ledger_common import LedgerCommon
from ..plan_common import SIGNATURE


@tagged("post_install", "-at_install")
class TestInstall(LedgerCommon):
    """Installed where invoices exist: they are put in the calendar, and nobody is dunned before a person looked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._relance_today()
        cls.overdue_day = fields.Date.subtract(cls.today, days=20)

    def _install(self):
        """Forget what the addon knew of the invoices, then do what installing does."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE account_move SET relance_level_id = NULL, relance_last_date = NULL, relance_next_level_id = NULL,
                   relance_next_date = NULL WHERE company_id = %s
            """,
            [self.company.id],
        )
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        post_init_hook(self.env(su=True))
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env.cr.sql_log_count - before

    def test_invoices_are_put_in_the_calendar(self):
        overdue = self._invoice(1000, self.overdue_day)
        coming = self._invoice(1000, fields.Date.add(self.today, days=30))
        paid = self._invoice(1000, self.overdue_day)
        self._bank_pays(paid, self.today, 1000)
        draft = self._invoice(1000, self.overdue_day)
        draft.button_draft()
        excluded = self._invoice(1000, self.overdue_day)
        excluded.no_followup = True
        self._install()
        nothing = {"relance_next_level_id": False, "relance_next_date": False}
        self.assertRecordValues(
            overdue | coming | paid | draft | excluded,
            [
                {
                    "relance_next_level_id": self.levels["courtesy"].id,
                    "relance_next_date": fields.Date.add(self.overdue_day, days=7),
                },
                {
                    "relance_next_level_id": self.levels["preventive"].id,
                    "relance_next_date": fields.Date.add(self.today, days=27),
                },
                nothing,
                nothing,
                nothing,
            ],
        )
        self.assertFalse(self.env["relance.notice"].search([("company_id", "=", self.company.id)]))

    def test_automatic_sending_waits_for_a_person(self):
        self.company.relance_automatic = True
        self._invoice(1000, self.overdue_day)
        self._install()
        self.assertFalse(self.company.relance_automatic)
        notice = self._run_on(self.today)
        self.assertRecordValues(notice, [{"state": "to_approve"}])
        self.assertFalse(notice.mail_id)

    def test_automatic_stays_where_nothing_is_overdue(self):
        self._invoice(1000, fields.Date.add(self.today, days=30))
        paid = self._invoice(1000, self.overdue_day)
        self._bank_pays(paid, self.today, 1000)
        # What suppliers owe us, or we owe them, is nobody's dunning.
        for move_type in ("in_refund", "in_invoice", "out_refund"):
            self._create_invoice_one_line(
                move_type=move_type, price_unit=100, partner_id=self.partner_a, invoice_date=self.overdue_day,
                invoice_date_due=self.overdue_day, invoice_payment_term_id=False, post=True,
            )  # fmt: skip
        self._install()
        self.assertTrue(self.company.relance_automatic)

    def test_company_of_its_own_settings(self):
        calendar = self._calendar("firm")
        self.company.relance_calendar_id = calendar
        other = self.setup_other_company(name="Autre SA")["company"]
        branch = self.env["res.company"].create({"name": "Agence", "parent_id": self.company.id})
        other.relance_calendar_id = False
        self._install()
        self.assertEqual(self.company.relance_calendar_id, calendar)
        self.assertEqual(other.relance_calendar_id, self.standard)
        self.assertFalse(branch.relance_calendar_id, "A branch uses its parent's.")

    def test_no_work_per_invoice(self):
        """As many statements for thirty invoices as for three."""
        counts = []
        for number in (3, 27):
            for _invoice in range(number):
                self._invoice(100, self.overdue_day)
            counts.append(self._install())
        self.assertLessEqual(counts[1], counts[0])

    def test_company_made_after_the_installation(self):
        """A new company duns by the standard calendar, like those that were there."""
        data = self.setup_other_company(name="Nouvelle SA")
        self.assertEqual(data["company"]._get_relance_setting("relance_calendar_id"), self.standard)
        self.assertTrue(data["company"].relance_automatic)


@tagged("post_install", "-at_install")
class TestSettingsRights(LedgerCommon, HttpCase):
    """The settings of dunning, the signature above all, are for those who keep them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_signature = SIGNATURE

    def _user(self, login, group):
        return new_test_user(
            self.env,
            login,
            groups=f"base.group_user,{group}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_the_signature_is_served_to_nobody_else(self):
        url = f"/web/image/res.company/{self.company.id}/relance_signature"
        self._user("settings_seller", "base.group_user")
        manager = self._user("settings_manager", "account.group_account_manager")
        for login in (None, "settings_seller"):
            self.authenticate(login, login)
            self.assertNotEqual(self.url_open(url).content, base64.b64decode(SIGNATURE), login)
        self.authenticate(manager.login, manager.login)
        self.assertEqual(self.url_open(url).content, base64.b64decode(SIGNATURE))

    def test_settings_are_read_by_those_who_keep_them(self):
        names = [name for name in self.company._fields if name.startswith("relance_")]
        kept = self.company.with_user(self._user("settings_manager", "account.group_account_manager"))
        seller = self.company.with_user(self._user("settings_seller", "base.group_user"))
        for name in names:
            # The secret of the provider's callbacks is the administrator's; whom the job told is nobody's.
            if not name.startswith(("relance_provider_", "relance_roles_told")):
                kept.read([name])
            # Who looks at the notices is told that nothing leaves.
            if name not in ("relance_test_email", "relance_test_address"):
                with self.subTest(name=name), self.assertRaises(AccessError):
                    seller.read([name])

    def test_a_clerk_works_by_settings_he_may_not_read(self):
        clerk = self._user("settings_clerk", "account.group_account_invoice")
        notice = self._invoice(1000, self._overdue_day())._relance_send_by_hand()
        self.assertTrue(notice.with_user(clerk)._get_letter_images()["signature"])
        self.assertTrue(notice.with_user(clerk)._get_letter_signatory())
        plan = self.env["relance.commitment"].with_user(clerk).with_company(self.company)
        self.assertEqual(plan.new({"partner_id": self.debtor.id}).interest, self.company.relance_plan_interest)
        self.assertEqual(sum(self.company.with_user(clerk)._get_relance_score_weights()), 100)

    def test_an_administrator_of_rights_makes_a_company(self):
        keeper = self._user("settings_keeper", "base.group_erp_manager,base.group_partner_manager")
        company = self.env["res.company"].with_user(keeper).create({"name": "Filiale SARL"})
        self.assertEqual(company.relance_calendar_id, self.standard)

    def _overdue_day(self):
        return fields.Date.subtract(self.company._relance_today(), days=20)
