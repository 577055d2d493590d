import hashlib
import json

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from ...models.notice.relance_notice import SEALED_FIELDS
from .test_register import DUE, TODAY, RegisterCommon

# The statement by which version 1 made its content, as it was released. Never to be changed.
VERSION_1 = """
    SELECT notice.id, notice.name AS number, notice.date::text, notice.kind, notice.channel, notice.regime,
           notice.level_id AS level, notice.printed_deadline::text AS deadline,
           notice.email_to AS recipients, notice.email_cc AS copies, notice.personal_note,
           currency.name AS currency, notice.company_id AS company, notice.partner_id AS debtor,
           json_build_object('creditor', creditor.name, 'creditor_registry', creditor.company_registry,
                             'debtor', debtor.name, 'debtor_registry', debtor.company_registry,
                             'addressee', contact.name, 'street', contact.street, 'zip', contact.zip,
                             'city', contact.city) AS parties,
           notice.credit_amount::text AS credit, notice.principal_amount::text AS principal,
           notice.penalty_amount::text AS penalty, notice.indemnity_amount::text AS indemnity,
           notice.total_amount::text AS total, notice.attachment_id AS letter,
           (SELECT json_agg(json_build_array(
                       fact.invoice_name, fact.invoice_date, fact.date_maturity, fact.days_late,
                       fact.level_id, fact.amount_invoiced::text, fact.amount_paid::text,
                       fact.principal_amount::text, fact.penalty_amount::text, fact.indemnity_amount::text,
                       fact.total_amount::text, fact.segments) ORDER BY fact.id)
              FROM relance_notice_line fact WHERE fact.notice_id = notice.id) AS lines
      FROM relance_notice notice
      JOIN res_currency currency ON currency.id = notice.currency_id
      JOIN res_company company ON company.id = notice.company_id
      JOIN res_partner creditor ON creditor.id = company.partner_id
      JOIN res_partner debtor ON debtor.id = notice.partner_id
      JOIN res_partner contact ON contact.id = notice.contact_id
     WHERE notice.id = ANY(%s) ORDER BY notice.seal_sequence
"""
# A content of version 1 as a register of that version held it, and its seal after 64 zeros.
FROZEN = (
    '{"channel":"email","company":7,"credit":"0.0","currency":"EUR","date":"2026-06-30","deadline":null,"debtor":61,'
    '"indemnity":"40.0","kind":"firm","letter":null,"level":12,"lines":[["INV/2026/00001","2026-04-16","2026-05-16",45,'
    '12,"1000.00","0.00","1000.00","14.98","40.0","1054.98",[]]],"number":"RLF/2026/00001","parties":{"addressee":'
    '"Débiteur","city":null,"creditor":"Créancier","creditor_registry":null,"debtor":"Débiteur","debtor_registry":null,'
    '"street":null,"zip":null},"penalty":"14.98","principal":"1000.00","recipients":"a@b.example","regime":"business",'
    '"total":"1054.98"}'
)


