from base64 import b64decode
from binascii import Error as Base64Error

from odoo import api, models
from odoo.exceptions import UserError

from ...tools.pictures import MAX_PIXELS, count_pixels

CONTENT_FIELDS = {
    "raw", "datas", "db_datas", "store_fname", "checksum", "mimetype", "name", "type", "url",
    "res_model", "res_id", "res_field", "public",
}  # fmt: skip
# What is attached to these is the file of a debtor: what was sent, what was answered, said, disputed, signed.
PROOF_MODELS = ("relance.notice", "relance.answer", "relance.call", "relance.commitment", "relance.hold")


class IrAttachment(models.Model):
    """Files that are proofs: their bytes, their name and the record they belong to stay, no matter who asks."""

    _inherit = "ir.attachment"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        attachments = super().create(vals_list)
        attachments._check_no_relance_field()
        return attachments

    def write(self, vals):
        if CONTENT_FIELDS & set(vals):
            changed = self._filter_relance_changed(vals)
            changed._check_relance_proof()
            if self - changed:
                # The same bytes stored elsewhere, as core moves files: it would make large pictures smaller on the way.
                self = self.with_context(image_no_postprocess=True)
            if not changed and {"raw", "datas"} & set(vals) and len(kept := set(self.mapped("mimetype"))) == 1:
                # Nor is their type guessed anew.
                vals = {**vals, "mimetype": kept.pop()}
        result = super().write(vals)
        if "res_field" in vals:
            self._check_no_relance_field()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_relance_proof(self):
        self._check_relance_proof()

    # === BUSINESS METHODS - FILES WITHOUT A LINK === #

    def _postprocess_contents(self, values):
        """Keep the bytes of what is given as evidence; never decode a picture of more pixels than one may have.

        Core makes large pictures smaller as it stores them. Every file of our records is evidence.
        """
        # What the file belongs to decides, no matter who may read it.
        first_sudo = self[:1].sudo()
        model = values.get("res_model") or first_sudo.res_model or ""
        field = values.get("res_field") or first_sudo.res_field
        if model.startswith("relance."):
            return values
        if model == "res.company" and field == "relance_signature":
            content = values.get("raw") or b64decode(values.get("datas") or b"")
            if count_pixels(content) > MAX_PIXELS:
                raise UserError(
                    self.env._(
                        "The signature is a picture of more than %s million pixels: take a smaller one.",
                        MAX_PIXELS // 1_000_000,
                    )
                )
        return super()._postprocess_contents(values)

    def _get_raw_access_token(self):
        """Give no token for a file of ours: the debtor's card, which links its letter, is read by many.

        Core would hand one to every reader of the message. Who may read the record opens its files by right.
        """
        return "" if self._is_relance_file() else super()._get_raw_access_token()

    def _get_thumbnail_token(self):
        return "" if self._is_relance_file() else super()._get_thumbnail_token()

    def _is_relance_file(self):
        """Tell whether access to the file is that to one of our records, no matter who asks."""
        # Asked before the right to read the file is known.
        return (self.sudo().res_model or "").startswith("relance.")

    # === BUSINESS METHODS - PROOFS THAT STAY === #

    def _check_no_relance_field(self):
        """Raise if a user made one of the files the content of a field of a proof: a second one would hide the first.

        The field itself is written by core as superuser, with the checks of its record.
        """
        models_with_fields = (*PROOF_MODELS, "relance.terms")
        if not self.env.su and any(file.res_field and file.res_model in models_with_fields for file in self):
            raise UserError(
                self.env._("This file belongs to a field of a dunning record: enter it there, in the form.")
            )

    def _filter_relance_changed(self, vals):
        """Return the files that ``vals`` would change; the same bytes stored elsewhere are the same file."""
        names = CONTENT_FIELDS & set(vals)

        def changes(file):
            return any(file._would_relance_change(name, vals[name]) for name in names)

        # What a user may read of a file does not decide whether it changes.
        return self.sudo().filtered(changes).sudo(self.env.su)

    def _would_relance_change(self, name, value):
        if name not in ("raw", "datas"):
            return name == "db_datas" or (value or False) != (self[name] or False)
        content = value.encode() if isinstance(value, str) else value or b""
        if name == "datas":
            try:
                content = b64decode(content)
            except (Base64Error, ValueError):
                return True
        # Not the bytes: those of a file that the store has lost read as empty.
        return self._compute_checksum(content) != (self.checksum or self._compute_checksum(b""))

    def _check_relance_proof(self):
        """Raise if one of the files is a proof of dunning."""
        if not self.ids:
            return
        # A user who cannot see the register must not be able to break it.
        if self.env["relance.notice"].sudo().search_count([("attachment_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("This file is a letter of the dunning register: it cannot be changed or deleted.")
            )
        # Nor break a plan that user cannot see.
        if self.env["relance.commitment"].sudo().search_count([("signed_attachment_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("This file is a signed payment plan: it cannot be changed or deleted."))
        # Nor what was withdrawn from one.
        if self.env["relance.commitment.withdrawal"].sudo().search_count([("attachment_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("This file is a withdrawn signed copy: it is kept as it was."))
        if self._filter_relance_proofs():
            raise UserError(
                self.env._(
                    "This file is a proof of dunning: it cannot be changed or deleted. Add the right one beside it; "
                    "the receipt of a letter is replaced, with a reason, by an accounting manager."
                )
            )

    def _filter_relance_proofs(self):
        """Return the files kept because of the record they are attached to.

        Drafts of notices, plain suspensions and statements of claims not declared yet keep nothing.
        """
        # A user who cannot see the records must not be able to break their proofs.
        files_sudo = self.sudo()
        proofs = self.browse()
        for model, files in files_sudo.grouped("res_model").items():
            if model in ("relance.answer", "relance.call", "relance.commitment"):
                # A signed copy that was loaded waits to be looked at: once recorded it is the agreement, see above.
                proofs |= files.filtered(lambda file: file.res_field != "signed_copy")
            elif model == "relance.notice":
                notices = files.env[model].browse(files.mapped("res_id")).exists()
                kept = notices.filtered(lambda notice: notice.seal or notice.state == "sent")
                proofs |= files.filtered(lambda file, ids=set(kept.ids): file.res_id in ids)
            elif model == "relance.hold":
                holds = files.env[model].browse(files.mapped("res_id")).exists()
                kept = holds.filtered(lambda hold: hold.reason != "manual")
                proofs |= files.filtered(lambda file, ids=set(kept.ids): file.res_id in ids) - holds.claim_attachment_id
            elif model == "relance.terms":
                documents = files.filtered("res_field")
                used = files.env[model].browse(documents.mapped("res_id")).exists()._filter_used()
                proofs |= documents.filtered(lambda file, ids=set(used.ids): file.res_id in ids)
        return proofs
