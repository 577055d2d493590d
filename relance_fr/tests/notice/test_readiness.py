from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..campaign import TODAY, CampaignCommon
from ..run.test_dispatch_cron import CronCommon

LETTER = {"kind": "firm", "channel_letter": True, "channel_email": False, "with_letter": True}
FORMAL = {"kind": "formal", "delay": 5, "channel_registered": True, "deadline_days": 15}


class ReadinessCommon(CampaignCommon):
    """A courtesy by e-mail, a firm letter, a formal notice; and what the company may lack for them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lettered, cls.formal = cls._create_debtor("Papeterie"), cls._create_debtor("Forge du Midi")
        cls.lettered.relance_calendar_id = cls._calendar(LETTER)
        cls.formal.relance_calendar_id = cls._calendar(FORMAL)
        cls.debts = {
            "email": cls._invoice(100, "2026-06-05"),
            "letter": cls._invoice(200, "2026-06-05", cls.lettered),
            "formal": cls._invoice(400, "2026-06-05", cls.formal),
        }
        cls.accounts = cls.company.partner_id.bank_ids

    # What is taken away, and whom it stops.
    LACKS = {
        "siren": ({"letter", "formal"}, lambda self: self.company.write({"company_registry": "n/a"})),
        "mentions": ({"letter", "formal"}, lambda self: self.company.write({"report_footer": "<p><br></p>"})),
        "address": ({"letter", "formal"}, lambda self: self.company.write({"zip": False})),
        "signatory": ({"formal"}, lambda self: self.company.write({"relance_signatory_id": False})),
        "iban": ({"email", "letter", "formal"}, lambda self: self.accounts.action_archive()),
        "email": ({"email", "formal"}, lambda self: self.company.write({"email": False})),
    }

    def _take_away(self, key):
        self.LACKS[key][1](self)
        return self.LACKS[key][0]

    def _lacks(self, run):
        run.invalidate_recordset()
        return {lack["key"]: lack for lack in run.readiness["lacks"]}

    def _amounts(self, names):
        return [[self.company.currency_id.id, sum(self._row_of(name).total_amount for name in names)]]

    def _row_of(self, name):
        return self.run.debtor_ids.filtered(lambda row: row.line_ids.move_id == self.debts[name])


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestReadiness(ReadinessCommon):
    """What a company lacks is told with what it concerns, and stops that and nothing else, whatever the door."""

    def setUp(self):
        super().setUp()
        self.run = self._campaign()

    def test_complete_company_lacks_nothing(self):
        self.assertEqual(self._lacks(self.run), {})
        self.assertFalse(self.run.is_blocked)
        self.assertEqual(len(self.run.readiness["ready"]), 6, "Of a bank never seen nothing is said.")
        self._bank_line(TODAY, 10)
        self.run.invalidate_recordset()
        self.assertEqual(self.run.readiness["ready"][-1], "Bank up to date")
        self.run.action_confirm()
        self.assertEqual(len(self.run.notice_ids), 3)

    def test_each_lack_is_told_with_what_it_concerns(self):
        for key in self.LACKS:
            with self.subTest(key=key), self.env["relance.run.debtor"]._undone():
                concerned = self._take_away(key)
                lacks = self._lacks(self.run)
                self.assertEqual(list(lacks), [key])
                self.assertTrue(lacks[key]["blocking"])
                self.assertEqual(lacks[key]["notices"], len(concerned))
                self.assertEqual(lacks[key]["letters"], len(concerned - {"email"}))
                self.assertEqual(lacks[key]["amounts"], self._amounts(concerned))
                with self.assertRaisesRegex(UserError, "not ready"):
                    self.run.action_confirm()
                self.assertFalse(self.run.notice_ids)
                self.assertEqual(self.run.state, "draft")
                # Without what it concerns, the rest leaves.
                for name in concerned:
                    self._row_of(name).selected = False
                if concerned != set(self.debts):
                    self.run.action_confirm()
                    self.assertEqual(len(self.run.notice_ids), len(self.debts) - len(concerned))

    def test_refusal_says_all_of_it_at_once(self):
        for key in self.LACKS:
            self._take_away(key)
        with self.assertRaises(UserError) as refused:
            self.run.action_confirm()
        message = str(refused.exception)
        for words in ("SIREN", "Legal mentions", "Address", "Signatory", "Bank account", "Email address"):
            self.assertIn(words, message)
        self.assertRegex(message, r"1 notices, 1 with a letter, [^.]*4\d\d\.\d\d")

    def test_who_left_signs_nothing(self):
        gone = new_test_user(self.env, "gone_signatory", company_id=self.company.id, company_ids=self.company.ids)
        self.company.relance_signatory_id = gone
        gone.action_archive()
        self.assertEqual(list(self._lacks(self.run)), ["signatory"])
        self.assertIn(gone.name, self._lacks(self.run)["signatory"]["text"])

    def test_account_of_another_currency_is_none(self):
        dollar = self.env.ref("base.USD")
        dollar.write({"active": True, "rate_ids": [Command.create({"name": "2026-01-01", "rate": 1.2})]})
        self.accounts.currency_id = self.company.currency_id
        self._invoice(120, "2026-06-05", currency_id=dollar.id).partner_bank_id = False
        self.run.action_preview()
        lack = self._lacks(self.run)["iban"]
        self.assertEqual((lack["notices"], lack["amounts"]), (1, [[dollar.id, 120]]))

    def test_account_named_by_the_invoice_is_enough(self):
        other = self.accounts.copy({"acc_number": "FR1420041010050500013M02606"})
        self.debts["letter"].partner_bank_id = other
        self.accounts.action_archive()
        self.run.action_preview()
        other.active = True
        other.company_id = False
        other.partner_id = self.debtor
        lack = self._lacks(self.run)["iban"]
        self.assertEqual(lack["notices"], 2)

    def test_foreign_company_has_no_siren(self):
        self.company.partner_id.country_id = self.env.ref("base.be")
        self._take_away("siren")
        self.assertEqual(self._lacks(self.run), {})

    def test_branch_is_asked_itself(self):
        branch = self.env["res.company"].create({"name": "Agence", "parent_id": self.company.id})
        lacking = branch._relance_get_lacking()
        self.assertEqual(lacking, ["siren", "mentions", "address", "iban", "email"], "Its parent's signatory signs.")

    def test_nothing_is_asked_in_test_mode(self):
        for key in self.LACKS:
            self._take_away(key)
        self.company.relance_test_email = "essai@example.com"
        self.run.action_confirm()
        self.assertTrue(self.run.is_test)

    # === THE OTHER DOORS === #

    def test_dialog_of_invoices(self):
        self._take_away("email")
        for moves in (self.debts["email"], self.debts["email"] | self.debts["formal"]):
            action = moves.action_relance_send()
            run = self.env["relance.run"].browse(action["res_id"])
            with self.assertRaisesRegex(UserError, "not ready"):
                run.action_send()
            self.assertFalse(run.notice_ids)
        run = self.env["relance.run"].browse(self.debts["letter"].action_relance_send()["res_id"])
        run.action_send()
        self.assertEqual(run.notice_ids.state, "sent")

    def test_approval(self):
        self.company.relance_two_person = True
        self.run.action_confirm()
        notice = self.run.notice_ids.filtered(lambda notice: notice.kind == "formal")
        approver = new_test_user(
            self.env, "ready_approver", company_id=self.company.id, company_ids=self.company.ids,
            groups="account.group_account_manager,relance_fr.group_relance_approver",
        )  # fmt: skip
        self._take_away("signatory")
        with self.assertRaisesRegex(UserError, "not ready"):
            notice.with_user(approver).action_approve()
        self.assertRecordValues(notice, [{"state": "to_approve", "approved_by": False, "name": "/"}])
        self.company.relance_signatory_id = self.env.user
        notice.with_user(approver).action_approve()
        self.assertEqual(notice.state, "ready")

    def test_sealed_e_mail_waits_for_an_address_to_leave_from(self):
        self.run.action_confirm()
        self._take_away("email")
        with self.assertRaisesRegex(UserError, "not ready"):
            self.run.notice_ids.action_dispatch()
        self.env["relance.run"]._cron_dispatch()
        states = {name: self._row_of(name).notice_id.state for name in self.debts}
        self.assertEqual(states, {"email": "ready", "letter": "sent", "formal": "ready"})
        self.company.email = "compta@atelier.example.com"
        self.env["relance.run"]._cron_dispatch()
        self.assertEqual(set(self.run.notice_ids.mapped("state")), {"sent"})


@tagged("post_install", "-at_install")
@freeze_time("2026-05-26")
class TestReadinessOfJobs(CronCommon):
    """The jobs hold back what the company is not ready for, say so, and go on by themselves once it is."""

    def test_daily_job_holds_back_and_says_why(self):
        invoice = self._invoice(1000, "2026-05-16")
        self.company.email = False
        self.assertFalse(self._cron("escalate"))
        self.assertFalse(self._cron("dispatch"))
        explained = invoice.relance_explain()
        self.assertEqual((explained["decision"], explained["reason"]), ("wait", "not_ready"))
        self.assertIn("no email address", explained["message"])
        activity = self.company.partner_id.activity_ids
        self.assertRecordValues(activity, [{"user_id": self.accountant.id}])
        self.assertIn("Email address of the company", activity.note)
        self._cron("escalate")
        self.assertEqual(len(self.company.partner_id.activity_ids), 1, "Told once.")
        self.company.email = "compta@atelier.example.com"
        self.assertEqual(self._cron("escalate").line_ids.move_id, invoice)

    def test_a_notice_waits_as_a_whole(self):
        """What one instalment calls for holds the others of its notice back; other debtors get theirs."""
        calendar = self._calendar({"kind": "courtesy", "delay": 1}, {**FORMAL, "delay": 30, "automatic": True})
        calendar.catch_up = "age"
        self.debtor.relance_calendar_id = calendar
        self._invoice(1000, "2026-04-01")
        self._invoice(200, "2026-05-20")
        other = self._invoice(300, "2026-05-16", self._create_debtor("Tiers"))
        self.company.relance_signatory_id = False
        self.assertEqual(self._cron("escalate").line_ids.move_id, other)

    def test_drafts_that_wait_are_not_sealed(self):
        self.company.write({"relance_window_from": 8, "relance_window_to": 18})
        self._invoice(1000, "2026-05-16")
        notice = self._cron("escalate", "2026-05-26 03:00:00")
        self.assertEqual(notice.state, "draft")
        self.company.email = False
        self._cron("dispatch", "2026-05-26 10:00:00")
        self.assertRecordValues(notice, [{"state": "draft", "name": "/", "seal": False}])
        self.assertIn("Email address of the company", notice.remedy)
        self.company.email = "compta@atelier.example.com"
        self._cron("dispatch", "2026-05-26 11:00:00")
        self.assertEqual(notice.state, "sent")

    def test_what_is_not_ready_takes_no_place_under_the_cap(self):
        """The only place of the day goes to who can be written to, though the other calls for a harsher tone."""
        self.company.write({"relance_window_from": 8, "relance_window_to": 18, "relance_daily_cap": 1})
        harsh = self._create_debtor("Forge du Nord")
        harsh.relance_calendar_id = self._calendar({**FORMAL, "automatic": True})
        self._invoice(1000, "2026-05-16", harsh)
        invoice = self._invoice(300, "2026-05-16")
        notices = self._cron("escalate", "2026-05-26 03:00:00")
        self.assertEqual(notices.mapped("state"), ["draft", "draft"])
        self.company.relance_signatory_id = False
        self._cron("dispatch", "2026-05-26 10:00:00")
        notice = invoice.relance_notice_ids
        self.assertRecordValues(notice, [{"state": "sent", "kind": "courtesy"}])
        self.assertRecordValues(notices - notice, [{"state": "draft", "kind": "formal", "name": "/"}])

    # === THE BANK NEVER SEEN === #

    def test_bank_never_seen_is_answered_for(self):
        self.company.relance_bank_max_age = 7
        invoice = self._invoice(1000, "2026-05-16")
        self.assertFalse(self._cron("escalate"))
        self.assertEqual(invoice.relance_explain()["reason"], "bank_not_up_to_date")
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": date(2026, 5, 26)})
        run.action_preview()
        [lack] = run.readiness["lacks"]
        self.assertEqual((lack["key"], lack["blocking"], lack["notices"]), ("bank", False, 1))
        self.assertEqual(lack["amounts"], [[self.company.currency_id.id, 1000]])
        with self.assertRaisesRegex(UserError, "not known"):
            run.action_confirm()
        run.bank_override_reason = "Relevés tenus hors d’Odoo, pointés ce matin."
        run.action_confirm()
        self.assertEqual(run.notice_ids.state, "ready")
        self.assertIn("pointés ce matin", "".join(run.message_ids.mapped("body")))
