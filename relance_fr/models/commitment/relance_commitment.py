from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL

from ...tools.open_items import UNPAID
from ...tools.reading import Reading
from ...tools.shown_day import company_day, shown_day
from ..ledger.relance_ledger import NET_SOURCES
from .res_company import _left

STEPS = {
    "month": lambda rank: relativedelta(months=rank),
    "fortnight": lambda rank: relativedelta(weeks=2 * rank),
    "week": lambda rank: relativedelta(weeks=rank),
}

MAX_PARTS = 120

# What the standing of commitments is read from besides the net amounts, to be saved first.
COMMITMENT_SOURCES = {
    "relance.commitment": ["company_id", "kind", "date", "cancelled"],
    "relance.commitment.line": ["commitment_id", "date", "amount"],
    "relance.commitment.debt": ["commitment_id", "move_id", "principal_amount"],
}


class RelanceCommitment(models.Model):
    """What a debtor promised for some invoices: one payment (a promise) or several (a plan).

    The ledger says whether it is kept: the fall of what is left of the invoices
    since ``date`` against the sums promised by each day. A day is over at midnight.
    """

    _name = "relance.commitment"
    _description = "Payment Commitment"
    _order = "date desc, id desc"
    _check_company_auto = True
    _inherit = ["mail.thread", "mail.activity.mixin"]

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    partner_id = fields.Many2one("res.partner", string="Debtor", required=True, index=True, ondelete="restrict")
    kind = fields.Selection(
        [("promise", "Promise"), ("plan", "Payment plan")], compute="_compute_kind", store=True, precompute=True
    )
    date = fields.Date(string="Made on", required=True, default=company_day, tracking=True)
    given_by = fields.Char(help="Name of the person who made the promise.")
    given_by_id = fields.Many2one(
        "res.partner",
        string="Contact",
        index="btree_not_null",
        ondelete="set null",
        domain="[('commercial_partner_id', '=', partner_id)]",
        help="The contact of the debtor who made the promise, if there is a card.",
    )
    channel = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "Email"),
            ("letter", "Letter"),
            ("portal", "Portal"),
            ("meeting", "Meeting"),
        ],
        string="Received by",
        default="phone",
        tracking=True,
    )
    move_ids = fields.Many2many(
        "account.move",
        "relance_commitment_move_rel",
        "commitment_id",
        "move_id",
        string="Invoices",
        required=True,
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        f" ('payment_state', 'in', {list(UNPAID)}), ('commercial_partner_id', '=', partner_id)]",
    )
    line_ids = fields.One2many("relance.commitment.line", "commitment_id", string="Promised Payments", copy=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True, precompute=True)
    user_id = fields.Many2one(
        "res.users",
        string="Handled by",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=[("share", "=", False)],
        help="Who is told when the promise is broken or the plan is signed.",
    )
    promised_amount = fields.Monetary(string="Promised", compute="_compute_promised_amount")
    paid_amount = fields.Monetary(string="Paid since", compute="_compute_progress")
    date_end = fields.Date(string="Last Payment on", compute="_compute_promised_amount")
    broken_since = fields.Date(string="Broken since", compute="_compute_progress")
    cancelled = fields.Boolean(tracking=True, copy=False)
    note = fields.Text()
    state = fields.Selection(
        [("open", "Open"), ("kept", "Kept"), ("broken", "Broken"), ("cancelled", "Cancelled")],
        compute="_compute_progress",
    )
    outcome = fields.Selection(
        [("kept", "Kept in time"), ("broken", "Broken")],
        readonly=True,
        copy=False,
        help="By the days of the payments; stored by the daily job. A promise caught up late stays a broken one.",
    )
    outcome_date = fields.Date(string="Decided on", readonly=True, copy=False)
    # Since when the ledger says that it is broken, as of the last daily job: NULL once it is caught up.
    broken_date = fields.Date(readonly=True, copy=False)
    debt_ids = fields.One2many("relance.commitment.debt", "commitment_id", compute="_compute_debt_ids", store=True)
    include_penalties = fields.Boolean(
        "Cover Penalties and Indemnity",
        help="The plan also pays the penalties and the indemnity owed on its day.",
    )
    base_amount = fields.Monetary(string="Due when Promised", compute="_compute_debt_amounts", store=True)
    penalty_amount = fields.Monetary(string="Penalties", compute="_compute_debt_amounts", store=True)
    indemnity_amount = fields.Monetary(string="Indemnity", compute="_compute_debt_amounts", store=True)
    debt_amount = fields.Monetary(string="Total Debt", compute="_compute_debt_amounts", store=True)
    part_amount = fields.Monetary(
        string="Covers Only", help="The part of the debt the instalments pay. 0: the whole debt."
    )
    covered_amount = fields.Monetary(
        string="Covered by the Plan", compute="_compute_covered_amount", store=True, help="What the instalments pay."
    )
    missing_amount = fields.Monetary(string="Left to Spread", compute="_compute_missing_amount")
    parts = fields.Integer("Number of Instalments", default=1, copy=False)
    first_date = fields.Date("First Instalment on", copy=False)
    frequency = fields.Selection(
        [("month", "Every month"), ("fortnight", "Every two weeks"), ("week", "Every week")],
        default="month",
        copy=False,
    )
    # Tells a promise the judgment closed from one that a person gave up: the latter waives nothing any more.
    insolvency_id = fields.Many2one(
        "relance.hold", string="Closed by Proceedings", readonly=True, copy=False, index="btree_not_null"
    )
    answer_id = fields.Many2one(
        "relance.answer", string="Answer of the Debtor", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
    )  # fmt: skip

    _undecided_idx = models.Index("(company_id, outcome_date) WHERE cancelled IS NOT TRUE")
    _part_positive = models.Constraint("CHECK (part_amount >= 0)", "A plan covers a sum above zero.")
    _parts_range = models.Constraint(
        f"CHECK (parts BETWEEN 1 AND {MAX_PARTS})", f"A plan has between 1 and {MAX_PARTS} instalments."
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "partner_id", "date")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for commitment in self:
            commitment.name = f"{kinds.get(commitment.kind, '')} – {commitment.partner_id.display_name or ''}"

    @api.depends("line_ids")
    def _compute_kind(self):
        for commitment in self:
            commitment.kind = "plan" if len(commitment.line_ids) > 1 else "promise"

    @api.depends("move_ids")
    def _compute_currency_id(self):
        for commitment in self:
            commitment.currency_id = commitment.move_ids.currency_id[:1] or commitment.company_id.currency_id

    @api.depends("partner_id", "company_id")
    def _compute_user_id(self):
        for commitment in self:
            debtor_sudo = commitment.partner_id.sudo().with_company(commitment.company_id)
            keep = commitment.company_id._relance_keep_present
            commitment.user_id = commitment.user_id or keep(debtor_sudo.relance_user_id) or keep(self.env.user)

    @api.depends("line_ids.date", "line_ids.amount")
    def _compute_promised_amount(self):
        for commitment in self:
            commitment.promised_amount = sum(commitment.line_ids.mapped("amount"))
            commitment.date_end = max(commitment.line_ids.filtered("date").mapped("date"), default=False)

    @api.depends(
        "line_ids.date",
        "line_ids.amount",
        "debt_ids.principal_amount",
        "cancelled",
        "move_ids.amount_residual",
        "move_ids.state",
    )
    @api.depends_context("relance_date")
    def _compute_progress(self):
        # What is left comes from all the debtor's entries, whatever the reader may open.
        standings, _instalments = self._origin.sudo()._get_standings(shown_day(self.env))
        for commitment in self:
            standing = standings.get(commitment._origin.id, {})
            commitment.paid_amount = standing.get("paid", 0)
            commitment.broken_since = standing.get("broken_since")
            commitment.state = standing.get("state", "open")

    @api.depends("move_ids", "date", "include_penalties")
    def _compute_debt_ids(self):
        for commitment in self:
            commitment.debt_ids = [
                Command.clear(),
                *(Command.create(vals) for vals in commitment._prepare_debts_vals()),
            ]

    @api.depends(
        "debt_ids.principal_amount", "debt_ids.penalty_amount", "debt_ids.indemnity_amount", "include_penalties"
    )
    def _compute_debt_amounts(self):
        for commitment in self:
            debts = commitment.debt_ids
            commitment.base_amount = sum(debts.mapped("principal_amount"))
            commitment.penalty_amount = sum(debts.mapped("penalty_amount"))
            commitment.indemnity_amount = sum(debts.mapped("indemnity_amount"))
            commitment.debt_amount = commitment.base_amount + commitment.penalty_amount + commitment.indemnity_amount

    @api.depends("debt_amount", "part_amount")
    def _compute_covered_amount(self):
        for commitment in self:
            commitment.covered_amount = commitment.part_amount or commitment.debt_amount

    @api.depends("covered_amount", "line_ids.amount")
    def _compute_missing_amount(self):
        for commitment in self:
            commitment.missing_amount = commitment.covered_amount - sum(commitment.line_ids.mapped("amount"))

    # === CONSTRAINT METHODS === #

    @api.constrains("move_ids", "partner_id", "line_ids")
    def _check_content(self):
        for commitment in self:
            if not commitment.line_ids:
                raise ValidationError(self.env._("Enter at least one promised payment: a date and an amount."))
            if not commitment.move_ids:
                raise ValidationError(self.env._("Choose the invoices the debtor promised to pay."))
            if commitment.move_ids.commercial_partner_id != commitment.partner_id:
                raise ValidationError(self.env._("A commitment concerns the invoices of a single debtor."))
            if len(commitment.move_ids.currency_id) > 1:
                raise ValidationError(self.env._("A commitment concerns invoices in one currency."))

    @api.constrains("given_by_id", "partner_id")
    def _check_given_by(self):
        for commitment in self.filtered("given_by_id"):
            if commitment.given_by_id.commercial_partner_id != commitment.partner_id:
                raise ValidationError(
                    self.env._("%s is no contact of the debtor: enter the name instead.", commitment.given_by_id.name)
                )

    @api.constrains("line_ids", "part_amount", "include_penalties", "move_ids", "date")
    def _check_total(self):
        """The instalments of a plan pay what it covers, to the cent; what it covers is owed."""
        for commitment in self.filtered(lambda commitment: commitment.kind == "plan"):
            currency = commitment.currency_id
            if currency.compare_amounts(commitment.covered_amount, commitment.debt_amount) > 0:
                raise ValidationError(
                    self.env._(
                        "The plan covers %(covered)s, more than the %(debt)s owed. Correct what it covers.",
                        covered=currency.format(commitment.covered_amount),
                        debt=currency.format(commitment.debt_amount),
                    )
                )
            missing = commitment.missing_amount
            if currency.is_zero(missing):
                continue
            values = {
                "total": currency.format(commitment.promised_amount),
                "covered": currency.format(commitment.covered_amount),
                "difference": currency.format(abs(missing)),
            }
            if missing > 0:
                message = self.env._(
                    "The instalments add up to %(total)s, the plan covers %(covered)s: %(difference)s is missing. "
                    "Correct an instalment, or what the plan covers.",
                    **values,
                )
            else:
                message = self.env._(
                    "The instalments add up to %(total)s, the plan covers %(covered)s: %(difference)s too much. "
                    "Correct an instalment, or what the plan covers.",
                    **values,
                )
            raise ValidationError(message)

    # === ONCHANGE METHODS === #

    @api.onchange("given_by_id")
    def _onchange_given_by_id(self):
        if self.given_by_id:
            self.given_by = self.given_by_id.name

    @api.onchange("parts", "first_date", "frequency", "covered_amount")
    def _onchange_schedule(self):
        """Show the instalments before anything is saved; they can be edited by hand afterwards."""
        if self.parts > 1 and self.first_date and self.covered_amount > 0 and self.parts <= MAX_PARTS:
            self.line_ids = [Command.clear(), *map(Command.create, self._prepare_instalments_vals())]

    # === BUSINESS METHODS - DEBTS AND INSTALMENTS === #

    def _get_handler(self):
        """Return the user who follows the commitment up: its own, else the accountant of its company."""
        self.ensure_one()
        return self.company_id._relance_choose_person(self.user_id, model="relance.commitment")

    def _prepare_debts_vals(self):
        """Return the values of the debt of each invoice, as of the day of the commitment.

        :raises UserError: naming the semester, when penalties are covered and a legal rate is missing
        """
        self.ensure_one()
        # What is left comes from all the debtor's entries, whatever the reader may open.
        moves_sudo = self.move_ids._origin.sudo()
        if not moves_sudo or not self.date:
            return []
        # The claim comes from the whole ledger as well.
        env = self.sudo().env
        left = self.company_id.with_env(env)._relance_get_left(self.date, moves_sudo.ids)
        statements = {}
        if self.include_penalties:
            statements = env["relance.claim"]._get_statements(moves_sudo, self.date)
        return [
            {
                "move_id": move.id,
                "invoice_name": move.name,
                "invoice_date": move.invoice_date,
                "date_due": move._get_relance_due_date(),
                "invoiced_amount": move.amount_total,
                "principal_amount": left.get(move.id, 0.0),
                "penalty_amount": statements[move.id]["penalty"] if statements else 0.0,
                "indemnity_amount": statements[move.id]["indemnity"] if statements else 0.0,
            }
            for move in moves_sudo.sorted(lambda move: (move.invoice_date, move.id))
        ]

    def _prepare_instalments_vals(self):
        """Return the values of equal instalments that add up to what is covered; the last one takes the rounding.

        The 31st of a month becomes the last day of shorter ones.
        """
        self.ensure_one()
        currency = self.currency_id or self.company_id.currency_id
        amount = currency.round(self.covered_amount / self.parts)
        last = currency.round(self.covered_amount - amount * (self.parts - 1))
        if currency.compare_amounts(amount, 0) <= 0 or currency.compare_amounts(last, 0) <= 0:
            raise UserError(
                self.env._("%(amount)s cannot be spread over %(parts)s instalments: enter fewer of them.",
                           amount=currency.format(self.covered_amount), parts=self.parts)
            )  # fmt: skip
        step = STEPS[self.frequency or "month"]
        return [
            {"date": self.first_date + step(rank), "amount": last if rank == self.parts - 1 else amount}
            for rank in range(self.parts)
        ]

    # === BUSINESS METHODS - INSOLVENCY === #

    def _forget_proceedings(self):
        """Unlink promises that bind again from the proceedings that closed them."""
        self.filtered("insolvency_id")._set_agreement(insolvency_id=False)

    def _close_for(self, hold):
        """Close the promises because of the proceedings ``hold``."""
        self._set_agreement(cancelled=True, insolvency_id=hold.id)
        self.move_ids._relance_refresh_progress()

    def _go_on(self):
        """Give back the promises that proceedings closed which never were: signed or not, they bind as before."""
        for commitment in self:
            commitment._set_agreement(cancelled=False)
            commitment._message_log(
                body=self.env._("The insolvency proceedings are taken back: what was agreed holds again.")
            )
        self.move_ids._relance_refresh_progress()

    # === BUSINESS METHODS - E-MAILS === #

    def _get_plan_table_html(self):
        """Return the invoices, the instalments and how to pay them, as HTML for an e-mail."""
        self.ensure_one()
        return self._render_letter_template("relance_fr.mail_plan_table", self._get_letter_values())

    def _get_payment_html(self):
        """Return how to pay, as HTML for an e-mail."""
        self.ensure_one()
        return self._render_letter_template("relance_fr.mail_payment", {**self._get_letter_values(), "deadline": False})

    def _get_signature_html(self):
        """Return who writes, as HTML for an e-mail."""
        self.ensure_one()
        values = {
            "lang": self._get_letter_lang(),
            "contact": self._get_letter_contact(),
            "company_name": self.company_id.name,
            "mentions": {},
        }
        return self._render_letter_template("relance_fr.mail_signature", values)

    def _get_mail_to_id(self):
        """Return the id of the partner the e-mails go to: the debtor's dunning contact, else the debtor."""
        self.ensure_one()
        # A user who may not open every contact of the debtor still writes to the right one.
        contact_sudo = self.contact_id.sudo()
        return contact_sudo.id if contact_sudo.email else self.partner_id.id

    def _get_sign_url(self):
        """Return the address of the page where the plan is read and signed.

        Without its secret, which many could read in the e-mail that is kept: `mail.mail` adds it as it leaves.
        """
        self.ensure_one()
        return self.get_base_url() + self.access_url

    def _get_page_queries(self):
        """Return ``{address: query}`` of the pages that an e-mail of these plans opens without a log-in.

        Called just before SMTP, for a whole batch; the link of a plan that ended opens nothing, and is not given.
        """
        # A user who sends need not be allowed to read the link.
        plans_sudo = self.sudo().filtered(lambda plan: plan.access_token and plan._link_is_open())
        return {
            plan.id: {plan.get_base_url() + plan.access_url: f"access_token={plan.access_token}"} for plan in plans_sudo
        }

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Lead the debtor to the page by its plain address: core's button would keep the secret of the link."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        for name, _condition, options in groups:
            if name == "portal_customer":
                shown = len(self) == 1 and self._is_on_portal()
                options["has_button_access"] = shown
                options["button_access"] = {"url": self._get_sign_url()} if shown else {}
        return groups

    @api.model
    def _get_thread_with_access(self, thread_id, *, hash=None, pid=None, token=None, **kwargs):  # noqa: A002 (core's)
        """Open no conversation by a link: the page of a plan has none, and a link that ended must not read on."""
        return super()._get_thread_with_access(thread_id, **kwargs)

    def _get_day_text(self, day):
        self.ensure_one()
        return self._get_letter_writer(self._get_letter_lang()).day(day)

    def _get_money_text(self, amount):
        self.ensure_one()
        return self._get_letter_writer(self._get_letter_lang()).money(amount)

    def _get_late_amount(self):
        """Return what is missing of the payments promised so far."""
        self.ensure_one()
        late = self.line_ids.filtered(lambda line: line.state == "late")
        return sum(line.amount - line.paid_amount for line in late)

    def _ends_by_notice(self):
        """Tell whether the plan ends by a formal notice without effect only: a consumer's does. E-mails ask it."""
        self.ensure_one()
        # A salesperson need not read the whole card.
        return self.kind == "plan" and self.partner_id.sudo().relance_regime == "consumer"

    def _get_compose_action(self, template, **context):
        """Return the action that opens the e-mail of ``template`` (xml id) for a person to read, change and send."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send by Email"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": self.env.ref(template).id,
                "default_email_layout_xmlid": "relance_fr.mail_layout",
                "force_email": True,
                **context,
            },
        }

    def _send_template(self, template, attachments=None):
        """Queue the e-mail of ``template`` (xml id), with files; nothing when the debtor has no address.

        In test mode it does not leave, and the chatter says so.
        """
        self.ensure_one()
        # Who signs on the portal reads no other contact of the debtor.
        if not self.partner_id.browse(self._get_mail_to_id()).sudo().email:
            return
        if self.company_id._get_relance_setting("relance_test_email"):
            self._message_log(
                body=self.env._("Test mode: the debtor was not emailed. Write to the debtor once test mode is off.")
            )
            return
        # Who signs on the portal may neither read templates nor attachments.
        template_sudo = self.env.ref(template).sudo()
        values = {"attachment_ids": attachments.ids} if attachments else None
        template_sudo.send_mail(self.id, email_values=values)

    # === BUSINESS METHODS - PROMISES AGAINST THE LEDGER === #

    @api.model
    def _sql_standing(self, reading, scope):
        """Return CTEs ending in ``instalment`` and ``standing``, one row per promised payment and per commitment.

        Expects ``netted``. What was paid is the fall of what is left of the invoices since the commitment was
        made; an invoice that is not posted any more neither pays nor owes. It settles the promised payments
        oldest first. A payment is late once its day and the tolerance in days have passed; it is paid when no
        more than the tolerance in amount is missing. The ledger shows the principal only: what a plan promises
        beyond it (penalties, indemnity) breaks no promise.

        ``instalment``: line_id, commitment_id, date, amount, last_day, paid_amount, state (paid, late, due, to_come).
        ``standing``: id, kind, date, base, paid, last_day, broken_since (first day it is broken, or NULL), state.

        :param scope: SQL condition on ``commitment``
        """
        # What a promise is allowed to be late or short is no secret to the person who reads where it stands.
        return SQL(
            """
            concerned AS (
                SELECT commitment.id, commitment.kind, commitment.date, commitment.cancelled IS TRUE AS cancelled
                  FROM relance_commitment commitment
                 WHERE commitment.company_id = %(company)s AND %(scope)s
            ),
            recognised AS (
                SELECT concerned.id, COALESCE(SUM(debt.principal_amount), 0) AS base,
                       COALESCE(SUM(debt.principal_amount - COALESCE(now.net, 0)), 0) AS paid
                  FROM concerned
             LEFT JOIN (relance_commitment_debt debt
                        JOIN account_move move ON move.id = debt.move_id AND move.state = 'posted')
                    ON debt.commitment_id = concerned.id
             LEFT JOIN (SELECT move_id, SUM(net) AS net FROM netted GROUP BY move_id) now ON now.move_id = debt.move_id
              GROUP BY concerned.id
            ),
            scheduled AS (
                SELECT line.id AS line_id, line.commitment_id, line.date, line.amount,
                       line.date + %(days)s AS last_day, recognised.base, recognised.paid,
                       SUM(line.amount) OVER (PARTITION BY line.commitment_id ORDER BY line.date, line.id) AS so_far
                  FROM relance_commitment_line line
                  JOIN recognised ON recognised.id = line.commitment_id
            ),
            instalment AS (
                SELECT line_id, commitment_id, date, amount, last_day,
                       GREATEST(0, LEAST(amount, paid - so_far + amount)) AS paid_amount,
                       CASE WHEN base > 0 AND paid >= LEAST(so_far, base) - %(missing)s THEN 'paid'
                            WHEN paid >= LEAST(so_far, base) - %(missing)s THEN 'to_come'
                            WHEN last_day < %(as_of)s THEN 'late'
                            WHEN date <= %(as_of)s THEN 'due'
                            ELSE 'to_come' END AS state
                  FROM scheduled
            ),
            standing AS (
                SELECT concerned.*, recognised.base, recognised.paid, schedule.last_day, schedule.broken_since,
                       CASE WHEN concerned.cancelled THEN 'cancelled'
                            WHEN schedule.kept THEN 'kept'
                            WHEN schedule.broken_since IS NOT NULL THEN 'broken'
                            ELSE 'open' END AS state
                  FROM concerned
                  JOIN recognised ON recognised.id = concerned.id
                  JOIN (
                        SELECT commitment_id, MAX(last_day) AS last_day, bool_and(state = 'paid') AS kept,
                               MIN(last_day) FILTER (WHERE state = 'late') + 1 AS broken_since
                          FROM instalment GROUP BY commitment_id
                       ) schedule ON schedule.commitment_id = concerned.id
            )
            """,
            as_of=reading.as_of,
            company=reading.company.id,
            scope=scope,
            days=reading.company._get_relance_setting("relance_promise_tolerance_days"),
            missing=reading.company._get_relance_setting("relance_promise_tolerance_amount"),
        )

    @api.model
    def _sql_stored_jump(self, companies):
        """Return the LATERAL query of ``jump_since`` of ``open_line``, as the daily job stored it."""
        jumping = companies.filtered(lambda company: company._get_relance_setting("relance_broken_promise") == "formal")
        return SQL(
            """
            SELECT MIN(commitment.broken_date) AS jump_since
              FROM relance_commitment_move_rel link
              JOIN relance_commitment commitment ON commitment.id = link.commitment_id
             WHERE link.move_id = open_line.move_id AND commitment.cancelled IS NOT TRUE
               AND commitment.company_id = ANY(%s)
            """,
            jumping.ids,
        )

    def _get_standings(self, as_of=None):
        """Return ``({commitment id: row of standing}, {promised payment id: row of instalment})``.

        Amounts are floats, in the invoices' currency.

        :param as_of: the day; each company's today when None
        """
        standings, instalments = {}, {}
        for source, field_names in {**NET_SOURCES, **COMMITMENT_SOURCES}.items():
            self.env[source].flush_model(field_names)
        for company, own in self.grouped("company_id").items():
            reading = Reading(company, as_of or company._relance_today(), own.move_ids.commercial_partner_id.ids)
            ctes = SQL(
                "WITH %s, %s",
                self.env["relance.ledger"]._sql_netted(reading),
                self._sql_standing(reading, SQL("commitment.id = ANY(%s)", own.ids)),
            )
            rows = self.env.execute_query_dict(
                SQL(
                    """
                    %s
                    SELECT instalment.line_id, instalment.paid_amount::float8, instalment.state AS line_state,
                           standing.id, standing.state, standing.broken_since, standing.paid::float8
                      FROM instalment JOIN standing ON standing.id = instalment.commitment_id
                    """,
                    ctes,
                )
            )
            for row in rows:
                standings[row["id"]] = {name: row[name] for name in ("state", "broken_since", "paid")}
                instalments[row["line_id"]] = {"state": row["line_state"], "paid_amount": row["paid_amount"]}
        return standings, instalments

    @api.model
    def _get_settled(self, reading, move_ids):
        """Return ``{invoice id: [(amount of the instalment, [(date, amount settled)])]}`` for posted invoices.

        Payments, credit notes, payments in progress and netted credits, each at its day. Amounts are Decimal.
        """
        for source, field_names in NET_SOURCES.items():
            self.env[source].flush_model(field_names)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM account_move_line
                 WHERE move_id = ANY(%s) AND display_type = 'payment_term' AND parent_state = 'posted'
                """,
                list(move_ids),
            )
        )
        line_ids = [row[0] for row in rows]
        facts = (
            self.env.execute_query_dict(self.env["relance.claim"]._query_facts(reading, line_ids)) if line_ids else []
        )
        payments, credits = self.env["relance.ledger"]._get_settlements(reading, line_ids)
        self.env["relance.ledger"]._add_unmatched(reading, payments, facts)
        settled = {}
        for fact in facts:
            dated = [*payments.get(fact["line_id"], ()), *credits.get(fact["line_id"], ())]
            settled.setdefault(fact["move_id"], []).append((Decimal(fact["amount"]), dated))
        return settled

    @api.model
    def _get_outcomes(self, reading, commitments, ends=None):
        """Return ``{commitment id: (outcome or None, date or None)}`` by what was paid so far.

        A broken promise is broken from the first day after its payment and the tolerance; a kept one is kept on the
        day the ledger reached what was promised.

        :param ends: ``{commitment id: last day it is looked at}``, where that is not the day of the reading
        """
        ends = ends or {}
        settled = self._get_settled(reading, commitments.debt_ids.move_id.ids)
        company = reading.company
        tolerance = (
            timedelta(days=company._get_relance_setting("relance_promise_tolerance_days")),
            Decimal(str(company._get_relance_setting("relance_promise_tolerance_amount"))),
        )
        outcomes = {}
        for commitment in commitments:
            owed = [
                (Decimal(str(debt.principal_amount)), settled[debt.move_id.id])
                for debt in commitment.debt_ids
                if debt.move_id.id in settled
            ]
            schedule = [(line.date, Decimal(str(line.amount))) for line in commitment.line_ids.sorted("date")]
            last = min(reading.as_of, ends.get(commitment.id, reading.as_of))
            outcomes[commitment.id] = _judge(commitment.date, schedule, owed, last, *tolerance)
        return outcomes

    # === ACTION METHODS === #

    def action_cancel(self):
        self.cancelled = True
        self.move_ids._relance_refresh_progress()
        return True

    def action_generate(self):
        """Replace the instalments by ``parts`` equal ones from ``first_date`` on."""
        for commitment in self:
            commitment._check_editable()
            if not commitment.first_date:
                raise UserError(self.env._("Enter the day of the first instalment."))
            commitment.line_ids = [
                Command.clear(),
                *map(Command.create, commitment._prepare_instalments_vals()),
            ]
        return True


