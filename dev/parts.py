"""The whole test run cut into parts that run beside each other, the longest first."""

import json
import os
import threading

from .paths import ADDON, ROOT, cache_dir

#: Parts of the addon's tests: each has a database and an Odoo of its own, which takes some seconds to start.
_ADDON_PARTS = 4

#: Seconds a test, or a file of system tests, is taken for as long as nobody knows: the slow ones of these start first.
_A_TEST, _A_SYSTEM_FILE = 0.5, 250

_lock = threading.Lock()


def at_once():
    """Return how many parts run at a time: they wait for the disk and the browser a third of the time."""
    return (os.cpu_count() or 1) + 1


def addon_files():
    """Return the files of the addon's tests, as paths from the root of the checkout."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ADDON / "tests").rglob("test_*.py"))


def addon_parts():
    """Return the files of the addon's tests in parts of about the same length."""
    known = _read()
    costs = {name: known.get(name) or _guess(name) for name in addon_files()}
    return balance(costs, _ADDON_PARTS)


def system_parts():
    """Return what pytest runs beside the addon's tests: the files of ``tests`` and its folders but the law's."""
    folder = ROOT / "tests"
    paths = sorted(folder.glob("test_*.py")) + sorted({path.parent for path in folder.glob("*/test_*.py")})
    return [path.relative_to(ROOT).as_posix() for path in paths if path.name != "law"]


def expected(*names):
    """Return how many seconds files are expected to take together."""
    known = _read()
    return sum(known.get(name) or _guess(name) for name in names)


def balance(costs, count):
    """Deal names to ``count`` parts, the dearest first, each to the part that is cheapest so far.

    >>> balance({"a": 3, "b": 2, "c": 2, "d": 1}, 2)
    [['a', 'd'], ['b', 'c']]
    """
    parts = [[] for _number in range(count)]
    sums = [0] * count
    for name in sorted(costs, key=lambda name: (-costs[name], name)):
        cheapest = sums.index(min(sums))
        parts[cheapest].append(name)
        sums[cheapest] += costs[name]
    return [sorted(part) for part in parts if part]


def remember(durations):
    """Keep how many seconds files took, for the next run."""
    with _lock:
        known = {**_read(), **{name: round(seconds, 1) for name, seconds in durations.items()}}
        temporary = _file().with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8")
        temporary.rename(_file())


def _file():
    return cache_dir() / "durations.json"


def _read():
    try:
        return json.loads(_file().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def _guess(name):
    if not name.startswith(ADDON.name):
        return _A_SYSTEM_FILE
    return _A_TEST * (1 + (ROOT / name).read_text(encoding="utf-8").count("    def test_"))
