import base64
import hashlib
import io
import time
from unittest.mock import patch
from zlib import crc32

from lxml import html
from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools.image import ImageProcess
from PIL import Image

from ...tools.pictures import MAX_PIXELS
from ..portal_common import PortalCommon, plain


def picture(width, height, kind="JPEG", seed=1):
    """Return a picture that core would make smaller, with bytes after its end as scanners leave them."""
    stream = io.BytesIO()
    Image.effect_mandelbrot((width, height), (-2, -1, 1, 1), 2 + seed).convert("RGB").save(stream, kind, quality=95)
    return stream.getvalue()


def large(width, height):
    """Return a small file of many pixels."""
    stream = io.BytesIO()
    Image.new("1", (width, height)).save(stream, "PNG")
    return stream.getvalue()


@tagged("post_install", "-at_install")
class TestEvidenceFiles(PortalCommon, HttpCase):
    """A file given as evidence is kept byte for byte, and is not decoded on its way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.photo = picture(2400, 1200)

    def assert_kept(self, attachments, content=None):
        self.assertTrue(attachments)
        for attachment in attachments:
            raw = attachment.sudo().raw
            self.assertEqual(hashlib.sha256(raw).hexdigest(), hashlib.sha256(content or self.photo).hexdigest())

    def _field_file(self, record, field):
        return (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", record._name), ("res_id", "=", record.id), ("res_field", "=", field)])
        )

    def test_core_would_make_it_smaller(self):
        """What the tests below compare with."""
        other = self.env["ir.attachment"].create({"name": "a.jpg", "raw": self.photo, "res_model": "res.partner"})
        self.assertLess(len(other.raw), len(self.photo))

    def test_answer_on_the_portal(self):
        notice = self._send(self._late(100))
        png = picture(2000, 2000, "PNG")
        with patch.object(ImageProcess, "__init__", side_effect=AssertionError("decoded")):
            self._fill(
                self._link(notice, "/answer/dispute"), category="price", note="Voir photos", given_by="A",
                files=[("a.jpg", self.photo, "image/jpeg"), ("b.png", png, "image/png")],
            )  # fmt: skip
        files = self._answers().attachment_ids.sorted("id")
        self.assert_kept(files[0])
        self.assert_kept(files[1], png)

    def test_pictures_of_too_many_pixels(self):
        notice = self._send(self._late(100))
        content = large(7000, 7000)
        start = time.perf_counter()
        response = self._fill(
            self._link(notice, "/answer/dispute"), category="price", note="Voir photos", given_by="A",
            files=[(f"{number}.png", content, "image/png") for number in range(5)],
        )  # fmt: skip
        self.assertLess(time.perf_counter() - start, 10)
        self.assertIn("25 million pixels", plain(html.fromstring(response.content).text_content()))
        self.assertFalse(self._answers())
        # What decodes to 3.6 thousand million pixels, in some bytes.
        start, header = large(20, 20)[:12], b"IHDR" + (60000).to_bytes(4) * 2 + large(20, 20)[24:29]
        bomb = start + header + crc32(header).to_bytes(4) + large(20, 20)[33:]
        self._fill(
            self._link(notice, "/answer/dispute"), category="price", note="x", given_by="A",
            files=[("bomb.png", bomb, "image/png")],
        )  # fmt: skip
        self.assertFalse(self._answers())

    def test_receipt_and_other_files_of_a_notice(self):
        notice = self._send(self._late(100))
        notice.sudo().write({"receipt": base64.b64encode(self.photo), "receipt_name": "AR.jpg"})
        self.assert_kept(self._field_file(notice, "receipt"))
        message = notice.message_post(body="Reçu", attachments=[("recu.jpg", self.photo)])
        self.assert_kept(message.attachment_ids)
        with self.assertRaises(UserError):
            message.attachment_ids.sudo().write({"raw": picture(2300, 1300, seed=2)})
        message.attachment_ids.sudo().write({"raw": self.photo})
        self.assert_kept(message.attachment_ids)

    def test_documents_of_a_dispute_and_of_a_plan(self):
        hold = self.env["relance.hold"].create({"move_id": self._late(100).id, "reason": "dispute", "note": "x"})
        self.assert_kept(hold.message_post(attachments=[("bon.jpg", self.photo)]).attachment_ids)
        plan = self.env["ir.attachment"].create({"name": "a.jpg", "raw": self.photo, "res_model": "relance.commitment"})
        self.assert_kept(plan)

    def test_uploaded_to_the_messages_of_a_record(self):
        notice = self._send(self._late(100))
        self.authenticate(self.billing.login, self.billing.login)
        for model, record, kept in (("relance.notice", notice, True), ("account.move", notice.line_ids.move_id, False)):
            response = self.url_open(
                "/mail/attachment/upload",
                data={
                    "thread_id": record.id, "thread_model": model, "is_pending": "true",
                    "csrf_token": Request.csrf_token(self),
                },
                files=[("ufile", ("recu.jpg", self.photo, "image/jpeg"))],
            )  # fmt: skip
            file = self.env["ir.attachment"].sudo().browse(response.json()["data"]["attachment_id"])
            self.assertEqual(file.raw == self.photo, kept, model)

    def test_signature_of_the_company(self):
        self.company.relance_signature = base64.b64encode(self.photo)
        self.assertTrue(self.company.relance_signature)
        content = large(7000, 7000)
        self.assertGreater(7000 * 7000, MAX_PIXELS)
        with self.assertRaisesRegex(UserError, "25 million pixels"):
            self.company.relance_signature = base64.b64encode(content)
            self.env.flush_all()
