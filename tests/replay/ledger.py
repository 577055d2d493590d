"""Read the sample ledger: invoices with their due and settlement dates.

The file is looked for in ``shared/data`` next to the checkout (or next to one of its parents). Its
amounts and dates are small and old: amounts are multiplied by 100, and twelve years are added, which
keep every day count and leap year and put it where all the rates are known.
"""

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

NAME = Path("shared", "data", "receivables_ledger.csv")
YEARS = 12
FACTOR = 100

#: Days played: from the first invoice to after the last settlement.
FIRST_DAY = date(2024, 1, 3)
LAST_DAY = date(2026, 1, 31)


class Invoice(NamedTuple):
    """An invoice of the ledger. Amount in EUR; ``paid`` is the day it was settled in full."""

    number: str
    customer: str
    date: date
    due: date
    amount: Decimal
    paid: date
    disputed: bool

    @property
    def paid_late(self):
        return self.paid > self.due

    @property
    def held(self):
        """Tell whether the story puts it on hold: one disputed invoice in two, from its due date to its payment."""
        return self.disputed and self.paid_late and int(self.number) // 10 % 2 == 0

    @property
    def paid_after_the_job(self):
        """Tell whether its payment reaches the books between the daily job and the sending of that day."""
        return int(self.number) % 2 == 1

    @property
    def calendar(self):
        """Return the name of the calendar its customer is given: one in four gets the brisk one."""
        return "standard" if sum(map(ord, self.customer)) % 4 else "brisk"

    @property
    def customer_name(self):
        return f"Client {self.customer}"


def find(start):
    """Return the path of the ledger, searched from the folder ``start`` upwards; ``None`` when it is not there."""
    for folder in Path(start).resolve().parents:
        if (folder / NAME).is_file():
            return folder / NAME
    return None


def read(path):
    """Return all the invoices of the ledger, oldest first."""
    with open(path, encoding="utf-8", newline="") as stream:
        invoices = [_invoice(row) for row in csv.DictReader(stream)]
    return sorted(invoices, key=lambda invoice: (invoice.date, invoice.number))


def one_customer_in(count, invoices):
    """Return the invoices of one customer in ``count``, always the same ones."""
    kept = set(sorted({invoice.customer for invoice in invoices})[count // 2 :: count])
    return [invoice for invoice in invoices if invoice.customer in kept]


def _invoice(row):
    return Invoice(
        number=row["invoiceNumber"],
        customer=row["customerID"],
        date=_day(row["InvoiceDate"]),
        due=_day(row["DueDate"]),
        amount=Decimal(row["InvoiceAmount"]) * FACTOR,
        paid=_day(row["SettledDate"]),
        disputed=row["Disputed"] == "Yes",
    )


def _day(text):
    day = datetime.strptime(text, "%m/%d/%Y").date()
    return day.replace(year=day.year + YEARS)
