from base64 import b64encode

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .test_register import TODAY, RegisterCommon

GROUPS = {
    "clerk": "account.group_account_invoice",
    "auditor": "account.group_account_readonly",
    "manager": "account.group_account_manager",
    "admin": "account.group_account_manager,base.group_system,base.group_erp_manager",
    "portal": "base.group_portal",
    "public": "base.group_public",
}
REFUSED = (UserError, AccessError, AttributeError)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestRegisterRights(RegisterCommon):
    """Every way a user has to alter or delete a sealed notice, its lines or its letter; nobody may."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notice = cls._notices(1)
        cls.line, cls.letter = cls.notice.line_ids, cls.notice.attachment_id
        cls.users = {
            name: new_test_user(
                cls.env, f"rights_{name}", groups=groups, company_id=cls.company.id, company_ids=cls.company.ids
            )
            for name, groups in GROUPS.items()
        }
        cls.other = cls.env["ir.attachment"].create({"name": "other.pdf", "raw": b"%PDF other"})

    def _ways(self):
        """Return ``{what: (record, public method, arguments)}``."""
        notice, line, letter = self.notice, self.line, self.letter
        run, move, partner = notice.run_id, line.move_id, notice.partner_id
        figures = {"total_amount": 1, "principal_amount": 1}
        return {
            "write": (notice, "write", [figures]),
            "web_save": (notice, "web_save", [figures, {}]),
            "lines through the notice": (notice, "write", [{"line_ids": [Command.update(line.id, figures)]}]),
            "lines out of the notice": (notice, "write", [{"line_ids": [Command.delete(line.id)]}]),
            "another letter": (notice, "write", [{"attachment_id": self.other.id}]),
            "the letter through its field": (notice, "write", [{"letter": b64encode(b"other")}]),
            "copy": (notice, "copy", []),
            "unlink": (notice, "unlink", []),
            "create": (notice.browse(), "create", [[{"partner_id": partner.id}]]),
            "load": (notice.browse(), "load", [["id", "total_amount"], [[str(notice.id), "1"]]]),
            "name_create": (notice.browse(), "name_create", ["RLF/2026/00001"]),
            "cancel": (notice, "action_cancel", []),
            "write a line": (line, "write", [figures]),
            "unlink a line": (line, "unlink", []),
            "copy a line": (line, "copy", []),
            "through the run": (run, "write", [{"notice_ids": [Command.update(notice.id, figures)]}]),
            "out of the run": (run, "write", [{"notice_ids": [Command.delete(notice.id)]}]),
            "unlinked from the run": (run, "write", [{"notice_ids": [Command.unlink(notice.id)]}]),
            "replaced in the run": (run, "write", [{"notice_ids": [Command.clear()]}]),
            "delete the run": (run, "unlink", []),
            "through the invoice": (move, "write", [{"relance_notice_line_ids": [Command.delete(line.id)]}]),
            "delete the debtor": (partner, "unlink", []),
            "delete the level": (notice.level_id, "unlink", []),
            "the head of the register": (self._head(), "write", [{"last_seal": "0" * 64}]),
            "delete the register": (self._head(), "unlink", []),
            "bytes of the letter": (letter, "write", [{"raw": b"other"}]),
            "type of the letter": (letter, "write", [{"mimetype": "text/html"}]),
            "field of the letter": (letter, "write", [{"res_field": "receipt"}]),
            "letter for everybody": (letter, "write", [{"public": True}]),
            "delete the letter": (letter, "unlink", []),
        }

    def _head(self):
        return self.env["relance.register"].search([("company_id", "=", self.company.id)])

    def _facts(self):
        """Return what the tables say of the notice, its lines, its letter and the head."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT to_jsonb(notice), to_jsonb(fact), letter.store_fname, letter.mimetype, letter.public,
                   letter.res_field, head.last_seal
              FROM relance_notice notice JOIN relance_notice_line fact ON fact.notice_id = notice.id
              JOIN ir_attachment letter ON letter.id = notice.attachment_id
              JOIN relance_register head ON head.company_id = notice.company_id
             WHERE notice.id = %s
            """,
            [self.notice.id],
        )
        return self.env.cr.fetchall()

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_alters_what_is_sealed(self):
        before = self._facts()
        self.assertEqual(len(before), 1)
        for name, user in self.users.items():
            for way, (record, method, arguments) in self._ways().items():
                with self.subTest(user=name, way=way), self.env.cr.savepoint() as savepoint:
                    own = record.with_user(user)
                    try:
                        result = get_public_method(own, method)(own, *arguments)
                        # An import tells its errors instead of raising them.
                        refused = method == "load" and not result["ids"]
                        own.env.flush_all()
                    except REFUSED:
                        refused = True
                    self.env.invalidate_all(flush=False)
                    self.assertTrue(refused or self._facts() == before, "It was done.")
                    savepoint.rollback()
        self.env.invalidate_all()
        self.assertEqual(self._facts(), before)
        self.assert_register()

    def test_chatter_leaves_the_facts_alone(self):
        """People may write about a notice; the letter they attach again stays the one that was sealed."""
        notice = self.notice.with_user(self.users["manager"])
        before = self.letter.raw
        message = notice.message_post(body="See the letter.", attachment_ids=self.letter.ids, message_type="comment")
        message._filtered_access("unlink").unlink()
        self.assertEqual(self.letter.exists().raw, before)
        # On the notice a copy is a proof like any other file; elsewhere it is anybody's.
        copied = self.letter.copy({"res_model": "res.partner", "res_id": self.debtor.id})
        copied.write({"raw": b"%PDF other"})
        self.assertEqual(self.letter.raw, before)
        self.assert_register()

    def test_letter_about_to_be_sealed(self):
        """Between its rendering and its seal a letter is a fact as well: what is sealed is what was rendered."""
        self._sql("UPDATE relance_notice SET seal = NULL WHERE id = %s", self.notice.id)
        for name in ("clerk", "manager", "admin"):
            with self.subTest(user=name), self.assertRaises(UserError):
                self.letter.with_user(self.users[name]).write({"raw": b"other"})
