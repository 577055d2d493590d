"""Check the sources without running them: ``make lint``.

Every check is run, each says in one line whether it passed; the status is not zero when one failed.
"""

import os
import subprocess

from . import i18n, launcher, lint_xml, odoo_home, python_env
from .console import SetupError, say
from .paths import ADDON, ROOT

#: Odoo's own checkers, part of its addon ``test_lint``.
_ODOO_CHECKERS = ("_odoo_checker_sql_injection", "_odoo_checker_gettext", "_odoo_checker_unlink_override")
_ODOO_MESSAGES = ("E8501", "E8502", "E8503", "E8505", "E8506", "E8507")

#: Checks of pylint-odoo that are not this repository's way: it has one README, at its root; and the
#: register's notices are one model in several files, one phase each. (In .pylintrc they could not be left out
#: of the group they belong to.)
_NOT_OURS = ("missing-readme", "consider-merging-classes-inherited")


def main(_arguments):
    """Run every check and return the status."""
    return 1 if failures() else 0


def failures():
    """Run every check, print what each found, and return the names of those that failed."""
    checks = {
        "ruff check": lambda: _tool("ruff", "check", "--no-cache", "--quiet", "--output-format=concise", "."),
        "ruff format": lambda: _tool("ruff", "format", "--no-cache", "--check", "--output-format=concise", "."),
        "pylint-odoo": _pylint_odoo,
        "Odoo's own checkers": _odoo_checkers,
        "XML": lambda: "\n".join(lint_xml.problems(ADDON)),
        "upgrade_code": _upgrade_code,
        "translations": lambda: "\n".join(i18n.problems()),
    }
    failed = []
    for name, check in checks.items():
        try:
            found = check().strip()
        except SetupError as error:
            found = str(error)
        say(f"lint: {name}: {'failed' if found else 'ok'}")
        if found:
            print(found, flush=True)
            failed.append(name)
    return failed


def _tool(name, *arguments, **variables):
    """Run a tool of the virtual environment in the checkout; return what it found, or ``""``."""
    python = python_env.find() / "bin"
    command = [python / name] if name == "ruff" else [python / "python", "-m", name]
    environment = {**os.environ, **variables}
    result = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    if not result.returncode:
        return ""
    return result.stdout + result.stderr or f"{name} ended with status {result.returncode}"


def _pylint_odoo():
    """Run pylint-odoo on the addon; tests need not be translated, in their folders either."""
    code = _tool("pylint", f"--disable={','.join(_NOT_OURS)}", "--ignore=tests", ADDON.name)
    unasked = ",".join((*_NOT_OURS, "translation-required"))
    return code + _tool("pylint", f"--disable={unasked}", f"{ADDON.name}/tests")


def _odoo_checkers():
    """Run the checkers Odoo runs on itself; an Odoo without ``test_lint`` has none."""
    folder = _odoo_addon("test_lint") / "tests"
    if not folder.is_dir():
        return ""
    options = ["--rcfile=/dev/null", "--disable=all", "--score=no"]
    options += [f"--load-plugins={','.join(_ODOO_CHECKERS)}", f"--enable={','.join(_ODOO_MESSAGES)}"]
    path = os.pathsep.join((str(folder), str(odoo_home.find().python_path)))
    return _tool("pylint", *options, ADDON.name, PYTHONPATH=path)


def _odoo_addon(name):
    """Return the folder of one of Odoo's addons."""
    odoo = odoo_home.find()
    folders = [odoo.python_path / "odoo" / "addons", *odoo.addons]
    return next((path / name for path in folders if (path / name).is_dir()), folders[0] / name)


def _upgrade_code():
    """Ask Odoo which files of the addon still hold the ways of an older version."""
    command = launcher.command("upgrade_code", "--from", "17.0", "--dry-run", "--glob", f"{ADDON.name}/**/*")
    environment = launcher.environment()
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode and not result.stdout:
        return result.stderr
    return result.stdout.replace(f"{ROOT}{os.sep}", "")
