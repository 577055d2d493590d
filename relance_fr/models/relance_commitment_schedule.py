from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

STEPS = {
    "month": lambda rank: relativedelta(months=rank),
    "fortnight": lambda rank: relativedelta(weeks=2 * rank),
    "week": lambda rank: relativedelta(weeks=rank),
}
MAX_PARTS = 120


class RelanceCommitment(models.Model):
    """The debt a commitment is about, frozen on its day, and the instalments that pay it."""

    _inherit = "relance.commitment"

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

    _part_positive = models.Constraint("CHECK (part_amount >= 0)", "A plan covers a sum above zero.")
    _parts_range = models.Constraint(
        f"CHECK (parts BETWEEN 1 AND {MAX_PARTS})", f"A plan has between 1 and {MAX_PARTS} instalments."
    )

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

    def _prepare_debts_vals(self):
        """Return the values of the debt of each invoice, as of the day of the commitment.

        :raises UserError: naming the semester, when penalties are covered and a legal rate is missing
        """
        self.ensure_one()
        # What is left comes from all the debtor's entries, whatever the reader may open.
        moves_sudo = self.move_ids._origin.sudo()
        if not moves_sudo or not self.date:
            return []
        engine_sudo = self.env["relance.engine"].sudo()
        left = engine_sudo._get_left(self.company_id, self.date, moves_sudo.ids)
        statements = {}
        if self.include_penalties:
            statements = engine_sudo._get_statements(moves_sudo, self.date)
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

    # === INSTALMENTS === #

    @api.onchange("parts", "first_date", "frequency", "covered_amount")
    def _onchange_schedule(self):
        """Show the instalments before anything is saved; they can be edited by hand afterwards."""
        if self.parts > 1 and self.first_date and self.covered_amount > 0 and self.parts <= MAX_PARTS:
            self.line_ids = [Command.clear(), *map(Command.create, self._prepare_instalments_vals())]

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
