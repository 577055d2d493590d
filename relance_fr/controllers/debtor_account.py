from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.fields import Domain
from odoo.http import content_disposition, request

from ..tools.open_items import UNPAID

LETTERS = 50


class DebtorAccountController(CustomerPortal):
    """What a debtor sees of the account: all of it once logged in, that of one notice with the link of its e-mail."""

    # === WHAT THE VISITOR MAY SEE === #

    def _get_debtor(self):
        """Return the debtor (commercial entity) the logged-in user stands for."""
        return request.env.user.partner_id.commercial_partner_id

    def _get_due_domain(self):
        return (
            Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", UNPAID)
            # Beside the rule of the portal: a user of the company reads the invoices of everybody.
            & Domain("commercial_partner_id", "=", self._get_debtor().id)
        )

    def _get_due_moves(self):
        """Return the invoices that the user may read, of that user's entity, still to be paid."""
        moves = request.env["account.move"]
        return moves.search(self._get_due_domain()) if moves.has_access("read") else moves

    def _get_accounts(self):
        """Return the accounts of the user, one a company and currency (list of ``relance.portal.account``)."""
        groups = self._get_due_moves().grouped(lambda move: (move.company_id.id, move.currency_id.id))
        return [request.env["relance.portal.account"]._open(groups[key]) for key in sorted(groups)]

    def _get_letters(self):
        """Return the notices sent to the user's entity (sudo), newest first: those of its companies, by us."""
        # A debtor has no right on the register, and sees what was sent.
        return (
            request.env["relance.notice"]
            .sudo()
            .search(
                Domain("partner_id", "=", self._get_debtor().id)
                & Domain("company_id", "in", request.env.user.company_ids.ids)
                & Domain("state", "=", "sent")
                & Domain("seal", "!=", False),
                limit=LETTERS,
            )
        )

    def _get_notice(self, notice_id, token):
        """Return the notice (sudo) the visitor may see, None for any other, whether it exists or not.

        By the link of its e-mail; as the debtor, logged in; as somebody of the company who may read the register.
        """
        notice = request.env["relance.notice"].browse(notice_id)
        notice_sudo = notice.sudo().exists()
        if not notice_sudo or not notice_sudo._is_on_portal():
            return None
        user = request.env.user
        if notice_sudo._opens_portal(token):
            return notice_sudo
        if user._is_internal():
            return notice_sudo if notice.has_access("read") else None
        is_his = not user._is_public() and notice_sudo.partner_id == self._get_debtor()
        return notice_sudo if is_his and notice_sudo.company_id in user.company_ids else None

    def _open_notice(self, notice_sudo):
        """Return the account of what is left of the invoices of a notice."""
        moves_sudo = notice_sudo.line_ids.move_id.filtered(
            lambda move: (
                move.state == "posted"
                and move.payment_state in UNPAID
                # An invoice that was moved to somebody else does not concern this debtor any more.
                and move.commercial_partner_id == notice_sudo.partner_id
            )
        )
        return request.env["relance.portal.account"]._open(moves_sudo, notice_sudo) if moves_sudo else None

    def _use_letter_language(self, notice_sudo):
        """Show the page in the language of the letters to a visitor without a user's language."""
        if request.env.user._is_public():
            request.update_context(lang=notice_sudo._get_letter_lang())

    # === PAGES === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "relance_due_count" in counters:
            values["relance_due_count"] = len(self._get_due_moves())
        return values

    @http.route("/my/relances", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def debtor_account(self, answered=None, **_query):
        """Show what is due, by company and currency, the letters received and the answers given."""
        accounts = [
            account._get_page_values(links=not request.env.user._is_internal()) for account in self._get_accounts()
        ]
        accounts = [values for values in accounts if values["rows"]]
        for values in accounts:
            values["answer_url"] = "/my/relances/answer/%s"
            account = values["account"]
            values["answer_query"] = f"?company={account.company_id.id}&currency={account.currency_id.id}"
            values["pay_all_url"] = self._get_pay_all_url(values)
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "relance_account",
            "accounts": accounts,
            "letters": self._get_letters(),
            "letter_token": "",
            "answered": bool(answered),
            "is_colleague": request.env.user._is_internal(),
        }
        return self._keep_private(request.render("relance_fr.portal_account", values))

    @http.route(
        "/my/relance/<relance_id:notice_id>", type="http", auth="public", methods=["GET"], website=True, sitemap=False
    )
    def debtor_notice(self, notice_id, token=None, answered=None, **_query):
        """Show what is left of the invoices of a notice, its letter, and how to answer it."""
        notice_sudo = self._get_notice(notice_id, token)
        if not notice_sudo:
            return self._render_no_access()
        self._use_letter_language(notice_sudo)
        notice_sudo = notice_sudo.with_context(lang=request.env.lang)
        account = self._open_notice(notice_sudo)
        content = account and account._get_page_values()
        if content:
            content["answer_url"] = f"/my/relance/{notice_id}/answer/%s"
            content["answer_query"] = f"?token={token}" if token else ""
        values = {
            "page_name": "relance_notice",
            "notice": notice_sudo,
            "accounts": [content] if content and content["rows"] else [],
            "letter_token": token or "",
            "answered": bool(answered),
            "is_colleague": request.env.user._is_internal(),
            "no_breadcrumbs": request.env.user._is_public(),
        }
        return self._keep_private(request.render("relance_fr.portal_notice", values))

    @http.route(
        "/my/relance/<relance_id:notice_id>/letter",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def debtor_letter(self, notice_id, token=None, **_query):
        """Return the letter of a notice: the very bytes that were sealed."""
        notice_sudo = self._get_notice(notice_id, token)
        letter_sudo = notice_sudo and notice_sudo.attachment_id
        if not letter_sudo:
            return self._render_no_access()
        content = letter_sudo.raw
        response = request.make_response(
            content,
            [
                ("Content-Type", letter_sudo.mimetype or "application/pdf"),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(letter_sudo.name)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
        return self._keep_private(response)

    def _get_pay_all_url(self, values):
        """Return core's page that pays all that is overdue at once, where it would ask for these very invoices."""
        url = "/my/invoices/overdue"
        if not values["payment"]["online"] or not hasattr(self, "_overdue_invoices_get_page_view_values"):
            return ""
        overdue = request.env["account.move"].search(self._get_overdue_invoices_domain())
        asked = {row["move"].id for row in values["rows"] if row["asked"]}
        alone = len(overdue.company_id) == len(overdue.currency_id) == 1
        return url if alone and len(asked) > 1 and set(overdue.ids) == asked else ""

    # === ANSWERS OF THE SERVER === #

    def _render_no_access(self):
        """Say that a link opens nothing, in the same words whether its notice exists or not."""
        response = request.render("relance_fr.portal_no_access", {"page_name": "relance_notice"})
        response.status_code = 404
        return self._keep_private(response)

    def _keep_private(self, response):
        """Let no proxy keep a page of a debtor, and no other site learn its link."""
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex"
        return response
