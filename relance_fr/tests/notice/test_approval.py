from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, new_test_user, tagged

from ..refusals import RefusalsMixin
from ..run.test_dispatch_cron import DUE, TODAY, CronCommon


class ApprovalCommon(RefusalsMixin, CronCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_two_person = True
        cls.clerk, cls.approver, cls.second = (
            new_test_user(cls.env, login, groups=groups, company_id=cls.company.id, company_ids=cls.company.ids)
            for login, groups in (
                ("clerk", "account.group_account_invoice"),
                ("approver", "relance_fr.group_relance_approver"),
                ("second", "relance_fr.group_relance_approver"),
            )
        )
        cls.debtor.relance_calendar_id = cls._calendar({"kind": "formal", "delay": 1, "automatic": True}, min_days=5)

    def _campaign(self, user):
        run = self.env["relance.run"].with_user(user).create({"company_id": self.company.id})
        run.action_preview()
        run.action_confirm()
        return self.env["relance.notice"].browse(run.notice_ids.ids)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestTwoPersons(ApprovalCommon):
    """A formal notice leaves once somebody else than its author agrees."""

    def test_campaign_waits_for_another_person(self):
        self._invoice(1000, DUE)
        notice = self._campaign(self.approver)
        self.assertRecordValues(
            notice, [{"state": "to_approve", "author_id": self.approver.id, "approved_by": False, "name": "/"}]
        )
        for user, pattern in ((self.clerk, "approver"), (self.approver, "You made")):
            with self.assert_refused(UserError, pattern):
                notice.with_user(user).action_approve()
        self.assertRecordValues(notice, [{"state": "to_approve", "seal": False}])
        notice.with_user(self.second).action_approve()
        self.assertRecordValues(
            notice, [{"state": "ready", "author_id": self.approver.id, "approved_by": self.second.id}]
        )
        self.assertEqual(notice.approved_on.isoformat(), f"{TODAY}T00:00:00")
        self.assert_register()

    def test_nothing_to_approve_without_an_address(self):
        self.debtor.write({"email": False, "street": False, "zip": False, "city": False})
        self._invoice(1000, DUE)
        failed = self._cron("escalate")
        self.assertRecordValues(failed, [{"state": "failed", "failure_kind": "no_address", "name": "/"}])
        with freeze_time("2026-05-27"):
            self.assertFalse(self._cron("escalate", "2026-05-27") - failed)

    def test_refused_over_rpc_whatever_is_written(self):
        self._invoice(1000, DUE)
        notice = self._campaign(self.approver)
        Notice = notice.with_user(self.approver).with_context(relance_trial=True)
        for method, args in (
            ("action_approve", [notice.ids]),
            ("write", [notice.ids, {"author_id": self.clerk.id}]),
            ("write", [notice.ids, {"state": "ready"}]),
            ("write", [notice.ids, {"approved_by": self.approver.id}]),
        ):
            with self.assertRaises(UserError):
                call_kw(Notice.browse(), method, args, {})
        call_kw(Notice.browse(), "action_dispatch", [notice.ids], {})
        self.assertRecordValues(notice, [{"state": "to_approve", "approved_by": False, "author_id": self.approver.id}])

    def test_daily_job_is_made_by_odoobot(self):
        self._invoice(1000, DUE)
        notice = self._cron("escalate")
        self.assertRecordValues(notice, [{"state": "to_approve", "author_id": SUPERUSER_ID}])
        notice.with_user(self.approver).action_approve()
        self.assertRecordValues(notice, [{"state": "ready", "approved_by": self.approver.id}])

    def test_milder_levels_leave_as_before(self):
        self.debtor.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1})
        self._invoice(1000, DUE)
        self.assertRecordValues(
            self._campaign(self.clerk), [{"state": "ready", "author_id": self.clerk.id, "approved_by": False}]
        )

    def test_without_the_rule_who_confirms_approves(self):
        self.company.relance_two_person = False
        self._invoice(1000, DUE)
        self.assertRecordValues(self._campaign(self.clerk), [{"state": "ready", "author_id": self.clerk.id}])

    def test_batch_and_filter(self):
        first = self._invoice(1000, DUE)
        own = self._campaign(self.approver)
        others = self._create_debtor("Tiers", relance_calendar_id=self.debtor.relance_calendar_id.id)
        self._invoice(700, DUE, partner=others)
        theirs = self._campaign(self.second)
        Notice = self.env["relance.notice"]
        mine = [("can_approve", "=", True), ("id", "in", (own | theirs).ids)]
        for user, expected in ((self.approver, theirs), (self.second, own), (self.clerk, Notice)):
            with self.subTest(user=user.login):
                self.assertEqual(Notice.with_user(user).search(mine), expected)
                found = (own | theirs).with_user(user).filtered("can_approve")
                self.assertEqual(found.ids, expected.ids)
        with self.assert_refused(UserError, "You made"):
            (own | theirs).with_user(self.approver).action_approve()
        self.assertEqual(set((own | theirs).mapped("state")), {"to_approve"})
        theirs.with_user(self.approver).action_approve()
        self.assertEqual(theirs.state, "ready")
        self.assertEqual(first.relance_notice_ids, own)

    def test_manager_is_an_approver_and_other_companies_are_not_his(self):
        self.assertTrue(self.accountant.has_group("relance_fr.group_relance_approver"))
        other = self._other_company()
        other["company"].relance_two_person = True
        debtor = self._create_debtor("Ailleurs")
        debtor.with_company(other["company"]).relance_calendar_id = self.debtor.relance_calendar_id
        self._invoice_of(other, 900, DUE, partner=debtor)
        notice = self._cron("escalate")
        self.assertEqual(notice.company_id, other["company"])
        with self.assertRaises(AccessError):
            notice.with_user(self.accountant).action_approve()

    def test_facts_of_a_sealed_notice(self):
        self._invoice(1000, DUE)
        notice = self._campaign(self.approver)
        notice.with_user(self.second).action_approve()
        with self.assert_refused(UserError, "cannot be changed"):
            notice.sudo().write({"approved_by": self.clerk.id})


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestApprovalDeadline(ApprovalCommon):
    """What nobody approves leaves or lapses, as the company chose, and the job never spins on it."""

    def _drafted(self):
        self._invoice(1000, DUE)
        notice = self._cron("escalate")
        self.assertEqual(notice.state, "to_approve")
        return notice

    def test_no_deadline(self):
        notice = self._drafted()
        self._cron("escalate", "2026-12-26")
        self.assertEqual(notice.state, "to_approve")

    def test_leaves(self):
        self.company.write({"relance_approval_days": 3, "relance_approval_expiry": "send"})
        notice = self._drafted()
        self._cron("escalate", "2026-05-28")
        self.assertEqual(notice.state, "to_approve")
        self._cron("escalate", "2026-05-29")
        self._cron("dispatch", "2026-05-29")
        self.assertRecordValues(notice, [{"state": "sent", "approved_by": False, "approved_on": False}])
        self.assertEqual(notice.date.isoformat(), "2026-05-29")
        self.assertTrue(notice.message_ids.filtered(lambda message: "Nobody approved" in (message.body or "")))
        self.assert_register()

    def test_lapses_and_comes_again_later(self):
        self.company.write({"relance_approval_days": 2, "relance_approval_expiry": "lapse"})
        notice = self._drafted()
        made = {day: self._cron("escalate", f"2026-05-{day}") for day in (27, 28, 29, 30, 31)}
        self.assertFalse(any(made.values()))
        self.assertRecordValues(notice, [{"state": "cancelled", "name": "/"}])
        self.assertIn("Nobody approved", notice.failure_reason)
        self.assertEqual(notice.lapsed_on.isoformat(), "2026-05-28")
        self.assertRecordValues(self.company.partner_id.activity_ids, [{"user_id": self.accountant.id}])
        self.assertNotIn(notice.partner_id.name, self.company.partner_id.activity_ids.note, "Many read this card.")
        self.assertFalse(notice.run_id.activity_ids)
        # Five days between two notices, counted from the day it lapsed.
        invoice = notice.line_ids.move_id
        self.assertEqual(self._explain(invoice, "2026-06-01")[:2], ("wait", "too_recent"))
        self.assertIn("lapsed", invoice.relance_explain("2026-06-01")["message"])
        self.assertFalse(self._cron("escalate", "2026-06-01"))
        self.assertRecordValues(self._cron("escalate", "2026-06-02"), [{"state": "to_approve"}])

    def test_lapsed_level_can_be_sent_by_hand(self):
        self.company.write({"relance_approval_days": 2, "relance_two_person": False, "relance_automatic": False})
        notice = self._drafted()
        self._cron("escalate", "2026-05-28")
        self.assertEqual(notice.state, "cancelled")
        self.assertRecordValues(self._send(notice.line_ids.move_id, "2026-05-29"), [{"state": "sent"}])

    def test_applies_without_the_two_person_rule(self):
        self.company.write({"relance_two_person": False, "relance_automatic": False, "relance_approval_days": 1})
        notice = self._drafted()
        self._cron("escalate", "2026-05-27")
        self.assertEqual(notice.state, "cancelled")
