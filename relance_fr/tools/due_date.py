"""The due date of a receivable line, where Odoo may hold none, or an earlier one than a public body's time to pay."""

from odoo.fields import Domain
from odoo.tools import SQL

# A line entered by hand, imported or written by another module may lack its date. Its invoice's last due date is the
# most the debtor can have been allowed; without one, what is owed without a term is due on its day (C. civ. 1305).
# Core gives every entry an `invoice_date_due`, the day it was typed: only an invoice's means something.
# A public body is not late before its own time to pay has ended, whatever was entered (CCP R2192-10 to R2192-13).
#: The due date of ``line`` (account_move_line) of ``move`` (account_move): never NULL on a posted line.
DUE_DATE = SQL(
    """GREATEST(COALESCE(line.date_maturity, CASE WHEN move.move_type <> 'entry' THEN move.invoice_date_due END,
                         move.invoice_date, line.date), move.relance_payable_until)"""
)
FALLBACKS = ("move_id.invoice_date_due", "move_id.invoice_date", "date")
PAYABLE_UNTIL = "move_id.relance_payable_until"


def due_before(day):
    """Return the domain of the receivable lines of invoices whose due date is before ``day``, as `DUE_DATE` has it."""
    domain, unknown = Domain("date_maturity", "<", day), Domain("date_maturity", "=", False)
    for name in FALLBACKS:
        domain |= unknown & Domain(name, "<", day)
        unknown &= Domain(name, "=", False)
    return domain & (Domain(PAYABLE_UNTIL, "=", False) | Domain(PAYABLE_UNTIL, "<", day))
