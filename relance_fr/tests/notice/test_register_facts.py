from base64 import b64encode

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .test_register import DUE, TODAY, RegisterCommon

# What the seal covers or the state of the notice: nobody writes it.
FACTS = {
    "name": "RLF/2026/00099",
    "date": "2026-01-01",
    "state": "draft",
    "channel": "letter",
    "kind": "courtesy",
    "deadline": "2027-01-01",
    "printed_deadline": "2027-01-01",
    "postal_to": "Elsewhere",
    "printed_on": "2026-01-01 08:00:00",
    "printed_by": 1,
    "provider_state": "submitted",
    "provider_reference": "x",
    "principal_amount": 1,
    "penalty_amount": 0,
    "indemnity_amount": 0,
    "total_amount": 1,
    "credit_amount": 1,
    "email_to": "other@example.com",
    "seal": "x",
    "previous_seal": "x",
    "seal_sequence": 9,
    "seal_payload": "{}",
    "attachment_id": False,
    "anchor_rank": 1,
    "anchor_seal": "x",
    "sealed_on": "2026-01-01 08:00:00",
    "author_id": 1,
    "approved_by": 1,
    "with_email": False,
    "level_chosen": True,
    "line_ids": [(5,)],
    "failure_reason": "x",
    "mail_id": False,
    "lang": "en_US",
    "run_id": False,
}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterFacts(RegisterCommon):
    """A notice is a fact: nobody writes or deletes it, only the proof of its delivery comes later."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notice = cls._notices(1)
        groups = {
            "clerk": "account.group_account_invoice",
            "manager": "account.group_account_manager",
            "boss": "account.group_account_manager,base.group_system",
        }
        cls.users = {
            name: new_test_user(
                cls.env, f"register_{name}", groups=group, company_id=cls.company.id, company_ids=cls.company.ids
            )
            for name, group in groups.items()
        }

    # === RIGHTS === #

    def test_nobody_writes_a_fact(self):
        for name, user in self.users.items():
            notice = self.notice.with_user(user)
            for field, value in FACTS.items():
                with self.subTest(user=name, field=field), self.assertRaises(UserError):
                    notice.write({field: value})
            for action in (notice.unlink, notice.copy, notice.line_ids.unlink, notice.line_ids.copy):
                with self.subTest(user=name, action=action.__name__), self.assertRaises(UserError):
                    action()
            with self.subTest(user=name), self.assertRaises(AccessError):
                notice.line_ids.write({"total_amount": 1})
            with self.subTest(user=name), self.assertRaises(AccessError):
                notice.env["relance.register"].search([]).write({"last_numbers": {}})
        self.env.flush_all()
        self.assert_register()

    def test_nobody_makes_a_fact(self):
        values = {
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            "partner_id": self.debtor.id,
            "level_id": self.calendar.level_ids[0].id,
            "kind": "firm",
            "channel": "email",
            "state": "sent",
            "total_amount": 0,
        }
        for name, user in self.users.items():
            with self.subTest(user=name), self.assertRaises(AccessError):
                self.env["relance.notice"].with_user(user).create(values)
            invoice = self.notice.line_ids.move_id.with_user(user)
            with self.subTest(user=name, through="invoice"), self.assertRaises(AccessError):
                invoice.write({"relance_notice_line_ids": [(2, self.notice.line_ids.id)]})

    def test_code_does_not_change_what_is_sealed(self):
        notice_sudo = self.notice.sudo()
        for field in (
            "total_amount",
            "date",
            "email_to",
            "seal",
            "name",
            "seal_payload",
            "printed_deadline",
            "deadline",
            "postal_to",
            "with_email",
            "level_chosen",
            "lang",
            "sealed_on",
            "author_id",
            "approved_by",
            "attachment_id",
            "anchor_rank",
            "anchor_seal",
        ):
            with self.subTest(field=field), self.assertRaises(UserError):
                notice_sudo.write({field: FACTS[field]})
        with self.assertRaises(UserError):
            notice_sudo.unlink()

    @freeze_time("2026-07-10")
    def test_proof_of_delivery(self):
        notice = self.notice.with_user(self.users["clerk"])
        notice.write(
            {
                "tracking_number": "1A 234 567 8901 2",
                "posted_date": "2026-07-01",
                "presented_date": "2026-07-03",
                "received_date": "2026-07-04",
                "receipt": b64encode(b"%PDF receipt"),
                "receipt_name": "receipt.pdf",
            }
        )
        self.assertEqual(notice.tracking_number, "1A 234 567 8901 2")
        self.assert_register()
        for dates in ({"presented_date": "2026-06-30"}, {"received_date": "2026-07-02"}):
            with self.subTest(dates=dates), self.assertRaises(UserError):
                notice.write(dates)

    def test_people_can_follow_a_notice_up(self):
        notice = self.notice.with_user(self.users["clerk"])
        notice.message_post(body="They called back.")
        activity = notice.activity_schedule("mail.mail_activity_data_todo", user_id=self.users["clerk"].id)
        activity.action_feedback("Done")
        notice.message_subscribe(self.users["manager"].partner_id.ids)
        notice.user_id = self.users["manager"]
        self.assert_register()

    def test_sent_is_sent(self):
        with self.assertRaises(UserError):
            self.notice.with_user(self.users["manager"]).action_cancel()
        for action in ("action_approve", "action_dispatch"):
            getattr(self.notice.with_user(self.users["clerk"]), action)()
        self.assertRecordValues(self.notice, [{"state": "sent", "name": "RLF/2026/00001"}])

    def test_debtor_and_invoice_cannot_disappear(self):
        invoice = self.notice.line_ids.move_id
        with self.assertRaises(UserError):
            self.notice.partner_id.unlink()
        invoice.button_draft()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            invoice.with_context(force_delete=True).unlink()

    # === THE LETTER === #

    def test_letter_cannot_be_changed_or_deleted(self):
        letter = self.notice.attachment_id
        for name, user in [*self.users.items(), ("code", self.env.ref("base.user_root"))]:
            for vals in (
                {"raw": b"other"},
                {"datas": b64encode(b"other")},
                {"name": "other.pdf"},
                {"res_id": 0},
                {"res_model": "res.partner"},
                {"type": "url", "url": "https://example.com"},
            ):
                with self.subTest(user=name, vals=vals), self.assertRaises(UserError):
                    letter.with_user(user).write(vals)
            with self.subTest(user=name), self.assertRaises(UserError):
                letter.with_user(user).unlink()
        self.assertTrue(letter.exists().raw)
        self.assert_register()

    def test_letter_is_read_by_those_who_read_the_register(self):
        """A debtor's card is shared by all companies and read by every employee: the letter is not."""
        other = self.setup_other_company(name="Autre SA")["company"]
        stranger = new_test_user(
            self.env, "register_stranger", groups="account.group_account_manager",
            company_id=other.id, company_ids=other.ids,
        )  # fmt: skip
        employee = new_test_user(
            self.env, "register_employee", groups="base.group_user",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        self.env.invalidate_all()
        for user in (stranger, employee):
            self.assertTrue(self.notice.partner_id.with_user(user).name)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.assertTrue(self.notice.attachment_id.with_user(user).raw)
        self.assertTrue(self.notice.attachment_id.with_user(self.users["clerk"]).raw)

    def test_letter_outlives_the_messages_about_it(self):
        letter = self.notice.attachment_id
        messages = self.env["mail.message"].search([("attachment_ids", "in", letter.ids)])
        self.assertTrue(messages)
        self.notice.mail_id.sudo().unlink()
        messages.exists().sudo().unlink()
        self.assertTrue(letter.exists().raw)

    def test_printed_again_is_the_same_letter(self):
        letter = self.notice.attachment_id
        content = letter.raw
        self.notice.partner_id.name = "Renamed"
        for _time in range(2):
            action = self.notice.with_user(self.users["clerk"]).action_print()
            self.assertIn(f"/web/content/{letter.id}", action["url"])
        self.assertEqual(letter.raw, content)
        move_action = self.notice.line_ids.move_id.action_relance_print()
        self.assertEqual(move_action["url"], action["url"])

    # === WHAT LIFE BRINGS === #

    def test_register_stays_valid(self):
        """What accountants do every day is no tampering."""
        notice, invoice = self.notice, self.notice.line_ids.move_id
        email_only = self._send(self._invoice(500, DUE), TODAY)
        level = email_only.level_id
        self.assertFalse(level.with_letter)
        debtor = notice.partner_id
        events = {
            "debtor renamed and moved": lambda: debtor.write({"name": "New name", "street": "Elsewhere"}),
            "registration number entered": lambda: debtor.write({"company_registry": "552100554"}),
            "company renamed": lambda: self.company.write({"name": "New company"}),
            "level renamed": lambda: level.write({"name": "First letter"}),
            "letter printed for an e-mail": lambda: email_only.action_print(),
            "level gets a letter": lambda: level.write({"channel_letter": True}),
            "level loses its letter": lambda: notice.level_id.write({"with_letter": False}),
            "e-mail of the debtor corrected": lambda: debtor.write({"email": "new@example.com"}),
            "paid in part": lambda: self._bank_pays(invoice, TODAY, 100),
            "invoice made again": lambda: (invoice.button_draft(), invoice.action_post()),
            "invoice cancelled": lambda: (invoice.button_draft(), invoice.button_cancel()),
            "e-mail came back": lambda: email_only.sudo()._mark_failed("Unknown", refused=True),
            "calendar archived": lambda: notice.calendar_id.write({"active": False}),
            "debtor archived": lambda: debtor.write({"active": False}),
        }
        for event, happen in events.items():
            with self.subTest(event=event):
                happen()
                self.env.flush_all()
                self.env.invalidate_all()
                self.assert_register()

    def test_two_cards_of_one_debtor_are_merged(self):
        duplicate = self.notice.partner_id
        kept = self._create_debtor("Kept", email=duplicate.email)
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo().create({})
        wizard._merge((duplicate | kept).ids, kept)
        self.env.invalidate_all()
        self.assertEqual(self.notice.partner_id, kept)
        self.assert_register()
