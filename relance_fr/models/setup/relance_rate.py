from contextlib import contextmanager
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import float_compare, float_repr, format_date, ormcache

from ...law import MissingRateError, RateTable, Semester, SemesterRates
from ...law.rates import FLOOR_MULTIPLE
from ...law.regimes import BUSINESS_MARGIN, PUBLIC_MARGIN

LEGAL_FIELDS = ("legal_rate_private", "legal_rate_business")
RATE_FIELDS = (*LEGAL_FIELDS, "ecb_rate")
ACTIVITY_ENTER_RATES = "relance_fr.mail_activity_type_enter_rates"


class RelanceRate(models.Model):
    """Legal interest and ECB rates of one semester, percent a year (CMF L313-2, C. com. L441-10)."""

    _name = "relance.rate"
    _description = "Legal Rates of a Semester"
    _inherit = ["relance.shared", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc"

    name = fields.Char("Semester", compute="_compute_name", store=True)
    date_from = fields.Date(
        "First Day",
        required=True,
        tracking=True,
        help="First day of the semester: 1 January or 1 July.",
    )
    legal_rate_private = fields.Float(
        "Legal, Private (%)",
        digits=(5, 2),
        tracking=True,
        help="Legal interest rate owed to natural persons outside their trade. Shown for reference: a "
        "company never charges it, not even to a consumer.",
    )
    legal_rate_business = fields.Float(
        "Legal Rate (%)",
        digits=(5, 2),
        tracking=True,
        help='Legal interest rate owed to every business creditor by any debtor ("autres cas"). 0: its order is not '
        "published yet; the ECB rate alone is enough for ECB + 10 and ECB + 8.",
    )
    ecb_rate = fields.Float(
        "ECB Rate (%)",
        digits=(5, 2),
        required=True,
        tracking=True,
        help="Rate of the main refinancing operations of the European Central Bank in force on the first day "
        "of the semester, not the rate of the day.",
    )
    status = fields.Selection(
        [("confirmed", "Confirmed"), ("unconfirmed", "To be confirmed")],
        required=True,
        default="confirmed",
        tracking=True,
        help="To be confirmed: the official text was not found yet. Check the rates before you claim them.",
    )
    legal_missing = fields.Boolean("Legal Rate to Come", compute="_compute_legal_missing")
    source = fields.Char(tracking=True, help="Order (arrêté) or decree that fixes the legal rates.")
    floor_rate = fields.Float(
        "3 x Legal (%)",
        digits=(5, 2),
        compute="_compute_derived_rates",
        help="Three times the legal rate: the least a penalty clause may charge (C. com. L441-10 II).",
    )
    default_rate = fields.Float(
        "ECB + 10 (%)",
        digits=(5, 2),
        compute="_compute_derived_rates",
        help="Penalty rate owed by businesses when no clause says otherwise (C. com. L441-10 II).",
    )
    public_rate = fields.Float(
        "ECB + 8 (%)",
        digits=(5, 2),
        compute="_compute_derived_rates",
        help="Interest rate owed by public bodies (CCP R2192-31).",
    )

    _date_from_unique = models.UniqueIndex(
        "(date_from)",
        "This semester already has its rates. Correct the existing row instead.",
    )
    _rates_positive = models.Constraint(
        "CHECK(legal_rate_private >= 0 AND legal_rate_business >= 0 AND ecb_rate >= 0)",
        "A rate cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date_from")
    def _compute_name(self):
        for rate in self:
            rate.name = str(Semester.of(rate.date_from)) if rate.date_from else False

    @api.depends("legal_rate_business")
    def _compute_legal_missing(self):
        for rate in self:
            rate.legal_missing = rate._to_law().legal_business is None

    @api.depends("legal_rate_business", "ecb_rate")
    def _compute_derived_rates(self):
        for rate in self:
            rates = rate._to_law()
            rate.floor_rate = FLOOR_MULTIPLE * (rates.legal_business or 0)
            rate.default_rate = rates.ecb + BUSINESS_MARGIN
            rate.public_rate = rates.ecb + PUBLIC_MARGIN

    # === CONSTRAINT METHODS === #

    @api.constrains("date_from")
    def _check_date_from(self):
        for rate in self:
            if rate.date_from != Semester.of(rate.date_from).start:
                raise ValidationError(
                    self.env._(
                        "%(date)s does not start a semester. The law fixes its rates on 1 January and on 1 July "
                        "(C. com. L441-10 II): enter one of these two days.",
                        date=format_date(self.env, rate.date_from),
                    )
                )

    def _filter_foreign(self):
        """Rates serve all companies: who enters those of a semester corrects them, others if they answer for all."""
        if self._answers_for_all():
            return self.browse()
        return self.filtered(lambda rate: rate.create_uid != self.env.user)

    def _make_shared_error(self):
        return AccessError(
            self.env._(
                "The rates of %s serve all companies: only who entered them, somebody who works in all companies or "
                "an administrator corrects them. Tell one of them what is wrong.",
                ", ".join(self.mapped("name")),
            )
        )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rates = super().create(vals_list)
        self.env.registry.clear_cache()
        self._close_rate_request()
        return rates

    def write(self, vals):
        figures = [name for name in ("date_from", *RATE_FIELDS) if name in vals]
        changed = self.filtered(lambda rate: any(rate._would_change(name, vals[name]) for name in figures))
        if used := changed._filter_claimed():
            new_source = (vals.get("source") or "").strip()
            if not new_source or any(rate.source == new_source for rate in used):
                raise UserError(
                    self.env._(
                        "%(names)s: notices claimed interest at these rates. To correct them, enter the official text "
                        "the correction rests on as the source too: the discussion keeps what stood before.",
                        names=", ".join(used.mapped("name")),
                    )
                )
        result = super().write(vals)
        if not vals.keys().isdisjoint(("date_from", *RATE_FIELDS)):
            self.env.registry.clear_cache()
            self._close_rate_request()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_claimed(self):
        if used := self._filter_claimed():
            raise UserError(
                self.env._(
                    "%s: notices claimed interest at these rates, they stay. Correct them instead.",
                    ", ".join(used.mapped("name")),
                )
            )

    def _filter_claimed(self):
        """Return the rates at which notices claimed interest, which therefore stay (notice)."""
        return self.browse()

    def _would_change(self, name, value):
        self.ensure_one()
        if name == "date_from":
            return fields.Date.to_date(value) != self.date_from
        return float_compare(float(value or 0), self[name], precision_digits=2) != 0

    def _load_records(self, data_list, update=False):
        """Adopt the row a user entered by hand when a later release ships the same semester.

        Without this the upgrade would stop on the unique date; the figures of the user stay.
        """
        for data in data_list:
            xml_id, day = data.get("xml_id"), data["values"].get("date_from")
            if not xml_id or not day or self.env.ref(xml_id, raise_if_not_found=False):
                continue
            if row := self.search([("date_from", "=", day)]):
                adopted = {"xml_id": xml_id, "record": row, "noupdate": True}
                self.env["ir.model.data"]._update_xmlids([adopted])
        return super()._load_records(data_list, update)

    # === BUSINESS METHODS - RATE TABLE === #

    def _to_law(self):
        """Return the rates of this row as `law.SemesterRates` (Decimal, percent a year).

        A legal rate of 0 is one that is not published yet: the lowest there ever was is 0.04. The ECB's has been 0.
        """
        self.ensure_one()
        figures = {name: Decimal(float_repr(self[name], 2)) for name in RATE_FIELDS}
        return SemesterRates(
            *((figures[name] or None) if name in LEGAL_FIELDS else figures[name] for name in RATE_FIELDS)
        )

    @api.model
    @ormcache()
    def _get_rate_table(self):
        """Return the `law.RateTable` of all rows; kept until a row is created, changed or deleted."""
        # Rates are public facts: who computes a claim may use them.
        rows_sudo = self.sudo().search_fetch([], ["date_from", *RATE_FIELDS])
        return RateTable({Semester.of(row.date_from): row._to_law() for row in rows_sudo})

    @api.model
    @contextmanager
    def _explain_missing_rate(self):
        """Turn a `law.MissingRateError` of the block into a UserError that says what to enter and where."""
        try:
            yield
        except MissingRateError as error:
            raise UserError(self._get_missing_message(error)) from error

    @api.model
    def _get_missing_message(self, error):
        """Return what to enter and where, for a `law.MissingRateError`."""
        if error.rate == "legal":
            return self.env._(
                "The legal interest rate of %s is missing: the floor of a penalty clause and what consumers owe depend "
                "on it. Enter it in Invoicing > Customer dunning > Configuration > Rates, then try again.",
                str(error.semester),
            )
        return self.env._(
            "The rates of %s are missing. Enter them in Invoicing > Customer dunning > Configuration > "
            "Rates, then try again.",
            str(error.semester),
        )

    # === BUSINESS METHODS - REQUEST OF MISSING RATES === #

    @api.model
    def _cron_ask_missing_rates(self):
        """Ask an accounting manager for missing rates, from one month before their semester starts."""
        missing = self._get_missing_semesters()
        newest = self.search([], limit=1)
        if not missing or not newest or self._get_rate_requests():
            return
        user = self._get_rate_responsible()
        if not user:
            return
        newest = newest.with_context(lang=user.lang)
        newest.activity_schedule(
            ACTIVITY_ENTER_RATES,
            date_deadline=missing[0].start,
            user_id=user.id,
            summary=newest.env._("Enter the rates of %s", ", ".join(map(str, missing))),
            note=newest.env._(
                "Penalties cannot be computed beyond the last known semester. Create the row with the ECB refinancing "
                "rate of its first day, enough for ECB + 10 and ECB + 8, and add the legal interest rates once their "
                "order (ministry of the economy, late in December or June) is published."
            ),
        )

    @api.model
    def _get_missing_semesters(self):
        """Return the `law.Semester` without a legal rate: the current one and, in its last month, the next one."""
        today = self.env.company._relance_today()
        needed = [Semester.of(today)]
        if today >= needed[0].next().start - relativedelta(months=1):
            needed.append(needed[0].next())
        starts = [semester.start for semester in needed]
        rows = self.search([("date_from", "in", starts), ("legal_rate_business", ">", 0)])
        known = set(rows.mapped("date_from"))
        return [semester for semester in needed if semester.start not in known]

    @api.model
    def _get_rate_requests(self):
        """Return the open activities that ask for rates."""
        return self.env["mail.activity"].search([("res_model", "=", self._name), ("automated", "=", True)])

    @api.model
    def _close_rate_request(self):
        """Mark the request as done once no semester is missing; called when a row is created or moved."""
        # Somebody in particular was asked, on a row that the person who enters the rates may not write.
        requests_sudo = self.sudo()._get_rate_requests()
        if requests_sudo and not self._get_missing_semesters():
            requests_sudo.action_feedback()

    @api.model
    def _get_rate_responsible(self):
        """Return the user who is asked for missing rates, empty if nobody may enter them.

        Called by the cron. First the people companies name for their dunning letters, provided that they
        manage accounting, then the first accounting manager. An override returns one active user, or none.
        """
        # The cron serves all companies: rates belong to none.
        companies_sudo = (
            self.env["res.company"]
            .sudo()
            .search(
                ["|", ("relance_contact_id", "!=", False), ("relance_signatory_id", "!=", False)],
            )
        )
        named = companies_sudo.relance_contact_id.user_ids | companies_sudo.relance_signatory_id
        managers_group = self.env.ref("account.group_account_manager")
        # Users are not readable by everybody; rates belong to no company.
        managers = (
            self.env["res.users"]
            .sudo()
            .search(
                [("all_group_ids", "in", managers_group.ids), ("share", "=", False)],
                order="id",
            )
        )
        return ((named & managers) or managers)[:1]
