from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestInvoiceScreen(ScreenCommon):
    """What the dunning tab shows and what its buttons do."""

    def test_statement_table_is_the_statement(self):
        invoice = self._invoice(1850, "2026-05-16")
        self._pay(invoice, "2026-06-01", 850)
        statement = invoice.relance_statement()
        data = invoice.relance_statement_data
        self.assertEqual([row["amount"] for row in data["rows"]], [s["amount"] for s in statement["segments"]])
        self.assertEqual(len(data["rows"]), 2)
        self.assertEqual(data["totals"], {name: statement[name] for name in ("principal", "penalty", "indemnity", "total")})
        self.assertFalse(any(row["due"] for row in data["rows"]), "a single instalment needs no title")

    def test_statement_table_names_instalments(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (10, 20)
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000, tax_ids=[], partner_id=self.debtor, invoice_date="2026-05-01",
            invoice_payment_term_id=term, post=True,
        )
        rows = invoice.relance_statement_data["rows"]
        self.assertEqual([row["due"] for row in rows], ["2026-05-11", "2026-05-21"])

    def test_explanation_in_batch_is_that_of_each(self):
        late, paid, excluded = (self._invoice(100, "2026-05-16") for _i in range(3))
        self._pay(paid, "2026-05-20")
        excluded.no_followup = True
        draft = self.init_invoice("out_invoice", products=self.product_a)
        moves = late | paid | excluded | draft
        self.assertEqual(
            moves.mapped("relance_explanation"), [move.relance_explain()["message"] for move in moves]
        )
        self.assertEqual(moves.mapped("relance_decision"), ["send", "skip", "skip", "skip"])

    def test_missing_rate_leaves_the_screen_open(self):
        late = self._invoice(100, "2026-05-16")
        self.env["relance.rate"].search([("date_from", ">=", "2026-01-01")]).unlink()
        late.invalidate_recordset()
        _arch, [values] = self._read_screen(late, self.users["billing"], "form")
        self.assertIn("2026 S1", values["relance_warning"])
        self.assertFalse(values["relance_statement_data"])

    def test_penalty_rate_in_words(self):
        texts = {}
        for regime in ("business", "public", "consumer"):
            debtor = self._create_debtor(f"Debtor {regime}", relance_regime=regime)
            texts[regime] = self._invoice(100, "2026-05-16", debtor).relance_basis_text
        self.assertEqual(len(set(texts.values())), 3)
        self.assertIn("R2192-31", texts["public"])
        self.assertIn("1231-6", texts["consumer"])
        terms = self.env["relance.terms"].create(
            {"name": "CGV", "company_id": self.company.id, "date_from": "2026-01-01", "basis": "fixed", "rate": 15}
        )
        self.assertEqual(self._invoice(100, "2026-05-16").relance_basis_text, terms.clause)

    def test_excluding_does_not_flag_the_invoice_as_modified(self):
        invoice = self._invoice(100, "2026-05-16")
        invoice.is_manually_modified = False
        invoice.with_user(self.users["billing"]).write({"no_followup": True})
        self.assertFalse(invoice.is_manually_modified)
        self.assertEqual(invoice.relance_explain()["reason"], "excluded")

    def test_open_notices(self):
        invoice = self._invoice(100, "2026-05-16")
        self.assertEqual(self.env["relance.notice"].search(invoice.action_relance_open_notices()["domain"]).ids, [])
        notice = self.engine._send_by_hand(invoice)
        invoice.invalidate_recordset()
        self.assertEqual(invoice.relance_notice_count, 1)
        self.assertEqual(invoice.action_relance_open_notices()["res_id"], notice.id)

    def test_hold_and_promise_dialogs(self):
        invoice = self._invoice(250, "2026-05-16").with_user(self.users["billing"])
        action = invoice.action_relance_commitment()
        with Form(self.env[action["res_model"]].with_user(self.users["billing"]).with_context(action["context"])) as form:
            self.assertEqual(form.partner_id, self.debtor)
            with form.line_ids.edit(0) as line:
                self.assertEqual(line.amount, 250)
                line.date = "2026-06-30"
        self.assertEqual(invoice.relance_commitment_ids.state, "open")
        self.assertEqual(invoice.relance_explain()["reason"], "promised")
        action = invoice.action_relance_hold()
        with Form(self.env[action["res_model"]].with_user(self.users["billing"]).with_context(action["context"])) as form:
            form.reason = "dispute"
        self.assertRecordValues(
            invoice.relance_hold_ids, [{"partner_id": self.debtor.id, "move_id": invoice.id, "reason": "dispute"}]
        )
        self.assertEqual(invoice.relance_explain()["reason"], "disputed")

    def test_dialog_announces_what_the_notice_claims(self):
        invoices = self._invoice(1850, "2026-05-16") | self._invoice(400, "2026-05-20")
        for level in ("courtesy", "firm"):
            wizard = self.env["relance.send"].with_user(self.users["billing"]).create({"move_ids": invoices.ids})
            announced = sum(wizard.line_ids.mapped("claim_amount"))
            wizard.action_send()
            notice = invoices.relance_notice_ids.sorted("id")[-1:]
            self.assertEqual((notice.kind, notice.total_amount), (level, announced))
            self._skip_wait(notice)
        self.assertGreater(announced, 2250, "the firm level claims penalties and indemnity")

    def _skip_wait(self, notice):
        """Let the next level come at once, whatever was sent to the debtor today."""
        self.standard.min_days = 0
        self.env.cr.execute("UPDATE relance_notice SET date = '2026-06-01' WHERE id = %s", notice.ids)
        self.env.invalidate_all()

    def test_dialog_with_nothing_to_send(self):
        invoice = self._invoice(100, "2026-07-30")
        wizard = self.env["relance.send"].create({"move_ids": invoice.ids})
        self.assertEqual((wizard.send_count, sum(wizard.line_ids.mapped("claim_amount"))), (0, 0))
        self.assertTrue(all(wizard.line_ids.mapped("message")))
        with self.assertRaises(UserError):
            wizard.action_send()


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
        self.assertEqual(run.send_line_ids.move_id, self.invoices)
        self.assertEqual(run.send_line_ids | run.stopped_line_ids, run.line_ids)

    def test_prepare_again_keeps_the_choices_of_the_day(self):
        run = self._prepare()
        run.send_line_ids[0].action_unselect()
        self.assertEqual(self._prepare(), run)
        self.assertEqual((run.debtor_count, run.unselected_count), (1, 1))
        with freeze_time("2026-06-21"):
            self.assertEqual(self._prepare(), run)
            self.assertEqual((str(run.date), run.unselected_count), ("2026-06-21", 0))

    def test_only_a_draft_takes_choices(self):
        run = self._prepare()
        [kept, left] = run.send_line_ids
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


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestRegisterScreen(ScreenCommon):
    """What the register shows and what its lists can do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(1850, "2026-05-16")
        letter_only = cls._create_debtor("Transports Vasseur", email=False)
        cls.by_post = cls._invoice(700, "2026-05-20", letter_only)
        cls.notices = cls.engine._send_by_hand(cls.invoice | cls.by_post)

    def test_statement_of_a_notice_is_frozen(self):
        self.standard.level_ids.filtered(lambda level: level.kind == "courtesy").charge_penalty = True
        invoice = self._invoice(1850, "2026-05-16", self._create_debtor("Hôtel Beaurivage"))
        notice = self.engine._send_by_hand(invoice)
        data = notice.statement_data
        self.assertEqual(sum(row["amount"] for row in data["rows"]), notice.penalty_amount)
        self.assertEqual(data["totals"]["total"], notice.total_amount)
        with freeze_time("2026-09-01"):
            notice.invalidate_recordset()
            self.assertEqual(notice.statement_data, data)

    def test_posted_today(self):
        letter = self.notices.filtered("to_post")
        self.assertEqual(letter.partner_id.name, "Transports Vasseur")
        self.notices.with_user(self.users["billing"]).action_mark_posted()
        self.assertEqual([str(notice.posted_date or "") for notice in letter], [DAY])
        self.assertFalse((self.notices - letter).posted_date)
        with self.assertRaisesRegex(UserError, "waits to be posted"):
            self.notices.action_mark_posted()

    def test_verify_register(self):
        model = self.env["relance.notice"].with_user(self.users["manager"]).with_company(self.company)
        self.assertEqual(model.action_verify_register()["params"]["type"], "success")
        self.env.cr.execute("UPDATE relance_notice SET penalty_amount = 5, total_amount = total_amount + 5 "
                            "WHERE id = %s", self.notices[:1].ids)
        self.env.invalidate_all()
        params = model.action_verify_register()["params"]
        self.assertEqual(params["type"], "danger")
        self.assertIn(self.notices[0].name, params["message"])
        with self.assertRaises(UserError):
            model.with_user(self.users["billing"]).action_verify_register()

    def test_mail_state(self):
        mailed = self.notices.filtered("mail_id").with_user(self.users["billing"])
        self.assertEqual(mailed.mail_state, "outgoing")
        mailed.mail_id.sudo().write({"state": "exception", "failure_reason": "Mailbox full"})
        self.assertEqual((mailed.mail_state, mailed.mail_failure), ("exception", "Mailbox full"))
