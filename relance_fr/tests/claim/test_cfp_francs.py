from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-04", "2026-05-11"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCfpFrancs(LedgerCommon):
    """A company that keeps its books in CFP francs asks for 4 773 francs, not for 40."""

    @classmethod
    @LedgerCommon.setup_country("fr")
    def setUpClass(cls):
        super().setUpClass()
        cls.franc = cls.env.ref("base.XPF")
        cls.franc.active = True
        cls.euro = cls.company.currency_id
        # 1 XPF = 1 / 119.331742 EUR
        cls.env["res.currency.rate"].create(
            [
                {
                    "name": "2000-01-01",
                    "currency_id": cls.euro.id,
                    "rate": 1 / 119.331742,
                    "company_id": cls.company.id,
                },
                {"name": "2000-01-01", "currency_id": cls.franc.id, "rate": 1, "company_id": cls.company.id},
            ]
        )
        cls.company.currency_id = cls.franc

    def _indemnity(self, invoice):
        return self._statement(invoice, TODAY)[2]

    def test_indemnity_of_the_law(self):
        # 40 x 119.331742 = 4 773.27
        self.assertEqual(self._indemnity(self._invoice(100000, DUE)), 4773.0)

    def test_of_a_public_body(self):
        buyer = self._create_debtor("Mairie", relance_regime="public")
        self.assertEqual(self._indemnity(self._invoice(100000, DUE, buyer)), 4773.0)

    def test_of_a_clause(self):
        """It is that of the law in francs as well, no more and no less."""
        clause = {
            "company_id": self.company.id,
            "name": "Clause",
            "date_from": "2020-01-01",
            "basis": "ecb",
            "rate": 10,
            "state": "running",
        }
        with self.assertRaises(ValidationError):
            self.env["relance.terms"].create({**clause, "indemnity": 6000})
        self.env["relance.terms"].create({**clause, "indemnity": 4773})
        self.assertEqual(self._indemnity(self._invoice(100000, DUE)), 4773.0)

    def test_proposed_for_a_new_clause(self):
        terms = self.env["relance.terms"].with_company(self.company).new({"company_id": self.company.id})
        self.assertEqual(terms.indemnity, 4773.0)

    def test_printed(self):
        terms = self.env["relance.terms"]
        self.assertEqual(terms._get_indemnity_rate("business", self.company), (4773.0, self.franc))
        self.assertEqual(terms._get_indemnity_rate("public", self.company), (4773.0, self.franc))

    def test_invoice_in_euros(self):
        """4 773 francs at the parity are 40 EUR."""
        self.assertEqual(self._indemnity(self._invoice(1000, DUE, currency_id=self.euro.id)), 40.0)

    def test_statement(self):
        invoice = self._invoice(100000, DUE)
        # 100 000 x 12.15 % x 7 / 365 = 233.01
        self.assertEqual(self._statement(invoice, TODAY), (100000.0, 233.0, 4773.0, 105006.0))
