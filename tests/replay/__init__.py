"""A public sample ledger of receivables played through the addon, day by day: ``make replay``.

``ledger``    reads the file, found beside the checkout and never copied
``story``     plays it inside Odoo: invoices, payments, disputes, the daily jobs, the accountant's approvals
``expected``  tells, without the addon, every notice that must leave and every figure that is owed
``checks``    holds what happened against it
``faults``    a small story made by hand, and what the checks must find in it
``run``       all of it on a database of its own, with the totals
"""


def main(arguments):
    """Play the whole ledger and print what came out; see :func:`run.main`."""
    from . import run

    return run.main(arguments)
