import logging
import secrets
from contextlib import contextmanager
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize, ormcache

from ...law.currencies import from_euros
from ...law.holidays import ZONES
from ...tools.defaults import TIMEZONE
from ...tools.fields import CheckedBinary
from ...tools.groups import SETTINGS_GROUPS
from ...tools.payment_sectors import SECTORS
from ...tools.score import WEIGHTS, Marks

# The ages of a debt, and the first day late of each.
AGES = [
    ("0", "Not due"),
    ("1", "1 to 30 days late"),
    ("31", "31 to 60 days late"),
    ("61", "61 to 90 days late"),
    ("91", "91 to 180 days late"),
    ("old", "More than 180 days late"),
]

AGE_STARTS = {"0": 0, "1": 1, "31": 31, "61": 61, "91": 91, "old": 181}

RECOVERY_RATE_FIELDS = tuple(f"relance_odds_{age}" for age in AGE_STARTS)

WEIGHT_FIELDS = tuple(f"relance_score_weight_{component}" for component in Marks._fields)

# EUR: what a reminder and a letter cost to make, read and book.
MINIMUM, MINIMUM_PAPER = Decimal(5), Decimal(15)

# What the figures of debtors are computed with.
SCORE_SETTINGS = ("relance_score_min_invoices", "relance_score_months")

_logger = logging.getLogger(__name__)


