from odoo.tests import freeze_time, tagged

from ..delivery_common import SENT, DeliveryCommon


@tagged("post_install", "-at_install")
class TestLetterStates(DeliveryCommon):
    """Where a letter is, in the same words wherever it is said; what became of its invoice, beside the seal."""

    def _facts(self, notice):
        return self.env["relance.debtor"].new({"partner_id": notice.partner_id.id})._get_notice_text(notice)

    def test_from_the_printer_to_the_debtor(self):
        notice = self._letter()
        move = notice.line_ids.move_id
        said = [
            ("to_print", {}, "to print"),
            ("to_post", {"printed_on": "2026-06-15 10:00:00"}, "to post"),
            ("posted", {"posted_date": "2026-06-16"}, "posted on 06/16/2026"),
            ("presented", {"presented_date": "2026-06-18"}, "presented on 06/18/2026"),
            ("received", {"received_date": "2026-06-19"}, "received on 06/19/2026"),
        ]
        self.assertIn("Registered letter (to print) to Menuiserie", move.message_ids[0].body)
        for state, vals, text in said:
            with self.subTest(state=state):
                self._write_on("2026-06-20", notice.sudo(), **vals)
                notice.invalidate_recordset()
                self.assertEqual(notice.letter_state, state)
                self.assertEqual(notice._get_letter_state_text(), text)
                self.assertEqual(self._facts(notice), f"Registered letter, {text}")

    def test_returned(self):
        notice = self._letter()
        self._write_on("2026-06-20", notice, posted_date="2026-06-16", returned_date="2026-06-20",
                       return_reason="unclaimed")  # fmt: skip
        self.assertEqual((notice.letter_state, notice._get_letter_state_text()), ("returned", "returned on 06/20/2026"))

    def test_no_letter_no_state(self):
        self.calendar.level_ids.write({"channel_registered": False, "channel_email": True})
        notice = self._letter()
        self.assertEqual(notice.channel, "email")
        self.assertFalse(notice.letter_state)
        self.assertEqual(notice._get_letter_state_text(), "")
        self.assertEqual(self._facts(notice), "Email, sent")

    def test_invoice_cancelled_since(self):
        notice = self._letter()
        # Tests leave tracking out, which tells the day.
        line = notice.line_ids
        move = line.move_id.with_context(tracking_disable=False, mail_notrack=False)
        self.assertFalse(line.invoice_outcome)
        self.assertFalse(notice.has_invoice_outcome)
        seal = notice.seal
        with freeze_time("2026-06-20"):
            move.button_draft()
            self.assertEqual(line.invoice_outcome, "Reset to draft")
            move.button_cancel()
            self.env.flush_all()
            # The tracking is written as the transaction ends.
            self.cr.flush()
        line.invalidate_recordset()
        self.assertEqual(line.invoice_outcome, "Cancelled on 06/20/2026")
        self.assertTrue(notice.has_invoice_outcome)
        self.assertEqual(notice.seal, seal)
        self.assertTrue(self.env["relance.notice"]._verify_register(self.company)["valid"])

    def test_invoice_credited_since(self):
        notice = self._letter()
        move = notice.line_ids.move_id
        with freeze_time(SENT):
            credit = move._reverse_moves([{"invoice_date": SENT, "date": SENT}], cancel=True)
        notice.line_ids.invalidate_recordset()
        self.assertEqual(move.payment_state, "reversed")
        self.assertEqual(notice.line_ids.invoice_outcome, f"Cancelled by credit note {credit.name} of 06/15/2026")
