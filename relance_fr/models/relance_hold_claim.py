from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..law import indemnity
from ..tools.reading import Purpose, Reading

PARTS = ("principal", "penalty", "indemnity")
# Penalties of what was paid late are prescribed like any claim between businesses (C. com. L110-4).
LIMITATION_YEARS = 5


class RelanceHold(models.Model):
    """The claim to declare: what was owed on the day of the judgment that opened the proceedings (C. com. L622-25).

    It is computed again until it is declared; afterwards it stays what was declared.
    """

    _inherit = "relance.hold"

    declaration = fields.Json(readonly=True, copy=False)
    declaration_amount = fields.Monetary(
        string="Claim to Declare", compute="_compute_declaration_amounts", currency_field="company_currency_id"
    )
    declaration_due_amount = fields.Monetary(
        string="Due at the Judgment", compute="_compute_declaration_amounts", currency_field="company_currency_id"
    )
    declaration_to_come_amount = fields.Monetary(
        string="Falling Due Later", compute="_compute_declaration_amounts", currency_field="company_currency_id"
    )
    left_out_amount = fields.Monetary(
        string="Left Out",
        compute="_compute_declaration_amounts",
        currency_field="company_currency_id",
        help="Penalties and indemnities of invoices that were paid late before the judgment.",
    )
    claim_paid_late = fields.Boolean(
        string="Also Declare Penalties of Invoices Paid Late",
        help="The penalties and the indemnity of invoices that were paid late before the judgment are owed too. "
        "They are declared only if you say so.",
    )
    claim_rank = fields.Selection(
        [("unsecured", "Unsecured (chirographaire)"), ("privileged", "Privileged")],
        string="Nature of the Claim",
        default="unsecured",
        required=True,
        tracking=True,
    )
    privileged_amount = fields.Monetary(
        currency_field="company_currency_id", help="The part of the claim that is privileged; the rest is unsecured."
    )
    privilege_ground = fields.Char(
        string="Ground of the Privilege",
        help="The security and what it bears on, e.g. pledge of 12 March 2025, no. 123.",
    )
    retention_of_title = fields.Boolean(
        string="Retention of Title",
        help="Your terms keep the ownership of the goods until they are paid: the statement says so. Claim the goods "
        "back within three months of the publication of the judgment (C. com. L624-9).",
    )
    claim_note = fields.Text(
        string="To Add to the Statement",
        help="e.g. the court seized when the claim is in litigation (C. com. R622-23).",
    )

    @api.depends("declaration")
    def _compute_declaration_amounts(self):
        for hold in self:
            declaration = hold.declaration or {}
            lines = [line for row in declaration.get("rows", ()) for line in row.get("lines", ())]
            currency = hold.company_id.currency_id
            hold.declaration_amount = declaration.get("total", 0)
            hold.left_out_amount = declaration.get("left_out", {}).get("total", 0)
            hold.declaration_to_come_amount = currency.round(
                sum(line["converted"]["total"] for line in lines if line["to_come"])
            )
            hold.declaration_due_amount = hold.declaration_amount - hold.declaration_to_come_amount

    @api.constrains("claim_rank", "privileged_amount", "privilege_ground", "declaration")
    def _check_privilege(self):
        for hold in self.filtered(lambda hold: hold.claim_rank == "privileged"):
            compare = hold.company_id.currency_id.compare_amounts
            if compare(hold.privileged_amount, 0) <= 0 or not hold.privilege_ground:
                raise ValidationError(self.env._("Enter the privileged amount and the ground of the privilege."))
            # At its creation the claim is not computed yet.
            if hold.declaration and compare(hold.privileged_amount, hold.declaration_amount) > 0:
                raise ValidationError(self.env._("The privileged part cannot be more than the claim."))

    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        holds.filtered(lambda hold: hold.reason == "insolvency")._freeze_declaration_or_say_why()
        return holds

    def write(self, vals):
        result = super().write(vals)
        if {"date_from", "partner_id", "reason", "earlier_move_ids", "claim_paid_late"} & set(vals):
            self.filtered(lambda hold: hold.reason == "insolvency")._freeze_declaration_or_say_why()
        return result

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

    def _is_declaration_outdated(self):
        """Tell whether the claim lacks the instalments that its statement prints (frozen before an upgrade)."""
        self.ensure_one()
        return any("lines" not in row for row in (self.declaration or {}).get("rows", ()))

    def _freeze_declaration_or_say_why(self):
        """Store the claims; one that lacks a legal rate waits for it: the judgment stops dunning all the same."""
        for hold in self:
            try:
                hold._freeze_declaration()
            except UserError as error:
                hold.sudo().declaration = False
                hold._message_log(body=str(error))

    # === WHAT IT IS MADE OF === #

    def _get_earlier_domain(self):
        """Return the domain of the posted invoices that the judgment concerns."""
        self.ensure_one()
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("commercial_partner_id", "=", self.partner_id.id)
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & (
                Domain("invoice_date", "<=", self.date_from)
                | Domain("delivery_date", "<=", self.date_from)
                | Domain("id", "in", self.earlier_move_ids.ids)
            )
        )

    def _prepare_declaration(self):
        """Return the claim on the day of the judgment (C. com. L622-25), JSON-able.

        Payments received since are not deducted, credit notes made since are. An instalment that was not due on
        that day is declared as one to come, with its date.

        :return: dict ``as_of``, ``rows`` (one an invoice: ``move_id number date due currency principal penalty
            indemnity total converted lines``; ``lines``: one an instalment, see `_prepare_claim_line`), ``total`` in
            the company's currency, converted at the rate of the judgment; ``rates``: ``currency rate day`` of each
            foreign currency, in the company's for one unit, and the day the rate is of; ``left_out``: ``count`` and
            ``total`` of the invoices paid late before the judgment, not declared
        """
        self.ensure_one()
        currency = self.company_id.currency_id
        invoices = self.env["account.move"].search(self._get_earlier_domain(), order="invoice_date, id")
        claims = self._get_claims_to_declare(invoices)
        rows, left_out = [], []
        for invoice in invoices:
            instalments = claims.get(invoice.id, ())
            lines = [
                {**self._prepare_claim_line(invoice, claim), "part": f"{rank}/{len(instalments)}" if rank else ""}
                # What was paid is not declared: the others keep their number.
                for rank, claim in enumerate(instalments, 1 if len(instalments) > 1 else 0)
            ]
            lines = [line for line in lines if line["total"]]
            if not lines:
                continue
            row = self._prepare_claim_row(invoice, lines)
            if row["principal"] or (self.claim_paid_late and self._is_within_limitation(invoice)):
                rows.append(row)
            elif self._is_within_limitation(invoice):
                left_out.append(row)
        return {
            "as_of": fields.Date.to_string(self.date_from),
            "rows": rows,
            "total": currency.round(sum(row["converted"] for row in rows)),
            "rates": self._get_claim_rates({row["currency"] for row in rows}),
            "left_out": {
                "count": len(left_out),
                "total": currency.round(sum(row["converted"] for row in left_out)),
            },
        }

    def _get_claim_rates(self, names):
        """Return the rates of the judgment for the currencies ``names`` that are not the company's.

        :raises UserError: no rate of that day or of an earlier one is known; core would take a later one, or 1
        """
        company, day = self.company_id, self.date_from
        rates = []
        for currency in self.env["res.currency"].search([("name", "in", sorted(names))]) - company.currency_id:
            known = self.env["res.currency.rate"].search(
                [
                    ("currency_id", "=", currency.id),
                    ("company_id", "in", (False, company.root_id.id)),
                    ("name", "<=", day),
                ],
                # As core chooses it: the company's own rates before those shared.
                order="company_id.id, name desc",
                limit=1,
            )
            if not known:
                raise UserError(
                    self.env._(
                        "The claim is converted at the rate of the judgment (C. com. L622-25): enter a rate of "
                        "%(currency)s of %(date)s or before.",
                        currency=currency.name,
                        date=format_date(self.env, day),
                    )
                )
            rates.append(
                {
                    "currency": currency.name,
                    "rate": currency._get_conversion_rate(currency, company.currency_id, company, day),
                    "day": fields.Date.to_string(known.name),
                }
            )
        return rates

    def _is_within_limitation(self, invoice):
        due = invoice._get_relance_due_date()
        return fields.Date.add(due, years=LIMITATION_YEARS) >= self.date_from

    def _get_claims_to_declare(self, invoices):
        """Return ``{invoice id: [claim of each instalment]}`` on the day of the judgment, whenever it was invoiced."""
        by_move = {}
        lines = invoices.line_ids.filtered(lambda line: line.display_type == "payment_term")
        reading = Reading(self.company_id, self.date_from)
        claims = self.env["relance.engine"]._get_claims(reading, lines.ids, Purpose.DECLARATION).complete()
        for claim in claims.values():
            by_move.setdefault(claim.move_id, []).append(claim)
        return by_move

    def _prepare_claim_row(self, invoice, lines):
        sums = {name: invoice.currency_id.round(sum(line[name] for line in lines)) for name in (*PARTS, "total")}
        converted = self.company_id.currency_id.round(sum(line["converted"]["total"] for line in lines))
        return {
            "move_id": invoice.id,
            "number": invoice.name,
            "date": fields.Date.to_string(invoice.invoice_date),
            "due": fields.Date.to_string(invoice._get_relance_due_date()),
            "currency": invoice.currency_id.name,
            **sums,
            "converted": converted,
            "lines": lines,
        }

    def _prepare_claim_line(self, invoice, claim):
        """Return the claim of one instalment, JSON-able.

        :return: dict ``due``, ``to_come`` (not due yet on the day of the judgment), ``principal penalty indemnity
            total`` in the invoice's currency, ``converted`` (the same in the company's), ``segments`` of interest
        """
        company, currency = self.company_id, self.company_id.currency_id
        amounts = {
            "principal": float(claim.principal),
            "penalty": float(claim.accrual.penalty),
            "indemnity": float(claim.indemnity),
        }
        # Each part is rounded, so that what is printed adds up.
        converted = {
            name: invoice.currency_id._convert(amount, currency, company, self.date_from)
            for name, amount in amounts.items()
        }
        if claim.indemnity:
            # The fixed compensation is set in the company's currency (C. com. D441-5): there is nothing to convert.
            converted["indemnity"] = float(indemnity(claim.regime, claim.terms, [claim.accrual]))
        return {
            "due": fields.Date.to_string(claim.due),
            "to_come": claim.due > self.date_from,
            **amounts,
            "total": invoice.currency_id.round(sum(amounts.values())),
            "converted": {**converted, "total": currency.round(sum(converted.values()))},
            "segments": [
                {
                    "date_from": segment.date_from.isoformat(),
                    "date_to": segment.date_to.isoformat(),
                    "days": segment.days,
                    "principal": str(segment.principal),
                    "rate": str(segment.rate),
                    "amount": str(segment.amount),
                    "floored": segment.floored,
                }
                for segment in claim.accrual.segments
            ],
        }
