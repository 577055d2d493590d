from odoo import api, fields, models
from odoo.tools import format_amount, format_date

from ..debtor.res_partner import ACCOUNT_GROUPS


class ResPartner(models.Model):
    """The insolvency proceedings of a debtor, on the card."""

    _inherit = "res.partner"

    relance_insolvency_id = fields.Many2one(
        "relance.hold",
        string="Insolvency Proceedings",
        compute="_compute_relance_insolvency",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_insolvency_text = fields.Char(
        compute="_compute_relance_insolvency", compute_sudo=True, groups=ACCOUNT_GROUPS
    )

    def _get_relance_contact(self):
        """Return the liquidator of a company in judicial liquidation: whoever else is written to may not act for it."""
        winding_up = self.env["relance.hold"]._get_winding_up_domain(self, self.env.company)
        # Who writes to a debtor need not read its proceedings.
        liquidator = self.env["relance.hold"].sudo().search(winding_up, limit=1).administrator_id
        return liquidator.with_env(self.env) or super()._get_relance_contact()

    @api.depends_context("company", "lang")
    def _compute_relance_insolvency(self):
        holds = self.env["relance.hold"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("reason", "=", "insolvency"),
                ("date_to", "=", False),
            ],
            order="date_from desc, id desc",
        )
        by_partner = {}
        for hold in holds:
            by_partner.setdefault(hold.partner_id.id, hold)
        for partner in self:
            hold = by_partner.get(partner.commercial_partner_id.id, self.env["relance.hold"])
            partner.relance_insolvency_id = hold
            partner.relance_insolvency_text = partner._get_relance_insolvency_text(hold) if hold else False

    def _get_relance_insolvency_text(self, hold):
        """Return the one line that says where the proceedings stand."""
        kinds = dict(hold._fields["insolvency_kind"]._description_selection(self.env))
        outcomes = dict(hold._fields["insolvency_outcome"]._description_selection(self.env))
        currency = hold.company_id.currency_id
        parts = [
            self.env._(
                "%(kind)s, judgment of %(date)s",
                kind=kinds.get(hold.insolvency_kind) or self.env._("Insolvency"),
                date=format_date(self.env, hold.date_from),
            )
        ]
        if hold.insolvency_outcome:
            parts.append(outcomes[hold.insolvency_outcome])
        amount = format_amount(self.env, hold.declaration_amount, currency)
        if hold.declared_on:
            parts.append(
                self.env._(
                    "%(amount)s declared on %(date)s", amount=amount, date=format_date(self.env, hold.declared_on)
                )
            )
        elif hold.deadline_target:
            day = format_date(self.env, hold.deadline_target)
            parts.append(self.env._("%(amount)s to declare by %(date)s", amount=amount, date=day))
        else:
            parts.append(self.env._("%s to declare", amount))
        if hold.later_amount:
            later = format_amount(self.env, hold.later_amount, currency)
            parts.append(self.env._("%s invoiced since is unpaid", later))
        return " · ".join(parts)

    def action_relance_insolvency(self):
        """Open the proceedings of this debtor, or the dialog that enters them."""
        self.ensure_one()
        self.check_access("read")
        holds = self.env["relance.hold"]
        holds.check_access("create")
        running = holds._get_running_insolvency(self, self.env.company)
        if running:
            return running._get_form_action()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Insolvency Proceedings: %s", self.commercial_partner_id.name),
            "res_model": "relance.insolvency",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "default_company_id": self.env.company.id,
            },
        }

    def action_relance_open_insolvency(self):
        """Open the proceedings that the card tells of."""
        self.ensure_one()
        # What is computed as superuser would be read from the cache.
        self.check_access("read")
        hold = self.relance_insolvency_id.sudo(False)
        # Ended, or never entered: the page was open meanwhile.
        return hold._get_form_action() if hold else self.action_relance_insolvency()
