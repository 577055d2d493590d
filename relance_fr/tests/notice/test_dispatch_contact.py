from odoo.tests import freeze_time, tagged

from .test_dispatch_mail import DUE, TODAY, DispatchMailCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDispatchContact(DispatchMailCommon):
    """Who is written to, at which address, in which language."""

    @classmethod
    def _contact(cls, name, kind, parent=None, **vals):
        vals = {"email": f"{name.lower()}@example.com", "type": kind, "parent_id": (parent or cls.debtor).id} | vals
        return cls.env["res.partner"].create({"name": name, **vals})

    def assert_addressee(self, invoices, contact, **vals):
        notice = self._send(invoices, TODAY)
        self.assertRecordValues(
            notice,
            [
                {
                    "partner_id": contact.commercial_partner_id.id,
                    "contact_id": contact.id,
                    "email_to": contact.email,
                    "state": "sent",
                }
                | vals
            ],
        )
        if notice.channel == "email":
            self.assertEqual(notice.mail_id.sudo().email_to, contact.email)
        return notice

    # === THE CHAIN === #

    def test_the_customer(self):
        self.assert_addressee(self._invoice(1000, DUE), self.debtor)

    def test_the_contact_of_the_invoice(self):
        buyer = self._contact("Buyer", "contact")
        self.assert_addressee(self._invoice(1000, DUE, partner=buyer), buyer)

    def test_the_invoice_address(self):
        accounts = self._contact("Accounts", "invoice")
        self.assert_addressee(self._invoice(1000, DUE), accounts)

    def test_the_dunning_address(self):
        self._contact("Accounts", "invoice")
        dunning = self._contact("Dunning", "relance")
        self.assert_addressee(self._invoice(1000, DUE), dunning)

    def test_the_dunning_contact_of_the_customer(self):
        self._contact("Dunning", "relance")
        lawyer = self.env["res.partner"].create({"name": "Lawyers", "email": "lawyer@example.com", "is_company": True})
        self.debtor.relance_contact_id = lawyer
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertRecordValues(
            notice, [{"partner_id": self.debtor.id, "contact_id": lawyer.id, "email_to": "lawyer@example.com"}]
        )

    def test_who_left_the_customer_gets_nothing(self):
        dunning = self._contact("Dunning", "relance")
        left = self._contact("Buyer", "contact")
        self.debtor.relance_contact_id = left
        left.parent_id = False
        self.assert_addressee(self._invoice(1000, DUE), dunning)

    def test_the_same_chain_for_the_screen(self):
        """What the customer's card says is what the job does."""
        for make in (
            lambda: self.debtor,
            lambda: self._contact("Accounts", "invoice"),
            lambda: self._contact("Dunning", "relance"),
        ):
            contact = make()
            self.assertEqual(self.debtor._get_relance_contact(), contact)
            invoice = self._invoice(1000, DUE)
            self.assertEqual(self._preview_contact(invoice), contact, contact.name)

    def _preview_contact(self, invoice):
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        return run.line_ids.filtered(lambda line: line.move_id == invoice).contact_id

    def test_archived_addresses_are_forgotten(self):
        dunning = self._contact("Dunning", "relance")
        dunning.active = False
        self.assert_addressee(self._invoice(1000, DUE), self.debtor)

    def test_invoices_of_two_contacts_go_to_the_customer(self):
        one, two = self._contact("One", "contact"), self._contact("Two", "contact")
        invoices = self._invoice(1000, DUE, partner=one) | self._invoice(700, DUE, partner=two)
        notice = self.assert_addressee(invoices, self.debtor)
        self.assertEqual(notice.total_amount, 1700)

    def test_one_notice_for_the_whole_entity(self):
        office = self._contact("Office", "invoice")
        invoices = self._invoice(1000, DUE, partner=office) | self._invoice(700, DUE)
        notice = self._run_on(TODAY)
        self.assertEqual(len(notice), 1)
        self.assertEqual(notice.line_ids.move_id, invoices)

    def test_contact_of_another_company(self):
        other = self.setup_other_company(name="Autre SA")["company"]
        elsewhere = self.env["res.partner"].create({"name": "Elsewhere", "email": "elsewhere@example.com"})
        self.debtor.with_company(other).relance_contact_id = elsewhere
        self.assert_addressee(self._invoice(1000, DUE), self.debtor)

    # === ADDRESSES === #

    def test_dunning_contact_without_a_postal_address(self):
        """A registered letter to a contact without street goes to the address of his company."""
        contact = self._contact("Dunning", "relance")
        self.assertFalse(contact.street)
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 1, "channel_registered": True})
        notice = self.assert_addressee(self._invoice(1000, DUE), contact, channel="registered")
        self.assertIn(self.debtor.street.encode(), notice.attachment_id.raw)

    def test_dunning_contact_without_email(self):
        """A contact that has neither email nor address hides nobody: the customer's own are used."""
        self._contact("Dunning", "relance", email=False)
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertEqual(notice.state, "sent")
        self.assertTrue(notice.mail_id or notice.attachment_id)

    def test_registered_without_any_postal_address(self):
        self.debtor.write({"street": False, "zip": False, "city": False})
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 1, "channel_registered": True})
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertRecordValues(notice, [{"channel": "email", "state": "sent", "to_post": False}])
        self.assertIn(notice.attachment_id, notice.mail_id.sudo().attachment_ids)

    def test_email_of_the_day_of_sending(self):
        """The address corrected between draft and approval is the one used; a sealed one is what was sealed."""
        self.company.relance_automatic = False
        self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        self.debtor.email = "right@example.com"
        notice.action_approve()
        self.assertEqual(notice.email_to, "right@example.com")
        self.debtor.email = "later@example.com"
        notice.action_dispatch()
        self.assertEqual(notice.mail_id.sudo().email_to, "right@example.com")
        self.assert_register()

    def test_several_emails(self):
        self.debtor.email = "one@example.com, two@example.com"
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self.assertEqual(notice.mail_id.sudo().email_to, "one@example.com, two@example.com")
        send = self._leave(notice)
        message = send.call_args.args[0]
        self.assertEqual(message["To"], "one@example.com, two@example.com")

    # === LANGUAGE === #

    def _translate(self):
        template = self.env.ref("relance_fr.mail_template_courtesy").sudo()
        template.with_context(lang="en_US").subject = "Reminder {{ object._get_invoice_label() }}"
        template.with_context(lang="fr_FR").subject = "Rappel {{ object._get_invoice_label() }}"

    def test_french_for_a_french_debtor(self):
        self._translate()
        self.assertEqual(self.env.user.lang, "en_US")
        subjects = {}
        for lang, country in ((False, "fr"), ("fr_FR", "fr"), ("fr_FR", "be"), ("en_US", "uk")):
            partner = self._create_debtor(f"{lang}{country}", country_id=self.env.ref(f"base.{country}").id)
            partner.flush_recordset()
            self.env.cr.execute("UPDATE res_partner SET lang = %s WHERE id = %s", [lang or None, partner.id])
            partner.invalidate_recordset()
            notice = self._send(self._invoice(1000, DUE, partner=partner), TODAY)
            subjects[lang, country] = (notice.lang, notice.mail_id.sudo().subject.split()[0])
        self.assertEqual(
            subjects,
            {
                (False, "fr"): ("fr_FR", "Rappel"),
                ("fr_FR", "fr"): ("fr_FR", "Rappel"),
                ("fr_FR", "be"): ("fr_FR", "Rappel"),
                ("en_US", "uk"): ("en_US", "Reminder"),
            },
        )

    def test_languages_in_one_batch(self):
        self._translate()
        partners = [
            self._create_debtor(name, lang=lang) for name, lang in (("A", "fr_FR"), ("B", "en_US"), ("C", "fr_FR"))
        ]
        for partner in partners:
            self._invoice(1000, DUE, partner=partner)
        notices = self._run_on(TODAY)
        subjects = {notice.partner_id.name: notice.mail_id.sudo().subject.split()[0] for notice in notices}
        self.assertEqual(subjects, {"A": "Rappel", "B": "Reminder", "C": "Rappel"})
