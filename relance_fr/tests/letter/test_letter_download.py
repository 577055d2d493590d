import io
import zipfile
from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader

from ..screens import ScreenCommon, blank_pdf


@tagged("post_install", "-at_install")
class TestLetterDownload(ScreenCommon, HttpCase):
    """The letters of several notices, downloaded in one file by whoever may read them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ensure_rates()
        rendered = {}

        def render(notices):
            rendered.update({notice.id: blank_pdf(1 + index % 2) for index, notice in enumerate(notices)})
            return {notice.id: rendered[notice.id] for notice in notices}

        cls.startClassPatcher(patch.object(cls.registry["relance.notice"], "_render_letters", render))
        by_post = [cls._create_debtor(f"Debtor {i}", email=False) for i in range(3)]
        invoices = cls.env["account.move"].union(*(cls._invoice(100, cls._days_ago(20), debtor) for debtor in by_post))
        cls.notices = invoices._relance_send_by_hand()

    def _get(self, query, user="billing"):
        login = f"relance_{user}"
        self.authenticate(login, login)
        return self.url_open(f"/relance_fr/letters?{query}", allow_redirects=False)

    def _ids(self, notices=None):
        return "ids=" + ",".join(map(str, (notices or self.notices).ids))

    def _open_from_card(self, user, notice):
        """Return the answer ``user`` gets who opens the letter of ``notice`` from the debtor's chatter."""
        self.authenticate(user.login, user.login)
        data = self.make_jsonrpc_request(
            "/mail/thread/messages", {"thread_model": "res.partner", "thread_id": notice.partner_id.id}
        )["data"]
        [file] = [each for each in data["ir.attachment"] if each["id"] == notice.attachment_id.id]
        self.assertFalse(file["thumbnail_access_token"])
        return self.url_open(f"/web/content/{file['id']}?access_token={file['raw_access_token']}")

    def test_letter_on_the_card_of_the_debtor(self):
        """Many read the card of a customer; its letters are for those who may read the register."""
        notice = self.notices[0]
        other = self.setup_other_company(name="Another")["company"]
        stranger = new_test_user(
            self.env, "relance_stranger", groups="account.group_account_invoice", company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        for user in (self.users["billing"], self.users["auditor"]):
            answer = self._open_from_card(user, notice)
            self.assertEqual(answer.content, notice.attachment_id.raw, user.login)
        for user in (self.users["seller"], stranger):
            self.assertEqual(self._open_from_card(user, notice).status_code, 404, user.login)

    def test_merged_in_one_pdf(self):
        answer = self._get(self._ids())
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "application/pdf"))
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        pages = [len(PdfFileReader(io.BytesIO(notice.attachment_id.raw)).pages) for notice in self.notices]
        self.assertEqual(len(PdfFileReader(io.BytesIO(answer.content)).pages), sum(pages))

    def test_zip_holds_the_sealed_bytes_in_order(self):
        answer = self._get(self._ids(self.notices[::-1]) + "&format=zip", user="auditor")
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            self.assertEqual(archive.namelist(), self.notices[::-1].attachment_id.mapped("name"))
            contents = [archive.read(name) for name in archive.namelist()]
        self.assertEqual(contents, self.notices[::-1].attachment_id.mapped("raw"))

    def test_the_button_leads_here(self):
        url = self.notices.with_user(self.users["auditor"]).action_print()["url"]
        self.assertEqual(self._get(url.partition("?")[2]).status_code, 200)

    def test_all_the_letters_of_a_run(self):
        run = self.notices.run_id
        for notice, postcode in zip(self.notices, ("75001", "13001", "69003"), strict=True):
            notice.partner_id.zip = postcode
        url = run.with_user(self.users["auditor"]).action_print_letters()["url"]
        answer = self._get(url.partition("?")[2], user="auditor")
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "application/pdf"))
        self.assertEqual(len(PdfFileReader(io.BytesIO(answer.content)).pages), 1 + 2 + 1)
        answer = self._get(f"run={run.id}&format=zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            names = archive.namelist()
        first, second, third = self.notices.attachment_id.mapped("name")
        self.assertEqual(names, [f"0001 {second}", f"0002 {third}", f"0003 {first}"])
        empty = self.env["relance.run"].create({"company_id": self.company.id})
        self.assertEqual(self._get(f"run={empty.id}").status_code, 400)

    def test_refused(self):
        other = self.setup_other_company()["company"]
        new_test_user(
            self.env,
            "relance_stranger",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for user, query in (
            ("stranger", self._ids()),
            ("seller", self._ids()),
            ("stranger", f"run={self.notices.run_id.id}"),
            ("seller", f"run={self.notices.run_id.id}"),
            ("billing", "run=0"),
            ("billing", "run=x"),
            ("billing", f"{self._ids()}&run={self.notices.run_id.id}"),
            ("billing", "ids=0"),
            ("billing", "ids=1;2"),
            ("billing", "ids=\u00b2"),
            ("billing", "ids="),
            ("billing", ""),
            ("billing", self._ids() + "&format=exe"),
            ("billing", "ids=" + ",".join(["1"] * 1001)),
        ):
            with self.subTest(user=user, query=query[:40]):
                self.assertEqual(self._get(query, user).status_code, 404)

    def test_one_unreadable_notice_refuses_them_all(self):
        missing = max(self.notices.ids) + 1000
        self.assertEqual(self._get(f"{self._ids()},{missing}").status_code, 404)

    def test_nobody_without_logging_in(self):
        self.authenticate(None, None)
        answer = self.url_open(f"/relance_fr/letters?{self._ids()}", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])

    def test_a_draft_has_no_letter(self):
        invoice = self._invoice(100, self._days_ago(20))
        run = self.env["relance.run"].create({})
        run.action_preview()
        draft = run._draft(approved=False).filtered(lambda n: n.line_ids.move_id == invoice)
        answer = self._get(self._ids(draft))
        self.assertEqual(answer.status_code, 400)
        self.assertIn("Approve the notice first", answer.text)

    def test_a_damaged_letter_is_named(self):
        letter = self.notices._get_stored_letters()[0]
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s", (b"not a PDF", letter.id)
        )
        self.env.invalidate_all()
        answer = self._get(self._ids())
        self.assertEqual(answer.status_code, 400)
        self.assertIn(letter.name, answer.text)
