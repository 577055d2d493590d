"""What is open in the customers' accounts: instalments to be paid, credits nobody matched.

The ledger decides, not the state of payment of an invoice: a payment without a journal entry (a cheque on its way) sets
it to ``in_payment`` while its instalments stay open, without comparing amounts.
"""

from odoo.fields import Domain
from odoo.tools import SQL

#: States of payment of the invoices that may still be owed: what is in payment is not paid.
UNPAID = ("not_paid", "partial", "in_payment")

#: ``line`` of ``move`` (account_move_line, account_move) is an instalment of a customer invoice in the books.
ITEM = SQL("line.display_type = 'payment_term' AND line.parent_state = 'posted' AND move.move_type = 'out_invoice'")
#: It is open besides: something is left of it today.
OPEN_ITEM = SQL(
    """line.display_type = 'payment_term' AND line.parent_state = 'posted' AND line.reconciled IS NOT TRUE
       AND line.amount_residual_currency > 0 AND move.move_type = 'out_invoice'"""
)
#: The same of journal items.
OPEN_ITEM_DOMAIN = (
    Domain("display_type", "=", "payment_term")
    & Domain("parent_state", "=", "posted")
    & Domain("reconciled", "=", False)
    & Domain("amount_residual_currency", ">", 0)
    & Domain("move_id.move_type", "=", "out_invoice")
)

#: ``line`` (account_move_line) is an entry of the books on an account of customers.
CREDIT = SQL(
    """line.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
       AND line.parent_state = 'posted'"""
)
#: It is a credit that nobody matched yet: a payment, a credit note, an entry.
OPEN_CREDIT = SQL(
    """line.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
       AND line.parent_state = 'posted' AND line.reconciled IS NOT TRUE AND line.amount_residual_currency < 0"""
)
#: The same of journal items.
OPEN_CREDIT_DOMAIN = (
    Domain("account_id.account_type", "=", "asset_receivable")
    & Domain("parent_state", "=", "posted")
    & Domain("reconciled", "=", False)
    & Domain("amount_residual_currency", "<", 0)
)
