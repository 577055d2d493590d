import re

from odoo.tests import new_test_user, tagged

from ..letter_common import LetterCommon, _plain

SUBJECTS = {
    "preventive": "Prochaine échéance : facture n° %s",
    "courtesy": "Rappel : facture n° %s en attente de règlement",
    "firm": "Relance : facture n° %s toujours en attente de règlement",
    "formal": "Mise en demeure de payer {number} : facture n° %s",
    "final": "Dernier avis avant procédure {number} : facture n° %s",
}
FIELDS = ("subject", "body_html", "email_from", "email_to", "reply_to", "partner_to")


@tagged("post_install", "-at_install")
class TestMailTemplate(LetterCommon):
    """The e-mail of each kind: same figures as the letter, in the debtor's language, to the frozen addressee."""

    def _render(self, notices, user=None):
        """Return what the template of their kind makes of ``notices``: ``{id: values}``."""
        template = self.env.ref(f"relance_fr.mail_template_{notices[0].kind}")
        return template.with_user(user or self.env.user)._generate_template(notices.ids, FIELDS)

    def _one(self, kind="courtesy", **vals):
        return self._notice(kind, [self._line(self._invoice(1850.0, "2026-07-31"))], **vals)

    def test_subjects(self):
        for kind, subject in SUBJECTS.items():
            notice = self._one(kind)
            rendered = self._render(notice)[notice.id]["subject"]
            expected = subject.format(number=notice.name) % notice.line_ids.invoice_name
            self.assertEqual(_plain(rendered), expected)
        many = self._notice("courtesy", self._formal_lines())
        self.assertEqual(_plain(self._render(many)[many.id]["subject"]), "Rappel : 2 factures en attente de règlement")

    def test_subject_is_one_line(self):
        notice = self._one()
        notice.sudo().line_ids.invoice_name = "FAC/1\r\nBcc: victim@example.com"
        subject = self._render(notice)[notice.id]["subject"]
        self.assertNotRegex(subject, r"[\r\n]")

    def test_figures_are_the_notice_s(self):
        notice = self._notice("formal", self._formal_lines())
        text = _plain(re.sub(r"<[^>]+>", " ", self._render(notice)[notice.id]["body_html"]))
        for amount in (*notice.line_ids.mapped("principal_amount"), notice.principal_amount, notice.penalty_amount,
                       notice.indemnity_amount, notice.total_amount):  # fmt: skip
            self.assertIn(f"{self._figure(amount)} €", text)
        for words in ("FR76 3000 6000 0112 3456 7890 189", "AGRIFRPP", "RLF/2026/00012", "16 septembre 2026"):
            self.assertIn(words, text)
        for name in notice.line_ids.mapped("invoice_name"):
            self.assertIn(name, text)

    def test_penalties_from_the_firm_reminder_on(self):
        first = self._one("courtesy")
        self.assertNotRegex(self._render(first)[first.id]["body_html"], "énalité|ndemnité|L441-10")
        second = self._notice("firm", self._formal_lines())
        body = self._render(second)[second.id]["body_html"]
        for words in ("Pénalités de retard", "Indemnité forfaitaire", "L441-10"):
            self.assertIn(words, body)

    def test_links_open_the_portal_and_nothing_is_fetched(self):
        notice = self._one()
        body = self._render(notice)[notice.id]["body_html"]
        move = notice.line_ids.move_id
        self.assertIn(f'/my/invoices/{move.id}"', body)
        self.assertNotIn(move.access_token, body, "Kept where many read it: it gets its secret as it leaves.")
        self.assertNotIn("<img", body)

    def test_user_text_is_escaped(self):
        notice = self._one()
        notice.sudo().line_ids.invoice_name = "<img src=x onerror=alert(1)>"
        body = self._render(notice)[notice.id]["body_html"]
        self.assertNotIn("<img", body)
        self.assertIn("&lt;img src=x", body)

    def test_addressee_is_the_frozen_one(self):
        notice = self._one()
        self.debtor.email = "changed@example.com"
        values = self._render(notice)[notice.id]
        self.assertEqual(values["email_to"], "compta@menuiserie.example.com")
        self.assertFalse(values.get("partner_ids"))
        for kind in SUBJECTS:
            self.assertFalse(self.env.ref(f"relance_fr.mail_template_{kind}").use_default_to)

    def test_sender_and_answers(self):
        values = self._render(notice := self._one())[notice.id]
        self.assertIn("compta@berenice.example.com", values["email_from"])
        self.assertEqual(values["reply_to"], values["email_from"])
        domain = self.env["mail.alias.domain"].create({"name": "berenice.example.com", "catchall_alias": "reponses"})
        self.company.alias_domain_id = domain
        self.assertIn("reponses@berenice.example.com", self._render(notice)[notice.id]["reply_to"])

    def test_language_of_the_debtor(self):
        english, french = self._one(lang="en_US"), self._one()
        bodies = self._render(english | french)
        self.assertIn("Dear Sir or Madam", bodies[english.id]["body_html"])
        self.assertIn("Madame, Monsieur", bodies[french.id]["body_html"])
        self.assertIn("View the invoice online", bodies[english.id]["body_html"])
        self.assertIn("Voir la facture en ligne", bodies[french.id]["body_html"])

    def test_every_kind_is_whole_in_french(self):
        for kind in SUBJECTS:
            for lines in (self._formal_lines(), self._formal_lines()[:1]):
                notice = self._notice(kind, lines, channel="registered")
                text = re.sub(r"<[^>]+>", " ", self._render(notice)[notice.id]["body_html"])
                self.assertFalse(re.findall(r"\b(the|your|invoice|payment|of)\b", text, re.I), kind)

    def test_an_invoicing_user_can_send(self):
        user = new_test_user(self.env, login="facturier", groups="account.group_account_invoice")
        user.company_ids |= self.company
        user.company_id = self.company
        notice = self._notice("formal", self._formal_lines())
        notices = notice.with_user(user)
        self.assertIn("RLF/2026/00012", self._render(notices, user)[notice.id]["body_html"])
        self.assertIn(b"L441-10", notices._render_letters()[notice.id])

    def test_layout_is_the_company_s(self):
        notice = self._one()
        template = self.env.ref("relance_fr.mail_template_courtesy")
        body = template.send_mail_batch(notice.ids).body_html
        self.assertIn('name="viewport"', body)
        self.assertIn("Ateliers Bérénice", body)
        self.assertNotIn("Powered by", body)
        self.assertNotRegex(body, "<img|min-width")

    def test_statements_do_not_grow_with_the_batch(self):
        few = self._notice("firm", self._formal_lines())
        many = self.env["relance.notice"].union(*(self._notice("firm", self._formal_lines()) for _n in range(6)))
        self._render(few)
        counts = []
        for notices in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._render(notices)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3, "an e-mail asks the database nothing of its own")
