"""``python3 dev COMMAND``: set up what the command needs, then run it inside the virtual environment.

A command is a module of this package with a function ``main(arguments)`` that returns a status.
Until the virtual environment exists only the standard library may be imported.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from dev import console, python_env  # noqa: E402 (the path comes first)

COMMANDS = {
    "bench": "bench",
    "database": "dev.databases",
    "demo": "dev.demo",
    "i18n": "dev.i18n",
    "lint": "dev.lint",
    "odoo": "dev.launcher",
    "replay": "tests.replay",
    "screenshots": "dev.screenshots",
    "setup": "dev.setup",
    "smtp": "dev.smtp",
    "stop": "dev.postgres",
    "test": "dev.test",
}


def run():
    """Run the command named first on the command line."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        raise console.SetupError(f"usage: python3 dev {{{','.join(COMMANDS)}}} ...")
    python_env.relaunch(__file__)
    # Everything else may rely on the libraries of the virtual environment.
    module = COMMANDS[sys.argv[1]]
    if importlib.util.find_spec(module) is None:
        raise console.SetupError(f"this checkout has no {module}")
    return importlib.import_module(module).main(sys.argv[2:])


if __name__ == "__main__":
    console.entry(run)
