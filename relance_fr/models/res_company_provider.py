import secrets

from odoo import api, fields, models

from ..tools.groups import SETTINGS_GROUPS


class ResCompany(models.Model):
    """Who posts the registered letters of the company."""

    _inherit = "res.company"

    relance_provider = fields.Selection(
        [("manual", "By Hand")],
        string="Registered Letters",
        default="manual",
        required=True,
        help="Who prints and posts registered letters: a person, or the service of an installed provider.",
        groups=SETTINGS_GROUPS,
    )
    # Whoever knows it may enter proofs of delivery.
    relance_provider_token = fields.Char(copy=False, groups="base.group_system")

    relance_provider_url = fields.Char(
        string="Callback Address", compute="_compute_relance_provider_url", groups="base.group_system"
    )

    @api.depends("relance_provider_token")
    def _compute_relance_provider_url(self):
        for company in self:
            token = company.relance_provider_token
            path = f"/relance_fr/provider/{company.id}?token={token}"
            company.relance_provider_url = company.get_base_url() + path if token else False

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._ensure_provider_token()
        return companies

    def write(self, vals):
        result = super().write(vals)
        if "relance_provider" in vals:
            self._ensure_provider_token()
        return result

    def _ensure_provider_token(self):
        """Give a company whose letters a service posts the secret of its callbacks."""
        # Whoever chooses the provider need not see the secret.
        for company_sudo in self.sudo():
            if company_sudo.relance_provider != "manual" and not company_sudo.relance_provider_token:
                company_sudo._renew_provider_token()

    def _renew_provider_token(self):
        """Give each company a new secret; its provider must be told."""
        self.check_access("write")
        for company in self:
            company.relance_provider_token = secrets.token_urlsafe(32)

    def _get_relance_provider(self):
        """Return the provider of the company's letters, as superuser in the company."""
        self.ensure_one()
        # Letters are handed over by jobs and whoever dispatches; the service's settings are not theirs to read.
        provider = self.env["relance.provider"].sudo()._get(self.sudo().relance_provider)
        return (provider if provider is not None else self.env["relance.provider.manual"].sudo()).with_company(self)
