import json

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools.mail import email_normalize_all

from ..mail_common import DUE, TODAY, GatewayCommon
from ..refusals import RefusalsMixin


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCopies(RefusalsMixin, GatewayCommon):
    """Who is in copy: people of the level, the salesperson, the debtor's escalation contacts; frozen and sealed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.director = cls.env["res.partner"].create(
            {"name": "Directrice", "parent_id": cls.debtor.id, "email": "Directrice@debtor.example.com"}
        )
        cls.lawyer = cls.env["res.partner"].create({"name": "Avocat", "email": '"Me Avocat" <avocat@example.com>'})
        cls.seller = new_test_user(cls.env, "seller", email="seller@example.com", groups="base.group_user")
        cls.level = cls._calendar({"kind": "courtesy", "delay": 1}).level_ids
        cls.debtor.relance_calendar_id = cls.level.calendar_id

    def _copied(self, **vals):
        self.level.write(vals)
        notice = self._send(self._invoice(1000, DUE, invoice_user_id=self.seller.id), TODAY)
        self.assertEqual(notice.state, "sent")
        return notice

    def test_none_by_default(self):
        self.debtor.relance_escalation_ids = self.director
        notice = self._copied()
        self.assertFalse(notice.email_cc)
        self.assertNotIn("copies", json.loads(notice.seal_payload), "Seals made before stay valid.")

    def test_all(self):
        self.debtor.relance_escalation_ids = self.director
        notice = self._copied(cc_partner_ids=self.lawyer.ids, cc_salesperson=True, cc_escalation=True)
        copies = "avocat@example.com, directrice@debtor.example.com, seller@example.com"
        self.assertEqual(notice.email_cc, copies)
        self.assertEqual(json.loads(notice.seal_payload)["copies"], copies)
        send = self._leave(notice)
        self.assertEqual(send.call_count, 1, "One message, not several.")
        message = send.call_args.args[0]
        self.assertEqual(email_normalize_all(message["To"]), [self.debtor.email])
        self.assertEqual(email_normalize_all(message["Cc"]), copies.split(", "))
        self.assert_register()

    def test_never_the_addressee_twice(self):
        self.lawyer.email = self.debtor.email.upper()
        notice = self._copied(cc_partner_ids=(self.lawyer | self.debtor).ids)
        self.assertFalse(notice.email_cc)

    def test_blacklisted_copy(self):
        self.env["mail.blacklist"]._add("avocat@example.com")
        notice = self._copied(cc_partner_ids=self.lawyer.ids, cc_salesperson=True)
        self.assertEqual(notice.email_cc, "seller@example.com")

    def test_copy_blacklisted_since(self):
        notice = self._copied(cc_partner_ids=self.lawyer.ids, cc_salesperson=True)
        self.env["mail.blacklist"]._add("avocat@example.com")
        message = self._leave(notice).call_args.args[0]
        self.assertEqual(email_normalize_all(message["Cc"]), ["seller@example.com"])
        self.assertEqual(notice.delivery_state, "sent")
        self.assertTrue(notice.message_ids.filtered(lambda each: "avocat@example.com" in each.body))

    def test_refused_copy(self):
        self.lawyer.email = self.debtor.email
        first = self._copied()
        self._leave(first)
        self._report(first)
        self.debtor.email = "neuve@example.com"
        notice = self._send(first.line_ids.move_id, TODAY)
        self.level.cc_partner_ids = self.lawyer
        self.assertEqual(notice.state, "sent")
        again = self._copied(cc_partner_ids=self.lawyer.ids)
        self.assertFalse(again.email_cc)

    def test_bounced_copy_is_no_bounce(self):
        notice = self._copied(cc_partner_ids=self.lawyer.ids)
        self._leave(notice)
        self._report(notice, address="avocat@example.com")
        self.assertRecordValues(notice, [{"state": "sent", "delivery_state": "sent", "address_refused": False}])

    def test_refreshed_before_the_seal(self):
        self.level.write({"kind": "courtesy", "automatic": False, "cc_partner_ids": self.lawyer.ids})
        self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        self.assertRecordValues(notice, [{"state": "to_approve", "email_cc": "avocat@example.com"}])
        self.lawyer.email = "cabinet@example.com"
        notice.action_approve()
        self.assertRecordValues(notice, [{"state": "ready", "email_cc": "cabinet@example.com"}])

    def test_letter_has_no_copies(self):
        self.debtor.email = False
        notice = self._copied(cc_partner_ids=self.lawyer.ids)
        self.assertRecordValues(notice, [{"channel": "letter", "email_cc": False}])

    def test_copies_tampered_with(self):
        notice = self._copied(cc_partner_ids=self.lawyer.ids)
        self.env.cr.execute("UPDATE relance_notice SET email_cc = NULL WHERE id = %s", (notice.id,))
        self.assertFalse(self.env["relance.notice"]._verify_register(self.company)["valid"])

    def test_escalation_contact_of_another_customer(self):
        with self.assert_refused(ValidationError, "Avocat"):
            self.debtor.relance_escalation_ids = self.lawyer

    def test_escalation_contact_who_left(self):
        self.debtor.relance_escalation_ids = self.director
        self.director.parent_id = self._create_debtor("Ailleurs")
        self.assertFalse(self._copied(cc_escalation=True).email_cc)
