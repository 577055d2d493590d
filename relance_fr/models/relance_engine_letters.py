from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import split_every

from .relance_letter_print import LettersUnavailable

LETTER_BATCH = 50


class RelanceEngine(models.AbstractModel):
    """Letters: rendered once, stored, and when they cannot be, left to the next job with the reason."""

    _inherit = "relance.engine"

    @api.model
    def _store_letters_or_wait(self, company, notices, commit):
        """Store the letters of numbered ``notices`` in batches; those that cannot be made wait for the next job.

        :return: the notices whose letter is missing: they keep their number
        :raises UserError: when none could be made and no job is there to try again
        """
        reasons = {}
        for batch_ids in split_every(LETTER_BATCH, notices.ids):
            batch = notices.browse(batch_ids)
            try:
                reasons |= self._store_each_letter(batch)
            except LettersUnavailable as error:
                # Nobody's letter is at fault: the ones left would fare no better.
                reasons |= dict.fromkeys(notices.ids[notices.ids.index(batch_ids[0]) :], str(error))
                break
            if commit:
                commit()
        if reasons and not commit and len(reasons) == len(notices):
            raise UserError(next(iter(reasons.values())))
        self._update_rows("relance.notice", {id_: {"failure_reason": reason} for id_, reason in reasons.items()})
        waiting = notices.browse(reasons)
        self._tell_letters_wait(company, waiting)
        return waiting

    @api.model
    def _store_each_letter(self, notices):
        """Store the letters of ``notices`` in one go; if one cannot be made, the others are made without it.

        :return: ``{notice id: reason}`` of those that failed
        :raises LettersUnavailable: when no letter at all can be made now
        """
        try:
            with self.env.cr.savepoint():
                self._store_letters(notices)
            return {}
        except LettersUnavailable:
            raise
        except UserError as error:
            if len(notices) == 1:
                return {notices.id: str(error)}
        reasons = {}
        for notice in notices:
            reasons |= self._store_each_letter(notice)
        return reasons

    @api.model
    def _tell_letters_wait(self, company, notices):
        """Tell the accountant, once however often jobs try, which letters wait and why."""
        if notices:
            reasons = "\n".join(f"{notice.name}: {notice.failure_reason}" for notice in notices[:20])
            # Not the number of letters: the same sentence is not said twice.
            self._warn_accountant(company, self.env._("Dunning letters wait: %s", notices[0].failure_reason), reasons)

    @api.model
    def _store_letters(self, notices):
        """Render the letters of ``notices`` and store their bytes once, as attachments of the notices.

        :raises LettersUnavailable: when letters cannot be made, or not be stored
        """
        notices_sudo = notices.sudo().filtered(lambda notice: not notice.attachment_id)
        if not notices_sudo:
            return
        contents = notices_sudo._render_letters()
        values = [
            {
                "name": self._get_letter_name(notice),
                "raw": contents[notice.id],
                "res_model": "relance.notice",
                "res_id": notice.id,
                "company_id": notice.company_id.id,
            }
            for notice in notices_sudo
        ]
        try:
            # Attachments and the link to them are facts of the register: no user may write them.
            attachments_sudo = self.env["ir.attachment"].sudo().create(values)
        except OSError as error:
            raise LettersUnavailable(
                self.env._(
                    "The letters cannot be stored (%s). Check the free space and the rights of Odoo's file store.",
                    error.strerror or error,
                )
            ) from error
        self._update_rows(
            "relance.notice",
            {
                notice.id: {"attachment_id": attachment.id}
                for notice, attachment in zip(notices_sudo, attachments_sudo, strict=True)
            },
        )

    @api.model
    def _get_letter_name(self, notice):
        """Return the file name of a letter."""
        return f"{notice.name.replace('/', '-')}.pdf"
