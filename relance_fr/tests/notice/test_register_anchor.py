import ast
import json
from datetime import date, datetime

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ...hooks import post_init_hook, uninstall_hook
from .test_register import DUE, TODAY, RegisterCommon


class AnchorCommon(RegisterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.register = cls.env["relance.register"]
        cls.manager = new_test_user(
            cls.env, "anchor_manager", groups="account.group_account_manager", email="claire@example.com",
            company_id=cls.company.id, company_ids=cls.company.ids, tz="Europe/Paris",
        )  # fmt: skip

    def _head(self):
        return self.register.search([("company_id", "=", self.company.id)])

    def _cut(self, notices):
        """Delete the newest rows by SQL with all that belongs to them, and write the head back before them."""
        self.env.flush_all()
        letters, mails = notices.attachment_id, notices.mail_id
        self._sql("DELETE FROM mail_message WHERE model = 'relance.notice' AND res_id = ANY(%s)", notices.ids)
        self._sql("DELETE FROM mail_mail WHERE id = ANY(%s)", mails.ids)
        self._sql("DELETE FROM relance_notice WHERE id = ANY(%s)", notices.ids)
        self._sql("DELETE FROM ir_attachment WHERE id = ANY(%s)", letters.ids)
        self._sql(
            """
            UPDATE relance_register head
               SET last_rank = COALESCE(last.seal_sequence, 0), last_seal = COALESCE(last.seal, repeat('0', 64)),
                   last_numbers = jsonb_build_object('2026', COALESCE(last.seal_sequence, 0))
              FROM (SELECT 1) once
         LEFT JOIN LATERAL (SELECT seal_sequence, seal FROM relance_notice
                             WHERE company_id = %(company)s AND seal IS NOT NULL
                          ORDER BY seal_sequence DESC LIMIT 1) last ON TRUE
             WHERE head.company_id = %(company)s
            """.replace("%(company)s", str(self.company.id))
        )


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterAnchor(AnchorCommon):
    """Letters, e-mails and digests carry the head out of the database; what was cut or made anew contradicts them."""

    def test_what_letters_and_emails_carry(self):
        first, second, third = self._notices(3)
        self.assertEqual(first.anchor_rank, 0)
        self.assertNotIn("Dunning register", first.attachment_id.raw.decode())
        self.assertEqual((second.anchor_rank, second.anchor_seal), (1, first.seal))
        self.assertEqual((third.anchor_rank, third.anchor_seal), (2, second.seal))
        digits = " ".join(second.seal[start : start + 4] for start in range(0, 32, 4))
        line = f"Dunning register, rank 2, seal {digits}"
        self.assertIn(line, third.attachment_id.raw.decode())
        self.assertIn(line, third.mail_id.body_html)
        self.assertEqual(
            ast.literal_eval(third.mail_id.headers),
            {
                "X-Relance-Register": f"number={third.name}; rank=3; seal={third.seal}; carried-rank=2; "
                f"carried-seal={second.seal}"
            },
        )
        self.assert_register()

    def test_in_the_language_of_the_letter(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._notices(1)
        partner = self._create_debtor("Débiteur français", lang="fr_FR")
        partner.relance_calendar_id = self._calendar({"kind": "firm", "with_letter": True})
        notice = self._send(self._invoice(1000, DUE, partner=partner), TODAY)
        for text in (notice.attachment_id.raw.decode(), notice.mail_id.body_html):
            self.assertIn(notice.anchor_seal[:4], text)
            self.assertIn("Registre des relances", text)
            self.assertNotIn("Dunning register", text)

    def test_one_head_a_batch(self):
        """What is sealed together carries the head there was before: nobody waits for the row before his own."""
        [before] = self._notices(1)
        partners = [self._create_debtor(f"Batch {number}") for number in range(3)]
        invoices = self.env["account.move"].union(*(self._invoice(900, DUE, partner=partner) for partner in partners))
        notices = self._send(invoices, TODAY)
        self.assertEqual(len(notices), 3)
        self.assertEqual({(notice.anchor_rank, notice.anchor_seal) for notice in notices}, {(1, before.seal)})
        self.assert_register()

    def test_drafts_carry_nothing(self):
        self._notices(1)
        invoice = self._invoice(900, DUE, partner=self._create_debtor("Preview"))
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run._decide(by_hand=True, moves=invoice)
        draft = run._draft(approved=True)
        self.assertFalse(draft._get_anchor_text())
        self.assertNotIn("Dunning register", draft._render_letters()[draft.id].decode())

    def test_letter_printed_after_the_seal(self):
        """It carries what was sealed with the notice, whatever was appended since."""
        [before] = self._notices(1)
        notice = self._send(self._invoice(500, DUE), TODAY)
        self.assertFalse(notice.attachment_id)
        self._notices(1)
        notice._get_stored_letters()
        self.assertIn(f"rank 1, seal {before.seal[:4]}", notice.attachment_id.raw.decode())
        self.assert_register()

    # === CUT, MADE ANEW === #

    def test_newest_rows_deleted(self):
        notices = self._notices(4)
        for kept in (3, 1, 0):
            with self.subTest(kept=kept), self.env.cr.savepoint() as savepoint:
                self._sql("DELETE FROM relance_notice WHERE id = ANY(%s)", notices[kept:].ids)
                last = notices[kept - 1] if kept else None
                self._sql(
                    "UPDATE relance_register SET last_rank = %s, last_seal = %s, last_numbers = %s "
                    "WHERE company_id = %s",
                    kept, last.seal if last else "0" * 64, json.dumps({"2026": kept}), self.company.id,
                )  # fmt: skip
                verification = self._verify()
                self.assertFalse(verification["valid"], "Letters and messages of the notices are still there.")
                self.assertIn("was removed", verification["reason"])
                savepoint.rollback()
                self.env.invalidate_all()
        self.assert_register()

    def test_cut_then_made_anew(self):
        """Everything inside the database was made consistent again: what is held outside tells."""
        notices = self._notices(4)
        letter = notices[3]
        carried = letter.anchor_rank, letter.anchor_seal[:32]
        self.assertEqual(self.register._compare_anchor(self.company, *carried)[0], "agrees")
        self._cut(notices[1:])
        self.assertTrue(self._verify()["valid"], "Nothing is left inside that knows better.")
        self.assertEqual(self.register._compare_anchor(self.company, *carried)[0], "differs")
        self.debtor.name = "Somebody else"
        with freeze_time("2026-07-01"):
            self._notices(3, day="2026-07-01")
        self.assertTrue(self._verify()["valid"])
        outcome, sentence = self.register._compare_anchor(self.company, *carried)
        self.assertEqual(outcome, "differs")
        self.assertIn("another seal", sentence)

    def test_rows_that_carry_what_was_cut(self):
        """A row left behind carries a head that the chain made anew does not have."""
        notices = self._notices(3)
        register = self.register
        # The second one is changed and every seal from it on computed again, as whoever holds the database can.
        previous = notices[0].seal
        self._sql("UPDATE relance_notice SET regime = 'public' WHERE id = %s", notices[1].id)
        for notice in notices[1:]:
            payload = notice.seal_payload
            if notice == notices[1]:
                payload = payload.replace('"regime":"business"', '"regime":"public"')
            seal = register._get_seal(previous, payload)
            self._sql(
                "UPDATE relance_notice SET previous_seal = %s, seal = %s, seal_payload = %s WHERE id = %s",
                previous, seal, payload, notice.id,
            )  # fmt: skip
            previous = seal
        self._sql("UPDATE relance_register SET last_seal = %s WHERE company_id = %s", previous, self.company.id)
        verification = self._verify()
        self.assertEqual((verification["valid"], verification["broken"]), (False, notices[2].name))
        self.assertIn("carries a seal for rank 2", verification["reason"])

    def test_digest(self):
        self.manager.relance_digest = "daily"
        self.company.write({"relance_signatory_id": self.manager.id, "relance_automatic": False})
        notices = self._notices(2)
        self._invoice(700, DUE, partner=self._create_debtor("Waits"))
        self._run_on(TODAY)
        Digest = self.env["relance.digest"].with_user(SUPERUSER_ID)
        with freeze_time("2026-07-01 06:10:00"):
            Digest._cron_send()
        digest = Digest.search([("user_id", "=", self.manager.id)])
        self.assertEqual((digest.anchor_rank, digest.anchor_seal), (2, notices[1].seal))
        mail = self.env["mail.mail"].search([("model", "=", "relance.digest"), ("res_id", "=", digest.id)])
        self.assertIn(f"rank 2, seal {notices[1].seal[:4]}", mail.body_html)
        self.assertIn(f"carried-rank=2; carried-seal={notices[1].seal}", mail.headers)
        self.assert_register()
        self._cut(notices[1])
        verification = self._verify()
        self.assertFalse(verification["valid"], "The digest carries the rank that was cut off.")
        self.assertIn("digest", verification["reason"])

    def test_digest_of_an_empty_register(self):
        Digest = self.env["relance.digest"].with_user(SUPERUSER_ID)
        digest = Digest._create_once(self.company, self.manager, date(2026, 7, 1), datetime(2026, 7, 1, 6, 10))
        digest._send_mail()
        mail = self.env["mail.mail"].search([("model", "=", "relance.digest"), ("res_id", "=", digest.id)])
        self.assertTrue(mail)
        self.assertNotIn("Dunning register", mail.body_html)
        self.assertFalse(mail.headers)
        self.assert_register()

    # === CHECK A LETTER === #

    def test_check_a_letter(self):
        first, second = self._notices(2)
        check = self.env["relance.register.check"].with_user(self.manager).with_company(self.company)
        digits = first.seal.upper()[:32]
        spaced = " ".join(digits[start : start + 4] for start in range(0, 32, 4))
        for rank, seal, outcome in (
            ("1", spaced, "agrees"),
            (" 1 ", first.seal, "agrees"),
            ("1", f"{first.seal[:16]}…", "agrees"),
            ("2", first.seal[:32], "differs"),
            ("2", second.seal[:32], "agrees"),
            ("3", first.seal[:32], "differs"),
        ):
            with self.subTest(rank=rank, seal=seal):
                form = Form(check)
                form.rank, form.seal = rank, seal
                dialog = form.save()
                action = dialog.action_compare()
                self.assertEqual(action["res_id"], dialog.id)
                self.assertEqual(dialog.outcome, outcome)
                self.assertTrue(dialog.message)
        for rank, seal in (
            ("0", digits), ("x", digits), ("-1", digits), ("1" * 5000, digits), ("²", digits), ("1", digits[:15]),
            ("1", "g" * 32), ("1", "a" * 65), ("1", False), (False, digits),
        ):  # fmt: skip
            with self.subTest(rank=rank and rank[:9], seal=seal), self.assertRaises(UserError):
                check.create({"rank": rank, "seal": seal}).action_compare()

    def test_who_checks(self):
        self._notices(1)
        clerk = new_test_user(self.env, "anchor_clerk", groups="account.group_account_invoice",
                              company_id=self.company.id, company_ids=self.company.ids)  # fmt: skip
        check = self.env["relance.register.check"]
        with self.assertRaises(AccessError):
            check.with_user(clerk).create({"rank": "1", "seal": "a" * 32})
        other = self.setup_other_company(name="Autre SA")["company"]
        dialog = check.with_user(self.manager).create({"rank": "1", "seal": "a" * 32, "company_id": other.id})
        with self.assertRaises(AccessError):
            dialog.action_compare()


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterResumed(AnchorCommon):
    """The addon uninstalled and installed again: numbers, ranks and seals go on."""

    def _uninstall(self):
        """Do what uninstalling does: the hook, then the tables are gone."""
        self.env.flush_all()
        uninstall_hook(self.env)
        self.env.flush_all()
        self._sql("DELETE FROM mail_message WHERE model = 'relance.notice'")
        self._sql("DELETE FROM relance_digest")
        self._sql("DELETE FROM relance_notice")
        self._sql("DELETE FROM ir_attachment WHERE res_model = 'relance.notice'")
        self._sql("DELETE FROM relance_register")

    def _install(self):
        post_init_hook(self.env(su=True))
        self.env.flush_all()
        self.env.invalidate_all()

    def _parameter(self):
        return self.env["ir.config_parameter"].search([("key", "=", f"relance_fr.register.{self.company.id}")])

    def test_goes_on(self):
        notices = self._notices(3)
        last = notices[2].seal
        self._uninstall()
        left = json.loads(self._parameter().value)
        self.assertEqual((left["rank"], left["seal"], left["numbers"]), (3, last, {"2026": 3}))
        self._install()
        earlier = self.register._get_earlier(self.company)
        self.assertEqual((earlier["rank"], earlier["seal"], earlier["numbers"]), (3, last, ["RLF/2026/00003"]))
        self.assertEqual(self._verify(), {"valid": True, "checked": 0, "broken": False, "reason": False})
        new = self._notices(2)
        self.assertEqual(new.mapped("name"), ["RLF/2026/00004", "RLF/2026/00005"])
        self.assertEqual(new.mapped("seal_sequence"), [4, 5])
        self.assertEqual(new[0].previous_seal, last)
        self.assertEqual((new[0].anchor_rank, new[0].anchor_seal), (3, last))
        self.assertIn(f"rank 3, seal {last[:4]}", new[0].attachment_id.raw.decode())
        self.assertEqual(self._verify(), {"valid": True, "checked": 2, "broken": False, "reason": False})
        for rank, seal, outcome in ((2, "a" * 32, "unknown"), (3, last[:32], "agrees"), (3, "a" * 32, "differs")):
            self.assertEqual(self.register._compare_anchor(self.company, rank, seal)[0], outcome)

    def test_told(self):
        self._notices(2)
        self._uninstall()
        self._install()
        self._notices(1)
        page = str(self.register.with_user(self.manager)._render_certificate_html(self.company, document=True))
        day = "June\N{NO-BREAK SPACE}30,"
        for said in ("Continues", "an earlier register", "RLF/2026/00002", self._head().carried_seal, day):
            self.assertIn(said, page)
        model = self.env["relance.notice"].with_user(self.manager).with_company(self.company)
        params = model.action_verify_register()["params"]
        self.assertEqual(params["type"], "success")
        self.assertIn("continues an earlier register, which ended at rank 2", params["message"])
        exported = [json.loads(line) for line in self.register._export_lines(self.company)]
        self.assertEqual([line["rank"] for line in exported], [3])

    def test_again_and_again(self):
        for round_ in range(3):
            self._notices(2)
            self._uninstall()
            self._install()
            if round_ == 1:
                self._uninstall()
                self._install()
        self.assertEqual(self._notices(1).name, "RLF/2026/00007")
        self.assert_register()

    def test_numbers_of_each_year(self):
        mild = self._calendar("courtesy")
        for day, due in (("2025-06-30", "2025-05-16"), (TODAY, DUE)):
            partner = self._create_debtor(f"Debtor of {day}")
            partner.relance_calendar_id = mild
            self._send(self._invoice(500, due, partner=partner), day)
        self._sql("UPDATE relance_register SET last_numbers = NULL")
        self._uninstall()
        self.assertEqual(json.loads(self._parameter().value)["numbers"], {"2025": 1, "2026": 1})
        self._install()
        partner = self._create_debtor("Afterwards")
        partner.relance_calendar_id = mild
        notice = self._send(self._invoice(500, "2025-05-16", partner=partner), "2025-07-01")
        self.assertEqual(notice.name, "RLF/2025/00002")
        self.assertEqual(self._notices(1).name, "RLF/2026/00002")
        self.assert_register()

    def test_what_is_missing_afterwards_is_missed(self):
        self._notices(2)
        self._uninstall()
        self._install()
        new = self._notices(2)
        for deleted in new:
            with self.subTest(deleted=deleted.name), self.env.cr.savepoint() as savepoint:
                self._sql("DELETE FROM relance_notice WHERE id = %s", deleted.id)
                self.assertFalse(self._verify()["valid"])
                savepoint.rollback()
                self.env.invalidate_all()
        self._sql("UPDATE relance_register SET carried_rank = 1")
        self.assertFalse(self._verify()["valid"])

    def test_first_seal_without_the_hook(self):
        """A parameter brought in by hand counts as well, as long as nothing was sealed."""
        self._notices(1)
        self._uninstall()
        self.assertEqual(self._notices(1).name, "RLF/2026/00002")
        self.assert_register()

    def test_which_company(self):
        self.company.write({"company_registry": "30326504500017", "country_id": self.env.ref("base.fr").id})
        self._notices(2)
        self._uninstall()
        parameter = self._parameter()
        left = json.loads(parameter.value)
        self.assertEqual((left["siren"], left["name"]), ("303265045", self.company.name))
        other = self.setup_other_company(name="Autre SA")["company"]
        other.company_registry = False
        find = self.register._find_left_heads
        for change, expected in (
            ({}, self.company),
            ({"name": "Renamed since"}, self.company),
            ({"company": 0}, self.company),
            ({"company": other.id}, self.company),
            ({"siren": "552100554"}, self.company),
            ({"company": 0, "siren": ""}, self.company),
            ({"company": other.id, "siren": "", "name": "Autre SA"}, other),
            ({"company": 0, "siren": "", "name": "Nobody"}, None),
        ):
            with self.subTest(change=change):
                parameter.value = json.dumps(left | change)
                self.assertEqual(list(find()), [expected] if expected else [])

    @mute_logger("odoo.addons.relance_fr.models.notice.relance_register")
    def test_parameter_that_cannot_be_read(self):
        self._notices(1)
        self._uninstall()
        parameter = self._parameter()
        left = json.loads(parameter.value)
        for value in (
            "x", "[]", "{}", "null", json.dumps(left | {"seal": "x"}), json.dumps(left | {"rank": "x"}),
            json.dumps(left | {"rank": 2**40}), json.dumps(left | {"numbers": [1]}),
            json.dumps(left | {"numbers": {"x": 1}}), json.dumps(left | {"left_on": "x"}),
        ):  # fmt: skip
            with self.subTest(value=value):
                parameter.value = value
                self.assertEqual(self.register._find_left_heads(), {})
        self._install()
        self.assertEqual(self._notices(1).name, "RLF/2026/00001", "Nothing blocks the register.")
