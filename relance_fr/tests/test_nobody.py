import email as email_parser
import email.policy
import re
from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.addons.mail.tests.common import MockEmail
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.mail import email_normalize, email_normalize_all

from .plan_common import DUE, PlanCommon
from .refusals import RefusalsMixin

ADDRESS = "essai@example.com"
TODAY = "2026-05-26"

# Each e-mail template of ours, and who gets it in test mode: what a person sends goes to the test address, what a job
# counts as sent waits, what is for colleagues reaches them.
TEMPLATES = {
    "mail_template_preventive": "waits",
    "mail_template_courtesy": "waits",
    "mail_template_firm": "waits",
    "mail_template_formal": "waits",
    "mail_template_final": "waits",
    "mail_template_thanks": "redirected",
    "mail_template_commitment_reminder": "waits",
    "mail_template_plan_sign": "redirected",
    "mail_template_plan_signed": "redirected",
    "mail_template_commitment_confirmation": "redirected",
    "mail_template_commitment_broken": "redirected",
    "mail_template_digest": "colleague",
}
# Each place of ours that makes e-mail, or a message that core may mail to followers, and the test that tries it.
SENDERS = {
    "models/notice/relance_notice_dispatch.py": "test_queued_before_waits",
    "models/run/res_company_commitment.py": "test_every_template",
    "models/run/relance_commitment.py": "test_every_template",
    "models/commitment/relance_commitment.py": "test_composer",
    "models/commitment/relance_commitment_agreement.py": "test_composer",
    "models/cockpit/relance_digest.py": "test_every_template",
    "models/notice/relance_notice_provider.py": "test_followers_of_every_model",
    "models/run/relance_run_draft.py": "test_trial",
    "models/run/relance_run.py": "test_followers_of_every_model",
    "wizard/relance_receipt_replace.py": "test_followers_of_every_model",
    "wizard/mail_compose_message.py": "test_layout_marks_what_is_about_invoices",
    "models/notice/mail_template.py": "test_layout_marks_what_is_about_invoices",
}
MAKES_MAIL = re.compile(
    r"send_mail\(|send_mail_batch\(|message_post\(|message_post_with_source\(|message_notify\(|message_mail_with_source\("
    r"|\"mail\.mail\"\]\.?(?:sudo\(\))?\.create\(|\"mail\.compose\.message\"|_notify_thread|_message_sms|\.send_email\("
)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestNobody(RefusalsMixin, MockEmail, PlanCommon):
    """In test mode no e-mail of ours leaves for anybody but the test address and colleagues, whatever made it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.email = "client@debtor.example.com"
        cls.invoice = cls._invoice(1000, DUE)
        cls.notice = cls._send(cls.invoice, TODAY)
        cls.plan = cls._plan(cls._invoice(900, DUE, cls._create_debtor("Bellevue")), 3, "2026-06-10")
        cls.plan.partner_id.email = "plan@debtor.example.com"
        cls.colleague = new_test_user(
            cls.env, "nobody_colleague", groups="base.group_user,account.group_account_manager",
            email="colleague@company.example.com", notification_type="email",
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)],
        )  # fmt: skip
        cls.portal = new_test_user(
            cls.env, "nobody_portal", groups="base.group_portal", email="portal@debtor.example.com"
        )
        cls.company.relance_test_email = ADDRESS

    def _queue(self):
        """Let the mail queue work as its job does; return what reached SMTP: list of (addresses, message)."""
        with self.mock_mail_gateway():
            self.env["mail.mail"].sudo().process_email_queue()
        return self._captured()

    def _captured(self):
        self.env.invalidate_all()
        return [
            (
                {email_normalize(address) for address in sent["smtp_to_list"]}
                | set(email_normalize_all(f"{sent['msg_to'] or ''}, {sent['msg_cc'] or ''}")),
                email_parser.message_from_string(sent["message"], policy=email_parser.policy.default),
            )
            for sent in self.emails
        ]

    def assert_only(self, captured, *addresses):
        """Assert that what reached SMTP was for ``addresses``, in its envelope and in what it shows."""
        self.assertEqual(set().union(*(to for to, _email in captured)), set(addresses))

    def _mail(self, record, **vals):
        return self.env["mail.mail"].sudo().create(
            {"model": record._name, "res_id": record.id, "subject": "Sujet", "body_html": "<p>Texte</p>", **vals}
        )  # fmt: skip

    # === WHAT MAKES MAIL === #

    def test_every_kind_is_known(self):
        """Fails when a template, or a place that makes e-mail, is new: say here what becomes of it in test mode."""
        data = self.env["ir.model.data"].search([("module", "=", "relance_fr"), ("model", "=", "mail.template")])
        self.assertEqual(set(data.mapped("name")), set(TEMPLATES))
        folder = Path(__file__).parents[1]
        found = {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*.py")
            if "tests" not in path.parts and MAKES_MAIL.search(path.read_text())
        }
        self.assertEqual(found, set(SENDERS))
        for name in SENDERS.values():
            self.assertTrue(hasattr(self, name), name)

    def _get_template_record(self, template):
        if template.model == "relance.notice":
            return self.notice
        if template.model == "relance.commitment":
            return self.plan
        if template.model == "relance.commitment.reminder":
            line, today = self.plan.line_ids[0], self.company._relance_today()
            self.env["relance.commitment"]._insert_reminders(
                [(self.plan.id, line.id, line.date, 300, self.plan.partner_id.email)], today
            )
            return self.env["relance.commitment.reminder"].search([("commitment_id", "=", self.plan.id)])
        self.assertEqual(template.model, "relance.digest")
        return self.env["relance.digest"]._create_once(
            self.company, self.colleague, self.company._relance_today(), fields.Datetime.now()
        )

    def test_every_template(self):
        self.env["mail.mail"].sudo().search([]).write({"state": "cancel"})
        for name, fate in TEMPLATES.items():
            with self.subTest(template=name):
                template = self.env.ref(f"relance_fr.{name}")
                record = self._get_template_record(template)
                mail = self.env["mail.mail"].sudo().browse(template.sudo().send_mail(record.id))
                if fate == "waits" and template.model == "relance.notice":
                    self.notice.sudo().mail_id = mail
                captured = self._queue()
                if fate == "waits":
                    self.assertEqual((captured, mail.state, mail.failure_type), ([], "outgoing", "relance_test"))
                    self.assertIn("test mode", mail.failure_reason)
                else:
                    to = ADDRESS if fate == "redirected" else self.colleague.email
                    self.assert_only(captured, to)
                    [(_to, email)] = captured
                    self.assertEqual(email["Subject"].startswith("[TEST]"), fate == "redirected")

    # === PEOPLE WHO WRITE === #

    def _compose(self, action, **vals):
        composer = self.env["mail.compose.message"].with_user(self.colleague).with_context(**action["context"])
        with self.mock_mail_gateway():
            composer.create(vals)._action_send_mail()
        return self._captured()

    def test_composer(self):
        for method in ("action_send_for_signature", "action_send_confirmation", "action_send_broken"):
            with self.subTest(method=method):
                captured = self._compose(getattr(self.plan.with_user(self.colleague), method)())
                self.assert_only(captured, ADDRESS)
                [(_to, email)] = captured
                self.assertIn("[TEST]", email["Subject"])
                self.assertIn("plan@debtor.example.com", email["Subject"])
                notes = " ".join(map(str, self.plan.message_ids.mapped("body")))
                self.assertIn("went to essai@example.com instead of plan@debtor.example.com", notes)
        notifications = self.plan.message_ids.notification_ids.filtered(
            lambda notification: notification.res_partner_id == self.plan.partner_id
        )
        self.assertEqual(set(notifications.mapped("notification_status")), {"canceled"})
        self.assertEqual(self.plan.sign_state, "draft", "The debtor was offered nothing.")
        self.company.relance_test_email = False
        captured = self._compose(self.plan.with_user(self.colleague).action_send_for_signature())
        self.assert_only(captured, "plan@debtor.example.com")
        self.assertEqual(self.plan.sign_state, "sent")

    def test_composer_to_many(self):
        for record in (self.notice, self.plan):
            action = {"context": {"default_model": record._name, "default_res_ids": record.ids}}
            captured = self._compose(
                action, composition_mode="mass_mail", subject="À tous", body="<p>Bonjour</p>",
                partner_ids=[Command.set(self.debtor.ids)],
            )  # fmt: skip
            captured = captured or self._queue()
            self.assert_only(captured, ADDRESS)

    def test_followers_of_every_model(self):
        """A message on any record of ours, with a customer, a portal user and a colleague among its followers."""
        for name, record in self._get_threads().items():
            with self.subTest(model=name):
                record.message_subscribe((self.debtor | self.portal.partner_id | self.colleague.partner_id).ids)
                with self.mock_mail_gateway():
                    record.message_post(
                        body="Bonjour", subtype_xmlid="mail.mt_comment", message_type="comment",
                        partner_ids=self.debtor.ids, email_add_signature=False,
                    )  # fmt: skip
                captured = self._captured()
                self.assert_only(captured, ADDRESS, self.colleague.email)
                for to, email in captured:
                    self.assertEqual(ADDRESS in to, email["Subject"].startswith("[TEST]"))
                # Rules on messages may let a person send one again.
                record.message_ids.mail_ids.sudo().write({"state": "outgoing"})
                self.assert_only(self._queue(), ADDRESS, self.colleague.email)

    def _get_threads(self):
        """Return ``{model: record}`` of every model of ours with a conversation."""
        hold = self.env["relance.hold"].create({"partner_id": self.debtor.id, "date_to": "2026-12-31"})
        common = {"partner_id": self.debtor.id, "company_id": self.company.id}
        records = {
            "relance.notice": self.notice,
            "relance.run": self.notice.run_id,
            "relance.commitment": self.plan,
            "relance.hold": hold,
            "relance.rate": self.env["relance.rate"].search([], limit=1),
            "relance.call": self.env["relance.call"].create({**common, "outcome": "no_answer"}),
            "relance.answer": self.env["relance.answer"].sudo().create(
                {**common, "kind": "promise", "currency_id": self.company.currency_id.id}
            ),
            "relance.alert": self.env["relance.alert"].sudo().create(
                {**common, "kind": "score_drop", "date": TODAY}
            ),
        }  # fmt: skip
        threads = {
            name for name, model in self.registry.items()
            if name.startswith("relance.") and not model._abstract and hasattr(model, "message_post")
        }  # fmt: skip
        self.assertEqual(threads, set(records), "A conversation that is new: try it here.")
        return records

    def test_scheduled_message(self):
        message = self.env["mail.scheduled.message"].with_user(self.colleague).create(
            {
                "model": self.plan._name, "res_id": self.plan.id, "body": "Plus tard", "subject": "Plus tard",
                "author_id": self.colleague.partner_id.id, "partner_ids": [Command.set(self.plan.partner_id.ids)],
                "scheduled_date": fields.Datetime.now() + timedelta(hours=1),
            }
        )  # fmt: skip
        with self.mock_mail_gateway():
            message.sudo()._post_message()
        self.assert_only(self._captured(), ADDRESS)

    def test_copies_and_colleagues(self):
        """Of several addressees each colleague is left, each other one replaced."""
        self._mail(
            self.plan, email_to=f"Anne <anne@debtor.example.com>, {self.colleague.email_formatted}",
            email_cc="avocat@law.example.com, colleague@company.example.com",
            headers=repr({"X-Msg-To-Add": "autre@debtor.example.com", "X-Custom": "kept"}),
        )  # fmt: skip
        self.notice.sudo().mail_id.state = "cancel"
        captured = self._queue()
        self.assert_only(captured, ADDRESS, self.colleague.email)
        [(_to, email)] = captured
        self.assertIn("anne@debtor.example.com", email["Subject"])
        self.assertIn("avocat@law.example.com", email["Subject"])
        self.assertEqual(email["X-Custom"], "kept")
        self.assertIn("who did not get it", email.get_body(("html",)).get_content())
        self.assertIn("who did not get it", email.get_body(("plain",)).get_content())

    # === WHAT WAS QUEUED BEFORE === #

    def _start_test(self):
        """Switch test mode on a little after what is queued was."""
        self.company.relance_test_email = ADDRESS
        self.company.sudo().relance_test_since = self.env.cr.now() + timedelta(seconds=1)

    def test_queued_before_waits(self):
        self.company.relance_test_email = False
        written = self._mail(self.plan, recipient_ids=[Command.link(self.debtor.id)])
        inside = self._mail(self.plan, email_to=self.colleague.email_formatted)
        self._start_test()
        self.assert_only(self._queue(), self.colleague.email)
        self.assertEqual(inside.state, "sent")
        for mail in (written, self.notice.sudo().mail_id):
            self.assertEqual((mail.state, mail.failure_type), ("outgoing", "relance_test"))
            self.assertGreater(mail.scheduled_date, fields.Datetime.now())
        self.assertEqual((self.notice.state, self.notice.delivery_state), ("sent", "queued"))
        self.assertIn("test mode", self.notice.delivery_error)
        for record in (self.notice, self.plan):
            self.assertIn("waits in the queue", str(record.message_ids[0].body))
        # A person who insists, or retries, sends it to nobody either.
        for insist in ("send", "action_retry", "mark_outgoing"):
            with self.mock_mail_gateway():
                getattr(written + self.notice.sudo().mail_id, insist)()
                (written + self.notice.sudo().mail_id).write({"scheduled_date": False})
                self.env["mail.mail"].sudo().process_email_queue()
            self.assertFalse(self._captured(), insist)
        notes = self.notice.message_ids.filtered(lambda message: "waits in the queue" in str(message.body))
        self.assertEqual(len(notes), 1, "Told once.")
        self.company.relance_test_email = False
        self.assertFalse(self.notice.delivery_error)
        self.assert_only(self._queue(), self.debtor.email)
        self.assertEqual((written.state, self.notice.delivery_state), ("sent", "sent"))

    def test_what_waited_too_long_is_given_up(self):
        """A notice claims what was owed on its day, a reminder announces a day to come: both are made afresh."""
        self.company.relance_test_email = False
        template = self.env.ref("relance_fr.mail_template_commitment_reminder")
        reminder = self._get_template_record(template)
        mail = self.env["mail.mail"].sudo().browse(template.sudo().send_mail(reminder.id))
        self._start_test()
        self._queue()
        with freeze_time("2026-06-11"):
            self.company.relance_test_email = False
            self.assertFalse(self._queue())
            self.assertEqual(mail.state, "cancel")
            self.assertRecordValues(
                self.notice, [{"state": "failed", "failure_kind": "test", "delivery_state": "failed"}]
            )
            self.assertIn("given up", self.notice.failure_reason)
            self.assertIn("comes again", self.notice.remedy)
            again = self._run_on("2026-06-11").filtered(lambda notice: notice.partner_id == self.debtor)
        self.assertEqual(again.state, "sent")
        self.assertNotEqual(again.mail_id, self.notice.mail_id)

    def test_switched_on_while_the_queue_works(self):
        """The last look comes after the first e-mail left: the next ones stay, and nothing failed."""
        self.company.relance_test_email = False
        first = self._mail(self.plan, email_to="premier@debtor.example.com")
        second = self._mail(self.plan, email_to="second@debtor.example.com")
        server = type(self.env["ir.mail_server"])
        send_email = server.send_email

        def send_then_switch(model, *args, **kwargs):
            result = send_email(model, *args, **kwargs)
            self._start_test()
            return result

        with self.mock_mail_gateway(), mute_logger("odoo.addons.mail.models.mail_mail"):
            self.patch(server, "send_email", send_then_switch)
            (first + second + self.notice.sudo().mail_id).send()
        self.assert_only(self._captured(), "premier@debtor.example.com")
        self.assertEqual(first.state, "sent")
        for mail in (second, self.notice.sudo().mail_id):
            self.assertEqual((mail.state, mail.failure_type), ("outgoing", "relance_test"))
        self.assertEqual((self.notice.state, self.notice.delivery_state), ("sent", "queued"))

    # === WHOSE IT IS === #

    def test_layout_marks_what_is_about_invoices(self):
        """A template somebody copied for invoices still wears our layout; core's own e-mails are not ours to stop."""
        template = self.env.ref("relance_fr.mail_template_courtesy").copy(
            {
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "subject": "Facture", "body_html": "<p>Bonjour</p>", "email_to": "client@debtor.example.com",
                "email_from": "me@company.example.com", "reply_to": False, "lang": False, "partner_to": False,
                "email_layout_xmlid": "relance_fr.mail_layout",
            }
        )  # fmt: skip
        self.env["mail.mail"].sudo().search([]).write({"state": "cancel"})
        template.sudo().send_mail(self.invoice.id)
        self.assert_only(self._queue(), ADDRESS)
        action = {
            "context": {
                "default_model": "account.move", "default_res_ids": self.invoice.ids,
                "default_composition_mode": "mass_mail", "default_email_layout_xmlid": "relance_fr.mail_layout",
            }
        }  # fmt: skip
        values = {"subject": "Facture", "body": "<p>Bonjour</p>", "partner_ids": [Command.set(self.debtor.ids)]}
        self.assert_only(self._compose(action, **values) or self._queue(), ADDRESS)
        action["context"]["default_composition_mode"] = "comment"
        self.assert_only(self._compose(action, **values) or self._queue(), ADDRESS)
        del action["context"]["default_email_layout_xmlid"]
        self.assert_only(self._compose(action, **values) or self._queue(), self.debtor.email)

    def test_core_sends_invoices(self):
        self.env["mail.mail"].sudo().search([]).write({"state": "cancel"})
        wizard = self.env["account.move.send.wizard"].create({"move_id": self.invoice.id})
        with self.mock_mail_gateway():
            wizard.action_send_and_print()
        self.assert_only(self._captured() or self._queue(), self.debtor.email)

    def test_record_that_is_gone(self):
        """What it was about was deleted: its company is in the message, or any that tests holds it."""
        for company in (self.company, self.env["res.company"]):
            mail = self._mail(self.plan, email_to="client@debtor.example.com", record_company_id=company.id)
            mail.res_id = 2147483647
            with self.mock_mail_gateway():
                mail.send()
            self.assert_only(self._captured(), ADDRESS)

    def test_other_company_is_free(self):
        other = self.setup_other_company(name="Autre SA")["company"]
        mail = self._mail(self.plan, email_to="client@debtor.example.com", record_company_id=other.id)
        mail.res_id = 2147483647
        with self.mock_mail_gateway():
            mail.send()
        self.assert_only(self._captured(), "client@debtor.example.com")

    def test_branch_follows_its_parent(self):
        branch = self.env["res.company"].create({"name": "Agence", "parent_id": self.company.id})
        desk = self.env["res.company"].create({"name": "Guichet", "parent_id": branch.id})
        for company in (branch, desk):
            self.assertEqual(company.relance_test_address, ADDRESS)
        self.assertLessEqual(branch | desk | self.company, self.env["res.company"]._get_relance_tested())
        live = self.env["res.company"].search([("relance_test_address", "=", False)])
        self.assertFalse(live & (branch | desk | self.company))
        mail = self._mail(self.plan, email_to="client@debtor.example.com", record_company_id=desk.id)
        mail.res_id = 2147483647
        with self.mock_mail_gateway():
            mail.send()
        self.assert_only(self._captured(), ADDRESS)
        with self.assert_refused(UserError, "Agence is in test mode"):
            branch._relance_refuse_in_test_mode()
        run = self.env["relance.run"].create({"company_id": branch.id, "date": TODAY})
        self.assertEqual(run.test_email, ADDRESS)
        # Its own address comes first, and tests it although its parent does not.
        desk.relance_test_email = "guichet@example.com"
        self.company.relance_test_email = False
        self.assertFalse(branch.relance_test_address)
        self.assertEqual(desk.relance_test_address, "guichet@example.com")

    # === THE BUTTON === #

    def test_send_now(self):
        """The button of the dialog on invoices sends the test, and shows the run that tells it."""
        invoice = self._invoice(700, DUE, self._create_debtor("Troisième"))
        action = invoice.with_user(self.colleague).action_relance_send()
        run = self.env["relance.run"].browse(action["res_id"])
        result = run.with_user(self.colleague).action_send()
        self.assertEqual((result["res_model"], result["res_id"]), ("relance.run", run.id))
        self.assertTrue(run.is_test)
        self.assertFalse(run.notice_ids)

    def test_trial(self):
        self._invoice(700, DUE, self._create_debtor("Troisième"))
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": TODAY})
        run.action_preview()
        run.action_confirm()
        self.assert_only(self._queue(), ADDRESS)
