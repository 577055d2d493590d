from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestRunScreen(ScreenCommon):
    """The monthly run as the accountant reviews it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_debtor = cls._create_debtor("Boulangerie du Pont")
        cls.invoices = cls._invoice(1000, "2026-05-16") | cls._invoice(200, "2026-05-20", cls.other_debtor)
        cls.billing = cls.users["billing"]

    def _prepare(self):
        action = self.env["relance.run"].with_user(self.billing).with_company(self.company).action_prepare()
        return self.env["relance.run"].with_user(self.billing).browse(action["res_id"])

    def test_prepare_opens_a_previewed_run(self):
        run = self._prepare()
        self.assertEqual((run.state, run.send_count, run.debtor_count), ("draft", 2, 2))
        self.assertEqual(run.debtor_ids.line_ids.move_id, self.invoices)
        self.assertEqual(run.debtor_ids.line_ids | run.stopped_line_ids, run.line_ids)

    def test_prepare_again_keeps_the_choices_of_the_day(self):
        run = self._prepare()
        run.debtor_ids.line_ids[0].action_unselect()
        self.assertEqual(self._prepare(), run)
        self.assertEqual((run.debtor_count, run.unselected_count), (1, 1))
        with freeze_time("2026-06-21"):
            self.assertEqual(self._prepare(), run)
            self.assertEqual((str(run.date), run.unselected_count), ("2026-06-21", 1), "Nobody unticks it twice.")

    def test_only_a_draft_takes_choices(self):
        run = self._prepare()
        [kept, left] = run.debtor_ids.line_ids
        left.action_unselect()
        run.action_confirm()
        self.assertEqual(run.notice_ids.line_ids.move_id, kept.move_id)
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            left.action_select()

    def test_what_is_stopped_stays_stopped(self):
        self.env["relance.hold"].create({"move_id": self.invoices[0].id, "reason": "dispute"})
        run = self._prepare()
        stopped = run.stopped_line_ids.filtered(lambda line: line.move_id == self.invoices[0])
        stopped.action_select()
        self.assertFalse(stopped.selected)

    def test_auditor_may_not_prepare(self):
        with self.assertRaises(AccessError):
            self.env["relance.run"].with_user(self.users["auditor"]).with_company(self.company).action_prepare()
