"""Find Odoo 19: the one ``ODOO_HOME`` names, else Debian's package unpacked in the cache."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from . import build
from .apt import Apt
from .console import SetupError
from .paths import cache_dir, digest

SERIES = "19.0"
PACKAGE = "odoo-19"

#: Files the package links to; the links are relative, so these are unpacked into the same root.
_FRONT_END = (
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
)
_FRONT_END_SID = ("fonts-montserrat",)

#: Files that Debian leaves out and the pages ask for: an error in the console of every page.
_LEFT_OUT = ("mail/static/lib/selfie_segmentation/selfie_segmentation.js",)

_ADVICE = "set ODOO_HOME to a checkout of Odoo 19 (the folder of odoo-bin)"


@dataclass(frozen=True)
class Odoo:
    """An Odoo found: where Python imports it from, its other addons folders, and a key of its version."""

    python_path: Path
    addons: tuple[Path, ...]
    key: str


def find():
    """Return the Odoo to use, fetching it first when needed."""
    home = os.environ.get("ODOO_HOME")
    return _at(Path(home).expanduser().resolve()) if home else _at(_fetched())


def _at(home):
    """Read what is below ``home``: a checkout, an unpacked package, or a folder on Python's path."""
    for python_path in (home, home / "usr/lib/python3/dist-packages", home.parent):
        release = python_path / "odoo" / "release.py"
        if release.is_file():
            break
    else:
        raise SetupError(f"no Odoo in {home} (looked for odoo/release.py); {_ADVICE}")
    match = re.search(r"^version_info\s*=\s*\((\d+), (\d+)", release.read_text(encoding="utf-8"), re.M)
    if not match or f"{match[1]}.{match[2]}" != SERIES:
        raise SetupError(f"{home} is not Odoo {SERIES}; {_ADVICE}")
    # A checkout keeps most addons beside the package; Debian puts all in it (and copies without data beside).
    beside = python_path / "addons"
    inside = python_path / "odoo" / "addons"
    addons = () if (inside / "account").is_dir() else (beside,)
    if not any((path / "account").is_dir() for path in (inside, beside)):
        raise SetupError(f"no addon 'account' in {inside} or {beside}; {_ADVICE}")
    return Odoo(python_path, addons, _key(home, release))


def _key(home, release):
    """Return a key of this Odoo: databases made with another one are not reused."""
    head = home / ".git" / "logs" / "HEAD"
    state = head.read_bytes()[-200:] if head.is_file() else release.stat().st_mtime_ns
    return f"{SERIES.replace('.', '_')}_{digest(home, release.read_bytes(), state, length=8)}"


def _fetched():
    """Return the root of the unpacked package; the newest in the cache, else Debian's candidate."""
    if _cached():
        return _cached()[-1]
    with build.lock("setup"):
        if _cached():
            return _cached()[-1]
        sid = Apt("sid")
        sid.update()
        version = sid.version(PACKAGE)
        if not version or not version.startswith(SERIES):
            raise SetupError(f"Debian has no {PACKAGE} {SERIES} (candidate: {version}); {_ADVICE}")
        target = cache_dir() / f"{PACKAGE}_{version}"
        build.folder(target, f"fetching Odoo {version}", lambda root: _fetch(sid, root))
        sid.forget()
        return target


def _cached():
    return sorted(cache_dir().glob(f"{PACKAGE}_*"), key=lambda path: path.stat().st_mtime)


def _fetch(sid, root):
    machine = Apt()
    machine.update()
    machine.unpack(root, *_FRONT_END)
    machine.forget()
    sid.unpack(root, PACKAGE, *_FRONT_END_SID)
    addons = root / "usr/lib/python3/dist-packages/odoo/addons"
    for name in _LEFT_OUT:
        path = addons / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
