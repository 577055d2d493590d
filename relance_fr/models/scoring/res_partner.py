from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..debtor.res_partner import ACCOUNT_GROUPS
from .relance_partner_profile import SCORE_RANGES, SCORE_STATUS

# Columns of the profile by field of the customer, and where they say anything.
SCORED = Domain("status", "=", "scored")

PAID = Domain("paid_count", ">", 0)

COLUMNS = {
    "relance_segment_id": ("segment_id", Domain.TRUE),
    "relance_score_status": ("status", Domain.TRUE),
    "relance_score": ("score", SCORED),
    "relance_score_range": ("score_range", SCORED),
    "relance_average_delay": ("average_delay", PAID),
    "relance_delay_trend": ("trend", Domain("has_trend", "=", True)),
    "relance_late_share": ("late_share", PAID),
    "relance_customer_since": ("customer_since", Domain.TRUE),
    "relance_turnover": ("turnover", Domain.TRUE),
    "relance_overdue_amount": ("overdue_amount", Domain.TRUE),
    "relance_overdue_share": ("overdue_share", Domain.TRUE),
    "relance_promises_broken": ("promises_broken", Domain.TRUE),
    "relance_disputes_lost": ("disputes_lost", Domain.TRUE),
}


def _figure(field_type, name, *args, **kwargs):
    """Return a field of the customer that reads a column of the profile in the current company, searchable."""
    column, known = COLUMNS[name]

    def search(partners, operator, value):
        return partners._search_relance_profile(column, known, operator, value)

    return field_type(
        *args, compute="_compute_relance_profile", compute_sudo=True, groups=ACCOUNT_GROUPS, search=search, **kwargs
    )


