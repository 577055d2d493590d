from odoo import models
from odoo.fields import Domain

from ...tools.letter_format import one_line


class RelanceLetter(models.AbstractModel):
    """To whom a letter to a company in liquidation goes."""

    _inherit = "relance.letter"

    def _get_letter_names(self):
        """Name the liquidator, whose window it is, before the debtor."""
        names = super()._get_letter_names()
        contact, debtor = self.contact_id, self.partner_id
        entity = contact.commercial_partner_id
        if not contact or entity == debtor.commercial_partner_id:
            return names
        winding_up = self.env["relance.hold"]._get_winding_up_domain(debtor, self.company_id)
        # Who prints a letter need not read the proceedings.
        if not self.env["relance.hold"].sudo().search_count(winding_up & Domain("administrator_id", "=", contact.id)):
            return names
        person = [one_line(contact.name)] if contact != entity and contact.name != entity.name else []
        capacity = self.env._("liquidator of %s", one_line(debtor.name or debtor.display_name))
        return [one_line(entity.name or contact.display_name), *person, capacity]
