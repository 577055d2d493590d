from odoo import api, fields, models
from odoo.exceptions import AccessError


class RelanceShared(models.AbstractModel):
    """A setting that companies share: it is changed by who answers for all of those it concerns.

    A record without a company serves every company: an administrator (Settings) changes it, or somebody who works in
    all companies of the database, which is anybody where there is one. A record of a parent company serves its
    branches: users of that company change it. All others read and use it, and may make a copy of their own.
    """

    _name = "relance.shared"
    _description = "Shared Setting"

    may_change = fields.Boolean("May Be Changed", compute="_compute_may_change")

    @api.depends_context("uid")
    def _compute_may_change(self):
        foreign = self._origin._filter_foreign()
        for record in self:
            record.may_change = record._origin not in foreign

    @api.model
    def _answers_for_all(self):
        """Tell whether the user may change what all companies share."""
        user = self.env.user
        if self.env.su or user.has_group("base.group_system"):
            return True
        # Companies unknown to the user count as well.
        companies_sudo = self.env["res.company"].sudo()
        return not companies_sudo.search_count([("id", "not in", user.company_ids.ids)], limit=1)

    @api.model
    def _default_shared_company(self):
        """Return the company of a new record, empty for all of them where the user may say so."""
        return self.env["res.company"] if self._answers_for_all() else self.env.company

    def _get_shared_company(self):
        """Return the company a record belongs to, empty when it is shared by all."""
        self.ensure_one()
        return self.company_id

    def _filter_foreign(self):
        """Return the records that the user may not change: shared, or of a company the user does not work in."""
        if self._answers_for_all():
            return self.browse()
        # Whose a record is, is no secret to who may use it.
        return self.filtered(lambda record: record.sudo()._get_shared_company() not in self.env.user.company_ids)

    def _check_access(self, operation):
        refused = super()._check_access(operation)
        if refused or operation == "read" or not any(self._ids):
            return refused
        foreign = self._filter_foreign()
        return (foreign, foreign._make_shared_error) if foreign else None

    def _make_shared_error(self):
        # Their names alone, to say what is not the user's to change.
        names = ", ".join(self.sudo().mapped("display_name")[:5])
        return AccessError(
            self.env._(
                "%s serves other companies too: only somebody who works in all of them, or an administrator, changes "
                "it. Duplicate it and change the copy: it is your company's own.",
                names,
            )
        )

    def write(self, vals):
        result = super().write(vals)
        # What was a company's own is not handed to all of them either.
        self.check_access("write")
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        foreign = self._filter_foreign() if "company_id" in self._fields else self.browse()
        return [
            vals | {"company_id": self.env.company.id} if record in foreign else vals
            for record, vals in zip(self, vals_list, strict=True)
        ]

    def action_copy_own(self):
        """Make a copy that belongs to the current company, and open it."""
        self.ensure_one()
        copy = self.copy({"company_id": self.env.company.id})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": copy.id,
            "views": [(False, "form")],
            "target": "current",
        }
