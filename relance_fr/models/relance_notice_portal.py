from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL, consteq

# How long the link of a notice opens its page, from the date of the notice.
LINK_DAYS = 365


class RelanceNotice(models.Model):
    """The link of a notice: it opens the debtor's page of that notice, where he reads, pays and answers, nothing else.

    Not the token of ``portal.mixin``, which would also let whoever holds it post on the register.
    """

    _inherit = "relance.notice"

    # Whoever knows it sees the page. It is no part of what is sealed.
    portal_token = fields.Char(readonly=True, copy=False, groups="account.group_account_invoice")

    def _ensure_notice_tokens(self):
        """Give the notices without one the token of their page, in one statement."""
        # Whoever sends a notice need not be allowed to read the link.
        missing_sudo = self.sudo().filtered(lambda notice: not notice.portal_token)
        if not missing_sudo:
            return
        missing_sudo.flush_recordset(["portal_token"])
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET portal_token = gen_random_uuid()::text
                 WHERE id = ANY(%s) AND portal_token IS NULL RETURNING id
                """,
                missing_sudo.ids,
            )
        )
        missing_sudo.invalidate_recordset(["portal_token"])

    def _opens_portal(self, token):
        """Tell whether ``token`` (text of a visitor) opens the page of this notice today."""
        self.ensure_one()
        # A visitor reads no notice before his link is checked, which is done here.
        known = self.sudo().portal_token
        today = self.env["relance.engine"]._today(self.company_id)
        fresh = today <= self.date + timedelta(days=LINK_DAYS)
        return bool(known and token) and token.isascii() and consteq(known, token) and fresh

    def _is_on_portal(self):
        """Tell whether the debtor may see the notice: it was sent, by us."""
        self.ensure_one()
        return self.state == "sent" and bool(self.seal)

    def _get_answer_url(self):
        """Return the address of the page of this notice, "" when debtors do not answer online.

        Without its secret, which many could read in the e-mail that is kept: `mail.mail` adds it as it leaves.

        :raises AccessError: for who may not read the notice
        """
        self.ensure_one()
        self.check_access("read")
        if not self.company_id._get_relance_setting("relance_answer_online"):
            return ""
        # The secret of the link is nobody's to read.
        if not self.sudo().portal_token:
            self.browse(self._prefetch_ids)._ensure_notice_tokens()
        return f"{self.get_base_url()}/my/relance/{self.id}"

    def _get_page_queries(self):
        """Return ``{notice id: {address: query}}`` of the pages that the e-mail of each opens without a log-in.

        Called just before SMTP, for a whole batch: the page of the notice, unless its link was revoked, and those of
        its invoices.
        """
        queries = {}
        # Whoever sends need not be allowed to read the links.
        for notice in self.sudo():
            pages = queries.setdefault(notice.id, {})
            if notice.portal_token:
                pages[f"{notice.get_base_url()}/my/relance/{notice.id}"] = f"token={notice.portal_token}"
            for move in notice.line_ids.move_id.filtered("access_token"):
                pages[move.get_base_url() + move.access_url] = f"access_token={move.access_token}"
        return queries

    # === ACTION METHODS === #

    def action_preview_portal(self):
        """Open the page the debtor sees."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "new", "url": f"/my/relance/{self.id}"}

    def action_revoke_portal_link(self):
        """Let the link that was sent open nothing any more, as when it reached the wrong person."""
        self.check_access("write")
        rows = {notice.id: {"portal_token": None} for notice in self}
        self.env["relance.engine"]._update_rows("relance.notice", rows)
        for notice in self:
            notice._message_log(body=self.env._("The link to the page of the debtor was revoked."))
        return True
