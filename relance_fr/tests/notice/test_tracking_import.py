import csv
import io
from base64 import b64encode

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..delivery_common import DUE, SENT, DeliveryCommon
from ..refusals import RefusalsMixin

TODAY = "2026-06-25"
HEADER = ("Numéro de suivi", "N° de registre", "Date d'envoi", "Présenté le", "Distribué le", "Retour", "Motif")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestTrackingImport(DeliveryCommon, RefusalsMixin):
    """What a carrier's file does to the register: shown first, all or nothing, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env, "import_clerk", groups="account.group_account_invoice",
            company_id=cls.company.id, company_ids=cls.company.ids,
        )  # fmt: skip
        cls.one, cls.two, cls.three = cls.notices = cls.env["relance.notice"].union(
            *(cls._letter(f"Debtor {rank}") for rank in range(3))
        )
        cls.one.tracking_number = "1A 001"

    def _wizard(self, *rows, header=HEADER, user=None):
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=";").writerows([header, *rows])
        wizard = (
            self.env["relance.tracking.import"]
            .with_user(user or self.clerk)
            .create({"file": b64encode(buffer.getvalue().encode("cp1252")), "filename": "juin.csv"})
        )
        wizard.action_preview()
        return wizard

    def _problems(self, wizard):
        return {line.line: line.message for line in wizard.problem_line_ids}

    def _good_rows(self):
        return (
            ("1A001", "", "16/06/2026", "18/06/2026", "19/06/2026", "", ""),
            ("1A 002", "RLF/2026/00002", "16/06/2026", "18/06/2026", "", "24/06/2026", "Avisé, non réclamé"),
            ("", "rlf-2026-00003", "2026-06-17", "", "", "", ""),
        )

    def test_preview_then_import(self):
        wizard = self._wizard(*self._good_rows())
        self.assertRecordValues(
            wizard, [{"state": "preview", "write_count": 3, "same_count": 0, "problem_count": 0, "done_count": 0}]
        )
        self.assertEqual(wizard.write_line_ids.notice_id, self.notices)
        self.assertIn("Posted on: 06/16/2026, First Presented on: 06/18/2026", wizard.write_line_ids[0].message)
        self.assertFalse(any(self.notices.mapped("posted_date")), "The preview writes nothing.")
        activity = self.one.activity_ids
        wizard.action_import()
        day = fields.Date.to_date
        common = {"tracking_number": False, "received_date": False, "returned_date": False, "return_reason": False}
        self.assertRecordValues(
            self.notices,
            [
                common | {"tracking_number": "1A 001", "posted_date": day("2026-06-16"),
                          "received_date": day("2026-06-19"), "deadline": day("2026-07-03"), "to_post": False},
                common | {"tracking_number": "1A 002", "posted_date": day("2026-06-16"),
                          "returned_date": day("2026-06-24"), "return_reason": "unclaimed",
                          "deadline": day("2026-07-03"), "to_post": False},
                common | {"posted_date": day("2026-06-17"), "deadline": day("2026-06-30"), "to_post": False},
            ],
        )  # fmt: skip
        self.assertEqual(self._next(self.one), ("final", "2026-07-03"))
        self.assertEqual(self._next(self.three), ("final", "2026-07-02"))
        self.assertFalse(activity.exists().active if activity.exists() else False)
        self.assertIn("Imported from juin.csv, line 2.", self.one.message_ids[0].body)
        self.assertRecordValues(wizard, [{"state": "done", "done_count": 3, "file": False}])
        self.assertEqual(wizard.action_open_notices()["domain"], [("id", "in", self.notices.ids)])
        self.assertFalse(self.env["ir.attachment"].search([("res_model", "=", wizard._name)]))
        self.assert_register()

    def test_the_same_file_twice_changes_nothing(self):
        self._wizard(*self._good_rows()).action_import()
        messages = self.notices.message_ids
        again = self._wizard(*self._good_rows())
        self.assertRecordValues(again, [{"write_count": 0, "same_count": 3, "problem_count": 0}])
        again.action_import()
        self.assertRecordValues(again, [{"done_count": 0, "state": "done"}])
        self.notices.invalidate_recordset()
        self.assertEqual(self.notices.message_ids, messages)

    def test_problems_line_by_line(self):
        other = self._letter("Other")
        other.tracking_number = "1A 004"
        email = self._send(self._invoice(100, DUE, partner=self._create_debtor("Mail", street=False, city=False)), SENT)
        ready = self._invoice(100, DUE, self._create_debtor("Ready"))._relance_send_by_hand(send_now=False)
        wizard = self._wizard(
            ("1A001", "", "16/06/2026", "", "", "", ""),
            ("9Z999", "RLF/2026/09999", "16/06/2026", "", "", "", ""),
            ("", "", "16/06/2026", "", "", "", ""),
            ("1A 004", "RLF/2026/00002", "16/06/2026", "", "", "", ""),
            ("", "RLF/2026/00003", "hier", "", "", "", ""),
            ("", "RLF/2026/00003", "16/06/2026", "", "", "", ""),
            ("", email.name, "16/06/2026", "", "", "", ""),
            ("", ready.name, "16/06/2026", "", "", "", ""),
            ("1A 005", other.name, "16/06/2026", "", "", "", ""),
        )
        problems = self._problems(wizard)
        expected = {
            3: "No letter of the register has this number",
            4: "names no letter",
            5: f"belongs to {other.name}",
            6: "more than once: see line 7",
            7: "more than once: see line 6",
            8: f"{email.name} is not a registered letter",
            9: f"{ready.name} was not sent",
            10: "already has the tracking number 1A 004",
        }
        self.assertEqual(set(problems), set(expected))
        for line, text in expected.items():
            self.assertIn(text, problems[line])
        self.assertEqual(wizard.write_line_ids.notice_id, self.one)

    def test_dates_that_cannot_be(self):
        for row, message in (
            (("1A001", "", "hier", "", "", "", ""), "This date cannot be read: hier"),
            (("1A001", "", "26/06/2026", "", "", "", ""), "still to come"),
            (("1A001", "", "14/06/2026", "", "", "", ""), "only made on"),
            (("1A001", "", "18/06/2026", "17/06/2026", "", "", ""), "posted, then presented"),
            (("1A001", "", "", "", "18/06/2026", "19/06/2026", "NPAI"), "not both"),
            (("1A001", "", "", "", "", "", "NPAI"), "a date and a reason"),
        ):
            with self.subTest(row=row):
                self.assertIn(message, self._problems(self._wizard(row))[2])

    def test_dates_of_the_register_count_too(self):
        self.one.write({"posted_date": "2026-06-20"})
        wizard = self._wizard(("1A001", "", "", "18/06/2026", "", "", ""))
        self.assertIn("posted, then presented", self._problems(wizard)[2])
        wizard = self._wizard(("1A001", "", "16/06/2026", "18/06/2026", "", "", ""))
        self.assertIn("Posted on: 06/16/2026 instead of 06/20/2026", wizard.write_line_ids.message)

    def test_all_or_nothing(self):
        wizard = self._wizard(*self._good_rows(), ("9Z999", "", "16/06/2026", "", "", "", ""))
        with self.assert_refused(UserError, "Nothing was imported: 1 lines have a problem, the first one is line 5"):
            wizard.action_import()
        self.assertFalse(any(self.notices.mapped("posted_date")))
        wizard.partial = True
        wizard.action_import()
        self.assertTrue(all(self.notices.mapped("posted_date")))
        self.assertRecordValues(wizard, [{"done_count": 3, "problem_count": 1, "state": "done"}])
        self.assertEqual(wizard.problem_line_ids.reference, "9Z999")

    def test_what_changed_since_the_preview_counts(self):
        wizard = self._wizard(("1A001", "", "", "18/06/2026", "", "", ""))
        self.one.posted_date = "2026-06-20"
        with self.assert_refused(UserError, "Nothing was imported"):
            wizard.action_import()

    def test_unknown_at_this_address(self):
        self._wizard(("1A001", "", "16/06/2026", "18/06/2026", "", "24/06/2026", "NPAI")).action_import()
        self.assertEqual(self.one.return_reason, "unknown")
        self.assertIn("find the address", self.one.activity_ids.summary)

    def test_files_that_cannot_be_read(self):
        for content, message in (
            (False, "Choose the file"), (b"x", "titles of the columns"), (b"PK\x03\x04", "save it as CSV"),
        ):  # fmt: skip
            wizard = self.env["relance.tracking.import"].create({"file": content and b64encode(content)})
            with self.subTest(message=message), self.assert_refused(UserError, message):
                wizard.action_preview()

    def test_other_company(self):
        """Each company has its register: the same number is another letter, and theirs is not ours."""
        other = self.setup_other_company(name="Autre SA")["company"]
        stranger = new_test_user(
            self.env, "import_stranger", groups="account.group_account_invoice",
            company_id=other.id, company_ids=other.ids,
        )  # fmt: skip
        wizard = self._wizard(("1A001", "RLF/2026/00001", "16/06/2026", "", "", "", ""), user=stranger)
        self.assertIn("No letter", self._problems(wizard)[2])
        self.env.cr.execute(
            "UPDATE relance_notice SET company_id = %s, name = 'RLF/2026/00001' WHERE id = %s", [other.id, self.two.id]
        )
        self.env.invalidate_all()
        self.clerk.company_ids |= other
        wizards = self.env["relance.tracking.import"].with_user(self.clerk)
        both = wizards.with_context(allowed_company_ids=[self.company.id, other.id])
        row = ("", "RLF/2026/00001", "16/06/2026", "", "", "", "")
        content = "\n".join(";".join(line) for line in (HEADER, row)).encode()
        wizard = both.create({"file": b64encode(content)})
        wizard.action_preview()
        self.assertIn("Several letters have this number", self._problems(wizard)[2])
        ours = wizards.with_context(allowed_company_ids=self.company.ids).create({"file": b64encode(content)})
        ours.action_preview()
        self.assertEqual(ours.write_line_ids.notice_id, self.one)

    def test_rights(self):
        auditor = new_test_user(
            self.env, "import_auditor", groups="account.group_account_readonly",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        with self.assertRaises(AccessError):
            self.env["relance.tracking.import"].with_user(auditor).create({})
        mine = self._wizard(*self._good_rows())
        colleague = new_test_user(
            self.env, "import_colleague", groups="account.group_account_invoice",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        with self.assertRaises(AccessError):
            mine.with_user(colleague).action_import()

    def test_statements_do_not_grow_with_the_file(self):
        self.env.flush_all()
        ids = self._copy_letters(400)

        def count(letters):
            rows = [("", name, "16/06/2026", "18/06/2026", "", "", "") for name in letters]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard = self._wizard(*rows)
            wizard.action_import()
            self.env.flush_all()
            self.assertEqual(wizard.done_count, len(letters))
            return self.env.cr.sql_log_count - before

        names = self.env["relance.notice"].browse(ids).mapped("name")
        count(names[:10])
        few, many = count(names[10:20]), count(names[20:])
        # Core inserts the notes of the chatter by hundreds and reads by thousands.
        self.assertLess((many - few) / 370, 0.1, (few, many))

    def _copy_letters(self, number):
        """Return the ids of as many more letters, copied by SQL."""
        columns = (
            "company_id, currency_id, partner_id, contact_id, level_id, kind, channel, regime, date, state, "
            "printed_deadline, deadline, principal_amount, penalty_amount, indemnity_amount, total_amount"
        )
        self.env.cr.execute(
            f"""INSERT INTO relance_notice ({columns}, name)
                SELECT {columns}, 'RLF/2026/' || (10000 + n) FROM relance_notice, generate_series(1, %s) n
                 WHERE id = %s RETURNING id""",
            [number, self.three.id],
        )
        return [row[0] for row in self.env.cr.fetchall()]
