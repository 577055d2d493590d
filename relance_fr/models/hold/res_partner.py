from odoo import api, fields, models
from odoo.exceptions import UserError
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

    # === MERGED CARDS === #

    def _relance_absorb(self, sources):
        """Keep one of the same proceedings entered on two cards: the database allows one that is running.

        :raises UserError: when they are of two judgments, or both were declared: a person says which ones count
        """
        absorbed = super()._relance_absorb(sources)
        running = self.env["relance.hold"].search(
            [
                ("partner_id", "in", [self.id, *sources.ids]),
                ("reason", "=", "insolvency"),
                ("insolvency_outcome", "=", False),
                ("date_to", "=", False),
            ]
        )
        for company, twins in running.grouped("company_id").items():
            if len(twins) < 2:
                continue
            declared = twins.filtered("declared_on")
            if len(set(twins.mapped("date_from"))) > 1 or len(declared) > 1:
                raise UserError(
                    self.env._(
                        "%(debtors)s have insolvency proceedings of their own in %(company)s. Say with the button "
                        "Next Step of those that are wrong that they were entered by mistake, then merge the cards.",
                        debtors=", ".join(twins.partner_id.mapped("display_name")),
                        company=company.name,
                    )
                )
            kept = declared or twins.filtered(lambda hold: hold.partner_id == self)[:1] or twins.sorted("id")[:1]
            for hold in twins - kept:
                hold._close_proceedings("mistake", company._relance_today())
                hold._message_log(
                    body=self.env._("The cards of the debtor were merged: see %s.", kept._get_html_link())
                )
        return absorbed

    def _relance_follow_merge(self):
        """Stop for the whole debtor what proceedings of one of its cards stop."""
        followed = super()._relance_follow_merge()
        holds = self.env["relance.hold"].search(
            [
                ("partner_id", "=", self.commercial_partner_id.id),
                ("reason", "=", "insolvency"),
                ("insolvency_outcome", "=", False),
            ]
        )
        holds._take_twins()
        holds._stop_recovery()
        self.env["relance.decision"]._refresh_progress(
            self.env["account.move"].search(
                [
                    ("commercial_partner_id", "=", self.commercial_partner_id.id),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                ]
            )
        )
        return followed

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
