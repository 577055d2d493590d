from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Types of the columns of the fields below, as JSON is read back into rows.
COLUMN_TYPES = {
    "boolean": SQL("bool"),
    "char": SQL("varchar"),
    "date": SQL("date"),
    "float": SQL("numeric"),
    "integer": SQL("int4"),
    "json": SQL("jsonb"),
    "many2one": SQL("int4"),
    "many2one_reference": SQL("int4"),
    "monetary": SQL("numeric"),
    "selection": SQL("varchar"),
}


class Rows(str):
    """Rows of debtors as JSON. A class of its own: a client cannot put one into its context."""

    __slots__ = ()


class RelanceDebtor(models.Model):
    """A debtor of a company: what he owes today, what is to be done about him first, his account.

    Nothing is stored: a row is read from the ledger and the register by one statement (``_query_debtors``). The id is
    made of the partner and the company, so that it stays the same and holds even when nothing is owed any more.
    Amounts of the row are in the company's currency, net of the debtor's credits.
    """

    _name = "relance.debtor"
    _description = "Debtor"
    _inherit = "relance.debtor.facts"
    _auto = False
    _order = "priority desc, overdue_amount desc, id"
    _rec_name = "partner_id"
    _rec_names_search = ["partner_id"]

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    user_id = fields.Many2one("res.users", "Handled by", readonly=True)
    salesperson_id = fields.Many2one("res.users", readonly=True)
    phone = fields.Char(related="partner_id.phone")
    profile_id = fields.Many2one("relance.partner.profile", readonly=True)
    paid_count = fields.Integer(related="profile_id.paid_count")
    scored = fields.Boolean(readonly=True)
    score = fields.Integer(readonly=True, aggregator="avg", help="0 (pays badly) to 100 (pays well).")
    average_delay = fields.Float("Average Delay (Days)", digits=(16, 1), readonly=True, aggregator="avg")
    overdue_amount = fields.Monetary("Overdue", readonly=True)
    not_due_amount = fields.Monetary("Not Due Yet", readonly=True)
    oldest_due = fields.Date("Oldest Due Date", readonly=True)
    days_late = fields.Integer(readonly=True, aggregator="max")
    action = fields.Selection("_get_action_selection", "Next Action", readonly=True)
    action_date = fields.Date("Since", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    kinds = fields.Char("All Actions", readonly=True)
    tags = fields.Json(readonly=True)
    priority = fields.Integer(
        readonly=True,
        aggregator="max",
        help="0 to 100. The most urgent of what is to be done counts for 50 at most (a claim to declare 50, a reply "
        "45, an approval or a broken promise 40, ... a person to assign 5); the amount overdue for 25 (5 for each "
        "power of ten: 10 for 100, 15 for 1,000, 20 for 10,000); the age of the oldest instalment for 15 (all of it "
        "at 90 days); the score for 10 (the worse the debtor pays, the more; 5 without a score).",
    )

    @api.model
    def _get_action_selection(self):
        return [(code, self.env._(work.label)) for code, work in self.env["relance.engine"]._get_works().items()]

    @property
    def _table_query(self):
        rows = self.env.context.get("relance_debtor_rows")
        if isinstance(rows, Rows):
            return self._query_rows(rows)
        # Read one by one, a debtor is looked up alone.
        return self.env["relance.engine"]._query_debtors(self._get_companies(), self.ids)

    @api.model
    def _query_rows(self, rows):
        """Return the query of ``rows`` as they were read by ``_read_once``."""
        columns = [
            SQL("%s %s", SQL.identifier(name), COLUMN_TYPES[field.type])
            for name, field in self._fields.items()
            if field.store and field.column_type and name != "id"
        ]
        return SQL("SELECT * FROM json_to_recordset(%s) AS debtor (id int8, %s)", str(rows), SQL(", ").join(columns))

    @api.model
    def _read_once(self):
        """Return the model on the debtors as they are now: what searches them several times reads the ledger once."""
        query = self.env["relance.engine"]._query_debtors(self._get_companies())
        [[rows]] = self.env.execute_query(SQL("SELECT COALESCE(json_agg(debtor), '[]')::text FROM (%s) debtor", query))
        return self.browse().with_context(relance_debtor_rows=Rows(rows))

    @api.model
    @api.readonly
    def web_search_read(self, *args, **kwargs):
        """Read a page of a list and how long it is, from the same rows."""
        return super(RelanceDebtor, self._read_once()).web_search_read(*args, **kwargs)

    @api.model
    @api.readonly
    def web_read_group(self, *args, **kwargs):
        """Read groups and what they hold, from the same rows."""
        return super(RelanceDebtor, self._read_once()).web_read_group(*args, **kwargs)

    @api.model
    def _get_companies(self):
        """Return the companies whose debtors are shown: those selected."""
        return self.env.companies

    @api.depends("partner_id")
    def _compute_display_name(self):
        for debtor in self:
            debtor.display_name = debtor.partner_id.display_name

    @api.model
    def _get(self, partner, company):
        """Return the debtor ``partner`` of ``company``; a contact leads to its commercial entity."""
        return self.browse(self.env["relance.engine"]._get_debtor_id(partner.commercial_partner_id.id, company.id))

    @api.model
    def _get_read_group_order(self, dict_order, groupby, aggregates):
        """Put the groups of actions in the order of what presses most, not of the alphabet."""
        if list(groupby) == ["action"]:
            return "priority:max desc, action"
        return super()._get_read_group_order(dict_order, groupby, aggregates)

    # === OPENING === #

    @api.model
    def action_open_work(self):
        """Open the work list: the user's own debtors when he handles some, else everybody's."""
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_debtor_action_work")
        return action | {"context": {"search_default_mine": 1} if self._handles_debtors() else {}}

    @api.model
    def _handles_debtors(self):
        # A company's own setting on the card, that people outside accounting do not read.
        partners_sudo = self.env["res.partner"].sudo()
        return any(
            partners_sudo.with_company(company).search_count(Domain("relance_user_id", "=", self.env.uid), limit=1)
            for company in self._get_companies()
        )

    def action_open(self):
        """Open the debtor's account."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.partner_id.display_name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("relance_fr.relance_debtor_view_form").id, "form")],
        }
