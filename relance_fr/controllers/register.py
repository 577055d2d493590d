from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request


class RegisterController(http.Controller):
    """The sealed contents of a register, for the person who is to recompute its chain."""

    @http.route(
        "/relance_fr/register/<relance_id:company_id>", type="http", auth="user", methods=["GET"], readonly=True
    )
    def export(self, company_id, **_query):
        """Return the register of a company as JSON lines; a page that is not found to who may not have it."""
        company = request.env["res.company"].browse(company_id).exists()
        if not company:
            raise request.not_found()
        register = request.env["relance.register"]
        try:
            content = "".join(register._export_lines(company))
        except AccessError as error:
            raise request.not_found() from error
        today = company._relance_today()
        name = request.env._("Dunning register %(company)s %(date)s", company=company.name, date=today)
        return request.make_response(
            content.encode(),
            [
                ("Content-Type", "application/x-ndjson; charset=utf-8"),
                ("Content-Disposition", content_disposition(f"{name}.jsonl")),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
