from odoo import fields, models

CHORUS_FIELDS = {"buyer_reference", "purchase_order_reference", "relance_chorus_number", "relance_chorus_date"}


class AccountMove(models.Model):
    """What Chorus Pro knows of an invoice to a public body."""

    _inherit = "account.move"

    # Declared as core's own module for Chorus Pro does: where it is installed, these are its fields.
    buyer_reference = fields.Char(help="'Code de Service' in Chorus PRO.")
    purchase_order_reference = fields.Char(help="'Engagement Juridique' in Chorus PRO.")
    relance_chorus_number = fields.Char(
        "Chorus Pro Deposit Number", copy=False, help="Number that Chorus Pro gave to the invoice deposited."
    )
    relance_chorus_date = fields.Date(
        "Deposited on Chorus Pro on",
        copy=False,
        help="Day the invoice was made available to the public body: its time to pay runs from there "
        "(CCP R2192-12). The deposit certificate of Chorus Pro shows it.",
    )

    def write(self, vals):
        if vals and vals.keys() <= CHORUS_FIELDS:
            # References of a deposit correct nothing in a posted invoice.
            self = self.with_context(skip_is_manually_modified=True)
        return super().write(vals)

    def _get_chorus_missing(self):
        """Return what Chorus Pro gave or asks for that is not entered, as texts; [] when nothing is to be asked."""
        self.ensure_one()
        debtor_sudo = self.commercial_partner_id.sudo()
        if not debtor_sudo._is_on_chorus():
            return []
        rule = debtor_sudo.relance_chorus_rule
        service = self.buyer_reference or debtor_sudo.relance_chorus_service
        missing = {
            self.env._("deposit number"): not self.relance_chorus_number,
            self.env._("deposit date"): not self.relance_chorus_date,
            self.env._("service code"): rule in ("service", "both") and not service,
            self.env._("commitment number"): rule in ("engagement", "both") and not self.purchase_order_reference,
        }
        return [text for text, is_missing in missing.items() if is_missing]

    def _get_chorus_facts(self):
        """Return what identifies the invoice on Chorus Pro, as ``{"number", "date", "engagement", "service"}``.

        Empty for a debtor who is not a public body on Chorus Pro.
        """
        self.ensure_one()
        debtor_sudo = self.commercial_partner_id.sudo()
        if not debtor_sudo._is_on_chorus():
            return {}
        return {
            "number": self.relance_chorus_number or "",
            "date": self.relance_chorus_date,
            "engagement": self.purchase_order_reference or "",
            "service": self.buyer_reference or debtor_sudo.relance_chorus_service or "",
        }
