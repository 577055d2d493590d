"""The public sample ledger through the addon, day by day: ``make replay``."""

import sys

from .paths import ROOT


def main(arguments):
    """Play it and print the totals; an argument N plays one customer in N."""
    sys.path.insert(0, str(ROOT / "tests"))
    from replay import run

    return run.main(arguments)
