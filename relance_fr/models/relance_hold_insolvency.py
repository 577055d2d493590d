from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

# C. com. R622-24: two months from the publication of the judgment, two more for a creditor outside mainland France.
DECLARATION_MONTHS, ABROAD_MONTHS = 2, 2
WARNING_DAYS = 15


class RelanceHold(models.Model):
    """Insolvency proceedings of a debtor: the judgment, the claim to declare and its deadline.

    The claim is frozen as it stood on the day of the opening judgment (C. com. L622-25), until it is declared.
    """

    _inherit = "relance.hold"

    insolvency_kind = fields.Selection(
        [
            ("safeguard", "Safeguard (sauvegarde)"),
            ("receivership", "Receivership (redressement judiciaire)"),
            ("liquidation", "Liquidation (liquidation judiciaire)"),
        ],
        tracking=True,
    )
    court = fields.Char(help="e.g. Tribunal de commerce de Lyon")
    publication_date = fields.Date(string="Published in the BODACC on", tracking=True)
    administrator_id = fields.Many2one(
        "res.partner", string="Creditors' Representative", help="The mandataire judiciaire or the liquidator."
    )
    declaration_deadline = fields.Date(
        compute="_compute_declaration_deadline",
        store=True,
        help="Two months from the publication, four for a creditor outside mainland France (C. com. R622-24).",
    )
    declared_on = fields.Date(tracking=True, copy=False)
    declaration = fields.Json(readonly=True, copy=False)
    declaration_amount = fields.Monetary(
        string="Claim to Declare", compute="_compute_declaration_amount", currency_field="company_currency_id"
    )
    deadline_warned = fields.Boolean(readonly=True, copy=False)

    @api.depends("reason", "publication_date", "company_id")
    def _compute_declaration_deadline(self):
        for hold in self:
            if hold.reason != "insolvency" or not hold.publication_date:
                hold.declaration_deadline = False
                continue
            country = hold.company_id.country_id.code
            months = DECLARATION_MONTHS + (0 if country in (False, "FR") else ABROAD_MONTHS)
            hold.declaration_deadline = fields.Date.add(hold.publication_date, months=months)

    @api.depends("declaration")
    def _compute_declaration_amount(self):
        for hold in self:
            hold.declaration_amount = (hold.declaration or {}).get("total", 0)

    @api.constrains("date_from", "publication_date", "declared_on")
    def _check_insolvency_dates(self):
        for hold in self:
            if hold.publication_date and hold.publication_date < hold.date_from:
                raise ValidationError(self.env._("A judgment is published on its own day at the earliest."))
            if hold.declared_on and hold.declared_on < hold.date_from:
                raise ValidationError(self.env._("A claim is declared after the judgment that opened the proceedings."))

    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        insolvencies = holds.filtered(lambda hold: hold.reason == "insolvency")
        insolvencies._freeze_declaration()
        insolvencies._plan_declaration()
        return holds

    def write(self, vals):
        result = super().write(vals)
        insolvencies = self.filtered(lambda hold: hold.reason == "insolvency")
        if {"date_from", "partner_id", "reason"} & set(vals):
            insolvencies._freeze_declaration()
        if {"publication_date", "reason"} & set(vals):
            insolvencies._plan_declaration()
        if vals.get("declared_on"):
            insolvencies.activity_feedback(
                ["mail.mail_activity_data_todo", "mail.mail_activity_data_warning"], feedback=self.env._("Declared.")
            )
        return result

    # === THE CLAIM === #

    def action_freeze_declaration(self):
        """Compute the claim again from the ledger, as of the judgment: an invoice or a payment was entered late."""
        self.check_access("write")
        if any(hold.declared_on for hold in self):
            raise UserError(self.env._("This claim was declared already: what was declared stays as it is."))
        self._freeze_declaration()
        return True

    def _freeze_declaration(self):
        """Store what was owed on the day of the judgment, in the invoices' currency and in the company's."""
        for hold in self.filtered(lambda hold: not hold.declared_on):
            # The claim comes from all the debtor's entries, whatever the reader may open.
            hold.sudo().declaration = hold.sudo()._prepare_declaration()

    def _prepare_declaration(self):
        """Return the claim on the day of the judgment (C. com. L622-25), JSON-able.

        :return: dict ``as_of``, ``rows`` (one an invoice: ``move_id number date due currency principal penalty
            indemnity total converted``), ``total`` in the company's currency, converted at the rate of the judgment
        """
        self.ensure_one()
        day, currency = self.date_from, self.company_id.currency_id
        invoices = self.env["account.move"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("commercial_partner_id", "=", self.partner_id.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("invoice_date", "<=", day),
            ],
            order="invoice_date, id",
        )
        engine = self.env["relance.engine"].with_context(relance_date=fields.Date.to_string(day))
        statements = engine._get_statements(invoices.with_env(engine.env))
        rows = []
        for invoice in invoices:
            statement = statements[invoice.id]
            if not statement["total"]:
                continue
            rows.append(
                {
                    "move_id": invoice.id,
                    "number": invoice.name,
                    "date": fields.Date.to_string(invoice.invoice_date),
                    "due": fields.Date.to_string(invoice.invoice_date_due),
                    "currency": invoice.currency_id.name,
                    **{name: statement[name] for name in ("principal", "penalty", "indemnity", "total")},
                    "converted": invoice.currency_id._convert(statement["total"], currency, self.company_id, day),
                }
            )
        total = currency.round(sum(row["converted"] for row in rows))
        return {"as_of": fields.Date.to_string(day), "rows": rows, "total": total}

    # === THE DEADLINE === #

    def _plan_declaration(self):
        """Plan the declaration of the claim, on its last day; or the search for the publication, until it is known."""
        self.filtered(lambda hold: not hold.declared_on).activity_unlink(["mail.mail_activity_data_todo"])
        for hold in self.filtered(lambda hold: not hold.declared_on):
            if hold.declaration_deadline:
                # Its users may not write it themselves, see relance_hold_guard.py.
                hold.sudo().deadline_warned = False
                hold.activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=hold.declaration_deadline,
                    summary=self.env._("Declare the claim to the creditors' representative"),
                    note=self.env._("After this day the claim is lost (C. com. L622-26, R622-24)."),
                    user_id=hold._get_person_in_charge().id,
                )
            else:
                hold.activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=fields.Date.add(hold.date_from, days=WARNING_DAYS),
                    summary=self.env._("Look for the publication of the judgment in the BODACC"),
                    user_id=hold._get_person_in_charge().id,
                )

    @api.model
    def _announce_ends(self, company, today):
        result = super()._announce_ends(company, today)
        self._warn_of_deadlines(company, today)
        return result

    @api.model
    def _warn_of_deadlines(self, company, today):
        """Warn once, two weeks before its deadline, of each claim nobody declared yet."""
        holds = self.search(
            [
                ("company_id", "=", company.id),
                ("reason", "=", "insolvency"),
                ("declared_on", "=", False),
                ("deadline_warned", "=", False),
                ("declaration_deadline", "<=", fields.Date.add(today, days=WARNING_DAYS)),
            ]
        )
        for hold in holds:
            hold.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Claim to declare by %s", format_date(self.env, hold.declaration_deadline)),
                user_id=hold._get_person_in_charge().id,
            )
        holds.sudo().deadline_warned = True
