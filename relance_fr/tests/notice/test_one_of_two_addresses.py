from odoo.tests import freeze_time, tagged

from .test_dispatch_mail import DispatchMailCommon

DUE, TODAY = "2026-05-16", "2026-05-26"
BOTH = "anne@menuiserie.example.com, bruno@menuiserie.example.com"
ANNE, BRUNO = BOTH.split(", ")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestOneOfTwoAddresses(DispatchMailCommon):
    """One of two addresses of a card asked for no more e-mails: the other one is written to, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.email = BOTH
        cls.invoice = cls._invoice(1000, DUE)

    def _bar(self, *addresses):
        for address in addresses:
            self.env["mail.blacklist"]._add(address)
        self.env.flush_all()

    def _left(self, notice):
        send = self._leave(notice)
        return [call.args[0]["To"] for call in send.call_args_list]

    def test_none(self):
        notice = self._send(self.invoice, TODAY)
        self.assertEqual(notice.email_to, BOTH)
        [to] = self._left(notice)
        self.assertIn(ANNE, to)
        self.assertIn(BRUNO, to)

    def test_either(self):
        for barred, left in ((ANNE, BRUNO), (BRUNO, ANNE)):
            with self.subTest(barred=barred):
                debtor = self._create_debtor(f"Without {barred}", email=BOTH)
                self.env["mail.blacklist"].search([]).unlink()
                self._bar(barred)
                notice = self._send(self._invoice(1000, DUE, debtor), TODAY)
                self.assertRecordValues(notice, [{"channel": "email", "email_to": left, "state": "sent"}])
                self.assertEqual(self._left(notice), [left])
                self.assertRecordValues(notice, [{"state": "sent", "delivery_state": "sent"}])
        self.assert_register()

    def test_both(self):
        self._bar(ANNE, BRUNO)
        notice = self._send(self.invoice, TODAY)
        self.assertRecordValues(notice, [{"channel": "letter", "email_to": False}])

    def test_barred_while_it_waited(self):
        """It was sealed for both; the one who asked for no more e-mails gets none, and no number is burned."""
        notice = self._send(self.invoice, TODAY)
        self._bar(BRUNO)
        self.assertEqual(self._left(notice), [ANNE])
        self.assertRecordValues(notice, [{"state": "sent", "delivery_state": "sent"}])
        self.assertIn(f"Nothing was sent to {BRUNO}", " ".join(notice.message_ids.mapped("body")))
        self.assertEqual(self.invoice.relance_notice_ids, notice)

    def test_both_barred_while_it_waited(self):
        notice = self._send(self.invoice, TODAY)
        self._bar(ANNE, BRUNO)
        self.assertFalse(self._left(notice))
        self.assertRecordValues(notice, [{"state": "failed", "delivery_state": "blacklisted"}])

    def test_one_came_back(self):
        notice = self._send(self.invoice, TODAY)
        self._leave(notice)
        notice._message_receive_bounce(BRUNO, self.env["res.partner"])
        self.assertRecordValues(notice, [{"state": "sent", "address_refused": False}])
        self.assertIn(BRUNO, " ".join(notice.activity_ids.mapped("summary")))

    def test_names_beside_addresses(self):
        self.debtor.email = f'"Petit, Anne" <{ANNE}>; {BRUNO.upper()}'
        self._bar(BRUNO)
        self.assertEqual(self._send(self.invoice, TODAY).email_to, ANNE)

    def test_what_was_left_fails(self):
        """The one address left is refused: it is not tried three times."""
        self._bar(BRUNO)
        notice = self._send(self.invoice, TODAY)
        notice._message_receive_bounce(ANNE, self.env["res.partner"])
        self.assertEqual(notice.state, "failed")
        again = self._send(self.invoice, TODAY)
        self.assertRecordValues(again, [{"channel": "letter", "email_to": False}])
