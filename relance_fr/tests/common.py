from datetime import date

from odoo import fields
from odoo.tests import freeze_time

from .company_common import FrenchCompanyCommon

IBAN = "FR7630006000011234567890189"


class RelanceCommon(FrenchCompanyCommon):
    """A French company, a debtor of each regime, and the verbs of a dunning story."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls._make_ready(cls.company)
        cls.standard = cls.env.ref("relance_fr.relance_calendar_standard")
        cls.company.write({"relance_calendar_id": cls.standard.id, "relance_automatic": True})
        cls.levels = {level.kind: level for level in cls.standard.level_ids}
        cls.debtor = cls._create_debtor("Menuiserie Lefèvre & Fils")
        cls.product_a.taxes_id = False

    @classmethod
    def _make_ready(cls, company):
        cls._complete(company)

    @classmethod
    def _complete(cls, company):
        """Complete ``company`` so that all leaves at once: lacks, bank and calling back have tests of their own."""
        company.write(
            {
                "street": company.street or "3 place Bellecour",
                "zip": company.zip or "69002",
                "city": company.city or "Lyon",
                "email": company.email or "compta@atelier.example.com",
                "company_registry": company.company_registry or "30326504500017",
                "report_footer": "<p>SARL au capital de 10 000 €, RCS Lyon 303 265 045</p>",
                "relance_signatory_id": company.relance_signatory_id.id or cls.env.user.id,
                "relance_bank_max_age": 0,
                "relance_recall_minutes": 0,
            }
        )
        cls.env["res.partner.bank"].create(
            {"acc_number": IBAN, "partner_id": company.partner_id.id, "company_id": company.id}
        )

    @classmethod
    def _create_debtor(cls, name, **vals):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "relance_regime": "business",
                "email": f"compta@{name.split()[0].lower()}.example.com",
                "street": "12 rue des Érables",
                "zip": "69003",
                "city": "Lyon",
                "country_id": cls.env.ref("base.fr").id,
                **vals,
            }
        )

    @classmethod
    def _create_invoice(cls, *args, **kwargs):
        """Create an invoice that was entered on its own day: one entered late waits a day."""
        invoice = super()._create_invoice(*args, **kwargs)
        if invoice.state == "posted":
            cls._enter_on(invoice, invoice.invoice_date)
        return invoice

    @classmethod
    def _enter_on(cls, invoice, day):
        """Let a posted invoice have been entered on ``day``."""
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE account_move SET relance_entered_on = %s WHERE id = %s", [day, invoice.id])
        invoice.invalidate_recordset(["relance_entered_on"])

    @classmethod
    def _invoice(cls, amount, due, partner=None, invoice_date=None, **vals):
        """Post an invoice of ``amount`` (no tax) due in one instalment on ``due`` (ISO date)."""
        due = fields.Date.to_date(due)
        return cls._create_invoice_one_line(
            price_unit=amount,
            product_id=cls.product_a,
            tax_ids=[],
            partner_id=partner or cls.debtor,
            invoice_date=invoice_date or fields.Date.subtract(due, days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
            **vals,
        )

    @classmethod
    def _pay(cls, invoice, day, amount=None):
        """Register a payment of ``amount`` (the residual by default) on ``day`` (ISO date)."""
        kwargs = {"payment_date": day} | ({"amount": amount} if amount else {})
        return cls._register_payment(invoice, **kwargs)

    def _run_on(self, day):
        """Run the daily jobs on ``day`` (ISO date); return the notices made that day."""
        known = self.env["relance.notice"].search([])
        with freeze_time(day):
            self.env["relance.run"]._cron_escalate()
            self.env["relance.run"]._cron_dispatch()
        return self.env["relance.notice"].search([]) - known

    def _statement(self, invoice, as_of):
        """Return the statement's figures as a tuple principal, penalty, indemnity, total."""
        statement = invoice.relance_statement(as_of)
        return tuple(statement[key] for key in ("principal", "penalty", "indemnity", "total"))


def day(iso):
    return date.fromisoformat(iso)
