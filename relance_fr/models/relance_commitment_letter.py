from odoo import api, fields, models
from odoo.tools.image import image_data_uri

from ..tools.letter_format import one_line
from ..tools.letter_pdf import Document


class RelanceCommitment(models.Model):
    """The letter of a plan: the debt recognised, the schedule, the clauses, the signatures."""

    _name = "relance.commitment"
    _inherit = ["relance.commitment", "relance.letter"]

    contact_id = fields.Many2one("res.partner", string="Addressee", compute="_compute_contact_id")
    lang = fields.Char(compute="_compute_contact_id")

    @api.depends("partner_id", "company_id")
    def _compute_contact_id(self):
        for commitment in self:
            debtor = commitment.partner_id.with_company(commitment.company_id)
            commitment.contact_id = debtor and debtor._get_relance_contact()
            # A salesperson need not read the whole card; a debtor who signs reads none.
            commitment.lang = commitment.contact_id.sudo().lang or debtor.sudo().lang

    # === VALUES === #

    def _get_letter_moves(self):
        return self.move_ids

    def _get_letter_amount(self):
        """Return what is left of the instalment to pay next."""
        line = self._get_next_instalment()
        return line.amount - line.paid_amount

    def _get_next_instalment(self):
        """Return the oldest instalment that is not paid, the first one when all are."""
        self.ensure_one()
        lines = self.line_ids.sorted(lambda line: (line.date, line.id))
        return lines.filtered(lambda line: line.state != "paid")[:1] or lines[:1]

    def _get_plan_reference(self):
        """Return what names the plan in letters, file names and transfers: PLAN-2026-00012."""
        self.ensure_one()
        return f"PLAN-{self.date.year}-{self._origin.id or 0:05d}"

    def _get_payment_reference(self):
        """Return what the debtor is to quote with each instalment."""
        return self._get_plan_reference()

    def _get_letter_values(self):
        """Return what the letter, the portal page and the e-mails of a plan print, as a plain dict.

        ``creditor``, ``debtor``, ``contact``, ``signatory``, ``payment`` as in a notice; ``debts`` and
        ``instalments``: dicts of figures (floats); ``next_payment``: date and amount; ``totals``: ``principal``,
        ``penalty``, ``indemnity``, ``debt``, ``covered``, ``promised``; ``charged``: penalties are part of the debt;
        ``interest``: "runs" or "waived", as the claim obeys it; ``regime``; ``signed``: who, date and image, or False.
        """
        self.ensure_one()
        lang = self._get_letter_lang()
        plan = self.with_company(self.company_id).with_context(lang=lang, bin_size=False)
        return {
            "number": plan._get_plan_reference(),
            "date": plan.date,
            "lang": lang,
            "kind": plan.kind,
            "currency": plan.currency_id.name,
            "regime": plan.partner_id.relance_regime or "business",
            "creditor": plan._get_letter_creditor(),
            "debtor": plan._get_letter_debtor(),
            "contact": plan._get_letter_contact(),
            "signatory": plan._get_letter_signatory(),
            "given_by": one_line(plan.given_by),
            "debts": [plan._get_letter_debt(debt) for debt in plan.debt_ids],
            "instalments": [
                {
                    "rank": rank,
                    "date": line.date,
                    "amount": line.amount,
                    "paid": line.paid_amount,
                    "state": line.state,
                }
                for rank, line in enumerate(plan.line_ids.sorted(lambda line: (line.date, line.id)), 1)
            ],
            "next_payment": {"date": plan._get_next_instalment().date, "amount": plan._get_letter_amount()},
            "totals": {
                "principal": plan.base_amount,
                "penalty": plan.penalty_amount,
                "indemnity": plan.indemnity_amount,
                "debt": plan.debt_amount,
                "covered": plan.covered_amount,
                "promised": plan.promised_amount,
            },
            # Penalties and indemnity are part of the debt.
            "charged": bool(plan.penalty_amount or plan.indemnity_amount),
            "interest": plan._get_effective_interest(),
            "payment": plan._get_letter_payment(),
            "signed": plan._get_letter_signature(),
        }

    def _get_effective_interest(self):
        """Return what the claim obeys: only a plan that covers the whole principal waives interest."""
        self.ensure_one()
        whole = self.currency_id.compare_amounts(self.covered_amount, self.base_amount) >= 0
        return self.interest if whole and self.kind == "plan" else "runs"

    def _get_letter_debt(self, debt):
        """Return the figures of one invoice, as frozen on the day of the plan (floats)."""
        return {
            "invoice": debt.invoice_name,
            "invoice_date": debt.invoice_date,
            "due_date": debt.date_due,
            "invoiced": debt.invoiced_amount,
            "principal": debt.principal_amount,
            "penalty": debt.penalty_amount,
            "indemnity": debt.indemnity_amount,
            "total": debt.principal_amount + debt.penalty_amount + debt.indemnity_amount,
        }

    def _get_letter_signature(self):
        """Return who signed online, in what capacity, the day and the image (data URI); False for what was not."""
        self.ensure_one()
        if not self.signature:
            return False
        who = f"{self.signed_by} ({self.signed_capacity})" if self.signed_capacity else self.signed_by
        return {"who": who, "date": self.signed_date, "image": image_data_uri(self.signature)}

    # === RENDERING === #

    def _prepare_letter_documents(self):
        """Return ``{plan id: Document}``: the HTML of each letter, its title and its footer."""
        style = self._get_letter_style()
        documents = {}
        for plan in self:
            values = plan._get_letter_values()
            title = one_line(f"{values['number']} - {values['debtor']['name']}")[:120].strip()
            html = plan._render_letter_template(
                "relance_fr.plan_document", values, images=plan._get_letter_images(), title=title, **style
            )
            documents[plan.id] = Document(html, title, values["number"])
        return documents

    def _get_letter_body_html(self):
        """Return the letter as a fragment, for the report action on screen."""
        self.ensure_one()
        return self._render_letter_template(
            "relance_fr.plan_body", self._get_letter_values(), images=self._get_letter_images()
        )

    def _get_portal_html(self):
        """Return what the debtor reads on the portal before he signs, as HTML."""
        self.ensure_one()
        return self._render_letter_template("relance_fr.portal_plan_content", self._get_letter_values())
