from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.hold.relance_hold_insolvency import OUTCOMES

CONVERSIONS = ("receivership", "liquidation")


class RelanceInsolvencyStep(models.TransientModel):
    """What became of insolvency proceedings: converted, a plan, closed, or never were."""

    _name = "relance.insolvency.step"
    _description = "Next Step of Insolvency Proceedings"

    hold_id = fields.Many2one("relance.hold", required=True, readonly=True)
    insolvency_kind = fields.Selection(related="hold_id.insolvency_kind", related_sudo=False)
    step = fields.Selection(
        [
            ("receivership", "Converted into receivership (redressement)"),
            ("liquidation", "Converted into liquidation"),
            *OUTCOMES,
        ],
        required=True,
    )
    date = fields.Date(string="Date of the Judgment", default=lambda self: self._default_date(), required=True)
    publication_date = fields.Date(string="Published in the BODACC on")
    administrator_id = fields.Many2one("res.partner", string="Liquidator or Representative")

    @api.model
    def _default_date(self):
        # The day of the company whose proceedings they are, read by who may open the dialog alone.
        hold_id = self.env.context.get("default_hold_id")
        hold_sudo = self.env["relance.hold"].sudo().browse(hold_id if isinstance(hold_id, int) else None).exists()
        return (hold_sudo.company_id or self.env.company)._relance_today()

    @api.constrains("hold_id")
    def _check_hold(self):
        # A dialog made over RPC names only what its user may read: it shows figures. Constraints run as superuser.
        self.hold_id.sudo(False).check_access("read")

    @api.onchange("hold_id")
    def _onchange_hold_id(self):
        self.administrator_id = self.administrator_id or self.hold_id.administrator_id

    def action_apply(self):
        """Record the step on the proceedings."""
        self.ensure_one()
        hold = self.hold_id
        hold.check_access("write")
        if hold.reason != "insolvency":
            raise UserError(self.env._("These are no insolvency proceedings."))
        if hold.insolvency_outcome and (self.step in CONVERSIONS or hold.insolvency_outcome != "plan"):
            raise UserError(
                self.env._(
                    "The outcome of these proceedings was entered already. A new judgment opens new proceedings: enter "
                    "them from the card of the debtor."
                )
            )
        if self.date < hold.date_from or self.date > hold.company_id._relance_today():
            raise UserError(self.env._("The date lies between the judgment that opened the proceedings and today."))
        if self.publication_date and self.publication_date < self.date:
            raise UserError(self.env._("A judgment is published on its own day at the earliest."))
        if self.step in CONVERSIONS:
            self._check_conversion()
            hold._convert_proceedings(self.step, self.date, self.publication_date, self.administrator_id)
        else:
            hold._close_proceedings(self.step, self.date)
        return {"type": "ir.actions.act_window_close"}

    def _check_conversion(self):
        kind = self.hold_id.insolvency_kind
        if kind == "liquidation" or kind == self.step:
            raise UserError(self.env._("These proceedings are of that kind already, or of a graver one."))
