from odoo import api, fields, models

from ..tools.fields import CheckedBinary
from ..tools.groups import SETTINGS_GROUPS


class ResCompany(models.Model):
    _inherit = "res.company"

    relance_calendar_id = fields.Many2one(
        "relance.calendar",
        "Dunning Calendar",
        check_company=True,
        help="Calendar of the customers that have none, neither of their own nor of their kind.",
        groups=SETTINGS_GROUPS,
    )
    relance_automatic = fields.Boolean(
        "Automatic Dunning",
        default=True,
        help="The daily job sends automatic levels by itself; otherwise all it drafts waits for approval.",
        groups=SETTINGS_GROUPS,
    )
    relance_bank_max_age = fields.Integer(
        "Age of Bank Statements (Days)",
        default=7,
        help="Automatic sending waits when the newest bank statement line or customer payment is older; 0: not tested.",
        groups=SETTINGS_GROUPS,
    )
    relance_signatory_id = fields.Many2one(
        "res.users", "Signatory", help="Who signs the letters.", groups=SETTINGS_GROUPS
    )
    relance_signatory_function = fields.Char("Function of the Signatory", groups=SETTINGS_GROUPS)
    relance_signature = CheckedBinary("Signature Image", attachment=True, groups=SETTINGS_GROUPS)
    relance_contact_id = fields.Many2one(
        "res.partner",
        "Dunning Contact",
        help="Whom the letters name for questions, with phone and email.",
        groups=SETTINGS_GROUPS,
    )

    _relance_bank_max_age_positive = models.Constraint(
        "CHECK(relance_bank_max_age >= 0)",
        "The age of bank statements cannot be negative. Enter 0 to never wait.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Give new companies the calendar shipped for everybody; a branch goes by its parent's."""
        standard = self.env.ref("relance_fr.relance_calendar_standard", raise_if_not_found=False)
        for vals in vals_list:
            if standard and not vals.get("parent_id"):
                vals.setdefault("relance_calendar_id", standard.id)
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        if "relance_calendar_id" in vals:
            self.env["relance.engine"]._refresh_open()
        return result

    def _get_relance_setting(self, field_name):
        """Return a dunning setting: the company's own value or, when empty, that of its nearest parent.

        A switch or a number is never empty: it is always the company's own.
        """
        self.ensure_one()
        # Whoever works by the settings need not read them.
        if self._fields[field_name].type in ("boolean", "integer", "float", "monetary"):
            return self.sudo()[field_name]
        # A user of a branch need not have access to its parent.
        values = [company_sudo[field_name] for company_sudo in self.sudo().parent_ids[::-1]]
        value = next(filter(None, values), values[0])
        return value.with_env(self.env) if isinstance(value, models.BaseModel) else value
