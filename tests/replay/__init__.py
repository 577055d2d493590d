"""A public sample ledger of receivables played through the addon, day by day.

``ledger``    reads the file, found beside the checkout and never copied
``story``     plays it inside Odoo: invoices, payments, disputes, the daily jobs, the accountant's approvals
``expected``  tells, without the addon, every notice that must leave and every figure that is owed
``checks``    holds what happened against it
``run``       the whole of it on a database of its own; ``make replay`` prints its totals
"""
