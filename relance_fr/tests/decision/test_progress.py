from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ..ledger_common import LedgerCommon

DUE = "2026-05-16"


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestProgress(LedgerCommon):
    """Where an invoice stands is right after each event: standard calendar, J-3, J+7, J+15, J+30, J+45."""

    def assert_progress(self, record, level, last, next_level, next_date):
        """Assert the four progress fields of an invoice or instalment, as the database and a new reader see them."""
        self.env.flush_all()
        self.env.invalidate_all()
        levels = self.levels | {None: self.env["relance.level"]}
        self.assertRecordValues(
            record,
            [
                {
                    "relance_level_id": levels[level].id,
                    "relance_last_date": fields.Date.to_date(last),
                    "relance_next_level_id": levels[next_level].id,
                    "relance_next_date": fields.Date.to_date(next_date),
                }
            ],
        )

    # === LIFE OF AN INVOICE === #

    def test_posted_before_and_after_the_due_date(self):
        with freeze_time("2026-05-01"):
            invoice = self._invoice(1000, DUE)
        self.assert_progress(invoice, None, None, "preventive", "2026-05-13")
        self.assertEqual(invoice.with_context(relance_date="2026-05-01").relance_state, "upcoming")
        late = self._invoice(1000, DUE)
        self.assert_progress(late, None, None, "courtesy", "2026-05-23")
        self.assertEqual(late.relance_state, "late")

    def test_draft(self):
        invoice = self._create_invoice_one_line(price_unit=10, partner_id=self.debtor, invoice_date="2026-04-16")
        self.assert_progress(invoice, None, None, None, None)
        self.assertEqual(invoice.relance_state, "none")

    def test_a_preventive_step_that_was_missed(self):
        with freeze_time("2026-05-01"):
            invoice = self._invoice(1000, DUE)
        self._run_on("2026-05-18")
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")

    def test_sent_in_time_and_late(self):
        invoice = self._invoice(1000, DUE)
        self._send(invoice, "2026-05-23")
        self.assert_progress(invoice, "courtesy", "2026-05-23", "firm", "2026-05-31")
        self.assertEqual(invoice.relance_state, "dunned")
        # Ten days late: the eight days between two levels are kept.
        other = self._invoice(1000, DUE, partner=self._create_debtor("Tiers"))
        self._send(other, "2026-06-02")
        self.assert_progress(other, "courtesy", "2026-06-02", "firm", "2026-06-10")

    def test_payments(self):
        invoice = self._invoice(1000, DUE)
        self._send(invoice, "2026-05-23")
        self._pay(invoice, "2026-05-24", 400)
        self.assert_progress(invoice, "courtesy", "2026-05-23", "firm", "2026-05-31")
        payment = self._pay(invoice, "2026-05-25")
        self.assert_progress(invoice, "courtesy", "2026-05-23", None, None)
        self.assertEqual(invoice.relance_state, "settled")
        payment.action_cancel()
        self.assert_progress(invoice, "courtesy", "2026-05-23", "firm", "2026-05-31")
        self.assertEqual(invoice.relance_state, "dunned")
        self._bank_pays(invoice, "2026-05-26", 600)
        self.assert_progress(invoice, "courtesy", "2026-05-23", None, None)

    def test_reset_to_draft_and_posted_again(self):
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, "2026-05-23")
        invoice.button_draft()
        self.assert_progress(invoice, None, None, None, None)
        self.assertEqual(invoice.relance_state, "none")
        invoice.action_post()
        self.assert_progress(invoice, "courtesy", "2026-05-23", "firm", "2026-05-31")
        self.assertEqual(notice.line_ids.line_id, self._instalments(invoice))
        self.assertEqual(self._explain(invoice, "2026-05-25")[:2], ("wait", "too_early"))
        self.assert_register()

    def test_instalment_made_again(self):
        """The lines of a draft are rebuilt when it changes: the history follows the due date."""
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, "2026-05-23")
        old_line = self._instalments(invoice)
        invoice.button_draft()
        invoice.invoice_payment_term_id = self.pay_terms_b
        invoice.write({"invoice_payment_term_id": False, "invoice_date_due": DUE})
        self.assertFalse(old_line.exists())
        invoice.action_post()
        self.assertEqual(notice.line_ids.line_id, self._instalments(invoice))
        self.assertEqual(notice.principal_amount, 1000, "What was claimed then is a fact.")
        self.assert_progress(invoice, "courtesy", "2026-05-23", "firm", "2026-05-31")
        self.assertFalse(self._send(invoice, "2026-05-25"))
        self.assert_register()

    def test_made_out_to_another_customer(self):
        """Neither a harsh first letter to the new customer, nor a waiting one to the first."""
        invoice = self._invoice(1000, DUE)
        sent = self._send(invoice, "2026-05-23")
        self.company.relance_automatic = False
        waiting = self._run_on("2026-05-31")
        self.assertRecordValues(waiting, [{"kind": "firm", "state": "to_approve"}])
        invoice.button_draft()
        invoice.partner_id = other = self._create_debtor("Garage Roux")
        invoice.action_post()
        self.assertFalse(sent.line_ids.line_id)
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")
        with freeze_time("2026-05-31"):
            waiting.action_approve()
        self.assertEqual(waiting.state, "cancelled")
        new = self._send(invoice, "2026-06-02")
        self.assertRecordValues(new, [{"partner_id": other.id, "kind": "courtesy"}])
        # The mistake was the correction: the first customer again, and his own history.
        invoice.button_draft()
        invoice.partner_id = self.debtor
        invoice.action_post()
        self.assertEqual(sent.line_ids.line_id, self._instalments(invoice))
        self.assert_progress(invoice, "courtesy", "2026-05-23", "firm", "2026-05-31")
        self.assert_register()

    def test_cancelled(self):
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, "2026-05-23")
        invoice.button_draft()
        invoice.button_cancel()
        self.assert_progress(invoice, None, None, None, None)
        self.assertEqual(invoice.relance_notice_ids, notice)

    def test_reversed(self):
        invoice = self._invoice(1000, DUE)
        self._send(invoice, "2026-05-23")
        self._credit_note(1000, "2026-05-24", invoice=invoice)
        self.assert_progress(invoice, "courtesy", "2026-05-23", None, None)
        self.assertEqual(invoice.relance_state, "settled")

    def test_copy_starts_afresh(self):
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, "2026-05-23")
        self.env["relance.hold"].create({"move_id": invoice.id, "date_from": DUE})
        copy = invoice.copy({"invoice_date": "2026-04-16", "invoice_date_due": DUE})
        copy.action_post()
        self.assert_progress(copy, None, None, "courtesy", "2026-05-23")
        self.assertEqual(copy.relance_state, "late")
        self.assertFalse(copy.relance_notice_ids or copy.relance_hold_ids or copy.relance_commitment_ids)
        self.assertEqual(invoice.relance_notice_ids, notice)

    # === SETTINGS === #

    def test_no_followup(self):
        invoice = self._invoice(1000, DUE)
        invoice.no_followup = True
        self.assert_progress(invoice, None, None, None, None)
        invoice.no_followup = False
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")

    def test_customer_excluded(self):
        invoice = self._invoice(1000, DUE)
        self.debtor.relance_exclude = True
        self.assert_progress(invoice, None, None, None, None)
        self.debtor.relance_exclude = False
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")

    def test_calendar_of_the_customer(self):
        invoice = self._invoice(1000, DUE)
        calendar = self._calendar({"kind": "courtesy", "delay": 2}, "firm")
        self.debtor.relance_calendar_id = calendar
        self.levels["other"] = calendar.level_ids[0]
        self.assert_progress(invoice, None, None, "other", "2026-05-18")
        self.debtor.relance_calendar_id = False
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")

    def test_calendar_of_the_company(self):
        invoice = self._invoice(1000, DUE)
        calendar = self._calendar({"kind": "courtesy", "delay": 2}, "firm")
        self.company.relance_calendar_id = calendar
        self.levels["other"] = calendar.level_ids[0]
        self.assert_progress(invoice, None, None, "other", "2026-05-18")

    def test_calendar_of_a_regime(self):
        invoice = self._invoice(1000, DUE)
        calendar = self.env["relance.calendar"].search([("segment", "=", "public")])
        self.debtor.relance_regime = "public"
        self.levels["public"] = calendar.level_ids[0]
        self.assert_progress(invoice, None, None, "public", "2026-05-23")
        public_level = calendar.level_ids[0]
        calendar.active = False
        self.assertNotEqual(public_level, self.levels["courtesy"])
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")

    def test_level_changed_added_and_removed(self):
        calendar = self._calendar("courtesy", "firm")
        self.debtor.relance_calendar_id = calendar
        self.levels = dict(zip(("courtesy", "firm"), calendar.level_ids, strict=True))
        invoice = self._invoice(1000, DUE)
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")
        self.levels["courtesy"].delay = 5
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-21")
        calendar.level_ids = [Command.create({"name": "Earlier", "kind": "courtesy", "delay": 1})]
        self.levels["earlier"] = calendar.level_ids.filtered(lambda level: level.delay == 1)
        self.assert_progress(invoice, None, None, "earlier", "2026-05-17")
        self.levels["earlier"].unlink()
        self.levels.pop("earlier")
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-21")

    # === NOTICES === #

    def test_notice_not_sent_yet_is_no_step(self):
        self.company.relance_automatic = False
        invoice = self._invoice(1000, DUE)
        notice = self._run_on("2026-05-25")
        self.assertEqual(notice.state, "to_approve")
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")
        notice.action_cancel()
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")

    def test_failed_notice_is_no_step(self):
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, "2026-05-23")
        notice.sudo()._mark_failed("Mailbox unknown", refused=True)
        self.assertEqual(notice.state, "failed")
        self.assert_progress(invoice, None, None, "courtesy", "2026-05-23")
        self.assertEqual(invoice.relance_state, "late")

    def test_day_of_posting_moves_the_next_level(self):
        calendar = self._calendar({"kind": "formal", "channel_registered": True}, "final")
        self.debtor.relance_calendar_id = calendar
        self.levels = dict(zip(("formal", "final"), calendar.level_ids, strict=True))
        invoice = self._invoice(1000, DUE)
        notice = self._send(invoice, "2026-06-15")
        self.assert_progress(invoice, "formal", "2026-06-15", "final", "2026-06-30")
        with freeze_time("2026-06-18"):
            notice.posted_date = "2026-06-18"
        self.assert_progress(invoice, "formal", "2026-06-18", "final", "2026-07-03")

    def test_instalments_of_one_invoice(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 70, "nb_days": 30}),
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date=DUE, invoice_payment_term_id=term, post=True,
        )  # fmt: skip
        first, second = self._instalments(invoice)
        self._send(invoice, "2026-05-23")
        self.assert_progress(first, "courtesy", "2026-05-23", "firm", "2026-05-31")
        self.assert_progress(second, None, None, "preventive", "2026-06-12")
        self.assert_progress(invoice, "courtesy", "2026-05-23", "firm", "2026-05-31")
        self._bank_pays(invoice, "2026-05-25", 300)
        self.assert_progress(first, "courtesy", "2026-05-23", None, None)
        self.assert_progress(invoice, "courtesy", "2026-05-23", "preventive", "2026-06-12")

    def test_search_for_late_invoices(self):
        late = self._invoice(1000, DUE)
        others = self._invoice(1000, "2026-05-20") | self._invoice(1000, "2026-05-19", partner=self.partner_b)
        self._bank_pays(others[1], "2026-05-20", 1000)
        moves = self.env["account.move"].search([("id", "in", (late | others).ids), ("relance_is_late", "=", True)])
        self.assertEqual(moves, late)
        self.assertEqual((late | others).filtered("relance_is_late"), late)

    def test_the_calendar_of_a_company_reaches_its_branch_and_no_other_company(self):
        other = self.setup_other_company(name="Autre SA")
        other["company"].relance_calendar_id = self.standard
        branch = self.env["res.company"].create({"name": "Agence", "parent_id": self.company.id})
        self.env.user.company_ids |= branch
        self.env.cr.precommit.run()  # the branch gets its parent's chart of accounts
        journal = self.company_data["default_journal_sale"]
        theirs = self._invoice(1000, DUE, company_id=other["company"].id, journal_id=other["default_journal_sale"].id)
        ours = self._invoice(1000, DUE) | self._invoice(1000, DUE, company_id=branch.id, journal_id=journal.id)
        before = theirs.relance_next_level_id
        self.assertTrue(before)
        calendar = self._calendar({"kind": "formal", "delay": 40}, name="Slow")
        for values in ({"relance_calendar_id": calendar.id}, {"relance_broken_promise": "formal"}):
            self.company.write(values)
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(theirs.relance_next_level_id, before)
            self.assertEqual(ours.relance_next_level_id, calendar.level_ids)
        # Whatever the condition: the calendars of companies that are not asked about are not known.
        self.env["relance.decision"]._refresh_progress(companies=self.company, condition=SQL("TRUE"))
        self.env.invalidate_all()
        self.assertEqual(theirs.relance_next_level_id, before)
