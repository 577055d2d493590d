from odoo.tests import freeze_time, new_test_user, tagged

from ..mail_common import TODAY, GatewayCommon

REPLY = "relance_fr.mail_activity_reply"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestReply(GatewayCommon):
    """An answer reaches the person in charge and shows on the debtor; what machines send is no answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.handler = new_test_user(
            cls.env, "reply_handler", groups="account.group_account_invoice", company_id=cls.company.id,
            company_ids=cls.company.ids, email="handler@example.com",
        )  # fmt: skip
        cls.debtor.relance_user_id = cls.handler
        cls.notice = None

    def setUp(self):
        super().setUp()
        self.notice = self._courtesy()

    def test_answer(self):
        other = self._create_debtor("Autre")
        known = self.debtor.message_ids
        self._answer(self.notice, body="Bonjour,\n\nLe virement part demain.\n\n> Relance\n> du 26 mai")
        self.assertEqual(str(self.notice.last_reply_date), "2026-05-27 07:30:00")
        message = self.notice.message_ids[0]
        self.assertRecordValues(message, [{"message_type": "email"}])
        self.assertIn(self.handler.partner_id, message.notified_partner_ids, "He gets the answer itself.")
        self.assertRecordValues(
            self.notice.activity_ids,
            [{"user_id": self.handler.id, "activity_type_id": self.env.ref(REPLY).id, "summary": "Reply received"}],
        )
        self.assertTrue(self.notice.reply_pending)
        [trace] = self.debtor.message_ids - known
        self.assertIn(self.notice.name, trace.body)
        self.assertNotIn("virement", trace.body, "The card is shared: what he says is on the notice.")
        self.assertIn("Le virement part demain.", self.notice.activity_ids.note)
        self.assertNotIn("du 26 mai", self.notice.activity_ids.note, "Not what he answers to.")
        self.assertFalse(other.message_ids.filtered(lambda each: "virement" in (each.body or "")))
        self.assertIn(self.notice, self.env["relance.notice"].search([("last_reply_date", "!=", False)]))
        self.assertEqual(self.notice.state, "sent")

    def test_answer_from_another_address(self):
        """Whoever answers, it is about this debtor: another customer's card shows nothing."""
        stranger = self._create_debtor("Étranger")
        known = stranger.message_ids
        self._answer(self.notice, sender=stranger.email)
        self.assertTrue(self.notice.last_reply_date)
        self.assertEqual(stranger.message_ids, known)

    def test_second_answer_asks_once(self):
        self._answer(self.notice)
        self._answer(self.notice, body="Finalement vendredi.")
        self.assertEqual(len(self.notice.activity_ids), 1)

    def test_html_in_an_answer(self):
        self._answer(self.notice, body="<script>alert(1)</script> & co")
        self.assertNotIn("<script>", self.notice.activity_ids.note)

    def test_nobody_forges_an_answer(self):
        notice = self.notice.with_user(self.handler)
        notice.message_update({"message_type": "email", "email_from": self.debtor.email, "body": "Je ne paie pas"})
        self.assertFalse(self.notice.last_reply_date)
        self.assertFalse(self.notice.activity_ids)

    def test_automatic_answers(self):
        known = self.debtor.message_ids
        for headers, subject in (
            ("Auto-Submitted: auto-replied", "Re: Rappel"),
            ("X-Auto-Response-Suppress: All", "Re: Rappel"),
            ("X-Autoreply: yes", "Re: Rappel"),
            ("Precedence: bulk", "Re: Rappel"),
            ("Precedence: auto_reply", "Re: Rappel"),
            ("", "Absence du bureau : Re: Rappel"),
            ("", "=?utf-8?q?R=C3=A9ponse_automatique_=3A_Rappel?="),
            ("", "Out of Office: Rappel"),
        ):
            with self.subTest(headers=headers, subject=subject):
                before = self.notice.message_ids
                self._answer(self.notice, headers=headers, subject=subject)
                [message] = self.notice.message_ids - before
                self.assertEqual(message.message_type, "out_of_office")
                self.assertFalse(message.notified_partner_ids)
        self.assertRecordValues(self.notice, [{"last_reply_date": False, "reply_pending": False}])
        self.assertFalse(self.notice.activity_ids)
        self.assertEqual(self.debtor.message_ids, known)

    def test_auto_submitted_no_is_a_person(self):
        self._answer(self.notice, headers="Auto-Submitted: no")
        self.assertTrue(self.notice.last_reply_date)

    def test_bounce_is_no_answer(self):
        self._report(self.notice)
        self.assertFalse(self.notice.last_reply_date)
        self.assertFalse(self.notice.activity_ids)

    def test_colleague_is_no_debtor(self):
        self._answer(self.notice, sender="handler@example.com")
        self.assertFalse(self.notice.last_reply_date)
        self.assertFalse(self.notice.activity_ids)

    def test_answered_in_turn(self):
        self._answer(self.notice)
        self.notice.with_user(self.handler).message_post(body="Merci", message_type="comment")
        self.assertFalse(self.notice.activity_ids)
        self.assertTrue(self.notice.last_reply_date)

    def test_handled(self):
        self._answer(self.notice)
        self.notice.with_user(self.handler).action_reply_handled()
        self.assertFalse(self.notice.reply_pending)

    def test_answer_after_the_mail_was_deleted(self):
        identifier = self.notice.mail_id.sudo().message_id
        self.notice.mail_id.sudo().unlink()
        self._process(
            "From: {sender}\nTo: catchall@example.com\nSubject: Re\nMessage-ID: <{number}@late>\n"
            "In-Reply-To: {message_id}\n\nPayé\n",
            sender=self.debtor.email,
            message_id=identifier,
        )
        self.assertTrue(self.notice.last_reply_date)
