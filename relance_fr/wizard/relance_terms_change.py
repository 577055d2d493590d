from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date


class RelanceTermsChange(models.TransientModel):
    """Another penalty clause for a posted invoice, by an accounting manager, with a reason and a trace.

    The clause of an invoice is the one in force on its day; a contract that was not entered yet, or a wrong version,
    is put right here. Notices already sent stay what they were.
    """

    _name = "relance.terms.change"
    _description = "Change the Penalty Clause of an Invoice"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id")
    former_terms_id = fields.Many2one(related="move_id.relance_terms_id", string="Penalty Clause Today")
    terms_id = fields.Many2one(
        "relance.terms",
        string="New Penalty Clause",
        domain="[('state', '=', 'running'), ('company_id', 'parent_of', company_id)]",
        help="Empty: the default of the law.",
    )
    clause = fields.Text(compute="_compute_clause")
    reason = fields.Char(required=True)

    @api.depends("terms_id")
    @api.depends_context("lang")
    def _compute_clause(self):
        for dialog in self:
            dialog.clause = dialog.terms_id.clause if dialog.terms_id else self.env._("The default of the law.")

    @api.constrains("move_id")
    def _check_move(self):
        # Core shows the name of any record whose id one writes; constraints run as superuser.
        self.move_id.sudo(False).check_access("read")

    def action_apply(self):
        """Give the invoice the clause chosen and say in its discussion who did, why, and what it changes.

        :raises UserError: when the reason is empty, the clause the same or that of another company or customer
        """
        self.ensure_one()
        move = self.move_id
        move.check_access("write")
        if not (self.reason or "").strip():
            raise UserError(self.env._("Write why the clause of the invoice changes."))
        self._check_terms()
        before = self._get_figures()
        # Nobody writes it by hand, see `account.move.write`.
        move.sudo().with_context(skip_is_manually_modified=True).relance_terms_id = self.terms_id
        # The mention is frozen with the clause, by the system.
        move.sudo()._refresh_relance_mention_rate()
        move.invalidate_recordset()
        note = move._message_log(
            body=Markup("<b>%s</b> %s<br/>%s: %s<br/>%s: %s")
            % (
                self.env._("Penalty clause changed."),
                self.reason,
                self.env._("Before"), before,
                self.env._("Now"), self._get_figures(),
            )
        )  # fmt: skip
        # What users may neither change nor delete; who makes it need not write subtypes.
        note.sudo().subtype_id = self.env.ref("relance_fr.mail_message_subtype_trace")
        return {"type": "ir.actions.act_window_close"}

    def _check_terms(self):
        terms, move = self.terms_id, self.move_id
        if move.move_type != "out_invoice" or move.state != "posted":
            raise UserError(self.env._("Only the clause of a posted customer invoice is changed here."))
        if terms == move.relance_terms_id:
            raise UserError(self.env._("The invoice has this clause already."))
        if terms and (terms.state != "running" or terms.company_id not in move.company_id.parent_ids):
            raise UserError(self.env._("Choose a clause in force of the company of the invoice."))
        if terms and not terms.partner_specific and terms.date_from > move.invoice_date:
            raise UserError(
                self.env._(
                    "%(terms)s apply to the invoices dated from %(day)s on.",
                    terms=terms.name,
                    day=format_date(self.env, terms.date_from),
                )
            )

    def _get_figures(self):
        """Return the clause of the invoice and what it claims today, as a text."""
        move = self.move_id
        name = move.relance_terms_id.name or self.env._("default of the law")
        if move.relance_warning:
            return name
        return self.env._(
            "%(terms)s; penalties %(penalty)s, indemnity %(indemnity)s",
            terms=name,
            penalty=format_amount(self.env, move.relance_penalty_amount, move.currency_id),
            indemnity=format_amount(self.env, move.relance_indemnity_amount, move.currency_id),
        )
