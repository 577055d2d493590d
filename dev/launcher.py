"""Run the real Odoo 19 with this checkout on its addons path: what ``bin/odoo`` calls.

Defaults are given as a configuration file and environment variables, so that any argument of the
caller wins over them.
"""

import os
import subprocess
import sys

from . import console, odoo_home, postgres, python_env, tools
from .paths import ROOT, cache_dir, digest


def command(*arguments):
    """Return the command line that runs Odoo with these arguments."""
    return [str(python_env.find() / "bin" / "python"), "-m", "odoo", *map(str, arguments)]


def environment():
    """Return the environment Odoo runs in: server, tools on ``PATH``, defaults in ``ODOO_RC``."""
    odoo = odoo_home.find()
    python_path = [str(odoo.python_path), os.environ.get("PYTHONPATH", "")]
    variables = {
        **os.environ,
        **tools.environment(),
        **postgres.environment(),
        "PYTHONPATH": os.pathsep.join(filter(None, python_path)),
        # Compiled once for all, and no file beside the sources: Odoo starts in half the time.
        "PYTHONPYCACHEPREFIX": str(cache_dir() / "pycache"),
        "ODOO_RC": os.environ.get("ODOO_RC") or str(_configuration(odoo)),
    }
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return variables


def addons_path(odoo):
    """Return the folders of addons: this checkout, ``RELANCE_ADDONS`` (colon-separated), Odoo's own."""
    extra = os.environ.get("RELANCE_ADDONS", "")
    return [str(ROOT), *filter(None, extra.split(os.pathsep)), *map(str, odoo.addons)]


def _configuration(odoo):
    """Write the defaults as a configuration file and return its path."""
    text = "\n".join(
        (
            "[options]",
            f"addons_path = {','.join(addons_path(odoo))}",
            f"data_dir = {postgres.data_dir()}",
            "http_interface = 127.0.0.1",
            "",
        )
    )
    path = cache_dir() / f"odoo-{digest(text)}.conf"
    if not path.exists():
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(text, encoding="utf-8")
        temporary.rename(path)
    return path


def call(*arguments, log=None, **options):
    """Run Odoo to its end and return its status.

    :param log: file that receives what it prints; by default the caller's own output
    """
    if log is None:
        return subprocess.call(command(*arguments), env=environment(), **options)
    with open(log, "wb") as stream:
        return subprocess.call(
            command(*arguments),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(console.held_locks),
            **options,
        )


def main(arguments):
    """Become Odoo."""
    sys.stdout.flush()
    os.execve(command()[0], command(*arguments), environment())