class VersionCommon(RegisterCommon):
    def _seal_as_version_1(self, notices):
        """Make ``notices``, the first of the register, what version 1 sealed, by its own statement and chain."""
        self.env.flush_all()
        previous = "0" * 64
        for row in self.env.execute_query_dict(SQL(VERSION_1, notices.ids)):
            notice = notices.browse(row.pop("id"))
            letter = notice.attachment_id
            content = {name: value for name, value in row.items() if value or name not in ("copies", "personal_note")}
            content["letter"] = hashlib.sha256(letter.raw).hexdigest() if letter else None
            payload = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            seal = hashlib.sha256((previous + payload).encode()).hexdigest()
            self._sql(
                "UPDATE relance_notice SET seal_payload = %s, previous_seal = %s, seal = %s, anchor_rank = NULL, "
                "anchor_seal = NULL WHERE id = %s",
                payload, previous, seal, notice.id,
            )  # fmt: skip
            previous = seal
        self._sql("UPDATE relance_register SET last_seal = %s WHERE company_id = %s", previous, self.company.id)

    def _content(self, notice):
        return json.loads(notice.seal_payload)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterContent(VersionCommon):
    """What the seal covers: every field that is called sealed, in the version it was sealed in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env, "content_clerk", name="Claire Aubry", groups="account.group_account_manager",
            company_id=cls.company.id, company_ids=cls.company.ids,
        )  # fmt: skip

    def _notice_by(self, user):
        """Return a notice with a letter that ``user`` made."""
        partner = self._create_debtor("Made by hand")
        partner.relance_calendar_id = self._calendar({"kind": "firm", "with_letter": True})
        invoice = self._invoice(1000, DUE, partner=partner)
        return invoice.with_user(user)._relance_send_by_hand().with_env(self.env)

    def test_said(self):
        first, notice = self._notices(1), self._notice_by(self.clerk)
        content = self._content(notice)
        expected = {
            "version": 2,
            "addressee": notice.contact_id.id,
            "postal_address": notice.postal_to or None,
            "language": notice.lang,
            "by_email": True,
            "level_chosen": False,
            "sealed_on": "2026-06-30 00:00:00",
            "author": {"id": self.clerk.id, "name": "Claire Aubry"},
            "approver": {"id": notice.approved_by.id, "name": notice.approved_by.name} if notice.approved_by else None,
            "invoices": [[notice.line_ids.move_id.id, "EUR"]],
            "anchor": [1, first.seal],
        }
        self.assertEqual({name: content[name] for name in expected}, expected)

    def test_every_sealed_field_is_under_the_seal(self):
        """Whatever of a field that no one may write any more is changed behind the back of the addon is found."""
        _first, second, third = self._notices(3)
        user = self.env.ref("base.user_admin").id
        other = self._create_debtor("Other")
        values = {
            "contact_id": other.id,
            "partner_id": other.id,
            "postal_to": "Elsewhere",
            "with_email": False,
            "level_chosen": True,
            "lang": "xx_XX",
            "sealed_on": "2026-06-30 00:00:01",
            "author_id": user if second.author_id.id != user else self.clerk.id,
            "approved_by": self.clerk.id,
            "approved_on": "2026-06-01 10:00:00",
            "lapsed_on": "2026-06-01",
            "anchor_rank": 0,
            "anchor_seal": "a" * 64,
            "attachment_id": None,
            "deadline": "2027-01-01",
            "name": "RLF/2026/00009",
            "date": "2026-06-01",
            "company_id": self.setup_other_company(name="Autre SA")["company"].id,
            "currency_id": self.env.ref("base.USD").id,
            "level_id": self.standard.level_ids[:1].id,
            "kind": "formal",
            "channel": "registered",
            "printed_deadline": "2026-12-31",
            "regime": "public",
            "credit_amount": 5,
            "principal_amount": second.principal_amount + 1,
            "penalty_amount": second.penalty_amount + 1,
            "indemnity_amount": second.indemnity_amount + 1,
            "total_amount": second.total_amount + 1,
            "email_to": "x@example.com",
            "email_cc": "x@example.com",
            "personal_note": "Other words",
            "seal": "b" * 64,
            "previous_seal": "b" * 64,
            "seal_sequence": 9,
            "seal_payload": "[]",
        }
        self.assertEqual(SEALED_FIELDS - set(values), set(), "A field that is called sealed is tried here.")
        for field, value in values.items():
            total = "total_amount" if field.startswith(("principal", "penalty", "indemnity")) else None
            total = total or ("principal_amount" if field == "total_amount" else None)
            also = f", {total} = {total} + 1" if total else ""
            with self.subTest(field=field), self.env.cr.savepoint() as savepoint:
                self._sql(f"UPDATE relance_notice SET {field} = %s{also} WHERE id = %s", value, second.id)
                verification = self._verify()
                self.assertFalse(verification["valid"])
                if field not in ("company_id", "seal_sequence"):
                    self.assertIn(verification["broken"], (second.name, second.browse(second.id).name))
                savepoint.rollback()
                self.env.invalidate_all()
        lines = {"move_id": third.line_ids.move_id.id, "currency_id": self.env.ref("base.USD").id}
        for field, value in lines.items():
            with self.subTest(line=field), self.env.cr.savepoint() as savepoint:
                self._sql(f"UPDATE relance_notice_line SET {field} = %s WHERE notice_id = %s", value, second.id)
                self.assertEqual(self._verify()["broken"], second.name)
                savepoint.rollback()
                self.env.invalidate_all()
        self.assert_register()

    def test_author_renamed_then_deleted(self):
        notice = self._notice_by(self.clerk)
        self.clerk.name = "Claire Martin"
        self.assert_register()
        self._sql("UPDATE relance_notice SET author_id = NULL WHERE id = %s", notice.id)
        self.assertFalse(self._verify()["valid"], "The user is still there: she was taken away.")
        self._sql("UPDATE relance_notice SET author_id = %s WHERE id = %s", self.clerk.id, notice.id)
        self.clerk.partner_id.user_ids.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(notice.author_id)
        self.assertEqual(self._content(notice)["author"]["name"], "Claire Aubry")
        self.assert_register()

    def test_addressee_merged(self):
        partner = self._create_debtor("Head office")
        contact = self.env["res.partner"].create(
            {"name": "Reminders", "parent_id": partner.id, "email": "reminders@example.com"}
        )
        notice = self._send(self._invoice(1000, DUE, partner=partner), TODAY)
        self._sql("UPDATE relance_notice SET contact_id = %s WHERE id = %s", contact.id, notice.id)
        self.assertFalse(self._verify()["valid"])

    def test_sealed_content_that_is_no_content(self):
        """A content that was tampered with is told, whatever it was made: never a traceback."""
        _first, second, _third = self._notices(3)
        register = self.env["relance.register"].with_user(self.clerk)
        broken = ("", "x", "[]", "3", "null", '"a"', '{"version":3}', '{"version":"x"}', '{"author":[],"addressee":{}}',
                  '{"author":{"id":[]},"addressee":[[]],"parties":3,"debtor":{}}',
                  '{"author":{"id":1e99}}')  # fmt: skip
        for payload in broken:
            seal = register._get_seal(second.previous_seal, payload)
            with self.subTest(payload=payload), self.env.cr.savepoint() as savepoint:
                self._sql(
                    "UPDATE relance_notice SET seal_payload = %s, seal = %s WHERE id = %s", payload, seal, second.id
                )
                self.assertEqual(self._verify()["broken"], second.name)
                self.assertEqual(len(list(register._export_lines(self.company))), 3)
                savepoint.rollback()
                self.env.invalidate_all()

    # === VERSIONS === #

    def test_frozen_version_1(self):
        """The very bytes that version 1 sealed give the seal it gave."""
        register = self.env["relance.register"]
        self.assertEqual(register._serialize(json.loads(FROZEN)), FROZEN)
        seal = "7440d27cb0152db71ebb6d2730681782c9fdabe92cdfc7724246895bd75fc85b"
        self.assertEqual(register._get_seal("0" * 64, FROZEN), seal)

    def test_register_begun_by_version_1(self):
        old = self._notices(2)
        self._seal_as_version_1(old)
        self.assertNotIn("version", self._content(old[0]))
        self.assertEqual(set(self._content(old[0])) ^ set(json.loads(FROZEN)), set())
        self.assert_register()
        new = self._notices(1)
        self.assertEqual(self._content(new)["version"], 2)
        self.assertEqual(self._content(new)["anchor"], [2, old[1].seal])
        self.assertEqual(self._verify(), {"valid": True, "checked": 3, "broken": False, "reason": False})
        exported = [json.loads(line) for line in self.env["relance.register"]._export_lines(self.company)]
        self.assertEqual([json.loads(line["payload"]).get("version") for line in exported], [None, None, 2])
        self._sql("UPDATE relance_notice SET credit_amount = 5 WHERE id = %s", old[1].id)
        self.assertEqual(self._verify()["broken"], old[1].name)

    def test_content_of_a_later_version(self):
        notice = self._notices(1)
        payload = notice.seal_payload.replace('"version":2', '"version":9')
        seal = self.env["relance.register"]._get_seal("0" * 64, payload)
        self._sql("UPDATE relance_notice SET seal_payload = %s, seal = %s WHERE id = %s", payload, seal, notice.id)
        self._sql("UPDATE relance_register SET last_seal = %s WHERE company_id = %s", seal, self.company.id)
        self.assertIn("later version", self._verify()["reason"])

    def test_letter_made_by_version_1_and_sealed_now(self):
        """An upgrade between the letter and its seal: the letter carries nothing, and the content says so."""
        notice = self._notices(1)
        self._sql(
            "UPDATE relance_notice SET seal = NULL, previous_seal = NULL, seal_sequence = 0, seal_payload = NULL, "
            "state = 'draft', anchor_rank = NULL, anchor_seal = NULL, sealed_on = NULL WHERE id = %s", notice.id,
        )  # fmt: skip
        self._sql(
            "UPDATE relance_register SET last_rank = 0, last_seal = repeat('0', 64) WHERE company_id = %s",
            self.company.id,
        )
        notice._append(self.company)
        self.assertEqual((self._content(notice)["anchor"], notice.anchor_seal), (None, False))
        self.assert_register()


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestFileStorage(VersionCommon):
    """Core moves files between the file store and the database: bytes stay, and nothing else is written."""

    def setUp(self):
        super().setUp()
        self.notice = self._notices(1)
        self.letter = self.notice.attachment_id

    def _move(self, location):
        self.env["ir.config_parameter"].set_param("ir_attachment.location", location)
        self.env["ir.attachment"].force_storage()
        self.env.flush_all()
        self.env.invalidate_all()

    def test_moved_there_and_back(self):
        before = self.letter.raw, self.letter.checksum, self.letter.mimetype
        for location, in_database in (("db", True), ("file", False)):
            self._move(location)
            self.assertEqual(bool(self.letter.db_datas), in_database)
            self.assertEqual((self.letter.raw, self.letter.checksum, self.letter.mimetype), before)
            self.assert_register()

    def test_nothing_else_is_written(self):
        raw, mimetype = self.letter.raw, self.letter.mimetype
        admin = new_test_user(
            self.env, "storage_admin", groups="account.group_account_manager,base.group_erp_manager,base.group_system",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        clerk = new_test_user(
            self.env, "storage_clerk", groups="account.group_account_manager", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        for user, vals in ((admin, {"raw": raw, "mimetype": mimetype}), (admin, {"raw": raw}), (clerk, {"raw": raw})):
            # The same bytes are the same file, of the same type.
            self.letter.with_user(user).write(dict(vals))
            self.assertEqual((self.letter.raw, self.letter.mimetype), (raw, mimetype))
        tries = (
            (admin, {"raw": raw + b" ", "mimetype": mimetype}),
            (admin, {"raw": raw, "mimetype": "text/css"}),
            (admin, {"raw": raw, "mimetype": mimetype, "name": "x"}),
            (admin, {"raw": raw, "mimetype": mimetype, "public": True}),
            (admin, {"raw": False, "mimetype": mimetype}),
            (clerk, {"raw": raw + b" ", "mimetype": mimetype}),
        )
        for user, vals in tries:
            with self.subTest(user=user.login, vals=set(vals)), self.assert_refused_write():
                self.letter.with_user(user).write(dict(vals))
        self.assertEqual((self.letter.raw, self.letter.mimetype), (raw, mimetype))

    def assert_refused_write(self):
        return self.assertRaisesRegex(UserError, "letter of the dunning register")

    def test_file_that_the_store_has_lost(self):
        """It reads as empty: moving it would lose its place and its checksum as well."""
        self._sql("UPDATE ir_attachment SET store_fname = 'aa/none', db_datas = NULL WHERE id = %s", self.letter.id)
        with self.assert_refused_write(), self.env.cr.savepoint():
            self.letter.write({"raw": self.letter.raw, "mimetype": self.letter.mimetype})
