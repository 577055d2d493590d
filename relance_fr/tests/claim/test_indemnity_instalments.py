from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ...tools.reading import Reading
from ..ledger_common import LedgerCommon
from ..letter_common import LetterCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30")
class TestIndemnityOfInstalments(LetterCommon, LedgerCommon):
    """EUR 40 an invoice, once: the letters about its instalments never add up to more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.company_data["default_journal_bank"]
        cls.debtor.lang = "fr_FR"
        cls.company.relance_bank_max_age = 0
        parts = ((30, 14), (70, 45))
        cls.term = cls.env["account.payment.term"].create(
            {
                "name": "30 % at 14 days, 70 % at 45",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in parts
                ],
            }
        )

    def _invoice_in_two(self):
        """Post an invoice of 1000: 300 due on 30 April 2026, 700 on 31 May."""
        invoice = self._create_invoice_one_line(
            price_unit=1000,
            product_id=self.product_a,
            tax_ids=[],
            partner_id=self.debtor,
            invoice_date="2026-04-16",
            invoice_payment_term_id=self.term,
            post=True,
        )
        self.assertEqual(
            [str(day) for day in self._instalments(invoice).mapped("date_maturity")], ["2026-04-30", "2026-05-31"]
        )
        return invoice

    def _claimed(self, notices):
        """Return (kind, principal, indemnity) of notices."""
        return [(notice.kind, notice.principal_amount, notice.indemnity_amount) for notice in notices]

    def test_notices_of_one_invoice(self):
        invoice = self._invoice_in_two()
        first, second = self._instalments(invoice)
        self._run_on("2026-05-07")
        self.assertEqual(self._claimed(self._run_on("2026-05-15")), [("firm", 300, 40)])
        self.assertEqual(self._claimed(self._run_on("2026-06-01")), [("formal", 300, 40)])
        self._run_on("2026-06-08")
        later = self._run_on("2026-06-16")
        self.assertEqual(later.line_ids.line_id, second)
        self.assertEqual(self._claimed(later), [("firm", 700, 0)], "The letters about the first one claim the 40.")
        self.assertEqual(later.total_amount, 700 + later.penalty_amount)
        self.assertEqual(invoice.relance_statement("2026-06-16")["indemnity"], 40)
        # 700 x 12.15 % x 16 / 365: what is asked for adds up, and there is no column of nothing.
        text = self._text(later)
        self.assertIn("703,73", text.replace("\N{NARROW NO-BREAK SPACE}", " "))
        header = self._html(later).xpath("//table//th")
        self.assertNotIn("Indemnité", [cell.text_content().strip() for cell in header])
        self.assertEqual(invoice.relance_notice_ids.filtered("indemnity_amount").line_ids.line_id, first)

    def test_carried_by_the_second_once_the_first_is_paid_late(self):
        invoice = self._invoice_in_two()
        self._run_on("2026-05-07")
        self.assertEqual(self._claimed(self._run_on("2026-05-15")), [("firm", 300, 40)])
        self._bank_pays(invoice, "2026-05-20", 300)
        self.assertFalse(self._run_on("2026-06-01"))
        self._run_on("2026-06-08")
        self.assertEqual(self._claimed(self._run_on("2026-06-16")), [("firm", 700, 40)])
        self.assert_claim(invoice, "2026-05-31", 700, 2, 40)

    def test_carried_by_the_second_when_the_first_was_paid_in_time(self):
        invoice = self._invoice_in_two()
        self._bank_pays(invoice, "2026-04-30", 300)
        self.assertEqual(invoice.relance_statement("2026-05-31")["indemnity"], 0)
        self._run_on("2026-06-08")
        self.assertEqual(self._claimed(self._run_on("2026-06-16")), [("firm", 700, 40)])

    def test_a_rate_that_only_the_first_needs_does_not_stop_the_second(self):
        invoice = self._invoice_in_two()
        second = self._instalments(invoice)[1]
        # Paid late, yet due when no rate was known.
        invoice.line_ids.flush_recordset()
        self.env.cr.execute(
            "UPDATE account_move_line SET date_maturity = '2020-01-31' WHERE id = %s",
            [self._instalments(invoice)[0].id],
        )
        self.env.invalidate_all()
        self.env["relance.rate"].search([("date_from", "<", "2026-01-01")]).unlink()
        claims, missing = self.env["relance.claim"]._get_claims(
            Reading(self.company, second.date_maturity.replace(month=6, day=15)), second.ids
        )
        [claim] = claims.values()
        self.assertEqual((claim.line_id, claim.indemnity, missing), (second.id, 0, {}))
