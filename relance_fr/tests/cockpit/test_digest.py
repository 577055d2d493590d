from odoo import SUPERUSER_ID, Command, fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..ledger_common import LedgerCommon

MONDAY = "2026-03-16"


@tagged("post_install", "-at_install")
class TestDigest(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claire, cls.denis = (
            new_test_user(
                cls.env,
                f"digest_{name}",
                name=name,
                email=f"{name}@example.com",
                groups=f"base.group_user,{group}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
                tz="Europe/Paris",
            )
            for name, group in (("claire", "account.group_account_manager"), ("denis", "account.group_account_invoice"))
        )
        cls.company.write({"relance_signatory_id": cls.claire.id, "relance_automatic": False})
        cls.claire.relance_digest = "daily"
        cls.his = cls._create_debtor("Garage", relance_user_id=cls.denis.id)
        # As the job runs.
        cls.Digest = cls.env["relance.digest"].with_user(SUPERUSER_ID)

    def _send(self, now, user=None):
        """Run the job at ``now`` (UTC); return the digests made."""
        known = self.Digest.search([])
        with freeze_time(now):
            self.Digest._cron_send()
        digests = self.Digest.search([]) - known
        return digests.filtered(lambda digest: digest.user_id == user) if user else digests

    def _mails(self, digests):
        return self.env["mail.mail"].search([("model", "=", "relance.digest"), ("res_id", "in", digests.ids)])

    def _story(self):
        """Make something of every kind to tell, for both; all before ``MONDAY``."""
        ours, his = self._invoice(1850, "2026-03-05"), self._invoice(500, "2026-03-05", partner=self.his)
        self._run_on("2026-03-12")
        return ours, his

    # === WHEN === #

    def test_once_a_period(self):
        self._story()
        self.assertFalse(self._send(f"{MONDAY} 04:30:00"), "It is half past five in Paris.")
        digests = self._send(f"{MONDAY} 06:10:00")
        self.assertRecordValues(
            digests.sorted("frequency"),
            [
                {"user_id": self.claire.id, "frequency": "daily", "is_empty": False},
                {"user_id": self.denis.id, "frequency": "weekly", "is_empty": False},
            ],
        )
        self.assertEqual(set(self._mails(digests).mapped("email_to")), {
            self.claire.email_formatted, self.denis.email_formatted,
        })  # fmt: skip
        self.assertFalse(self._send(f"{MONDAY} 06:20:00"), "Run twice, it sends once.")
        tuesday = self._send("2026-03-17 06:10:00")
        self.assertEqual(tuesday.user_id, self.claire, "The weekly one is out already.")
        self.assertEqual(tuesday.since, fields.Datetime.to_datetime(f"{MONDAY} 06:10:00"))
        self.assertFalse(self._send("2026-03-21 09:00:00"), "Saturday.")
        # Easter Monday: the week begins on Tuesday.
        self.assertFalse(self._send("2026-04-06 09:00:00"))
        self.assertIn(self.denis, self._send("2026-04-07 09:00:00").user_id)

    @mute_logger("odoo.sql_db")
    def test_a_job_killed_in_between_sends_once(self):
        self._story()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._send(f"{MONDAY} 06:10:00")
            raise ZeroDivisionError
        self.env.invalidate_all()
        digests = self._send(f"{MONDAY} 07:10:00")
        self.assertEqual(len(self._mails(digests)), 2)

    def test_never_and_nothing_to_say(self):
        self.denis.relance_digest = "never"
        digest = self._send(f"{MONDAY} 06:10:00")
        self.assertRecordValues(digest, [{"user_id": self.claire.id, "is_empty": True}])
        self.assertFalse(self._mails(digest), "Nothing to say: no e-mail.")
        self._story()
        self.assertFalse(self._send(f"{MONDAY} 11:10:00"), "What comes up later is told the next day.")

    def test_preferences_are_everybodys_own(self):
        self.denis.with_user(self.denis).relance_digest = "never"
        self.assertEqual(self.denis.relance_digest, "never")
        self.assertEqual(self.denis.with_user(self.denis).read(["relance_digest"])[0]["relance_digest"], "never")
        with self.assertRaises(AccessError):
            self.claire.with_user(self.denis).relance_digest = "never"

    def test_a_salesperson_opens_what_his_digest_counts(self):
        lucie = new_test_user(
            self.env,
            "digest_lucie",
            name="lucie",
            email="lucie@example.com",
            groups="relance_fr.group_relance_salesperson",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
            tz="Europe/Paris",
        )
        self.his.with_company(self.company).relance_user_id = lucie
        self._story()
        digest = self._send(f"{MONDAY} 06:10:00", lucie)
        content = self._content(digest)
        self.assertIn("to_approve", content)
        self.assertNotIn("answers", content, "What he may not read is not told.")
        for key in content:
            action = self.env.ref(f"relance_fr.relance_digest_action_{key}").with_user(lucie)
            with self.subTest(key=key), freeze_time(digest.sent_on):
                found = action.with_context(allowed_company_ids=self.company.ids).run()
                records = self.env[found["res_model"]].with_user(lucie).search(found["domain"])
                self.assertEqual(records.partner_id, self.his)

    # === WHAT === #

    def _content(self, digest):
        with freeze_time(digest.sent_on):
            return {section["key"]: section for section in digest._get_content()}

    def assert_same_as_lists(self, digest):
        """Every section counts what its link opens, for its reader."""
        with freeze_time(digest.sent_on):
            content = self._content(digest)
            reader = digest._as_reader()
            for key in reader._get_section_keys():
                action = reader._open_section(key)
                records = reader.env[action["res_model"]].search(action["domain"])
                if key == "overdue":
                    counted = len(records.partner_id)
                else:
                    counted = len(records)
                self.assertEqual(content.get(key, {}).get("count", 0), counted, key)
        return content

    def test_each_reader_gets_what_he_is_in_charge_of(self):
        self._story()
        digests = self._send(f"{MONDAY} 06:10:00")
        claire = self.assert_same_as_lists(digests.filtered(lambda digest: digest.user_id == self.claire))
        denis = self.assert_same_as_lists(digests.filtered(lambda digest: digest.user_id == self.denis))
        for content, name, amount in ((claire, "Menuiserie", "1,850.00"), (denis, "Garage", "500.00")):
            self.assertEqual(list(content), ["to_approve", "overdue"])
            self.assertEqual([(s["count"], s["new"], s["more"]) for s in content.values()][0][0], 1)
            [line] = content["to_approve"]["lines"]
            self.assertIn(name, line["label"])
            self.assertIn(amount, line["amount"].replace("\xa0", ""))
            self.assertRegex(line["url"], r"/odoo/relance\.notice/\d+$")
            self.assertIn(name, content["overdue"]["lines"][0]["label"])
            self.assertTrue(
                content["to_approve"]["url"].endswith("/odoo/action-relance_fr.relance_digest_action_to_approve")
            )
        body = self._mails(digests).filtered(lambda mail: "claire" in mail.email_to).body_html
        self.assertIn("Menuiserie", body)
        self.assertIn(f"/odoo/my-preferences/{self.claire.id}", body)
        self.assertNotIn("Garage", body)

    def test_every_section(self):
        """Approved, failed, posted, answered, promised, broken, disputed, paid, to be declared."""
        paid = self._invoice(300, "2026-02-10")
        failed = self._create_debtor("Fantôme", email=False, street=False, zip=False, city=False)
        self._invoice(410, "2026-02-15", partner=failed)
        letter = self._create_debtor("Papeterie", email=False)
        self._invoice(75, "2026-02-09", partner=letter)
        self.company.relance_automatic = True
        self._run_on("2026-03-12")
        reminded = paid.relance_notice_ids
        self.assertEqual(reminded.state, "sent")
        with freeze_time("2026-03-13 09:00:00"):
            payment = self._pay(paid, "2026-03-13", 120)
            self.env.flush_all()
        self.assertTrue(payment)
        self.env.cr.execute("UPDATE account_partial_reconcile SET create_date = '2026-03-15 09:00:00'")
        for name, promised_on, due in (("Hôtel", "2026-03-10", "2026-03-19"), ("Bar", "2026-02-20", "2026-03-01")):
            debtor = self._create_debtor(name)
            invoice = self._invoice(770, "2026-02-17", partner=debtor)
            with freeze_time(promised_on):
                self.env["relance.commitment"].create(
                    {
                        "partner_id": debtor.id, "date": promised_on,
                        "move_ids": [Command.set(invoice.ids)], "user_id": self.claire.id,
                        "line_ids": [Command.create({"date": due, "amount": 770})],
                    }
                )  # fmt: skip
        self._run_on("2026-03-14")
        holds = self.env["relance.hold"]
        for name, vals in (
            ("Serrurerie", {"reason": "dispute"}),
            ("Failli", {"reason": "insolvency", "publication_date": "2026-02-15"}),
        ):
            debtor = self._create_debtor(name)
            self._invoice(200, "2026-01-10", partner=debtor)
            with freeze_time("2026-03-14"):
                vals |= {"partner_id": debtor.id, "company_id": self.company.id, "date_from": "2026-02-12"}
                holds |= holds.sudo().create(vals).sudo(False)
        with freeze_time("2026-03-14"):
            reminded.activity_schedule("relance_fr.mail_activity_reply", user_id=self.claire.id)
        content = self.assert_same_as_lists(self._send(f"{MONDAY} 06:10:00", self.claire))
        self.assertEqual(
            {key: section["lines"][0]["label"] for key, section in content.items() if key != "overdue"},
            {
                "failed": "Fantôme", "replies": self.debtor.name, "to_post": "Papeterie", "claims": "Failli",
                "broken": "Bar", "due": "Hôtel", "disputes": "Serrurerie", "paid": self.debtor.name,
            },
        )  # fmt: skip
        self.assertIn("120", content["paid"]["lines"][0]["amount"])
        self.assertIn("770", content["broken"]["lines"][0]["amount"])

    def test_rights_and_companies(self):
        self._story()
        seller = new_test_user(
            self.env, "digest_seller", email="seller@example.com", groups="base.group_user",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        self.his.relance_user_id = seller
        self.assertNotIn(seller, self.Digest._get_recipients(self.company), "He may not read the register.")
        self.his.relance_user_id = self.denis
        elsewhere = self._create_company(name="Ailleurs")
        self.denis.write({"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]})
        self.assertNotIn(self.denis, self.Digest._get_recipients(self.company), "He works elsewhere.")
        with self.assertRaises(AccessError):
            self.Digest.with_user(seller)._open_section("to_approve")
        digests = self._send(f"{MONDAY} 06:10:00")
        self.assertFalse(self.Digest.with_user(self.denis).search([]))
        self.assertEqual(digests.filtered(lambda digest: not digest.is_empty).user_id, self.claire)

    def test_test_mode_lets_colleagues_have_their_digest(self):
        self._story()
        self.company.relance_test_email = "essai@example.com"
        mails = self._mails(self._send(f"{MONDAY} 06:10:00"))
        self.assertTrue(mails)
        self.assertNotIn("essai@example.com", " ".join(mails.mapped("email_to")))
        self.assertFalse(any(mail.subject.startswith("[TEST]") for mail in mails))
