from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_repr
from odoo.tools.misc import formatLang

from ...law import STATUTORY, MissingRateError, Semester, Terms, annual_rate, check_floor
from ...law.currencies import from_euros
from ...tools.fields import CheckedBinary
from ...tools.inputs import read_base64
from ...tools.shown_day import company_day

FIGURES = (
    "company_id",
    "date_from",
    "basis",
    "rate",
    "day_base",
    "imputation",
    "indemnity",
    "partner_specific",
    "discount",
    "state",
)

# The printed terms that letters enclose.
DOCUMENT = ("document", "document_name")


class RelanceTerms(models.Model):
    """A version of the penalty clause of a company's general terms of sale, CGV (C. com. L441-1, L441-10).

    A company without any version claims what the law says: ECB + 10 points, EUR 40.
    """

    _name = "relance.terms"
    _description = "Late-Payment Terms"
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of
    document = CheckedBinary("General Terms (PDF)", attachment=True)
    _inherit = "relance.shared"

    name = fields.Char(required=True, help='Name of this version, such as "CGV 2026".')
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("draft", "Draft"), ("running", "In force")],
        required=True,
        default="running",
        readonly=True,
        copy=False,
        help="A draft applies to no invoice. The screens make drafts; the button puts them in force.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="Company whose terms these are. Its branches use them too.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        "Valid From",
        required=True,
        default=company_day,
        help="Applies to the invoices dated from this day on, until the next version.",
    )
    partner_specific = fields.Boolean(
        "Contract of a Customer",
        help="Only for the customers that name these terms; never the general terms of the company.",
    )
    basis = fields.Selection(
        [
            ("ecb", "ECB rate + 10 points (default of the law)"),
            ("ecb_margin", "ECB rate + agreed points"),
            ("fixed", "Fixed annual rate"),
            ("legal_multiple", "Multiple of the legal interest rate"),
        ],
        required=True,
        default="ecb",
    )
    rate = fields.Float(
        digits=(6, 3),
        help="Points added to the ECB rate, percent a year or multiple of the legal rate, as the basis says.",
    )
    day_base = fields.Selection(
        [("365", "365 days"), ("actual", "Days of the year (365 or 366)")],
        "Year Counted As",
        required=True,
        default="365",
        help="What a day is worth in a leap year. The law does not say: the statement of interest names it.",
    )
    imputation = fields.Selection(
        [("principal", "The invoice first"), ("interest", "The interest first")],
        "Part Payments Settle",
        required=True,
        default="principal",
        help="Interest first is the rule of Code civil 1343-1 when your terms say nothing else.",
    )
    indemnity = fields.Monetary(
        "Recovery Indemnity",
        default=lambda self: float(from_euros(STATUTORY.indemnity, self.env.company.currency_id.name)),
        help="Fixed compensation per invoice paid late: EUR 40 (C. com. D441-5), 4 773 CFP francs, or 0 if you waive "
        "it. Higher costs are claimed apart, against evidence; a higher lump sum is a penalty clause that a judge may "
        "lower (C. civ. 1231-5).",
    )
    indemnity_waiver = fields.Char(
        "Indemnity Waived Because", help="Why this clause claims no fixed compensation, such as an agreement."
    )
    wording = fields.Text(
        "Wording, as in the Terms",
        help="The very words of the penalty clause. Letters quote them between quotation marks; without them, they say "
        "in plain words what the terms provide for.",
    )
    document_name = fields.Char()
    clause = fields.Text(compute="_compute_clause", help="The clause in plain words.")
    discount = fields.Char(
        "Discount for Early Payment",
        translate=True,
        help="Printed on invoices after “Discount for early payment:”. Empty: none. A payment term with a cash "
        "discount of its own is printed instead.",
    )

    _version_unique = models.UniqueIndex(
        "(company_id, date_from) WHERE active AND partner_specific IS NOT TRUE AND state <> 'draft'",
        "This company already has a version of its terms from this day on. Choose another day.",
    )
    _figures_positive = models.Constraint(
        "CHECK(rate >= 0 AND indemnity >= 0)",
        "The rate and the indemnity cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.depends("basis", "rate", "day_base", "imputation", "indemnity", "currency_id")
    @api.depends_context("lang")
    def _compute_clause(self):
        for terms in self:
            terms.clause = " ".join(
                [
                    terms._get_rate_sentence(),
                    terms._get_counting_sentence(),
                    terms._get_indemnity_sentence(),
                ]
            )

    # === CONSTRAINT METHODS === #

    @api.constrains("basis", "rate", "date_from", "company_id")
    def _check_floor(self):
        rates = self.env["relance.rate"]
        for terms in self:
            semester = Semester.of(terms._get_floor_date())
            with rates._explain_missing_rate():
                floor = check_floor(terms._to_law(), rates._get_rate_table(), semester)
            if floor is not None:
                raise ValidationError(
                    self.env._(
                        "%(name)s: the penalty rate is below the floor of %(floor)s %% (%(semester)s). A clause "
                        "may not charge less than three times the legal interest rate (C. com. L441-10 II). "
                        "Raise the rate.",
                        name=terms.name,
                        floor=terms._format_rate(floor),
                        semester=str(semester),
                    )
                )

    @api.constrains("document")
    def _check_document(self):
        for terms in self.with_context(bin_size=False):
            if terms.document and not (read_base64(terms.document) or b"").startswith(b"%PDF"):
                raise ValidationError(
                    self.env._(
                        "The general terms must be a PDF file: they are attached to letters as they are.",
                    )
                )

    @api.constrains("indemnity", "indemnity_waiver", "company_id")
    def _check_indemnity(self):
        for terms in self:
            if terms.indemnity and not terms._is_indemnity_statutory():
                raise ValidationError(
                    self.env._(
                        "%(name)s: the fixed compensation is EUR 40 (C. com. D441-5), no more and no less; enter 0 to "
                        "waive it. Higher recovery costs are claimed apart, against evidence; a higher lump sum is a "
                        "penalty clause of its own (C. civ. 1231-5), which letters do not claim.",
                        name=terms.name,
                    )
                )
            if not terms.indemnity and not (terms.indemnity_waiver or "").strip():
                raise ValidationError(
                    self.env._("%s: say why the fixed compensation of EUR 40 is waived, or enter it.", terms.name)
                )

    # === CRUD METHODS === #

    def write(self, vals):
        if not vals.keys().isdisjoint(FIGURES) and (used := self._filter_used()):
            raise UserError(
                self.env._(
                    "%(names)s: posted invoices were made out under these terms, their figures cannot change. "
                    "Create a new version valid from the day of the change.",
                    names=", ".join(used.mapped("name")),
                )
            )
        if not vals.keys().isdisjoint(DOCUMENT) and (used := self._filter_used().filtered("document")):
            raise UserError(
                self.env._(
                    "%(names)s: letters enclose this document, it stays. Create a new version with the other one.",
                    names=", ".join(used.mapped("name")),
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self._filter_used():
            raise UserError(
                self.env._(
                    "%(names)s: posted invoices were made out under these terms. Archive them instead.",
                    names=", ".join(used.mapped("name")),
                )
            )

    # === ACTION METHODS === #

    def action_put_in_force(self):
        """Make these terms apply, to the invoices dated from their first day on."""
        self.check_access("write")
        self.state = "running"
        return True

    # === BUSINESS METHODS - TERMS OF LAW === #

    def _to_law(self):
        """Return these terms as `law.Terms`; an empty recordset is the statutory default."""
        if not self:
            return STATUTORY
        self.ensure_one()
        return Terms(
            basis=self.basis,
            rate=Decimal(float_repr(self.rate, 3)),
            day_base=self.day_base,
            imputation=self.imputation,
            indemnity=Decimal(float_repr(self._get_indemnity_claimed(), self.currency_id.decimal_places)),
        )

    def _is_indemnity_statutory(self):
        """Tell whether the fixed compensation is that of the law; one set in another currency is taken as it is."""
        self.ensure_one()
        statutory = self._get_statutory_indemnity()
        return statutory is None or not self.currency_id.compare_amounts(self.indemnity, statutory)

    def _get_indemnity_claimed(self):
        """Return what is claimed of the fixed compensation: never more than the law's, whatever older terms say."""
        self.ensure_one()
        statutory = self._get_statutory_indemnity()
        return self.indemnity if statutory is None else min(self.indemnity, statutory)

    def _get_statutory_indemnity(self):
        """Return the fixed compensation of the law in the currency of the terms, None where the law sets none in it."""
        name = self.currency_id.name
        return float(from_euros(STATUTORY.indemnity, name)) if name in ("EUR", "XPF") else None

    @api.model
    def _get_company_versions(self, company):
        """Return the general terms of `company`, newest first, a branch's own before its parents'."""
        versions = self.search(
            [
                ("company_id", "parent_of", company.id),
                ("partner_specific", "=", False),
                ("state", "=", "running"),
            ]
        )
        return versions.sorted(
            lambda terms: (len(terms.company_id.parent_ids), terms.date_from),
            reverse=True,
        )

    def _get_floor_date(self):
        """Return the day whose semester tests the clause: today, or its own first day once it was replaced.

        A clause of the past was written against the floor of its time.
        """
        self.ensure_one()
        today = self.company_id._relance_today()
        if self.partner_specific:
            return today
        replaced = self.search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_specific", "=", False),
                ("state", "=", "running"),
                ("date_from", ">", self.date_from),
                ("date_from", "<=", today),
            ],
            limit=1,
        )
        return self.date_from if replaced else today

    def _filter_used(self):
        """Return the terms under which an invoice was posted, be it a draft again or cancelled since."""
        # Invoices of other companies and users count as well.
        groups = (
            self.env["account.move"]
            .sudo()
            ._read_group(
                [
                    ("relance_terms_id", "in", self.ids),
                    "|",
                    ("state", "=", "posted"),
                    ("posted_before", "=", True),
                ],
                ["relance_terms_id"],
            )
        )
        return self.browse(terms.id for (terms,) in groups)

    # === BUSINESS METHODS - SENTENCES AND MENTIONS === #

    def _get_clause_text(self):
        """Return what the clause provides for, in plain words and in the language of the environment."""
        self.ensure_one()
        return self.clause

    def _get_rate_sentence(self):
        """Return the sentence of the clause that gives the annual rate."""
        rate = self._format_rate(Decimal(float_repr(self.rate, 3)))
        if self.basis == "ecb_margin":
            return self.env._(
                "Late payments bear interest at the refinancing rate of the European Central Bank plus %s "
                "points, never less than three times the legal interest rate.",
                rate,
            )
        if self.basis == "fixed":
            return self.env._(
                "Late payments bear interest at %s %% a year, never less than three times the legal interest rate.",
                rate,
            )
        if self.basis == "legal_multiple":
            return self.env._("Late payments bear interest at %s times the legal interest rate.", rate)
        return self.env._(
            "Late payments bear interest at the refinancing rate of the European Central Bank plus 10 points."
        )

    def _get_counting_sentence(self):
        """Return the sentence of the clause that says how days and part payments count."""
        if self.day_base == "actual":
            days = self.env._("This interest is calculated day by day, over the number of days of the year.")
        else:
            days = self.env._("This interest is calculated day by day, over a year of 365 days.")
        if self.imputation == "interest":
            payments = self.env._("Part payments settle the interest first.")
        else:
            payments = self.env._("Part payments settle the invoice first.")
        return f"{days} {payments}"

    def _get_indemnity_sentence(self):
        """Return the sentence of the clause about the compensation for recovery costs."""
        amount, currency = self._get_indemnity_rate("business")
        return self.env._(
            "Each invoice paid late also owes a fixed compensation of %s for recovery costs.",
            formatLang(self.env, amount, currency_obj=currency),
        )

    def _format_rate(self, rate):
        """Return a Decimal rate in the user's notation, without useless zeros: 12.150 as "12.15"."""
        digits = max(2 if rate % 1 else 0, -rate.normalize().as_tuple().exponent)
        return formatLang(self.env, float(rate), digits=digits)

    def _get_indemnity_rate(self, regime, company=None):
        """Return the fixed compensation of one invoice as (amount, currency): the clause's, or the EUR 40 of the law.

        A ``company`` (by default that of the environment) that keeps its books in CFP francs asks for it in francs.

        Both are set in their own currency, whatever that of the invoice. An empty recordset is the law.
        """
        if self and regime == "business":
            return self._get_indemnity_claimed(), self.currency_id
        currency = (company or self.env.company).currency_id
        if (amount := from_euros(STATUTORY.indemnity, currency.name)) != STATUTORY.indemnity:
            return float(amount), currency
        # By its cached id: `env.ref` would ask the database whether the euro still exists, once a letter.
        euro_id = self.env["ir.model.data"]._xmlid_to_res_id("base.EUR")
        return float(STATUTORY.indemnity), self.env["res.currency"].browse(euro_id)

    def _get_rate_on(self, day):
        """Return the annual rate (Decimal, %) these terms charge a business in the semester of ``day``.

        None when the rates of that semester are not known: what prints it goes without a figure.
        """
        semester = Semester.of(day)
        try:
            table = self.env["relance.rate"]._get_rate_table()
            return annual_rate("business", self._to_law(), table, semester, semester).percent
        except MissingRateError:
            return None
