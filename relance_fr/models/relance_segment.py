import ast

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

# Steps from a customer to users and to what they write; those that end in _uid too.
USER_STEPS = frozenset({"user_ids", "message_ids", "activity_ids", "employee_ids"})


def _get_paths(domain):
    """Yield the paths of fields that ``domain`` (Domain) reads, those of nested domains included."""
    for leaf in domain.iter_conditions():
        yield leaf.field_expr
        if "any" in leaf.operator:
            for path in _get_paths(Domain(leaf.value)):
                yield f"{leaf.field_expr}.{path}"


def _leads_to_users(path):
    return any(step.endswith("_uid") or step in USER_STEPS for step in path.split("."))


class RelanceSegment(models.Model):
    """A rule that puts debtors in a segment, which gives them its calendar. The first rule that fits takes a debtor."""

    _name = "relance.segment"
    _description = "Debtor Segment"
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    domain = fields.Char(
        "Rule",
        required=True,
        default="[]",
        help="Which debtors it takes, by any field of the customer or figure of his score. A rule on figures leaves "
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
            segment.uses_score = bool(segment._get_rule_fields() & figures)

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
            self.env["relance.engine"].sudo()._refresh_segments(self)
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

    def _apply(self):
        """Give the debtors the segment the rules as they are now give them, soon."""
        self.env.registry.clear_cache()
        self.env["relance.engine"].sudo()._assign_segments_soon()

    # === THE RULE === #

    def _get_rule_fields(self):
        """Return the fields of the customer that the rule reads, the first step of each path."""
        self.ensure_one()
        try:
            leaves = Domain(self._parse_domain()).iter_conditions()
            return {leaf.field_expr.split(".")[0] for leaf in leaves}
        except ValidationError:
            return set()

    def _check_rule_rights(self):
        """Refuse a rule on what its author may not read: it is applied as superuser, and its counts would tell.

        :raise ValidationError: naming the path that is refused
        """
        self.ensure_one()
        rule = Domain(self._parse_domain())
        refused = next((path for path in _get_paths(rule) if _leads_to_users(path)), None)
        if refused:
            raise self._get_rule_error(self.env._("%s leads to the data of users", refused))
        try:
            self.env["res.partner"].sudo(False).with_context(active_test=False)._search(rule)
        except ValidationError:
            raise
        except Exception as error:
            raise self._get_rule_error(error) from error

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
        """Return the query (``Query``) of the customers that fit the rule, in ``company``, whatever the reader may see.

        :raise ValidationError: when the rule cannot be searched, such as by a field that is gone
        """
        self.ensure_one()
        partners_sudo = self.env["res.partner"].sudo().with_context(active_test=False).with_company(company)
        try:
            return partners_sudo._search(Domain(self._parse_domain()))
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
        return self.sudo().browse(
            segment_id
            for segment_id, company_id, _calendar in self._get_active_rules()
            if not company_id or company_id in company.sudo().parent_ids.ids
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
        """Return the fields of a customer whose change may give him another segment, with what they are computed of."""
        partner = self.env["res.partner"]
        watched = {"relance_own_segment_id", "relance_regime", "is_company"}
        for segment in self.sudo().search([("active", "=", True)]):
            watched |= segment._get_rule_fields() & set(partner._fields)
        for _round in range(2):
            for name in tuple(watched):
                watched |= {path.split(".")[0] for path in partner.pool.field_depends[partner._fields[name]]}
        return frozenset(watched)

    # === COUNT === #

    def action_count(self):
        """Say how many debtors of the current company the rule fits, and how many it takes in its place."""
        self.ensure_one()
        fitting, taken = self.env["relance.engine"].sudo()._count_debtors(self, self.env.company)
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
