from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..law import Segment
from ..tools.shown_day import shown_day
from .relance_run_line import DECISIONS
from .res_partner import ACCOUNT_GROUPS


class AccountMove(models.Model):
    """What the dunning tab of an invoice shows beside the facts. Nothing here is stored."""

    _inherit = "account.move"

    relance_notice_count = fields.Integer(
        string="Number of Notices",
        compute="_compute_relance_notice_count",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_decision = fields.Selection(
        DECISIONS,
        string="Dunning Decision",
        compute="_compute_relance_explanation",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_explanation = fields.Char(
        string="Why",
        compute="_compute_relance_explanation",
        compute_sudo=True,
        help="Why the invoice would be dunned today, or not.",
        groups=ACCOUNT_GROUPS,
    )
    relance_basis_text = fields.Char(string="Penalty Rate", compute="_compute_relance_basis_text", compute_sudo=True)
    relance_statement_data = fields.Json(
        string="Statement of Interest", compute="_compute_relance_statement_data", compute_sudo=True
    )

    @api.depends("relance_notice_line_ids")
    def _compute_relance_notice_count(self):
        counts = dict(
            self.env["relance.notice.line"]._read_group(
                [("move_id", "in", self.ids)], ["move_id"], ["notice_id:count_distinct"]
            )
        )
        for move in self:
            move.relance_notice_count = counts.get(move._origin, 0)

    @api.depends(
        "state", "payment_state", "invoice_date_due", "relance_level_id", "relance_hold_ids.state", "no_followup"
    )
    @api.depends_context("relance_date", "lang")
    def _compute_relance_explanation(self):
        engine = self.env["relance.engine"]
        decisions = engine._get_decisions(self, shown_day(self.env))
        for move in self:
            explanation = engine._explain_rows(move, decisions.get(move.id, []))
            move.relance_decision = explanation["decision"]
            move.relance_explanation = explanation["message"]

    @api.depends("relance_regime", "relance_terms_id")
    @api.depends_context("lang")
    def _compute_relance_basis_text(self):
        texts = {
            "public": self.env._("Public body: ECB rate plus 8 points, whatever the terms of sale say (CCP R2192-31)."),
            "consumer": self.env._(
                "Consumer: legal interest rate from the formal notice on, without indemnity (C. civ. 1231-6)."
            ),
            "business": self.env._("Default of the law: ECB rate plus 10 points (C. com. L441-10)."),
        }
        for move in self:
            clause = move.relance_regime == "business" and move.relance_terms_id.clause
            move.relance_basis_text = clause or texts[move.relance_regime or "business"]

    @api.depends("state", "amount_residual", "invoice_date_due", "relance_terms_id", "relance_regime", "payment_state")
    @api.depends_context("relance_date")
    def _compute_relance_statement_data(self):
        # A missing rate must not close the screen: relance_warning says which one.
        statements, _warnings = self.env["relance.engine"]._get_statements_or_warnings(self, shown_day(self.env))
        for move in self:
            statement = statements.get(move.id)
            move.relance_statement_data = statement and move._prepare_statement_data(statement)

    def _prepare_statement_data(self, statement):
        """Return the statement as the `relance_statement` widget wants it: rows with the due date they belong to."""
        self.ensure_one()
        due_dates = {line.id: line._get_relance_due_date() for line in self.line_ids}
        several = len({segment["line_id"] for segment in statement["segments"]}) > 1
        return {
            "as_of": statement["as_of"],
            "currency_id": self.currency_id.id,
            "rows": [
                {name: segment[name] for name in Segment._fields}
                | {"due": fields.Date.to_string(due_dates[segment["line_id"]]) if several else False, "invoice": False}
                for segment in statement["segments"]
            ],
            "totals": {name: statement[name] for name in ("principal", "penalty", "indemnity", "total")},
        }

    # === CRUD METHODS === #

    def write(self, vals):
        self._check_no_relance_links(vals)
        self._check_relance_terms_stay(vals)
        if vals.keys() == {"no_followup"}:
            # Excluding an invoice from dunning corrects nothing in it.
            self = self.with_context(skip_is_manually_modified=True)
        switched = self._filter_relance_switched(vals)
        result = super().write(vals)
        if switched:
            # One switch stops all reminders of the invoice: it leaves a trace.
            said = self.env._("Excluded from dunning.") if vals["no_followup"] else self.env._("Dunned again.")
            switched._message_log_batch(bodies=dict.fromkeys(switched.ids, said))
        return result

    def _check_relance_terms_stay(self, vals):
        """Raise if a person would change the penalty clause of a posted invoice, or what keeps it as it is."""
        if self.env.su:
            return
        if not vals.get("posted_before", True) and any(self.mapped("posted_before")):
            # The clause of an invoice rests on it, and core never takes it back.
            raise UserError(self.env._("The invoice was posted once: that is not undone."))
        if "relance_terms_id" in vals:
            terms_id = vals["relance_terms_id"] or False
            posted = self.filtered(lambda move: move.posted_before or move.state == "posted")
            if any(move.relance_terms_id.id != terms_id for move in posted):
                raise UserError(
                    self.env._(
                        "The penalty clause of a posted invoice stays. An accounting manager changes it, with a "
                        "reason, from the Dunning tab of the invoice."
                    )
                )

    def _filter_relance_switched(self, vals):
        """Return the posted invoices that ``vals`` exclude from dunning, or dun again."""
        if "no_followup" not in vals:
            return self.browse()
        excluded = bool(vals["no_followup"])
        return self.filtered(lambda move: move.state == "posted" and move.no_followup != excluded)

    # === ACTION METHODS === #

    def action_relance_open_notices(self):
        """Open the register on the notices of the invoice."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        notices = self.relance_notice_ids
        action |= {"domain": [("line_ids.move_id", "=", self.id)], "context": {}}
        if len(notices) == 1:
            action |= {"views": [(False, "form")], "res_id": notices.id}
        return action

    def action_relance_hold(self):
        """Open the form that suspends dunning of the invoice."""
        self.ensure_one()
        return self._get_relance_dialog(
            "relance.suspension", self.env._("Suspend Dunning"), {"default_move_id": self.id}
        )

    def action_relance_commitment(self):
        """Open the form that records what the debtor promised to pay for the invoice."""
        self.ensure_one()
        return self._get_relance_dialog(
            "relance.commitment",
            self.env._("Record a Promise"),
            {
                "default_move_ids": [Command.set(self.ids)],
                "default_line_ids": [Command.create({"amount": self.amount_residual})],
            },
        )

    def _get_relance_dialog(self, model, title, context):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "default_company_id": self.company_id.id,
                **context,
            },
        }
