from odoo.tests import freeze_time, new_test_user, tagged

from .run.test_dispatch_cron import CronCommon

DUE, TODAY = "2026-05-16", "2026-05-26"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRoles(CronCommon):
    """Whoever was given a role is looked at when it is used; who left is replaced by the next, and somebody is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.handler = cls._user("handler")
        cls.elsewhere = cls.env["res.company"].create({"name": "Ailleurs"})

    @classmethod
    def _user(cls, login, groups="account.group_account_invoice"):
        return new_test_user(
            cls.env, f"role_{login}", groups=groups, company_id=cls.company.id, company_ids=cls.company.ids,
            email=f"{login}@atelier.example.com",
        )  # fmt: skip

    def _leave(self, user):
        """The user goes to work in another company of the database."""
        user.write({"company_ids": self.elsewhere.ids, "company_id": self.elsewhere.id})

    def _contact(self, name, contact_type="contact"):
        return self.env["res.partner"].create(
            {
                "name": name, "parent_id": self.debtor.id, "type": contact_type,
                "email": f"{name.lower()}@client.example.com",
            }
        )  # fmt: skip

    def _told(self):
        return self.company.partner_id.activity_ids.mapped("note")

    # === CONTACTS OF A DEBTOR === #

    def _assert_addressee(self, contact):
        """The job and the card agree on whom the next notice goes to."""
        self.env.flush_all()
        self.assertEqual(self.debtor.with_company(self.company)._get_relance_contact(), contact)
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        self.assertEqual(run.debtor_ids.contact_id, contact)
        run.unlink()

    def test_dunning_contact_archived_or_of_another_company(self):
        chosen, dunning = self._contact("Chef"), self._contact("Compta", "relance")
        self._invoice(1000, DUE)
        self.debtor.relance_contact_id = chosen
        self._assert_addressee(chosen)
        chosen.active = False
        self._assert_addressee(dunning)
        chosen.active = True
        chosen.parent_id = self._create_debtor("Autre client")
        self._assert_addressee(dunning)
        dunning.active = False
        self._assert_addressee(self.debtor)

    def test_invoice_address_archived(self):
        address = self._contact("Siege", "other")
        self._invoice(1000, DUE, partner=address)
        notice = self._run_on(TODAY)
        self.assertEqual(notice.contact_id, address)
        other = self._create_debtor("Second")
        left = self.env["res.partner"].create({"name": "Parti", "parent_id": other.id, "email": "p@second.example.com"})
        self._invoice(500, DUE, partner=left)
        left.active = False
        notice = self._run_on(TODAY)
        self.assertEqual((notice.contact_id, notice.state), (other, "sent"))
        self.assertIn("compta@second.example.com", notice.email_to)

    def test_contact_leaves_between_draft_and_seal(self):
        """A cap keeps the draft back; meanwhile the contact leaves: its successor gets it."""
        chosen, dunning = self._contact("Chef"), self._contact("Compta", "relance")
        self.debtor.relance_contact_id = chosen
        self.company.write({"relance_window_from": 9, "relance_window_to": 17})
        self._invoice(1000, DUE)
        notice = self._cron("escalate")
        self.assertEqual((notice.state, notice.contact_id), ("draft", chosen))
        chosen.active = False
        self._cron("dispatch", f"{TODAY} 10:00:00")
        self.assertEqual((notice.state, notice.contact_id), ("sent", dunning))
        self.assertIn("compta@client.example.com", notice.email_to)

    def test_copies(self):
        level = self.levels["courtesy"]
        mailbox = self.env["res.partner"].create({"name": "Boîte", "email": "boite@atelier.example.com"})
        colleague, salesperson = self._user("colleague"), self._user("sales")
        director = self._contact("Directeur")
        level.write(
            {
                "cc_partner_ids": (mailbox + colleague.partner_id).ids,
                "cc_salesperson": True,
                "cc_escalation": True,
            }
        )
        self.debtor.relance_escalation_ids = director
        first = self._invoice(1000, DUE, invoice_user_id=salesperson.id)
        notice = self._run_on(TODAY)
        self.assertEqual(
            notice.email_cc,
            "boite@atelier.example.com, colleague@atelier.example.com, directeur@client.example.com, "
            "sales@atelier.example.com",
        )
        self._pay(first, TODAY)
        self._leave(salesperson)
        colleague.action_archive()
        director.parent_id = self.elsewhere.partner_id
        self._invoice(1000, "2026-05-26", invoice_user_id=salesperson.id)
        notice = self._run_on("2026-06-02")
        self.assertEqual(notice.email_cc, "boite@atelier.example.com")

    # === PEOPLE OF THE COMPANY === #

    def test_handler_who_left(self):
        self.debtor.with_company(self.company).relance_user_id = self.handler
        invoice = self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        self.assertEqual(notice.user_id, self.handler)
        self.assertEqual(notice._get_handler(), self.handler)
        self.assertEqual(notice._get_letter_contact()["email"], "handler@atelier.example.com")
        self._leave(self.handler)
        self.assertEqual(notice._get_handler(), self.accountant)
        self.assertEqual(notice._get_letter_contact()["email"], "compta@atelier.example.com")
        self._pay(invoice, TODAY)
        self._invoice(800, "2026-05-26")
        self.assertFalse(self._run_on("2026-06-02").user_id)
        hold = self.env["relance.hold"].create(
            {
                "partner_id": self.debtor.id, "company_id": self.company.id, "reason": "manual",
                "responsible_id": self.handler.id, "user_id": self.accountant.id,
            }
        )  # fmt: skip
        self.assertEqual(hold._get_person_in_charge(), self.accountant)

    def test_handler_who_may_not_read(self):
        stranger = self._user("stranger", groups="base.group_user")
        self.debtor.with_company(self.company).relance_user_id = stranger
        self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        self.assertEqual(notice._get_handler(), self.accountant)

    def test_signatory_who_left(self):
        self.assertEqual(self.company._relance_get_signatory(), self.accountant)
        self._leave(self.accountant)
        self.assertFalse(self.company._relance_get_signatory())
        self.assertEqual(self.company._relance_get_lacking(), ["signatory"])
        self.debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 1, "automatic": True})
        invoice = self._invoice(1000, DUE)
        self.assertEqual(self._explain(invoice, TODAY)[:2], ("wait", "not_ready"))
        self.assertEqual(self._get_letter()._get_letter_signatory(), {"name": "", "function": ""})
        self.assertFalse(self._get_letter()._get_letter_images()["signature"])

    def _get_letter(self):
        return self.env["relance.notice"].new(
            {"company_id": self.company.id, "partner_id": self.debtor.id, "user_id": False}
        )

    def test_contact_of_the_letters_who_left(self):
        self.company.relance_contact_id = self.handler.partner_id
        self.assertEqual(self._get_letter()._get_letter_contact()["email"], "handler@atelier.example.com")
        self.handler.action_archive()
        self.assertEqual(self._get_letter()._get_letter_contact()["email"], "compta@atelier.example.com")
        mailbox = self.env["res.partner"].create({"name": "Boîte", "email": "boite@atelier.example.com"})
        self.company.relance_contact_id = mailbox
        self.assertEqual(self._get_letter()._get_letter_contact()["email"], "boite@atelier.example.com")
        mailbox.active = False
        self.assertEqual(self._get_letter()._get_letter_contact()["email"], "compta@atelier.example.com")

    def test_activities_of_who_is_archived_go_to_the_accountant(self):
        self.debtor.with_company(self.company).relance_user_id = self.handler
        self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        notice.activity_schedule("relance_fr.mail_activity_reply", user_id=self.handler.id)
        self.handler.action_archive()
        self.assertRecordValues(notice.activity_ids, [{"user_id": self.accountant.id}])

    def test_approver(self):
        self.company.relance_two_person = True
        approver = self._user("approver", "account.group_account_manager,relance_fr.group_relance_approver")
        author = self._user("author")
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.sudo().author_id = author
        self.accountant.group_ids -= self.env.ref("relance_fr.group_relance_approver")
        others = self.company._relance_get_other_approvers(author)
        self.assertIn(run._get_approver(), others, "the accountant is no approver")
        self._leave(approver)
        self.assertNotEqual(run._get_approver(), approver)

    # === SOMEBODY IS TOLD === #

    def test_told_once(self):
        self.company.relance_contact_id = self.handler.partner_id
        self.debtor.with_company(self.company).write(
            {"relance_user_id": self.handler.id, "relance_contact_id": self._contact("Chef").id}
        )
        self.assertFalse(self.company._relance_tell_vacant_roles())
        self.handler.action_archive()
        self.debtor.with_company(self.company).relance_contact_id.active = False
        told = self.company._relance_tell_vacant_roles()
        self.assertEqual(len(told), 3)
        [note] = self._told()
        for name in ("role_handler", "Chef", "Menuiserie"):
            self.assertIn(name, note)
        self.company.partner_id.activity_ids.action_feedback()
        self.assertFalse(self.company._relance_tell_vacant_roles(), "not every day")
        self.assertFalse(self.company.partner_id.activity_ids)
        # One that is filled and falls vacant again is told again.
        self.debtor.with_company(self.company).relance_contact_id.active = True
        self.assertFalse(self.company._relance_tell_vacant_roles())
        self.debtor.with_company(self.company).relance_contact_id.active = False
        self.assertEqual(len(self.company._relance_tell_vacant_roles()), 1)

    def test_told_by_the_daily_job(self):
        self.debtor.with_company(self.company).relance_user_id = self.handler
        self.handler.action_archive()
        for day in (TODAY, "2026-05-27"):
            self._cron("escalate", day)
        self.assertEqual(len(self.company.partner_id.activity_ids), 1)

    def test_work_list_shows_nobody_in_charge(self):
        self.debtor.with_company(self.company).relance_user_id = self.handler
        other = self._create_debtor("Second")
        other.with_company(self.company).relance_user_id = self.accountant
        for partner in (self.debtor, other):
            self._invoice(1000, DUE, partner=partner)
        row = self.env["relance.debtor"].browse(self.company._relance_get_debtor_id(self.debtor.id, self.company.id))
        self.assertEqual(row.user_id, self.handler)
        self._leave(self.handler)
        self.env.invalidate_all()
        self.assertFalse(row.user_id)
        self.assertIn("assign", row.kinds)
