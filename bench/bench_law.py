"""Measure the law package alone: 10 000 instalments, three payments each, late by two years.

    python3 bench/bench_law.py [instalments]

Prints, for each way of counting, the number of instalments and of segments and the CPU seconds of the best of
three runs. No Odoo, no database.
"""

import importlib
import random
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

# The package is loaded by itself: importing the addon around it would import Odoo.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "relance_fr"))
law = importlib.import_module("law")

AS_OF = date(2026, 11, 22)
ECB = {2024: ("4.50", "4.25"), 2025: ("3.15", "2.15"), 2026: ("2.15", "2.40")}
LEGAL = {2024: ("5.07", "4.92"), 2025: ("3.71", "2.76"), 2026: ("2.62", "2.75")}
RATES = law.RateTable(
    {
        law.Semester(year, half): (None, Decimal(LEGAL[year][half - 1]), Decimal(ECB[year][half - 1]))
        for year in ECB
        for half in (1, 2)
    }
)
CASES = {
    "business, ECB + 10": ("business", law.STATUTORY),
    "business, 12 % clause": ("business", law.STATUTORY._replace(basis="fixed", rate=Decimal(12))),
    "business, interest first": ("business", law.STATUTORY._replace(imputation="interest")),
    "business, actual days": ("business", law.STATUTORY._replace(day_base="actual")),
    "public": ("public", law.STATUTORY),
}


def instalments(count):
    """Return (principal, due date, payments) of `count` instalments due two years ago, always the same."""
    draw = random.Random(19)
    made = []
    for _ in range(count):
        cents = draw.randrange(10_000, 2_000_000)
        due = AS_OF - timedelta(days=730 + draw.randrange(-20, 20))
        payments = [
            (due + timedelta(days=draw.randrange(1, 700)), Decimal(cents // draw.randrange(5, 9)) / 100)
            for _ in range(3)
        ]
        made.append((Decimal(cents) / 100, due, payments))
    return made


def measure(regime, terms, work):
    """Return (segments, CPU seconds) of accruing `work` once."""
    started = time.process_time()
    segments = 0
    for principal, due, payments in work:
        segments += len(law.accrue(principal, due, AS_OF, regime, RATES, terms, payments).segments)
    return segments, time.process_time() - started


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    work = instalments(count)
    print(f"{'case':<26}{'instalments':>12}{'segments':>10}{'CPU s':>8}")
    for name, (regime, terms) in CASES.items():
        segments, seconds = min((measure(regime, terms, work) for _ in range(3)), key=lambda run: run[1])
        print(f"{name:<26}{count:>12}{segments:>10}{seconds:>8.2f}")


if __name__ == "__main__":
    main()