def _judge(made, schedule, owed, as_of, days, missing):
    """Return ``(outcome or None, date or None)`` of one promise.

    :param made: the day it was given
    :param schedule: ``[(date, amount promised)]``, oldest first
    :param owed: ``[(principal when it was given, [(amount, [(date, settled)])])]`` by invoice
    :param days: tolerance (timedelta); ``missing``: tolerance (Decimal)

    >>> from datetime import date
    >>> def judge(paid_on, until):
    ...     owed = [(Decimal(100), [(Decimal(100), [(date(2026, 6, paid_on), Decimal(100))])])]
    ...     promise = [(date(2026, 6, 10), Decimal(100))]
    ...     return _judge(date(2026, 6, 1), promise, owed, date(2026, 6, until), timedelta(0), Decimal(0))
    >>> judge(9, 8), judge(9, 30), judge(12, 30)
    ((None, None), ('kept', datetime.date(2026, 6, 9)), ('broken', datetime.date(2026, 6, 11)))
    """
    base = sum(principal for principal, _settled in owed)
    if not base:
        return None, None

    def paid_by(day):
        return sum(principal - _left(settled, day) for principal, settled in owed)

    so_far = Decimal(0)
    for date, amount in schedule:
        so_far += amount
        last_day = date + days
        if last_day < as_of and paid_by(last_day) < min(so_far, base) - missing:
            return "broken", last_day + timedelta(days=1)
    needed = min(so_far, base) - missing
    moments = sorted({date for _principal, settled in owed for _amount, dated in settled for date, _paid in dated})
    for day in [made, *(moment for moment in moments if made < moment <= as_of)]:
        if paid_by(day) >= needed:
            return "kept", day
    return None, None