class ResCompany(models.Model):
    """The settings of dunning, by subject. What works by them reads them by ``_get_relance_setting``.

    What holds sending back binds the branches of a company; what a letter names, a branch takes from above it where it
    has none of its own; all other settings are each company's own.
    """

    _inherit = "res.company"

    relance_calendar_id = fields.Many2one(
        "relance.calendar",
        "Dunning Calendar",
        check_company=True,
        help="Calendar of the customers that have none, neither of their own nor of their kind.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_automatic = fields.Boolean(
        "Automatic Dunning",
        default=True,
        help="The daily job sends automatic levels by itself; otherwise all it drafts waits for approval.",
        groups=SETTINGS_GROUPS,
        relance_branch="all",
    )
    relance_start_date = fields.Date(
        "Go-Live Date",
        help="The daily job does nothing before. Invoices due before are dunned automatically only once their level "
        "was taken over or a reminder was sent by hand.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_signatory_id = fields.Many2one(
        "res.users",
        "Signatory",
        help="Who signs the letters.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_signatory_function = fields.Char(
        "Function of the Signatory",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
        relance_goes_with="relance_signatory_id",
    )
    relance_signature = CheckedBinary(
        "Signature Image",
        attachment=True,
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
        relance_goes_with="relance_signatory_id",
    )
    relance_legal_form = fields.Char(
        "Legal Form",
        help="SARL, SAS, entreprise individuelle (EI)... All correspondence, e-mails included, carries it with "
        "capital, seat, SIREN and register (C. com. R123-237, R123-238).",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_share_capital = fields.Char(
        "Share Capital",
        help='As it is to be read: "10 000 €", "variable". Empty without one.',
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
        relance_goes_with="relance_legal_form",
    )
    relance_register_town = fields.Char(
        "Register of Commerce (Town)",
        help="Town of the registry (RCS) of the company. Empty: not registered there.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
        relance_goes_with="relance_legal_form",
    )
    relance_seat = fields.Char(
        "Registered Office",
        help="Empty: the address of the company.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
        relance_goes_with="relance_legal_form",
    )
    relance_contact_id = fields.Many2one(
        "res.partner",
        "Dunning Contact",
        help="Whom the letters name for questions, with phone and email.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_applicable_law = fields.Boolean(
        "State the Applicable Law Abroad",
        help="Formal notices and last notices to businesses abroad say that the claim is governed by French law: that "
        "of your terms of sale, else that of the seller's country (Rome I, art. 3 and 4). Check that your terms choose "
        "no other law.",
        groups=SETTINGS_GROUPS,
    )
    relance_provider = fields.Selection(
        [("manual", "By Hand")],
        string="Registered Letters",
        default="manual",
        required=True,
        help="Who prints and posts registered letters: a person, or the service of an installed provider.",
        groups=SETTINGS_GROUPS,
    )
    # A user who knows it may enter proofs of delivery.
    relance_provider_token = fields.Char(copy=False, groups="base.group_system")
    relance_provider_url = fields.Char(
        string="Callback Address", compute="_compute_relance_provider_url", groups="base.group_system"
    )
    relance_minimum = fields.Monetary(
        "Least Sum to Remind of",
        currency_field="currency_id",
        compute="_compute_relance_minimum",
        store=True,
        readonly=False,
        help="A debtor whose overdue principal is smaller is not written to: a difference of some cents is no reason "
        "for a reminder. Payments and credits are deducted first; penalties and indemnities do not count.",
        groups=SETTINGS_GROUPS,
    )
    relance_minimum_paper = fields.Monetary(
        "Least Sum for a Letter",
        currency_field="currency_id",
        compute="_compute_relance_minimum",
        store=True,
        readonly=False,
        help="The same for what is printed and posted.",
        groups=SETTINGS_GROUPS,
    )
    relance_letters_posted = fields.Selection(
        [
            ("entered", "Once a person says so"),
            ("printed", "The day they are printed"),
            ("made", "As soon as they are made out"),
        ],
        string="Plain Letters Count as Posted",
        default="entered",
        required=True,
        help="A letter that was not posted has reached nobody: the next level does not leave before. Registered "
        "letters always wait for the day they were posted.",
        groups=SETTINGS_GROUPS,
    )
    relance_bank_max_age = fields.Integer(
        "Age of Bank Statements (Days)",
        default=7,
        help="Automatic sending waits when the statements of a bank journal where customers pay are older (a journal "
        "without statements: its payments); 0: not tested.",
        groups=SETTINGS_GROUPS,
    )
    relance_bank_max_count = fields.Integer(
        "Receipts Not Matched (Number)",
        help="Automatic sending waits when more receipts than this are matched with no invoice; 0: not tested.",
        groups=SETTINGS_GROUPS,
    )
    relance_bank_max_amount = fields.Monetary(
        "Receipts Not Matched (Amount)",
        currency_field="currency_id",
        help="Automatic sending waits when receipts matched with no invoice exceed this sum; 0: not tested.",
        groups=SETTINGS_GROUPS,
    )
    relance_receipt_days = fields.Integer(
        "Receipts to Match (Days)",
        default=15,
        help="What a receipt that nobody matched may have paid is not asked for by the daily job, for this number of "
        "days from the receipt; 0: it is asked for.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_two_person = fields.Boolean(
        "Two-Person Rule",
        help="Formal and final notices leave only once an approver, other than the person who made them, agrees.",
        groups=SETTINGS_GROUPS,
        relance_branch="any",
    )
    relance_approval_days = fields.Integer(
        "Days to Approve",
        help="What nobody approved after this number of days leaves or lapses; 0: it waits for ever.",
        groups=SETTINGS_GROUPS,
    )
    relance_approval_expiry = fields.Selection(
        [("send", "It leaves"), ("lapse", "It lapses")],
        "After That",
        default="lapse",
        required=True,
        groups=SETTINGS_GROUPS,
    )
    relance_wait_days = fields.Integer(
        "Ask about What Waits (Days)",
        default=30,
        help="The work list asks about holds without an end, payments in process and plans to be signed once they have "
        "waited that long; 0: never.",
        groups=SETTINGS_GROUPS,
    )
    relance_daily_cap = fields.Integer(
        "Notices a Day",
        help="At most this number of notices leave by e-mail or post each day, the harshest and oldest first; "
        "0: no cap.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_recall_minutes = fields.Integer(
        "Minutes to Call Back",
        default=10,
        help="Nothing of a confirmed campaign leaves before: it may be called back until then; 0: it leaves at once.",
        groups=SETTINGS_GROUPS,
    )
    relance_window_from = fields.Float(
        "Not Before",
        help="In the time zone of the company.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
        relance_goes_with="relance_window_to",
    )
    relance_window_to = fields.Float(
        "Not After", help="In the time zone of the company.", groups=SETTINGS_GROUPS, relance_branch="nearest"
    )
    relance_working_days = fields.Boolean(
        "Working Days Only",
        default=True,
        help="No e-mail and no letter leaves by itself on Saturdays, Sundays and public holidays: what is planned for "
        "such a day leaves on the next working day, a reminder before the due date on the working day before.",
        groups=SETTINGS_GROUPS,
        relance_branch="any",
    )
    relance_holidays = fields.Selection(
        [*ZONES.items()],
        "Public Holidays",
        default="FR",
        required=True,
        help="Those of the place you work in.",
        groups=SETTINGS_GROUPS,
    )
    # Who looks at the notices is told that nothing leaves, and where it goes.
    relance_test_email = fields.Char(
        "Test Address",
        help="While it is filled, nothing leaves and nothing enters the register: what would be sent is e-mailed here.",
        groups="base.group_user",
        relance_branch="nearest",
    )
    relance_test_address = fields.Char(
        "Test Address That Counts",
        compute="_compute_relance_test_address",
        compute_sudo=True,
        search="_search_relance_test_address",
        recursive=True,
        groups="base.group_user",
        help="Its own test address, else that of the company above: a branch follows the company it belongs to.",
    )
    relance_test_since = fields.Datetime(
        "In Test Mode Since",
        compute="_compute_relance_test_since",
        store=True,
        groups=SETTINGS_GROUPS,
        help="E-mails queued before wait for the end of the test mode.",
        relance_branch="nearest",
        relance_goes_with="relance_test_email",
    )
    relance_answer_online = fields.Boolean(
        "Debtors Answer Online",
        default=True,
        help="E-mails link to the page of the notice, where the debtor says that a payment was made or is to "
        "come, disputes an amount, or proposes a plan.",
        groups=SETTINGS_GROUPS,
    )
    relance_answer_pause_days = fields.Integer(
        "Pause after an Answer (Days)",
        default=5,
        help="Dunning of the invoices waits that many days while the answer is examined, once an invoice. 0: never.",
        groups=SETTINGS_GROUPS,
    )
    relance_portal_charges = fields.Selection(
        [("claimed", "Once a notice claimed them"), ("always", "From the first day late")],
        "Penalties on the Portal",
        default="claimed",
        required=True,
        help="When the page of the debtor shows penalties and indemnity.",
        groups=SETTINGS_GROUPS,
    )
    relance_promise_tolerance_days = fields.Integer(
        "Tolerance on Promised Days",
        help="Days a promised payment may be late before the promise is broken.",
        groups=SETTINGS_GROUPS,
    )
    relance_promise_tolerance_amount = fields.Monetary(
        "Tolerance on Promised Amounts",
        help="What may be missing, in the currency of the invoices, without breaking a promise.",
        groups=SETTINGS_GROUPS,
    )
    relance_reminder_days = fields.Integer(
        "Reminder before an Instalment (Days)",
        default=2,
        help="A friendly e-mail goes to the debtor that many days before each instalment of a plan. 0: none.",
        groups=SETTINGS_GROUPS,
    )
    relance_remind_promises = fields.Boolean(
        "Remind of Promises Too",
        help="The same e-mail goes before the day of a promise of a single payment.",
        groups=SETTINGS_GROUPS,
    )
    relance_broken_promise = fields.Selection(
        [("resume", "Dunning goes on where it was"), ("formal", "The next step is the formal notice")],
        "After a Broken Promise",
        default="resume",
        required=True,
        groups=SETTINGS_GROUPS,
    )
    relance_plan_interest = fields.Selection(
        [("runs", "Goes on running"), ("waived", "Is waived if the plan is kept")],
        "Interest during a Plan",
        default="runs",
        required=True,
        help="Proposed for each new plan, stated in its letter.",
        groups=SETTINGS_GROUPS,
    )
    relance_plan_notice_days = fields.Integer(
        "Notice before a Plan Ends (Days)",
        default=30,
        help="A consumer who misses an instalment owes what is due under the plan; all of it only once a formal notice "
        "stayed without effect that long. 15 days were held unfair (Civ. 1re, 29 May 2024, n° 23-12.904).",
        groups=SETTINGS_GROUPS,
    )
    relance_thanks = fields.Boolean(
        "Thank for the Payment",
        help="A customer who was reminded and has paid everything gets one email of thanks. "
        "Payments made before this is switched on are not thanked for.",
        groups=SETTINGS_GROUPS,
    )
    relance_thanks_since = fields.Date("Thanks Since", readonly=True, groups=SETTINGS_GROUPS)
    relance_invoice_mentions = fields.Boolean(
        "Late-Payment Mentions on Invoices",
        default=True,
        help="Prints the penalty rate, the EUR 40 indemnity and the discount terms on customer invoices (C. com. "
        "L441-9), from your terms of sale. Switch it off if your layout prints them already.",
        groups=SETTINGS_GROUPS,
    )
    relance_sector = fields.Selection(
        SECTORS,
        "Sector with a Payment Term of its Own",
        help="The law limits payment terms more in these sectors (C. com. L441-11 II). Empty: the general rule. A "
        "payment term may say otherwise.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_score_weight_delay = fields.Integer("Weight of the Delay", default=WEIGHTS.delay, groups=SETTINGS_GROUPS)
    relance_score_weight_overdue = fields.Integer(
        "Weight of What Is Overdue", default=WEIGHTS.overdue, groups=SETTINGS_GROUPS
    )
    relance_score_weight_promise = fields.Integer(
        "Weight of Broken Promises", default=WEIGHTS.promise, groups=SETTINGS_GROUPS
    )
    relance_score_weight_dispute = fields.Integer(
        "Weight of Unfounded Disputes", default=WEIGHTS.dispute, groups=SETTINGS_GROUPS
    )
    relance_score_min_invoices = fields.Integer(
        "Invoices for a Score",
        default=3,
        help="A debtor who paid fewer invoices has no score: too little is known.",
        groups=SETTINGS_GROUPS,
    )
    relance_score_months = fields.Integer(
        "History of the Score (Months)",
        default=24,
        help="What was paid, promised or disputed longer ago no longer counts: 12 to 36 months.",
        groups=SETTINGS_GROUPS,
    )
    relance_score_consumers = fields.Boolean(
        "Score Natural Persons",
        help="Off, natural persons (consumers, and partners that are not companies) have neither score nor figures, "
        "and no rule based on them gives them a segment: scoring persons is profiling, which you must justify, "
        "announce to them and never let decide alone (GDPR art. 22; CNIL). Switching it off erases what was computed.",
        groups=SETTINGS_GROUPS,
    )
    relance_alert_score_drop = fields.Integer(
        "Drop of the Score",
        default=20,
        help="Points lost within 30 days that call for an alert; 0: no such alert.",
        groups=SETTINGS_GROUPS,
    )
    relance_alert_overdue_days = fields.Integer(
        "Propose to Block Orders (Days)",
        default=60,
        help="Days late from which an alert proposes to warn the persons who enter orders; 0: no such alert.",
        groups=SETTINGS_GROUPS,
    )
    # What practitioners of collection quote.
    relance_odds_0 = fields.Float("Recovery Rate: Not Due (%)", digits=(5, 1), default=90, groups=SETTINGS_GROUPS)
    relance_odds_1 = fields.Float(
        "Recovery Rate: 1 to 30 Days Late (%)", digits=(5, 1), default=80, groups=SETTINGS_GROUPS
    )
    relance_odds_31 = fields.Float(
        "Recovery Rate: 31 to 60 Days Late (%)", digits=(5, 1), default=60, groups=SETTINGS_GROUPS
    )
    relance_odds_61 = fields.Float(
        "Recovery Rate: 61 to 90 Days Late (%)", digits=(5, 1), default=50, groups=SETTINGS_GROUPS
    )
    relance_odds_91 = fields.Float(
        "Recovery Rate: 91 to 180 Days Late (%)", digits=(5, 1), default=30, groups=SETTINGS_GROUPS
    )
    relance_odds_old = fields.Float(
        "Recovery Rate: More than 180 Days Late (%)", digits=(5, 1), default=20, groups=SETTINGS_GROUPS
    )
    relance_odds_days = fields.Integer(
        "Recovery Rates Measured over (Days)",
        default=180,
        help="A debt that reached an age counts as recovered when it was paid within so many days.",
        groups=SETTINGS_GROUPS,
    )
    relance_penalty_account_ids = fields.Many2many(
        "account.account",
        "res_company_relance_penalty_account_rel",
        "company_id",
        "account_id",
        string="Accounts of Penalties Received",
        domain="[('company_ids', 'parent_of', id), ('account_type', 'in', ['income', 'income_other'])]",
        help="Where late-payment penalties and the EUR 40 indemnity are booked once received.",
        groups=SETTINGS_GROUPS,
        relance_branch="nearest",
    )
    relance_onboarding_closed = fields.Boolean("First Steps Closed", groups=SETTINGS_GROUPS)

    _relance_bank_max_age_positive = models.Constraint(
        "CHECK(relance_bank_max_age >= 0)",
        "The age of bank statements cannot be negative. Enter 0 to never wait.",
    )
    _relance_minimum_positive = models.Constraint(
        "CHECK (relance_minimum >= 0 AND relance_minimum_paper >= 0)",
        "The least sum to remind of cannot be negative.",
    )
    _relance_limits_positive = models.Constraint(
        "CHECK(relance_bank_max_count >= 0 AND relance_bank_max_amount >= 0 AND relance_approval_days >= 0 "
        "AND relance_receipt_days >= 0 AND relance_wait_days >= 0 "
        "AND relance_daily_cap >= 0 AND relance_recall_minutes >= 0)",
        "The limits of dunning cannot be negative. Enter 0 to switch one off.",
    )
    _relance_recall_within_a_day = models.Constraint(
        "CHECK(relance_recall_minutes <= 1440)",
        "A campaign can be called back for a day at most: enter 1440 minutes or less.",
    )
    _relance_answer_pause_range = models.Constraint(
        "CHECK(relance_answer_pause_days BETWEEN 0 AND 15)",
        "A pause lasts 15 days at most: enter 0 for none, or a number up to 15.",
    )
    _relance_promise_tolerance_positive = models.Constraint(
        "CHECK(relance_promise_tolerance_days >= 0 AND relance_promise_tolerance_amount >= 0)",
        "A tolerance cannot be negative. Enter 0 for none.",
    )
    _relance_reminder_days_positive = models.Constraint(
        "CHECK(relance_reminder_days >= 0)",
        "The reminder goes before the instalment: enter 0 for none, or a number of days.",
    )
    _relance_plan_notice_range = models.Constraint(
        "CHECK(relance_plan_notice_days BETWEEN 1 AND 365)",
        "The notice before a plan with a consumer ends lasts 1 to 365 days; 30 are usual.",
    )
    _relance_score_bounds = models.Constraint(
        "CHECK(relance_score_months BETWEEN 12 AND 36 AND relance_score_min_invoices >= 1)",
        "The score needs a history of 12 to 36 months and at least one paid invoice.",
    )
    _relance_alert_bounds = models.Constraint(
        "CHECK(relance_alert_score_drop >= 0 AND relance_alert_overdue_days >= 0)",
        "The limits of alerts cannot be negative. Enter 0 for no alert.",
    )
    _relance_odds_range = models.Constraint(
        f"CHECK({' AND '.join(f'{name} BETWEEN 0 AND 100' for name in RECOVERY_RATE_FIELDS)})",
        "Recovery rates are percentages: enter figures from 0 to 100.",
    )
    _relance_odds_days_range = models.Constraint(
        "CHECK(relance_odds_days BETWEEN 30 AND 730)", "Recovery rates are measured over 30 to 730 days."
    )

    # === COMPUTE METHODS === #

    @api.depends("relance_provider_token")
    def _compute_relance_provider_url(self):
        for company in self:
            token = company.relance_provider_token
            path = f"/relance_fr/provider/{company.id}?token={token}"
            company.relance_provider_url = company.get_base_url() + path if token else False

    @api.depends("relance_test_email", "parent_id.relance_test_address")
    def _compute_relance_test_address(self):
        for company in self:
            company.relance_test_address = company.relance_test_email or company.parent_id.relance_test_address

    @api.model
    def _search_relance_test_address(self, operator, value):
        if operator != "in":
            return NotImplemented
        tested = self._get_relance_tested()
        found = Domain("id", "in", tested.filtered(lambda company: company.relance_test_address in value).ids)
        return found | Domain("id", "not in", tested.ids) if {False, ""} & set(value) else found

    @api.depends("relance_test_email")
    def _compute_relance_test_since(self):
        for company in self:
            since = company.relance_test_since or self.env.cr.now()
            company.relance_test_since = company.relance_test_email and since

    # === CONSTRAINT METHODS === #

    @api.constrains("relance_window_from", "relance_window_to")
    def _check_relance_window(self):
        for company in self:
            start, end = company.relance_window_from, company.relance_window_to
            if (start or end) and not 0 <= start < end <= 24:
                raise ValidationError(
                    self.env._(
                        "The sending hours go from a time of the day to a later one. Enter 0 twice for no limit."
                    )
                )

    @api.constrains("relance_test_email")
    def _check_relance_test_email(self):
        for company in self:
            if company.relance_test_email and not email_normalize(company.relance_test_email):
                raise ValidationError(
                    self.env._(
                        "%s is not an e-mail address: the dunning tests could not be sent.", company.relance_test_email
                    )
                )

    @api.constrains(*WEIGHT_FIELDS)
    def _check_relance_score_weights(self):
        for company in self:
            weights = company._get_relance_score_weights()
            if min(weights) < 0 or sum(weights) != 100:
                raise ValidationError(
                    self.env._(
                        "The weights of the score of %(company)s are %(weights)s and add up to %(total)s: change them "
                        "so that they add up to 100, none below zero.",
                        company=company.name,
                        weights=" + ".join(map(str, weights)),
                        total=sum(weights),
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Give new companies the calendar shipped for everybody; a branch goes by its parent's."""
        standard = self.env.ref("relance_fr.relance_calendar_standard", raise_if_not_found=False)
        for vals in vals_list:
            if vals.get("parent_id"):
                vals.setdefault("relance_working_days", False)
            elif standard:
                vals.setdefault("relance_calendar_id", standard.id)
        companies = super().create(vals_list)
        companies._ensure_provider_token()
        return companies

    def write(self, vals):
        self._date_thanks(vals)
        result = super().write(vals)
        if "relance_provider" in vals:
            self._ensure_provider_token()
        return result

    def _date_thanks(self, vals):
        """Remember since when each company thanks, where ``vals`` are about to switch it on."""
        if vals.get("relance_thanks"):
            for company in self.filtered(lambda company: not company.relance_thanks):
                company.relance_thanks_since = company._relance_today()

    def _ensure_provider_token(self):
        """Give a company whose letters a service posts the secret of its callbacks."""
        # A user who chooses the provider need not see the secret.
        for company_sudo in self.sudo():
            if company_sudo.relance_provider != "manual" and not company_sudo.relance_provider_token:
                company_sudo._renew_provider_token()

    def _renew_provider_token(self):
        """Give each company a new secret; its provider must be told."""
        self.check_access("write")
        for company in self:
            company.relance_provider_token = secrets.token_urlsafe(32)

    # === NAMED HOOKS, WHICH HIGHER STOREYS FILL === #

    @api.model
    def _relance_refresh_open(self):
        """Bring the next steps of all companies' open invoices up to date: a calendar or setting changed (decision)."""

    def _relance_refresh_open_of(self, partner_ids):
        """Bring the next step of the open invoices of commercial partners (ids) up to date (decision)."""

    def _relance_describe_bank(self):
        """Return ``(what is known of the bank, in a sentence, and whether it is up to date)`` (ledger)."""
        return "", True

    @api.depends("currency_id")
    def _compute_relance_minimum(self):
        for company in self:
            code = company.currency_id.name or ""
            company.relance_minimum = float(from_euros(MINIMUM, code))
            company.relance_minimum_paper = float(from_euros(MINIMUM_PAPER, code))

    # === BUSINESS METHODS - READING SETTINGS === #

    def _valid_field_parameter(self, field, name):
        return name in ("relance_branch", "relance_goes_with") or super()._valid_field_parameter(field, name)

    def _get_relance_setting(self, field_name):
        """Return the value of a setting that counts for the company: how what works by settings reads them.

        A setting says in its declaration what a branch takes from the companies above it (``relance_branch``):
        nothing without it; ``"nearest"``: its own when it is filled, else that of the nearest company that has one;
        ``"any"``, ``"all"``: a switch is on when any of them has it on, or when all of them have. What goes with
        another setting (``relance_goes_with``) is never taken from above the company whose setting that is.
        """
        self.ensure_one()
        rule = self._get_relance_branch_rule(field_name)
        # A user works by settings without reading them; one of a branch need not have access to its parent.
        companies_sudo = self.sudo()._get_relance_setting_companies(field_name)
        values = [company_sudo[field_name] for company_sudo in companies_sudo]
        if rule in ("any", "all"):
            return any(values) if rule == "any" else all(values)
        value = next(filter(None, values), values[0])
        return value.with_env(self.env) if isinstance(value, models.BaseModel) else value

    def _get_relance_setting_companies(self, field_name):
        """Return the companies of which the value of a setting may count for this one, itself first."""
        if self._get_relance_branch_rule(field_name) == "own":
            return self
        nearest_first = self.parent_ids[::-1]
        leader = getattr(self._fields[field_name], "relance_goes_with", None)
        if leader and (holder := nearest_first.filtered(leader)[:1]):
            return nearest_first[: list(nearest_first).index(holder) + 1]
        return nearest_first

    @ormcache("self.root_id.id")
    def _relance_get_entity_ids(self):
        """Return the ids of the companies of the same legal entity: the root company and its branches, archived or not.

        A branch has no creditors and debtors of its own: who paid the head office has paid.
        """
        # Which branches there are is no secret to the sums of one of them.
        entity_sudo = self.sudo().with_context(active_test=False).search([("id", "child_of", self.root_id.id)])
        return entity_sudo.ids

    @api.model
    def _get_relance_branch_rule(self, field_name):
        """Return ``relance_branch`` of a setting, ``"own"`` without it."""
        return getattr(self._fields[field_name], "relance_branch", "own")

    @api.model
    def _get_relance_concerned(self, field_name):
        """Return the companies (sudo) for which a setting that counts is on or filled, those in the archives too."""
        # Settings of companies the user may be allowed to choose but not to read; mail of archived ones may be queued.
        companies_sudo = self.sudo().with_context(active_test=False)
        holders_sudo = companies_sudo.search([(field_name, "!=", False)]).filtered(field_name)
        if holders_sudo and self._get_relance_branch_rule(field_name) in ("any", "nearest"):
            return companies_sudo.search([("id", "child_of", holders_sudo.ids)])
        return holders_sudo.filtered(lambda company_sudo: company_sudo._get_relance_setting(field_name))

    @api.model
    def _get_relance_tested(self):
        """Return the companies in test mode (sudo), each with its branches."""
        return self._get_relance_concerned("relance_test_email")

    def _get_relance_test_holder(self):
        """Return the company (sudo) whose test address counts for this one, empty when it sends for good."""
        self.ensure_one()
        # A user of a branch need not have access to its parent.
        above = self.sudo().parent_ids[::-1]
        return above.filtered("relance_test_email")[:1]

    def _get_relance_score_weights(self):
        """Return the points the components of the score are worth (``tools.score.Marks``)."""
        self.ensure_one()
        return Marks(*map(self._get_relance_setting, WEIGHT_FIELDS))

    def _get_relance_timezone(self):
        """Return the time zone (``ZoneInfo``) of the company's address, France by default."""
        # A user who sends, or asks what day it is there, may not read the address cards of other companies.
        name = self.partner_id.sudo().tz or TIMEZONE
        try:
            return ZoneInfo(name)
        except ZoneInfoNotFoundError:
            # A name of former times that the server does not know.
            return ZoneInfo(TIMEZONE)

    # === BUSINESS METHODS - DAY, LANGUAGE === #

    def _relance_today(self):
        """Return the day it is for the company (its address's time zone, France by default)."""
        return fields.Date.context_today(self.with_context(tz=self._get_relance_timezone().key))

    def _relance_in_company(self):
        """Return the company in itself; what jobs write for people is in the language of its accountant."""
        company = self.with_company(self)
        if self.env.uid != SUPERUSER_ID:
            return company
        # Jobs act for every company.
        return company.with_context(lang=self._relance_get_accountant().lang or self.partner_id.sudo().lang)

    # === BUSINESS METHODS - JOBS, TEST MODE === #

    @contextmanager
    def _relance_standing_alone(self):
        """Let an error of the user's making stop this piece of a job only, and tell the accountant of the company.

        A missing rate, a broken template or logo is the accountant's to mend.
        Outside a job the error goes to the caller.
        """
        try:
            yield
        except UserError as error:
            if not self.env.context.get("ir_cron_progress_id"):
                raise
            self.env.cr.rollback()
            _logger.info("Dunning of %s stopped: %s", self.name, error)
            self._relance_warn_accountant(str(error))

    def _relance_refuse_in_test_mode(self):
        """Raise a UserError when one of the companies is in test mode."""
        testing = self.filtered(lambda company: company._get_relance_setting("relance_test_email"))
        if testing:
            raise UserError(
                self.env._(
                    "%(company)s is in test mode: nothing is sent to customers and nothing enters the register. Run a "
                    "campaign to get what would leave at %(email)s, or empty the test address in the settings.",
                    # A campaign may be of a company the user does not choose now.
                    company=testing[0].sudo().name,
                    email=testing[0]._get_relance_setting("relance_test_email"),
                )
            )
