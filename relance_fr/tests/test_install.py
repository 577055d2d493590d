from odoo import fields
from odoo.tests import tagged

from ..hooks import post_init_hook
from .ledger import LedgerCommon


@tagged("post_install", "-at_install")
class TestInstall(LedgerCommon):
    """Installed where invoices exist: they are put in the calendar, and nobody is dunned before a person looked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
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
