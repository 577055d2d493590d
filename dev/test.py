"""Run the tests: all of them, or those that ``T=...`` names.

Three runners, each with its own report: pytest for the law (``tests/law``), Odoo for the addon
(``relance_fr/tests``), pytest for what surrounds the addon (``tests``). The last line printed is the
sum of their counts; the status is not zero when a test or a check failed, or when no test ran.

A test is named as pytest does: ``relance_fr/tests/test_x.py::TestX::test_y``, ``tests/law``. ``--faults`` runs the
fault tests whole (``tests/faults``, which all the tests include in a smaller size) and prints their figures.
"""

import functools
import os
import subprocess
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults import report as fault_report

from . import databases, launcher, lint, odoo_log, parts, python_env
from .console import SetupError, say, step
from .odoo_log import Count
from .paths import ADDON, ROOT
from .smtp import free_port

#: Names the file that keeps the company of the addon's tests (``relance_fr/tests/company_common.py``).
_COMPANY_FILE = "RELANCE_FR_COMPANY_FILE"

#: Seconds between two lines that say how far Odoo's tests are.
_HEARTBEAT = 15


def main(arguments):
    """Run all the tests, or the ones named."""
    names = " ".join(arguments).split()
    start = time.monotonic()
    if names == ["--faults"]:
        count, checks = _faults(), []
    else:
        count, checks = _some(names) if names else _everything()
    for check in checks:
        say(f"check failed: {check}")
    say(f"tests took {time.monotonic() - start:.0f} s")
    total = count + Count(failed=len(checks))
    if not count.passed + count.failed:
        say("no test ran")
    print(total, flush=True)
    return 1 if total.failed or not count.passed else 0


def _everything():
    """Return the count of all the tests and the checks that failed.

    Each part has databases of its own, so they run beside each other, the longest first.
    """
    template, problems = _install()
    law = (60, lambda: (_pytest("law", ["tests/law"], beside=True), []))
    tasks = [law, (120, lambda: (Count(), lint.failures()))]
    if template:
        template = databases.pages_template()
        tasks += [(parts.expected(name), functools.partial(_system, name)) for name in parts.system_parts()]
        addon = parts.addon_parts()
        tasks += [
            (parts.expected(*names), functools.partial(_part, template, names, f"{number} of {len(addon)}"))
            for number, names in enumerate(addon, 1)
        ]
    tasks.sort(key=lambda task: -task[0])
    with ThreadPoolExecutor(parts.at_once()) as pool:
        results = [run.result() for run in [pool.submit(task) for _seconds, task in tasks]]
    return sum((count for count, _checks in results), Count()), problems + [
        check for _count, checks in results for check in checks
    ]


def _part(template, names, number):
    """Run files of the addon's tests."""
    return _odoo(template, ",".join(map(_tag, names)), title=f"/{ADDON.name} ({number})", files=names)


def _system(name):
    """Run a file, or a folder, of system tests."""
    start = time.monotonic()
    count = _pytest(name, [name], with_odoo=True, beside=True)
    parts.remember({name: time.monotonic() - start})
    return count, []


def _some(names):
    """Return the count of the tests named and the checks that failed."""
    count, checks = Count(), []
    for name in names:
        if not (ROOT / name.partition("::")[0]).exists():
            raise SetupError(f"no such test: {name}")
    plain = [name for name in names if not _is_addon(name)]
    if plain:
        pure = all(Path(name).parts[:2] == ("tests", "law") for name in plain)
        count += _pytest("chosen", plain, with_odoo=not pure)
    tags = [_tag(name) for name in names if _is_addon(name)]
    if tags:
        template, checks = _install()
        if not template:
            return count, checks
        template = databases.pages_template(make=False)
        counted, problems = _odoo(template, ",".join(tags))
        if not counted.passed + counted.failed and not problems:
            say("no test runs after installation: once more with -u, for those that run at installation")
            counted, problems = _odoo(template, ",".join(tags), update=True)
        count, checks = count + counted, checks + problems
    return count, checks


