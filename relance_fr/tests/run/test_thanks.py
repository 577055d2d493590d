from odoo.tests import freeze_time, tagged

from ..mail_common import DUE, TODAY, DispatchMailCommon

PAID = "2026-06-01"
THANKED = "2026-06-02"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestThanks(DispatchMailCommon):
    """One e-mail of thanks to who was reminded and has paid everything; off by default."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_thanks = True

    def _thank(self, day=THANKED):
        known = self.env["mail.mail"].sudo().search([])
        with freeze_time(day):
            self.env["relance.run"]._cron_thank()
        return self.env["mail.mail"].sudo().search([]) - known

    def _paid(self, day=PAID, **vals):
        invoice = self._invoice(1000, DUE, **vals)
        notice = self._send(invoice, TODAY)
        self._pay(invoice, day)
        return notice

    def test_thanked_once(self):
        notice = self._paid()
        mail = self._thank()
        self.assertRecordValues(mail, [{"email_to": self.debtor.email, "recipient_ids": [], "state": "outgoing"}])
        self.assertFalse(mail.attachment_ids)
        self.assertIn("received your payment", mail.body_html)
        self.assertEqual(str(notice.thanked_on), THANKED)
        self.assertFalse(self._thank() | self._thank("2026-06-03"), "Never twice.")
        self.assertRecordValues(notice, [{"state": "sent"}])
        self.assert_register()

    def test_one_for_several_notices(self):
        first = self._paid(currency_id=self.company.currency_id.id)
        self.company.relance_calendar_id = self._calendar({"kind": "courtesy", "delay": 1, "name": "again"})
        second = self._paid()
        self.assertEqual(len(self._thank()), 1)
        self.assertTrue(first.thanked_on and second.thanked_on)

    def test_off(self):
        self.company.relance_thanks = False
        self._paid()
        self.assertFalse(self._thank())

    def test_off_by_default(self):
        self.assertFalse(self.env["res.company"].new({"name": "x"}).relance_thanks)

    def test_paid_before_it_was_switched_on(self):
        self.company.relance_thanks = False
        self._paid(PAID)
        with freeze_time("2026-06-02"):
            self.company.relance_thanks = True
        self.assertEqual(str(self.company.relance_thanks_since), "2026-06-02")
        self.assertFalse(self._thank("2026-06-03"))

    def test_paid_long_ago(self):
        self._paid("2026-05-28")
        self.assertFalse(self._thank("2026-06-20"))

    def test_paid_in_part(self):
        invoice = self._invoice(1000, DUE)
        self._send(invoice, TODAY)
        self._pay(invoice, PAID, 400)
        self.assertFalse(self._thank())

    def test_credited(self):
        invoice = self._invoice(1000, DUE)
        self._send(invoice, TODAY)
        self._credit_note(1000, PAID, invoice=invoice)
        self.assertFalse(self._thank())

    def test_something_else_overdue(self):
        self._paid()
        self._invoice(300, "2026-05-30")
        self.assertFalse(self._thank())

    def test_something_else_not_due_yet(self):
        self._paid()
        self._invoice(300, "2026-07-30")
        self.assertEqual(len(self._thank()), 1)

    def test_disputed(self):
        self._paid()
        later = self._invoice(300, "2026-07-30")
        self.env["relance.hold"].create(
            {"partner_id": self.debtor.id, "move_id": later.id, "reason": "dispute", "date_from": TODAY}
        )
        self.assertFalse(self._thank())

    def test_preventive_only(self):
        calendar = self._calendar({"kind": "preventive", "delay": -3}, {"kind": "courtesy", "delay": 30})
        self.debtor.relance_calendar_id = calendar
        invoice = self._invoice(1000, "2026-05-28")
        notice = self._send(invoice, TODAY)
        self.assertEqual(notice.kind, "preventive")
        self._pay(invoice, "2026-05-27")
        self.assertFalse(self._thank("2026-05-30"))

    def test_blacklisted(self):
        self._paid()
        self.env["mail.blacklist"]._add(self.debtor.email)
        self.assertFalse(self._thank())

    def test_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(["relance_fr"], ["fr_FR"])
        self.debtor.lang = "fr_FR"
        self._paid()
        mail = self._thank()
        self.assertIn("Nous avons bien reçu votre paiement", mail.body_html)
        self.assertEqual(mail.subject, "Merci de votre règlement")
