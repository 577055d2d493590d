import base64
import hashlib
import io
import json

from lxml import html
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools.pdf import PdfFileWriter

from ..plan_common import DUE, SIGNATURE, PlanCommon, drawing
from ..screens import blank_pdf


class AgreementCommon(PlanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(900, DUE)
        cls.plan = cls._plan(cls.invoice, 3, "2035-12-10", given_by="Claire Martin")


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
              "signed_capacity": "Gérante", "signed_sha256": hashlib.sha256(attachment.raw).hexdigest()}],
        )  # fmt: skip
        self.assertEqual(str(self.plan.signed_date), "2026-05-20")
        self.assertIn("signed by Claire Martin", self.plan.message_ids[:1].body)
        self.assertEqual(self.plan.activity_ids.summary, "Plan signed by Claire Martin")
        copy = self.env["mail.mail"].search([("model", "=", "relance.commitment"), ("res_id", "=", self.plan.id)])
        self.assertEqual(copy.recipient_ids, self.debtor)
        self.assertEqual(copy.attachment_ids.raw, attachment.raw)
        self.assertEqual(self.plan.signature, SIGNATURE.encode(), "Kept as it was drawn.")
        self.assertIn("Gérante", self.plan._get_letter_body_html(), "Printed, so that the seal of the file covers it.")

    # === ON PAPER === #

    def _mails(self):
        return self.env["mail.mail"].sudo().search([("model", "=", "relance.commitment")])

    def test_a_signed_copy_is_looked_at_recorded_and_sent_in_three_clicks(self):
        content = blank_pdf()
        self.plan.write({"signed_copy": base64.b64encode(content), "signed_copy_name": "scan.PDF"})
        self.assertRecordValues(
            self.plan, [{"sign_state": "draft", "signed_by": False, "signed_copy_name": "scan.PDF"}]
        )
        copy = self.env["relance.plan.copy"].browse(self.plan.action_check_signed_copy()["res_id"])
        self.assertEqual(base64.b64decode(copy.file), content, "Shown as it is.")
        self.assertRecordValues(
            copy, [{"is_pdf": True, "signed_by": "Claire Martin", "signed_capacity": False, "signed_date": False}]
        )
        copy.write({"signed_capacity": "Gérante", "signed_date": "2026-05-20"})
        copy.action_record()
        self.assertRecordValues(
            self.plan,
            [{"sign_state": "signed", "signed_by": "Claire Martin", "signed_capacity": "Gérante",
              "signed_sha256": hashlib.sha256(content).hexdigest(), "signed_copy": False, "signed_on_paper": True}],
        )  # fmt: skip
        self.assertRecordValues(
            self.plan.signed_attachment_id, [{"raw": content, "mimetype": "application/pdf", "name": "scan.PDF"}]
        )
        self.assertEqual(str(self.plan.signed_date), "2026-05-20")
        self.assertFalse(self._mails(), "Nothing leaves by itself.")
        action = self.plan.action_send_signed_copy()
        composer = self.env["mail.compose.message"].with_context(**action["context"]).create({})
        self.assertEqual(composer.attachment_ids, self.plan.signed_attachment_id)
        composer._action_send_mail()
        self.assertEqual(self._mails().recipient_ids, self.debtor)
        self.assertEqual(self._mails().attachment_ids.raw, content)

    def test_what_is_no_signed_copy(self):
        locked = PdfFileWriter()
        locked.addBlankPage(width=595, height=842)
        locked.encrypt("secret")
        with io.BytesIO() as buffer:
            locked.write(buffer)
            locked = buffer.getvalue()
        photo = base64.b64decode(SIGNATURE)
        for name, content, message in (
            ("x.html", b"<html><script>alert(1)</script></html>", "no PDF file and no picture"),
            ("x.pdf", b"<html></html>", "no PDF file and no picture"),
            ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PDF file and no picture"),
            ("x.docx", b"PK\x03\x04 word/document.xml", "no PDF file and no picture"),
            ("x.pdf", b"%PDF-1.4 signed", "cannot be opened"),
            ("x.pdf", blank_pdf()[:200], "cannot be opened"),
            ("x.pdf", blank_pdf(51), "more than 50 pages"),
            ("x.pdf", locked, "password"),
            ("x.png", photo[: len(photo) // 2], "cannot be opened"),
            ("x.jpg", base64.b64decode(drawing(kind="JPEG"))[:-100], "cannot be opened"),
            ("x.png", base64.b64decode(drawing(size=(6000, 5000))), "megapixels"),
            ("x.pdf", b"%PDF-" + bytes(10 * 1024 * 1024), "larger than 10 MB"),
        ):
            with self.subTest(name=name, message=message), self.assertRaisesRegex(UserError, message):
                self.plan.write({"signed_copy": base64.b64encode(content), "signed_copy_name": name})
        for value in ("!!!", "é", "AAA", 12, ["JVBERi0="], {"a": 1}, True):
            with self.subTest(value=value), self.assertRaises(UserError):
                self.plan.write({"signed_copy": value, "signed_copy_name": "x.pdf"})
        with self.assertRaisesRegex(UserError, "no PDF file"):
            self._plan(self.invoice, 2, "2026-06-01", signed_copy=base64.b64encode(b"<html>"))
        forged = self.env["relance.commitment"].with_context(default_signed_copy=base64.b64encode(b"<html>"))
        self.assertFalse(forged.create(self.plan.copy_data({"move_ids": self.invoice.ids})[0]).signed_copy)
        self.assertFalse(self.plan.signed_copy)
        with self.assertRaisesRegex(UserError, "Load the signed copy"):
            self.plan.action_check_signed_copy()

    def test_a_copy_is_called_what_it_is(self):
        self.plan.write({"signed_copy": SIGNATURE, "signed_copy_name": "../x.html"})
        self.assertEqual(self.plan.signed_copy_name, "x.html.png")
        self.plan.signed_copy_name = "x.html"
        self.assertEqual(self.plan.signed_copy_name, "x.html.png")
        self.plan.signed_copy = False
        self.assertFalse(self.plan.signed_copy_name)

    def test_a_copy_says_who_signed_in_what_capacity_and_when(self):
        self.debtor.write({"is_company": True, "name": "Menuiserie Durand SARL"})
        for vals, message in (
            ({"signed_by": False}, "first and last name"),
            ({"signed_by": "!!!"}, "first and last name"),
            ({"signed_by": "MENUISERIE DURAND S.A.R.L."}, "name of that person"),
            ({"signed_by": self.company.name}, "name of that person"),
            ({"signed_by": "Menuiserie Durand Frères SAS"}, "name of that person"),
            ({"signed_capacity": " "}, "capacity"),
            ({"signed_date": False}, "day written"),
            ({"signed_date": "2026-05-21"}, "day written"),
            ({"signed_date": "2026-05-19"}, "day written"),
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, message):
                with self.env.cr.savepoint():
                    self._sign_on_paper(self.plan, **vals)
        self.assertEqual(self.plan.sign_state, "draft")
        self.plan.given_by = False
        self.plan.signed_copy = base64.b64encode(blank_pdf())
        copy = self.env["relance.plan.copy"].create({"plan_id": self.plan.id})
        self.assertFalse(copy.signed_by, "Never the name of a company.")
        copy.write({"signed_by": "Claire Martin", "signed_capacity": "Gérante", "signed_date": "2026-05-20"})
        self.plan.signed_copy = base64.b64encode(blank_pdf(2))
        with self.assertRaisesRegex(UserError, "replaced since you looked"):
            copy.action_record()

    def test_a_wrong_copy_is_withdrawn_with_a_trace(self):
        groups = "base.group_user,account.group_account_invoice"
        biller = new_test_user(self.env, "plan_biller", groups=groups, company_id=self.company.id)
        approver = new_test_user(
            self.env, "plan_approver", groups=f"{groups},relance_fr.group_relance_approver", company_id=self.company.id
        )
        self._sign_on_paper(self.plan)
        file, sha256 = self.plan.signed_attachment_id, self.plan.signed_sha256
        with self.assertRaises(AccessError):
            self.plan.with_user(biller).action_withdraw_signed_copy()
        dialogs = self.env["relance.plan.withdrawal"]
        forged = dialogs.with_user(biller).create({"plan_id": self.plan.id, "reason": "oops"})
        with self.assertRaises(AccessError):
            forged.action_withdraw()
        action = self.plan.with_user(approver).action_withdraw_signed_copy()
        dialog = dialogs.with_user(approver).browse(action["res_id"])
        with self.assertRaisesRegex(UserError, "Say why"):
            dialog.action_withdraw()
        dialog.reason = "Copie d’un autre client"
        dialog.action_withdraw()
        self.assertRecordValues(
            self.plan,
            [{"sign_state": "draft", "signed_by": False, "signed_date": False, "signed_sha256": False,
              "signed_attachment_id": False}],
        )  # fmt: skip
        trace = self.plan.withdrawal_ids
        self.assertRecordValues(
            trace,
            [{"attachment_id": file.id, "sha256": sha256, "signed_by": "Claire Martin", "signed_capacity": "Gérante",
              "reason": "Copie d’un autre client", "user_id": approver.id}],
        )  # fmt: skip
        self.assertIn("Copie d’un autre client", self.plan.message_ids[:1].body)
        for change in (
            lambda: file.write({"raw": b"other"}),
            lambda: file.unlink(),
            lambda: trace.write({"reason": "nothing"}),
            lambda: trace.unlink(),
            lambda: self.plan.unlink(),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                change()
        self._sign_on_paper(self.plan)
        self.assertEqual(self.plan.sign_state, "signed", "The right copy is recorded afterwards.")

    def test_what_was_signed_online_is_not_withdrawn(self):
        self._sign(self.plan)
        with self.assertRaisesRegex(UserError, "signed online"):
            self.plan.action_withdraw_signed_copy()
        with self.assertRaisesRegex(UserError, "Say why|signed online"):
            self.env["relance.plan.withdrawal"].create({"plan_id": self.plan.id, "reason": "oops"}).action_withdraw()
        self.assertEqual(self.plan.sign_state, "signed")

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
            lambda: self.plan.write({"signed_date": "2020-01-01"}),
            lambda: self.plan.write({"signed_copy": base64.b64encode(blank_pdf())}),
            lambda: self.plan.action_check_signed_copy(),
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
            {"signed_capacity": "X"},
            {"signed_date": "2020-01-01"},
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
                "line_ids": [Command.create({"date": "2035-12-10", "amount": 900})],
            }
        )
        self.assertRecordValues(
            plan, [{"sign_state": "draft", "signed_by": False, "signed_ip": False, "outcome": False}]
        )

    def test_what_cannot_be_signed(self):
        with self.assertRaisesRegex(UserError, "not offered"):
            self.plan._sign_online("Claire Martin", "Gérante", SIGNATURE, "192.0.2.7")
        self._offer(self.plan)
        promise = self._promise(self._invoice(10, DUE), "2026-06-10", 10)
        with self.assertRaisesRegex(UserError, "Only a payment plan"):
            promise.action_send_for_signature()
        self.plan.action_cancel()
        with self.assertRaisesRegex(UserError, "cancelled"):
            self.plan._sign_online("Claire Martin", "Gérante", SIGNATURE, "192.0.2.7")

    def test_the_offer_is_sent_by_its_email(self):
        action = self.plan.action_send_for_signature()
        composer = self.env["mail.compose.message"].with_context(**action["context"]).create({})
        self.assertIn(f"/my/payment-plans/{self.plan.id}", str(composer.body))
        self.assertNotIn(self.plan.access_token, str(composer.body))
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
        cls.other = cls._plan(cls._invoice(640, DUE, cls._create_debtor("Hôtel Bellevue")), 2, "2035-12-10")
        for plan in cls.plan | cls.other:
            plan._portal_ensure_token()
            plan.with_context(relance_plan_sent=True).message_post(body="Offer")

    def _url(self, plan, suffix="", token=None):
        token = plan.access_token if token is None else token
        return f"/my/payment-plans/{plan.id}{suffix}?access_token={token}"

    def _post(self, plan, token=None, **vals):
        url = self._url(plan, "/sign", token)
        vals = {"name": "Claire Martin", "capacity": "Gérante", "signature": SIGNATURE, **vals}
        return self.make_jsonrpc_request(url, vals)

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
        answer = self._post(self.plan)
        self.assertIn(self.plan.access_token, answer["redirect_url"])
        self.env.invalidate_all()
        self.assertRecordValues(
            self.plan, [{"sign_state": "signed", "signed_ip": "127.0.0.1", "signed_capacity": "Gérante"}]
        )
        self.assertIn("error", self._post(self.plan), "Signed once.")
        letter = self.url_open(self._url(self.plan, "/letter"))
        self.assertEqual(hashlib.sha256(letter.content).hexdigest(), self.plan.signed_sha256)
        self.assertEqual(self.other.sign_state, "sent")

    def test_what_is_no_signature(self):
        svg = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0L99 99'/></svg>").decode()
        gif = "R0lGODlhAQABAIAAAP///////yH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
        paper = (255, 255, 255, 255)
        dot, dash = [(50, 50), (52, 51)], [(50, 50), (90, 50)]
        wrong = [
            "", None, False, 0, [], {}, [SIGNATURE], {"a": SIGNATURE}, 12, True, "!!!", "bm90IGFuIGltYWdl", svg, gif,
            "data:image/png;base64," + SIGNATURE, SIGNATURE[:80], "A" * (2 * 1024 * 1024), drawing(),
            drawing(paper=paper), drawing(paper=(0, 0, 0, 255)), drawing(dot), drawing(dash),
            drawing(kind="JPEG", paper=paper), drawing(size=(1, 1)), drawing(size=(3000, 3000)),
        ]  # fmt: skip
        for signature in wrong:
            with self.subTest(signature=str(signature)[:30]):
                self.assertTrue(self._post(self.plan, signature=signature).get("error"))
        self._assert_untouched()

    def test_who_signs_in_what_capacity(self):
        self.debtor.write({"is_company": True, "name": "Menuiserie Durand SARL"})
        for words in ("", " ", None, "!!!", "x", [], ["Claire Martin"], {"a": 1}, 12, True, "a" * 101, "\x00\x01"):
            for field in ("name", "capacity"):
                with self.subTest(field=field, words=words):
                    self.assertTrue(self._post(self.plan, **{field: words}).get("error"))
        for company in ("Menuiserie Durand SARL", "MENUISERIE  DURAND, S.A.R.L.", self.company.name):
            with self.subTest(company=company):
                self.assertIn("person", self._post(self.plan, name=company).get("error", ""))
        self._assert_untouched()
        page = self.url_open(self._url(self.plan)).text
        props = html.fromstring(page).xpath("//owl-component[@name='relance_fr.plan_signature_form']/@props")[0]
        self.assertEqual(
            json.loads(props),
            {
                "callUrl": self._url(self.plan, "/sign"),
                "sendLabel": json.loads(props)["sendLabel"],
                "mayType": False,
                "writesSum": False,
                "sum": json.loads(props)["sum"],
            },
            "Nothing is filled in.",
        )

    def _assert_untouched(self):
        self.env.invalidate_all()
        self.assertRecordValues(
            self.plan,
            [{"sign_state": "sent", "signed_by": False, "signed_on": False, "signature": False,
              "signed_attachment_id": False, "channel": "phone"}],
        )  # fmt: skip

    def test_tokens_of_any_kind_open_nothing(self):
        for token in ("é", "0", "null", ["x"], {"a": 1}, 12, True):
            with self.subTest(token=token):
                answer = self.make_jsonrpc_request(
                    f"/my/payment-plans/{self.plan.id}/sign",
                    {"access_token": token, "name": "Claire Martin", "capacity": "Gérante", "signature": SIGNATURE},
                )
                self.assertIn("error", answer)
        page = self.url_open(f"/my/payment-plans/{2**40}?access_token=x")
        self.assertEqual(page.status_code, 404)
        self._assert_untouched()

    def test_pages_keep_to_themselves(self):
        self.authenticate(None, None)
        for url in (
            self._url(self.plan),
            self._url(self.plan, "/letter"),
            self._url(self.plan, token="wrong"),
            f"/my/payment-plans/{self.plan.id}",
        ):
            headers = self.url_open(url, allow_redirects=False).headers
            with self.subTest(url=url):
                self.assertEqual(headers["Cache-Control"], "private, no-store")
                self.assertEqual(headers["Referrer-Policy"], "same-origin")
                self.assertEqual(headers["X-Robots-Tag"], "noindex")
        stranger = self.url_open(f"/my/payment-plans/{self.plan.id}", allow_redirects=False)
        unknown = self.url_open("/my/payment-plans/987654", allow_redirects=False)
        self.assertEqual((stranger.status_code, unknown.status_code), (303, 303), "Nobody learns which plans exist.")
        self.assertIn("/web/login?redirect=", stranger.headers["Location"])

    def test_the_page_gives_its_link_to_nobody(self):
        new_test_user(
            self.env, "plan_reader", groups="base.group_user,account.group_account_readonly",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        guest = new_test_user(
            self.env, "plan_guest", groups="base.group_portal",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        guest.partner_id.parent_id = self.debtor
        for login in ("plan_reader", "plan_guest"):
            self.authenticate(login, login)
            page = self.url_open(self._url(self.plan, token="")).text
            self.assertIn(self.plan._get_plan_reference(), page, "Who may read it reads it.")
            self.assertNotIn(self.plan.access_token, page)
            self.assertNotIn('id="sign"', page)
            self.assertIn("error", self._post(self.plan, token=""))
        self._assert_untouched()

    def test_a_link_ends_with_its_plan(self):
        self._post(self.plan)
        self.env.invalidate_all()
        self.assertIn(self.invoice.name, self.url_open(self._url(self.plan)).text, "Read while it runs.")

        def assert_ended(plan):
            for suffix in ("", "/letter"):
                self.assertEqual(self.url_open(self._url(plan, suffix)).status_code, 404, suffix)
            self.assertIn("error", self._post(plan))

        self.plan.action_cancel()
        assert_ended(self.plan)
        kept = self._plan(self._invoice(60, DUE), 2, "2035-12-10")
        self._offer(kept)
        self._pay(kept.move_ids, "2026-06-01")
        self.assertEqual(kept.state, "kept")
        assert_ended(kept)
        broken = self._plan(self._invoice(60, DUE), 2, "2026-06-10")
        self._offer(broken)
        self.assertEqual(broken.state, "broken")
        assert_ended(broken)
        self.assertEqual(broken.sign_state, "sent")

    def test_the_link_opens_no_conversation(self):
        message = self.plan.message_post(body="For colleagues", subtype_xmlid="mail.mt_comment")
        for access in ({"token": self.plan.access_token}, {"hash": self.plan._sign_token(1), "pid": 1}):
            self.assertFalse(
                self.env["relance.commitment"]
                .with_user(self.env.ref("base.public_user"))
                ._get_thread_with_access(self.plan.id, **access)
            )
        self.assertTrue(message)

    def test_a_plan_taken_back_is_not_shown(self):
        old = self.plan.access_token
        self.plan.action_back_to_draft()
        self.assertNotIn(self.invoice.name, self.url_open(self._url(self.plan, token=old)).text)
        self.assertIn("error", self._post(self.plan, token=old))
