from odoo.tests import freeze_time, tagged

from ..insolvency_common import InsolvencyCommon
from ..mail_common import DUE, TODAY, GatewayCommon

LATER_DUE, LATER = "2026-07-20", "2026-08-01"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestTwoInvoiceAddresses(GatewayCommon):
    """A notice about invoices made out to two addresses reaches both, unless somebody was named to receive it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls._calendar({"kind": "courtesy", "delay": 1}).level_ids
        cls.debtor.relance_calendar_id = cls.level.calendar_id
        cls.north, cls.south = (
            cls.env["res.partner"].create(
                {"name": name, "parent_id": cls.debtor.id, "type": "invoice", "street": "1 quai Neuf", "zip": "59000",
                 "city": "Lille", "email": f"{name.lower()}@debtor.example.com"}
            )
            for name in ("Nord", "Sud")
        )  # fmt: skip
        cls.invoices = cls._invoice(1000, DUE, partner=cls.north) | cls._invoice(700, DUE, partner=cls.south)

    def test_both_get_the_email(self):
        notice = self._send(self.invoices, TODAY)
        self.assertRecordValues(
            notice,
            [
                {
                    "contact_id": self.north.id,
                    "email_to": "nord@debtor.example.com",
                    "email_cc": "sud@debtor.example.com",
                }
            ],
        )
        message = self._leave(notice).call_args.args[0]
        self.assertEqual((message["To"], message["Cc"]), ("nord@debtor.example.com", "sud@debtor.example.com"))
        self.assert_register()

    def test_one_address_gets_no_copy(self):
        for invoice, contact in zip(self.invoices, (self.north, self.south), strict=True):
            notice = self._send(invoice, TODAY)
            self.assertRecordValues(notice, [{"contact_id": contact.id, "email_cc": False}])

    def test_whom_the_debtor_named_receives_alone(self):
        self.debtor.relance_contact_id = self.south
        notice = self._send(self.invoices, TODAY)
        self.assertRecordValues(notice, [{"contact_id": self.south.id, "email_cc": False}])

    def test_who_posts_the_letter_is_told_of_the_other(self):
        self.level.write({"channel_letter": True, "channel_email": False, "with_letter": True})
        notice = self._send(self.invoices, TODAY)
        self.assertEqual(notice.channel, "letter")
        self.assertIn("Sud", notice.activity_ids.note)
        alone = self._create_debtor("Seul")
        alone.relance_calendar_id = self.level.calendar_id
        self.assertFalse(self._send(self._invoice(100, DUE, partner=alone), TODAY).activity_ids.note)


@tagged("post_install", "-at_install")
@freeze_time(LATER)
class TestLiquidator(InsolvencyCommon):
    """From the judgment of liquidation on, what is written to the debtor goes to its liquidator (C. com. L641-9)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls._calendar({"kind": "firm", "delay": 1, "channel_letter": True, "with_letter": True}).level_ids
        cls.debtor.relance_calendar_id = cls.level.calendar_id
        cls.representative.email = "etude@aubry.example.com"
        cls.hold = cls._open(insolvency_kind="liquidation")
        # Ordered and invoiced after the judgment of 10 June: paid at its own date.
        cls.later = cls._invoice(500, LATER_DUE, invoice_date="2026-06-20")

    def test_letter_and_email_go_to_the_liquidator(self):
        self.assertEqual(self.debtor._get_relance_contact(), self.representative)
        notice = self._send(self.later, LATER)
        self.assertRecordValues(
            notice,
            [{"partner_id": self.debtor.id, "contact_id": self.representative.id, "channel": "letter",
              "email_to": "etude@aubry.example.com", "postal_to": "4 place Bellecour, 69002 Lyon, FR"}],
        )  # fmt: skip
        envelope = notice._get_letter_debtor()["envelope"]["lines"]
        self.assertEqual(envelope[0], "SELARL Aubry Mandataires")
        self.assertEqual(envelope[-2:], ["4 place Bellecour", "69002 LYON"])
        self.assertIn(self.debtor.name, " ".join(envelope[1:-2]))

    def test_nobody_else_in_its_stead(self):
        """A liquidator without an address: a person is asked for it, the debtor is not written to."""
        self.representative.write({"email": False, "street": False, "city": False, "zip": False})
        self.assertEqual(self.later.relance_explain()["reason"], "no_address")

    def test_other_proceedings_leave_the_debtor_its_mail(self):
        self.hold.sudo().insolvency_kind = "receivership"
        self.assertEqual(self.debtor._get_relance_contact(), self.debtor)
        self.assertEqual(self._send(self.later, LATER).contact_id, self.debtor)
