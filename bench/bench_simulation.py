"""The simulator on a large ledger: ``python3 dev bench simulation [DEBTORS]``."""

from dev import databases
from dev.console import SetupError, step

from . import compare
from .bench_score import print_steps

#: What the project holds itself to: a quarter of this number of debtors in less than a request may take.
DEBTORS = 2000
SECONDS = 60

#: Invoices of a debtor, as bench/rows.py makes them.
PER_DEBTOR = 5


def main(arguments):
    """Make the ledger, simulate, print the table; the status is not zero when a simulation takes a minute or more."""
    try:
        debtors = int(arguments[0]) if arguments else DEBTORS
    except ValueError as error:
        raise SetupError("usage: bench simulation [NUMBER OF DEBTORS]") from error
    rows = f"{databases.DATABASE_PREFIX}bench_simulation_rows"
    with step(f"{debtors * PER_DEBTOR} invoices of {debtors} debtors"):
        compare._make(rows, databases.base_template())
        compare._call(rows, "rows", "build", debtors * PER_DEBTOR)
    result = compare._measure("simulation", rows, "relance_fr", "simulate")
    databases.drop(rows)
    return print_steps(result, SECONDS)
