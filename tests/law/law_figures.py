"""Published rates (legal interest, private and business creditors; ECB), and short cuts for the tests."""

from datetime import date
from decimal import Decimal

from law import RateTable, Semester, SemesterRates

PUBLISHED = {
    (2014, 1): ("0.04", "0.04", "0.25"),
    (2014, 2): ("0.04", "0.04", "0.15"),
    (2015, 1): ("4.06", "0.93", "0.05"),
    (2015, 2): ("4.29", "0.99", "0.05"),
    (2016, 1): ("4.54", "1.01", "0.05"),
    (2016, 2): ("4.35", "0.93", "0.00"),
    (2017, 1): ("4.16", "0.90", "0.00"),
    (2017, 2): ("3.94", "0.90", "0.00"),
    (2018, 1): ("3.73", "0.89", "0.00"),
    (2018, 2): ("3.60", "0.88", "0.00"),
    (2019, 1): ("3.40", "0.86", "0.00"),
    (2019, 2): ("3.26", "0.87", "0.00"),
    (2020, 1): ("3.15", "0.87", "0.00"),
    (2020, 2): ("3.11", "0.84", "0.00"),
    (2021, 1): ("3.14", "0.79", "0.00"),
    (2021, 2): ("3.12", "0.76", "0.00"),
    (2022, 1): ("3.13", "0.76", "0.00"),
    (2022, 2): ("3.15", "0.77", "0.00"),
    (2023, 1): ("4.47", "2.06", "2.50"),
    (2023, 2): ("6.82", "4.22", "4.00"),
    (2024, 1): ("8.01", "5.07", "4.50"),
    (2024, 2): ("8.16", "4.92", "4.25"),
    (2025, 1): ("7.21", "3.71", "3.15"),
    (2025, 2): ("6.65", "2.76", "2.15"),
    (2026, 1): ("6.67", "2.62", "2.15"),
    (2026, 2): ("6.84", "2.75", "2.40"),
}
FIRST_DAY = date(2014, 1, 1)
LAST_DAY = date(2026, 12, 31)
RATES = RateTable({Semester(*key): SemesterRates(*map(Decimal, row)) for key, row in PUBLISHED.items()})


def eur(text):
    """Decimal of a sum written as in the tables: "1 850.00"."""
    return Decimal(text.replace(" ", ""))


def day(text):
    return date.fromisoformat(text)


def ecb_table(figures):
    """RateTable of made-up ECB rates: {(year, half): percent}; legal rates so low that no floor bites."""
    return RateTable(
        {Semester(*key): SemesterRates(None, Decimal("0.01"), Decimal(percent)) for key, percent in figures.items()}
    )
