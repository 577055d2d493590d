import runpy
from pathlib import Path
from unittest.mock import patch

from markupsafe import Markup
from odoo import Command
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tests.common import BaseCase
from odoo.tools import SQL, mute_logger

from ...tools.secret_links import with_secrets, without_secrets
from ..mail_common import DUE, TODAY, GatewayCommon
from ..plan_common import PlanCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSecretLinks(PlanCommon, GatewayCommon):
    """What is stored of an e-mail opens no page of a debtor; what leaves to him does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan(cls._invoice(900, DUE), 3, "2026-07-10")
        cls.colleague = new_test_user(
            cls.env, "links_colleague", groups="base.group_user,account.group_account_readonly",
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)], email="colleague@example.com",
        )  # fmt: skip

    # === HELPERS === #

    def _offer_by_email(self, **vals):
        """Offer the plan as a person does; return its e-mails, waiting."""
        context = self.plan.action_send_for_signature()["context"]
        composer = self.env["mail.compose.message"].with_context(**context).create({})
        composer.write(vals)
        composer._action_send_mail()
        return self._get_mails(self.plan)

    def _get_mails(self, record):
        return self.env["mail.mail"].sudo().search([("model", "=", record._name), ("res_id", "=", record.id)])

    def _deliver(self, mails, error=None):
        """Hand ``mails`` to the server; return ``{addressee: HTML}`` of what it got."""
        with (
            patch.object(IrMail_Server, "_disable_send", return_value=False),
            patch.object(IrMail_Server, "_connect__", return_value=None),
            patch.object(IrMail_Server, "send_email", side_effect=error, return_value="<id@test>") as send,
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            mails.send()
        self.env.invalidate_all()
        messages = [call.args[0] for call in send.call_args_list]
        return {message["To"]: message.get_body(("html",)).get_content() for message in messages}

    def _links(self, record):
        """Return the address of the page of ``record``, and that with its secret."""
        if record._name == "relance.notice":
            page, secret = f"/my/relance/{record.id}", f"token={record.sudo().portal_token}"
        else:
            page, secret = f"/my/payment-plans/{record.id}", f"access_token={record.sudo().access_token}"
        address = record.get_base_url() + page
        return f'href="{address}"', f'href="{address}?{secret}"'

    def _assert_no_secret_is_stored(self):
        """Search every text of what people read for every secret there is."""
        self.env.flush_all()
        columns = {
            "mail_message": ("body", "subject"),
            "mail_mail": ("body_html", "headers", "failure_reason"),
            "mail_activity": ("note", "summary"),
            "mail_tracking_value": ("old_value_char", "new_value_char", "old_value_text", "new_value_text"),
        }
        for table, names in columns.items():
            found = self.env.execute_query(
                SQL(
                    """
                    SELECT known.id FROM %s known
                      JOIN (SELECT access_token AS secret FROM relance_commitment UNION
                            SELECT portal_token FROM relance_notice UNION
                            SELECT move.access_token FROM account_move move) secrets
                        ON strpos(concat_ws(' ', %s), secrets.secret) > 0
                    """,
                    SQL.identifier(table),
                    SQL(", ").join(SQL.identifier("known", name) for name in names),
                )
            )
            self.assertFalse(found, table)

    # === NOTICES === #

    def test_a_notice(self):
        notice = self._send(self._invoice(1000, DUE), TODAY)
        plain, secret = self._links(notice)
        move = notice.line_ids.move_id
        mail = notice.mail_id.sudo()
        self.assertIn(plain, mail.body_html)
        self.assertIn(f'/my/invoices/{move.id}"', mail.body_html)
        self._assert_no_secret_is_stored()
        [body] = self._deliver(mail).values()
        self.assertIn(secret, body)
        self.assertIn(f'/my/invoices/{move.id}?access_token={move.access_token}"', body)
        self.assertEqual(notice.delivery_state, "sent")
        self._assert_no_secret_is_stored()

    def test_a_revoked_link_does_not_leave(self):
        notice = self._send(self._invoice(1000, DUE), TODAY)
        notice.action_revoke_portal_link()
        [body] = self._deliver(notice.mail_id.sudo()).values()
        self.assertIn(self._links(notice)[0], body)
        self.assertNotIn(f"/my/relance/{notice.id}?", body)

    def test_an_answer_that_quotes_the_link(self):
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self._deliver(notice.mail_id.sudo())
        token, base = notice.portal_token, notice.get_base_url()
        move = notice.line_ids.move_id
        quoted = (
            f"Bonjour\n> {base}/my/relance/{notice.id}?token={token}\n"
            f"> https://eur01.safelinks.example.com/?url=https%3A%2F%2Fx.fr%2Fmy%2Frelance%2F{notice.id}%3Ftoken%3D{token}&data=1\n"
            f"> {base}/my/invoices/{move.id}?access_token={move.access_token}"
        )
        self._answer(notice, body=quoted)
        self.assertIn(f"/my/relance/{notice.id}", notice.message_ids[:1].body)
        self._assert_no_secret_is_stored()
        notice._message_log(body=quoted)
        notice.partner_id.message_post(body=f"{base}/my/relance/{notice.id}?token={token}")
        self._assert_no_secret_is_stored()

    # === PLANS === #

    def test_the_offer_of_a_plan(self):
        mails = self._offer_by_email()
        plain, secret = self._links(self.plan)
        self.assertIn(plain, mails.body_html)
        self._assert_no_secret_is_stored()
        self._deliver(mails, error=OSError("refused"))
        self.assertEqual(mails.state, "exception")
        mails.mark_outgoing()
        [body] = self._deliver(mails).values()
        self.assertIn(secret, body, "Sent again from the queue, the link works.")
        self._assert_no_secret_is_stored()

    def test_a_colleague_gets_the_plain_address(self):
        self.plan.message_subscribe(self.colleague.partner_id.ids)
        mails = self._offer_by_email(partner_ids=[Command.set((self.debtor | self.colleague.partner_id).ids)])
        plain, secret = self._links(self.plan)
        bodies = self._deliver(mails)
        self.assertEqual(len(bodies), 2)
        for addressee, body in bodies.items():
            self.assertIn(plain if "colleague@" in addressee else secret, body, addressee)

    def test_the_button_of_a_message(self):
        self._offer_by_email()
        known = self._get_mails(self.plan)
        self.plan.message_post(body="Bonjour", partner_ids=self.debtor.ids, subtype_xmlid="mail.mt_comment")
        mails = self._get_mails(self.plan) - known
        self._assert_no_secret_is_stored()
        self.assertNotIn("access_token", mails.body_html)
        [body] = self._deliver(mails).values()
        self.assertIn(self._links(self.plan)[1], body)
        self.assertNotIn("signup", body)

    def test_an_offer_taken_back_does_not_leave(self):
        mails = self._offer_by_email()
        self.plan.action_back_to_draft()
        self.assertEqual(mails.state, "cancel")
        self.plan._portal_ensure_token()
        mails.write({"state": "outgoing"})
        [body] = self._deliver(mails).values()
        self.assertIn(self._links(self.plan)[0], body, "What is not offered has no link.")

    def test_only_our_own_address_of_the_very_plan_is_completed(self):
        other = self._plan(self._invoice(640, DUE, self._create_debtor("Hôtel Bellevue")), 2, "2026-07-10")
        self._offer(other)
        self._offer_by_email()
        base = self.plan.get_base_url()
        page = f"/my/payment-plans/{self.plan.id}"
        body = (
            f'<a href="https://x.example.com{page}">1</a> <a href="https://x.example.com/?u={base}{page}">2</a> '
            f'<a href="{base}.example.com{page}">3</a> <a href="{base}/my/payment-plans/{other.id}">4</a>'
            f'<a href="{base}{page}/letter">5</a>'
        )
        known = self._get_mails(self.plan)
        self.plan.message_post(
            body=Markup(body), partner_ids=self.debtor.ids, subtype_xmlid="mail.mt_comment",
            email_layout_xmlid="relance_fr.mail_layout",
        )  # fmt: skip
        [sent] = self._deliver(self._get_mails(self.plan) - known).values()
        self.assertNotIn(self.plan.access_token, sent)
        self.assertNotIn(other.access_token, sent)

    def test_what_came_in_by_email_is_not_completed(self):
        self._offer_by_email()
        known = self._get_mails(self.plan)
        stranger = self.env["res.partner"].create({"name": "Tiers", "email": "tiers@example.net"})
        self.plan.message_post(
            body=Markup(f"<a {self._links(self.plan)[0]}>x</a>"), message_type="email",
            author_id=self.debtor.id, partner_ids=stranger.ids, subtype_xmlid="mail.mt_comment",
        )  # fmt: skip
        for body in self._deliver(self._get_mails(self.plan) - known).values():
            self.assertNotIn(self.plan.access_token, body)

    def test_who_may_not_read_a_link_has_it_sent_to_nobody(self):
        """Core lets anybody write a message about any record, to anybody: the author must know the link himself."""
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self._offer_by_email()
        nobody = new_test_user(self.env, "links_nobody", groups="base.group_user", company_id=self.company.id)
        foreign = new_test_user(
            self.env, "links_foreign", groups="account.group_account_invoice",
            company_id=self._create_company(name="Autre SARL").id,
        )  # fmt: skip
        stranger = self.env["res.partner"].create({"name": "Stranger", "email": "stranger@example.com"})
        for record in (notice, self.plan):
            plain, secret = self._links(record)
            for user, known in ((nobody, False), (self.colleague, False), (foreign, False), (self.env.user, True)):
                with self.subTest(record=record._name, user=user.login):
                    before = self._get_mails(record)
                    self.env["mail.thread"].with_user(user).message_notify(
                        body=Markup("<a %s>here</a>") % Markup(plain), subject="S", model=record._name,
                        res_id=record.id, partner_ids=stranger.ids,
                    )  # fmt: skip
                    bodies = "".join(self._deliver(self._get_mails(record) - before).values())
                    self.assertIn("here", bodies)
                    self.assertEqual(secret in bodies, known)

    def test_a_cancelled_offer_loses_its_link(self):
        self._offer_by_email()
        _plain, secret = self._links(self.plan)
        self.plan.action_cancel()
        self.assertRecordValues(self.plan, [{"sign_state": "draft", "access_token": False}])
        self.plan.cancelled = False
        self.assertFalse(self.plan._opens_portal(secret.rpartition("=")[2].strip('"')))

    def test_core_s_way_to_share_a_record(self):
        self._offer_by_email()
        known = self._get_mails(self.plan)
        shared = f"{self.plan.get_base_url()}/mail/view?model=relance.commitment&res_id={self.plan.id}"
        self.plan.message_post(
            body=Markup('<a href="%s">x</a>') % f"{shared}&access_token={self.plan.access_token}&pid=1&hash=2",
            partner_ids=self.debtor.ids, subtype_xmlid="mail.mt_comment", email_layout_xmlid="relance_fr.mail_layout",
        )  # fmt: skip
        self._assert_no_secret_is_stored()
        [body] = self._deliver(self._get_mails(self.plan) - known).values()
        self.assertIn(self._links(self.plan)[1], body)

    def test_messages_of_before_lose_their_secrets(self):
        notice = self._send(self._invoice(1000, DUE), TODAY)
        self._offer_by_email()
        mails = notice.mail_id.sudo() | self._get_mails(self.plan)
        move = notice.line_ids.move_id
        base = self.plan.get_base_url()
        old = (
            f'<a href="{base}/my/relance/{notice.id}?token={notice.portal_token}">1</a>'
            f'<a href="{base}/my/payment-plans/{self.plan.id}?access_token={self.plan.access_token}&amp;signed=1">2</a>'
            f'<a href="{base}/my/invoices/{move.id}?access_token={move.access_token}">3</a>'
            f'<a href="{base}/mail/view?model=relance.commitment&amp;res_id={self.plan.id}&amp;'
            f'access_token={self.plan.access_token}&amp;pid=1">4</a>'
        )
        self.env.flush_all()
        query = SQL("UPDATE mail_message SET body = %s WHERE id = ANY(%s)", old, mails.mail_message_id.ids)
        self.env.cr.execute(query)
        self.env.cr.execute(SQL("UPDATE mail_mail SET body_html = %s WHERE id = ANY(%s)", old, mails.ids))
        self.env.invalidate_all()
        path = Path(__file__).parents[2] / "migrations" / "19.0.1.1.0" / "post-secret-links.py"
        runpy.run_path(str(path))["migrate"](self.env.cr, "19.0.1.0.0")
        self._assert_no_secret_is_stored()
        self.assertEqual(mails[0].body_html, without_secrets(Markup(old), invoices=True))
        self.assertEqual(mails[0].body_html, mails[1].mail_message_id.body)

    def test_files_of_a_plan_are_opened_by_right_alone(self):
        self._sign(self.plan)
        self.assertFalse(self.plan.signed_attachment_id._get_raw_access_token())


@tagged("post_install", "-at_install")
class TestLinkTexts(BaseCase):
    def test_only_the_query_of_our_pages_is_cut(self):
        kept = "https://x.fr/my/orders/3?access_token=a https://x.fr/my/invoices/3?access_token=b /my/relances?a=1"
        self.assertEqual(without_secrets(kept), kept)
        self.assertEqual(without_secrets("/my/relance/3/answer/paid?token=a b"), "/my/relance/3/answer/paid b")
        self.assertEqual(without_secrets("/my/payment-plans/3%3Faccess_token%3Da"), "/my/payment-plans/3")
        self.assertIs(without_secrets(None), None)

    def test_a_longer_number_is_another_page(self):
        queries = {"https://x.fr/my/relance/3": "token=a"}
        other = '<a href="https://x.fr/my/relance/33">'
        self.assertEqual(with_secrets(other, queries), other)
        self.assertEqual(with_secrets(other, {}), other)
