import re

from odoo import fields, models
from odoo.exceptions import UserError

# 64 bits: fewer digits could agree by chance.
LEAST_DIGITS = 16


class RelanceRegisterCheck(models.TransientModel):
    """Dialog that holds what a letter, an e-mail or a digest prints of the register against the register of today."""

    _name = "relance.register.check"
    _description = "Letter Held Against the Register"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    rank = fields.Char(help="As the letter prints it, at its foot.")
    seal = fields.Char(help="The digits the letter prints after the rank, with or without their spaces.")
    outcome = fields.Selection(
        [("agrees", "It Agrees"), ("differs", "It Does Not Agree"), ("unknown", "Cannot Be Told")], readonly=True
    )
    message = fields.Text(readonly=True)

    def action_compare(self):
        """Compare what was typed with the register and show the outcome in the same dialog.

        :raises AccessError: see ``relance.register._check_verifier``
        :raises UserError: when what was typed is no rank or no seal
        """
        self.ensure_one()
        register = self.env["relance.register"]
        register._check_verifier(self.company_id)
        rank = re.sub(r"\s", "", self.rank or "")
        digits = re.sub(r"[\s.…]", "", self.seal or "").lower()
        if not re.fullmatch(r"[0-9]{1,9}", rank, re.ASCII) or not int(rank):
            raise UserError(self.env._("Type the rank as the letter prints it: a number, 1 or more."))
        if not re.fullmatch(rf"[0-9a-f]{{{LEAST_DIGITS},64}}", digits):
            raise UserError(
                self.env._(
                    "Type the seal as the letter prints it: %s digits at least, of 0 to 9 and a to f.", LEAST_DIGITS
                )
            )
        outcome, message = register._compare_anchor(self.company_id, int(rank), digits)
        # The outcome is told by the button alone.
        self.sudo().write({"outcome": outcome, "message": message})
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_register_check_action")
        return action | {"res_id": self.id}
