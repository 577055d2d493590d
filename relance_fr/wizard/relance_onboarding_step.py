from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models.run.relance_onboarding import MANAGER
from ..tools.fields import CheckedBinary

# Fields of the dialog and those of the company they set.
SETTINGS = {
    "calendar": {"calendar_id": "relance_calendar_id"},
    "letterhead": {
        "signatory_id": "relance_signatory_id",
        "signatory_function": "relance_signatory_function",
        "signature": "relance_signature",
        "contact_id": "relance_contact_id",
        "legal_form": "relance_legal_form",
        "share_capital": "relance_share_capital",
        "register_town": "relance_register_town",
        "seat": "relance_seat",
    },
    "bank": {
        "bank_max_age": "relance_bank_max_age",
        "bank_max_count": "relance_bank_max_count",
        "bank_max_amount": "relance_bank_max_amount",
    },
}
# Of the company itself: only for who may change companies.
LETTERHEAD = ("logo", "street", "zip", "city", "company_registry", "email", "report_footer")


class RelanceOnboardingStep(models.TransientModel):
    """One of the first steps: a few settings of the company, in a dialog of their own."""

    _name = "relance.onboarding.step"
    _description = "First Step of Dunning"

    step = fields.Selection(
        [("calendar", "Calendar"), ("letterhead", "Letterhead and signature"), ("bank", "Bank")], required=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")

    calendar_id = fields.Many2one("relance.calendar", "Dunning Calendar")
    calendar_days = fields.Char("Steps", compute="_compute_calendar_days")

    signatory_id = fields.Many2one("res.users", domain=[("share", "=", False)])
    signatory_function = fields.Char("Function")
    signature = CheckedBinary("Signature Image", attachment=False)
    contact_id = fields.Many2one("res.partner", "Dunning Contact")
    legal_form = fields.Char()
    share_capital = fields.Char()
    register_town = fields.Char("Register of Commerce (Town)")
    seat = fields.Char("Registered Office")
    edits_company = fields.Boolean(compute="_compute_edits_company")
    logo = CheckedBinary(attachment=False)
    street = fields.Char()
    zip = fields.Char("Postcode")
    city = fields.Char()
    company_registry = fields.Char("SIREN or SIRET")
    email = fields.Char("Email of the Company")
    report_footer = fields.Html("Legal Mentions")
    has_account = fields.Boolean(compute="_compute_edits_company")

    bank_max_age = fields.Integer("Age of Bank Statements (Days)")
    bank_max_count = fields.Integer("Receipts Not Matched (Number)")
    bank_max_amount = fields.Monetary("Receipts Not Matched (Amount)")
    bank_message = fields.Char("Today", compute="_compute_bank_message")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        # Anybody may call this over RPC, customers too: the settings hold the signature of letters.
        if not self.has_access("create"):
            return values
        company = self.env.company
        for names in SETTINGS.values():
            for own, setting in names.items():
                value = company._get_relance_setting(setting)
                values[own] = value.id if isinstance(value, models.BaseModel) else value
        values |= {name: company[name] for name in LETTERHEAD}
        return {name: value for name, value in values.items() if name in fields_list}

    @api.depends("calendar_id")
    def _compute_calendar_days(self):
        onboarding = self.env["relance.onboarding"]
        for step in self:
            step.calendar_days = onboarding._format_days(step.calendar_id)

    @api.depends("company_id")
    def _compute_edits_company(self):
        for step in self:
            # The address of a company is that of its card.
            step.edits_company = step.company_id.has_access("write") and step.company_id.partner_id.has_access("write")
            # Whether there is one is all that is told.
            step.has_account = bool(step.company_id.sudo().partner_id.bank_ids)

    @api.depends("company_id")
    def _compute_bank_message(self):
        for step in self:
            step.bank_message = step.company_id._relance_get_bank_state(step.company_id._relance_today())["message"]

    def action_save(self):
        """Write the settings of the step on the company, and nothing else of it.

        :raises AccessError: for who is no accounting administrator
        """
        self.ensure_one()
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only accounting administrators set dunning up."))
        company = self.env.company
        values = {setting: self[own] for own, setting in SETTINGS[self.step].items()}
        changed = {
            name: value.id if isinstance(value, models.BaseModel) else value
            for name, value in values.items()
            if value != company._get_relance_setting(name)
        }
        if changed:
            # An accounting administrator keeps the settings of dunning, and may have no other right on the company.
            company.sudo().write(changed)
        if self.step == "letterhead" and self.edits_company:
            details = {name: self[name] for name in LETTERHEAD if self[name] != company[name]}
            if details:
                company.write(details)
        return {"type": "ir.actions.act_window_close"}
