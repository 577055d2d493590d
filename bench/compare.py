"""Make the rows, run each side on its own copy of them, print the table."""

import os
import sys

from dev import build, databases, launcher, scripts
from dev.console import SetupError, run, say, step
from dev.paths import ROOT, cache_dir

from . import report

PEER = "odoo-addon-account-credit-control"
PEER_VERSION = "19.0.1.0.0.13"

#: Open instalments, five a debtor: both sides. A larger number on the command line: ours alone.
SIZES = (2500, 10_000)
LARGEST_FOR_PEER = 10_000
LETTERS = 50
#: E-mails of the peer that are measured, without and with the PDF its template attaches: it takes too long for all.
PEER_MAILS, PEER_MAILS_WITH_PDF = 100, 5

_PREFIX = f"{databases.DATABASE_PREFIX}bench"

_CODE = """
import sys
sys.path.insert(0, values["root"])
from bench import {module}
result = {module}.{function}(env, *values["arguments"])
"""


def main(arguments):
    """Compare at :data:`SIZES`, or at the numbers of instalments given, and print the table."""
    sizes = _sizes(arguments)
    peer = _fetch_peer()
    results = []
    for size in sizes:
        rows = f"{_PREFIX}_rows"
        with step(f"{size} open instalments of {size // 5} debtors"):
            _make(rows, databases.base_template())
            _call(rows, "rows", "build", size)
        results.append(("ours", size, _measure("ours", rows, "relance_fr", "email")))
        if size == sizes[0]:
            letters = _measure("ours", rows, "relance_fr", "letters", LETTERS)
        if size <= LARGEST_FOR_PEER:
            os.environ["RELANCE_ADDONS"] = str(peer / "odoo" / "addons")
            arguments = (PEER_MAILS, PEER_MAILS_WITH_PDF)
            results.append(("peer", size, _measure("peer", rows, "account_credit_control", "email", *arguments)))
            del os.environ["RELANCE_ADDONS"]
        databases.drop(rows)
    print("\n".join(report.lines(results, letters, f"{PEER} {PEER_VERSION}")), flush=True)
    missed = report.missed(results)
    for sentence in missed:
        print(f"bound not kept: {sentence}", flush=True)
    return 1 if missed else 0


def _sizes(arguments):
    try:
        sizes = [int(argument) for argument in arguments] or list(SIZES)
    except ValueError as error:
        raise SetupError("usage: bench [NUMBER OF INSTALMENTS ...]") from error
    if any(size < 500 or size % 5 for size in sizes):
        raise SetupError("numbers of instalments are multiples of 5, from 500 on")
    return sizes


def _fetch_peer():
    """Return the folder of the peer in the cache, fetched from the package index when missing."""

    def install(folder):
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        run([*pip, "--target", folder, f"{PEER}=={PEER_VERSION}"], "check pip's access to its package index")

    return build.folder(cache_dir() / f"{PEER}-{PEER_VERSION}", f"fetching {PEER}", install)


def _measure(module, rows, addon, function, *arguments):
    """Run one side in a process of its own, on its own copy of the rows, its addon freshly installed."""
    database = f"{_PREFIX}_{module}"
    with step(f"{addon}: {function}"):
        _make(database, rows)
        log = cache_dir() / "logs" / f"{database}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        if launcher.call("-d", database, "-i", addon, "--stop-after-init", "--no-http", log=log):
            raise SetupError(f"Odoo could not install {addon}; read {log}")
        result = _call(database, module, function, *arguments)
    databases.drop(database)
    return result


def _make(database, template):
    databases.drop(database)
    databases.create(database, template)


def _call(database, module, function, *arguments):
    try:
        result, _log = scripts.run(
            database, _CODE.format(module=module, function=function), root=str(ROOT), arguments=arguments
        )
    except scripts.ScriptError as error:
        say(str(error))
        raise SetupError(f"bench/{module}.py failed on {database}, as said above") from error
    return result
