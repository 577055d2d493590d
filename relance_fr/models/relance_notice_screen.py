from odoo import api, fields, models
from odoo.exceptions import UserError

CERTIFICATE = "relance_fr.register_certificate"


class RelanceNotice(models.Model):
    """What the register shows of a notice beside its facts, and what its lists can do."""

    _inherit = "relance.notice"

    letter = fields.Binary(related="attachment_id.datas", string="Stored Letter")
    statement_data = fields.Json(string="Statement of Interest", compute="_compute_statement_data")

    @api.depends("line_ids.segments", "principal_amount", "penalty_amount", "indemnity_amount", "total_amount")
    def _compute_statement_data(self):
        for notice in self:
            rows = [
                {
                    "invoice": line.invoice_name,
                    "due": fields.Date.to_string(line.date_maturity),
                    **segment.to_row(),
                }
                for line in notice.line_ids
                for segment in line._get_segments()
            ]
            notice.statement_data = {
                "as_of": fields.Date.to_string(notice.date),
                "currency_id": notice.currency_id.id,
                "rows": rows,
                "totals": {
                    "principal": notice.principal_amount,
                    "penalty": notice.penalty_amount,
                    "indemnity": notice.indemnity_amount,
                    "total": notice.total_amount,
                },
            }

    # === ACTION METHODS === #

    def action_mark_posted(self):
        """Record that the letters were posted today; an earlier day is entered on the letter itself."""
        to_post = self.filtered("to_post")
        if not to_post:
            raise UserError(self.env._("None of these notices is a letter that waits to be posted."))
        for company, notices in to_post.grouped("company_id").items():
            notices.posted_date = self.env["relance.engine"]._today(company)
        return True

    def action_open(self):
        """Open the notice itself, from a list where a click edits."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        return action | {"views": [(False, "form")], "res_id": self.id, "domain": [], "context": {}}

    @api.model
    def action_verify_register(self):
        """Recompute the seals of the selected companies' registers and show the outcome."""
        if not self.env.user.has_group("account.group_account_manager"):
            raise UserError(self.env._("Only an accounting administrator verifies the register."))
        results = [(company, self._verify_register(company)) for company in self.env.companies]
        broken = [(company, result) for company, result in results if not result["valid"]]
        if broken:
            message = " ".join(
                self.env._(
                    "%(company)s: broken at %(number)s. %(reason)s",
                    company=company.name,
                    number=result["broken"],
                    reason=result["reason"],
                )
                for company, result in broken
            )
        else:
            message = self.env._(
                "%s notices checked: every seal holds and no row is missing.",
                sum(result["checked"] for _company, result in results),
            )
        for company in self.env.companies:
            earlier = self.env["relance.register"]._get_earlier(company)
            if earlier:
                message += " " + self.env._(
                    "%(company)s: it continues an earlier register, which ended at rank %(rank)s.",
                    company=company.name,
                    rank=earlier["rank"],
                )
        ids = ",".join(map(str, self.env.companies.ids))
        certificate = {"label": self.env._("Print the certificate"), "url": f"/report/pdf/{CERTIFICATE}/{ids}"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Dunning Register"),
                # The client puts links in place of "%s".
                "message": message.replace("%", "%%") + " %s",
                "links": [certificate],
                "type": "danger" if broken else "success",
                # It stays until the link was of use.
                "sticky": True,
            },
        }
