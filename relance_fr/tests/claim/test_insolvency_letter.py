import hashlib

from lxml import html
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from ..insolvency_common import InsolvencyCommon
from ..letter_common import LetterCommon, _plain


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15")
class TestInsolvencyLetter(LetterCommon, InsolvencyCommon):
    """The statement of the claim: what it says, and that it stays what was declared."""

    def _words(self, hold):
        body = html.fromstring(hold._render_letters()[hold.id].decode()).find("body")
        for block in body.iter("div", "p", "td", "th", "h1", "h2", "br", "li"):
            block.tail = f" {block.tail or ''}"
        return _plain(body.text_content())

    def test_statement(self):
        late = self._invoice(1850, "2026-05-16")
        to_come = self._invoice(500, "2026-08-31", invoice_date="2026-06-01")
        hold = self._open(publication_date="2026-06-14", retention_of_title=True)
        words = self._words(hold)
        for text in (
            "SELARL Aubry Mandataires", "DÉCLARATION DE CRÉANCE", "Redressement judiciaire", "10 juin 2026",
            "Tribunal de commerce de Lyon", late.name, to_come.name, "31/08/2026", "1 850,00", "14,78", "40,00",
            "1 904,78 €", "500,00 €", "2 404,78 €", "chirographaire", "réserve de propriété", "certifie sincère",
            "L622-25", "12,15 %", hold._get_claim_reference(), "SIREN 552 100 554",
        ):  # fmt: skip
            self.assertIn(text, words)
        tree = html.fromstring(hold._render_letters()[hold.id].decode())
        self.assertEqual(
            [row for row in self._figures(tree)],
            [
                [late.name, "16/04/2026", "16/05/2026", "1 850,00", "14,78", "40,00", "1 904,78"],
                ["Total (EUR)", "1 850,00", "14,78", "40,00", "1 904,78"],
                [to_come.name, "01/06/2026", "31/08/2026", "500,00"],
                ["Total (EUR)", "500,00"],
            ],
        )

    def _figures(self, tree):
        tables = tree.xpath("//table[contains(@class, 'figures')]")[:2]
        return [
            [_plain(cell.text_content()) for cell in row.xpath("td")]
            for table in tables
            for row in table.xpath(".//tr[td]")
        ]

    def test_foreign_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            {"name": "2026-06-08", "rate": 1.25, "currency_id": dollar.id, "company_id": self.company.id}
        )
        self._invoice(1000, "2026-06-30", invoice_date="2026-06-01", currency_id=dollar.id)
        words = self._words(self._open())
        for text in ("USD", "1 000,00", "800,00 €", "1 USD = 0,8 EUR", "dernier cours connu, du 8 juin 2026"):
            self.assertIn(text, words)

    def test_privilege_and_conversion(self):
        self._invoice(1850, "2026-06-30")
        hold = self._open(claim_rank="privileged", privileged_amount=850, privilege_ground="Gage n° 12")
        self._step(hold, "liquidation", "2026-06-12")
        words = self._words(hold)
        for text in ("Gage n° 12", "850,00 €", "1 000,00 €", "convertie par jugement du 12 juin 2026", "Liquidation"):
            self.assertIn(text, words)
        self.assertNotIn("La créance est déclarée à titre chirographaire.", words)

    def test_attached_and_made_anew_until_declared(self):
        invoice = self._invoice(1850, "2026-05-16")
        hold = self._open(publication_date="2026-06-14")
        attachment = hold.claim_attachment_id
        self.assertIn("1\u00a0904,78", attachment.raw.decode())
        self.assertEqual((attachment.res_model, attachment.res_id), ("relance.hold", hold.id))
        self._invoice(100, "2026-06-30", invoice_date="2026-06-01")
        action = hold.action_print_claim()
        self.assertIn(str(attachment.id), action["url"])
        self.assertIn("2\u00a0004,78", attachment.raw.decode())
        hold.claim_note = "Tribunal saisi : TAE de Lyon"
        self.assertIn("TAE de Lyon", attachment.raw.decode())
        hold.action_declare()
        content = attachment.raw
        self.assertEqual(str(hold.declared_on), "2026-06-15")
        self.assertEqual(hold.claim_sha256, hashlib.sha256(content).hexdigest())
        with self.assertRaisesRegex(UserError, "declared already"):
            hold.claim_note = "Too late"
        hold.administrator_id = self.representative.copy({"name": "Another representative"})
        self._credit_note(50, "2026-06-14", invoice=invoice)
        hold.action_print_claim()
        self.assertEqual(attachment.raw, content)
        for vals in ({"raw": b"other"}, {"name": "other.pdf"}):
            with self.assertRaisesRegex(UserError, "declared"):
                attachment.write(vals)
        with self.assertRaisesRegex(UserError, "declared"):
            attachment.unlink()

    def test_declared_without_printing_it_is_made_then(self):
        self._invoice(1850, "2026-05-16")
        hold = self._open()
        self.assertFalse(hold.claim_attachment_id, "Not before the publication, or somebody asks.")
        hold.declared_on = "2026-06-14"
        self.assertTrue(hold.claim_attachment_id)
        self.assertTrue(hold.claim_sha256)

    def test_claim_frozen_by_an_earlier_version(self):
        self._invoice(1850, "2026-05-16")
        for vals in ({"publication_date": "2026-06-14"}, {"declared_on": "2026-06-14"}):
            with self.subTest(vals=vals):
                hold = self._open()
                rows = [
                    {name: value for name, value in row.items() if name != "lines"} for row in hold.declaration["rows"]
                ]
                hold.sudo().declaration = {"as_of": "2026-06-10", "rows": rows, "total": 1904.78}
                hold.write(vals)
                self.assertTrue(hold.declaration["rows"][0]["lines"])
                self.assertIn("1\u00a0904,78", hold.claim_attachment_id.raw.decode())
                self._step(hold, "mistake", "2026-06-15")

    def test_what_is_missing_is_named(self):
        for vals, message in (
            ({"administrator_id": False}, "representative first"),
            ({"insolvency_kind": False}, "kind of proceedings"),
        ):
            hold = self._open(**vals)
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, message):
                hold.action_print_claim()
            hold.sudo().unlink()

    def test_documents(self):
        invoices = self._invoice(1850, "2026-05-16") + self._invoice(100, "2026-05-20")
        notice = self._send(invoices, "2026-06-20")
        hold = self._open()
        self.assertEqual(
            hold._get_claim_documents(hold._get_claim_lines()),
            ["Copies of the 2 invoices of the tables above", "Statement of interest (annexed)"],
            "A notice of after the judgment proves nothing.",
        )
        self.assertTrue(notice)
        self.assertIn("/account/download_invoice_documents/", hold.action_download_invoices()["url"])

    def test_a_notice_to_a_former_customer_is_not_enclosed(self):
        former = self._create_debtor("Ancien Client")
        invoice = self._invoice(1850, "2026-04-16", former)
        notice = self._notice("formal", [self._line(invoice)], partner=former, date="2026-06-01")
        notice.sudo()._set_state("sent")
        invoice.button_draft()
        invoice.partner_id = self.debtor
        invoice.action_post()
        hold = self._open()
        documents = " ".join(hold._get_claim_documents(hold._get_claim_lines()))
        self.assertNotIn(notice.name, documents)
        notice.sudo().partner_id = self.debtor
        self.assertIn(notice.name, " ".join(hold._get_claim_documents(hold._get_claim_lines())))

    def test_billing_user_prints_an_auditor_reads(self):
        self._invoice(1850, "2026-05-16")
        hold = self._open()
        users = [
            new_test_user(
                self.env, name, groups=f"base.group_user,account.group_account_{name}", company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for name in ("invoice", "readonly")
        ]  # fmt: skip
        url = hold.with_user(users[0]).action_print_claim()["url"]
        hold.with_user(users[0]).action_declare()
        self.assertEqual(hold.with_user(users[1]).action_print_claim()["url"], url)