class ResPartner(models.Model):
    """What the current company's profile says of a customer. Nothing is stored on the card, which companies share."""

    relance_segment_id = _figure(
        fields.Many2one,
        "relance_segment_id",
        "relance.segment",
        "Debtor Segment",
        help="Segment set by hand, else the one the rules give.",
    )
    relance_score_status = _figure(fields.Selection, "relance_score_status", SCORE_STATUS, "Score Status")
    relance_score = _figure(
        fields.Integer,
        "relance_score",
        "Payment Score",
        aggregator=None,
        help="0 (pays badly) to 100 (pays well), from this company's own ledger; its formula is on the customer.",
    )
    relance_score_range = _figure(fields.Selection, "relance_score_range", SCORE_RANGES, "Range of Scores")
    relance_average_delay = _figure(
        fields.Float, "relance_average_delay", "Average Delay (Days)", digits=(16, 1), aggregator=None
    )
    relance_delay_trend = _figure(
        fields.Float,
        "relance_delay_trend",
        "Trend of the Delay (Days)",
        digits=(16, 1),
        aggregator=None,
        help="Average delay of the last six months less that of the six before: above zero, it gets worse.",
    )
    relance_late_share = _figure(fields.Float, "relance_late_share", "Paid Late (%)", digits=(16, 1), aggregator=None)
    relance_customer_since = _figure(
        fields.Date, "relance_customer_since", "Customer since", help="Date of the customer's first invoice."
    )
    relance_turnover = _figure(fields.Float, "relance_turnover", "Turnover of 12 Months", digits=(16, 2))
    relance_overdue_amount = _figure(fields.Float, "relance_overdue_amount", "Overdue Amount", digits=(16, 2))
    relance_overdue_share = _figure(
        fields.Float, "relance_overdue_share", "Overdue (% of Turnover)", digits=(16, 1), aggregator=None
    )
    relance_promises_broken = _figure(fields.Integer, "relance_promises_broken", "Broken Promises")
    relance_disputes_lost = _figure(fields.Float, "relance_disputes_lost", "Unfounded Disputes", digits=(16, 1))
    _inherit = "res.partner"

    relance_own_segment_id = fields.Many2one(
        "relance.segment",
        "Segment",
        company_dependent=True,
        check_company=True,
        groups=ACCOUNT_GROUPS,
        help="Segment set by hand. Empty: the one the rules give.",
    )
    relance_profile_ids = fields.One2many("relance.partner.profile", "partner_id", "Profiles", groups=ACCOUNT_GROUPS)
    relance_profile_id = fields.Many2one(
        "relance.partner.profile",
        "Debtor Profile",
        compute="_compute_relance_profile",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_segment_placeholder = fields.Char(
        compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_score_formula = fields.Html(
        "Formula of the Score",
        compute="_compute_relance_score_screen",
        compute_sudo=True,
        sanitize=False,
        groups=ACCOUNT_GROUPS,
    )
    relance_score_max = fields.Integer(
        compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_score_date = fields.Date(
        "Score Computed on", compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_has_trend = fields.Boolean(
        compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_alert_text = fields.Char(
        "Dunning Alerts", compute="_compute_relance_score_screen", compute_sudo=True, groups=ACCOUNT_GROUPS
    )

    # === COMPUTE METHODS === #

    @api.depends("relance_profile_ids")
    @api.depends_context("company")
    def _compute_relance_profile(self):
        profiles = self.env["relance.partner.profile"].search(
            [("company_id", "=", self.env.company.id), ("partner_id", "in", self.ids)]
        )
        by_partner = {profile.partner_id: profile for profile in profiles}
        for partner in self:
            profile = by_partner.get(partner._origin, profiles.browse())
            partner.relance_profile_id = profile
            for name, (column, _known) in COLUMNS.items():
                partner[name] = profile[column]

    def _search_relance_profile(self, column, known, operator, value):
        if operator.startswith("not"):
            return NotImplemented
        condition = Domain(column, operator, value) & known & Domain("company_id", "=", self.env.company.id)
        # Figures are read by rules and by readers without access to the table; the field's groups guard it.
        found = Domain("relance_profile_ids", "any!", condition)
        if operator == "in" and False in value:
            found |= ~Domain("relance_profile_ids", "any!", known & Domain("company_id", "=", self.env.company.id))
        return found

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists be grouped by the columns of the current company's profile."""
        if field_expr not in COLUMNS or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        profile = query.make_alias(alias, "relance_profile")
        condition = SQL(
            "%s = %s AND %s = %s",
            SQL.identifier(profile, "partner_id"),
            SQL.identifier(alias, "id"),
            SQL.identifier(profile, "company_id"),
            self.env.company.id,
        )
        query.add_join("LEFT JOIN", profile, "relance_partner_profile", condition)
        return SQL.identifier(profile, COLUMNS[field_expr][0])

    @api.depends("relance_profile_ids", "relance_own_segment_id")
    @api.depends_context("lang", "company")
    def _compute_relance_score_screen(self):
        for partner in self:
            profile = partner.relance_profile_id
            partner.relance_score_max = 100
            partner.relance_score_formula = profile.formula
            partner.relance_score_date = profile.computed_on
            partner.relance_has_trend = profile.has_trend
            partner.relance_alert_text = profile.alert_text
            segment = profile.segment_id
            if segment and segment != partner.relance_own_segment_id:
                partner.relance_segment_placeholder = self.env._("%s, by the rules", segment.name)
            else:
                partner.relance_segment_placeholder = self.env._("None of the rules fits")

    # === CRUD METHODS === #

    def write(self, vals):
        # Read first: core takes keys out of `vals`.
        watched = not self.env.context.get("install_mode") and self.env["relance.segment"]._get_watched_fields()
        touched = watched and vals.keys() & watched
        result = super().write(vals)
        if touched:
            # The rules are applied to the customer, no matter who edits the card: a salesperson does as well.
            self.env["res.company"].sudo()._relance_refresh_profiles_of(self.commercial_partner_id)
        return result

    # === MERGED CARDS === #

    def _relance_absorb(self, sources):
        """Keep one profile a company and one open alert of a kind: core would move two, which the database refuses."""
        absorbed = super()._relance_absorb(sources)
        # This card first: what is known of it stays.
        cards = [self.id, *sorted(sources.ids)]
        profiles = self.env["relance.partner.profile"].search([("partner_id", "in", cards)])
        for owned in profiles.grouped("company_id").values():
            owned.sorted(lambda profile: cards.index(profile.partner_id.id))[1:].unlink()
        alerts = self.env["relance.alert"].search([("partner_id", "in", cards), ("state", "!=", "closed")])
        for (company, _kind), twins in alerts.grouped(lambda alert: (alert.company_id, alert.kind)).items():
            closed = twins.sorted(lambda alert: cards.index(alert.partner_id.id))[1:]
            closed.write({"state": "closed", "date_closed": company._relance_today()})
            closed.activity_ids.unlink()
        return absorbed

    def _relance_follow_merge(self):
        followed = super()._relance_follow_merge()
        self.env["res.company"]._relance_refresh_profiles_of(self.commercial_partner_id)
        return followed

    # === BUSINESS METHODS === #

    @api.model
    @ormcache()
    def _get_relance_figures(self):
        """Return the names of the fields that hold figures of the score: what a rule on persons may not read."""
        return frozenset(COLUMNS) - {"relance_segment_id"} | {"relance_profile_id", "relance_profile_ids"}

    @api.model
    def _get_relance_profile_fields(self):
        """Return the names of the fields that are read from profiles."""
        shown = [name for name, field in self._fields.items() if field.compute == "_compute_relance_score_screen"]
        return [*COLUMNS, "relance_profile_id", "relance_profile_ids", *shown]
