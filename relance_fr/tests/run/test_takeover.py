from base64 import b64encode

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import freeze_time, new_test_user, tagged

from ..refusals import RefusalsMixin
from .test_dispatch_cron import CronCommon

TODAY = "2026-05-26"


class TakeoverCommon(RefusalsMixin, CronCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls._calendar("courtesy", "firm", "formal", "final")
        cls.calendar.level_ids.filtered(lambda level: level.kind == "formal").channel_registered = True
        cls.company.relance_calendar_id = cls.calendar
        cls.courtesy, cls.firm, cls.formal, cls.final = cls.calendar.level_ids.sorted("delay")

    def _wizard(self, content, user=None, encoding="utf-8", **vals):
        file = b64encode(content.encode(encoding)) if content else False
        return (
            self.env["relance.takeover"]
            .with_user(user or self.accountant)
            .create({"company_id": self.company.id, "file": file, **vals})
        )

    def _take(self, content, **vals):
        """Preview, then import; return the facts."""
        known = self.env["relance.notice"].search([])
        wizard = self._wizard(content, **vals)
        wizard.action_preview()
        self.assertFalse(wizard.line_ids.filtered("message").mapped("message"))
        wizard.action_import()
        return self.env["relance.notice"].search([]) - known

    def _problems(self, content, **vals):
        wizard = self._wizard(content, **vals)
        wizard.action_preview()
        problems = wizard.line_ids.filtered(lambda line: line.outcome == "problem")
        self.assertEqual(wizard.problem_count, len(problems))
        return {line.line: line.message for line in problems}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestTakeoverFile(TakeoverCommon):
    """A file of what was sent before becomes facts, whole or not at all."""

    def test_facts(self):
        invoice = self._invoice(1000, "2026-04-16")
        self._bank_pays(invoice, "2026-04-20", 400)
        self._bank_pays(invoice, "2026-05-20", 100)
        messages = invoice.message_ids | self.debtor.message_ids
        fact = self._take(f"N° de facture;Niveau;Date\r\n{invoice.name};Firm;02/05/2026\r\n".replace("Firm", "firm"))
        self.assertRecordValues(
            fact,
            [
                {
                    "taken_over": True, "state": "sent", "name": "/", "seal": False, "seal_sequence": 0,
                    "kind": "firm", "channel": "email", "principal_amount": 600, "penalty_amount": 0,
                    "indemnity_amount": 0, "total_amount": 600, "mail_id": False, "to_post": False,
                    "author_id": self.accountant.id, "date": fields.Date.to_date("2026-05-02"),
                }
            ],
        )  # fmt: skip
        self.assertRecordValues(
            fact.line_ids,
            [
                {
                    "move_id": invoice.id,
                    "level_id": self.firm.id,
                    "days_late": 16,
                    "amount_invoiced": 1000,
                    "amount_paid": 400,
                }
            ],
        )
        self.assertRecordValues(
            invoice,
            [
                {
                    "relance_level_id": self.firm.id,
                    "relance_last_date": fields.Date.to_date("2026-05-02"),
                    "relance_next_level_id": self.formal.id,
                    # Fifteen days between the two levels.
                    "relance_next_date": fields.Date.to_date("2026-05-17"),
                }
            ],
        )
        self.assertEqual(invoice.message_ids | self.debtor.message_ids, messages)
        self.assertFalse(fact.activity_ids)
        self.assertIn("taken over", fact.display_name)
        # The job goes on from there, and the register of ours begins with it.
        notice = self._cron("escalate")
        self.assertRecordValues(notice, [{"kind": "formal", "taken_over": False}])
        notice.with_user(self.accountant).action_approve()
        self.assertEqual(notice.name, "RLF/2026/00001")
        self.assert_register()
        self.assertEqual(self.env["relance.notice"]._verify_register(self.company)["checked"], 1)

    def test_how_files_are_written(self):
        for rank, (content, encoding) in enumerate(
            (
                ("Facture;Niveau;Date\n{};J+7;2026-05-02\n", "utf-8-sig"),
                ("Numéro de facture,Dernière relance,Relancé le\n{},j + 7,02.05.2026\n", "cp1252"),
                ("invoice\tlevel\tdate\n{}\t7\t02/05/26\n", "utf-16"),
                (
                    "Export du 26 mai\n\nÉCHÉANCE;FACTURE;NIVEAU;DATE\n16/04/2026;{};COURTESY;02-05-2026 10:30\n\n",
                    "cp1252",
                ),
            )
        ):
            with self.subTest(rank=rank):
                invoice = self._invoice(1000, "2026-04-16", partner=self._create_debtor(f"D{rank} SA"))
                self._take(content.format(invoice.name), encoding=encoding)
                self.assertEqual(invoice.relance_level_id, self.courtesy)
                self.assertEqual(invoice.relance_last_date.isoformat(), "2026-05-02")

    def test_level_named_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.formal.with_context(lang="fr_FR").name = "Mise en demeure"
        invoice = self._invoice(1000, "2026-04-16")
        fact = self._take(
            "facture;niveau;date;posté le;présenté le\n"
            f"{invoice.name};MISE EN DEMEURE;18/05/2026;19/05/2026;20/05/2026\n"
        )
        self.assertRecordValues(
            fact,
            [
                {
                    "channel": "registered",
                    "posted_date": fields.Date.to_date("2026-05-19"),
                    "presented_date": fields.Date.to_date("2026-05-20"),
                    "to_post": False,
                }
            ],
        )

    def test_registered_letter_without_a_posting_date_does_not_wait_for_one(self):
        invoice = self._invoice(1000, "2026-04-16")
        fact = self._take(f"facture;niveau;date\n{invoice.name};formal;18/05/2026\n")
        self.assertRecordValues(fact, [{"channel": "registered", "posted_date": False, "to_post": False}])
        self.assertNotIn(fact, self.env["relance.notice"].search([("to_post", "=", True)]))
        self.assertIn(fact, self.env["relance.notice"].search([("to_post", "=", False)]))
        self.assertEqual(self._explain(invoice, "2026-06-15")[:3], ("send", "due", "final"))

    def test_problems_line_by_line_and_nothing_half_imported(self):
        good, settled, sent = (
            self._invoice(1000, "2026-04-16", partner=self._create_debtor(name)) for name in ("Bon", "Soldé", "Relancé")
        )
        self._bank_pays(settled, TODAY, 1000)
        self._send(sent, TODAY)
        rows = [
            "facture;niveau;date;échéance;posté le;présenté le",
            f"{good.name};courtesy;02/05/2026;;;",
            "FAC/INCONNUE;courtesy;02/05/2026;;;",
            f"{good.name};Amiable;02/05/2026;;;",
            f"{good.name};firm;31/02/2026;;;",
            f"{good.name};firm;;;;",
            f"{good.name};firm;27/05/2026;;;",
            f"{good.name};firm;01/01/2026;;;",
            f"{good.name};firm;10/04/2026;;;",
            f"{good.name};firm;02/05/2026;01/01/2025;;",
            f"{good.name};formal;02/05/2026;;04/05/2026;03/05/2026",
            f"{good.name};courtesy;03/05/2026;;;",
            f"{sent.name};courtesy;02/05/2026;;;",
            f"{settled.name};courtesy;02/05/2026;;;",
            ";courtesy;02/05/2026;;;",
        ]
        content = "\n".join(rows)
        problems = self._problems(content)
        expected = {
            3: "this number", 4: "has: courtesy, firm", 5: "31/02/2026", 6: "missing", 7: "future", 8: "before that of",
            9: "Nothing was late", 10: "No instalment", 11: "posted, then presented", 12: "Line 2", 13: "already",
            15: "missing",
        }  # fmt: skip
        self.assertEqual(list(problems), list(expected))
        for line, text in expected.items():
            self.assertIn(text, problems[line], line)
        wizard = self._wizard(content)
        with self.assert_refused(UserError, "12 lines have a problem. The first is line 3"):
            wizard.action_import()
        self.assertFalse(self.env["relance.notice"].search([("taken_over", "=", True)]))
        correct = self._wizard("\n".join([rows[0], rows[1], rows[13]]))
        correct.action_preview()
        self.assertRecordValues(correct, [{"ok_count": 1, "settled_count": 1, "problem_count": 0}])
        correct.action_import()
        self.assertEqual(self.env["relance.notice"].search([("taken_over", "=", True)]).line_ids.move_id, good)

    def test_waiting_draft_is_named(self):
        invoice = self._invoice(1000, "2026-04-16")
        self.company.relance_automatic = False
        self._cron("escalate")
        self.assertIn("cancel it first", self._problems(f"facture;niveau;date\n{invoice.name};firm;02/05/2026\n")[2])

    def test_instalments(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Trois fois",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": amount, "nb_days": days})
                    for amount, days in ((40, 0), (30, 30), (30, 60))
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=[], partner_id=self.debtor, invoice_date="2026-03-01",
            invoice_payment_term_id=term.id, post=True,
        )  # fmt: skip
        first, second, third = self._instalments(invoice)
        # Without a due date: what was due by then.
        fact = self._take(f"facture;niveau;date\n{invoice.name};courtesy;10/04/2026\n")
        self.assertEqual(fact.line_ids.line_id, first | second)
        self.assertRecordValues(fact, [{"principal_amount": 700}])
        fact = self._take(f"facture;niveau;date;échéance\n{invoice.name};firm;18/04/2026;01/03/2026\n")
        self.assertEqual(fact.line_ids.line_id, first)
        self.assertEqual(first.relance_level_id, self.firm)
        self.assertEqual(second.relance_level_id, self.courtesy)
        self.assertFalse(third.relance_level_id)

    def test_one_fact_for_what_a_debtor_got_the_same_day(self):
        first, second = self._invoice(1000, "2026-04-16"), self._invoice(500, "2026-04-18")
        other = self._invoice(300, "2026-04-18", partner=self._create_debtor("Autre"))
        facts = self._take(
            "facture;niveau;date\n" + "\n".join(f"{move.name};firm;05/05/2026" for move in (first, second, other))
        )
        self.assertEqual(sorted(facts.mapped("total_amount")), [300, 1500])

    def test_ten_thousand_rows_take_as_many_statements_as_two(self):
        moves = [self._invoice(100, "2026-04-16", partner=self._create_debtor(f"D{n} SA")) for n in range(12)]
        counts = []
        for chosen in (moves[:2], moves[2:]):
            steps = [
                {"line": n, "invoice": move.name, "level": "firm", "date": fields.Date.to_date("2026-05-02")}
                | dict.fromkeys(("due", "posted_date", "presented_date"))
                for n, move in enumerate(chosen)
            ]
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            plans = self.company._relance_plan_takeover(steps)
            self.company._relance_take_over(plans)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    # === RIGHTS === #

    def test_rights(self):
        invoice = self._invoice(1000, "2026-04-16")
        content = f"facture;niveau;date\n{invoice.name};firm;02/05/2026\n"
        clerk = new_test_user(
            self.env, "takeover_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        with self.assertRaises(AccessError):
            self._wizard(content, user=clerk)
        wizard = self._wizard(content)
        with self.assertRaises(AccessError):
            call_kw(self.env["relance.takeover"].with_user(clerk), "action_import", [wizard.ids], {})
        other = self._other_company()
        wizard.sudo().company_id = other["company"]
        with self.assert_refused(AccessError, "your companies"):
            wizard.action_import()

    def test_fact_cannot_be_made_or_changed_over_rpc(self):
        invoice = self._invoice(1000, "2026-04-16")
        fact = self._take(f"facture;niveau;date\n{invoice.name};firm;02/05/2026\n")
        Notice = self.env["relance.notice"].with_user(self.accountant)
        for method, args in (
            ("write", [fact.ids, {"date": "2026-05-20"}]),
            ("write", [fact.ids, {"taken_over": False}]),
            ("unlink", [fact.ids]),
            ("action_print", [fact.ids]),
        ):
            with self.subTest(method=method), self.assertRaises(UserError):
                call_kw(Notice, method, args, {})

    def test_files_that_are_none(self):
        for content, pattern in (
            ("\n \n", "empty"),
            ("a;b;c\n1;2;3\n", "columns"),
            ("facture;date\nX;02/05/2026\n", "columns"),
            ("facture;niveau;date\n", "empty"),
            ("PK\x03\x04", "CSV"),
        ):
            with self.subTest(content=content), self.assert_refused(UserError, pattern):
                self._wizard(content).action_preview()
