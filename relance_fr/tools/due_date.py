"""The due date of a receivable line, where Odoo may hold none."""

from odoo.fields import Domain
from odoo.tools import SQL

# A line entered by hand, imported or written by another module may lack its date. Its invoice's last due date is the
# most the debtor can have been allowed; without one, what is owed without a term is due on its day (C. civ. 1305).
# Core gives every entry an `invoice_date_due`, the day it was typed: only an invoice's means something.
#: The due date of ``line`` (account_move_line) of ``move`` (account_move): never NULL on a posted line.
DUE_DATE = SQL(
    """COALESCE(line.date_maturity, CASE WHEN move.move_type <> 'entry' THEN move.invoice_date_due END,
                move.invoice_date, line.date)"""
)
FALLBACKS = ("move_id.invoice_date_due", "move_id.invoice_date", "date")


def due_before(day):
    """Return the domain of the receivable lines of invoices whose due date is before ``day``, as `DUE_DATE` has it."""
    domain, unknown = Domain("date_maturity", "<", day), Domain("date_maturity", "=", False)
    for name in FALLBACKS:
        domain |= unknown & Domain(name, "<", day)
        unknown &= Domain(name, "=", False)
    return domain
