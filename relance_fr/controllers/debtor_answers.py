import uuid

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.follow_up.relance_answer import FORM_FIELDS, MAX_PARTS
from ..tools.answer_form import MAX_FILE_SIZE, MAX_FILES
from ..tools.inputs import is_storable
from .debtor_account import DebtorAccountController

# Room for files that are too large, so that the form can say so.
MAX_BODY = 2 * MAX_FILES * MAX_FILE_SIZE
KEY_LENGTH = 36


class DebtorAnswersController(DebtorAccountController):
    """The forms by which a debtor answers, for one notice with its link, for the account once logged in."""

    @http.route(
        "/my/relance/<relance_id:notice_id>/answer/<string:kind>",
        type="http", auth="public", methods=["GET", "POST"], website=True, sitemap=False,
        max_content_length=MAX_BODY,
    )  # fmt: skip
    def answer_notice(self, notice_id, kind, token=None, **form):
        """Show the form, or take the answer, of a notice."""
        notice_sudo = self._get_notice(notice_id, token)
        if not notice_sudo or kind not in FORM_FIELDS:
            return self._render_no_access()
        self._use_letter_language(notice_sudo)
        account = self._open_notice(notice_sudo)
        if not account:
            return self._render_no_access()
        query = f"?token={token}" if token else ""
        return self._handle_answer_form(account, kind, form, f"/my/relance/{notice_id}", query)

    @http.route(
        "/my/relances/answer/<string:kind>",
        type="http", auth="user", methods=["GET", "POST"], website=True, sitemap=False, max_content_length=MAX_BODY,
    )  # fmt: skip
    def answer_account(self, kind, company="", currency="", **form):
        """Show the form, or take the answer, about the user's account in one company and currency."""
        accounts = {
            (str(account.company_id.id), str(account.currency_id.id)): account for account in self._get_accounts()
        }
        account = accounts.get((company, currency))
        if not account or kind not in FORM_FIELDS:
            return self._render_no_access()
        return self._handle_answer_form(account, kind, form, "/my/relances", f"?company={company}&currency={currency}")

    def _handle_answer_form(self, account, kind, form, base, query):
        values = account._get_page_values(links=False)
        if not values["may_answer"] or request.env.user._is_internal():
            return self._render_no_access()
        back = base + (query if query.startswith("?token") else "")
        if request.httprequest.method == "POST":
            errors = self._record_answer(account, kind, form, values["rows"])
            if not errors:
                return request.redirect(f"{back}{'&' if '?' in back else '?'}answered=1")
        else:
            form, errors = self._get_defaults(values, kind), {}
        return self._render_answer_form(account, kind, form, errors, values, back, f"{base}/answer/{kind}{query}")

    def _record_answer(self, account, kind, form, rows):
        """Record an answer; return ``{field: message}`` of what is wrong, empty once it is recorded."""
        form["move_ids"] = request.httprequest.form.getlist("move_ids")
        # A visitor has no rights; whose account it is was checked before.
        answers = request.env["relance.answer"].sudo()
        today = account.company_id._relance_today()
        vals, errors = answers._read_form(kind, form, rows, today, account.currency_id)
        files, wrong = answers._read_files(request.httprequest.files.getlist("files"))
        if wrong:
            errors["files"] = wrong
        key = form.get("form_key") or ""
        if not 0 < len(key) <= KEY_LENGTH or not is_storable(key):
            errors["form"] = request.env._("This form is not complete: load the page again.")
        if errors:
            if files:
                errors.setdefault("files", request.env._("Choose your files again: a browser forgets them."))
            return errors
        user = request.env.user
        vals |= {
            "form_key": key,
            "ip_address": request.httprequest.remote_addr,
            "given_by_id": False if user._is_public() else user.partner_id.id,
        }
        try:
            # What is refused on the way leaves nothing behind: sent again, it is recorded.
            with request.env.cr.savepoint():
                answers._receive(account, vals, files)
        except UserError as error:
            return {"form": str(error)}
        return {}

    def _get_defaults(self, values, kind):
        """Return what the form shows at first: everything late ticked, the sum to promise."""
        user, total = request.env.user, values["totals"]["total"]
        rows = [row for row in values["rows"] if row["asked"]] or values["rows"]
        amount = total if kind == "promise" else 0
        return {
            "move_ids": [str(move_id) for move_id in dict.fromkeys(row["move"].id for row in rows)],
            "given_by": "" if user._is_public() else user.partner_id.name,
            "amount": values["write"].number(amount) if amount else "",
            "method": "transfer" if kind == "paid" else "",
            "frequency": "month",
            "parts": "3",
            "form_key": str(uuid.uuid4()),
        }

    def _render_answer_form(self, account, kind, form, errors, values, back, url):
        # To have the labels of the form; no answer is read.
        answer = request.env["relance.answer"].sudo()
        moves = {}
        for row in values["rows"]:
            known = moves.setdefault(row["move"].id, {"move": row["move"], "due": row["due"], "total": 0})
            known["total"] += row["total"] + row["disputed"]
        options = {
            name: answer._fields[name]._description_selection(answer.env)
            for name in ("category", "method", "frequency")
        }
        page = {
            **values,
            "page_name": "relance_answer",
            "no_breadcrumbs": request.env.user._is_public(),
            "kind": kind,
            "form": form,
            "errors": errors,
            "moves": list(moves.values()),
            "options": options,
            "fields": {name.rstrip("*"): not name.endswith("*") for name in FORM_FIELDS[kind]},
            "today": account.company_id._relance_today(),
            "back_url": back,
            "form_url": url,
            "max_parts": MAX_PARTS,
            "max_files": MAX_FILES,
            "max_size": MAX_FILE_SIZE // (1024 * 1024),
        }
        return self._keep_private(request.render("relance_fr.portal_answer", page))
