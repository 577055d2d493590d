from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..campaign import TODAY, CampaignCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCampaignDocuments(CampaignCommon):
    """The e-mail and the letter shown before anything leaves are those that leave, and leave no trace."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env, "campaign_clerk", groups="base.group_user,account.group_account_invoice",
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)],
        )  # fmt: skip
        cls.steps = cls._calendar("courtesy", {"kind": "formal", "channel_registered": True, "deadline_days": 15})
        cls.courtesy, cls.formal = cls.steps.level_ids.sorted("delay")
        cls.debtor.relance_calendar_id = cls.steps
        cls.invoice = cls._invoice(1850, "2026-05-16")
        cls.company.partner_id.email = "compta@atelier.example.com"

    def test_the_email_shown_is_the_email_sent(self):
        run = self._campaign().with_user(self.clerk)
        row = self._row(run)
        row.personal_note = "Merci de me rappeler."
        with self.assert_nothing_stays():
            preview = row._render_one_preview()
        self.assertFalse(preview["letter"])
        self.assertIn("Merci de me rappeler.", preview["body"])
        self.assertIn("1,850.00", preview["body"])
        run.action_confirm()
        run.notice_ids.action_dispatch()
        mail_sudo = run.notice_ids.sudo().mail_id
        for name in ("email_from", "email_to", "subject"):
            self.assertEqual(preview[name], mail_sudo[name] or "", name)
        self.assertEqual(self._without_links(preview["body"]), self._without_links(mail_sudo.body_html))

    def _without_links(self, body):
        """Return an e-mail without the addresses of the portal: their token is made with the notice."""
        return [part.partition('"')[2] for part in str(body).split('href="')]

    def test_the_letter_says_that_it_is_a_draft(self):
        row = self._row(self._campaign())
        row.level_id = self.formal
        with self.assert_nothing_stays():
            preview = row._render_one_preview()
        letter = preview["letter"].decode()
        self.assertIn("DRAFT, NOT SENT", letter)
        self.assertNotIn("RLF/", letter)
        self.assertIn("FORMAL NOTICE TO PAY", letter)
        self.assertTrue(preview["body"], "the level also writes an e-mail")

    def test_dialog(self):
        row = self._row(self._campaign()).with_user(self.clerk)
        row.level_id = self.formal
        with self.assert_nothing_stays():
            action = row.action_open_documents()
        preview = self.env["relance.preview"].with_user(self.clerk).browse(action["res_id"])
        self.assertEqual(preview.create_uid, self.clerk)
        self.assertTrue(preview.letter)
        self.assertIn("<html", preview.body)
        self.assertEqual(preview.email_to, "compta@menuiserie.example.com")
        with self.assertRaises(AccessError, msg="Nobody else's."):
            preview.with_user(self.env.user).read(["body"])

    def test_many_rows_at_once_each_its_own(self):
        others = [self._create_debtor(f"Debtor {rank}", relance_calendar_id=self.steps.id) for rank in range(3)]
        for rank, debtor in enumerate(others):
            self._invoice(100 + rank, "2026-05-16", debtor)
        run = self._campaign()
        run.debtor_ids[1].selected = False
        with self.assert_nothing_stays():
            previews = run.debtor_ids._render_preview()
        self.assertEqual(set(previews), set(run.debtor_ids.ids))
        for row in run.debtor_ids:
            self.assertEqual(previews[row.id]["email_to"], row.email_to)
        self.assertFalse(run.debtor_ids[1].selected, "Looking at a row does not tick it.")

    def test_a_call_has_no_document(self):
        row = self._row(self._campaign())
        row.channel = "call"
        preview = row._render_one_preview()
        self.assertEqual((preview["body"], preview["letter"], preview["email_to"]), ("", False, ""))

    def test_choices_not_saved_yet_survive_the_preview(self):
        row = self._row(self._campaign())
        row.personal_note = "À vous lire."
        row.action_open_documents()
        self.assertEqual(row.personal_note, "À vous lire.")
        self.assertEqual(row.run_id.state, "draft")
        self.assertFalse(row.notice_id)

    def test_nothing_left_to_show(self):
        run = self._campaign()
        self._send(self.invoice, TODAY)
        with self.assertRaisesRegex(UserError, "preview the run again"):
            self._row(run).action_open_documents()

    def test_missing_rate_names_the_semester(self):
        run = self._campaign()
        self.env["relance.rate"].search([("date_from", ">=", "2026-01-01")]).unlink()
        with self.assertRaisesRegex(UserError, "2026 S1"):
            self._row(run).action_open_documents()

    def test_once_made_the_notice_itself_is_shown(self):
        run = self._campaign()
        run.action_confirm()
        action = self._row(run).action_open_documents()
        self.assertEqual((action["res_model"], action["res_id"]), ("relance.notice", run.notice_ids.id))
