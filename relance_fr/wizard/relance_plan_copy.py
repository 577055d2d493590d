import hashlib

from odoo import api, fields, models

from ..tools.signed_files import names_company, same_words


class RelancePlanCopy(models.TransientModel):
    """A signed copy, read on the screen by the person who says that it is the signed plan."""

    _name = "relance.plan.copy"
    _description = "Check of a Signed Copy"

    plan_id = fields.Many2one("relance.commitment", required=True, readonly=True, ondelete="cascade")
    # Not in sudo: a client may point the dialog at any plan.
    file = fields.Binary(related="plan_id.signed_copy", related_sudo=False)
    file_name = fields.Char(related="plan_id.signed_copy_name", related_sudo=False)
    is_pdf = fields.Boolean(compute="_compute_is_pdf")
    # Of the file as it was when the dialog opened: another one is not what was looked at.
    sha256 = fields.Char(readonly=True)
    signed_by = fields.Char(
        string="Name of the Person Who Signed", compute="_compute_signed_by", store=True, readonly=False
    )
    signed_capacity = fields.Char(string="Capacity")
    signed_date = fields.Date(string="Date Written on the Plan")

    @api.depends("file_name")
    def _compute_is_pdf(self):
        for copy in self:
            copy.is_pdf = (copy.file_name or "").lower().endswith(".pdf")

    @api.depends("plan_id")
    def _compute_signed_by(self):
        for copy in self:
            plan = copy.plan_id
            debtor = plan.partner_id
            # A person signs: never the name of a company.
            names = [plan.given_by, not debtor.is_company and debtor.name]
            unfit = {debtor.name} if debtor.is_company else set()
            copy.signed_by = next(
                (n for n in names if n and not names_company(n) and not any(same_words(n, u) for u in unfit)), False
            )

    @api.constrains("plan_id")
    def _check_plan(self):
        # Core shows the name of any record whose id one writes; constraints run as superuser.
        self.plan_id.sudo(False).check_access("read")

    @api.model_create_multi
    def create(self, vals_list):
        copies = super().create(vals_list)
        for copy in copies:
            plan = copy.plan_id
            plan.check_access("write")
            plan._check_has_copy()
            content, _kind = plan._open_signed_copy(plan.with_context(bin_size=False).signed_copy)
            copy.sha256 = hashlib.sha256(content).hexdigest()
        return copies

    def action_record(self):
        """Record the file as the signed plan; it is sent to nobody."""
        self.ensure_one()
        self.plan_id.check_access("write")
        self.plan_id._sign_by_hand(self.signed_by, self.signed_capacity, self.signed_date, self.sha256)
        return {"type": "ir.actions.act_window_close"}

    def action_other_file(self):
        """Take the file away: it is not the signed plan."""
        self.ensure_one()
        self.plan_id.signed_copy = False
        return {"type": "ir.actions.act_window_close"}
