from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...law.mentions import CLAIMING_KINDS, FORMAL_KINDS
from ...tools.channels import BY_PROOF, SEVERITY
from .relance_calendar import CHECK_LATER

# Days left to pay, where nobody says otherwise.
FORMAL_DEADLINES = {"formal": 15, "final": 8}

KINDS = [
    ("preventive", "Preventive"),
    ("courtesy", "Courtesy"),
    ("firm", "Firm"),
    ("formal", "Formal notice"),
    ("final", "Final notice"),
]


class RelanceLevel(models.Model):
    """A step of a dunning calendar: when, in which tone, by which channels, what is claimed."""

    _name = "relance.level"
    _description = "Dunning Level"
    _order = "calendar_id, delay, id"
    _inherit = "relance.shared"

    name = fields.Char(required=True, translate=True)
    calendar_id = fields.Many2one("relance.calendar", required=True, ondelete="cascade", index=True)
    delay = fields.Integer(
        "Days After Due Date",
        required=True,
        help="Negative: days before the due date.",
    )
    kind = fields.Selection(KINDS, required=True, default="courtesy")
    channel_email = fields.Boolean("Email", default=True)
    channel_letter = fields.Boolean("Letter")
    channel_registered = fields.Boolean("Registered Letter")
    channel_call = fields.Boolean("Call")
    template_id = fields.Many2one(
        "mail.template",
        "Email Template",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        domain=[("model", "=", "relance.notice")],
        ondelete="set null",
        help="Empty: the template of this kind of notice.",
    )
    with_letter = fields.Boolean(
        "PDF Letter",
        compute="_compute_with_letter",
        store=True,
        readonly=False,
        precompute=True,
        help="A letter is made out, sealed in the register and attached to the email.",
    )
    charge_penalty = fields.Boolean(
        "Claim Penalties",
        compute="_compute_charges",
        store=True,
        readonly=False,
        precompute=True,
    )
    charge_indemnity = fields.Boolean(
        "Claim the Indemnity",
        compute="_compute_charges",
        store=True,
        readonly=False,
        precompute=True,
        help="Never claimed from consumers, whatever is chosen here.",
    )
    deadline_days = fields.Integer(
        "Deadline Given (Days)",
        compute="_compute_deadline_days",
        store=True,
        readonly=False,
        precompute=True,
        help="Days left to pay from the date of the notice; 0: no deadline is given. Formal and last notices need one.",
    )
    automatic = fields.Boolean(
        "Sent Automatically",
        compute="_compute_automatic",
        store=True,
        readonly=False,
        precompute=True,
        help="Sent by the daily job without the approval of a person.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    minimum_amount = fields.Monetary(help="Nothing is sent at this level for a smaller sum.")
    letter_text = fields.Html(
        "Additional Paragraph",
        translate=True,
        # A letter loads nothing: what would is also taken out as it is printed (`clean_document`).
        sanitize_style=True,
        help="Printed in the letter, after the statement of the claim. Pictures and styles that would be loaded from "
        "elsewhere are left out.",
    )
    cc_partner_ids = fields.Many2many(
        "res.partner",
        "relance_level_cc_partner_rel",
        "level_id",
        "partner_id",
        string="Always in Copy",
        help="People who get a copy of every email of this level. The debtor sees them.",
    )
    cc_salesperson = fields.Boolean("Salesperson in Copy", help="The salespersons of the invoices get a copy.")
    cc_escalation = fields.Boolean(
        "Escalation Contacts in Copy", help="The escalation contacts of the debtor, on the customer's card, get a copy."
    )

    _minimum_amount_positive = models.Constraint(
        "CHECK(minimum_amount >= 0)",
        "The minimum amount cannot be negative.",
    )

    # === COMPUTE METHODS === #

    def _get_shared_company(self):
        return self.calendar_id.company_id

    @api.depends("kind")
    def _compute_template_id(self):
        for level in self:
            level.template_id = level._get_default_template()

    @api.depends("kind", "channel_letter", "channel_registered")
    def _compute_with_letter(self):
        for level in self:
            level.with_letter = level.with_letter or level._needs_letter()

    @api.depends("kind")
    def _compute_deadline_days(self):
        for level in self:
            level.deadline_days = level.deadline_days or FORMAL_DEADLINES.get(level.kind, 0)

    @api.depends("kind")
    def _compute_charges(self):
        for level in self:
            level.charge_penalty = level.charge_indemnity = level.kind in CLAIMING_KINDS

    @api.depends("kind")
    def _compute_automatic(self):
        for level in self:
            level.automatic = level.kind not in FORMAL_KINDS

    @api.depends("calendar_id.company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for level in self:
            level.currency_id = (level.calendar_id.company_id or self.env.company).currency_id

    @api.depends("name", "calendar_id.name")
    @api.depends_context("relance_with_calendar", "lang")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        if self.env.context.get("relance_with_calendar"):
            for level in self:
                level.display_name = f"{level.name} ({level.calendar_id.name})"
        return result

    # === CONSTRAINT METHODS === #

    @api.constrains("calendar_id", "delay", "kind")
    def _check_calendar(self):
        for level in self:
            if (level.kind == "preventive") != (level.delay < 0):
                raise ValidationError(
                    self.env._(
                        "%(level)s (%(delay)s days): a preventive notice is sent before the due date, with a "
                        "negative number of days, and every other level after it.",
                        level=level.name,
                        delay=level.delay,
                    )
                )
        if self.env.context.get("relance_check_levels") is not CHECK_LATER:
            self.calendar_id._check_levels()

    @api.constrains("kind", "with_letter", "deadline_days", *(f"channel_{channel}" for channel in BY_PROOF))
    def _check_sending(self):
        for level in self:
            if not level._get_main_channel():
                raise ValidationError(
                    self.env._(
                        "%s: choose at least one channel (email, letter, registered letter or call).",
                        level.name,
                    )
                )
            if level._needs_letter() and not level.with_letter:
                raise ValidationError(
                    self.env._(
                        "%s: a level sent on paper, a formal notice and a final notice need a PDF letter.",
                        level.name,
                    )
                )
            if level.kind in FORMAL_KINDS and level.deadline_days == 0:
                raise ValidationError(
                    self.env._(
                        "%s: formal and last notices give a deadline. Enter the days left to pay, such as 8 or 15.",
                        level.name,
                    )
                )
            if level.deadline_days < 0:
                raise ValidationError(
                    self.env._(
                        "%s: the deadline given cannot be negative. Enter 0 to give none.",
                        level.name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        if ("kind" in vals or "calendar_id" in vals) and (used := self._filter_used()):
            raise UserError(
                self.env._(
                    "%s: notices were made out at this level, its kind and its calendar cannot change. "
                    "Add a new level instead.",
                    ", ".join(used.mapped("name")),
                )
            )
        result = super().write(vals)
        if {"delay", "kind", "calendar_id"} & set(vals):
            self.env["res.company"]._relance_refresh_open()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        self.env["res.company"]._relance_refresh_open()
        return levels

    def unlink(self):
        result = super().unlink()
        self.env["res.company"]._relance_refresh_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self._filter_used():
            raise UserError(
                self.env._(
                    "%s: notices were made out at this level, it cannot be deleted. Archive its calendar, or "
                    "change the wording of the level.",
                    ", ".join(used.mapped("name")),
                )
            )

    def _filter_used(self):
        """Return the levels that notices were made out at, which therefore stay (notice)."""
        return self.browse()

    # === BUSINESS METHODS === #

    def _get_rank(self):
        """Return the place of the kind in the escalation, 0 for preventive to 4 for final."""
        self.ensure_one()
        return SEVERITY.index(self.kind)

    def _needs_letter(self):
        """Tell whether this level cannot do without a PDF letter: sent on paper, or a proof to keep."""
        self.ensure_one()
        return self.channel_letter or self.channel_registered or self.kind in FORMAL_KINDS

    def _get_main_channel(self):
        """Return the channel that makes the proof: registered > letter > email > call; False without any."""
        self.ensure_one()
        return next((channel for channel in BY_PROOF if self[f"channel_{channel}"]), False)

    def _get_default_template(self):
        """Return the shipped mail.template of this kind of notice, empty if it was deleted."""
        return self.env.ref(f"relance_fr.mail_template_{self.kind}", raise_if_not_found=False)

    def _get_template(self):
        """Return the mail.template of the notices of this level, empty if none is left."""
        self.ensure_one()
        return self.template_id or self._get_default_template() or self.env["mail.template"]

    def _has_copies(self):
        """Tell whether e-mails of one of these levels may go to somebody in copy."""
        return any(level.cc_partner_ids or level.cc_salesperson or level.cc_escalation for level in self)
