"""The virtual environment: Odoo's Python dependencies and the tools of the tests, at pinned versions."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import build
from .console import SetupError, run
from .paths import ROOT, cache_dir, digest

REQUIREMENTS = ROOT / "dev" / "requirements.in"
LOCK = ROOT / "dev" / "requirements.lock"

_SUPPORTED = ((3, 10), (3, 13))
_ADVICE = "set PYTHON to a Python 3.10 to 3.13 that has pip"


def find():
    """Return the folder of the virtual environment, built when missing."""
    python, version = _python()
    key = digest(REQUIREMENTS.read_bytes(), LOCK.read_bytes(), python, version)
    target = cache_dir() / f"python-{version}-{key}"
    title = f"installing the Python dependencies (Python {version})"
    return build.folder_in_place(target, title, lambda path: _install(python, path))


def _python():
    """Return the path and version of the Python to use: ``PYTHON``, this one, or one on the path."""
    asked = os.environ.get("PYTHON")
    names = [asked] if asked else [sys.executable, *(f"python3.{minor}" for minor in (12, 11, 13, 10))]
    probe = "import sys, venv; print(sys.base_prefix, '%d.%d.%d' % sys.version_info[:3], sys.executable)"
    for name in names:
        path = shutil.which(name) if name else None
        if not path:
            continue
        result = subprocess.run([path, "-c", probe], capture_output=True, text=True, check=False)
        if result.returncode:
            continue
        prefix, version, executable = result.stdout.split()
        if _SUPPORTED[0] <= tuple(map(int, version.split(".")[:2])) <= _SUPPORTED[1]:
            base = Path(prefix, "bin", f"python{version.rpartition('.')[0]}")
            return str(base if base.exists() else executable), version
    raise SetupError(f"no usable Python among {', '.join(filter(None, names))}; {_ADVICE}")


def _install(python, target):
    """Make the environment with the machine's own pip and its configuration.

    A Debian without python3-venv cannot put pip into a new environment: then the machine's pip does.
    """
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    try:
        run([python, "-m", "venv", target], _ADVICE)
        pip = [target / "bin" / "python", "-m", "pip"]
    except SetupError:
        build.remove(target)
        run([python, "-m", "venv", "--without-pip", target], _ADVICE)
        pip = [python, "-m", "pip", "--python", target / "bin" / "python"]
    advice = "check pip's access to its package index (pip config list)"
    run([*pip, "install", "-q", "-r", REQUIREMENTS, "-c", LOCK], advice, env=environment)


def relaunch(script):
    """Run a script with the same arguments inside the virtual environment, unless already there."""
    folder = find()
    if Path(sys.prefix).resolve() == folder.resolve():
        return
    python = str(folder / "bin" / "python")
    os.execv(python, [python, os.path.dirname(os.path.abspath(script)), *sys.argv[1:]])
