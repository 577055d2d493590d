from base64 import b64decode, b64encode
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from ..screens import ScreenCommon, blank_pdf


class OnboardingCommon(ScreenCommon):
    """A company that has just installed dunning."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"street": "14 quai Jean-Moulin", "zip": "69001", "city": "Lyon", "company_registry": "30326504500017"}
        )
        cls.manager = cls.users["manager"]

    @classmethod
    def _make_ready(cls, company):
        """Nobody has set anything up yet."""
        company.write({"email": "compta@atelier.example.com", "report_footer": "<p>SARL, RCS Lyon 303 265 045</p>"})

    def _as(self, user):
        return self.env["relance.onboarding"].with_user(user).with_company(self.company)

    def _steps(self):
        return {step["key"]: step for step in self._as(self.manager).action_get_panel()["steps"]}

    def _done(self):
        return [key for key, step in self._steps().items() if step["done"]]


@tagged("post_install", "-at_install")
@freeze_time("2026-08-10")
class TestOnboarding(OnboardingCommon):
    """The first steps tell from the data what is done; nothing is ticked."""

    def test_each_step_is_done_by_its_data(self):
        self.assertEqual(self._done(), ["calendar"])
        self.assertIn("12.40 % a year", self._steps()["terms"]["text"])
        self.assertIn("Missing: bank account and signatory.", self._steps()["letterhead"]["text"])
        self.env["relance.terms"].create({"name": "CGV 2026", "date_from": "2026-09-01", "basis": "ecb"})
        self.assertNotIn("terms", self._done(), "Terms to come are not in force.")
        self.env["relance.terms"].create({"name": "CGV", "date_from": "2026-01-01", "basis": "ecb"})
        self.assertEqual(self._done(), ["terms", "calendar"])
        self.env["res.partner.bank"].create(
            {"acc_number": "FR7630006000011234567890189", "partner_id": self.company.partner_id.id}
        )
        self.company.relance_signatory_id = self.manager
        self.assertEqual(self._done(), ["terms", "calendar", "letterhead"])
        self._pay(self._invoice(100, "2026-08-01"), "2026-08-07")
        self.assertEqual(self._done(), ["terms", "calendar", "letterhead", "bank"])
        self.assertTrue(self._as(self.manager).action_get_panel()["done"])
        self.company.relance_calendar_id = False
        self.company.relance_bank_max_age = 0
        self.assertEqual(self._done(), ["terms", "letterhead"])

    def test_missing_rates_come_first(self):
        self.env["relance.terms"].create({"name": "CGV", "date_from": "2026-01-01", "basis": "ecb"})
        self.env["relance.rate"].search([("date_from", ">", "2026-07-01")]).unlink()
        with freeze_time("2027-01-10"):
            self.assertIn("The rates of 2027 S1 are missing", self._steps()["terms"]["text"])
            action = self._as(self.manager).action_open_step("terms")
            self.assertEqual(action["res_model"], "relance.rate")
            self.assertEqual(str(action["context"]["default_date_from"]), "2027-01-01")

    def test_terms_open_those_in_force_or_new_ones(self):
        action = self._as(self.manager).action_open_step("terms")
        self.assertEqual((action["res_model"], action["res_id"]), ("relance.terms", False))
        model = self.env["relance.terms"].with_user(self.manager).with_context(**action["context"])
        terms = model.create({})
        self.assertRecordValues(
            terms,
            [{"basis": "ecb", "company_id": self.company.id, "name": "Terms of sale 2026", "state": "draft"}],
        )
        self.assertFalse(model._get_company_versions(self.company), "A draft applies to nothing")
        self.assertEqual(self._as(self.manager).action_open_step("terms")["res_id"], terms.id)
        terms.action_put_in_force()
        self.assertEqual(self._as(self.manager).action_open_step("terms")["res_id"], terms.id)

    def _save(self, key, user=None, **vals):
        action = self._as(user or self.manager).action_open_step(key)
        model = self.env[action["res_model"]].with_user(user or self.manager).with_company(self.company)
        step = model.with_context(**action["context"]).create({})
        step.write(vals)
        step.action_save()
        return step

    def test_dialogs_write_their_settings_only(self):
        other = self.env.ref("relance_fr.relance_calendar_gweva")
        self._save("calendar", calendar_id=other.id, bank_max_age=99)
        self.assertRecordValues(self.company, [{"relance_calendar_id": other.id, "relance_bank_max_age": 7}])
        self._save("bank", bank_max_age=3, bank_max_count=5)
        self.assertRecordValues(self.company, [{"relance_bank_max_age": 3, "relance_bank_max_count": 5}])
        self._save("letterhead", signatory_id=self.manager.id, signatory_function="CFO", street="Elsewhere")
        self.assertRecordValues(
            self.company,
            [{"relance_signatory_id": self.manager.id, "relance_signatory_function": "CFO",
              "street": "14 quai Jean-Moulin"}],
        )  # fmt: skip

    def test_administrator_completes_the_letterhead(self):
        groups = self.env.ref("base.group_erp_manager") | self.env.ref("base.group_partner_manager")
        self.manager.group_ids = [Command.link(group.id) for group in groups]
        self._save("letterhead", street="1 rue Neuve", city="Lyon 2e")
        self.assertRecordValues(self.company, [{"street": "1 rue Neuve", "city": "Lyon 2e", "zip": "69001"}])

    def test_closed_it_stays_in_the_menu(self):
        self._as(self.manager).action_close()
        self.assertEqual(self._as(self.manager).action_get_panel(), {})
        self.assertTrue(self._as(self.manager).action_get_panel(always=True)["steps"])

    def test_only_for_administrators_of_accounting(self):
        for name in ("billing", "auditor", "seller"):
            with self.subTest(user=name):
                onboarding = self._as(self.users[name])
                self.assertEqual(onboarding.action_get_panel(always=True), {})
                for call in (
                    lambda o=onboarding: o.action_open_step("terms"),
                    onboarding.action_open_letter,
                    onboarding.action_close,
                ):
                    with self.assertRaises(AccessError):
                        call()
                with self.assertRaises(AccessError):
                    self.env["relance.onboarding.step"].with_user(self.users[name]).create({"step": "bank"})
        self.assertFalse(self.company.relance_onboarding_closed)

    def test_defaults_tell_nobody_else_the_signature(self):
        self.company.relance_signature = b64encode(b"signature")
        names = ["step", "signature", "calendar_id", "bank_max_age"]
        step = self.env["relance.onboarding.step"].with_company(self.company)
        self.assertIn("signature", step.with_user(self.manager).default_get(names))
        portal = new_test_user(self.env, "onboarding_portal", groups="base.group_portal")
        for user in (self.users["billing"], self.users["auditor"], self.users["seller"], portal):
            with self.subTest(user=user.login):
                self.assertEqual(step.with_user(user).default_get(names), {})

    def test_settings_of_another_company_are_out_of_reach(self):
        other = self.setup_other_company()["company"]
        self._save("bank", company_id=other.id, bank_max_age=3)
        self.assertEqual((self.company.relance_bank_max_age, other.relance_bank_max_age), (3, 7))

    # === THE LETTER === #

    def _letter(self):
        """Open the letter as a person does; return it and the words of its page, and check that nothing stays."""
        counts = self._counts()
        action = self._as(self.manager).action_open_letter()
        self.assertEqual(self._counts(), counts, "Nothing stays but the dialog.")
        letter = self.env["relance.onboarding.letter"].with_user(self.manager).browse(action["res_id"])
        return letter, letter.with_context(bin_size=False).letter

    def _counts(self):
        self.env.flush_all()
        models = ("account.move", "relance.notice", "relance.run", "res.partner", "mail.message", "ir.attachment")
        return [self.env[model].sudo().with_context(active_test=False).search_count([]) for model in models]

    def _words(self, content):
        return b64decode(content).decode().replace("\xa0", " ")

    def test_letter_of_a_fictitious_invoice(self):
        letter, content = self._letter()
        self.assertTrue(letter.is_fictitious)
        words = self._words(content)
        for expected in ("Fictitious Customer", "1 200,00", "L441-10", "PROJET NON ENVOYÉ", "MISE EN DEMEURE"):
            self.assertTrue(expected in words, expected)

    def test_letter_of_the_oldest_late_invoice(self):
        self._invoice(500, "2026-07-01")
        oldest = self._invoice(700, "2026-05-01")
        self._invoice(900, "2026-04-01", self._create_debtor("Zoé", is_company=False, relance_regime="consumer"))
        self._pay(self._invoice(800, "2026-03-01"), "2026-08-01")
        self.env["relance.hold"].create({"move_id": oldest.id})
        letter, content = self._letter()
        self.assertFalse(letter.is_fictitious)
        self.assertTrue(oldest.partner_id.name.split()[0] in self._words(content))
        self.assertTrue(oldest.name in self._words(content))
        self.assertFalse(oldest.relance_notice_ids)
        verification = self.env["relance.notice"]._verify_register(self.company)
        self.assertTrue(verification["valid"])

    def test_letter_when_the_oldest_had_it(self):
        self._complete(self.company)
        invoice = self._invoice(700, "2026-05-01")
        for day in ("2026-05-10", "2026-05-20", "2026-06-05"):
            with freeze_time(day):
                notice = invoice._relance_send_by_hand()
        self.assertEqual(notice.kind, "formal")
        letter, content = self._letter()
        self.assertTrue(letter.is_fictitious)
        self.assertFalse(invoice.partner_id.name.split()[0] in self._words(content))

    def test_calendar_without_a_formal_notice_borrows_one(self):
        calendar = self.env["relance.calendar"].create(
            {"name": "Soft", "level_ids": [Command.create({"name": "Courtesy", "kind": "courtesy", "delay": 7})]}
        )
        self.company.relance_calendar_id = calendar
        self.assertTrue(self._letter()[0].is_fictitious)

    def test_missing_rate_is_said(self):
        self.env["relance.rate"].search([("date_from", ">=", "2026-07-01")]).unlink()
        counts = self._counts()
        with self.assertRaisesRegex(UserError, "2026 S2"):
            self._as(self.manager).action_open_letter()
        self.assertEqual(self._counts(), counts)

    def test_letter_in_a_company_of_its_own(self):
        other = self.setup_other_company()["company"]
        user = new_test_user(
            self.env,
            "onboarding_other",
            groups="base.group_user,account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self._invoice(700, "2026-05-01")
        letter = other.with_user(user)._relance_render_specimen()
        self.assertTrue(letter["is_fictitious"])
        self.assertFalse(self.debtor.name.split()[0].encode() in letter["letter"])


@tagged("post_install", "-at_install")
class TestOnboardingTour(OnboardingCommon, HttpCase):
    """A new administrator walks through the steps in a real browser."""

    def test_first_steps(self):
        self._ensure_rates()
        self.env["res.partner.bank"].create(
            {"acc_number": "FR7630006000011234567890189", "partner_id": self.company.partner_id.id}
        )
        self._pay(self._invoice(100, self._days_ago(3)), self._days_ago(1))
        with patch.object(
            self.registry["relance.notice"],
            "_render_letters",
            lambda notices: {notice.id: blank_pdf() for notice in notices},
        ):
            self.start_tour(
                "/odoo/action-relance_fr.relance_run_action", "relance_fr_onboarding", login="relance_manager"
            )
        self.env.invalidate_all()
        self.assertEqual(len(self.env["relance.terms"].search([("company_id", "=", self.company.id)])), 1)
        self.assertRecordValues(
            self.company,
            [{"relance_signatory_id": self.manager.id, "relance_bank_max_age": 5, "relance_onboarding_closed": True}],
        )
        self.assertFalse(self.env["relance.notice"].search([("company_id", "=", self.company.id)]))
