from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE = "2026-05-04"


@tagged("post_install", "-at_install")
class TestLettersPosted(LedgerCommon):
    """A plain letter that nobody posted has reached nobody: the next level waits for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.email = False
        cls.invoice = cls._invoice(1000, DUE)

    def _letter(self):
        letter = self._run_on("2026-05-11")
        self.assertRecordValues(letter, [{"channel": "letter", "state": "sent", "to_post": True}])
        return letter

    def _reason(self, day):
        return self._explain(self.invoice, day)[1]

    def test_default(self):
        self.assertEqual(self.env["res.company"].create({"name": "New"}).relance_letters_posted, "entered")

    def test_nobody_posted_it(self):
        """The firm reminder of 19 May (J+15) does not leave before the courtesy letter."""
        letter = self._letter()
        self.assertEqual(self._reason("2026-05-19"), "awaiting_approval")
        self.assertFalse(self._run_on("2026-05-19"))
        self.assertFalse(self._run_on("2026-06-30"))
        with freeze_time("2026-05-19"):
            debtor = self.env["relance.debtor"].search([("partner_id", "=", self.debtor.id)])
            self.assertEqual(debtor.action, "post")
            letter.action_mark_posted()
        # Posted on 19 May: eight days lie between J+7 and J+15.
        self.assertEqual(self._reason("2026-05-26"), "too_early")
        self.assertEqual(self._run_on("2026-05-27").kind, "firm")

    def test_printed_only(self):
        letter = self._letter()
        with freeze_time("2026-05-12"):
            letter.action_print()
        self.assertFalse(letter.posted_date)
        self.assertEqual(self._reason("2026-05-20"), "awaiting_approval")

    def test_printing_posts_it(self):
        self.company.relance_letters_posted = "printed"
        letter = self._letter()
        self.assertEqual(self._reason("2026-05-19"), "awaiting_approval")
        with freeze_time("2026-05-12"):
            letter.action_print()
        self.assertEqual(str(letter.posted_date), "2026-05-12")
        self.assertEqual(self._reason("2026-05-20"), "due")

    def test_printing_posts_no_registered_letter(self):
        self.company.relance_letters_posted = "printed"
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 1, "channel_registered": True})
        letter = self._send(self.invoice, "2026-05-11")
        self.assertEqual(letter.channel, "registered")
        letter.action_print()
        self.assertFalse(letter.posted_date)

    def test_as_soon_as_made(self):
        self.company.relance_letters_posted = "made"
        self._letter()
        self.assertEqual(self._run_on("2026-05-19").kind, "firm")

    def test_registered_letter_waits_whatever_is_chosen(self):
        self.company.relance_letters_posted = "made"
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "channel_registered": True}, "final")
        self._send(self.invoice, "2026-06-03")
        self.assertEqual(self._reason("2026-06-18"), "awaiting_approval")

    def test_email_beside_the_letter(self):
        """The debtor got the e-mail: the level was reached."""
        self.debtor.email = "compta@menuiserie.example.com"
        self.debtor.relance_calendar_id = self._calendar({"kind": "courtesy", "channel_letter": True}, "firm")
        self._letter()
        self.assertEqual(self._run_on("2026-05-19").kind, "firm")

    def test_taken_over(self):
        """A level taken over from another tool waits for nothing."""
        letter = self._letter()
        self.env.cr.execute(
            "UPDATE relance_notice SET taken_over = TRUE, seal = NULL, name = '/' WHERE id = %s", letter.ids
        )
        self.assertEqual(self._reason("2026-05-19"), "due")

    # === PAID BEFORE IT WAS POSTED === #

    def test_paid_before_anybody_printed_it(self):
        letter = self._letter()
        self._pay(self.invoice, "2026-05-12")
        self.assertFalse(self._run_on("2026-05-13"))
        self.assertRecordValues(letter, [{"state": "cancelled", "to_post": False, "activity_ids": []}])
        for record in (letter, self.invoice):
            self.assertIn("The letter was not posted", " ".join(record.message_ids.mapped("body")), record)
        self.assert_register()

    def test_paid_between_the_job_and_the_printer(self):
        letter = self._letter()
        other = self._send(self._invoice(500, DUE, self._create_debtor("Beta", email=False)), "2026-05-11")
        self._pay(self.invoice, "2026-05-12", 400)
        with freeze_time("2026-05-12"):
            action = (letter | other).action_print()
        self.assertEqual((letter.state, other.state), ("cancelled", "sent"))
        self.assertIn(letter.name, action["params"]["message"])
        self.assertIn(str(other.attachment_id.id), action["params"]["next"]["url"])
        self.assertFalse(letter.printed_on)
        self.assertTrue(other.printed_on)
        # 600 are left: the level comes again.
        self.assertRecordValues(self._run_on("2026-05-12"), [{"kind": "courtesy", "principal_amount": 600.0}])

    def test_printed_before_it_was_paid(self):
        """It may be in its envelope: a person decides."""
        letter = self._letter()
        with freeze_time("2026-05-12"):
            letter.action_print()
        self._pay(self.invoice, "2026-05-12")
        self._run_on("2026-05-13")
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.action_print()["type"], "ir.actions.act_url")

    # === NO MILDER WORD AFTER A HARSH ONE === #

    def test_spacing_from_the_day_it_was_posted(self):
        """A formal notice posted on 10 June: no courtesy about a newer invoice on the 11th."""
        self.debtor.relance_calendar_id = self._calendar(
            "courtesy", {"kind": "formal", "channel_registered": True}, min_days=7, catch_up="age"
        )
        formal = self._send(self.invoice, "2026-06-03")
        self.assertRecordValues(formal, [{"kind": "formal", "to_post": True}])
        newer = self._invoice(500, "2026-06-04")
        with freeze_time("2026-06-10"):
            formal.action_mark_posted()
        self.assertEqual(self._explain(newer, "2026-06-11")[1], "too_recent")
        self.assertFalse(self._run_on("2026-06-16"))
        self.assertEqual(self._run_on("2026-06-17").kind, "courtesy")

    def test_milder_campaign_waits(self):
        """A courtesy confirmed may still be called back; the formal notice is posted meanwhile: it goes first."""
        self.debtor.email = "compta@menuiserie.example.com"
        self.debtor.relance_calendar_id = self._calendar(
            "courtesy", {"kind": "formal", "channel_registered": True}, min_days=7, catch_up="age"
        )
        formal = self._send(self.invoice, "2026-06-03")
        newer = self._invoice(500, "2026-06-03")
        self.company.relance_recall_minutes = 60
        with freeze_time("2026-06-10"):
            run = self.env["relance.run"].create({"company_id": self.company.id, "date": "2026-06-10"})
            run.action_preview()
            run.action_confirm()
            courtesy = run.notice_ids
            self.assertRecordValues(courtesy, [{"kind": "courtesy", "state": "draft"}])
            formal.action_mark_posted()
        with freeze_time("2026-06-10 12:00:00"):
            courtesy._seal()
        self.assertEqual(courtesy.state, "cancelled")
        self.assertEqual(self._explain(newer, "2026-06-16")[1], "too_recent")
        self.assertEqual(self._explain(newer, "2026-06-17")[1], "due")
