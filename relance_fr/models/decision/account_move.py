from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools.sql import column_exists, create_column

from ...law import Segment
from ...tools.defaults import without_defaults
from ...tools.due_date import due_before
from ...tools.inputs import YEARS
from ...tools.open_items import UNPAID
from ...tools.shown_day import shown_day
from ..debtor.res_partner import ACCOUNT_GROUPS
from .relance_decision import DECISIONS

# Stored columns made before the ORM meets them, so that installing never computes them invoice by invoice.
STORED_COLUMNS = {
    "relance_terms_id": "int4",
    "relance_level_id": "int4",
    "relance_last_date": "date",
    "relance_next_level_id": "int4",
    "relance_next_date": "date",
    "relance_entered_on": "date",
}

# The other side of what a promise, a plan or a call says of its invoices: its own guards stand there alone.
LINKS = frozenset({"relance_commitment_ids", "relance_call_ids"})


class AccountMove(models.Model):
    """Dunning of an invoice: the clause and the law it is under, where it stands in its calendar, and why.

    Reset to draft and posted again it may have other instalments, or another customer: what is known of the old ones
    is given back to those that fall due on the same day.
    """

    _inherit = "account.move"

    relance_terms_id = fields.Many2one(
        "relance.terms",
        string="Penalty Clause",
        compute="_compute_relance_terms_id",
        store=True,
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="Version of the general terms of sale in force at the invoice date. Empty: the legal default.",
    )
    relance_regime = fields.Selection(
        [("business", "Business"), ("public", "Public body"), ("consumer", "Consumer")],
        string="Late-payment Regime",
        compute="_compute_relance_regime",
        compute_sudo=True,
    )
    relance_level_id = fields.Many2one(
        "relance.level",
        string="Dunning Level",
        compute="_compute_relance_progress",
        store=True,
        copy=False,
        index="btree_not_null",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_last_date = fields.Date(
        string="Last Dunned on",
        compute="_compute_relance_progress",
        store=True,
        copy=False,
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_next_level_id = fields.Many2one(
        "relance.level",
        string="Next Dunning Level",
        compute="_compute_relance_progress",
        store=True,
        copy=False,
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_next_date = fields.Date(
        string="Next Dunning on",
        compute="_compute_relance_progress",
        store=True,
        copy=False,
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_entered_on = fields.Date(
        string="First Posted on",
        compute="_compute_relance_entered_on",
        store=True,
        copy=False,
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
        help="The daily job reminds of no invoice on the very day it is posted, however late it is by then.",
    )
    relance_notice_line_ids = fields.One2many("relance.notice.line", "move_id", string="Dunning Facts")
    relance_notice_ids = fields.Many2many(
        "relance.notice",
        string="Dunning Notices",
        compute="_compute_relance_notice_ids",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_hold_ids = fields.One2many("relance.hold", "move_id", string="Dunning Holds")
    relance_commitment_ids = fields.Many2many(
        "relance.commitment",
        "relance_commitment_move_rel",
        "move_id",
        "commitment_id",
        string="Payment Commitments",
        copy=False,
    )
    relance_days_late = fields.Integer(string="Days Late", compute="_compute_relance_claim", compute_sudo=True)
    relance_penalty_amount = fields.Monetary(
        string="Late-payment Penalties", compute="_compute_relance_claim", compute_sudo=True
    )
    relance_indemnity_amount = fields.Monetary(
        string="Recovery Indemnity", compute="_compute_relance_claim", compute_sudo=True
    )
    relance_claim_amount = fields.Monetary(
        string="Total Claim",
        compute="_compute_relance_claim",
        compute_sudo=True,
        help="Principal left to pay, penalties and indemnity, as of today.",
    )
    relance_warning = fields.Char(compute="_compute_relance_claim", compute_sudo=True, groups=ACCOUNT_GROUPS)
    relance_state = fields.Selection(
        [
            ("none", "Nothing due"),
            ("upcoming", "Upcoming"),
            ("late", "Late"),
            ("dunned", "Dunned"),
            ("held", "On hold"),
            ("settled", "Settled"),
        ],
        string="Dunning Status",
        compute="_compute_relance_state",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_is_late = fields.Boolean(
        string="Late", compute="_compute_relance_is_late", search="_search_relance_is_late", compute_sudo=True
    )
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
    relance_collection = fields.Selection(
        [("debit", "By direct debit"), ("debtor", "By the customer")],
        "Collection",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="Empty: as its payment method, its payment terms or the customer say. What you collect by direct debit is "
        "not dunned; once a debit is rejected, say that the customer pays.",
    )
    relance_basis_text = fields.Char(string="Penalty Rate", compute="_compute_relance_basis_text", compute_sudo=True)
    relance_statement_data = fields.Json(
        string="Statement of Interest", compute="_compute_relance_statement_data", compute_sudo=True
    )

    _relance_next_idx = models.Index("(relance_next_date) WHERE relance_next_date IS NOT NULL")

    # === INSTALLATION === #

    def _auto_init(self):
        for name, column_type in STORED_COLUMNS.items():
            if not column_exists(self.env.cr, "account_move", name):
                create_column(self.env.cr, "account_move", name, column_type)
        return super()._auto_init()

    # === COMPUTE METHODS === #

    @api.depends("move_type", "invoice_date", "company_id", "commercial_partner_id")
    def _compute_relance_terms_id(self):
        """Keep the clause of the day of the invoice: later versions never touch it.

        One that was posted once keeps it while it can be its own: the customer may have it in hands.
        """
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        (self - invoices).relance_terms_id = False
        for move in invoices.filtered(lambda move: move._keeps_relance_terms()):
            move.relance_terms_id = move.relance_terms_id
            invoices -= move
        for company, moves in invoices.grouped("company_id").items():
            # A user who enters invoices need not read the terms of sale.
            versions = self.env["relance.terms"].sudo()._get_company_versions(company)
            for move in moves:
                # Nor those agreed with the customer.
                partner = move.commercial_partner_id.with_company(company).sudo()
                date = move.invoice_date or company._relance_today()
                own = partner.relance_terms_id.filtered(lambda terms: terms.state == "running")
                move.relance_terms_id = own or next((terms for terms in versions if terms.date_from <= date), False)

    def _keeps_relance_terms(self):
        """Tell whether an invoice posted once keeps its clause: neither its date nor its customer forbids it."""
        self.ensure_one()
        if not self.posted_before and self.state != "posted":
            return False
        # The clause is a fact of the invoice, no matter who computes it.
        terms_sudo = self.sudo().relance_terms_id
        partner_sudo = self.commercial_partner_id.with_company(self.company_id).sudo()
        own_sudo = partner_sudo.relance_terms_id
        if self.state == "posted":
            return True
        if terms_sudo.partner_specific or (own_sudo and own_sudo.partner_specific):
            return terms_sudo == own_sudo
        date = self.invoice_date or self.company_id._relance_today()
        if not terms_sudo:
            return True
        return terms_sudo.company_id in self.company_id.parent_ids and terms_sudo.date_from <= date

    @api.depends("state")
    def _compute_relance_entered_on(self):
        for move in self:
            known = move.relance_entered_on
            first = move.move_type == "out_invoice" and move.state == "posted" and not known
            move.relance_entered_on = move.company_id._relance_today() if first else known

    @api.depends("commercial_partner_id.relance_regime")
    def _compute_relance_regime(self):
        for move in self:
            move.relance_regime = move.commercial_partner_id.relance_regime or "business"

    @api.depends(
        "state",
        "move_type",
        "commercial_partner_id.relance_calendar_id",
        "commercial_partner_id.relance_exclude",
        "commercial_partner_id.relance_regime",
        "line_ids.date_maturity",
        "line_ids.reconciled",
        "line_ids.no_followup",
        "relance_payable_until",
        "relance_notice_line_ids.state",
        "relance_notice_line_ids.level_id",
    )
    def _compute_relance_progress(self):
        progress = self.env["relance.decision"]._get_progress("account.move", self.ids, self.company_id)
        for move in self:
            row = progress.get(move.id, {})
            move.relance_level_id = row.get("level_id")
            move.relance_last_date = row.get("last_date")
            move.relance_next_level_id = row.get("next_level_id")
            move.relance_next_date = row.get("next_date")

    @api.depends("relance_notice_line_ids")
    def _compute_relance_notice_ids(self):
        for move in self:
            move.relance_notice_ids = move.relance_notice_line_ids.notice_id

    @api.depends(
        "state",
        "amount_residual",
        "invoice_date_due",
        "relance_payable_until",
        "relance_terms_id",
        "relance_regime",
        "payment_state",
    )
    @api.depends_context("relance_date")
    def _compute_relance_claim(self):
        # A missing rate must not close the screen: the statement raises, the fields show nothing and say why.
        statements, warnings = self.env["relance.claim"]._get_statements_or_warnings(self, shown_day(self.env))
        for move in self:
            statement = statements.get(move.id)
            move.relance_days_late = statement["days_late"] if statement else 0
            move.relance_penalty_amount = statement["penalty"] if statement else 0
            move.relance_indemnity_amount = statement["indemnity"] if statement else 0
            move.relance_claim_amount = statement["total"] if statement else 0
            move.relance_warning = warnings.get(move.id, False)

    @api.depends(
        "state",
        "payment_state",
        "invoice_date_due",
        "relance_payable_until",
        "relance_level_id",
        "relance_hold_ids.state",
    )
    @api.depends_context("relance_date")
    def _compute_relance_state(self):
        day = shown_day(self.env)
        decisions = self.env["relance.decision"]._get_decisions(self, day)
        holding = self.env["relance.decision"]._get_reason_codes(lambda reason: reason.holds)
        for move in self:
            rows = decisions.get(move.id, [])
            today = day or (move.company_id or self.env.company)._relance_today()
            if move.move_type != "out_invoice" or move.state != "posted" or not move.amount_total:
                move.relance_state = "none"
            elif not rows:
                move.relance_state = "settled"
            # A detail tells what the daily job alone waits for.
            elif any(row.reason in holding and not row.detail for row in rows):
                move.relance_state = "held"
            elif all(row.due >= today for row in rows):
                move.relance_state = "upcoming"
            else:
                move.relance_state = "dunned" if move.relance_level_id.delay > 0 else "late"

    @api.depends(
        "line_ids.date_maturity",
        "line_ids.reconciled",
        "state",
        "invoice_date_due",
        "invoice_date",
        "relance_payable_until",
    )
    def _compute_relance_is_late(self):
        late = self.filtered_domain(self._get_relance_late_domain())
        for move in self:
            move.relance_is_late = move in late

    def _search_relance_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self._get_relance_late_domain()
        return (late if True in value else Domain.FALSE) | (~late if False in value else Domain.FALSE)

    @api.model
    def _get_relance_late_domain(self):
        """Return the domain of the customer invoices with an instalment past due and not settled."""
        # Each company has its own day; most have the same.
        days = self.env.companies.grouped(lambda company: company._relance_today())
        late_line = (
            Domain("display_type", "=", "payment_term")
            & Domain("reconciled", "=", False)
            & Domain.OR(Domain("company_id", "in", own.ids) & due_before(day) for day, own in days.items())
        )
        return (
            Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", UNPAID)
            & Domain("line_ids", "any", late_line)
        )

    # === BUSINESS METHODS - POSTING, STATEMENT, EXPLANATION === #

    def _post(self, soft=True):
        self._settle_relance_terms()
        return super()._post(soft)

    def _settle_relance_terms(self):
        """Give invoices about to be issued the penalty clause in force now, entered since the draft was made or not."""
        first = self.filtered(lambda move: move.move_type == "out_invoice" and not move.posted_before)
        self.env.add_to_compute(self._fields["relance_terms_id"], first)
        # Now: once it is posted an invoice keeps what it has.
        first.mapped("relance_terms_id")

    def relance_statement(self, as_of=None):
        """Return what is owed on the invoice on a day, by segment: JSON-able, callable over RPC.

        :param as_of: day (ISO string or date), today by default. A past day is a time machine: only payments,
            credit notes and notices dated by then count.
        :return: dict ``as_of currency regime basis principal penalty indemnity total segments``, amounts in the
            currency of the invoice; ``segments`` is a list of ``{line_id, date_from, date_to, days, principal,
            rate, amount}``, both days included; ``total = principal + penalty + indemnity``
        :raises UserError: naming the semester, when a legal rate is missing
        """
        day = self._check_relance_day(as_of)
        # Figures come from the ledger and the clause of the invoice, whatever else the reader may open.
        invoice_sudo = self.sudo()
        return invoice_sudo.env["relance.claim"]._get_statements(invoice_sudo, day)[self.id]

    def relance_explain(self, as_of=None):
        """Return why the invoice would be dunned on a day, or not: ``{decision, reason, message, level, date}``.

        :param as_of: day (ISO string or date), today by default
        """
        day = self._check_relance_day(as_of)
        # The decision comes from the ledger and the calendar, whatever else the reader may open.
        invoice_sudo = self.sudo()
        return invoice_sudo.env["relance.decision"]._explain(invoice_sudo, day)

    def _check_relance_day(self, as_of):
        """Return ``as_of`` (ISO string, date or None) as a day or None, if the user may read figures of the invoice."""
        self.ensure_one()
        self.check_access("read")
        # A debtor reads an invoice on the portal, not what is planned about it.
        if self.env.user.share and not self.env.su:
            raise AccessError(self.env._("Only users of the company may read how its invoices are dunned."))
        try:
            day = fields.Date.to_date(as_of)
            if day and day.year not in YEARS:
                raise ValueError("far from today")
        except (ValueError, TypeError) as error:
            raise UserError(
                self.env._("%s is not a day: write it as 2026-08-31.", as_of if isinstance(as_of, str) else type(as_of))
            ) from error
        return day or None

    # === ACTION METHODS === #

    def action_relance_change_terms(self):
        """Open the dialog that gives a posted invoice another penalty clause."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change the Penalty Clause"),
            "res_model": "relance.terms.change",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_id": self.id},
        }

    # === FACTS === #

    def _relance_refresh_progress(self):
        result = super()._relance_refresh_progress()
        self.env["relance.decision"]._refresh_progress(self)
        return result

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_no_relance_links(vals)
        self = without_defaults(self, LINKS)
        return super().create(vals_list)

    @api.model
    def _check_no_relance_links(self, vals):
        if self.env.su:
            return
        if "relance_commitment_ids" in vals:
            raise UserError(
                self.env._("The invoices of a promise or of a plan are chosen there: open the promise or the plan.")
            )
        if "relance_call_ids" in vals:
            raise UserError(
                self.env._("The invoices spoken about in a call are changed from the call itself: open the call.")
            )

    def write(self, vals):
        self._check_no_relance_links(vals)
        self._check_relance_terms_stay(vals)
        if vals.keys() <= {"no_followup", "relance_collection"}:
            # How an invoice is dunned or paid corrects nothing in it.
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

    @api.depends(
        "state", "payment_state", "invoice_date_due", "relance_level_id", "relance_hold_ids.state", "no_followup"
    )
    @api.depends_context("relance_date", "lang")
    def _compute_relance_explanation(self):
        decisions = self.env["relance.decision"]._get_decisions(self, shown_day(self.env))
        for move in self:
            explanation = self.env["relance.decision"]._explain_rows(move, decisions.get(move.id, []))
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

    @api.depends(
        "state",
        "amount_residual",
        "invoice_date_due",
        "relance_payable_until",
        "relance_terms_id",
        "relance_regime",
        "payment_state",
    )
    @api.depends_context("relance_date")
    def _compute_relance_statement_data(self):
        # A missing rate must not close the screen: relance_warning says which one.
        statements, _warnings = self.env["relance.claim"]._get_statements_or_warnings(self, shown_day(self.env))
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
