from odoo import api, models
from odoo.exceptions import UserError

CONTENT_FIELDS = {
    "raw", "datas", "db_datas", "store_fname", "checksum", "mimetype", "name", "type", "url",
    "res_model", "res_id", "res_field", "public",
}  # fmt: skip


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        if CONTENT_FIELDS & set(vals):
            self._check_relance_letter()
        return super().write(vals)

    def _get_raw_access_token(self):
        """Give no token for a file of ours: the debtor's card, which links its letter, is read by many.

        Core would hand one to every reader of the message. Who may read the record opens its files by his own rights.
        """
        return "" if self._is_relance_file() else super()._get_raw_access_token()

    def _get_thumbnail_token(self):
        return "" if self._is_relance_file() else super()._get_thumbnail_token()

    def _is_relance_file(self):
        """Tell whether access to the file is that to one of our records, whoever asks."""
        return (self.sudo().res_model or "").startswith("relance.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_relance_letter(self):
        self._check_relance_letter()

    def _check_relance_letter(self):
        """Raise if one of the files is a letter of the dunning register or a signed plan: its bytes are a proof."""
        # Whoever cannot see the register must not be able to break it.
        if self.env["relance.notice"].sudo().search_count([("attachment_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("This file is a letter of the dunning register: it cannot be changed or deleted.")
            )
        if self.env["relance.commitment"].sudo().search_count([("signed_attachment_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("This file is a signed payment plan: it cannot be changed or deleted."))
        if self.env["relance.hold"]._is_declared_claim(self):
            raise UserError(self.env._("This file is a claim that was declared: it cannot be changed or deleted."))
