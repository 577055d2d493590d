from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("safeguard", "Safeguard (sauvegarde)"),
    ("receivership", "Receivership (redressement judiciaire)"),
    ("liquidation", "Liquidation (liquidation judiciaire)"),
]


class RelanceHold(models.Model):
    """Insolvency proceedings of a debtor: the judgment, the court, the creditors' representative.

    The claim (relance_hold_claim.py), its letter, its deadline, what the judgment stops and how the proceedings end
    have files of their own.
    """

    _inherit = "relance.hold"

    insolvency_kind = fields.Selection(KINDS, string="Proceedings", tracking=True)
    court = fields.Char(help="e.g. Tribunal de commerce de Lyon")
    publication_date = fields.Date(string="Published in the BODACC on", tracking=True)
    administrator_id = fields.Many2one(
        "res.partner",
        string="Creditors' Representative",
        index="btree_not_null",
        help="The mandataire judiciaire or the liquidator: the claim is declared to this address.",
    )
    earlier_move_ids = fields.Many2many(
        "account.move",
        "relance_hold_earlier_move_rel",
        "hold_id",
        "move_id",
        string="Invoiced Later, Delivered Before",
        copy=False,
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        " ('commercial_partner_id', '=', partner_id), ('invoice_date', '>', date_from)]",
        help="Invoices dated after the judgment for what was delivered before it: they are declared with the rest and "
        "not dunned. What has a delivery date needs no entry here.",
    )
    declared_on = fields.Date(tracking=True, copy=False)

    _judgment_idx = models.Index("(partner_id, company_id) WHERE reason = 'insolvency'")
    _running_insolvency_uniq = models.UniqueIndex(
        "(company_id, partner_id) WHERE reason = 'insolvency' AND insolvency_outcome IS NULL AND date_to IS NULL",
        "The insolvency of this debtor was entered already: open it from the card of the debtor.",
    )

    @api.constrains("date_from", "publication_date", "declared_on", "reason")
    def _check_insolvency_dates(self):
        for hold in self.filtered(lambda hold: hold.reason == "insolvency"):
            today = self.env["relance.engine"]._today(hold.company_id)
            if hold.publication_date and hold.publication_date < hold.date_from:
                raise ValidationError(self.env._("A judgment is published on its own day at the earliest."))
            if hold.declared_on and hold.declared_on < hold.date_from:
                raise ValidationError(self.env._("A claim is declared after the judgment that opened the proceedings."))
            if hold.declared_on and hold.declared_on > today:
                raise ValidationError(self.env._("Enter the day the claim was sent once it is sent."))

    @api.constrains("earlier_move_ids", "partner_id")
    def _check_earlier_moves(self):
        for hold in self:
            if hold.earlier_move_ids.commercial_partner_id - hold.partner_id:
                raise ValidationError(self.env._("Only invoices of the debtor belong to these proceedings."))

    @api.model
    def _get_running_insolvency(self, partner, company):
        """Return the proceedings of a debtor that nobody closed yet (``relance.hold``, may be empty)."""
        return self.search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "=", partner.commercial_partner_id.id),
                ("reason", "=", "insolvency"),
                ("insolvency_outcome", "=", False),
                ("date_to", "=", False),
            ],
            limit=1,
        )

    def _get_form_action(self):
        """Return the action that opens this hold."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "relance.hold",
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
