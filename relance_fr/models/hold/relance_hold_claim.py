import hashlib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...law import Segment, indemnity
from ...law.delays import add_months, extended, last_working_day
from ...law.mentions import FORMAL_KINDS
from ...tools.letter_format import one_line
from ...tools.letter_pdf import Document
from ...tools.reading import Purpose, Reading
from ..letter.relance_letter import LettersUnavailable

PARTS = ("principal", "penalty", "indemnity")
# Penalties of what was paid late are prescribed like any claim between businesses (C. com. L110-4).
LIMITATION_YEARS = 5
# What decides which debts are declared: written again, the claim is computed again.
CLAIM_FIELDS = frozenset({"date_from", "partner_id", "reason", "earlier_move_ids", "claim_paid_late"})
# What the statement prints: written again while the claim is not declared, the statement is made anew.
PRINTED_FIELDS = frozenset(
    {
        "date_from", "partner_id", "reason", "insolvency_kind", "court", "publication_date", "administrator_id",
        "earlier_move_ids", "claim_paid_late", "claim_rank", "privileged_amount", "privilege_ground",
        "retention_of_title", "claim_note", "declaration",
    }
)  # fmt: skip
# What the statement of a claim says: a proof once it was declared.
DECLARED_FIELDS = frozenset(
    {
        "date_from", "insolvency_kind", "earlier_move_ids", "claim_paid_late", "claim_rank", "privileged_amount",
        "privilege_ground", "retention_of_title", "claim_note", "longer_deadline",
    }
)  # fmt: skip
# What decides until when the claim is declared: written again, its task is planned again.
DEADLINE_FIELDS = frozenset({"publication_date", "longer_deadline", "reason"})
# Statements of a claim are written for French courts.
COURT_LANGUAGE = "fr_FR"
# C. com. R622-24: two months from the publication of the judgment, two more for a creditor who does not live on the
# territory (mainland, or overseas territory) of the court.
DECLARATION_MONTHS, ABROAD_MONTHS = 2, 2
# C. com. L622-26: to ask the judge for relief from the foreclosure.
RELIEF_MONTHS = 6
WARNING_DAYS = 15


