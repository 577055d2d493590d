from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..campaign import TODAY, CampaignCommon

LIMIT = "odoo.addons.relance_fr.models.run.relance_run.SEALED_AT_ONCE"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCampaignResult(CampaignCommon):
    """What comes of a campaign: made at once or in the background, followed, counted; and the dialog of invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtors = [cls._create_debtor(f"Debtor {rank}") for rank in range(3)]
        cls.invoices = cls.env["account.move"].union(
            *(cls._invoice(100, "2026-05-16", debtor) for debtor in cls.debtors)
        )

    def _outcomes(self, run):
        run.invalidate_recordset()
        return {outcome["key"]: outcome["count"] for outcome in run.result["outcomes"]}

    def test_a_few_are_made_at_once(self):
        run = self._campaign()
        run.action_confirm()
        self.assertEqual(self._outcomes(run), {"ready": 3})
        self.assertEqual((run.state, run.progress), ("confirmed", 50))

    def test_many_are_made_in_the_background(self):
        run = self._campaign()
        with patch(LIMIT, 2):
            run.action_confirm()
        self.assertEqual((self._outcomes(run), run.progress, run.state), ({"draft": 3}, 0, "confirmed"))
        self.assertEqual(set(run.notice_ids.mapped("name")), {"/"})
        self.assertFalse(run.letter_count)
        with self.enter_registry_test_mode():
            self.env.ref("relance_fr.ir_cron_dispatch").method_direct_trigger()
        self.assertEqual((self._outcomes(run), run.progress, run.state), ({"sent": 3}, 100, "done"))
        self.assert_register()

    def test_outcomes_are_counted_and_lead_to_their_notices(self):
        self.debtors[0].email = False
        run = self._campaign()
        run.action_confirm()
        by_post, first, second = (notice for notice in run.notice_ids.sorted(lambda n: n.partner_id.id))
        (by_post | first).action_dispatch()
        first.sudo()._mark_failed("550 no such user", refused=True)
        second.action_cancel()
        self.assertEqual(self._outcomes(run), {"sent": 1, "to_post": 1, "failed": 1, "cancelled": 1})
        self.assertEqual((run.problem_count, run.letter_count), (1, 1))
        for key, notice in (("to_post", by_post), ("sent", by_post), ("failed", first), ("cancelled", second)):
            with self.subTest(key=key):
                action = run.action_open_outcome(key)
                self.assertEqual(self.env["relance.notice"].search(action["domain"]), notice)
        self.assertEqual(self.env["relance.notice"].search(run.action_open_problems()["domain"]), first)

    def test_each_kind_of_failure_has_its_remedy(self):
        run = self._campaign()
        run.action_confirm()
        refused, unsent, bare = run.notice_ids
        self.assertIn("sending job", unsent.remedy)
        run.notice_ids.action_dispatch()
        refused.sudo()._mark_failed("550", refused=True)
        unsent.sudo()._mark_failed("timeout", refused=False)
        self.assertIn("Correct the email address", refused.remedy)
        self.assertIn("outgoing mail server", unsent.remedy)
        self.assertEqual(bare.remedy, "")
        self.env["mail.template"].search([("model", "=", "relance.notice")]).unlink()
        bare.sudo()._mark_failed("no template", refused=False)
        bare.invalidate_recordset(["remedy"])
        self.assertIn("template", bare.remedy)

    def test_summary_says_why_and_leads_there(self):
        held, disputed, sent = self.invoices
        self.env["relance.hold"].create([{"move_id": held.id}, {"move_id": disputed.id, "reason": "dispute"}])
        run = self._campaign()
        rows = {row["key"][1]: row for row in run.summary["stopped"]}
        self.assertEqual({reason: (row["lines"], row["debtors"]) for reason, row in rows.items()},
                         {"held": (1, 1), "disputed": (1, 1)})  # fmt: skip
        self.assertEqual(rows["held"]["amounts"], [[self.company.currency_id.id, 100]])
        action = run.action_open_summary(rows["disputed"]["key"])
        self.assertEqual(self.env["relance.run.line"].search(action["domain"]).move_id, disputed)
        [send] = run.summary["send"]
        self.assertEqual((send["title"], send["debtors"]), (self.levels["courtesy"].name, 1))
        action = run.action_open_summary(send["key"])
        self.assertEqual(self.env["relance.run.debtor"].search(action["domain"]).line_ids.move_id, sent)

    def test_summary_of_the_daily_job(self):
        run = self.company._relance_escalate_company()
        [row] = run.summary["send"]
        self.assertEqual((row["lines"], row["key"][0]), (3, "decided"))
        action = run.action_open_summary(row["key"])
        self.assertEqual(self.env["relance.run.line"].search_count(action["domain"]), 3)

    # === LETTERS === #

    def test_letters_in_postal_order(self):
        belgium = self.env.ref("base.be")
        for debtor, vals in zip(
            self.debtors,
            ({"zip": "75002", "city": "Paris"}, {"country_id": belgium.id, "zip": "1000"}, {"zip": "13001"}),
            strict=True,
        ):
            debtor.write({"email": False, **vals})
        other = self._create_debtor("Abeille", email=False, zip="75002", city="Paris", street="1 rue A")
        self._invoice(50, "2026-05-16", other)
        run = self._campaign()
        with self.assertRaisesRegex(UserError, "confirmed"):
            run.action_confirm()
            run.action_confirm()
        first, second, third = self.debtors
        self.assertEqual(run._get_letters().mapped("partner_id.id"), [second.id, third.id, other.id, first.id])

    # === SEVERAL COMPANIES === #

    def test_wizard_previews_a_run_for_each_company(self):
        other = self.setup_other_company(name="Autre SA")["company"]
        clerk = new_test_user(
            self.env, "campaign_clerk", groups="base.group_user,account.group_account_invoice",
            company_id=self.company.id, company_ids=[Command.set((self.company | other).ids)],
        )  # fmt: skip
        both = self.env(user=clerk, context={"allowed_company_ids": (self.company | other).ids})
        action = both["relance.run"].action_prepare()
        self.assertEqual(action["res_model"], "relance.run.wizard")
        wizard = both["relance.run.wizard"].create({"minimum_amount": 100})
        self.assertEqual(wizard.company_ids, self.company | other)
        runs = both["relance.run"].search(wizard.action_preview()["domain"])
        self.assertEqual(runs.company_id, self.company | other)
        self.assertEqual(runs.filtered(lambda run: run.company_id == self.company).debtor_count, 3)
        wizard.company_ids = self.company
        self.assertTrue(wizard.action_preview()["res_id"])

    # === FROM THE INVOICE === #

    def test_dialog_sends_what_it_shows(self):
        action = self.invoices[:2].action_relance_send()
        self.assertEqual((action["target"], action["res_model"]), ("new", "relance.run"))
        run = self.env["relance.run"].browse(action["res_id"])
        self.assertRecordValues(run, [{"origin": "selection", "state": "draft", "send_count": 2}])
        self.assertEqual(run.line_ids.move_id, self.invoices[:2])
        run.debtor_ids[0].level_id = self.levels["formal"]
        shown = {row.partner_id: row.total_amount for row in run.debtor_ids}
        action = run.action_send()
        notices = self.env["relance.notice"].search(action["domain"])
        self.assertEqual({notice.partner_id: notice.total_amount for notice in notices}, shown)
        self.assertEqual(notices.mapped("state"), ["sent", "sent"])
        self.assertFalse(self.invoices[2].relance_notice_ids)
        self.assertGreater(max(shown.values()), 140)

    def test_dialog_with_nothing_to_send(self):
        early = self._invoice(100, "2026-07-30")
        run = self.env["relance.run"].browse(early.action_relance_send()["res_id"])
        self.assertFalse(run.debtor_ids)
        self.assertEqual(run.stopped_line_ids.mapped("reason"), ["not_due"])
        self.assertTrue(all(run.stopped_line_ids.mapped("message")))
        with self.assertRaisesRegex(UserError, "Nothing to send"):
            run.action_send()

    def test_dialog_of_many_is_left_to_the_background(self):
        run = self.env["relance.run"].browse(self.invoices.action_relance_send()["res_id"])
        with patch(LIMIT, 2):
            action = run.action_send()
        self.assertEqual((action["res_model"], action["res_id"]), ("relance.run", run.id))
        self.assertEqual(set(run.notice_ids.mapped("state")), {"draft"})

    def test_from_the_customer(self):
        child = self.env["res.partner"].create({"name": "Paul", "parent_id": self.debtors[0].id})
        run = self.env["relance.run"].browse(child.action_relance_send()["res_id"])
        self.assertEqual(run.line_ids.move_id, self.invoices[0])
        with self.assertRaisesRegex(UserError, "No open invoice"):
            self._create_debtor("Rien").action_relance_send()

    def test_supplier_bills_are_refused(self):
        bill = self.init_invoice("in_invoice", products=self.product_a, post=True)
        with self.assertRaisesRegex(UserError, "customer invoices"):
            bill.action_relance_send()

    def test_invoices_of_two_companies_make_two_runs(self):
        other = self.setup_other_company(name="Autre SA")
        theirs = self._create_invoice_one_line(
            price_unit=70, partner_id=self._create_debtor("Leur client"), invoice_date="2026-04-16",
            invoice_date_due="2026-05-16", invoice_payment_term_id=False, tax_ids=[], post=True,
            journal_id=other["default_journal_sale"].id, company_id=other["company"].id,
            product_id=other.get("product") or self.product_a,
        )  # fmt: skip
        action = (self.invoices[0] | theirs).action_relance_send()
        runs = self.env["relance.run"].search(action["domain"])
        self.assertEqual(runs.company_id, self.company | other["company"])
        for run in runs:
            self.assertEqual(run.line_ids.move_id.company_id, run.company_id)

    def test_abandoned_dialogs_are_cleaned(self):
        abandoned = self.env["relance.run"].browse(self.invoices.action_relance_send()["res_id"])
        campaign = self._campaign()
        sent = self.env["relance.run"].browse(self.invoices[:1].action_relance_send()["res_id"])
        sent.action_send()
        self.env.flush_all()
        self.env.cr.execute("UPDATE relance_run SET create_date = '2026-06-18'")
        recent = self.env["relance.run"].browse(self.invoices.action_relance_send()["res_id"])
        self.env.invalidate_all()
        self.env["relance.run"]._gc_selections()
        self.assertFalse(abandoned.exists())
        self.assertEqual((campaign | sent | recent).exists(), campaign | sent | recent)
