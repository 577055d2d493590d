from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ...tools.reading import Reading
from ...tools.shown_day import company_day, fill_company_day

# What the buttons and jobs write, each with its checks: how a dispute ended, how proceedings go on, the frozen claim,
# what was announced. The screens lock these fields; a call over RPC meets `_check_outcome_fields`.
OUTCOME_FIELDS = frozenset(
    {
        "resolution", "resolved_on", "accepted_amount", "declaration", "deadline_warned", "end_announced",
        "insolvency_outcome", "insolvency_outcome_date", "conversion_date", "conversion_publication_date",
        "claim_attachment_id", "claim_sha256", "foreclosure_warned",
    }
)  # fmt: skip


class RelanceHold(models.Model):
    """A suspension of dunning, for a reason and a time: a debtor, an invoice, an instalment or a part of its amount.

    ``manual`` is time given. Of an invoice held for a part of its amount the rest goes on being dunned. The daily job
    ends the holds of what was settled and tells the person in charge of each end.

    ``dispute`` says what it is about, who deals with it and how it ended. Found wrong, dunning goes on. Found right,
    what is accepted stays held until its credit note is posted, so that it is never claimed in between.

    ``overindebtedness`` is the file of a natural person, admissible from ``date_from`` on: payment of these debts is
    forbidden, enforcement is suspended and interest stops (C. consom. L722-2, L722-5, L722-14).

    ``insolvency`` are proceedings (``relance_hold_insolvency.py``): they stop penalties at ``date_from``, the date of
    the opening judgment (C. com. L622-28), close what is under way and have a claim to declare
    (``relance_hold_claim.py``), whose statement is a letter.

    An answer of the debtor pauses its invoice while it is examined (``is_pause``), or becomes a hold (``answer_id``).

    `create` and `write` stand here alone and call their steps by name, in the order they happen; a step stands in the
    file of its subject. ``tests/test_hold_steps.py`` holds their order and names the test of each.
    """

    _name = "relance.hold"
    _description = "Dunning Hold"
    _inherit = ["mail.thread", "mail.activity.mixin", "relance.letter"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Debtor",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        index=True,
        ondelete="restrict",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        compute="_compute_move_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        domain="[('move_type', '=', 'out_invoice')]",
        help="Leave empty to hold everything the debtor owes.",
    )
    line_id = fields.Many2one(
        "account.move.line",
        string="Instalment",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        domain="[('move_id', '=', move_id), ('display_type', '=', 'payment_term')]",
        help="Leave empty to hold the whole invoice.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True, precompute=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount = fields.Monetary(
        string="Part Held",
        tracking=True,
        help="In the currency of the invoice. The rest goes on being dunned, with its own interest. "
        "Empty: everything is held.",
    )
    reason = fields.Selection(
        [
            ("manual", "Manual"),
            ("dispute", "Dispute"),
            ("overindebtedness", "Over-indebtedness (surendettement)"),
            ("insolvency", "Insolvency"),
        ],
        required=True,
        default="manual",
        tracking=True,
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=company_day,
        tracking=True,
        help="For an insolvency: date of the judgment that opened the proceedings. For over-indebtedness: day the "
        "commission declared the file admissible.",
    )
    date_to = fields.Date(string="Until", tracking=True, help="Last day of the hold. Empty: until somebody ends it.")
    note = fields.Text(string="Explanation")
    reviewed_on = fields.Date(
        "Confirmed on", readonly=True, copy=False, tracking=True, help="The day somebody said last that it goes on."
    )
    user_id = fields.Many2one("res.users", string="Entered by", default=lambda self: self.env.user)
    state = fields.Selection(
        [("upcoming", "Upcoming"), ("running", "Running"), ("over", "Over")], compute="_compute_state"
    )

    days_held = fields.Integer(compute="_compute_held", compute_sudo=True, help="Days since the hold began.")

    held_amount = fields.Monetary(
        string="Amount Held",
        compute="_compute_held",
        compute_sudo=True,
        currency_field="company_currency_id",
        help="What is left to pay of what is held, in the currency of the company.",
    )
    end_announced = fields.Boolean(readonly=True, copy=False)
    category = fields.Selection(
        [
            ("price", "Price"),
            ("delivery", "Delivery"),
            ("quality", "Quality"),
            ("duplicate", "Invoiced twice"),
            ("not_received", "Invoice or goods not received"),
            ("order", "Not ordered"),
            ("other", "Other"),
        ],
        tracking=True,
    )
    responsible_id = fields.Many2one(
        "res.users", string="In Charge", tracking=True, help="Who answers the debtor. Empty: who entered the hold."
    )
    resolution = fields.Selection(
        [("rejected", "Rejected"), ("partly", "Accepted in part"), ("accepted", "Accepted")],
        readonly=True,
        tracking=True,
        copy=False,
    )
    resolved_on = fields.Date(readonly=True, copy=False)
    accepted_amount = fields.Monetary(readonly=True, tracking=True, copy=False)
    outcome = fields.Text(tracking=True)
    answer_id = fields.Many2one(
        "relance.answer", string="Answer of the Debtor", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
    )  # fmt: skip
    is_pause = fields.Boolean(readonly=True, copy=False)

    _part_idx = models.Index("(company_id, move_id) WHERE amount > 0")

    _amount_positive = models.Constraint("CHECK (COALESCE(amount, 0) >= 0)", "The part held cannot be negative.")
    _dates = models.Constraint(
        "CHECK (date_to IS NULL OR date_to - date_from >= -1)", "A hold cannot end before it starts."
    )
    _pause_once = models.UniqueIndex(
        "(move_id) WHERE is_pause", "An invoice is paused once while an answer is examined."
    )

    # === CONSTRAINTS === #

    @api.constrains("reason", "move_id", "partner_id")
    def _check_scope(self):
        for hold in self:
            if hold.reason == "insolvency" and hold.move_id:
                raise ValidationError(
                    self.env._("An insolvency concerns everything a debtor owes: leave the invoice empty.")
                )
            if hold.reason == "overindebtedness" and (
                hold.partner_id.relance_regime != "consumer" and hold.partner_id.is_company
            ):
                raise ValidationError(
                    self.env._(
                        "Over-indebtedness is for natural persons, consumers and sole traders: %s is a company. Record "
                        "its insolvency proceedings instead.",
                        hold.partner_id.name,
                    )
                )
            if hold.partner_id != hold.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "Hold the company %s, not one of its contacts.", hold.partner_id.commercial_partner_id.name
                    )
                )

    @api.constrains("amount", "move_id", "line_id", "reason")
    def _check_amount(self):
        for hold in self.filtered("amount"):
            if not hold.move_id:
                raise ValidationError(self.env._("Choose the invoice of which a part is held."))
            whole = hold.line_id.amount_currency or hold.move_id.amount_total
            if hold.currency_id.compare_amounts(hold.amount, whole) > 0:
                raise ValidationError(
                    self.env._(
                        "%(part)s cannot be held of %(invoice)s, which is %(whole)s in all. Leave the part empty to "
                        "hold everything.",
                        part=hold.currency_id.format(hold.amount),
                        invoice=hold.move_id.name,
                        whole=hold.currency_id.format(whole),
                    )
                )

    # === COMPUTE METHODS === #

    @api.depends("reason", "partner_id", "move_id")
    def _compute_name(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for hold in self:
            scope = hold.move_id.name or hold.partner_id.display_name or ""
            hold.name = f"{reasons.get(hold.reason, '')} – {scope}"

    @api.depends("line_id")
    def _compute_move_id(self):
        for hold in self:
            hold.move_id = hold.line_id.move_id or hold.move_id

    @api.depends("move_id")
    def _compute_partner_id(self):
        for hold in self:
            hold.partner_id = hold.move_id.commercial_partner_id or hold.partner_id.commercial_partner_id

    @api.depends("move_id", "company_id")
    def _compute_currency_id(self):
        for hold in self:
            hold.currency_id = hold.move_id.currency_id or hold.company_id.currency_id

    @api.depends("date_from", "date_to")
    def _compute_state(self):
        for hold in self:
            today = (hold.company_id or self.env.company)._relance_today()
            if hold.date_from and hold.date_from > today:
                hold.state = "upcoming"
            elif hold.date_to and hold.date_to < today:
                hold.state = "over"
            else:
                hold.state = "running"

    @api.depends("date_from", "date_to", "amount", "move_id", "line_id", "partner_id")
    def _compute_held(self):
        held = self._get_held_amounts()
        for hold in self:
            today = (hold.company_id or self.env.company)._relance_today()
            last = min(today, hold.date_to or today)
            hold.days_held = max(0, (last - hold.date_from).days + 1) if hold.date_from else 0
            hold.held_amount = held.get(hold._origin.id, 0)

    def _get_held_amounts(self):
        """Return ``{hold id: what is left to pay of its scope}``, in the currency of the company."""
        amounts = {}
        for company, holds in self.filtered(lambda hold: hold._origin.id).grouped("company_id").items():
            self.env.flush_all()
            today = company._relance_today()
            rows = self.env.execute_query(
                SQL(
                    """
                    WITH %s
                    SELECT hold.id, SUM(scope.left_over)
                      FROM relance_hold hold
                 LEFT JOIN LATERAL (
                           SELECT LEAST(SUM(net), CASE WHEN hold.amount > 0 THEN GREATEST(0, hold.amount - %s) END)
                                  * AVG(company_rate) AS left_over
                             FROM netted
                            WHERE netted.partner_id = hold.partner_id
                              AND (hold.move_id IS NULL OR netted.move_id = hold.move_id)
                              AND (hold.line_id IS NULL OR netted.line_id = hold.line_id)
                              AND (hold.reason <> 'insolvency' OR %s)
                         GROUP BY netted.currency_id, CASE WHEN hold.move_id IS NULL THEN netted.line_id END
                           ) scope ON TRUE
                     WHERE hold.id = ANY(%s)
                  GROUP BY hold.id
                    """,
                    self.env["relance.ledger"]._sql_netted(Reading(company, today, holds.partner_id.ids)),
                    self.env["relance.ledger"]._sql_credited(SQL("hold"), today),
                    self.env["relance.ledger"]._sql_born_before(SQL("hold"), SQL("netted.move_id"), SQL("netted.born")),
                    holds._origin.ids,
                )
            )
            amounts |= {hold_id: amount or 0 for hold_id, amount in rows}
        return amounts

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Create holds; proceedings, which their dialog alone opens, stop at once what is under way."""
        if not self.env.su:
            self._check_creates_no_outcome(vals_list)
            self._check_creates_no_proceedings(vals_list)
        vals_list = fill_company_day(self.env, vals_list, "date_from")
        holds = super(RelanceHold, self._without_outcome_defaults()).create(vals_list).with_env(self.env)

        proceedings = holds._filter_proceedings()
        proceedings._freeze_declaration_or_say_why()
        proceedings._plan_declaration()
        proceedings._stop_recovery()
        proceedings._filter_liquidations()._plan_vat_recovery()
        proceedings._tell_other_companies()
        return holds

    def write(self, vals):
        """Write ``vals``: first what they may not change, then what has to be done before, last what follows."""
        if vals.get("declared_on") and len(vals) > 1:
            # What is declared is the statement that says what was just entered.
            self.write({name: value for name, value in vals.items() if name != "declared_on"})
            vals = {"declared_on": vals["declared_on"]}

        self._check_reason_stays(vals)
        if not self.env.su:
            self._check_outcome_fields(vals)
            proceedings = self._filter_proceedings()
            proceedings._check_debtor_stays(vals)
            proceedings._check_declared_claim_stays(vals)
            proceedings._check_judgment_day(vals)
            self._check_company_stays(vals)
            self._check_stays_declared(vals)
            if vals.get("date_to"):
                self._check_ends_on_a_day()

        declaring = self.filtered(lambda hold: vals.get("declared_on") and not hold.declared_on)
        declaring._print_claim_to_declare()

        result = super().write(self._announce_end_again(vals))

        self._freeze_declaration_again(vals)
        declaring._keep_hash_of_claim()
        self._print_claim_again(vals)
        self._plan_declaration_again(vals)
        self._close_tasks_of_declaration(vals)
        self._stop_recovery_again(vals)
        return result

    def unlink(self):
        """Delete holds; what deleted proceedings closed is given back, they never were."""
        self._reopen_commitments()
        return super().unlink()

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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proofs(self):
        """Core deletes the files of what is deleted, and asks them too late whose they were."""
        # A user who may not open a file must not lose it either.
        files_sudo = self.env["ir.attachment"].sudo()
        files_sudo.search([("res_model", "=", self._name), ("res_id", "in", self.ids)])._check_relance_proof()

    # === STEPS OF CREATE AND WRITE === #

    @api.model
    def _check_creates_no_outcome(self, vals_list):
        """Raise a UserError if a hold would begin with what only its buttons enter."""
        for vals in vals_list:
            self._check_outcome_fields({name for name, value in vals.items() if value})

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

    @api.model
    def _without_outcome_defaults(self):
        """Return the model without the defaults of the context for what only buttons enter: they are no way around."""
        if self.env.su:
            return self
        defaults = {f"default_{name}" for name in OUTCOME_FIELDS}
        context = {name: value for name, value in self.env.context.items() if name not in defaults}
        return self.with_env(self.env(context=context))

    def _check_reason_stays(self, vals):
        """Raise a UserError if the reason would change, even for code: the outcome is what ends proceedings."""
        if "reason" in vals and any(hold.reason != vals["reason"] for hold in self):
            raise UserError(
                self.env._(
                    "The reason of a hold stays what it was. End this hold and suspend dunning again for the other "
                    "reason; insolvency proceedings end with the button Next Step."
                )
            )

    def _check_company_stays(self, vals):
        if "company_id" in vals and any(hold.company_id.id != vals["company_id"] for hold in self):
            raise UserError(self.env._("A hold stays with its company: enter another one in the other company."))

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

    @api.model
    def _announce_end_again(self, vals):
        """Return ``vals`` with the end to be announced, if they move it and do not say that it is known."""
        if "date_to" in vals and "end_announced" not in vals:
            return {**vals, "end_announced": False}
        return vals

    # === BUSINESS METHODS - DISPUTES === #

    def _resolve(self, resolution, accepted_amount, outcome):
        """Record how disputes ended: rejected, dunning goes on; else what is accepted stays held until it is credited.

        :param accepted_amount: part accepted, in the currency of the invoice; 0 when all of it is
        """
        today = self.company_id[:1]._relance_today()
        self.check_access("write")
        # These fields are written here and nowhere else, see OUTCOME_FIELDS.
        hold_sudo = self.sudo()
        hold_sudo.write({"resolution": resolution, "resolved_on": today, "outcome": outcome or False})
        if resolution == "rejected":
            self.action_end()
            return
        if resolution == "partly":
            hold_sudo.write({"accepted_amount": accepted_amount, "amount": accepted_amount, "date_to": False})
        else:
            hold_sudo.write({"accepted_amount": self._get_disputed_amount(), "date_to": False})
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Post the credit note that was agreed"),
            user_id=self._get_person_in_charge().id,
        )

    def _get_disputed_amount(self):
        """Return what a dispute is about, in the currency of its invoice; 0 for all that a debtor owes."""
        self.ensure_one()
        return self.amount or self.line_id.amount_residual_currency or self.move_id.amount_residual

    def _get_person_in_charge(self):
        """Return who deals with the hold (``res.users``): who is named, who entered it, who handles the debtor."""
        self.ensure_one()
        # The fields of dunning are hidden from users outside accounting.
        handler_sudo = self.partner_id.sudo().with_company(self.company_id).relance_user_id
        return self.company_id._relance_choose_person(
            self.responsible_id, self.user_id, handler_sudo, model="relance.hold"
        )

    # === BUSINESS METHODS - DAILY JOB === #

    @api.model
    def _cron_follow_up(self):
        """Close the holds of what was settled, and tell the person in charge of those that came to their end.

        Of the claims nobody declared yet it tells the deadline that comes, then the one that passed.
        """
        # The job acts for every company, no matter who starts it.
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            company = company._relance_in_company()
            holds, today = company.env["relance.hold"], company._relance_today()
            holds._close_settled(company, today)
            holds._announce_ends(company, today)
            holds._warn_of_deadlines(company, today)
            holds._warn_of_foreclosure(company, today)

    @api.model
    def _close_settled(self, company, today):
        """End the running holds of which nothing is left: the invoice is settled, or what was accepted is credited."""
        self.env.flush_all()
        closed = self.env.execute_query(
            SQL(
                """
                UPDATE relance_hold hold SET date_to = GREATEST(%(today)s - 1, hold.date_from - 1), end_announced = TRUE
                 WHERE hold.company_id = %(company)s AND hold.move_id IS NOT NULL AND hold.date_from <= %(today)s
                   AND (hold.date_to IS NULL OR hold.date_to >= %(today)s)
                   AND (hold.amount > 0 AND %(credited)s >= hold.amount OR NOT EXISTS (
                       SELECT FROM account_move_line line
                        WHERE line.move_id = hold.move_id AND line.display_type = 'payment_term'
                          AND (hold.line_id IS NULL OR line.id = hold.line_id) AND line.reconciled IS NOT TRUE
                   ))
                   AND EXISTS (SELECT FROM account_move move WHERE move.id = hold.move_id AND move.state = 'posted')
             RETURNING hold.id
                """,
                company=company.id,
                today=today,
                credited=self.env["relance.ledger"]._sql_credited(SQL("hold"), today),
            )
        )
        holds = self.browse([row[0] for row in closed])
        holds.invalidate_recordset()
        holds.activity_feedback(["mail.mail_activity_data_todo"], feedback=self.env._("Settled."))

    @api.model
    def _announce_ends(self, company, today):
        """Plan an activity on the holds that came to their end since, once each."""
        ended = self.search([("company_id", "=", company.id), ("date_to", "<", today), ("end_announced", "=", False)])
        for user, holds in ended.grouped(lambda hold: hold._get_person_in_charge()).items():
            holds.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The hold came to its end: dunning goes on"),
                user_id=user.id,
            )
        # Its users may not write it themselves, see OUTCOME_FIELDS.
        ended.sudo().end_announced = True

    # === ACTION METHODS === #

    def action_end(self):
        """End running holds yesterday: dunning goes on from today."""
        self._check_ends_on_a_day()
        for hold in self:
            today = hold.company_id._relance_today()
            # One that starts today never ran: it ends on the day before its start.
            yesterday = fields.Date.subtract(max(today, hold.date_from), days=1)
            hold.date_to = min(yesterday, hold.date_to or yesterday)
        # Who ends a hold knows that dunning goes on.
        # Its users may not write it themselves, see OUTCOME_FIELDS.
        self.sudo().end_announced = True
        self.activity_feedback(["mail.mail_activity_data_todo", "mail.mail_activity_data_warning"])
        return True

    def action_go_on(self):
        """Say that running holds go on: the work list asks about them again later."""
        for hold in self:
            hold.reviewed_on = hold.company_id._relance_today()
        return True

    def action_resolve(self):
        """Open the dialog that says how a dispute ended."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("End of the Dispute"),
            "res_model": "relance.hold.resolve",
            "view_mode": "form",
            "target": "new",
            "context": {"default_hold_id": self.id},
        }

    def action_credit_note(self):
        """Open core's dialog that makes the credit note of the invoice."""
        self.ensure_one()
        if not self.move_id:
            raise UserError(self.env._("Choose on the hold the invoice to credit, or make the credit note by hand."))
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_view_account_move_reversal")
        return action | {"context": {"active_model": "account.move", "active_ids": self.move_id.ids}}
