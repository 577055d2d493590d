"""The nightly job of scores, segments and alerts on a large ledger: ``python3 dev bench score [DEBTORS]``."""

from dev import databases
from dev.console import SetupError, step

from . import compare

#: What the project holds itself to: this number of debtors in less than a minute.
DEBTORS = 50_000
SECONDS = 60

#: Invoices of a debtor, as bench/rows.py makes them; one of them stays open.
PER_DEBTOR = 5

_FORMAT = "{:<22}{:>9}{:>12}{:>10}{:>12}{:>9}{:>9}"


def main(arguments):
    """Make the ledger, run the job, print the table; the status is not zero when a night takes a minute or more."""
    try:
        debtors = int(arguments[0]) if arguments else DEBTORS
    except ValueError as error:
        raise SetupError("usage: bench score [NUMBER OF DEBTORS]") from error
    rows = f"{databases.DATABASE_PREFIX}bench_score_rows"
    with step(f"{debtors * PER_DEBTOR} invoices of {debtors} debtors, four of five paid"):
        compare._make(rows, databases.base_template())
        compare._call(rows, "rows", "build", debtors * PER_DEBTOR)
        compare._call(rows, "score", "pay")
    result = compare._measure("score", rows, "relance_fr", "score")
    databases.drop(rows)
    return print_steps(result, SECONDS)


def print_steps(result, seconds):
    """Print what was measured; return a status that is not zero when a step took ``seconds`` or more."""
    print(_FORMAT.format("step", "debtors", "statements", "Python s", "database s", "clock s", "peak MB"))
    for measured in result["steps"]:
        keys = ("step", "count", "statements", "python_s", "database_s", "clock_s", "peak_mb")
        print(_FORMAT.format(*(measured[key] if key in keys[:3] else round(measured[key], 1) for key in keys)))
    print("made: " + ", ".join(f"{count} {name}" for name, count in result["made"].items()), flush=True)
    return int(any(measured["clock_s"] >= seconds for measured in result["steps"]))
