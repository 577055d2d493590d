from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from ..common import RelanceCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-20")
class TestShared(RelanceCommon):
    """What several companies use is changed by who answers for all of them; the others have a way out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_other_company(name="Second")
        cls.branch = cls.env["res.company"].create({"name": "Agence", "parent_id": cls.company.id})
        companies = cls.env["res.company"].sudo().search([])
        cls.one = cls._manager("one", cls.company)
        cls.all = cls._manager("all", cls.company | companies)
        cls.admin = cls._manager("admin", cls.company, ",base.group_system")
        cls.of_branch = cls._manager("branch", cls.branch)
        cls.segment = cls.env.ref("relance_fr.relance_segment_strategic")
        cls.spare = cls.env["relance.calendar"].create({"name": "Spare", "company_id": False})
        cls.rate = cls.env["relance.rate"].search([], limit=1)

    @classmethod
    def _manager(cls, name, companies, groups=""):
        return new_test_user(
            cls.env,
            f"shared_{name}",
            groups=f"account.group_account_manager{groups}",
            company_id=companies[:1].id,
            company_ids=[Command.set(companies.ids)],
        )

    def _get_changes(self):
        """Return ``[(what, function of a user)]``: every way to change what is shared."""
        calendar, level, segment, rate = self.standard, self.levels["firm"], self.segment, self.rate
        return [
            ("calendar", lambda user: calendar.with_user(user).write({"min_days": 30})),
            ("archive", lambda user: calendar.with_user(user).action_archive()),
            ("name", lambda user: calendar.with_user(user).update_field_translations("name", {"en_US": "x"})),
            ("level", lambda user: level.with_user(user).write({"minimum_amount": 900})),
            ("paragraph", lambda user: level.with_user(user).web_save({"letter_text": "<p>x</p>"}, {})),
            (
                "level of the calendar",
                lambda user: calendar.with_user(user).write({"level_ids": [Command.update(level.id, {"delay": 16})]}),
            ),
            (
                "new level",
                lambda user: level.with_user(user).create(
                    {"name": "x", "calendar_id": calendar.id, "delay": 90, "kind": "final"}
                ),
            ),
            ("no level", lambda user: self.levels["final"].with_user(user).unlink()),
            ("no calendar", lambda user: self.spare.with_user(user).unlink()),
            ("segment", lambda user: segment.with_user(user).write({"domain": "[('city', '=', 'Lyon')]"})),
            ("order", lambda user: segment.with_user(user).web_resequence({}, "sequence")),
            ("no segment", lambda user: segment.with_user(user).unlink()),
            ("new segment", lambda user: segment.with_user(user).create({"name": "x", "company_id": False})),
            ("rate", lambda user: rate.with_user(user).write({"ecb_rate": 9})),
            ("no rate", lambda user: rate.with_user(user).unlink()),
        ]

    def test_only_who_answers_for_all_changes_what_is_shared(self):
        for what, change in self._get_changes():
            with self.subTest(what=what, user="one"), self.assertRaises(AccessError), self.env.cr.savepoint():
                change(self.one)
            for user in (self.all, self.admin):
                with self.subTest(what=what, user=user.login), self.env.cr.savepoint() as savepoint:
                    change(user)
                    savepoint.rollback()
        self.env.registry.clear_cache()

    def test_all_read_and_use_it(self):
        for records in (self.standard, self.levels["firm"], self.segment, self.rate):
            found = records.with_user(self.one)
            self.assertTrue(found.has_access("read"))
            self.assertFalse(found.has_access("write"))
            self.assertFalse(found.may_change)
            self.assertTrue(records.with_user(self.all).may_change)
        self.company.with_user(self.admin).relance_calendar_id = self.standard
        with self.assertRaisesRegex(AccessError, "Duplicate it"):
            self.standard.with_user(self.one).min_days = 3

    def test_the_way_out_is_a_copy_of_ones_own(self):
        for records in (self.standard, self.segment):
            copy = records.with_user(self.one).copy()
            self.assertEqual(copy.company_id, self.company)
            copy.sequence = 3
            opened = self.env[records._name].browse(records.with_user(self.one).action_copy_own()["res_id"])
            self.assertEqual(opened.company_id, self.company)
        own = self.standard.with_user(self.one).copy()
        self.assertEqual(len(own.level_ids), len(self.standard.level_ids))
        own.level_ids[:1].minimum_amount = 50
        self.assertFalse(self.standard.with_user(self.all).copy().company_id)
        for model in ("relance.calendar", "relance.segment"):
            self.assertEqual(self.env[model].with_user(self.one).create({"name": "Own"}).company_id, self.company)
            self.assertFalse(self.env[model].with_user(self.all).create({"name": "Shared"}).company_id)

    def test_ones_own_is_not_handed_to_all(self):
        own = self.env["relance.calendar"].with_user(self.one).create({"name": "Own"})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            own.company_id = False
        level = (
            self.env["relance.level"]
            .with_user(self.one)
            .create({"name": "x", "calendar_id": own.id, "delay": 90, "kind": "final"})
        )
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            level.calendar_id = self.standard

    def test_what_a_parent_shares_with_its_branches(self):
        theirs = self.env["relance.calendar"].create({"name": "Parent's", "company_id": self.company.id})
        terms = self.env["relance.terms"].create({"name": "Parent's", "company_id": self.company.id})
        for records in (theirs, terms):
            self.assertTrue(records.with_user(self.of_branch).has_access("read"))
            with self.assertRaises(AccessError):
                records.with_user(self.of_branch).write({"name": "x"})
            records.with_user(self.one).write({"name": "Ours"})

    def test_a_missing_rate_is_entered_by_whoever_is_asked(self):
        """The job asks one person; another, of one company, fills the gap, and corrects what he typed."""
        day = fields.Date.to_date("2035-01-02")
        with freeze_time(day):
            self.env["relance.rate"]._cron_ask_missing_rates()
            request = self.env["relance.rate"]._get_rate_requests()
            self.assertTrue(request)
            self.assertNotEqual(request.user_id, self.one)
            values = {"date_from": "2035-01-01", "legal_rate_private": 5, "legal_rate_business": 3, "ecb_rate": 2}
            rate = self.env["relance.rate"].with_user(self.one).create(values)
            self.assertFalse(self.env["relance.rate"]._get_rate_requests())
            rate.write({"ecb_rate": 2.15})
            with self.assertRaisesRegex(AccessError, "who entered them"):
                rate.with_user(self.of_branch).write({"ecb_rate": 9})

    def test_first_steps_go_on(self):
        steps = self.env["relance.onboarding"].with_user(self.one)
        self.assertEqual(steps.action_open_step("terms")["res_model"], "relance.terms")
        terms = self.env["relance.terms"].with_user(self.one).create({"name": "Ours"})
        self.assertEqual(terms.company_id, self.company)
        step = (
            self.env["relance.onboarding.step"]
            .with_user(self.one)
            .create({"step": "calendar", "calendar_id": self.standard.id})
        )
        step.action_save()
        self.assertEqual(self.company.relance_calendar_id, self.standard)
