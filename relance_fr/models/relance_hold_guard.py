from odoo import api, fields, models
from odoo.exceptions import UserError

# What the buttons write, each with its checks: how a dispute ended, the frozen claim, what was announced.
OUTCOME_FIELDS = frozenset(
    {
        "resolution", "resolved_on", "accepted_amount", "declaration", "deadline_warned", "end_announced",
        "insolvency_outcome", "insolvency_outcome_date", "conversion_date", "conversion_publication_date",
        "claim_attachment_id", "claim_sha256", "foreclosure_warned",
    }
)  # fmt: skip
# Whose proceedings they are: those of somebody else are other proceedings.
PROCEEDINGS_FIELDS = frozenset({"partner_id", "move_id", "line_id", "amount"})
# What the statement of a claim says: a proof once it was declared.
DECLARED_FIELDS = frozenset(
    {
        "date_from", "insolvency_kind", "earlier_move_ids", "claim_paid_late", "claim_rank", "privileged_amount",
        "privilege_ground", "retention_of_title", "claim_note", "longer_deadline",
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
        default = self.default_get(["reason"]).get("reason")
        if any(vals.get("reason", default) == "insolvency" for vals in vals_list):
            raise UserError(
                self.env._(
                    "Insolvency proceedings are entered from the card of the debtor, Action menu: they stop penalties "
                    "and prepare the claim."
                )
            )
        # A default of the context is no way around.
        defaults = {f"default_{name}" for name in OUTCOME_FIELDS}
        context = {name: value for name, value in self.env.context.items() if name not in defaults}
        holds = super(RelanceHold, self.with_env(self.env(context=context))).create(vals_list)
        return holds.with_env(self.env)

    def write(self, vals):
        if "reason" in vals and any(hold.reason != vals["reason"] for hold in self):
            raise UserError(
                self.env._(
                    "The reason of a hold stays what it was. End this hold and suspend dunning again for the other "
                    "reason; insolvency proceedings end with the button Next Step."
                )
            )
        if not self.env.su:
            self._check_outcome_fields(vals)
            self.filtered(lambda hold: hold.reason == "insolvency")._check_proceedings(vals)
            if "company_id" in vals and any(hold.company_id.id != vals["company_id"] for hold in self):
                raise UserError(self.env._("A hold stays with its company: enter another one in the other company."))
            if "declared_on" in vals and not vals["declared_on"] and any(hold.declared_on for hold in self):
                raise UserError(
                    self.env._("A claim that was declared stays so: correct the day instead of emptying it.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proofs(self):
        """Core deletes the files of what is deleted, and asks them too late whose they were."""
        # Whoever may not open a file must not lose it either.
        files_sudo = self.env["ir.attachment"].sudo()
        files_sudo.search([("res_model", "=", self._name), ("res_id", "in", self.ids)])._check_relance_proof()

    def _check_proceedings(self, vals):
        """Raise a UserError if ``vals`` would give proceedings another debtor, or undo a declared claim."""
        if PROCEEDINGS_FIELDS & vals.keys() and any(self._would_change(vals, PROCEEDINGS_FIELDS)):
            raise UserError(
                self.env._(
                    "Proceedings stay those of their debtor and concern all that the debtor owes. If they were "
                    "entered by mistake, say so with the button Next Step, then enter those of the right debtor."
                )
            )
        if self.filtered("declared_on") and any(self.filtered("declared_on")._would_change(vals, DECLARED_FIELDS)):
            raise UserError(self.env._("This claim was declared already: what was declared stays as it is."))
        if vals.get("date_from"):
            day = fields.Date.to_date(vals["date_from"])
            if any(day > self.env["relance.engine"]._today(hold.company_id) for hold in self):
                raise UserError(self.env._("The judgment cannot be later than today: check its date."))

    def _would_change(self, vals, names):
        """Tell for each hold and field of ``names`` in ``vals`` whether the value would change."""
        for name in names & vals.keys():
            field = self._fields[name]
            for hold in self:
                if field.type == "many2many":
                    yield hold.new({name: vals[name]}, origin=hold)[name]._origin != hold[name]
                else:
                    value = field.convert_to_cache(vals[name], hold)
                    yield field.convert_to_record(value, hold) != hold[name]

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
            if hold.reason == "insolvency" and not self.env.su:
                raise UserError(
                    self.env._(
                        "%s: proceedings are not deleted, earlier debts would be dunned again without a trace. If they "
                        "were entered by mistake, say so with the button Next Step.",
                        hold.display_name,
                    )
                )
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
