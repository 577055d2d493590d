from odoo.tests import freeze_time, tagged

from ..plan_common import DUE, PlanCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestCommitmentReminder(PlanCommon):
    """The friendly e-mail before a promised payment: once, to who still has to pay, and no notice."""

    def _reminders(self, day):
        """Run the job of a day; return (day of the payment, amount, address) of the reminders it sent."""
        known = self.env["relance.commitment.reminder"].search([])
        self._run_on(day)
        new = self.env["relance.commitment.reminder"].search([]) - known
        return [(str(reminder.date), reminder.amount, reminder.email_to) for reminder in new]

    def test_two_days_before_each_instalment_once(self):
        invoice = self._invoice(900, DUE)
        plan = self._plan(invoice, 3, "2026-06-10")
        self.assertFalse(self._reminders("2026-06-07"))
        self.assertEqual(self._reminders("2026-06-08"), [("2026-06-10", 300, self.debtor.email)])
        self.assertFalse(self._reminders("2026-06-08"), "Once.")
        self.assertFalse(self._reminders("2026-06-09"))
        self._bank_pays(invoice, "2026-06-10", 300)
        self.assertEqual(len(self._reminders("2026-07-08")), 1)
        mail = self.env["mail.mail"].search([("model", "=", "relance.commitment.reminder")], order="id", limit=1)
        self.assertEqual(mail.email_to, self.debtor.email)
        self.assertIn("300.00", mail.subject)
        self.assertFalse(invoice.relance_notice_ids, "It is no notice.")
        for record in (plan, invoice, self.debtor):
            self.assertIn("reminder of the payment", " ".join(record.message_ids.mapped("body")), record)
        for secret in ("300.00", self.debtor.email):
            self.assertIn(secret, " ".join(plan.message_ids.mapped("body")))
            self.assertNotIn(secret, " ".join(self.debtor.message_ids.mapped("body")), "Many read this card.")

    def test_instalments_generated_anew_are_not_reminded_again(self):
        plan = self._plan(self._invoice(900, DUE), 3, "2026-06-10")
        self.assertEqual(len(self._reminders("2026-06-08")), 1)
        plan.action_generate()
        self.assertFalse(self._reminders("2026-06-09"))

    def test_what_needs_no_reminder(self):
        def story(name, **vals):
            invoice = self._invoice(900, DUE, self._create_debtor(name))
            return invoice, self._plan(invoice, 3, "2026-06-10", **vals)

        paid, _plan = story("Payée")
        self._bank_pays(paid, "2026-06-05", 300)
        _cancelled, plan = story("Annulée")
        plan.action_cancel()
        held, _plan = story("Suspendue")
        self.env["relance.hold"].create({"move_id": held.id, "partner_id": held.partner_id.id})
        excluded, _plan = story("Exclue")
        excluded.partner_id.with_company(self.company).relance_exclude = True
        no_email, _plan = story("Sans")
        no_email.partner_id.email = False
        self._promise(self._invoice(900, DUE, self._create_debtor("Promesse")), "2026-06-10", 900)
        self.assertFalse(self._reminders("2026-06-08"))

    def test_broken_plan_is_not_reminded(self):
        plan = self._plan(self._invoice(900, DUE), 3, "2026-06-10")
        self._reminders("2026-06-08")
        with freeze_time("2026-07-08"):
            self.env.invalidate_all()
            self.assertEqual(plan.state, "broken")
        self.assertFalse(self._reminders("2026-07-08"))

    def test_settings(self):
        self._promise(self._invoice(900, DUE), "2026-06-10", 900)
        self.company.relance_remind_promises = True
        self.company.relance_reminder_days = 0
        self.assertFalse(self._reminders("2026-06-08"))
        self.company.relance_reminder_days = 5
        self.assertEqual(self._reminders("2026-06-05"), [("2026-06-10", 900, self.debtor.email)])

    def test_it_waits_for_the_bank(self):
        self._plan(self._invoice(900, DUE), 3, "2026-06-10")
        self.company.relance_bank_max_age = 7
        self._bank_line("2026-05-20", 10)
        self.assertFalse(self._reminders("2026-06-08"))
        self._bank_line("2026-06-08", 10)
        self.assertEqual(len(self._reminders("2026-06-09")), 1)

    def test_in_french_for_a_french_debtor(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.debtor.lang = "fr_FR"
        self._plan(self._invoice(900, DUE), 3, "2026-06-10")
        self._reminders("2026-06-08")
        mail = self.env["mail.mail"].search([("model", "=", "relance.commitment.reminder")])
        self.assertIn("10 juin 2026", mail.subject.replace("\N{NO-BREAK SPACE}", " "))