def _faults():
    """Run the fault tests in their full size and print the table of what happened."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder, "figures.json")
        os.environ.update(RELANCE_FAULTS="all", RELANCE_FAULTS_FIGURES=str(figures))
        count = _pytest("fault", ["tests/faults"], with_odoo=True)
        print("\n".join(fault_report.lines(figures)), flush=True)
    return count


def _is_addon(name):
    return Path(name.partition("::")[0]).parts[:1] == (ADDON.name,)


def _tag(name):
    """Return Odoo's way to name a test.

    >>> _tag("relance_fr/tests/test_x.py::TestX::test_y")
    '/relance_fr/tests/test_x.py:TestX.test_y'
    >>> _tag("relance_fr/tests/")
    '/relance_fr'
    """
    path, _, rest = name.partition("::")
    if not path.endswith(".py"):
        return f"/{ADDON.name}"
    return f"/{path}" + (f":{rest.replace('::', '.')}" if rest else "")


def _install():
    """Return the template with the addon and the failed checks; ``None`` when it cannot be installed.

    It is installed now if its files changed; what Odoo said then was kept.
    """
    try:
        name = databases.addon_template()
    except SetupError as error:
        return None, [str(error)]
    os.environ[_COMPANY_FILE] = str(databases.company_file(name))
    records = odoo_log.read(databases.log_file(name).read_text(encoding="utf-8", errors="replace"))
    return name, _report(odoo_log.problems(records), "installation")


def _odoo(template, tags, update=False, title=None, files=()):
    """Run Odoo's tests of these tags on a copy of the template; return their count and the failed checks.

    :param files: the files they are in, when they are run whole: how long each takes is remembered
    """
    title = title or tags
    port = free_port()
    database = f"{databases.DATABASE_PREFIX}test_{os.getpid()}_{int(time.time())}_{port}"
    arguments = ["-d", database, "--test-tags", tags, "--stop-after-init", "--http-port", port]
    arguments += ["--log-handler", "odoo.tests.stats:DEBUG"]
    if update:
        arguments += ["-u", ADDON.name]
    databases.create(database, template)
    databases.serve_at(database, port)
    log = databases.log_file(database)
    try:
        with step(f"Odoo's tests {title}"), _Heartbeat(log, title):
            status = launcher.call(*arguments, log=log)
    finally:
        databases.drop(database)
    records = odoo_log.read(log.read_text(encoding="utf-8", errors="replace"))
    count = odoo_log.count(records)
    seconds = odoo_log.durations(records)
    parts.remember({name: seconds[Path(name).stem] for name in files if Path(name).stem in seconds})
    checks = _report(odoo_log.problems(_without_results(records)), "tests")
    if status and not count.failed:
        checks.append(f"Odoo ended with status {status}; its log is {log}")
    if not checks and not status:
        log.unlink()
    print(f"Odoo {title}: {count}", flush=True)
    return count, checks


def _without_results(records):
    """Leave out the records that only count tests: a failure is reported where it happened."""
    return [record for record in records if record.logger != "odoo.tests.result"]


def _report(problems, where):
    """Print the problems of a log; return one line for the checks that failed, if any."""
    for record in problems:
        print(record, flush=True)
    failures = [record for record in problems if record.text.startswith(("FAIL: ", "ERROR: "))]
    others = len(problems) - len(failures)
    # A failed test is in the count of tests; only what no test reported is one more failure.
    return [f"{others} warning(s) or error(s) in Odoo's log ({where})"] if others else []


class _Heartbeat:
    """Say now and then how many tests Odoo has started."""

    def __init__(self, log, title):
        self.log = log
        self.title = title
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.done.wait(_HEARTBEAT):
            if self.log.exists():
                text = self.log.read_text(encoding="utf-8", errors="replace")
                say(f"   {self.title}: {text.count(': Starting Test')} tests started")

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_exception):
        self.done.set()
        self.thread.join()


def _pytest(title, arguments, with_odoo=False, beside=False):
    """Run pytest in a process of its own and return its count.

    :param beside: whether others run beside it: what it prints comes at its end, whole
    """
    say(f"-> {title} tests (pytest)")
    python = python_env.find() / "bin" / "python"
    environment = launcher.environment() if with_odoo else None
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [python, "-m", "pytest", "-q", f"--junit-xml={report}", *arguments]
        output = subprocess.PIPE if beside else None
        run = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, check=False)
        status = run.returncode
        if beside:
            print(f"{title}:\n{run.stdout.decode(errors='replace')}", end="", flush=True)
        count = _read_junit(report) if report.exists() else Count()
        if status not in (0, 5) and not count.failed:
            print(f"pytest ended with status {status}", flush=True)
            count += Count(failed=1)
        return count


def _read_junit(report):
    """Return the count in a JUnit report of pytest."""
    total = Count()
    keys = ("tests", "failures", "errors", "skipped")
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        run, failures, errors, skipped = (int(suite.get(key, 0)) for key in keys)
        failed = failures + errors
        # A file that cannot be read is an error without a test.
        total += Count(max(run - failed - skipped, 0), failed, skipped)
    return total
