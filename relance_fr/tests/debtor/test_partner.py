from odoo.exceptions import AccessError
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from ...law.holidays import public_holidays
from ..company_common import FrenchCompanyCommon


@tagged("post_install", "-at_install")
class TestRegime(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"]
        cls.france = cls.env.ref("base.fr")
        cls.company = cls.partners.create({"name": "Debtor", "is_company": True})

    def _regime(self, **values):
        return self.partners.create({"name": "Debtor", **values}).relance_regime

    def test_guess(self):
        belgium, reunion = self.env.ref("base.be").id, self.env.ref("base.re").id
        for expected, values in (
            ("consumer", {}),
            ("consumer", {"vat": "/"}),
            ("business", {"is_company": True}),
            ("business", {"vat": "FR23334175221", "country_id": self.france.id}),
            ("business", {"company_registry": "334175221"}),
            ("business", {"is_company": True, "company_registry": "33417522101010"}),
            ("public", {"is_company": True, "company_registry": "217500016"}),
            ("public", {"is_company": True, "company_registry": "217 500 016 00019"}),
            ("public", {"is_company": True, "company_registry": "130005481", "country_id": reunion}),
            ("business", {"is_company": True, "company_registry": "217500016", "country_id": belgium}),
            ("business", {"is_company": True, "company_registry": "2175000"}),
        ):
            with self.subTest(values=values):
                self.assertEqual(self._regime(**values), expected)

    def test_follows_the_registration(self):
        person = self.partners.create({"name": "Debtor"})
        person.company_registry = "334175221"
        self.assertEqual(person.relance_regime, "business")

    def test_contacts_mirror_their_company(self):
        contact = self.partners.create({"name": "Contact", "parent_id": self.company.id})
        address = self.partners.create({"name": "Desk", "parent_id": contact.id, "type": "invoice"})
        self.assertEqual((contact | address).mapped("relance_regime"), ["business", "business"])
        self.company.company_registry = "217500016"
        self.assertEqual((self.company | contact | address).mapped("relance_regime"), ["public"] * 3)
        # A person corrects the proposal.
        self.company.relance_regime = "business"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((self.company | contact | address).mapped("relance_regime"), ["business"] * 3)
        contact.write({"parent_id": False, "company_registry": False})
        self.assertEqual(contact.relance_regime, "consumer")

    def test_choice_at_creation(self):
        association = self.partners.create({"name": "Club", "is_company": True, "relance_regime": "consumer"})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(association.relance_regime, "consumer")

    def test_form_proposes(self):
        self.assertEqual(Form(self.partners).relance_regime, "consumer")
        form = Form(self.partners.with_context(default_is_company=True))
        form.name = "Debtor"
        self.assertEqual(form.relance_regime, "business")
        form.company_registry = "217500016"
        self.assertEqual(form.relance_regime, "public")
        partner = form.save()
        with Form(partner) as form:
            form.company_registry = "334175221"
            self.assertEqual(form.relance_regime, "business")
        self.assertEqual(partner.relance_regime, "business")

    def test_install_statement_agrees_with_the_compute(self):
        numbers = (False, "334175221", "217 500 016", "217500016 00019", "2175000", " ", "-")
        for is_company in (True, False):
            for vat in (False, "/", "FR23334175221"):
                for country in (False, self.france.id, self.env.ref("base.be").id):
                    for number in numbers:
                        parent = self.partners.create(
                            {
                                "name": "Debtor",
                                "is_company": is_company,
                                "company_registry": number,
                                "country_id": country,
                                "vat": vat if vat == "/" or country else False,
                            }
                        )
                        self.partners.create({"name": "Contact", "parent_id": parent.id})
        self.env.flush_all()
        computed = {partner.id: partner.relance_regime for partner in self.partners.search([])}
        self.env.cr.execute("UPDATE res_partner SET relance_regime = NULL")
        self.partners._fill_relance_regime()
        self.env.invalidate_all()
        filled = {partner.id: partner.relance_regime for partner in self.partners.browse(computed)}
        self.assertEqual(filled, computed)
        self.assertEqual(set(filled.values()), {"business", "public", "consumer"})


@tagged("post_install", "-at_install")
class TestDunningContact(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"]
        cls.debtor = cls.partners.create({"name": "Debtor", "is_company": True})
        cls.contact = cls.partners.create({"name": "Buyer", "parent_id": cls.debtor.id})

    def _add_address(self, address_type):
        return self.partners.create(
            {
                "name": address_type,
                "type": address_type,
                "parent_id": self.debtor.id,
                "street": "1 rue du Test",
            }
        )

    def test_order(self):
        self.assertEqual(self.contact._get_relance_contact(), self.debtor)
        invoice_address = self._add_address("invoice")
        self.assertEqual(self.contact._get_relance_contact(), invoice_address)
        dunning_address = self._add_address("relance")
        self.assertEqual(self.contact._get_relance_contact(), dunning_address)
        self.debtor.relance_contact_id = self.contact
        self.assertEqual(self.contact._get_relance_contact(), self.contact)
        dunning_address.active = False
        self.debtor.relance_contact_id = False
        self.assertEqual(self.contact._get_relance_contact(), invoice_address)

    def test_own_address(self):
        self.debtor.street = "2 rue du Siège"
        self.assertEqual(self._add_address("relance").street, "1 rue du Test")

    def test_seen_without_accounting_rights(self):
        self.debtor.relance_contact_id = self.contact
        seller = new_test_user(self.env, "relance_seller", groups="base.group_user")
        self.assertEqual(self.debtor.with_user(seller)._get_relance_contact(), self.contact)
        self.assertEqual(self.debtor.with_user(seller)._get_relance_contact().env.user, seller)


@tagged("post_install", "-at_install")
class TestPartnerSettings(FrenchCompanyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company(name="Second company")["company"]
        cls.calendar = cls.env.ref("relance_fr.relance_calendar_gweva")

    def test_per_company(self):
        self.partner_a.write({"relance_calendar_id": self.calendar.id, "relance_exclude": True})
        self.assertRecordValues(
            self.partner_a.with_company(self.other),
            [
                {"relance_calendar_id": False, "relance_exclude": False},
            ],
        )

    def test_user_outside_accounting(self):
        self.partner_a.write({"relance_calendar_id": self.calendar.id})
        seller = new_test_user(
            self.env,
            "relance_seller",
            groups="base.group_user,base.group_partner_manager",
            company_id=self.env.company.id,
        )
        with self.with_user("relance_seller"):
            form = Form(self.env["res.partner"].with_context(default_is_company=True))
            form.name = "Prospect"
            prospect = form.save()
            contact = self.env["res.partner"].create(
                {
                    "name": "Buyer",
                    "parent_id": prospect.id,
                    "type": "relance",
                }
            )
            with Form(prospect) as form:
                form.company_registry = "217500016"
            prospect.read(["relance_regime", "type"])
        self.assertNotIn("relance_regime", form._view["fields"])
        self.assertEqual((prospect | contact).sudo().mapped("relance_regime"), ["public", "public"])
        with self.assertRaises(AccessError):
            self.partner_a.with_user(seller).read(["relance_calendar_id"])
        with self.assertRaises(AccessError):
            self.partner_a.with_user(seller).relance_exclude = True

    def test_clerk_sees_and_changes(self):
        clerk = new_test_user(
            self.env,
            "relance_clerk",
            groups="account.group_account_invoice,base.group_partner_manager",
            company_id=self.env.company.id,
        )
        with Form(self.partner_a.with_user(clerk)) as form:
            form.relance_calendar_id = self.calendar
            form.relance_regime = "public"
        self.assertRecordValues(
            self.partner_a,
            [
                {"relance_calendar_id": self.calendar.id, "relance_regime": "public"},
            ],
        )

    def test_auditor_sees(self):
        auditor = new_test_user(
            self.env,
            "relance_auditor",
            groups="account.group_account_readonly",
            company_id=self.env.company.id,
        )
        self.partner_a.write({"relance_calendar_id": self.calendar.id})
        form = Form(self.partner_a.with_user(auditor))
        self.assertEqual(form.relance_calendar_id, self.calendar)

    def test_company_settings(self):
        settings = self.env["res.config.settings"].create({})
        settings.write(
            {
                "relance_calendar_id": self.calendar.id,
                "relance_automatic": False,
                "relance_bank_max_age": 3,
                "relance_signatory_id": self.env.user.id,
                "relance_signatory_function": "CFO",
                "relance_contact_id": self.partner_b.id,
            }
        )
        settings.execute()
        self.assertRecordValues(
            self.env.company,
            [
                {
                    "relance_calendar_id": self.calendar.id,
                    "relance_automatic": False,
                    "relance_bank_max_age": 3,
                    "relance_signatory_id": self.env.user.id,
                    "relance_signatory_function": "CFO",
                    "relance_contact_id": self.partner_b.id,
                }
            ],
        )

    def test_branch_inherits_what_is_empty(self):
        self.env.company.write({"relance_calendar_id": self.calendar.id, "relance_signatory_function": "CFO"})
        branch = self.env["res.company"].create(
            {
                "name": "Branch",
                "parent_id": self.env.company.id,
                "relance_automatic": False,
                "relance_bank_max_age": 0,
            }
        )
        manager = new_test_user(
            self.env,
            "relance_branch",
            groups="account.group_account_manager",
            company_id=branch.id,
            company_ids=branch.ids,
        )
        branch = branch.with_user(manager)
        self.assertEqual(branch._get_relance_setting("relance_calendar_id"), self.calendar)
        self.assertEqual(branch._get_relance_setting("relance_signatory_function"), "CFO")
        self.assertIs(branch._get_relance_setting("relance_automatic"), False)
        self.assertEqual(branch._get_relance_setting("relance_bank_max_age"), 0)
        self.assertFalse(branch._get_relance_setting("relance_signatory_id"))
        own = self.env.ref("relance_fr.relance_calendar_codinf")
        branch.sudo().relance_calendar_id = own
        self.assertEqual(branch._get_relance_setting("relance_calendar_id"), own)


@tagged("post_install", "-at_install")
class TestHolidays(TransactionCase):
    def test_eleven_a_year(self):
        # 1 May 2008 was Ascension as well.
        self.assertEqual(
            {year: len(public_holidays(year)) for year in (2008, 2025, 2026)}, {2008: 10, 2025: 11, 2026: 11}
        )
