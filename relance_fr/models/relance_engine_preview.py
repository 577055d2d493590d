from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError


class RelanceEngine(models.AbstractModel):
    """The documents of notices to come: drafted, rendered and undone, so that they are those that will leave."""

    _inherit = "relance.engine"

    @api.model
    def _render_preview(self, debtors):
        """Render the e-mails and letters that the rows ``debtors`` (``relance.run.debtor``) would make, ticked or not.

        Nothing stays in the database, no number of the register is taken; a letter says that it is a draft.

        :return: ``{row id: preview}``, without the rows of which nothing is left to send. A preview is a dict of
            ``email_from``, ``email_to``, ``email_cc``, ``subject`` (texts, "" when no e-mail leaves), ``body``
            (complete HTML page or ""), ``letter`` (bytes of the PDF or False) and ``letter_name``
        :raises UserError: when a legal rate is missing or a letter cannot be made
        """
        previews = {}
        for run, rows in debtors.grouped("run_id").items():
            engine = self._in_company(run.company_id)
            with engine._undone():
                engine._draft(run, approved=True, debtors=rows)
                previews |= engine._render_drafts(rows)
        return previews

    @api.model
    @contextmanager
    def _undone(self):
        """Undo what the block writes, in the database and in the caches."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            self.env.clear()
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    @api.model
    def _render_drafts(self, debtors):
        """Return the previews of rows whose notices were just drafted; see ``_render_preview``."""
        notices = debtors.notice_id
        failed = self._send_emails(notices)
        letters = notices._filter_lettered()
        contents = letters._render_letters() if letters else {}
        return {
            debtor.id: {
                **self._get_mail_preview(debtor.notice_id - failed),
                "letter": contents.get(debtor.notice_id.id, False),
                "letter_name": f"{debtor.notice_id.display_name}.pdf",
            }
            for debtor in debtors
            if debtor.notice_id
        }

    @api.model
    def _get_mail_preview(self, notice):
        """Return the e-mail of a drafted ``notice`` as it was queued, empty texts when none leaves."""
        # Mails are the server's: who sends a notice need not read them all.
        mail_sudo = notice.sudo().mail_id
        return {
            "email_from": mail_sudo.email_from or "",
            "email_to": mail_sudo.email_to or "",
            "email_cc": mail_sudo.email_cc or "",
            "subject": mail_sudo.subject or "",
            "body": mail_sudo.body_html or "",
        }

    @api.model
    def _render_one_preview(self, debtor):
        """Return the preview of one row.

        :raises UserError: when nothing is left to send
        """
        preview = self._render_preview(debtor).get(debtor.id)
        if not preview:
            raise UserError(
                self.env._("Nothing is left to send to %s: preview the run again.", debtor.partner_id.display_name)
            )
        return preview
