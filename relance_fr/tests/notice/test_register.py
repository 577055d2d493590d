import json
from contextlib import contextmanager

from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-16", "2026-06-30"


class RegisterCommon(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls._calendar(
            "courtesy", {"kind": "firm", "with_letter": True}, {"kind": "formal", "channel_registered": True}
        )
        cls.company.relance_calendar_id = cls.calendar

    @classmethod
    def _notices(cls, count, day=TODAY):
        """Return ``count`` sealed and sent notices, one for each of as many debtors, with a letter each."""
        notices = cls.env["relance.notice"]
        for number in range(count):
            partner = cls._create_debtor(f"Debtor {number}")
            partner.relance_calendar_id = cls._calendar({"kind": "firm", "with_letter": True})
            notices |= cls._send(cls._invoice(1000 + number, DUE, partner=partner), day)
        return notices

    def _sql(self, query, *values):
        self.env.flush_all()
        self.env.cr.execute(query, values)
        self.env.invalidate_all()

    def _verify(self):
        return self.env["relance.notice"]._verify_register(self.company)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterChain(RegisterCommon):
    """Numbers without gaps, one chain per company."""

    def test_chain(self):
        notices = self._notices(3)
        self.assertEqual(notices.mapped("name"), ["RLF/2026/00001", "RLF/2026/00002", "RLF/2026/00003"])
        self.assertEqual(notices.mapped("seal_sequence"), [1, 2, 3])
        self.assertEqual(notices.mapped("previous_seal"), ["0" * 64, notices[0].seal, notices[1].seal])
        self.assertEqual(len(set(notices.mapped("seal"))), 3)
        self.assertEqual(self._verify(), {"valid": True, "checked": 3, "broken": False, "reason": False})

    def test_empty_register(self):
        self.assertEqual(self._verify(), {"valid": True, "checked": 0, "broken": False, "reason": False})

    def test_seal_covers_what_was_said(self):
        notice = self._notices(1)
        payload = json.loads(notice.seal_payload)
        self.assertEqual(
            {name: payload[name] for name in ("number", "date", "kind", "channel", "recipients", "total", "currency")},
            {
                "number": "RLF/2026/00001",
                "date": TODAY,
                "kind": "firm",
                "channel": "email",
                "recipients": "compta@debtor.example.com",
                # 1 000 + 14.98 + 40
                "total": "1054.98",
                "currency": "EUR",
            },
        )
        self.assertEqual(len(payload["letter"]), 64)
        self.assertEqual(payload["lines"][0][0], notice.line_ids.invoice_name)

    def test_numbers_by_year(self):
        self.env["relance.rate"].search([("date_from", ">", "2026-07-01")]).unlink()
        rates = {"legal_rate_private": 6.84, "legal_rate_business": 2.75, "ecb_rate": 2.4}
        self.env["relance.rate"].create({"date_from": "2027-01-01", "status": "confirmed", **rates})
        names = [notices.mapped("name") for notices in map(self._notices, (2, 1), ("2026-12-31", "2027-01-04"))]
        self.assertEqual(names, [["RLF/2026/00001", "RLF/2026/00002"], ["RLF/2027/00001"]])
        self.assertEqual(self._verify()["checked"], 3)

    def test_a_draft_that_comes_to_nothing_takes_no_number(self):
        self.company.relance_automatic = False
        paid, owed = self._invoice(1000, DUE), self._invoice(700, DUE, partner=self._create_debtor("Tiers"))
        drafts = self._run_on("2026-05-26")
        self.assertEqual(drafts.mapped("name"), ["/", "/"])
        self._bank_pays(paid, "2026-05-26", 1000)
        drafts.action_approve()
        empty = drafts - owed.relance_notice_ids
        self.assertRecordValues(empty, [{"state": "cancelled", "name": "/", "seal": False, "total_amount": 1000}])
        self.assertRecordValues(owed.relance_notice_ids, [{"state": "ready", "name": "RLF/2026/00001"}])
        self.assert_register()

    def test_cancelled_after_its_number(self):
        notice = self._invoice(1000, DUE)._relance_send_by_hand(send_now=False)
        notice.action_cancel()
        self.assertRecordValues(notice, [{"state": "cancelled", "name": "RLF/2026/00001", "seal_sequence": 1}])
        self.assertEqual(self._notices(1).name, "RLF/2026/00002")
        self.assert_register()


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterTampering(RegisterCommon):
    """What was changed behind the back of the addon is found, and the first broken row named."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second, cls.third = cls.notices = cls._notices(3)
        cls.other_letter = cls.env["ir.attachment"].create({"name": "x.pdf", "raw": b"%PDF other"})

    @contextmanager
    def _tampered(self):
        """Undo what the block does."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all()

    def assert_found(self, broken, query, *values):
        with self._tampered():
            self._sql(query, *values)
            verification = self._verify()
            self.assertFalse(verification["valid"], query)
            self.assertEqual(verification["broken"], broken and broken.name, query)
            self.assertTrue(verification["reason"])
        self.assertTrue(self._verify()["valid"])

    def test_figures(self):
        notice, line = "UPDATE relance_notice SET ", "UPDATE relance_notice_line SET "
        for change in ("principal_amount = 1, total_amount = total_amount - principal_amount + 1", "credit_amount = 5"):
            with self.subTest(change=change):
                self.assert_found(self.second, notice + change + " WHERE id = %s", self.second.id)
        for change in (
            "principal_amount = 1, total_amount = total_amount - principal_amount + 1",
            "amount_paid = 7",
            "amount_invoiced = 1",
            "days_late = 1",
            "date_maturity = '2026-01-01'",
            "invoice_name = 'INV/1'",
            "segments = '[]'",
            "level_id = (SELECT MIN(id) FROM relance_level)",
        ):
            with self.subTest(change=change):
                self.assert_found(self.second, line + change + " WHERE notice_id = %s", self.second.id)
        self.assert_found(self.second, "DELETE FROM relance_notice_line WHERE notice_id = %s", self.second.id)

    def test_circumstances(self):
        for change in (
            "date = '2026-06-01'",
            "name = 'RLF/2026/00009'",
            "channel = 'registered'",
            "kind = 'formal'",
            "printed_deadline = '2026-12-31'",
            "email_to = 'other@example.com'",
            "partner_id = (SELECT MIN(id) FROM res_partner)",
            "regime = 'public'",
            "seal = repeat('a', 64)",
            "seal_payload = '{}'",
            "seal_payload = seal_payload || ' '",
            "seal_payload = NULL",
            "previous_seal = repeat('b', 64)",
        ):
            with self.subTest(change=change), self._tampered():
                self._sql(f"UPDATE relance_notice SET {change} WHERE id = %s", self.second.id)
                verification = self._verify()
                self.assertFalse(verification["valid"])
                self.assertEqual(verification["broken"], self.second.name)

    def test_figures_and_payload_together(self):
        """Whoever also rewrites the sealed content needs every seal after it."""
        with self._tampered():
            payload = self.second.seal_payload.replace('"regime":"business"', '"regime":"public"')
            self.assertNotEqual(payload, self.second.seal_payload)
            seal = self.env["relance.register"]._get_seal(self.first.seal, payload)
            self._sql(
                "UPDATE relance_notice SET regime = 'public', seal_payload = %s, seal = %s WHERE id = %s",
                payload, seal, self.second.id,
            )  # fmt: skip
            self.assertEqual(self._verify()["broken"], self.third.name)
            # The last one has nobody after it: the head of the register tells.
            self._sql("DELETE FROM relance_notice WHERE id = %s", self.third.id)
            self.assertFalse(self._verify()["valid"])

    def test_letter(self):
        letter = self.second.attachment_id
        self.assert_found(
            self.second, "UPDATE ir_attachment SET store_fname = %s, db_datas = NULL WHERE id = %s",
            self.other_letter.store_fname, letter.id,
        )  # fmt: skip
        self.assert_found(
            self.second, "UPDATE ir_attachment SET store_fname = NULL, db_datas = 'other' WHERE id = %s", letter.id
        )
        self.assert_found(
            self.second,
            "UPDATE relance_notice SET attachment_id = %s WHERE id = %s",
            self.other_letter.id,
            self.second.id,
        )
        self.assert_found(
            self.second, "UPDATE relance_notice SET attachment_id = %s WHERE id = %s",
            self.first.attachment_id.id, self.second.id,
        )  # fmt: skip
        self.assert_found(self.second, "UPDATE relance_notice SET attachment_id = NULL WHERE id = %s", self.second.id)

    def test_rows_removed(self):
        delete = "DELETE FROM relance_notice WHERE id IN %s"
        self.assert_found(self.second, delete, tuple(self.first.ids))
        self.assert_found(self.third, delete, tuple(self.second.ids))
        self.assert_found(self.second, delete, tuple(self.third.ids))
        with self._tampered():
            self._sql(delete, tuple(self.notices.ids))
            self.assertFalse(self._verify()["valid"], "The whole register was removed.")

    def test_row_taken_out_of_the_chain(self):
        with self._tampered():
            self._sql("UPDATE relance_notice SET seal = NULL, seal_sequence = 0 WHERE id = %s", self.third.id)
            self.assertFalse(self._verify()["valid"])

    def test_rows_swapped(self):
        with self._tampered():
            for notice, rank in ((self.first, 99), (self.second, 1), (self.first, 2)):
                self._sql("UPDATE relance_notice SET seal_sequence = %s WHERE id = %s", rank, notice.id)
            verification = self._verify()
            self.assertFalse(verification["valid"])
            self.assertEqual(verification["broken"], self.second.name)
        with self._tampered():
            names = self.first.name, self.second.name
            for notice, name in ((self.first, "X"), (self.second, names[0]), (self.first, names[1])):
                self._sql("UPDATE relance_notice SET name = %s WHERE id = %s", name, notice.id)
            self.assertFalse(self._verify()["valid"])

    def test_row_added(self):
        with self._tampered():
            columns = "company_id, currency_id, partner_id, contact_id, level_id, kind, channel, regime, date, state"
            self._sql(
                f"""INSERT INTO relance_notice ({columns}, name, seal, previous_seal, seal_sequence, seal_payload,
                        principal_amount, penalty_amount, indemnity_amount, total_amount)
                    SELECT {columns}, 'RLF/2026/00004', repeat('c', 64), seal, 4, seal_payload,
                        principal_amount, penalty_amount, indemnity_amount, total_amount
                      FROM relance_notice WHERE id = %s""",
                self.third.id,
            )
            verification = self._verify()
            self.assertFalse(verification["valid"])
            self.assertEqual(verification["broken"], "RLF/2026/00004")
