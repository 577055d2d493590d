import hashlib
import json

from lxml import html
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from ..letter.test_letter_pdf import HAS_POPPLER, HAS_WKHTMLTOPDF, words
from .test_register import DUE, TODAY, RegisterCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterCertificate(RegisterCommon):
    """What the certificate says, of a register that holds, that is broken, that is empty."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.company.write({"name": "Ateliers Bérénice", "company_registry": "30326504500017", "city": "Lyon"})
        cls.manager = new_test_user(
            cls.env, "register_manager", groups="account.group_account_manager", name="Claire Aubry",
            company_id=cls.company.id, company_ids=cls.company.ids,
        )  # fmt: skip

    def _text(self, lang="en_US"):
        register = self.env["relance.register"].with_user(self.manager).with_context(lang=lang)
        page = html.fromstring(str(register._render_certificate_html(self.company, document=True)))
        body = page.find("body")
        for block in body.iter("div", "p", "td", "th", "h1", "h2", "li", "br"):
            block.tail = f" {block.tail or ''}"
        return " ".join(body.text_content().replace("\N{NO-BREAK SPACE}", " ").split())

    def test_intact(self):
        notices = self._notices(3)
        text = self._text()
        for said in (
            "Ateliers Bérénice", "SIREN 303 265 045", "Register intact", "3 notices verified one by one",
            "Claire Aubry", "RLF/2026/00001", "RLF/2026/00003", notices[2].seal,
            "2026 RLF/2026/00001 RLF/2026/00003 3 3",
            "SHA-256", "64 zeros", notices[0].seal[:16], "(2026-06-30 00:00:00 UTC)", "02:00:00",
        ):  # fmt: skip
            self.assertIn(said, text)
        self.assertNotIn("Broken", text)

    def test_broken(self):
        notices = self._notices(3)
        self._sql("UPDATE relance_notice SET credit_amount = 5 WHERE id = %s", notices[1].id)
        text = self._text()
        self.assertIn("Broken register First fault found at number RLF/2026/00002: The figures of the notice", text)
        self.assertNotIn("Register intact", text)
        self._sql("UPDATE relance_notice SET credit_amount = 0 WHERE id = %s", notices[1].id)
        self.assertIn("Register intact", self._text(), "It is verified as it is printed.")

    def test_empty(self):
        self.assertIn("Empty register No notice was sealed yet", self._text())

    def test_french(self):
        self._notices(1)
        text = self._text("fr_FR")
        for said in ("Registre intègre", "Certificat du registre des relances", "30 juin 2026", "64 zéros"):
            self.assertIn(said, text)

    def test_who_may(self):
        clerk = new_test_user(self.env, "register_clerk", groups="account.group_account_invoice",
                              company_id=self.company.id, company_ids=self.company.ids)  # fmt: skip
        other = self.setup_other_company(name="Autre SA")["company"]
        register = self.env["relance.register"]
        for user, company in ((clerk, self.company), (self.manager, other)):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                register.with_user(user)._render_certificate_html(company)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                list(register.with_user(user)._export_lines(company))
        with self.assertRaises(AccessError):
            register.with_user(clerk).action_print_certificate()

    def test_printed_as_pdf(self):
        if not (HAS_WKHTMLTOPDF and HAS_POPPLER):
            self.skipTest("needs wkhtmltopdf and pdftotext")
        self._notices(2)
        report = self.env["ir.actions.report"].with_user(self.manager).with_context(force_report_rendering=True)
        content, kind = report._render_qweb_pdf("relance_fr.action_report_register", self.company.ids)
        self.assertEqual(kind, "pdf")
        text = words(content)
        self.assertIn("Register intact", text)
        if _wkhtml().is_patched_qt:
            self.assertIn("Page 1/", text)


@tagged("post_install", "-at_install")
class TestRegisterExport(HttpCase, RegisterCommon):
    """The sealed contents as a file: enough to recompute the chain, for those who verify the register only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(TODAY):
            cls.notices = cls._notices(3)
            cls.by_mail = cls._send(cls._invoice(500, DUE), TODAY)
        for name, group in (("manager", "account.group_account_manager"), ("clerk", "account.group_account_invoice")):
            new_test_user(cls.env, f"export_{name}", password=f"export_{name}", groups=group,
                          company_id=cls.company.id, company_ids=cls.company.ids)  # fmt: skip

    def _get(self, user, company):
        self.authenticate(f"export_{user}", f"export_{user}")
        return self.url_open(f"/relance_fr/register/{company.id}", allow_redirects=False)

    def test_recomputed_from_the_file(self):
        answer = self._get("manager", self.company)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        lines = [json.loads(line) for line in answer.content.decode().splitlines()]
        self.assertEqual([line["number"] for line in lines], [f"RLF/2026/{number:05d}" for number in range(1, 5)])
        previous = "0" * 64
        for line in lines:
            self.assertEqual(line["previous_seal"], previous)
            previous = hashlib.sha256((previous + line["payload"]).encode()).hexdigest()
            self.assertEqual(line["seal"], previous)
        letters = [hashlib.sha256(notice.attachment_id.raw).hexdigest() for notice in self.notices]
        self.assertEqual([line["letter_sha256"] for line in lines], [*letters, None])
        head = self.env["relance.register"].search([("company_id", "=", self.company.id)])
        self.assertEqual(previous, head.last_seal)

    def test_refused(self):
        other = self.setup_other_company(name="Autre SA")["company"]
        for user, company in (("clerk", self.company), ("manager", other), ("manager", company_that_is_not(self.env))):
            with self.subTest(user=user, company=company.id):
                self.assertEqual(self._get(user, company).status_code, 404)


def company_that_is_not(env):
    return env["res.company"].browse(env["res.company"].search([], order="id desc", limit=1).id + 1000)
