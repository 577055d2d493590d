from odoo import models

from ..law.mentions import FORMAL_KINDS


class RelanceNotice(models.Model):
    """What a letter says beside the claim to a public body (Chorus Pro) and to a business abroad (law of the claim)."""

    _inherit = "relance.notice"

    def _get_letter_chorus(self, line):
        """Return what identifies the invoice of a line on Chorus Pro (``account.move._get_chorus_facts``), else {}."""
        # Who sends the letter need not read the card of the debtor.
        facts = line.move_id.sudo()._get_chorus_facts() if self.regime == "public" else {}
        return facts if any(facts.values()) else {}

    def _states_applicable_law(self):
        """Tell whether the letter says that French law governs the claim: never to a consumer or a public body."""
        self.ensure_one()
        company = self.company_id
        return (
            self.regime == "business"
            and self.kind in FORMAL_KINDS
            and company._get_relance_setting("relance_applicable_law")
            and company.is_france_country
            and self.partner_id._is_foreign_to(company)
        )
