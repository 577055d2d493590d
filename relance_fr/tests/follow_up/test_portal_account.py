from odoo import Command
from odoo.tests import HttpCase, tagged

from ..portal_common import PortalCommon, plain


@tagged("post_install", "-at_install")
class TestPortalAccount(PortalCommon, HttpCase):
    """The page "Invoices to pay": the figures of the letters, how to pay, what was received."""

    def _values(self, moves, notice=None):
        return self.env["relance.portal.account"]._open(moves, notice)._get_page_values()

    def _money(self, amount):
        account = self.env["relance.portal.account"].new({"currency_id": self.company.currency_id.id})
        return plain(account._get_letter_writer(self.owner.lang or "en_US").money(amount))

    def test_the_figures_are_those_of_the_statement(self):
        invoice, part_paid = self._late(1850), self._late(600, 40)
        self._pay(part_paid, self._days_ago(10), 250)
        moves = invoice | part_paid
        plain_values = self._values(moves)
        self.assertEqual(plain_values["totals"]["total"], 2200, "Nothing is charged that no notice claimed.")
        self.company.relance_portal_charges = "always"
        values = self._values(moves)
        statements = [move.relance_statement() for move in moves]
        for name in ("principal", "penalty", "indemnity", "total"):
            self.assertAlmostEqual(values["totals"][name], sum(statement[name] for statement in statements), 2, name)
        self.assertGreater(values["totals"]["penalty"], 0)
        self.assertEqual(values["totals"]["indemnity"], 80)

    def test_charges_show_once_a_notice_claimed_them(self):
        invoice = self._late(1850)
        self._send(invoice, "courtesy")
        self.assertEqual(self._values(invoice)["totals"]["total"], 1850)
        other = self._late(900, partner=self.other)
        self._send(other, "firm")
        totals = self._values(other)["totals"]
        statement = other.relance_statement()
        self.assertEqual((totals["penalty"], totals["indemnity"]), (statement["penalty"], 40))

    def test_a_consumer_owes_no_penalty_before_a_formal_notice(self):
        person = self._create_debtor("Jeanne Martin", is_company=False, relance_regime="consumer")
        invoice = self._late(300, partner=person)
        self.company.relance_portal_charges = "always"
        totals = self._values(invoice)["totals"]
        self.assertEqual((totals["penalty"], totals["indemnity"], totals["total"]), (0, 0, 300))

    def test_what_is_not_asked_for(self):
        disputed, part, upcoming = self._late(100), self._late(1000), self._invoice(50, self._in_days(10))
        hold = {"reason": "dispute", "date_from": self._days_ago(1)}
        self.env["relance.hold"].create([{**hold, "move_id": disputed.id}, {**hold, "move_id": part.id, "amount": 300}])
        values = self._values(disputed | part | upcoming)
        self.assertEqual(values["totals"]["total"], 700)
        rows = {row["move"].id: row for row in values["rows"]}
        self.assertEqual((rows[disputed.id]["told"], rows[disputed.id]["asked"]), ("disputed", False))
        self.assertEqual((rows[part.id]["principal"], rows[part.id]["disputed"]), (700, 300))
        self.assertEqual(values["upcoming"], [rows[upcoming.id]])

    def test_the_reference_names_what_is_to_be_paid_now_alone(self):
        first, second, disputed = self._late(200, 30), self._late(300), self._late(100)
        upcoming = self._invoice(50, self._in_days(10))
        self.env["relance.hold"].create({"reason": "dispute", "date_from": self._days_ago(1), "move_id": disputed.id})
        values = self._values(first | second | disputed | upcoming)
        self.assertEqual(values["totals"]["total"], 500)
        self.assertEqual(values["payment"]["reference"], f"{first.name} {second.name}")
        self.assertEqual(self._values(upcoming)["payment"]["reference"], upcoming.name)

    def test_who_follows_a_plan_still_sees_where_to_pay(self):
        invoice = self._late(300)
        line = Command.create({"date": self._in_days(10), "amount": 150})
        self.env["relance.commitment"].create(
            {"partner_id": self.debtor.id, "move_ids": invoice.ids, "line_ids": [line, line]}
        )
        self.authenticate("portal_owner", "portal_owner")
        page = self._page("/my/relances")
        self.assertEqual(self._texts(page, "total"), [self._money(0)])
        self.assertIn("In your payment plan", self._texts(page, "instalment")[0])
        self.assertIn("FR76 3000", self._texts(page, "transfer")[0])
        self.assertFalse(page.xpath("//img[starts-with(@src, 'data:image')]"), "No sum to transfer at once.")
        self.env["relance.commitment"].search([]).action_cancel()
        self.env["relance.hold"].sudo().create(
            {"partner_id": self.debtor.id, "reason": "insolvency", "date_from": self._days_ago(1)}
        )
        page = self._page("/my/relances")
        self.assertEqual((self._texts(page, "total"), self._texts(page, "transfer")), ([self._money(0)], []))

    def test_a_payment_on_account_is_deducted(self):
        invoice = self._late(1000)
        self.env["account.payment"].create(
            {"partner_id": self.debtor.id, "amount": 400, "payment_type": "inbound", "date": self._days_ago(1)}
        ).action_post()
        self.assertEqual(self._values(invoice)["totals"]["total"], 600)

    def test_the_page_once_logged_in(self):
        invoice = self._late(1850)
        foreign = self._late(10, partner=self.other)
        self.authenticate("portal_owner", "portal_owner")
        page = self._page("/my/relances")
        self.assertEqual(self._texts(page, "total"), [self._money(1850)])
        self.assertIn("20 days late", self._texts(page, "instalment")[0])
        self.assertIn("FR76 3000 6000 0112 3456 7890 189", self._texts(page, "transfer")[0])
        self.assertTrue(page.xpath("//img[starts-with(@src, 'data:image')][@alt]"), "A QR code.")
        self.assertNotIn(foreign.name, page.text_content())
        home = self.make_jsonrpc_request("/my/counters", {"counters": ["relance_due_count"]})
        self.assertEqual(home["relance_due_count"], 1)
        self._pay(invoice, self._days_ago(0))
        self.env.flush_all()
        self.assertIn("You owe nothing", self._texts(self._page("/my/relances"), "empty")[0])

    def test_each_currency_is_an_account_of_its_own(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self._late(100)
        self._late(70, currency_id=dollar.id)
        self.authenticate("portal_owner", "portal_owner")
        page = self._page("/my/relances")
        self.assertEqual(len(self._texts(page, "account")), 2)
        self.assertEqual(len(page.xpath("//img[starts-with(@src, 'data:image')]")), 1, "SEPA is for euros.")

    def test_a_missing_rate_closes_no_page(self):
        invoice = self._late(500)
        self.company.relance_portal_charges = "always"
        self.env["relance.rate"].search([]).unlink()
        self.assertEqual(self._values(invoice)["totals"]["total"], 500)

    def test_letters_received(self):
        notice = self._send(self._late(1850), "formal")
        draft = self.env["relance.run"]._create_for_moves(self._late(20, 30))
        draft._preview()
        self.authenticate("portal_owner", "portal_owner")
        listed = self._texts(self._page("/my/relances"), "letters")
        self.assertEqual(len(listed), 1)
        self.assertIn(notice.name, listed[0])
        letter = self.url_open(f"/my/relance/{notice.id}/letter")
        self.assertEqual(letter.content, notice.attachment_id.raw)
        self.assertEqual(letter.headers["Cache-Control"], "private, no-store")

    def test_the_email_leads_to_the_page(self):
        invoice = self._late(1850)
        notice = self._send(invoice, "courtesy")
        body = notice.mail_id.sudo().body_html
        self.assertIn(f'/my/relance/{notice.id}"', body)
        page = self._page(self._link(notice))
        self.assertEqual(self._texts(page, "total"), [self._money(1850)])
        self.assertTrue(self.env["relance.notice"]._verify_register(self.company)["valid"])
        self.company.relance_answer_online = False
        self.assertNotIn(
            "/my/relance/", self._send(self._late(70, 30, self.other), "courtesy").mail_id.sudo().body_html
        )
        self.assertFalse(self._texts(self._page(self._link(notice)), "answer"))

    def test_a_settled_notice_says_thank_you(self):
        invoice = self._late(1850)
        notice = self._send(invoice, "courtesy")
        self._pay(invoice, self._days_ago(0))
        self.env.flush_all()
        page = self._page(self._link(notice))
        self.assertIn("settled", self._texts(page, "empty")[0])
        self.assertFalse(self._texts(page, "account"))

    def test_notices_of_a_batch_get_their_links_in_one_statement(self):
        notices = self._send(self._late(10) | self._late(20, partner=self.other), "courtesy")
        notices.action_revoke_portal_link()
        self.assertFalse(any(notices.mapped("portal_token")))
        self.env.flush_all()
        notices.mapped("portal_token")
        with self.assertQueryCount(1):
            notices._ensure_notice_tokens()
        self.assertEqual(len(set(notices.mapped("portal_token"))), 2)

    def test_branches_and_contacts_of_the_debtor(self):
        site = self.env["res.partner"].create({"name": "Dépôt", "parent_id": self.debtor.id, "type": "delivery"})
        self._late(120, partner=site)
        self.owner.partner_id.write({"type": "delivery"})
        self.authenticate("portal_owner", "portal_owner")
        self.assertEqual(self._texts(self._page("/my/relances"), "total"), [self._money(120)])

    def test_other_companies_stay_out(self):
        theirs = self._create_company(name="Autre SARL", country_id=self.env.ref("base.fr").id)
        self.env["account.chart.template"].try_loading("fr", theirs, install_demo=False)
        product = self.product_a.with_company(theirs)
        invoice = (
            self.env["account.move"]
            .with_company(theirs)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.debtor.id,
                    "invoice_date": self._days_ago(60),
                    "invoice_date_due": self._days_ago(30),
                    "company_id": theirs.id,
                    "invoice_line_ids": [
                        Command.create({"product_id": product.id, "price_unit": 77, "tax_ids": False})
                    ],
                }
            )
        )
        invoice.action_post()
        self._late(100)
        self.authenticate("portal_owner", "portal_owner")
        self.assertEqual(self._texts(self._page("/my/relances"), "total"), [self._money(100)], "His company alone.")
        self.owner.company_ids = [Command.link(theirs.id)]
        self.authenticate("portal_owner", "portal_owner")
        self.assertEqual(self._texts(self._page("/my/relances"), "total"), [self._money(100), self._money(77)])
