from odoo.tests import freeze_time, tagged

from ...models.notice import relance_register as relance_register_verify
from .test_register import DUE, TODAY, RegisterCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterVerify(RegisterCommon):
    """What the verification costs, and what it says of numbers no notice has."""

    def test_statements_do_not_grow_with_the_register(self):
        counts = []
        for _time in range(2):
            self._notices(3)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(self._verify()["valid"])
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_batches(self):
        notices = self._notices(5)
        self.patch(relance_register_verify, "VERIFY_BATCH", 2)
        self.assertEqual(self._verify(), {"valid": True, "checked": 5, "broken": False, "reason": False})
        self._sql("UPDATE relance_notice SET credit_amount = 7 WHERE id = %s", notices[4].id)
        self.assertEqual((self._verify()["broken"], self._verify()["checked"]), (notices[4].name, 5))

    def test_one_byte_of_a_letter(self):
        first, second, _third = self._notices(3)
        content = bytearray(second.attachment_id.raw)
        content[len(content) // 2] ^= 1
        other = self.env["ir.attachment"].create({"name": "x.pdf", "raw": bytes(content)})
        self._sql(
            "UPDATE ir_attachment SET store_fname = %s, db_datas = %s WHERE id = %s",
            other.store_fname or None, other.db_datas or None, second.attachment_id.id,
        )  # fmt: skip
        self.assertEqual(self._verify()["broken"], second.name)
        self.assertNotEqual(self._verify()["broken"], first.name)

    def test_number_that_no_notice_has(self):
        """A notice given up between its number and its seal keeps the number: removing it is noticed."""
        self._notices(1)
        invoice = self._invoice(1000, DUE, partner=self._create_debtor("Zeta"))
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run._decide(by_hand=True, moves=invoice)
        draft = run._draft(approved=True)
        draft._number(self.company)
        draft.action_cancel()
        self._notices(1)
        self.assertEqual(draft.name, "RLF/2026/00002")
        self.assert_register()
        self._sql("DELETE FROM relance_notice WHERE id = %s", draft.id)
        verification = self._verify()
        self.assertEqual((verification["valid"], verification["broken"]), (False, "RLF/2026/00002"))
        self.assertIn("not in the register any more", verification["reason"])
