"""Inside Odoo: what happens on a day of the demo, one method for each kind of event of ``dev/demo_ledger.py``."""

from . import demo_data
from .demo_ledger import day_of


class Acts:
    """The acts of the debtors, of the company and of its accountant.

    :param build: the :class:`dev.demo_build.Build` whose debtors live the story
    :param last_day: the day everything is told from
    """

    def __init__(self, build, last_day):
        self.build, self.env, self.last_day = build, build.env, last_day
        self.invoices = {}
        self.today = None
        compta = build.users["compta"]
        self.accountant = self.env(user=compta.id, context={"lang": compta.lang, "tz": compta.tz})

    # -- what debtors and the company do

    def sale(self, sale):
        """Issue an invoice."""
        build, debtor = self.build, self.build.debtors[sale.debtor]
        currency = demo_data.DEBTORS[sale.debtor].get("currency", "EUR")
        lines = [
            (0, 0, {"product_id": build.products[code].id, "quantity": quantity})
            for code, quantity in sale.products.items()
        ]
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": debtor.id,
                "invoice_date": self.today,
                "date": self.today,
                "invoice_payment_term_id": build.terms[sale.terms].id,
                "currency_id": self.env.ref(f"base.{currency}").id,
                "invoice_user_id": build.users["facturation"].id,
                "ref": f"BC-{self.today:%y%m}-{len(self.invoices) + 101}",
                "invoice_line_ids": lines,
            }
        )
        invoice.action_post()
        self.invoices[sale.name] = invoice

    def payment(self, sale, share=100):
        """Receive money for an invoice on the bank statement and match it."""
        invoice = self.invoices[sale]
        amount = invoice.currency_id.round(invoice.amount_residual * share / 100)
        due = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term" and not line.reconciled)
        entry = self._bank_line(f"VIR {invoice.name}", amount, due.account_id[:1], invoice.partner_id)
        counterpart = entry.line_ids.filtered(lambda line: line.account_id == due.account_id[:1])
        (due + counterpart).reconcile()

    def on_account(self, debtor, amount):
        """Receive money that nobody matches with an invoice."""
        partner = self.build.debtors[debtor]
        self._bank_line("VIR ACOMPTE SANS REFERENCE", amount, partner.property_account_receivable_id, partner)

    def cheque(self, sale):
        """Register a cheque, which the bank statement does not show yet."""
        invoice = self.invoices[sale]
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        values = {"payment_date": self.today, "journal_id": self.build.journal.id, "communication": "Chèque"}
        register.create(values)._create_payments()

    def credit_note(self, sale, share, reason):
        """Credit part of an invoice."""
        invoice = self.invoices[sale]
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        values = {"reason": reason, "journal_id": invoice.journal_id.id, "date": self.today}
        action = wizard.create(values).refund_moves()
        credit = self.env["account.move"].browse(action["res_id"])
        for line in credit.invoice_line_ids:
            line.quantity = line.quantity * share / 100
        credit.action_post()
        receivable = (invoice + credit).line_ids.filtered(lambda line: line.display_type == "payment_term")
        receivable.filtered(lambda line: not line.reconciled).reconcile()

    # -- what the accountant notes

    def insolvency(self, debtor, note):
        """Enter the insolvency of a debtor, published on the day of the judgment."""
        self._hold(
            "insolvency",
            note,
            partner_id=self.build.debtors[debtor].id,
            insolvency_kind="receivership",
            court="Tribunal de commerce de Chalon-sur-Saône",
            publication_date=self.today,
            administrator_id=self.accountant["res.partner"]
            .create({**demo_data.REPRESENTATIVE, "country_id": self.env.ref("base.fr").id})
            .id,
        )

    def dispute(self, sale, note):
        """Enter the dispute of an invoice."""
        self._hold("dispute", note, move_id=self.invoices[sale].id, category="quality")

    def _hold(self, reason, note, **scope):
        # Proceedings too: their dialog asks for nothing more.
        self.accountant["relance.hold"].sudo().create(
            {"reason": reason, "note": note, "date_from": self.today, **scope}
        )

    def commitment(self, sale, payments, note):
        """Enter a promise or a plan: ``payments`` are (days ago, percent of what is due)."""
        invoice = self.invoices[sale]
        lines = [
            (
                0,
                0,
                {
                    "date": day_of(self.last_day, ago),
                    "amount": invoice.currency_id.round(invoice.amount_residual * share / 100),
                },
            )
            for ago, share in payments
        ]
        if sum(share for _ago, share in payments) == 100:
            # The last payment takes the rounding.
            earlier = sum(line[2]["amount"] for line in lines[:-1])
            lines[-1][2]["amount"] = invoice.currency_id.round(invoice.amount_residual - earlier)
        self.accountant["relance.commitment"].create(
            {
                "partner_id": invoice.commercial_partner_id.id,
                "move_ids": [(6, 0, invoice.ids)],
                "date": self.today,
                "line_ids": lines,
                "note": note,
            }
        )

    # -- accounting

    def _bank_line(self, label, amount, account, partner=None):
        """Enter a line of the bank statement on ``account`` and return its journal entry."""
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.build.journal.id,
                "date": self.today,
                "payment_ref": label,
                "amount": amount,
                "partner_id": partner.id if partner else False,
                "counterpart_account_id": account.id,
            }
        )
        return line.move_id

    def _account(self, code):
        return self.env["account.account"].search([("code", "=", code)], limit=1)
