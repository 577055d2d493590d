from odoo import api, models
from odoo.exceptions import UserError

# What the buttons write, each with its checks: how a dispute ended, the frozen claim, what was announced.
OUTCOME_FIELDS = frozenset(
    {
        "resolution", "resolved_on", "accepted_amount", "declaration", "deadline_warned", "end_announced",
        "insolvency_outcome", "insolvency_outcome_date", "conversion_date", "conversion_publication_date",
        "claim_attachment_id", "claim_sha256", "foreclosure_warned",
    }
)  # fmt: skip


class RelanceHold(models.Model):
    """What nobody writes on a hold but its own buttons and jobs: the screens lock it, calls over RPC do not."""

    _inherit = "relance.hold"

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        for vals in vals_list:
            self._check_outcome_fields({name for name, value in vals.items() if value})
        # A default of the context is no way around.
        defaults = {f"default_{name}" for name in OUTCOME_FIELDS}
        context = {name: value for name, value in self.env.context.items() if name not in defaults}
        holds = super(RelanceHold, self.with_env(self.env(context=context))).create(vals_list)
        return holds.with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            self._check_outcome_fields(vals)
            if "company_id" in vals and any(hold.company_id.id != vals["company_id"] for hold in self):
                raise UserError(self.env._("A hold stays with its company: enter another one in the other company."))
            if "declared_on" in vals and not vals["declared_on"] and any(hold.declared_on for hold in self):
                raise UserError(
                    self.env._("A claim that was declared stays so: correct the day instead of emptying it.")
                )
        return super().write(vals)

    def _check_outcome_fields(self, names):
        """Raise a UserError if one of the fields ``names`` is for the buttons to write."""
        locked = OUTCOME_FIELDS & set(names)
        if locked:
            labels = sorted(self._fields[name]._description_string(self.env) for name in locked)
            raise UserError(
                self.env._(
                    "%s: the buttons of the hold enter this, such as that of the end of a dispute.", ", ".join(labels)
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_facts(self):
        for hold in self:
            if hold.resolution:
                raise UserError(
                    self.env._("%s: a dispute that was resolved is kept. End the hold instead.", hold.display_name)
                )
            if hold.declared_on:
                raise UserError(
                    self.env._(
                        "%s: the claim was declared, its proof is kept. End the hold instead.", hold.display_name
                    )
                )
