from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from ..common import day
from ..plan_common import SIGNATURE, PlanCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestPlanOfAConsumer(PlanCommon):
    """1 000 EUR due on 16 May, paid in four instalments of 250 from 10 June on: what a missed one allows to claim."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls._create_debtor("Jeanne Petit", is_company=False, relance_regime="consumer")
        cls.person.relance_calendar_id = cls._calendar(
            {"kind": "firm", "delay": 10},
            {"kind": "formal", "delay": 30, "channel_registered": True, "channel_email": False, "deadline_days": 15},
            {"kind": "final", "delay": 45, "deadline_days": 8},
        )
        cls.invoice = cls._invoice(1000, "2026-05-16", cls.person)
        cls.plan = cls._plan(cls.invoice, 4, "2026-06-10")

    def _claimed(self, as_of):
        """Return what a notice of that day would claim as principal, and what it leaves for later."""
        from ...tools.reading import Purpose, Reading  # noqa: PLC0415

        lines = self.invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        claims = (
            self.env["relance.claim"]
            ._get_claims(Reading(self.company, day(as_of)), lines.ids, Purpose.NOTICE)
            .complete()
        )
        [claim] = claims.values()
        return float(claim.principal), float(claim.planned)

    def test_free_of_interest_and_fees(self):
        self.assertEqual(self.plan.interest, "waived")
        self.assertFalse(self.plan.include_penalties)
        self.assertEqual(self.plan.notice_days, 30)
        firm = self._plan(self._invoice(1000, "2026-05-16"), 4, "2026-06-10")
        self.assertEqual(firm.interest, "runs")

    def test_only_what_is_due_under_the_plan(self):
        self.assertEqual(self._claimed("2026-06-10"), (250.0, 750.0))
        notices = self._run_on("2026-06-11")
        self.assertEqual(self.plan.with_context(relance_date="2026-06-11").state, "broken")
        self.assertEqual((notices.principal_amount, notices.line_ids.planned_amount), (250.0, 750.0))
        self.assertEqual(notices.line_ids.amount_paid, 0.0)
        self.assertEqual(self._claimed("2026-07-11"), (500.0, 500.0))
        self._bank_pays(self.invoice, "2026-07-11", 250)
        self.assertEqual(self._claimed("2026-07-12"), (250.0, 500.0))

    def _give_notice(self):
        """Let the firm reminder leave on 11 June and the formal notice on 1 July; return the latter, posted."""
        self._run_on("2026-06-11")
        self._run_on("2026-07-01")
        formal = self.env["relance.notice"].search([("partner_id", "=", self.person.id), ("kind", "=", "formal")])
        with freeze_time("2026-07-01"):
            formal.action_approve()
            formal.filtered(lambda notice: notice.state in ("draft", "ready")).action_dispatch()
            self.assertEqual((formal.state, formal.principal_amount), ("sent", 250.0))
            formal.posted_date = "2026-07-01"
        return formal

    def test_all_of_it_once_a_formal_notice_had_no_effect_for_thirty_days(self):
        formal = self._give_notice()
        self.assertEqual(self._claimed("2026-08-10"), (750.0, 250.0), "Nobody knows that it was received.")
        with freeze_time("2026-08-10"):
            formal.presented_date = "2026-07-03"
            self.env.flush_all()
        # Presented on 3 July: without effect for thirty days at the end of 2 August.
        self.assertEqual(self._claimed("2026-08-02"), (500.0, 500.0))
        self.assertEqual(self._claimed("2026-08-03"), (1000.0, 0.0))

    def test_caught_up_the_plan_goes_on(self):
        formal = self._give_notice()
        with freeze_time("2026-07-05"):
            formal.presented_date = "2026-07-03"
        self._bank_pays(self.invoice, "2026-07-05", 250)
        self._bank_pays(self.invoice, "2026-07-10", 250)
        self.assertEqual(self._claimed("2026-08-05"), (0.0, 500.0))

    def test_a_business_owes_all_of_it(self):
        firm = self._invoice(1000, "2026-05-16")
        self._plan(firm, 4, "2026-06-10")
        self.invoice = firm
        self.assertEqual(self._claimed("2026-06-11"), (1000.0, 0.0))

    def test_the_days_are_a_setting(self):
        self.company.relance_plan_notice_days = 45
        self.assertEqual(self._plan(self._invoice(400, "2026-05-16", self.person), 2, "2026-06-10").notice_days, 45)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.company.relance_plan_notice_days = 0
            self.company.flush_recordset()

    def test_writes_the_sum(self):
        self._offer(self.plan)
        for words, figures, message in (
            (None, None, "in figures: .*1,000.00"),
            ("mille euros", "100", "in figures"),
            ("cent euros", "1000", "in letters"),
            ("", "1000", "in letters"),
        ):
            with self.assertRaisesRegex(UserError, message):
                self.plan._sign_online("Jeanne Petit", "En mon nom", SIGNATURE, "192.0.2.7", words, figures)
        spelled, figures = self._written_sum(self.plan)
        self.plan._sign_online("Jeanne Petit", "En mon nom", SIGNATURE, "192.0.2.7", spelled.upper(), figures)
        self.assertEqual(self.plan.sign_state, "signed")
        self.assertTrue(self.plan.signed_sum.startswith(spelled.upper()))
        self.assertFalse(self._plan(self._invoice(400, "2026-05-16"), 2, "2026-06-10")._writes_sum())

    def test_what_the_agreement_says(self):
        words = " ".join(self.plan._get_letter_body_html().striptags().split())
        self.assertIn("within 30 days of its receipt, all that is left becomes due", words)
        self.assertIn("Done in two originals, one for each party (Code civil, art. 1375).", words)
        self.assertIn("In letters:", words)
        self.assertIn("In figures:", words)
