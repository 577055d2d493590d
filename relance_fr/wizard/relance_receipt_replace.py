import hashlib
from base64 import b64decode
from binascii import Error as Base64Error

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class RelanceReceiptReplace(models.TransientModel):
    """Another receipt for a letter, entered by an accounting manager: the former one stays in its discussion."""

    _name = "relance.receipt.replace"
    _description = "Replace the Receipt of a Letter"

    notice_id = fields.Many2one("relance.notice", required=True, readonly=True, ondelete="cascade")
    former_name = fields.Char(related="notice_id.receipt_name", string="Receipt Today")
    # Not in an attachment: what is given up leaves no file behind.
    receipt = fields.Binary(string="New Receipt", attachment=False, required=True)
    receipt_name = fields.Char()
    reason = fields.Char(required=True)

    @api.constrains("notice_id")
    def _check_notice(self):
        # Core shows the name of any record whose id one writes; constraints run as superuser.
        self.notice_id.sudo(False).check_access("read")

    def action_apply(self):
        """Keep the former receipt beside the notice, enter the new one, and say in the discussion who did and why.

        :raises UserError: when the file is no file or the reason is empty
        """
        self.ensure_one()
        notice = self.notice_id
        notice.check_access("write")
        if not (self.reason or "").strip():
            raise UserError(self.env._("Write why the receipt is replaced."))
        try:
            content = b64decode(self.with_context(bin_size=False).receipt or b"", validate=True)
        except (Base64Error, ValueError):
            content = b""
        if not content:
            raise UserError(self.env._("This file is empty or cannot be read: choose it again."))
        former_sudo = notice._get_receipt_files().get(notice.id)
        if not former_sudo:
            raise UserError(self.env._("This letter has no receipt yet: enter it on the notice."))
        former_digest = hashlib.sha256(former_sudo.raw or b"").hexdigest()
        name = self.receipt_name or former_sudo.name
        old_name = notice.receipt_name or former_sudo.name
        # The bytes stay those of the attachment; only the field lets go of it, which nobody may do by hand.
        self.env.cr.execute(SQL("UPDATE ir_attachment SET res_field = NULL, name = %s WHERE id = %s",
                                old_name, former_sudo.id))  # fmt: skip
        self.env.invalidate_all()
        # Its users may not replace it themselves.
        notice.sudo().write({"receipt": self.receipt, "receipt_name": name})
        notice.message_post(
            body=Markup("<b>%s</b> %s<br/>%s: %s, SHA-256 %s<br/>%s: %s, SHA-256 %s")
            % (
                self.env._("Receipt replaced."),
                self.reason,
                self.env._("Before"), old_name, former_digest,
                self.env._("Now"), name, hashlib.sha256(content).hexdigest(),
            ),
            attachment_ids=former_sudo.ids,
        )  # fmt: skip
        return {"type": "ir.actions.act_window_close"}
