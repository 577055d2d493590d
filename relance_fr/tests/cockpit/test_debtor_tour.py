from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from ..screens import ScreenCommon, blank_pdf


@tagged("post_install", "-at_install")
class TestDebtorTour(ScreenCommon, HttpCase):
    """An accountant's morning, in a real browser: the work list, one click, the account of a debtor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ensure_rates()
        cls.startClassPatcher(
            patch.object(
                cls.registry["relance.notice"],
                "_render_letters",
                lambda notices: {notice.id: blank_pdf() for notice in notices},
            )
        )

    def test_morning(self):
        self.company.relance_automatic = False
        self._invoice(1850, self._days_ago(20))
        self.env["relance.run"]._cron_escalate()
        notice = self.env["relance.notice"].search([("company_id", "=", self.company.id)])
        self.assertEqual(notice.state, "to_approve")
        other = self._create_debtor("Boulangerie du Pont")
        self._invoice(640.5, self._days_ago(10), other)
        self.start_tour(
            "/odoo/action-relance_fr.relance_debtor_action_open_work", "relance_fr_debtor", login="relance_billing"
        )
        self.env.invalidate_all()
        self.assertIn(notice.state, ("ready", "sent"))
        call = self.env["relance.call"].search([("partner_id", "=", other.id)])
        self.assertEqual(call.outcome, "no_answer")

    def test_auditor_reads(self):
        self._invoice(640.5, self._days_ago(10))
        debtor = self.env["relance.debtor"]._get(self.debtor, self.company)
        self.start_tour(f"/odoo/debtors/{debtor.id}", "relance_fr_debtor_read", login="relance_auditor")
