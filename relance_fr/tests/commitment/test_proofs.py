from base64 import b64encode
from hashlib import sha256

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..notice.test_register import DUE, TODAY, RegisterCommon

RECEIPT, OTHER = b"%PDF receipt", b"%PDF other"


class ProofCommon(RegisterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notice = cls._notices(1)
        groups = {"clerk": "invoice", "manager": "manager"}
        cls.clerk, cls.manager = (
            new_test_user(
                cls.env,
                f"proofs_{name}",
                groups=f"base.group_user,account.group_account_{group}",
                company_id=cls.company.id,
                company_ids=cls.company.ids,
            )
            for name, group in groups.items()
        )

    def _attach(self, record, user=None, **vals):
        """Attach a file to ``record`` as its owner does."""
        return (
            self.env["ir.attachment"]
            .with_user(user or self.clerk)
            .create({"name": "proof.pdf", "raw": RECEIPT, "res_model": record._name, "res_id": record.id, **vals})
        )

    def _receipts(self):
        domain = [("res_model", "=", "relance.notice"), ("res_id", "=", self.notice.id), ("res_field", "=", "receipt")]
        return self.env["ir.attachment"].sudo().search(domain)

    def assert_frozen(self, attachment, *users):
        """Check that none of ``users`` changes the bytes, the name or the link of the file, or deletes it."""
        ways = {
            "raw": lambda file: file.write({"raw": OTHER}),
            "datas": lambda file: file.write({"datas": b64encode(OTHER)}),
            "emptied": lambda file: file.write({"raw": False}),
            "name": lambda file: file.write({"name": "other.pdf"}),
            "type": lambda file: file.write({"mimetype": "text/html"}),
            "record": lambda file: file.write({"res_id": file.res_id + 1}),
            "model": lambda file: file.write({"res_model": "res.partner", "res_id": self.debtor.id}),
            "no record": lambda file: file.write({"res_model": False, "res_id": False}),
            "field": lambda file: file.write({"res_field": "signature"}),
            "link": lambda file: file.write({"type": "url", "url": "https://example.com"}),
            "unlink": lambda file: file.unlink(),
        }
        for user in users:
            for name, way in ways.items():
                with self.subTest(file=attachment.res_model, user=user.login, way=name):
                    with self.assertRaises(UserError):
                        way(attachment.with_user(user))
        with self.assertRaises(UserError):
            attachment.sudo().unlink()
        self.assertEqual(attachment.sudo().raw, RECEIPT)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestReceipt(ProofCommon):
    """The receipt of a registered letter: once there it stays; a manager replaces it, the former one is kept."""

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule"))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notice.with_user(cls.clerk).write({"receipt": b64encode(RECEIPT), "receipt_name": "AR.pdf"})

    def test_it_stays(self):
        for user in (self.clerk, self.manager):
            notice = self.notice.with_user(user)
            for vals in (
                {"receipt": b64encode(OTHER)},
                {"receipt": b64encode(OTHER), "receipt_name": "AR.pdf"},
                {"receipt": False},
                {"receipt_name": "other.pdf"},
                {"receipt_name": False},
            ):
                for method in ("write", "web_save"):
                    arguments = [vals] if method == "write" else [vals, {}]
                    with self.subTest(user=user.login, vals=vals, method=method):
                        with self.assertRaisesRegex(UserError, "receipt of a letter stays"):
                            getattr(notice, method)(*arguments)
        # The same again is no change.
        self.notice.with_user(self.clerk).write({"receipt": b64encode(RECEIPT), "receipt_name": "AR.pdf"})
        self.assertEqual(self._receipts().raw, RECEIPT)
        self.assertTrue(self.notice.has_receipt)

    def test_not_through_its_attachment(self):
        self.assert_frozen(self._receipts(), self.clerk, self.manager, self.env.ref("base.user_admin"))

    def test_no_second_file_hides_it(self):
        with self.assertRaisesRegex(UserError, "belongs to a field"), self.env.cr.savepoint():
            self._attach(self.notice, raw=OTHER, res_field="receipt")
        with self.assertRaisesRegex(UserError, "belongs to a field"), self.env.cr.savepoint():
            self.env["ir.attachment"].with_user(self.clerk).with_context(default_res_field="receipt").create(
                {"name": "x", "raw": OTHER, "res_model": "relance.notice", "res_id": self.notice.id}
            )
        loose = self.env["ir.attachment"].with_user(self.clerk).create({"name": "other.pdf", "raw": OTHER})
        with self.assertRaisesRegex(UserError, "belongs to a field"), self.env.cr.savepoint():
            loose.write({"res_model": "relance.notice", "res_id": self.notice.id, "res_field": "receipt"})
        self.env.invalidate_all()
        self.assertEqual(self._receipts().raw, RECEIPT)

    def test_a_manager_replaces_it_with_a_reason(self):
        dialogs = self.env["relance.receipt.replace"]
        vals = {"notice_id": self.notice.id, "receipt": b64encode(OTHER), "receipt_name": "right.pdf"}
        with self.assertRaises(AccessError):
            dialogs.with_user(self.clerk).create({**vals, "reason": "x"})
        for wrong in ({"reason": " "}, {"reason": "x", "receipt": b"%%%"}):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                dialogs.with_user(self.manager).create({**vals, **wrong}).action_apply()
        former = self._receipts()
        dialogs.with_user(self.manager).create({**vals, "reason": "Scan of another letter"}).action_apply()
        self.assertEqual((self._receipts().raw, self.notice.receipt_name), (OTHER, "right.pdf"))
        message = self.notice.message_ids[0]
        for words in ("Scan of another letter", "AR.pdf", "right.pdf", sha256(RECEIPT).hexdigest(),
                      sha256(OTHER).hexdigest()):  # fmt: skip
            self.assertIn(words, message.body)
        self.assertEqual((message.attachment_ids, message.author_id), (former, self.manager.partner_id))
        self.assertRecordValues(former, [{"name": "AR.pdf", "res_field": False, "res_id": self.notice.id}])
        self.assert_frozen(former, self.clerk, self.manager)
        self.assertTrue(self._verify()["valid"])

    def test_the_trace_stays(self):
        trace = self.notice.sudo()._message_log(body="The letter was posted.")
        note = self.notice.with_user(self.clerk).message_post(body="They called.", message_type="comment")
        for user in (self.clerk, self.manager):
            own = trace.with_user(user)
            for name, way in {
                "unlink": own.unlink,
                "body": lambda own=own: own.write({"body": "x"}),
                "record": lambda own=own: own.write({"res_id": 0}),
            }.items():
                with self.subTest(user=user.login, way=name), self.assertRaises(UserError):
                    way()
        note.with_user(self.clerk).unlink()
        self.assertTrue(trace.exists() and not note.exists())


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestProofs(ProofCommon):
    """Files attached to what debtors were sent, answered, said, disputed and signed."""

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule"))

    def _records(self):
        invoice = self._invoice(500, DUE)
        holds = self.env["relance.hold"].sudo()
        return {
            "letter": self.notice,
            "dispute": holds.create({"move_id": invoice.id, "reason": "dispute"}),
            "insolvency": holds.create(
                {"partner_id": self.debtor.id, "company_id": self.company.id, "reason": "insolvency",
                 "insolvency_kind": "liquidation", "date_from": "2026-06-10"}
            ),
            "promise": self.env["relance.commitment"].create(
                {"partner_id": self.debtor.id, "move_ids": [Command.set(invoice.ids)],
                 "line_ids": [Command.create({"date": "2026-07-30", "amount": 500})]}
            ),
            "call": self.env["relance.call"].create(
                {"partner_id": self.debtor.id, "company_id": self.company.id, "outcome": "refuses"}
            ),
            "answer": self.env["relance.answer"].sudo().create(
                {"partner_id": self.debtor.id, "company_id": self.company.id, "kind": "dispute",
                 "currency_id": self.company.currency_id.id, "move_ids": [Command.set(invoice.ids)]}
            ),
        }  # fmt: skip

    def test_they_stay(self):
        for record in self._records().values():
            user = self.manager if record._name == "relance.answer" else self.clerk
            attachment = self._attach(record.sudo(False), user)
            self.assert_frozen(attachment, self.clerk, self.manager)

    def test_another_one_is_added_beside(self):
        dispute = self._records()["dispute"]
        first = self._attach(dispute)
        second = self._attach(dispute, raw=OTHER)
        self.assertEqual((first.raw, second.raw), (RECEIPT, OTHER))
        with self.assertRaisesRegex(UserError, "proof of dunning"):
            dispute.unlink()

    def test_other_files_are_free(self):
        hold = self.env["relance.hold"].create({"partner_id": self.debtor.id})
        for record in (hold, self._invoice(500, DUE)):
            attachment = self._attach(record, self.manager)
            attachment.name = "other.pdf"
            attachment.unlink()
            self.assertFalse(attachment.exists())

    def test_the_same_bytes_move_to_another_storage(self):
        letter = self.notice.attachment_id
        content, checksum = letter.raw, letter.checksum
        letter.sudo().write({"raw": content, "mimetype": letter.mimetype})
        self.assertEqual((letter.raw, letter.checksum), (content, checksum))

    def test_the_document_of_terms_in_use(self):
        terms = self.env["relance.terms"].create(
            {"name": "CGV", "company_id": self.company.id, "date_from": "2026-01-01", "document": b64encode(RECEIPT)}
        )
        terms.document_name = "cgv.pdf"
        invoice = self._invoice(500, DUE)
        self.assertEqual(invoice.relance_terms_id, terms)
        for vals in ({"document": b64encode(OTHER)}, {"document": False}, {"document_name": "other.pdf"}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "it stays"):
                terms.write(vals)
        domain = [("res_model", "=", "relance.terms"), ("res_id", "=", terms.id), ("res_field", "=", "document")]
        self.assert_frozen(self.env["ir.attachment"].sudo().search(domain), self.manager)
