from odoo.tests import freeze_time, tagged

from ..common import day
from ..plan_common import PlanCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestLimitation(PlanCommon):
    """Until when a claim can be brought: by regime, restarted by a signature, announced six months before."""

    def _lapses(self, invoice):
        invoice.invalidate_recordset(["relance_limitation_date"])
        return invoice.relance_limitation_date

    def test_by_regime(self):
        for regime, expected in (("business", "2029-03-10"), ("consumer", "2026-03-10"), ("public", "2028-12-31")):
            invoice = self._invoice(100, "2024-03-10", self._create_debtor(f"Débiteur {regime}", relance_regime=regime))
            self.assertEqual(self._lapses(invoice), day(expected), regime)

    def test_nothing_left_nothing_lapses(self):
        invoice = self._invoice(100, "2024-03-10")
        self._pay(invoice, "2024-04-01")
        self.assertFalse(self._lapses(invoice))
        self.assertFalse(self.env["account.move"].new({"move_type": "out_invoice"}).relance_limitation_date)

    def test_a_signed_plan_starts_it_anew_a_payment_does_not(self):
        invoice = self._invoice(900, "2024-03-10")
        self._bank_pays(invoice, "2025-01-10", 300)
        self.assertEqual(self._lapses(invoice), day("2029-03-10"))
        plan = self._plan(invoice, 3, "2026-06-10")
        self.assertEqual(self._lapses(invoice), day("2029-03-10"), "Not signed yet.")
        self._sign(plan)
        self.assertEqual(self._lapses(invoice), day("2031-05-20"))
        plan.action_cancel()
        self.assertEqual(self._lapses(invoice), day("2031-05-20"), "What was acknowledged stays so.")

    def test_a_formal_notice_counts_against_a_public_body_only(self):
        firm = self._invoice(100, "2025-03-10")
        town = self._invoice(100, "2025-03-10", self._create_debtor("Mairie", relance_regime="public"))
        for invoice in firm | town:
            invoice.partner_id.relance_calendar_id = self._calendar({"kind": "formal", "channel_email": True})
            self._send(invoice, "2026-02-10")
        self.assertEqual(self._lapses(firm), day("2030-03-10"))
        self.assertEqual(self._lapses(town), day("2030-12-31"))

    def test_search(self):
        old, recent = self._invoice(100, "2021-08-01"), self._invoice(100, "2025-08-01")
        Move = self.env["account.move"]
        lapsing = Move.search([("relance_limitation_date", "<=", "2026-11-20")])
        self.assertIn(old, lapsing)
        self.assertNotIn(recent, lapsing)
        later = Move.search([("relance_limitation_date", ">", "2026-11-20")])
        self.assertIn(recent, later)
        self.assertNotIn(old, later)

    def test_told_once_six_months_before(self):
        invoice = self._invoice(100, "2021-08-01")
        self.debtor.with_company(self.company).relance_exclude = True

        def told():
            return invoice.activity_ids.filtered(lambda activity: "lapses" in activity.summary)

        self._run_on("2026-01-31")
        self.assertFalse(told())
        self._run_on("2026-02-01")
        self.assertEqual(told().date_deadline, day("2026-08-01"))
        told().unlink()
        self._run_on("2026-02-02")
        self.assertFalse(told(), "Once.")
