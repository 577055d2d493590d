from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date
from odoo.tools.i18n import format_list


class RelanceDebtor(models.Model):
    """Why a debtor is in the work list, and the one click that does what comes next."""

    _inherit = "relance.debtor"

    # What he calls for: a list of dicts `text` and `tone`.
    reasons = fields.Json("Why", compute="_compute_reasons")

    @api.depends("tags", "action")
    @api.depends_context("lang")
    def _compute_reasons(self):
        works = self.env["relance.engine"]._get_works()
        waits = {company: self._get_company_reason(company) for company in self.company_id}
        for debtor in self:
            tags = debtor.tags or {}
            kinds = sorted(tags, key=lambda kind, first=debtor.action: (kind != first, kind))
            reasons = [
                {"text": self._get_reason_text(works[kind], tags[kind]), "tone": works[kind].tone} for kind in kinds
            ]
            debtor.reasons = reasons + (waits[debtor.company_id] if "send" in tags else [])

    @api.model
    def _get_company_reason(self, company):
        """Return, as a list of reasons, what ``company`` lacks to remind its debtors; [] when it is ready."""
        engine = self.env["relance.engine"]
        lacking = engine._get_lacking(company) if engine._is_readiness_asked(company) else []
        if not lacking:
            return []
        texts = engine._get_lack_texts(company)
        titles = format_list(self.env, [texts[key][0] for key in lacking])
        return [{"text": self.env._("Company not complete: %s", titles), "tone": "warning"}]

    @api.model
    def _get_reason_text(self, work, tag):
        """Return in a few words what ``work`` there is; ``tag`` holds its first day and how many there are."""
        day = tag["day"]
        text = self.env._(work.undated if work.undated and not day else work.text)
        if work.dated and (day or not work.undated):
            text %= format_date(self.env, day, date_format="dd/MM" if work.dated == "short" else False)
        return f"{text} ({tag['count']})" if tag["count"] > 1 and work.counted else text

    # === THE NEXT ACTION === #

    def action_do(self):
        """Open the very place where the next action of the debtor is done.

        Somebody may have done it meanwhile: then the list is read again.
        """
        self.ensure_one()
        self.check_access("read")
        if not self.action:
            return self._get_done_notice()
        return self._get_openers().get(self.action, self._open_record)()

    def _get_done_notice(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("Nothing is left to do about %s.", self.partner_id.display_name),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_openers(self):
        """Return ``{action: method that opens its place}``; the others open their record. An override adds some."""
        return {
            "call": self._open_call,
            "send": self.action_remind,
            "address": self._open_address,
            "calendar": self._open_partner,
            "assign": self._open_assignment,
            "decide": self._open_decision,
        }

    def _open_record(self):
        """Open the record the action is about."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def _open_call(self):
        return self.env[self.res_model].browse(self.res_id).action_relance_log_call()

    def _open_address(self):
        """Open the card whose address is at fault: the addressee's of the notice, else the debtor's."""
        partner = self.partner_id
        if self.res_model == "relance.notice":
            partner = self.env["relance.notice"].browse(self.res_id).contact_id or partner
        else:
            partner = partner.with_company(self.company_id)._get_relance_contact() or partner
        return self._open_partner(partner)

    def _open_decision(self):
        """Open the refusal to decide about, else the account."""
        return self._open_record() if self.res_model == "relance.call" else self.action_open()

    def _open_partner(self, partner=None):
        return self._in_company(
            {
                "type": "ir.actions.act_window",
                "res_model": "res.partner",
                "res_id": (partner or self.partner_id).id,
                "views": [(False, "form")],
            }
        )

    def _open_assignment(self):
        """Open the dialog that says who handles the debtor in this company."""
        if not self.partner_id.has_access("write"):
            raise UserError(self.env._("Ask somebody who may edit customers to say who handles this one."))
        return self._open_partner() | {
            "name": self.env._("Assign a Person"),
            "views": [(self.env.ref("relance_fr.res_partner_view_form_assign").id, "form")],
            "target": "new",
        }

    def _in_company(self, action):
        """Return ``action`` with the debtor's company first: settings of a card are those of the current company."""
        companies = self.company_id | self.env.companies
        return action | {"context": {"allowed_company_ids": companies.ids}}
