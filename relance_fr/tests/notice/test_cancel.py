from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..refusals import RefusalsMixin
from ..run.test_dispatch_cron import DUE, TODAY, CronCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCancel(RefusalsMixin, CronCommon):
    """What a person cancelled does not come back the next morning: why, and until when, is asked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.relance_calendar_id = cls._calendar({"kind": "courtesy", "delay": 7, "automatic": False})
        cls.invoice = cls._invoice(1000, DUE)

    def _ask(self, records):
        dialog = records.action_ask_cancel()
        return self.env[dialog["res_model"]].browse(dialog["res_id"])

    def test_reason_and_day(self):
        notice = self._cron("escalate")
        self.assertEqual(notice.state, "to_approve")
        dialog = self._ask(notice)
        dialog.write({"reason": "They call back in June", "until": "2026-06-10"})
        dialog.action_apply()
        self.assertEqual((notice.state, notice.failure_reason), ("cancelled", "They call back in June"))
        self.assertEqual(str(notice.cancelled_until), "2026-06-10")
        for day in ("2026-05-27", "2026-06-10"):
            self.assertFalse(self._cron("escalate", day), day)
            self.assertEqual(self._explain(self.invoice, day)[:2], ("wait", "too_recent"))
        self.assertEqual(self._cron("escalate", "2026-06-11").line_ids.move_id, self.invoice)

    def test_a_person_may_send_all_the_same(self):
        notice = self._cron("escalate")
        dialog = self._ask(notice)
        dialog.write({"reason": "Wrong tone", "until": "2026-12-31"})
        dialog.action_apply()
        self.assertRecordValues(self._send(self.invoice, "2026-05-27"), [{"state": "sent"}])

    def test_without_the_dialog_the_days_between_two_notices(self):
        self.debtor.relance_calendar_id.min_days = 7
        notice = self._cron("escalate")
        notice.action_cancel()
        # Seven days from 26 May: up to 1 June included.
        self.assertEqual(str(notice.cancelled_until), "2026-06-01")
        self.assertFalse(self._cron("escalate", "2026-06-01"))
        self.assertEqual(self._cron("escalate", "2026-06-02").line_ids.move_id, self.invoice)

    def test_what_the_machine_cancels_is_decided_afresh(self):
        """Paid in part while it waited: nobody said that nothing should leave."""
        notice = self._cron("escalate")
        notice._set_state("cancelled", "What is owed changed.")
        self.assertFalse(notice.cancelled_until)
        self.assertEqual(self._cron("escalate", "2026-05-27").line_ids.move_id, self.invoice)

    def test_campaign(self):
        other = self._invoice(500, DUE, partner=self._create_debtor("Second"))
        self.company.relance_recall_minutes = 10
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        run.action_confirm()
        self.assertEqual(len(run.notice_ids), 2)
        dialog = self._ask(run)
        dialog.write({"reason": "Wait for the fair", "until": "2026-06-20"})
        dialog.action_apply()
        self.assertEqual((run.state, set(run.notice_ids.mapped("state"))), ("cancelled", {"cancelled"}))
        self.assertEqual({str(day) for day in run.notice_ids.mapped("cancelled_until")}, {"2026-06-20"})
        self.assertFalse(self._cron("escalate", "2026-06-20"))
        self.assertEqual(self._cron("escalate", "2026-06-21").line_ids.move_id, self.invoice | other)

    def test_refusals(self):
        notice = self._cron("escalate")
        dialog = self._ask(notice)
        dialog.write({"until": "2026-05-25"})
        with self.assert_refused(UserError, "today or a later day"):
            dialog.action_apply()
        dialog.write({"until": "2026-05-26", "reason": "   "})
        with self.assert_refused(UserError, "Write why"):
            dialog.action_apply()
        self.assertEqual(notice.state, "to_approve")
        reader = new_test_user(
            self.env, "cancel_reader", groups="account.group_account_readonly", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        with self.assert_refused(AccessError, "not allowed"):
            notice.with_user(reader).action_ask_cancel()