class RelanceHold(models.Model):
    """The claim to declare: what was owed on the day of the judgment that opened the proceedings (C. com. L622-25).

    It is computed again until it is declared; afterwards it stays what was declared, frozen in ``declaration``.

    Its statement (déclaration de créance) is a letter to the creditors' representative: parties, proceedings, the
    figures as they were frozen, the documents enclosed. It is attached to the proceedings and made anew until the
    claim is declared; then it is a proof, kept with the SHA-256 of its bytes.

    Its deadline runs from the publication of the judgment: a task for its last working day, a warning before it, and
    the way out when it was missed.
    """

    _inherit = "relance.hold"

    # === FIELDS === #

    declared_on = fields.Date(tracking=True, copy=False)
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
    contact_id = fields.Many2one(related="administrator_id", string="Addressee")
    lang = fields.Char(compute="_compute_lang")
    claim_attachment_id = fields.Many2one(
        "ir.attachment",
        string="Statement of the Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    claim_sha256 = fields.Char(string="SHA-256 of the Statement", readonly=True, copy=False)
    longer_deadline = fields.Boolean(
        string="Two More Months",
        compute="_compute_longer_deadline",
        store=True,
        readonly=False,
        help="The creditor does not live on the territory of the court: outside mainland France for a court there, or "
        "outside the overseas territory of the court (C. com. R622-24). Proposed for a creditor outside France only.",
    )
    declaration_deadline = fields.Date(
        compute="_compute_declaration_deadline",
        store=True,
        help="Two months from the publication, four for a creditor outside the territory of the court "
        "(C. com. R622-24).",
    )
    deadline_extended = fields.Date(
        string="Extended to",
        compute="_compute_deadline_days",
        help="When the deadline is no working day, the law extends it to the next one (CPC art. 642).",
    )
    deadline_target = fields.Date(
        string="Declare by",
        compute="_compute_deadline_days",
        help="The last working day before the deadline: rely on no extension.",
    )
    relief_deadline = fields.Date(
        string="Relief to Ask for until",
        compute="_compute_declaration_deadline",
        store=True,
        help="Six months from the publication to ask the judge for relief from the foreclosure (C. com. L622-26).",
    )
    deadline_warned = fields.Boolean(readonly=True, copy=False)
    foreclosure_warned = fields.Boolean(readonly=True, copy=False)

    # === CONSTRAINTS === #

    @api.constrains("claim_rank", "privileged_amount", "privilege_ground", "declaration")
    def _check_privilege(self):
        for hold in self.filtered(lambda hold: hold.claim_rank == "privileged"):
            compare = hold.company_id.currency_id.compare_amounts
            if compare(hold.privileged_amount, 0) <= 0 or not hold.privilege_ground:
                raise ValidationError(self.env._("Enter the privileged amount and the ground of the privilege."))
            # At its creation the claim is not computed yet.
            if hold.declaration and compare(hold.privileged_amount, hold.declaration_amount) > 0:
                raise ValidationError(self.env._("The privileged part cannot be more than the claim."))

    # === COMPUTE METHODS === #

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

    def _compute_lang(self):
        self.lang = COURT_LANGUAGE

    @api.depends("reason", "company_id")
    def _compute_longer_deadline(self):
        french = self.env["res.company"]._get_france_country_codes()
        for hold in self:
            country = hold.company_id.country_id.code
            hold.longer_deadline = hold.reason == "insolvency" and country not in (False, *french)

    @api.depends("reason", "publication_date", "longer_deadline")
    def _compute_declaration_deadline(self):
        for hold in self:
            if hold.reason != "insolvency" or not hold.publication_date:
                hold.declaration_deadline = hold.relief_deadline = False
                continue
            months = DECLARATION_MONTHS + (ABROAD_MONTHS if hold.longer_deadline else 0)
            hold.declaration_deadline = add_months(hold.publication_date, months)
            hold.relief_deadline = add_months(hold.publication_date, RELIEF_MONTHS)

    @api.depends("declaration_deadline")
    def _compute_deadline_days(self):
        for hold in self:
            day = hold.declaration_deadline
            hold.deadline_extended = extended(day) if day and extended(day) != day else False
            hold.deadline_target = last_working_day(day) if day else False

    # === STEPS OF CREATE AND WRITE === #

    def _check_declared_claim_stays(self, vals):
        """Raise a UserError if ``vals`` would change what the statement of a declared claim says."""
        if any(self.filtered("declared_on")._would_change(vals, DECLARED_FIELDS)):
            raise UserError(self.env._("This claim was declared already: what was declared stays as it is."))

    def _check_stays_declared(self, vals):
        if "declared_on" in vals and not vals["declared_on"] and any(hold.declared_on for hold in self):
            raise UserError(self.env._("A claim that was declared stays so: correct the day instead of emptying it."))

    def _print_claim_to_declare(self):
        """Make the statements that nobody printed: what is declared is the statement as it was printed last."""
        self.filtered(lambda hold: not hold.claim_attachment_id)._refresh_claim_letter()

    def _freeze_declaration_again(self, vals):
        """Compute the claims of proceedings again if ``vals`` change which debts they are of."""
        if CLAIM_FIELDS & vals.keys():
            self._filter_proceedings()._freeze_declaration_or_say_why()

    def _keep_hash_of_claim(self):
        """Keep the SHA-256 of the statements that were declared."""
        for hold in self.filtered("claim_attachment_id"):
            # The file and its hash are the register's, not those of the user who declares.
            content = hold.sudo().claim_attachment_id.raw
            # Its users may not write it themselves, see OUTCOME_FIELDS of relance_hold.py.
            hold.sudo().claim_sha256 = hashlib.sha256(content).hexdigest()

    def _print_claim_again(self, vals):
        """Make the statements anew if ``vals`` change what they print."""
        if PRINTED_FIELDS & vals.keys():
            self.filtered("claim_attachment_id")._refresh_claim_letter()

    def _plan_declaration_again(self, vals):
        """Plan the declaration of proceedings again if ``vals`` move its deadline."""
        if DEADLINE_FIELDS & vals.keys():
            self._filter_proceedings()._plan_declaration()

    def _close_tasks_of_declaration(self, vals):
        """Close the tasks and warnings of proceedings whose claim was declared."""
        if vals.get("declared_on"):
            self._filter_proceedings()._activity_done(self.env._("Declared."))

    # === BUSINESS METHODS - WHAT IS OWED === #

    def _freeze_declaration(self):
        """Store what was owed on the day of the judgment, in the invoices' currency and in the company's."""
        for hold in self.filtered(lambda hold: not hold.declared_on):
            # The claim comes from all the debtor's entries, whatever the reader may open.
            hold.sudo().declaration = hold.sudo()._prepare_declaration()

    def _freeze_declaration_or_say_why(self):
        """Store the claims; one that lacks a legal rate waits for it: the judgment stops dunning all the same."""
        for hold in self:
            try:
                hold._freeze_declaration()
            except UserError as error:
                # Its users may not write it themselves, see OUTCOME_FIELDS of relance_hold.py.
                hold.sudo().declaration = False
                hold._message_log(body=str(error))

    def _is_declaration_outdated(self):
        """Tell whether the claim lacks the instalments that its statement prints (frozen before an upgrade)."""
        self.ensure_one()
        return any("lines" not in row for row in (self.declaration or {}).get("rows", ()))

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
        claims = self.env["relance.claim"]._get_claims(reading, lines.ids, Purpose.DECLARATION).complete()
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
            "segments": [segment.to_json() for segment in claim.accrual.segments],
            "day_base": claim.terms.day_base,
        }

    # === BUSINESS METHODS - STATEMENT === #

    def _check_claim_letter(self):
        """Raise if the statement cannot be written yet, saying what is missing."""
        self.ensure_one()
        if not self.insolvency_kind:
            raise UserError(self.env._("Enter the kind of proceedings first."))
        if not self.administrator_id:
            raise UserError(
                self.env._("Enter the creditors' representative first, with an address: the statement is sent there.")
            )

    def _refresh_claim_letter(self):
        """Make the statements again that can be; on a server that prints nothing they wait for the button."""
        waiting = self.filtered(lambda hold: not hold.declared_on and hold.administrator_id and hold.insolvency_kind)
        # Claims frozen by a version that kept no instalments.
        waiting.filtered(lambda hold: hold._is_declaration_outdated())._freeze_declaration_or_say_why()
        for hold in waiting.filtered("declaration"):
            try:
                hold._store_claim_letter()
            except LettersUnavailable:
                # An outdated statement is worse than none.
                hold.sudo().claim_attachment_id.unlink()

    def _store_claim_letter(self):
        """Render the statement and attach it to the proceedings, in place of the former one."""
        self.ensure_one()
        # Who enters the proceedings need not read each entry the claim is made of.
        hold_sudo = self.sudo()
        content = hold_sudo._render_letters()[self.id]
        name = f"{hold_sudo._get_claim_reference()} - {one_line(self.partner_id.name)}.pdf"
        vals = {"name": name, "raw": content, "mimetype": "application/pdf"}
        if hold_sudo.claim_attachment_id:
            hold_sudo.claim_attachment_id.write(vals)
        else:
            hold_sudo.claim_attachment_id = hold_sudo.env["ir.attachment"].create(
                {**vals, "res_model": self._name, "res_id": self.id}
            )

    @api.model
    def _is_declared_claim(self, attachments):
        """Tell whether one of the files is the statement of a claim that was declared."""
        # A user who cannot see the hold must not be able to break its proof.
        return bool(
            self.sudo().search_count(
                [("claim_attachment_id", "in", attachments.ids), ("declared_on", "!=", False)], limit=1
            )
        )

    def _prepare_letter_documents(self):
        """Return ``{hold id: Document}``: the HTML of each statement, its title and its footer."""
        style = self._get_letter_style()
        documents = {}
        for hold in self:
            values = hold._get_claim_values()
            title = one_line(f"{values['number']} - {values['debtor']['name']}")[:120].strip()
            html = hold._render_letter_template(
                "relance_fr.claim_document", values, images=hold._get_letter_images(), title=title, **style
            )
            documents[hold.id] = Document(html, title, values["number"])
        return documents

    def _get_letter_moves(self):
        rows = (self.declaration or {}).get("rows", [])
        return self.env["account.move"].browse([row["move_id"] for row in rows]).exists()

    def _get_letter_amount(self):
        # Nothing is asked for: payment of these debts is forbidden (C. com. L622-7).
        return 0

    def _get_payment_reference(self):
        """Return what the representative may quote with a dividend."""
        return self._get_claim_reference() if self.reason == "insolvency" else super()._get_payment_reference()

    def _get_claim_reference(self):
        """Return what names the statement: DC-2026-00012."""
        self.ensure_one()
        return f"DC-{self.date_from.year}-{self._origin.id or 0:05d}"

    def _get_claim_values(self):
        """Return what the statement prints, as a plain dict.

        ``creditor``, ``addressee``, ``debtor``, ``signatory``, ``contact``, ``payment`` (where dividends are paid);
        ``kind``, ``court``, ``judgment``, ``publication``, ``conversion``; ``due`` and ``to_come``: dicts of one
        instalment each; ``totals`` of both, in the company's currency; ``rates``; ``documents``: what is enclosed.
        """
        self.ensure_one()
        hold = self.with_company(self.company_id).with_context(lang=self._get_letter_lang(), bin_size=False)
        lines = hold._get_claim_lines()
        due = [line for line in lines if not line["to_come"]]
        to_come = [line for line in lines if line["to_come"]]
        return {
            "number": hold._get_claim_reference(),
            "date": hold.declared_on or hold.company_id._relance_today(),
            "lang": hold.env.lang,
            "currency": hold.company_id.currency_id.name,
            "creditor": hold._get_letter_creditor(),
            "addressee": hold._get_claim_addressee(),
            "debtor": hold._get_claim_debtor(),
            "signatory": hold._get_letter_signatory(),
            "contact": hold._get_letter_contact(),
            "payment": hold._get_letter_payment(),
            "kind": hold.insolvency_kind,
            "court": one_line(hold.court),
            "judgment": hold.date_from,
            # The judgment takes effect from the first hour of its day (C. com. R621-4).
            "eve": hold.date_from - timedelta(days=1),
            "long_plans": hold._get_long_plans(),
            "publication": hold.publication_date,
            "conversion": hold.conversion_date,
            "due": due,
            "to_come": to_come,
            "foreign": any(line["currency"] != hold.company_id.currency_id.name for line in lines),
            "totals": hold._get_claim_totals(due, to_come),
            "rates": [
                {**rate, "day": fields.Date.to_date(rate["day"])} for rate in (hold.declaration or {}).get("rates", [])
            ],
            "rank": hold.claim_rank,
            "privileged": hold.privileged_amount,
            "ground": one_line(hold.privilege_ground),
            "retention": hold.retention_of_title,
            "note": (hold.claim_note or "").strip(),
            "documents": hold._get_claim_documents(lines),
        }

    def _get_long_plans(self):
        """Return the references of the plans of a year or more that cover a debt declared (C. com. L622-28)."""
        # Who prints the statement need not read the plans.
        plans_sudo = (
            self.env["relance.commitment"]
            .sudo()
            .search(
                [
                    ("kind", "=", "plan"),
                    ("company_id", "=", self.company_id.id),
                    ("date", "<=", self.date_from),
                    ("move_ids", "in", self._get_letter_moves().ids),
                    "|",
                    ("cancelled", "=", False),
                    ("insolvency_id", "!=", False),
                ],
                order="date, id",
            )
        )
        long_sudo = plans_sudo.filtered(
            lambda plan: plan.date_end and plan.date_end >= fields.Date.add(plan.date, years=1)
        )
        return [plan._get_plan_reference() for plan in long_sudo]

    def _get_claim_addressee(self):
        """Return the creditors' representative as the window of the envelope shows that person."""
        self.ensure_one()
        representative = self.administrator_id
        entity = representative.commercial_partner_id
        person = representative.name if representative != entity and representative.name != entity.name else ""
        place = representative if representative.street or representative.city else entity
        names = [one_line(entity.name or representative.display_name), one_line(person)]
        sender = self.company_id.partner_id
        return {
            "name": names[0],
            "person": names[1],
            "address": self._get_letter_address(place, sender=sender),
            "envelope": self._get_letter_envelope(names, place, sender),
        }

    def _get_claim_debtor(self):
        debtor = self._get_letter_debtor()
        return {
            **debtor,
            "person": "",
            "address": self._get_letter_address(self.partner_id, sender=self.company_id.partner_id),
        }

    def _get_claim_lines(self):
        """Return one dict an instalment: figures in the invoice's currency, ``converted`` ones, dates, segments."""
        lines = []
        for row in (self.declaration or {}).get("rows", []):
            for line in row["lines"]:
                lines.append(
                    {
                        **line,
                        "invoice": row["number"],
                        "part": line.get("part", ""),
                        "date": fields.Date.to_date(row["date"]),
                        "due": fields.Date.to_date(line["due"]),
                        "currency": row["currency"],
                        "segments": [Segment.from_json(stored)._asdict() for stored in line["segments"]],
                    }
                )
        return lines

    def _get_claim_totals(self, due, to_come):
        """Return sums in the company's currency: ``{"due": {principal...total}, "to_come": {...}, "total": float}``."""
        currency = self.company_id.currency_id
        sums = {
            key: {name: currency.round(sum(line["converted"][name] for line in lines)) for name in (*PARTS, "total")}
            for key, lines in (("due", due), ("to_come", to_come))
        }
        return {**sums, "total": self.declaration_amount}

    def _get_claim_documents(self, lines):
        """Return what is enclosed under a list (C. com. R622-23): a list of sentences."""
        moves = self._get_letter_moves()
        names = list(dict.fromkeys(line["invoice"] for line in lines))
        documents = []
        if len(names) == 1:
            documents.append(self.env._("Copy of invoice %s", names[0]))
        elif names:
            documents.append(self.env._("Copies of the %s invoices of the tables above", len(names)))
        if any(line["segments"] for line in lines):
            documents.append(self.env._("Statement of interest (annexed)"))
        terms = moves.relance_terms_id.filtered("document")
        documents += [self.env._("General terms of sale: %s", version.name) for version in terms]
        notices_sudo = (
            self.env["relance.notice"]
            .sudo()
            .search(
                [
                    ("line_ids.move_id", "in", moves.ids),
                    # An invoice may have been made out to somebody else before.
                    ("partner_id", "=", self.partner_id.id),
                    ("state", "=", "sent"),
                    ("kind", "in", FORMAL_KINDS),
                    ("name", "!=", "/"),
                    ("date", "<=", self.date_from),
                ],
                order="date, id",
            )
        )
        if notices_sudo:
            documents.append(self.env._("Formal notices: %s", ", ".join(notices_sudo.mapped("name"))))
        plans_sudo = (
            self.env["relance.commitment"]
            .sudo()
            .search(
                [
                    ("move_ids", "in", moves.ids),
                    ("partner_id", "=", self.partner_id.id),
                    ("sign_state", "=", "signed"),
                ]
            )
        )
        documents += [
            self.env._("Acknowledgement of debt and payment plan %s", plan._get_plan_reference()) for plan in plans_sudo
        ]
        return documents

    # === BUSINESS METHODS - DEADLINE === #

    def _plan_declaration(self):
        """Plan the declaration of the claim for its last working day, else the search for the publication."""
        waiting = self.filtered(lambda hold: not hold.declared_on and not hold.insolvency_outcome)
        waiting.activity_unlink(["relance_fr.mail_activity_claim", "mail.mail_activity_data_warning"])
        # Its users may not write it themselves, see OUTCOME_FIELDS of relance_hold.py.
        waiting.sudo().write({"deadline_warned": False, "foreclosure_warned": False})
        for hold in waiting:
            if hold.declaration_deadline:
                hold._refresh_claim_letter()
                hold.activity_schedule(
                    "relance_fr.mail_activity_claim",
                    date_deadline=hold.deadline_target,
                    summary=self.env._("Declare the claim to the creditors' representative"),
                    note=self.env._(
                        "The statement is attached to the proceedings: check it, sign it and send it. Deadline: "
                        "%(deadline)s. After it the claim gets no share unless a judge grants relief (C. com. L622-26, "
                        "R622-24).",
                        deadline=format_date(self.env, hold.declaration_deadline),
                    ),
                    user_id=hold._get_person_in_charge().id,
                )
            else:
                hold.activity_schedule(
                    "relance_fr.mail_activity_claim",
                    date_deadline=fields.Date.add(hold.date_from, days=WARNING_DAYS),
                    summary=self.env._("Look for the publication of the judgment in the BODACC"),
                    user_id=hold._get_person_in_charge().id,
                )

    def _activity_done(self, feedback):
        self.activity_feedback(["relance_fr.mail_activity_claim", "mail.mail_activity_data_warning"], feedback=feedback)

    @api.model
    def _get_undeclared_domain(self, company):
        return [
            ("company_id", "=", company.id),
            ("reason", "=", "insolvency"),
            ("declared_on", "=", False),
            ("insolvency_outcome", "=", False),
            ("date_to", "=", False),
        ]

    @api.model
    def _warn_of_deadlines(self, company, today):
        """Warn once, two weeks before its deadline, of each claim nobody declared yet."""
        holds = self.search(
            [
                *self._get_undeclared_domain(company),
                ("deadline_warned", "=", False),
                ("declaration_deadline", "<=", fields.Date.add(today, days=WARNING_DAYS)),
                ("declaration_deadline", ">=", today),
            ]
        )
        for hold in holds:
            hold.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Claim to declare by %s", format_date(self.env, hold.deadline_target)),
                user_id=hold._get_person_in_charge().id,
            )
        # Its users may not write it themselves, see OUTCOME_FIELDS of relance_hold.py.
        holds.sudo().deadline_warned = True

    @api.model
    def _warn_of_foreclosure(self, company, today):
        """Tell once of each deadline that was missed: relief is to be asked for within six months (C. com. L622-26)."""
        late = self.search(
            [
                *self._get_undeclared_domain(company),
                ("foreclosure_warned", "=", False),
                ("declaration_deadline", "<", today),
            ]
        )
        # The law extends a deadline to the next working day: until then nothing is lost.
        missed = late.filtered(lambda hold: extended(hold.declaration_deadline) < today and hold.declaration_amount)
        for hold in missed:
            hold.activity_schedule(
                "mail.mail_activity_data_warning",
                date_deadline=max(today, min(fields.Date.add(today, days=7), last_working_day(hold.relief_deadline))),
                summary=self.env._(
                    "Deadline missed: ask for relief (relevé de forclusion) before %s",
                    format_date(self.env, hold.relief_deadline),
                ),
                note=self.env._(
                    "The claim was not declared in time. The judge (juge-commissaire) may relieve a creditor who shows "
                    "that the failure is not the creditor's own, or comes from an omission in the debtor's list, if "
                    "asked within six months of the publication of the judgment (C. com. L622-26). See a lawyer soon."
                ),
                user_id=hold._get_person_in_charge().id,
            )
        # Its users may not write it themselves, see OUTCOME_FIELDS of relance_hold.py.
        missed.sudo().foreclosure_warned = True

    # === ACTION METHODS === #

    def action_freeze_declaration(self):
        """Compute the claim again from the ledger, as of the judgment: an invoice or a payment was entered late."""
        self.check_access("write")
        if any(hold.declared_on for hold in self):
            raise UserError(self.env._("This claim was declared already: what was declared stays as it is."))
        self._freeze_declaration()
        return True

    def action_print_claim(self):
        """Download the statement of the claim: as it was declared, else as the ledger says now."""
        self.ensure_one()
        if not self.declared_on:
            self.check_access("write")
            self._check_claim_letter()
            self._freeze_declaration()
            self._store_claim_letter()
        if not self.claim_attachment_id:
            raise UserError(self.env._("No statement was made before this claim was declared."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.claim_attachment_id.id}?download=true",
            "target": "download",
        }

    def action_declare(self):
        """Enter that the claim was sent today."""
        for hold in self:
            hold.declared_on = hold.company_id._relance_today()
        return True
