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

    # Invoices are dated thirty days before they fall due: the earliest day is theirs, unless said otherwise.

    def test_by_regime(self):
        for regime, expected in (("business", "2029-02-09"), ("consumer", "2026-02-09"), ("public", "2028-12-31")):
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
        self.assertEqual(self._lapses(invoice), day("2029-02-09"))
        plan = self._plan(invoice, 3, "2026-06-10")
        self.assertEqual(self._lapses(invoice), day("2029-02-09"), "Not signed yet.")
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
        self.assertEqual(self._lapses(firm), day("2030-02-08"))
        self.assertEqual(self._lapses(town), day("2030-12-31"))

    def test_from_the_performance(self):
        """Works of 31 August 2025, invoiced on 31 December, payable until 30 January 2026."""
        rows = (
            # debtor, date of performance, start, last day, arguable one
            ({"relance_regime": "consumer", "is_company": False}, "2025-08-31", "2027-08-31", "2028-01-30"),
            ({}, "2025-08-31", "2030-08-31", "2031-01-30"),
            ({"relance_regime": "public"}, "2025-12-10", "2029-12-31", "2030-12-31"),
            (
                {"relance_regime": "public", "relance_public_kind": "undertaking"},
                "2025-12-10",
                "2030-12-10",
                # sixty days from the performance: payable until 8 February
                "2031-02-08",
            ),
            (
                {
                    "relance_regime": "public",
                    "relance_public_kind": "undertaking",
                    "relance_public_accountant": True,
                },
                "2025-12-10",
                "2029-12-31",
                "2030-12-31",
            ),
        )
        for number, (vals, performed, last, later) in enumerate(rows):
            invoice = self._invoice(100, "2026-01-30", self._create_debtor(f"Client {number}", **vals))
            invoice.relance_performed_on = performed
            self.env.flush_all()
            found = self.env["relance.claim"]._get_limitations(invoice.ids)[invoice.id]
            self.assertEqual((found.start, found.source), (day(performed), "performance"), vals)
            self.assertEqual((found.last, found.later), (day(last), day(later)), vals)
            self.assertEqual(self._lapses(invoice), day(last))

    def test_transport_a_year(self):
        invoice = self._invoice(100, "2026-01-30", delivery_date="2025-12-20")
        self.company.relance_sector = "transport"
        self.env.flush_all()
        found = self.env["relance.claim"]._get_limitations(invoice.ids)[invoice.id]
        self.assertEqual((found.source, found.last, found.later), ("delivery", day("2026-12-20"), day("2027-01-30")))
        invoice.relance_performed_on = "2025-12-15"
        self.assertEqual(self._lapses(invoice), day("2026-12-15"))

    def test_says_which_start_it_took(self):
        invoice = self._invoice(100, "2026-01-30")
        text = invoice.relance_limitation_text
        self.assertIn("Counted from the date of the invoice, 12/31/2025.", text)
        self.assertIn("Enter the date of performance", text)
        self.assertIn("would lapse on 01/30/2031 only", text)
        invoice.relance_performed_on = "2026-01-30"
        invoice.invalidate_recordset(["relance_limitation_text"])
        self.assertEqual(invoice.relance_limitation_text, "Counted from the date of performance, 01/30/2026.")

    def test_a_demand_interrupts_nothing_against_an_undertaking(self):
        owner = self._create_debtor("Régie", relance_regime="public", relance_public_kind="undertaking")
        invoice = self._invoice(100, "2025-03-10", owner)
        owner.relance_calendar_id = self._calendar({"kind": "formal", "channel_email": True})
        self._send(invoice, "2026-02-10")
        self.assertEqual(self._lapses(invoice), day("2030-02-08"))

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

        self._run_on("2026-01-01")
        self.assertFalse(told())
        self._run_on("2026-01-02")
        self.assertEqual(told().date_deadline, day("2026-07-02"))
        told().unlink()
        self._run_on("2026-01-03")
        self.assertFalse(told(), "Once.")
