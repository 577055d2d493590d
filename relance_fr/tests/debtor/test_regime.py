from odoo.addons.account_edi_ubl_cii.models.account_edi_xml_ubl_bis3 import CHORUS_PRO_PEPPOL_ID
from odoo.tests import Form, TransactionCase, new_test_user, tagged

PUBLIC_SIRET = "21750001600019"
CHORUS_EAS, CHORUS_ENDPOINT = CHORUS_PRO_PEPPOL_ID.split(":")


@tagged("post_install", "-at_install")
class TestRegimeProposal(TransactionCase):
    """The law of a debtor: what proposes it, why, and that a choice by hand stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Numbers as they were imported, in whatever field.
        cls.partners = cls.env["res.partner"].with_context(no_vat_validation=True)
        cls.france, cls.portugal = cls.env.ref("base.fr"), cls.env.ref("base.pt")
        cls.tag = cls.env["res.partner.category"].create({"name": "Collectivités", "relance_public_body": True})
        cls.other_tag = cls.env["res.partner.category"].create({"name": "Newsletter"})

    def _create(self, **values):
        return self.partners.create({"name": "Debtor", "is_company": True, **values})

    def _cases(self):
        """Return (regime, reason, values of the partner)."""
        france, portugal = self.france.id, self.portugal.id
        person = {"is_company": False}
        chorus = {"peppol_eas": CHORUS_EAS, "peppol_endpoint": CHORUS_ENDPOINT}
        return [
            ("consumer", "person", person),
            ("consumer", "person", person | {"country_id": portugal}),
            ("business", "company", {}),
            ("business", "registered", person | {"company_registry": "334175221"}),
            ("business", "registered", person | {"vat": "FR23334175221", "country_id": france}),
            # A body of public law, whichever field its number is in.
            ("public", "number", {"company_registry": "217 500 016"}),
            ("public", "number", {"vat": "FR46217500016"}),
            ("public", "number", {"vat": "FR46 217 500 016", "country_id": france}),
            ("public", "number", {"vat": "217500016", "country_id": france}),
            ("public", "number", {"vat": PUBLIC_SIRET, "country_id": france}),
            ("public", "number", {"peppol_eas": "0009", "peppol_endpoint": PUBLIC_SIRET}),
            ("public", "number", {"peppol_eas": "0002", "peppol_endpoint": "217500016"}),
            # Nine digits mean something else elsewhere, and nothing without a country.
            ("business", "company", {"vat": "217500016", "country_id": portugal}),
            ("business", "company", {"vat": "217500016"}),
            ("business", "company", {"company_registry": "217500016", "country_id": portugal}),
            ("business", "company", {"peppol_eas": "9946", "peppol_endpoint": "217500016", "country_id": portugal}),
            ("business", "company", {"peppol_eas": "0009", "peppol_endpoint": "33417522101010"}),
            # Chorus Pro and tags.
            ("public", "chorus", {**chorus, "country_id": france}),
            ("public", "chorus", {**chorus, "company_registry": "33417522101010", "country_id": france}),
            ("public", "tag", {"category_id": [(6, 0, self.tag.ids)]}),
            ("public", "tag", {"category_id": [(6, 0, (self.tag | self.other_tag).ids)], "country_id": portugal}),
            ("business", "company", {"category_id": [(6, 0, self.other_tag.ids)]}),
        ]

    def test_proposal_and_its_reason(self):
        for regime, reason, values in self._cases():
            with self.subTest(values=values):
                partner = self._create(**values)
                self.assertEqual(partner._guess_relance_regime(), (regime, reason))
                self.assertEqual(partner.relance_regime, regime)
                self.assertFalse(partner.relance_regime_choice)

    def test_statement_of_the_installation_agrees(self):
        for regime, _reason, values in self._cases():
            debtor = self._create(**values)
            self._create(is_company=False, parent_id=debtor.id)
            other = "consumer" if regime != "consumer" else "business"
            self._create(**values, relance_regime=other)
        self.env.flush_all()
        computed = {partner.id: partner.relance_regime for partner in self.partners.search([])}
        self.env.cr.execute("UPDATE res_partner SET relance_regime = NULL")
        self.partners._fill_relance_regime()
        self.env.invalidate_all()
        self.assertEqual({partner.id: partner.relance_regime for partner in self.partners.browse(computed)}, computed)
        self.assertEqual(set(computed.values()), {"business", "public", "consumer"})

    def test_upgrade_takes_what_differs_for_a_choice(self):
        chosen, proposed = self._create(relance_regime="consumer"), self._create()
        contact = self._create(is_company=False, parent_id=chosen.id)
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET relance_regime_choice = NULL")
        self.partners._keep_relance_regime()
        self.env.invalidate_all()
        self.assertEqual(chosen.relance_regime_choice, "consumer")
        self.assertFalse(proposed.relance_regime_choice or contact.relance_regime_choice)

    def test_upgrade_takes_no_old_proposal_for_a_choice(self):
        siren = 213400328
        number = f"FR{(12 + 3 * (siren % 97)) % 97:02d}{siren}"
        town = self._create(vat=number, country_id=self.france.id, company_registry=False)
        by_hand = self._create(company_registry=PUBLIC_SIRET, relance_regime="business")
        self.env.flush_all()
        # As the version before stored them: it looked at the registration number only.
        self.env.cr.execute("UPDATE res_partner SET relance_regime = 'business' WHERE id = %s", [town.id])
        self.env.cr.execute("UPDATE res_partner SET relance_regime_choice = NULL")
        self.partners._keep_relance_regime()
        self.partners._fill_relance_regime()
        self.env.invalidate_all()
        self.assertEqual((town.relance_regime, town.relance_regime_choice), ("public", False))
        self.assertEqual((by_hand.relance_regime, by_hand.relance_regime_choice), ("business", "business"))

    def test_archived_tag_says_nothing(self):
        town = self._create(category_id=[(6, 0, self.tag.ids)])
        self.assertEqual(town.relance_regime, "public")
        self.tag.relance_public_body = False
        self.assertEqual(town.relance_regime, "business")
        self.tag.relance_public_body = True
        self.assertEqual(town.relance_regime, "public")

    # === A CHOICE BY HAND === #

    def test_choice_outlives_the_numbers(self):
        club = self._create(relance_regime="consumer")
        for values in (
            {"vat": "FR23334175221", "country_id": self.france.id},
            {"company_registry": PUBLIC_SIRET},
            {"category_id": [(6, 0, self.tag.ids)]},
            {"is_company": False},
        ):
            club.write(values)
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(club.relance_regime, "consumer", values)

    def test_choice_of_the_proposal_gives_the_choice_up(self):
        debtor = self._create(relance_regime="consumer")
        debtor.relance_regime = "business"
        self.assertFalse(debtor.relance_regime_choice)
        debtor.company_registry = PUBLIC_SIRET
        self.assertEqual(debtor.relance_regime, "public")

    def test_contacts_follow_the_choice(self):
        debtor = self._create()
        contact = self._create(is_company=False, parent_id=debtor.id)
        debtor.relance_regime = "public"
        self.assertEqual(contact.relance_regime, "public")
        # What is written on a contact is the debtor's all the same.
        contact.relance_regime = "consumer"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((debtor | contact).mapped("relance_regime"), ["public", "public"])

    def test_form_keeps_a_choice_before_it_is_saved(self):
        accountant = new_test_user(
            self.env, "relance_choice", groups="account.group_account_invoice,base.group_partner_manager"
        )
        partners = self.partners.with_user(accountant).with_context(default_is_company=True)
        with Form(partners) as form:
            form.name = "Debtor"
            form.relance_regime = "consumer"
            form.company_registry = PUBLIC_SIRET
            self.assertEqual(form.relance_regime, "consumer")
            form.relance_regime = "public"
            form.company_registry = "33417522101010"
            self.assertEqual(form.relance_regime, "business")
            form.relance_regime = "consumer"
        debtor = form.record
        self.assertEqual((debtor.relance_regime, debtor.relance_regime_choice), ("consumer", "consumer"))

    def test_salesperson_changes_numbers_and_tags(self):
        seller = new_test_user(self.env, "relance_tags", groups="base.group_user,base.group_partner_manager")
        debtor = self._create(category_id=[(6, 0, self.tag.ids)])
        debtor = debtor.with_user(seller)
        debtor.category_id = False
        self.assertEqual(debtor.relance_regime, "business")
        debtor.write({"company_registry": PUBLIC_SIRET, "relance_regime": "business"})
        self.assertEqual((debtor.relance_regime, debtor.relance_regime_choice), ("business", "business"))
