from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .relance_notice import CHANNELS

# What a person may choose on the notice to come; everything else is computed.
CHOICES = frozenset({"selected", "level_id", "channel", "personal_note", "left_out_reason"})


class RelanceRunDebtor(models.Model):
    """One notice to come of a run: to whom, at which level, by which channel, for how much, and what a person chose.

    Filled by the engine from the decisions to send (``_group_debtors``): a row for each notice that confirming the
    run would make, with the figures that notice would claim on the day of the run, in the currency of the invoices.
    """

    _name = "relance.run.debtor"
    _description = "Notice to Come"
    _order = "total_amount desc, id"
    _rec_name = "partner_id"

    run_id = fields.Many2one("relance.run", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Debtor", readonly=True, ondelete="cascade", index=True)
    contact_id = fields.Many2one("res.partner", string="Addressee", readonly=True, ondelete="set null")
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Set when the calendar makes one notice per invoice.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    line_ids = fields.One2many("relance.run.line", "debtor_id", string="Instalments", copy=False)
    line_count = fields.Integer(string="Instalments Claimed", readonly=True)
    date_maturity = fields.Date(string="Oldest Due Date", readonly=True)
    days_late = fields.Integer(readonly=True, aggregator="max")
    email_to = fields.Char(string="Email Address", readonly=True)

    active = fields.Boolean(
        default=True, readonly=True, help="Archived: nothing is left to send; the choices wait in case it comes back."
    )
    selected = fields.Boolean(string="Send")
    left_out_by = fields.Many2one("res.users", readonly=True, help="Who unticked it.")
    left_out_reason = fields.Char("Why It Is Left Out", help="For yourself and your colleagues.")
    news = fields.Selection(
        [("new", "New"), ("changed", "Changed")],
        "Since Then",
        readonly=True,
        help="What is different since the campaign was computed before.",
    )
    level_id = fields.Many2one("relance.level", ondelete="cascade")
    channel = fields.Selection(CHANNELS)
    personal_note = fields.Text(
        string="Personal Sentence", help="Printed in the letter and in the email of this notice only."
    )
    level_chosen = fields.Boolean(readonly=True, help="A person chose the level.")
    channel_chosen = fields.Boolean(readonly=True, help="A person chose the channel.")

    principal_amount = fields.Monetary(string="Principal", readonly=True)
    penalty_amount = fields.Monetary(string="Penalties", readonly=True)
    indemnity_amount = fields.Monetary(string="Indemnity", readonly=True)
    total_amount = fields.Monetary(string="Claimed", readonly=True)
    credit_amount = fields.Monetary(
        string="Credits Deducted",
        readonly=True,
        help="Payments and credit notes of the debtor that match no invoice yet, deducted from the oldest ones.",
    )
    warning = fields.Char(readonly=True, help="Why the figures cannot be computed: the notice cannot be made.")
    notice_id = fields.Many2one("relance.notice", readonly=True, ondelete="set null", index="btree_not_null")

    _run_partner_idx = models.Index("(run_id, partner_id)")

    def write(self, vals):
        """Take a person's choices and bring the figures of the rows in line with them.

        :raises AccessError: for anything but a choice, or once the run was confirmed
        :raises UserError: when the level or the channel is not possible for a row, saying why
        """
        # The choices are stored set-based.
        self.check_access("write")
        if not self.env.su and set(vals) - CHOICES:
            raise AccessError(self.env._("A notice to come is computed: only choose how to send it."))
        if any(run.state != "draft" for run in self.run_id):
            raise UserError(self.env._("The run was confirmed: what it sends is decided."))
        plain = {name: value for name, value in vals.items() if name not in ("level_id", "channel", "selected")}
        result = super().write(plain) if plain else True
        self._apply_choices(vals)
        return result

    def _apply_choices(self, vals):
        """Store the choices of ``vals`` that change what the rows claim."""
        engine = self.env["relance.engine"]
        # Rows of a run are fetched together through it, and its cache is dropped on the way.
        debtors = self.with_prefetch(self._ids)
        if "selected" in vals:
            engine._select_debtors(debtors, bool(vals["selected"]))
        if "level_id" in vals:
            engine._choose_level(debtors, self.env["relance.level"].browse(vals["level_id"]))
        if "channel" in vals:
            engine._choose_channel(debtors, vals["channel"])
