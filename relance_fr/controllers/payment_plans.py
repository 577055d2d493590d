from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from .debtor_account import DebtorAccountController

# A drawing in base64, and some to spare so that the form can say that it is too large.
MAX_BODY = 4 * 1024 * 1024


class PaymentPlansController(DebtorAccountController):
    """The page where a debtor reads and signs a payment plan. The link of the plan opens it, and no other."""

    def _get_plan(self, plan_id, token):
        """Return the plan (sudo) the visitor may read, None for any other, whether it exists or not.

        By the link of its e-mail, as long as the plan is offered or runs; as the debtor, logged in; as somebody of
        the company who may read it.
        """
        plan = request.env["relance.commitment"].browse(plan_id)
        plan_sudo = plan.sudo().exists()
        if not plan_sudo or plan_sudo.kind != "plan":
            return None
        if plan_sudo._opens_portal(token):
            return plan_sudo
        user = request.env.user
        if user._is_internal():
            return plan_sudo if plan.has_access("read") else None
        is_his = not user._is_public() and plan_sudo.partner_id == self._get_debtor()
        return plan_sudo if is_his and plan_sudo.company_id in user.company_ids and plan_sudo._is_on_portal() else None

    def _refuse_plan(self, plan_id, token):
        """Ask a stranger without a link to log in; tell any other user that the page is not theirs."""
        page = f"/my/payment-plans/{plan_id}"
        if request.env.user._is_public() and not token:
            response = request.redirect(f"/web/login?{urlencode({'redirect': page})}")
        else:
            response = request.render(
                "relance_fr.portal_no_access",
                {"page_name": "relance_plan", "login_url": page if request.env.user._is_public() else "/my"},
            )
            response.status_code = 404
        return self._keep_private(response)

    @http.route(
        "/my/payment-plans/<relance_id:plan_id>",
        type="http", auth="public", methods=["GET"], website=True, sitemap=False,
    )  # fmt: skip
    def payment_plan(self, plan_id, access_token=None, signed=None, **_query):
        """Show the plan: the debt, the instalments, the clauses, and the signature when it is asked for."""
        plan_sudo = self._get_plan(plan_id, access_token)
        if not plan_sudo:
            return self._refuse_plan(plan_id, access_token)
        # The debtor reads the whole page in the language of the letters.
        request.update_context(lang=plan_sudo._get_letter_lang())
        plan_sudo = plan_sudo.with_context(lang=request.env.lang)
        by_link = plan_sudo._opens_portal(access_token)
        may_sign = plan_sudo._can_be_signed_online() and not request.env.user._is_internal()
        values = {
            "plan": plan_sudo,
            "content": plan_sudo._get_portal_html(),
            "may_sign": may_sign and by_link,
            "waits_for_link": may_sign and not by_link,
            # Only what the visitor came with: a reader without the link must not learn it here.
            "link_query": f"?{urlencode({'access_token': access_token})}" if by_link else "",
            "just_signed": bool(signed),
            "page_name": "relance_plan",
        }
        return self._keep_private(request.render("relance_fr.portal_plan", values))

    @http.route(
        "/my/payment-plans/<relance_id:plan_id>/letter",
        type="http", auth="public", methods=["GET"], website=True, sitemap=False,
    )  # fmt: skip
    def payment_plan_letter(self, plan_id, access_token=None, **_query):
        """Return the letter: the signed file once there is one, else as it stands."""
        plan_sudo = self._get_plan(plan_id, access_token)
        if not plan_sudo:
            return self._refuse_plan(plan_id, access_token)
        signed_sudo = plan_sudo.signed_attachment_id
        content = signed_sudo.raw or plan_sudo._render_letters()[plan_sudo.id]
        response = request.make_response(
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
        return self._keep_private(response)

    @http.route(
        "/my/payment-plans/<relance_id:plan_id>/sign",
        type="jsonrpc", auth="public", website=True, max_content_length=MAX_BODY,
    )  # fmt: skip
    def payment_plan_sign(
        self, plan_id, access_token=None, name=None, capacity=None, signature=None, sum_words=None, sum_figures=None,
        **_unknown,
    ):  # fmt: skip
        """Sign the plan: name, capacity and the sum owed as typed, signature the base64 of a picture.

        :return: ``{"redirect_url": ...}`` once it is signed, ``{"error": text}`` when it is not
        """
        # The form posts to the address of the page: the token is in its query.
        access_token = access_token or request.httprequest.args.get("access_token")
        if not isinstance(access_token, str):
            access_token = None
        plan_sudo = self._get_plan(plan_id, access_token)
        if not plan_sudo:
            return {"error": request.env._("This plan is not offered any more.")}
        if request.env.user._is_internal():
            return {"error": request.env._("Only the debtor signs: you are logged in as a user of the company.")}
        if not plan_sudo._opens_portal(access_token):
            return {"error": request.env._("Open the plan with the link you received.")}
        plan_sudo = plan_sudo.with_context(lang=plan_sudo._get_letter_lang())
        if not plan_sudo._can_be_signed_online():
            return {"error": plan_sudo.env._("This plan is not offered for signature.")}
        try:
            # What is refused on the way leaves nothing behind.
            with request.env.cr.savepoint():
                plan_sudo._sign_online(
                    name, capacity, signature, request.httprequest.remote_addr, sum_words, sum_figures
                )
        except UserError as error:
            return {"error": str(error)}
        query = urlencode({"access_token": access_token, "signed": 1})
        return {"force_refresh": True, "redirect_url": f"{plan_sudo.access_url}?{query}"}
