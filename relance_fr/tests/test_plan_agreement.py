import base64
import hashlib

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .plan_common import DUE, SIGNATURE, PlanCommon


class AgreementCommon(PlanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(900, DUE)
        cls.plan = cls._plan(cls.invoice, 3, "2026-12-10", given_by="Claire Martin")


@tagged("post_install", "-at_install")
@freeze_time("2026-05-20")
class TestPlanAgreement(AgreementCommon):
    """From the offer to the signature: what is frozen, who is told, what can no longer be changed."""

    def test_signed_online(self):
        self._sign(self.plan, "  Claire   Martin ")
        attachment = self.plan.signed_attachment_id
        self.assertRecordValues(
            self.plan,
            [{"sign_state": "signed", "signed_by": "Claire Martin", "signed_ip": "192.0.2.7", "channel": "portal",
              "signed_sha256": hashlib.sha256(attachment.raw).hexdigest()}],
        )  # fmt: skip
        self.assertEqual(str(self.plan.signed_date), "2026-05-20")
        self.assertIn("signed by Claire Martin", self.plan.message_ids[:1].body)
        self.assertEqual(self.plan.activity_ids.summary, "Plan signed by Claire Martin")
        copy = self.env["mail.mail"].search([("model", "=", "relance.commitment"), ("res_id", "=", self.plan.id)])
        self.assertEqual(copy.recipient_ids, self.debtor)
        self.assertEqual(copy.attachment_ids.raw, attachment.raw)

    def test_signed_copy_attached(self):
        self.plan.signed_date = "2026-05-18"
        self.plan.write({"signed_copy": base64.b64encode(b"%PDF-1.4 signed"), "signed_copy_name": "plan.pdf"})
        self.assertRecordValues(
            self.plan,
            [{"sign_state": "signed", "signed_by": "Claire Martin",
              "signed_sha256": hashlib.sha256(b"%PDF-1.4 signed").hexdigest()}],
        )  # fmt: skip
        self.assertEqual(self.plan.signed_attachment_id.raw, b"%PDF-1.4 signed")
        self.assertEqual(str(self.plan.signed_date), "2026-05-18")

    def test_a_signed_plan_is_final(self):
        self._sign(self.plan)
        line = self.plan.line_ids[0]
        for change in (
            lambda: self.plan.write({"date": "2026-05-01"}),
            lambda: self.plan.write({"move_ids": [Command.clear()]}),
            lambda: self.plan.write({"part_amount": 10}),
            lambda: self.plan.write({"interest": "waived"}),
            lambda: line.write({"amount": 1}),
            lambda: line.unlink(),
            lambda: self.env["relance.commitment.line"].create(
                {"commitment_id": self.plan.id, "date": "2027-01-01", "amount": 1}
            ),
            lambda: self.plan.action_generate(),
            lambda: self.plan.action_back_to_draft(),
            lambda: self.plan.unlink(),
            lambda: self._sign(self.plan),
            lambda: self.plan.signed_attachment_id.write({"raw": b"other"}),
            lambda: self.plan.signed_attachment_id.unlink(),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                change()
        self.plan.note = "Seen with the manager."
        self.plan.action_cancel()
        self.assertEqual(self.plan.state, "cancelled")
        self.assertTrue(self.plan.signed_attachment_id)
        with self.assertRaisesRegex(UserError, "stays cancelled"):
            self.plan.cancelled = False

    def test_nothing_enters_or_leaves_a_signed_plan_by_another_way(self):
        self._sign(self.plan)
        promise = self._promise(self._invoice(10, DUE), "2026-06-10", 10)
        with self.assertRaisesRegex(UserError, "signed plan cannot be changed"):
            promise.line_ids.commitment_id = self.plan
        for command in (Command.unlink(self.plan.id), Command.clear(), Command.set([])):
            with self.subTest(command=command), self.assertRaisesRegex(UserError, "promise or the plan"):
                self.invoice.write({"relance_commitment_ids": [command]})
        with self.assertRaisesRegex(UserError, "promise or the plan"):
            self._invoice(10, DUE).copy({"relance_commitment_ids": [Command.link(self.plan.id)]})
        linked = {"default_relance_commitment_ids": [Command.link(self.plan.id)]}
        self.assertFalse(self._invoice(10, DUE).with_context(**linked).copy().relance_commitment_ids)
        self.assertEqual(self.plan.move_ids, self.invoice)

    def test_an_offered_plan_is_withdrawn_before_it_is_changed(self):
        self._offer(self.plan)
        for change in (
            lambda: self.plan.line_ids[0].write({"amount": 1}),
            lambda: self.plan.action_generate(),
            lambda: self.plan.write({"interest": "waived"}),
        ):
            with self.assertRaisesRegex(UserError, "Withdraw the offer"), self.env.cr.savepoint():
                change()
        self.plan.action_back_to_draft()
        self.plan.interest = "waived"

    def test_the_proof_is_written_by_nobody(self):
        for vals in (
            {"sign_state": "signed"},
            {"signed_by": "X"},
            {"signature": SIGNATURE},
            {"outcome": "kept"},
            {"kind": "promise"},
            {"debt_amount": 1},
            {"access_token": "known"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.plan.write(vals)
        with self.assertRaises(UserError):
            self._plan(self.invoice, 2, "2026-06-01", signed_sha256="0")
        biller = new_test_user(self.env, "plan_biller", groups="base.group_user,account.group_account_invoice")
        with self.assertRaises(AccessError):
            self.plan.debt_ids.with_user(biller).write({"principal_amount": 1})

    def test_the_proof_is_no_default_of_a_browser(self):
        forged = {"sign_state": "sent", "signed_by": "X", "signed_ip": "192.0.2.7", "outcome": "kept"}
        plans = self.env["relance.commitment"].with_context(**{f"default_{name}": forged[name] for name in forged})
        plan = plans.create(
            {
                "partner_id": self.debtor.id,
                "move_ids": self.invoice.ids,
                "line_ids": [Command.create({"date": "2026-12-10", "amount": 900})],
            }
        )
        self.assertRecordValues(
            plan, [{"sign_state": "draft", "signed_by": False, "signed_ip": False, "outcome": False}]
        )

    def test_what_cannot_be_signed(self):
        with self.assertRaisesRegex(UserError, "not offered"):
            self.plan._sign_online("Claire", SIGNATURE, "192.0.2.7")
        self._offer(self.plan)
        for name, signature in (("", SIGNATURE), ("Claire", ""), ("Claire", False)):
            with self.assertRaisesRegex(UserError, "Enter your name"):
                self.plan._sign_online(name, signature, "192.0.2.7")
        promise = self._promise(self._invoice(10, DUE), "2026-06-10", 10)
        with self.assertRaisesRegex(UserError, "Only a payment plan"):
            promise.action_send_for_signature()
        self.plan.action_cancel()
        with self.assertRaisesRegex(UserError, "cancelled"):
            self.plan._sign_online("Claire", SIGNATURE, "192.0.2.7")

    def test_the_offer_is_sent_by_its_email(self):
        action = self.plan.action_send_for_signature()
        composer = self.env["mail.compose.message"].with_context(**action["context"]).create({})
        self.assertIn(self.plan.access_token, str(composer.body))
        self.assertEqual(self.plan.sign_state, "draft")
        composer._action_send_mail()
        self.assertEqual(self.plan.sign_state, "sent")
        message = self.plan.message_ids.filtered("partner_ids")
        self.assertEqual(message.partner_ids, self.debtor)
        self.assertEqual(len(message.attachment_ids), 1)
        token = self.plan.access_token
        self.plan.action_back_to_draft()
        self.assertEqual(self.plan.sign_state, "draft")
        self.assertNotEqual(self.plan._portal_ensure_token(), token)

    def test_only_who_may_change_a_plan_offers_it(self):
        guest = new_test_user(self.env, "plan_guest", groups="base.group_portal")
        salesman = new_test_user(self.env, "plan_seller", groups="base.group_user")
        # Whoever holds the link of a plan posts as superuser, in the context his browser sends.
        for user in (guest, salesman, self.env.ref("base.public_user")):
            plan_sudo = self.plan.with_user(user).sudo().with_context(relance_plan_sent=True)
            plan_sudo.message_post(body="I agree", author_id=self.debtor.id)
            self.assertEqual(self.plan.sign_state, "draft", user.login)
        self.plan.action_cancel()
        with self.assertRaisesRegex(UserError, "was cancelled"):
            self._offer(self.plan)
        self.assertEqual(self.plan.sign_state, "draft")

    def test_thanks_and_regrets_are_sent_by_a_person(self):
        for action in (self.plan.action_send_confirmation(), self.plan.action_send_broken()):
            composer = self.env["mail.compose.message"].with_context(**action["context"]).create({})
            self.assertEqual(composer.partner_ids, self.debtor)
            self.assertIn("300", str(composer.body))
        self.assertFalse(self.env["mail.mail"].search([("model", "=", "relance.commitment")]))


@tagged("post_install", "-at_install")
class TestPlanPortal(AgreementCommon, HttpCase):
    """The link of a plan opens that plan and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._plan(cls._invoice(640, DUE, cls._create_debtor("Hôtel Bellevue")), 2, "2026-12-10")
        for plan in cls.plan | cls.other:
            plan._portal_ensure_token()
            plan.with_context(relance_plan_sent=True).message_post(body="Offer")

    def _url(self, plan, suffix="", token=None):
        token = plan.access_token if token is None else token
        return f"/my/payment-plans/{plan.id}{suffix}?access_token={token}"

    def _post(self, plan, token=None, name="Claire Martin", signature=SIGNATURE):
        url = self._url(plan, "/sign", token)
        return self.make_jsonrpc_request(url, {"name": name, "signature": signature})

    def test_the_link_opens_its_plan(self):
        page = self.url_open(self._url(self.plan))
        self.assertIn(self.plan._get_plan_reference(), page.text)
        self.assertIn(self.invoice.name, page.text)
        letter = self.url_open(self._url(self.plan, "/letter"))
        self.assertIn(self.invoice.name, letter.text)

    def test_nothing_of_another_customer(self):
        guest = new_test_user(self.env, "plan_portal", groups="base.group_portal")
        guest.partner_id.parent_id = self.other.partner_id
        for login in (None, "plan_portal"):
            self.authenticate(login, login)
            for token in ("", "0" * 36, self.other.access_token):
                for suffix in ("", "/letter"):
                    page = self.url_open(self._url(self.plan, suffix, token))
                    self.assertNotIn(self.invoice.name, page.text, (login, token, suffix))
                self.assertIn("error", self._post(self.plan, token))
        self.assertEqual(self.plan.sign_state, "sent")

    def test_nobody_of_the_company_signs_without_the_link(self):
        new_test_user(
            self.env,
            "plan_biller",
            groups="base.group_user,account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.authenticate("plan_biller", "plan_biller")
        self.assertIn(self.plan._get_plan_reference(), self.url_open(self._url(self.plan, token="")).text)
        self.assertIn("error", self._post(self.plan, token=""))
        self.assertEqual(self.plan.sign_state, "sent")

    def test_nobody_of_the_company_signs_with_the_link(self):
        new_test_user(
            self.env,
            "plan_biller",
            groups="base.group_user,account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertIn('id="sign"', self.url_open(self._url(self.plan)).text)
        self.authenticate("plan_biller", "plan_biller")
        page = self.url_open(self._url(self.plan)).text
        self.assertIn(self.plan._get_plan_reference(), page)
        self.assertNotIn('id="sign"', page)
        self.assertIn("error", self._post(self.plan))
        self.assertEqual(self.plan.sign_state, "sent")
        reader = new_test_user(self.env, "plan_reader", groups="base.group_user,account.group_account_readonly")
        with self.assertRaises(AccessError):
            self.plan.with_user(reader).read(["access_token"])

    def test_sign(self):
        self.assertIn("error", self._post(self.plan, name=" "))
        self.assertIn("error", self._post(self.plan, signature="bm90IGFuIGltYWdl"))
        self.assertEqual(self.plan.sign_state, "sent")
        answer = self._post(self.plan)
        self.assertIn(self.plan.access_token, answer["redirect_url"])
        self.env.invalidate_all()
        self.assertRecordValues(self.plan, [{"sign_state": "signed", "signed_ip": "127.0.0.1"}])
        self.assertIn("error", self._post(self.plan), "Signed once.")
        letter = self.url_open(self._url(self.plan, "/letter"))
        self.assertEqual(hashlib.sha256(letter.content).hexdigest(), self.plan.signed_sha256)
        self.assertEqual(self.other.sign_state, "sent")

    def test_a_plan_taken_back_is_not_shown(self):
        old = self.plan.access_token
        self.plan.action_back_to_draft()
        self.assertNotIn(self.invoice.name, self.url_open(self._url(self.plan, token=old)).text)
        self.assertIn("error", self._post(self.plan, token=old))
