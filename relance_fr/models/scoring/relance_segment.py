import ast

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

# What a rule may read beside the customer's own card: what companies know of the customer, and lists of words.
FACT_MODELS = frozenset(
    {
        "account.fiscal.position", "account.move", "account.payment.term", "product.pricelist",
        "relance.alert", "relance.calendar", "relance.partner.profile", "relance.segment", "relance.terms",
        "res.country", "res.country.group", "res.country.state", "res.currency", "res.partner", "res.partner.category",
        "res.partner.industry", "sale.order",
    }
)  # fmt: skip

# Fields of who works here and of what they do, on every model that has a chatter.
WORK_PREFIXES = ("activity_", "message_", "my_activity_", "rating_", "signup_", "website_message_")

# The one of them that the customer's address itself tells.
WORK_FACTS = frozenset({"message_bounce"})


class RelanceSegment(models.Model):
    """A rule that puts debtors in a segment, which gives them its calendar. The first rule that fits takes a debtor."""

    _name = "relance.segment"
    _description = "Debtor Segment"
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of
    _inherit = "relance.shared"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self._default_shared_company(),
        help="Empty: for all companies.",
    )
    domain = fields.Char(
        "Rule",
        required=True,
        default="[]",
        help="Which debtors it takes, by any field of the customer or figure of the score. A rule on figures leaves "
        "natural persons out unless the settings allow to score them.",
    )
    calendar_id = fields.Many2one(
        "relance.calendar",
        "Dunning Calendar",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Calendar of the debtors of this segment that have none of their own. Empty: the one of their kind.",
    )
    color = fields.Integer()
    note = fields.Text(translate=True)
    debtor_count = fields.Integer("Debtors", compute="_compute_debtor_count", compute_sudo=True)
    uses_score = fields.Boolean(
        "Based on the Score",
        compute="_compute_uses_score",
        help="The rule reads figures of the score: natural persons are left out unless the settings allow it.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("allowed_company_ids")
    def _compute_debtor_count(self):
        counts = dict(
            self.env["relance.partner.profile"]._read_group(
                [("segment_id", "in", self.ids), ("company_id", "in", self.env.companies.ids)],
                ["segment_id"],
                ["__count"],
            )
        )
        for segment in self:
            segment.debtor_count = counts.get(segment._origin, 0)

    @api.depends("domain")
    def _compute_uses_score(self):
        figures = self.env["res.partner"]._get_relance_figures()
        for segment in self:
            segment.uses_score = bool(segment._get_rule_steps() & figures)

    # === CONSTRAINT METHODS === #

    @api.constrains("domain")
    def _check_domain(self):
        for segment in self:
            segment._check_rule_rights()
            query = segment._search_debtors(self.env.company)
            try:
                with self.env.cr.savepoint():
                    self.env.execute_query(SQL("SELECT FROM (%s) probe LIMIT 1", query.select()))
            except psycopg2.Error as error:
                raise segment._get_rule_error(error) from error

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        segments = super().create(vals_list)
        segments._apply()
        return segments

    def write(self, vals):
        result = super().write(vals)
        if {"sequence", "active", "company_id", "domain", "calendar_id"} & set(vals):
            self._apply()
        if "calendar_id" in vals:
            # Debtors of every company that uses the segment, no matter who edits it.
            self.sudo()._refresh_segments()
        return result

    def unlink(self):
        result = super().unlink()
        self._apply()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        return [
            dict(vals, name=self.env._("%s (copy)", segment.name), active=False)
            for segment, vals in zip(self, vals_list, strict=True)
        ]

    # === BUSINESS METHODS - RULES === #

    def _apply(self):
        """Give the debtors the segment the rules as they are now give them, soon."""
        self.env.registry.clear_cache()
        # Debtors of every company that uses the segments, no matter who edits them.
        self.env["res.company"].sudo()._relance_assign_segments_soon()

    def _get_rule_paths(self):
        """Return the paths of fields that the rule reads, none when it cannot be read."""
        self.ensure_one()
        try:
            return list(_get_paths(Domain(self._parse_domain())))
        except (TypeError, ValueError, ValidationError):
            return []

    def _get_rule_fields(self):
        """Return the fields of the customer that the rule reads, the first step of each path."""
        return {path.split(".")[0] for path in self._get_rule_paths()}

    def _get_rule_steps(self):
        """Return the fields that the rule reads, on whatever model."""
        return {step for path in self._get_rule_paths() for step in path.split(".")}

    def _check_rule_rights(self):
        """Refuse a rule on what its author may not read: it is applied as superuser, and its counts would tell.

        :raise ValidationError: naming the path that is refused
        """
        self.ensure_one()
        partners = self.env["res.partner"].sudo(False).with_context(active_test=False)
        try:
            partners._search(self._get_rule(self.env.company))
        except ValidationError:
            raise
        except Exception as error:
            raise self._get_rule_error(error) from error

    @api.model
    def _get_fact_models(self):
        """Return the names of the models that a rule may go through, beside the customer itself.

        An override adds models that hold facts of a customer, never of users, settings or messages. Of those with a
        company, a rule reads the records of the company it is applied in.
        """
        return FACT_MODELS

    def _get_rule(self, company):
        """Return the rule (Domain) as ``company`` applies it: on facts of the customer that are that company's.

        :raise ValidationError: naming the path that leads elsewhere
        """
        self.ensure_one()
        rule = Domain(self._parse_domain())
        self._check_operators(rule)
        try:
            return self._keep_to_facts(rule.optimize(self.env["res.partner"]), self.env["res.partner"], company)
        except ValidationError:
            raise
        except Exception as error:
            raise self._get_rule_error(error) from error

    def _check_operators(self, rule):
        for leaf in rule.iter_conditions():
            if leaf.operator.endswith("!"):
                # Core's own: they go past the rights of who reads.
                raise self._get_rule_error(self.env._("%s is no operator of a rule", leaf.operator))
            if "any" in leaf.operator:
                self._check_operators(Domain(leaf.value))

    def _keep_to_facts(self, domain, model, company, path=""):
        """Return ``domain`` on ``model``, its conditions checked and its documents restricted to ``company``.

        :param domain: an optimized domain: paths are nested ``any``, texts compared with records too
        :param path: how the rule came to ``model``, with its dot
        """

        def keep(leaf):
            field = model._fields[leaf.field_expr.split(".")[0]]
            here = f"{path}{leaf.field_expr}"
            if field.name.endswith("_uid") or (field.name.startswith(WORK_PREFIXES) and field.name not in WORK_FACTS):
                raise self._get_rule_error(self.env._("%s leads to the data of users", here))
            if field.type in ("properties", "properties_definition", "many2one_reference", "reference"):
                raise self._get_rule_error(self.env._("%s may lead anywhere", here))
            if not field.relational:
                return leaf
            nested = "any" in leaf.operator
            if field.comodel_name not in self._get_fact_models():
                # Which one it is, is a fact; what is known of it is not the customer's.
                if nested or field.type != "many2one" or leaf.operator not in ("in", "not in"):
                    raise self._get_rule_error(self.env._("%s leads to what is no fact of the customer", here))
                return leaf
            comodel = model.env[field.comodel_name]
            if nested:
                value = self._keep_to_facts(Domain(leaf.value), comodel, company, f"{here}.")
                return Domain(field.name, leaf.operator, value & self._get_company_domain(comodel, company))
            if field.type == "many2one":
                return leaf
            return self._restrict_records(leaf, comodel, company)

        return domain.map_conditions(keep)

    def _restrict_records(self, leaf, comodel, company):
        """Return a condition on one2many or many2many records themselves, on those of ``company`` alone."""
        own = self._get_company_domain(comodel, company)
        if own.is_true() or leaf.operator not in ("in", "not in"):
            return leaf
        ids = [value for value in leaf.value if value]
        found = Domain(leaf.field_expr, "any", own & Domain("id", "in", ids))
        if False in leaf.value:
            found |= Domain(leaf.field_expr, "not any", own)
        return found if leaf.operator == "in" else ~found

    @api.model
    def _get_company_domain(self, comodel, company):
        return Domain(comodel._check_company_domain(company)) if "company_id" in comodel._fields else Domain.TRUE

    def _parse_domain(self):
        """Return the rule as a list.

        :raise ValidationError: when it cannot be read
        """
        self.ensure_one()
        try:
            parsed = ast.literal_eval(self.domain or "[]")
            Domain(parsed)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise self._get_rule_error(error) from error
        return parsed

    def _search_debtors(self, company):
        """Return the query (``Query``) of the customers that fit the rule, by what ``company`` knows of them.

        :raise ValidationError: when the rule cannot be searched, such as by a field that is gone
        """
        self.ensure_one()
        # A rule takes the same customers, no matter who applies it.
        partners_sudo = self.env["res.partner"].sudo()
        partners_sudo = partners_sudo.with_context(active_test=False, allowed_company_ids=company.ids)
        try:
            return partners_sudo._search(self._get_rule(company))
        except ValidationError:
            raise
        except Exception as error:
            raise self._get_rule_error(error) from error

    def _get_rule_error(self, error):
        return ValidationError(
            self.env._(
                "The rule of the segment %(segment)s cannot be applied (%(error)s). Edit its conditions.",
                segment=self.name,
                error=str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__,
            )
        )

    @api.model
    def _get_rules(self, company):
        """Return the active rules that ``company`` goes by, in order."""
        # Rules of the companies above hold for a branch, whose users need not see them.
        segments_sudo, companies_sudo = self.sudo(), company.sudo().parent_ids
        return segments_sudo.browse(
            segment_id
            for segment_id, company_id, _calendar in self._get_active_rules()
            if not company_id or company_id in companies_sudo.ids
        )

    @api.model
    @ormcache()
    def _get_active_rules(self):
        """Return ``((segment id, company id, calendar id), ...)`` of the active rules, in order."""
        # Shared by all users: the caller filters by company.
        segments = self.sudo().search([("active", "=", True)])
        return tuple(
            (segment.id, segment.company_id.id, segment.calendar_id.active and segment.calendar_id.id)
            for segment in segments
        )

    @api.model
    @ormcache()
    def _get_watched_fields(self):
        """Return the fields of a customer whose change may lead to another segment, with what they are computed of."""
        partner = self.env["res.partner"]
        watched = {"relance_own_segment_id", "relance_regime", "is_company"}
        # The rules of all companies: the fields are watched for all of them.
        for segment in self.sudo().search([("active", "=", True)]):
            watched |= segment._get_rule_fields() & set(partner._fields)
        for _round in range(2):
            for name in tuple(watched):
                watched |= {path.split(".")[0] for path in partner.pool.field_depends[partner._fields[name]]}
        return frozenset(watched)

    # === ACTION METHODS === #

    def action_count(self):
        """Say how many debtors of the current company the rule fits, and how many it takes in its place.

        Only those whose cards the user may open are counted.
        """
        self.ensure_one()
        self.check_access("read")
        visible = self.env["res.partner"].with_context(active_test=False)._search([])
        # Segments of all debtors are worked out, those of the debtors the user sees are counted.
        fitting, taken = self.sudo()._count_debtors(self.env.company, visible)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.name,
                "message": self.env._(
                    "%(fitting)s debtors fit the rule; it would take %(taken)s of them, the others having a segment "
                    "set by hand or fitting a rule above.",
                    fitting=fitting,
                    taken=taken,
                ),
            },
        }

    def action_open_debtors(self):
        """Show the debtors in the segment."""
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_partner_profile_action")
        return action | {"domain": [("segment_id", "in", self.ids)], "context": {}}

    # === BUSINESS METHODS - REFRESH === #

    def _refresh_segments(self):
        """Bring the next steps of the debtors in the segments up to date, whose calendar changed."""
        profiles = self.env["relance.partner.profile"]._read_group(
            [("segment_id", "in", self.ids)], ["company_id"], ["partner_id:array_agg"]
        )
        for company, partner_ids in profiles:
            company._relance_refresh_open_of(partner_ids)

    def _count_debtors(self, company, visible):
        """Return how many debtors of ``company`` the rule of the segment fits, and how many it takes in its place.

        :param visible: query of the partners that are counted
        """
        self.env.flush_all()
        rules = (self.env["relance.segment"]._get_rules(company) | self).sorted(lambda rule: (rule.sequence, rule.id))
        counts = []
        for tested in (self, rules):
            query = company._relance_query_segments(tested)
            [[count]] = self.env.execute_query(
                SQL(
                    """
                    SELECT COUNT(*) FROM (%s) found JOIN relance_partner_profile profile USING (id)
                     WHERE found.segment_id = %s AND profile.partner_id IN %s
                    """,
                    query,
                    self.id,
                    visible.subselect(),
                )
            )
            counts.append(count)
        return tuple(counts)


def _get_paths(domain):
    """Yield the paths of fields that ``domain`` (Domain) reads, those of nested domains included."""
    for leaf in domain.iter_conditions():
        yield leaf.field_expr
        if "any" in leaf.operator:
            for path in _get_paths(Domain(leaf.value)):
                yield f"{leaf.field_expr}.{path}"
