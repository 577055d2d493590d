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

#: ``line`` (account_move_line) is a credit of customers that nobody matched yet: a payment, a credit note, an entry.
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


#: ``entry`` (account_move) is neither an invoice, a payment nor a bank movement: it may carry a debt elsewhere.
TRANSFER = SQL("entry.move_type = 'entry' AND entry.origin_payment_id IS NULL AND entry.statement_line_id IS NULL")


def sql_open_debit(line):
    """Return the condition that ``line`` (alias of account_move_line) is an open debit on an account of customers."""
    return SQL(
        """
        %(line)s.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
        AND %(line)s.parent_state = 'posted' AND %(line)s.reconciled IS NOT TRUE
        AND %(line)s.amount_residual_currency > 0
        """,
        line=SQL.identifier(line),
    )


def sql_same_debtor_debit(credit):
    """Return the query of the customers' debits that the entry of ``credit`` (alias) holds for the same debtor.

    Columns: id, amount_currency. Such an entry carries a debt from one account to another: it is no payment.
    """
    return SQL(
        """
        SELECT account_move_line.id, account_move_line.amount_currency
          FROM account_move_line
         WHERE account_move_line.move_id = %(credit)s.move_id AND account_move_line.balance > 0
           AND account_move_line.account_id IN (SELECT id FROM account_account
                                                 WHERE account_type = 'asset_receivable')
           AND account_move_line.currency_id = %(credit)s.currency_id
           AND (SELECT commercial_partner_id FROM res_partner WHERE id = account_move_line.partner_id)
             = (SELECT commercial_partner_id FROM res_partner WHERE id = %(credit)s.partner_id)
        """,
        credit=SQL.identifier(credit),
    )
