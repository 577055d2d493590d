from decimal import Decimal

from odoo import fields, models

from ..law.mentions import FORMAL_KINDS
from ..tools.letter_format import one_line
from .relance_hold_claim import PARTS


class RelanceHold(models.Model):
    """What the statement of a claim says: parties, proceedings, figures as they were frozen, documents enclosed."""

    _inherit = "relance.hold"

    def _get_letter_moves(self):
        rows = (self.declaration or {}).get("rows", [])
        return self.env["account.move"].browse([row["move_id"] for row in rows]).exists()

    def _get_letter_amount(self):
        # Nothing is asked for: payment of these debts is forbidden (C. com. L622-7).
        return 0

    def _get_claim_reference(self):
        """Return what names the statement: DC-2026-00012."""
        self.ensure_one()
        return f"DC-{self.date_from.year}-{self._origin.id or 0:05d}"

    def _get_payment_reference(self):
        """Return what the representative may quote with a dividend."""
        return self._get_claim_reference() if self.reason == "insolvency" else super()._get_payment_reference()

    def _get_claim_addressee(self):
        """Return the creditors' representative as the window of the envelope shows him."""
        self.ensure_one()
        representative = self.administrator_id
        entity = representative.commercial_partner_id
        person = representative.name if representative != entity and representative.name != entity.name else ""
        place = representative if representative.street or representative.city else entity
        return {
            "name": one_line(entity.name or representative.display_name),
            "person": one_line(person),
            "address": self._get_letter_address(place, sender=self.company_id.partner_id),
        }

    def _get_claim_debtor(self):
        debtor = self._get_letter_debtor()
        return {
            **debtor,
            "person": "",
            "address": self._get_letter_address(self.partner_id, sender=self.company_id.partner_id),
        }

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
            "date": hold.declared_on or hold.env["relance.engine"]._today(hold.company_id),
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
                        "segments": [
                            {
                                **segment,
                                "date_from": fields.Date.to_date(segment["date_from"]),
                                "date_to": fields.Date.to_date(segment["date_to"]),
                                "rate": Decimal(segment["rate"]),
                            }
                            for segment in line["segments"]
                        ],
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
