from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ..portal_common import NO_ACCESS, PortalCommon

SUFFIXES = ("", "/letter", "/answer/paid", "/answer/dispute")


@tagged("post_install", "-at_install")
class TestPortalSecurity(PortalCommon, HttpCase):
    """Nothing of another customer is reachable: by users, tokens, ids."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._portal_user("stranger", cls.other)
        cls.invoice = cls._late(1850)
        cls.foreign = cls._late(640, partner=cls.other)

    def setUp(self):
        super().setUp()
        self.notice = self._send(self.invoice, "formal")
        self.theirs = self._send(self.foreign, "formal")

    def _reach(self, login, notice, token=""):
        """Return the suffixes of ``notice``'s page that show something to a visitor."""
        self.authenticate(login, login)
        reached = []
        for suffix in SUFFIXES:
            response = self.url_open(self._link(notice, suffix, token))
            shown = response.status_code == 200
            self.assertNotEqual(shown, NO_ACCESS in response.text, (login, suffix))
            if not shown:
                self.assertEqual(response.status_code, 404)
                self.assertNotIn(notice.name, response.text)
            reached += [suffix] if shown else []
        return reached

    def test_wrong_links(self):
        for login in (None, "portal_stranger"):
            for token in ("", "0" * 36, self.theirs.portal_token, self.notice.portal_token[:-1], "é"):
                self.assertEqual(self._reach(login, self.notice, token), [], (login, token))

    def test_the_link_opens_its_notice_alone(self):
        self.assertEqual(self._reach(None, self.notice, self.notice.portal_token), list(SUFFIXES))
        page = self.url_open(self._link(self.notice)).text
        self.assertIn(self.invoice.name, page)
        self.assertNotIn(self.foreign.name, page)
        self.assertNotIn(self.theirs.name, page)
        second = self._late(70)
        self.assertNotIn(second.name, self.url_open(self._link(self.notice)).text, "Only what the notice is about.")

    def test_ids_are_not_told_apart(self):
        missing = self.env["relance.notice"].browse(self.theirs.id + 1000)
        refused = [self.url_open(f"/my/relance/{id_}").text for id_ in (self.theirs.id, missing.id)]
        for text, id_ in zip(refused, (self.theirs.id, missing.id), strict=True):
            self.assertIn(NO_ACCESS, text)
            self.assertNotIn(self.theirs.name, text, id_)

    def test_the_debtor_logged_in(self):
        self.assertEqual(self._reach("portal_owner", self.notice), list(SUFFIXES))
        self.assertEqual(self._reach("portal_owner", self.theirs), [])
        self._portal_user("warehouse", self.debtor, type="delivery")
        self.assertEqual(self._reach("portal_warehouse", self.notice), list(SUFFIXES))

    def test_a_card_that_left_the_debtor(self):
        self.owner.partner_id.parent_id = self.other
        self.assertEqual(self._reach("portal_owner", self.notice), [])

    def test_an_archived_debtor_still_answers_by_his_link(self):
        self.debtor.with_context(active_test=False).child_ids.user_ids.active = False
        self.debtor.child_ids.active = False
        self.debtor.active = False
        self.assertEqual(self._reach(None, self.notice, self.notice.portal_token), list(SUFFIXES))

    def test_another_company(self):
        company = self._create_company(name="Autre SARL")
        self.owner.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        self.assertEqual(self._reach("portal_owner", self.notice), [])

    def test_a_link_grows_old_and_can_be_revoked(self):
        token = self.notice.portal_token
        self.notice.with_user(self.billing).action_revoke_portal_link()
        self.assertEqual(self._reach(None, self.notice, token), [])
        self.notice._ensure_notice_tokens()
        self.assertNotEqual(self.notice.portal_token, token)
        self.assertEqual(self._reach(None, self.notice, self.notice.portal_token), list(SUFFIXES))
        old = self.notice.date - timedelta(days=366)
        self.env.cr.execute("UPDATE relance_notice SET date = %s WHERE id = %s", [old, self.notice.id])
        self.notice.invalidate_recordset()
        self.assertEqual(self._reach(None, self.notice, self.notice.portal_token), [])

    def test_what_was_not_sent_is_not_shown(self):
        token = self.notice.portal_token
        for state in ("draft", "to_approve", "ready", "failed", "cancelled"):
            self.env.cr.execute("UPDATE relance_notice SET state = %s WHERE id = %s", [state, self.notice.id])
            self.notice.invalidate_recordset()
            self.assertEqual(self._reach(None, self.notice, token), [], state)
            self.assertEqual(self._reach("portal_owner", self.notice), [], state)

    def test_users_of_the_company(self):
        for name in ("billing", "auditor", "manager"):
            self.assertEqual(
                self._reach(f"relance_{name}", self.notice), ["", "/letter"], "They look; the debtor answers."
            )
        self.assertEqual(self._reach("relance_billing", self.notice, self.notice.portal_token), ["", "/letter"])
        self.assertEqual(self._reach("relance_seller", self.notice), [], "Who may not read the register.")
        new_test_user(self.env, "portal_plain", groups="base.group_user")
        self.assertEqual(self._reach("portal_plain", self.notice), [])
        self.authenticate("relance_billing", "relance_billing")
        self.assertNotIn(self.invoice.name, self.url_open("/my/relances").text, "Not the invoices of everybody.")

    def test_the_account_of_a_stranger(self):
        self.authenticate("portal_stranger", "portal_stranger")
        page = self.url_open("/my/relances").text
        self.assertIn(self.foreign.name, page)
        self.assertNotIn(self.invoice.name, page)
        self.assertNotIn(self.notice.name, page)
        currency = self.company.currency_id.id
        for company in (self.company.id + 1000, "x", ""):
            response = self.url_open(f"/my/relances/answer/paid?company={company}&currency={currency}")
            self.assertEqual(response.status_code, 404)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open("/my/relances").url)

    def test_letters_are_opened_by_their_page_alone(self):
        letter = self.notice.attachment_id
        self.assertFalse(letter.public)
        self.assertFalse(letter._get_raw_access_token())
        for login in (None, "portal_owner", "portal_stranger"):
            self.authenticate(login, login)
            self.assertEqual(self.url_open(f"/web/content/{letter.id}").status_code, 404, login)

    def test_records_are_not_for_the_portal(self):
        self.authenticate(None, None)
        self._fill(self._link(self.notice, "/answer/paid"), date=self._days_ago(0), given_by="A")
        answer = self._answers()
        for user in (self.owner, self.stranger, self.env.ref("base.public_user"), self.users["seller"]):
            for record in (answer, self.notice):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(["partner_id"])
        with self.assertRaises(AccessError):
            self.notice.with_user(self.users["auditor"]).read(["portal_token"])
        with self.assertRaises(AccessError):
            answer.with_user(self.users["auditor"]).action_accept()
        with self.assertRaises(AccessError):
            self.env["relance.answer"].with_user(self.billing).create({"partner_id": self.debtor.id, "kind": "paid"})
        for change in ({"note": "x"}, {"state": "closed"}, {"amount": 1}, {"move_ids": [Command.clear()]}):
            with self.assertRaisesRegex(UserError, "is a fact"):
                answer.with_user(self.billing).write(change)
        with self.assertRaises(UserError):
            answer.unlink()

    def test_an_invoice_moved_to_somebody_else_leaves_the_page(self):
        self.env.cr.execute(
            "UPDATE account_move SET commercial_partner_id = %s WHERE id = %s", [self.other.id, self.invoice.id]
        )
        self.invoice.invalidate_recordset()
        self.assertNotIn(self.invoice.name, self.url_open(self._link(self.notice)).text)
