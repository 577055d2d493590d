from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..common import IBAN
from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-04", "2026-05-11"
FACTOR_IBAN = "FR1420041010050500013M02606"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestPayees(LedgerCommon):
    """A letter asks to pay to one account: what is due to a factor gets a letter of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.company.partner_id.bank_ids.filtered(lambda bank: bank.sanitized_acc_number == IBAN)
        factor = cls.env["res.partner"].create({"name": "Factor", "is_company": True})
        cls.factor = cls.env["res.partner.bank"].create({"acc_number": FACTOR_IBAN, "partner_id": factor.id})
        cls.plain, cls.sold = cls._invoice(1000, DUE), cls._invoice(500, DUE)
        cls._name(cls.plain, cls.own)
        cls._name(cls.sold, cls.factor)

    @classmethod
    def _name(cls, invoice, account):
        cls.env.cr.execute(
            "UPDATE account_move SET partner_bank_id = %s WHERE id = %s", [account.id or None, invoice.id]
        )
        invoice.invalidate_recordset()

    def _payees(self, notices):
        return {notice.principal_amount: notice._get_letter_payment()["iban"].replace(" ", "") for notice in notices}

    def test_two_letters(self):
        self.assertEqual(self._payees(self._run_on(TODAY)), {1000.0: IBAN, 500.0: FACTOR_IBAN})

    def test_one_letter(self):
        self._name(self.sold, self.own)
        self.assertEqual(self._payees(self._run_on(TODAY)), {1500.0: IBAN})

    def test_no_account_named(self):
        """An invoice that names none is paid to the account of the company: no letter of its own."""
        self._name(self.sold, self.env["res.partner.bank"])
        self.assertEqual(self._payees(self._run_on(TODAY)), {1500.0: IBAN})
        third = self._invoice(200, DUE, self._create_debtor("Beta"))
        fourth = self._invoice(300, DUE, third.partner_id)
        self._name(third, self.env["res.partner.bank"])
        self._name(fourth, self.factor)
        notices = (third | fourth)._relance_send_by_hand()
        self.assertEqual(self._payees(notices), {200.0: IBAN, 300.0: FACTOR_IBAN})

    def test_account_closed(self):
        self.factor.active = False
        self.assertEqual(self._payees(self._run_on(TODAY)), {1500.0: IBAN})

    def test_campaign(self):
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": TODAY})
        run.action_preview()
        rows = {row.bank_id: row for row in run.debtor_ids}
        self.assertEqual({bank: row.total_amount for bank, row in rows.items()}, {self.own: 1000.0, self.factor: 500.0})
        rows[self.factor].selected = False
        run.action_preview()
        self.assertEqual({row.bank_id: row for row in run.debtor_ids}, rows, "the same rows, with their choices")
        self.assertFalse(rows[self.factor].selected)
        self.assertTrue(run.action_confirm())
        self.assertRecordValues(run.notice_ids, [{"principal_amount": 1000.0}])

    def test_row_that_splits(self):
        """A debtor left out stays out when one of the invoices goes to a factor."""
        self._name(self.sold, self.own)
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": TODAY})
        run.action_preview()
        run.debtor_ids.selected = False
        self._name(self.sold, self.factor)
        run.action_preview()
        self.assertEqual(run.debtor_ids.mapped("selected"), [False, False])

    # === WHAT IS NO NOTICE: ONE PAGE, ONE PLAN FOR ALL === #

    def test_page_of_the_debtor(self):
        """No account is shown for all; each invoice names its own."""
        notices = self._run_on(TODAY)
        for notice in notices:
            self.assertFalse(notice._get_letter_payment()["several"])
        plan = self.env["relance.commitment"].create(
            {
                "partner_id": self.debtor.id,
                "move_ids": (self.plain | self.sold).ids,
                "line_ids": [Command.create({"date": "2026-06-10", "amount": 1500})],
            }
        )
        payment = plan._get_letter_payment()
        self.assertEqual((payment["several"], payment["iban"]), (True, ""))
        self.assertFalse(plan._get_letter_qr_code())
