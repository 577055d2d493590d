from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import content_disposition, request
from odoo.tools import consteq


class PaymentPlansController(CustomerPortal):
    """The page where a debtor reads his payment plan and signs it. The link of the plan opens it, and no other."""

    def _get_plan(self, plan_id, access_token):
        """Return the plan (sudo) that the token of the link opens.

        A user of the company who may read it sees the page too; nobody signs without the token.

        :raises AccessError: or MissingError, when the link opens nothing
        """
        plan_sudo = self._document_check_access("relance.commitment", plan_id, access_token=access_token)
        if plan_sudo.kind != "plan" or (plan_sudo.sign_state == "draft" and request.env.user.share):
            raise MissingError(request.env._("This plan is not offered any more."))
        return plan_sudo

    def _holds_link(self, plan_sudo, access_token):
        """Tell whether the visitor came by the link of the plan; who came by his rights is not told it."""
        return bool(access_token) and consteq(plan_sudo.access_token or "", access_token)

    def _may_sign(self, plan_sudo, access_token):
        """Tell whether the visitor signs for the debtor: by his link, and no user of the company in the preview."""
        return self._holds_link(plan_sudo, access_token) and not request.env.user._is_internal()

    @http.route("/my/payment-plans/<int:plan_id>", type="http", auth="public", website=True)
    def payment_plan(self, plan_id, access_token=None, signed=None, **_query):
        """Show the plan: the debt, the instalments, the clauses, and the signature when it is asked for."""
        try:
            plan_sudo = self._get_plan(plan_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        # The debtor reads the whole page in the language of his letters.
        request.update_context(lang=plan_sudo._get_letter_lang())
        plan_sudo = plan_sudo.with_context(lang=request.env.lang)
        values = {
            "plan": plan_sudo,
            "content": plan_sudo._get_portal_html(),
            "holds_link": self._holds_link(plan_sudo, access_token),
            "may_sign": self._may_sign(plan_sudo, access_token) and plan_sudo._can_be_signed_online(),
            "just_signed": bool(signed),
            "page_name": "relance_plan",
        }
        return request.render("relance_fr.portal_plan", values)

    @http.route("/my/payment-plans/<int:plan_id>/letter", type="http", auth="public", website=True)
    def payment_plan_letter(self, plan_id, access_token=None, **_query):
        """Return the letter: the signed file once there is one, else as it stands."""
        try:
            plan_sudo = self._get_plan(plan_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        signed_sudo = plan_sudo.signed_attachment_id
        content = signed_sudo.raw or plan_sudo._render_letters()[plan_sudo.id]
        return request.make_response(
            content,
            [
                ("Content-Type", signed_sudo.mimetype or "application/pdf"),
                ("Content-Length", len(content)),
                (
                    "Content-Disposition",
                    content_disposition(signed_sudo.name or f"{plan_sudo._get_plan_reference()}.pdf"),
                ),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

    @http.route("/my/payment-plans/<int:plan_id>/sign", type="jsonrpc", auth="public", website=True)
    def payment_plan_sign(self, plan_id, access_token=None, name=None, signature=None):
        """Sign the plan with the name and the image (base64) of core's signature form."""
        # The form posts to the address of the page: the token is in its query.
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            plan_sudo = self._get_plan(plan_id, access_token)
        except (AccessError, MissingError):
            return {"error": request.env._("This plan is not offered any more.")}
        if request.env.user._is_internal():
            return {"error": request.env._("The debtor signs himself: you are logged in as a user of the company.")}
        if not self._may_sign(plan_sudo, access_token):
            return {"error": request.env._("Open the plan with the link you received.")}
        lang = plan_sudo._get_letter_lang()
        try:
            plan_sudo.with_context(lang=lang)._sign_online(name, signature, request.httprequest.remote_addr)
        except UserError as error:
            request.env.cr.rollback()
            return {"error": str(error)}
        return {"force_refresh": True, "redirect_url": plan_sudo.get_portal_url(query_string="&signed=1")}
