from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-20")
class TestOverindebtedness(LedgerCommon):
    """The file of a natural person, admissible from a day on: nothing is asked for, interest stops on its eve."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trader = cls._create_debtor("Luc Morel, peintre", is_company=False, relance_regime="business")
        cls.invoice = cls._invoice(1850, "2026-05-16", cls.trader)

    def _admit(self, day, partner=None, **vals):
        return self.env["relance.hold"].create(
            {"partner_id": (partner or self.trader).id, "reason": "overindebtedness", "date_from": day, **vals}
        )

    def test_interest_stops_on_the_eve(self):
        # 35 days: 1 850 x 12.15 % x 35 / 365 = 21.554...
        self.assertEqual(self._statement(self.invoice, "2026-06-20"), (1850.0, 21.55, 40.0, 1911.55))
        hold = self._admit("2026-06-01")
        # Up to 31 May: 15 days = 9.237...
        self.assertEqual(self._statement(self.invoice, "2026-06-20"), (1850.0, 9.24, 40.0, 1899.24))
        self.assertEqual(self._explain(self.invoice, "2026-06-20")[:2], ("skip", "held"))
        # What is invoiced since bears interest like anything else.
        later = self._invoice(1000, "2026-06-10", self.trader, invoice_date="2026-06-02")
        self.assertEqual(self._statement(later, "2026-06-20")[1], 3.33)
        hold.date_to = "2026-05-31"
        self.assertEqual(self._statement(self.invoice, "2026-06-20")[1], 21.55, "It never was.")

    def test_never_a_company(self):
        with self.assertRaisesRegex(ValidationError, "natural persons"):
            self._admit("2026-06-01", self.debtor)
