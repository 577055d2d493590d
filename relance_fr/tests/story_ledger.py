from odoo.fields import Command

from .plan_common import PlanCommon
from .story_verbs import VerbsMixin, verb

DAY = r"(?:\d{4}-)?\d\d-\d\d"
SUM = r"\d+(?:\.\d+)?"
NAMES = r"[A-Z](?:, [A-Z])*"


class LedgerMixin(VerbsMixin, PlanCommon):
    """What happens in the ledger: invoices, payments, credit notes. The debtor of the stories is a business."""

    # === INVOICES === #

    @verb(
        rf"invoice (?P<name>\w+) (?P<amount>{SUM}) due (?P<due>{DAY})(?: issued (?P<issued>{DAY}))?"
        rf"(?: delivered (?P<delivered>{DAY}))?"
        r"(?: in (?P<currency>[A-Z]{3}))?(?: for (?P<debtor>\w+))?(?: by (?P<company>\w+))?"
    )
    def issue(self, name, amount, due, issued=None, delivered=None, currency=None, debtor=None, company=None):
        """Post an invoice without tax, of 30 days unless it says when it was issued."""
        vals = self._get_company_vals(company) | self._get_currency_vals(currency)
        issued = self.day_of(issued) if issued else None
        if delivered:
            vals["delivery_date"] = self.day_of(delivered)
        self.invoices[name] = self._invoice(float(amount), self.day_of(due), self.debtor_of(debtor), issued, **vals)

    @verb(rf"invoice (?P<name>\w+) (?P<amount>{SUM}) in instalments (?P<parts>.*)")
    def issue_in_instalments(self, name, amount, parts):
        """Post an invoice of today; ``parts``: "40 % after 15 days, 60 % after 45 days"."""
        steps = [part.split() for part in parts.split(", ")]
        term = self.env["account.payment.term"].create(
            {
                "name": parts,
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": float(step[0]), "nb_days": int(step[3])})
                    for step in steps
                ],
            }
        )
        self.invoices[name] = self._create_invoice_one_line(
            price_unit=float(amount), product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date=self.today, invoice_payment_term_id=term, post=True,
        )  # fmt: skip

    @verb(rf"invoice (?P<name>\w+) (?P<amount>{SUM}) with (?P<percent>\d+) % off within (?P<days>\d+) days")
    def issue_with_discount(self, name, amount, percent, days):
        """Post an invoice of today, due in 30 days, with an early payment discount."""
        term = self.env["account.payment.term"].create(
            {
                "name": f"{percent} % {days} days", "early_discount": True, "discount_percentage": float(percent),
                "discount_days": int(days),
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )  # fmt: skip
        self.invoices[name] = self._create_invoice_one_line(
            price_unit=float(amount), product_id=self.product_a, tax_ids=[], partner_id=self.debtor,
            invoice_date=self.today, invoice_payment_term_id=term, post=True,
        )  # fmt: skip

    @verb(rf"opening entry of (?P<amount>{SUM}) due (?P<due>{DAY})")
    def open_debt(self, amount, due):
        """Post an entry that the debtor owes, which is no invoice."""
        accounts = self.company_data["default_account_receivable"], self.company_data["default_account_revenue"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry", "date": self.today,
                "line_ids": [
                    Command.create(
                        {"account_id": account.id, "balance": balance, "partner_id": self.debtor.id,
                         "date_maturity": self.day_of(due)}
                    )
                    for account, balance in zip(accounts, (float(amount), -float(amount)), strict=True)
                ],
            }
        )  # fmt: skip
        entry.action_post()

    @verb(r"reset (?P<name>\w+) to draft")
    def reset(self, name):
        self.invoices[name].button_draft()

    @verb(rf"post (?P<name>\w+) again(?: for (?P<amount>{SUM}))?")
    def post_again(self, name, amount=None):
        invoice = self.invoices[name]
        if amount:
            invoice.invoice_line_ids.price_unit = float(amount)
        invoice.action_post()

    @verb(r"(?P<name>[A-Z]) is cancelled")
    def cancel(self, name):
        self.invoices[name].button_draft()
        self.invoices[name].button_cancel()

    @verb(rf"(?P<name>[A-Z]) falls due (?P<day>{DAY}) instead")
    def postpone(self, name, day):
        """Change the due date in the journal items of the posted invoice."""
        self._instalments(self.invoices[name]).date_maturity = self.day_of(day)

    # === PAYMENTS === #

    @verb(rf"(?P<name>\w+) is paid(?: (?P<amount>{SUM}))?(?: on (?P<day>{DAY}))?")
    def pay(self, name, amount=None, day=None):
        """Register a payment, with its entry, matched with the invoice."""
        amount = float(amount) if amount else None
        self.payments[name] = self._pay(self.invoices[name], self.day_of(day) if day else self.today, amount)

    @verb(rf"bank shows (?P<amount>{SUM}) for (?P<name>\w+)(?: on (?P<day>{DAY}))?")
    def bank_pays(self, amount, name, day=None):
        """Match a line of the bank statement with the invoice itself, what is due first."""
        open_lines = self._instalments(self.invoices[name]).filtered(lambda line: not line.reconciled)
        day = self.day_of(day) if day else self.today
        suspense = self._bank_line(day, float(amount), self.invoices[name].partner_id)
        suspense.account_id = open_lines.account_id
        (suspense + open_lines).reconcile()

    @verb(rf"bank shows (?P<amount>{SUM}) of nobody(?: on (?P<day>{DAY}))?")
    def bank_line(self, amount, day=None):
        """Import a line of the bank statement that matches nothing."""
        self._bank_line(self.day_of(day) if day else self.today, float(amount))

    @verb(rf"bank shows (?P<amount>{SUM}) of the debtor")
    def bank_line_of_debtor(self, amount):
        """Import a line of the bank statement that names the debtor and that nobody matched."""
        self._bank_line(self.today, float(amount), self.debtor)

    @verb(rf"(?P<amount>{SUM}) are paid back")
    def pay_back(self, amount):
        """Register a payment to the debtor, matched with nothing."""
        self.env["account.payment"].create(
            {
                "payment_type": "outbound", "partner_type": "customer", "partner_id": self.debtor.id,
                "amount": float(amount), "date": self.today, "journal_id": self.bank.id,
            }
        ).action_post()  # fmt: skip

    @verb(rf"bank shows the payment of (?P<name>\w+) on (?P<day>{DAY})")
    def clear(self, name, day):
        """Match the registered payment with the line of the bank statement that shows it."""
        self._clear(self.payments[name], self.day_of(day))

    @verb(rf"payment of (?P<amount>{SUM}) for (?P<name>\w+) is on its way")
    def pay_without_entry(self, amount, name):
        self.payments[name] = self._pay_without_entry(self.invoices[name], self.today, float(amount))

    @verb(r"payment of (?P<name>\w+) comes back")
    def payment_back(self, name):
        """Cancel the payment: a cheque bounced, a direct debit was refused."""
        self.payments[name].action_cancel()

    @verb(rf"payment of (?P<amount>{SUM}) on account(?: from (?P<debtor>\w+))?")
    def pay_on_account(self, amount, debtor=None):
        self.credit = self._pay_on_account(self.today, float(amount), self.debtor_of(debtor))

    # === CREDITS === #

    @verb(rf"credit note of (?P<amount>{SUM}) on (?P<name>\w+)")
    def credit_invoice(self, amount, name):
        """Post a credit note made of the invoice and match it; Odoo matches that of the whole by itself."""
        invoice = self.invoices[name]
        credit_note = self._credit_note(float(amount), self.today, invoice.partner_id, reversed_entry_id=invoice.id)
        lines = self._instalments(credit_note) + self._instalments(invoice)
        lines.filtered(lambda line: not line.reconciled).reconcile()

    @verb(rf"credit note of (?P<amount>{SUM}) unmatched")
    def credit_debtor(self, amount):
        self.credit = self._credit_note(float(amount), self.today)

    @verb(r"credit is matched with (?P<name>\w+)")
    def match_credit(self, name):
        """Match the last payment on account, or unmatched credit note, with an invoice."""
        entry = self.credit.move_id if self.credit._name == "account.payment" else self.credit
        credit = entry.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        (credit + self._instalments(self.invoices[name])).reconcile()

    # === PARTIES === #

    @verb(r"contact (?P<name>\w+)")
    def add_contact(self, name):
        """Make a contact of the debtor, to whom invoices are made out."""
        vals = {"parent_id": self.debtor.id, "is_company": False, "type": "other"}
        self.debtors[name] = self._create_debtor(name, **vals)

    def invoices_of(self, names):
        return self.env["account.move"].union(*(self.invoices[name] for name in names.split(", ")))

    def debtor_of(self, name):
        return self.debtors.get(name, self.debtor) if name else self.debtor

    def _get_currency_vals(self, code):
        if not code:
            return {}
        # Two units of the foreign currency for a euro, ever since.
        return {"currency_id": self.setup_other_currency(code, rates=[("2020-01-01", 2.0)]).id}

    def _get_company_vals(self, name):
        """Return the values of an invoice of another company that shares its customers, made when it is first named."""
        if not name:
            return {}
        if name not in self.companies:
            data = self.setup_other_company(name=name)
            self.companies[name] = data["company"]
            data["company"].write({"relance_calendar_id": self.standard.id, "relance_automatic": True})
            self.journals[name] = data["default_journal_sale"]
        return {"company_id": self.companies[name].id, "journal_id": self.journals[name].id}
