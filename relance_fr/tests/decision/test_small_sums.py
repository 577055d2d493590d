from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon
from ..refusals import RefusalsMixin

DUE, TODAY = "2026-05-04", "2026-05-11"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSmallSums(RefusalsMixin, LedgerCommon):
    """Nobody is written to about some cents: minima of the company and of a level count what is really sent."""

    def _reason(self, invoice, day=TODAY):
        return self._explain(invoice, day)[1]

    def _message(self, invoice):
        return invoice.relance_explain(TODAY)["message"]

    # === THE LEAST SUM TO REMIND OF === #

    def test_shipped(self):
        company = self.env["res.company"].create({"name": "New", "currency_id": self.env.ref("base.EUR").id})
        self.assertRecordValues(company, [{"relance_minimum": 5.0, "relance_minimum_paper": 15.0}])

    def test_shipped_in_cfp_francs(self):
        franc = self.env.ref("base.XPF")
        franc.active = True
        company = self.env["res.company"].create({"name": "Nouméa", "currency_id": franc.id})
        # 5 x 119.331742 = 596.66, 15 x 119.331742 = 1 789.98
        self.assertRecordValues(company, [{"relance_minimum": 597.0, "relance_minimum_paper": 1790.0}])

    def test_paid_but_two_cents(self):
        """999.98 of 1 000 paid in time: 0.02 and 40 of indemnity are no reason for a letter."""
        invoice = self._invoice(1000, DUE)
        self._pay(invoice, "2026-05-02", 999.98)
        for day in ("2026-05-11", "2026-05-19", "2026-06-03", "2026-06-18"):
            self.assertEqual(self._reason(invoice, day), "below_minimum")
            self.assertFalse(self._run_on(day))
        self.assertIn("least sum to remind of", self._message(invoice))

    def test_exactly_the_minimum(self):
        self.assertEqual(self._reason(self._invoice(5, DUE)), "due")
        self.assertEqual(self._reason(self._invoice(4.99, DUE, self._create_debtor("Beta"))), "below_minimum")

    def test_of_a_debtor_not_of_an_invoice(self):
        invoices = self._invoice(3, DUE) | self._invoice(2, DUE)
        for invoice in invoices:
            self.assertEqual(self._reason(invoice), "due")
        self.debtor.relance_calendar_id = self._calendar("courtesy", grouping="invoice")
        for invoice in invoices:
            self.assertEqual(self._reason(invoice), "due", "one notice an invoice: five euros of one debtor")

    def test_of_what_credits_leave(self):
        invoice = self._invoice(1000, DUE)
        self._pay_on_account("2026-05-02", 996)
        self.assertEqual(self._reason(invoice), "below_minimum")

    def test_penalties_do_not_count(self):
        """4 EUR principal, 40 of indemnity at a formal level: 44 claimed would be above 15."""
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "channel_registered": True})
        self.assertEqual(self._reason(self._invoice(4, "2026-04-01")), "below_minimum")

    def test_in_the_currency_of_the_company(self):
        """10 units worth half a euro each are 5 EUR; 9.98 are 4.99."""
        foreign = self.setup_other_currency("CHF", rates=[("1900-01-01", 2.0)])
        due = self._invoice(10, DUE, currency_id=foreign.id)
        small = self._invoice(9.98, DUE, self._create_debtor("Beta"), currency_id=foreign.id)
        self.assertEqual((self._reason(due), self._reason(small)), ("due", "below_minimum"))

    def test_each_currency_for_itself(self):
        foreign = self.setup_other_currency("CHF", rates=[("1900-01-01", 1.0)])
        euros, francs = self._invoice(4, DUE), self._invoice(4, DUE, currency_id=foreign.id)
        self.assertEqual((self._reason(euros), self._reason(francs)), ("below_minimum", "below_minimum"))

    def test_none(self):
        self.company.write({"relance_minimum": 0, "relance_minimum_paper": 0})
        self.assertEqual(self._reason(self._invoice(0.02, DUE)), "due")

    def test_negative(self):
        with self.assert_violates("res_company_relance_minimum_positive"):
            self.company.relance_minimum = -1

    # === THE LEAST SUM FOR A LETTER === #

    def test_on_paper(self):
        self.debtor.email = False
        invoice = self._invoice(14.99, DUE)
        self.assertEqual(self._reason(invoice), "below_minimum")
        self.assertIn("least sum for a letter", self._message(invoice))
        self.debtor.email = "compta@menuiserie.example.com"
        self.assertEqual(self._reason(invoice), "due")
        self.debtor.email = False
        self.company.relance_minimum_paper = 14.99
        self.assertEqual(self._reason(invoice), "due")

    # === OF A LEVEL: WHAT IS REALLY SENT === #

    def test_preventive_part_does_not_count(self):
        """30 late and 20 not due yet: the preventive reminder never rides along, a minimum of 50 is not reached."""
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "preventive", "delay": -3, "minimum_amount": 0}, {"kind": "courtesy", "minimum_amount": 50}
        )
        late, coming = self._invoice(30, DUE), self._invoice(20, "2026-05-13")
        self.assertEqual(self._reason(late), "below_minimum")
        self.assertEqual(self._reason(coming), "due", "nothing late leaves: the reminder before the day does")
        notice = self._run_on(TODAY)
        self.assertRecordValues(notice, [{"kind": "preventive", "principal_amount": 20.0}])

    def test_preventive_waits_for_what_is_late(self):
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "preventive", "delay": -3}, {"kind": "courtesy", "minimum_amount": 30}
        )
        late, coming = self._invoice(30, DUE), self._invoice(20, "2026-05-13")
        self.assertEqual((self._reason(late), self._reason(coming)), ("due", "too_recent"))

    def test_what_falls_away_does_not_count_for_the_others(self):
        """20 at a level of 50 and 25 at one of 30: 45 fall short of 50, and 25 alone of 30."""
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "courtesy", "minimum_amount": 50}, {"kind": "firm", "minimum_amount": 30}, catch_up="age"
        )
        courtesy, firm = self._invoice(20, DUE), self._invoice(25, "2026-04-20")
        self.assertEqual((self._reason(courtesy), self._reason(firm)), ("below_minimum", "below_minimum"))
        self._invoice(5, "2026-04-20")
        # 20 + 25 + 5 reach 50.
        self.assertEqual((self._reason(courtesy), self._reason(firm)), ("due", "due"))

    def test_the_smaller_minimum_is_reached_alone(self):
        """20 at a level of 50 and 35 at one of 30: 55 reach both; 20 and 29.99: neither; 10 and 35: the second."""
        self.debtor.relance_calendar_id = self._calendar(
            {"kind": "courtesy", "minimum_amount": 50}, {"kind": "firm", "minimum_amount": 30}, catch_up="age"
        )
        courtesy, firm = self._invoice(10, DUE), self._invoice(35, "2026-04-20")
        self.assertEqual((self._reason(courtesy), self._reason(firm)), ("below_minimum", "due"))
        self.assertRecordValues(self._run_on(TODAY), [{"principal_amount": 35.0}])

    def test_draft_that_shrinks(self):
        invoice = self._invoice(1000, DUE)
        self.company.relance_automatic = False
        draft = self._run_on(TODAY)
        self.assertEqual(draft.state, "to_approve")
        self._pay(invoice, TODAY, 999)
        draft.action_approve()
        self.assertEqual(draft.state, "cancelled")
