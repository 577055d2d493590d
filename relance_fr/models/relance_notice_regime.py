from odoo import models

from ..law.mentions import APPLICABLE_LAW, FORMAL_KINDS
from ..tools.letter_format import NBSP


class RelanceNotice(models.Model):
    """What a letter says beside the claim to a public body (Chorus Pro) and to a business abroad (law of the claim)."""

    _inherit = "relance.notice"

    def _get_letter_line(self, line):
        """Add ``chorus``, what identifies the invoice on Chorus Pro (``account.move._get_chorus_facts``)."""
        # Who sends the letter need not read the card of the debtor.
        facts = line.move_id.sudo()._get_chorus_facts() if self.regime == "public" else {}
        return super()._get_letter_line(line) | {"chorus": facts if any(facts.values()) else {}}

    def _get_letter_law(self):
        """Add ``abroad``, and the applicable law to the mentions of a formal letter to a business abroad.

        French orders for payment are for the courts of the debtor's seat: a letter abroad names none.
        """
        values = super()._get_letter_law() | {"abroad": self.partner_id._is_foreign_to(self.company_id)}
        if self._states_applicable_law():
            values["mentions"]["applicable_law"] = APPLICABLE_LAW.article.replace("art. ", f"art.{NBSP}")
        return values

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
