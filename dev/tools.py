"""The programs Odoo and the tests call: wkhtmltopdf, Chromium, poppler-utils, and their fonts.

One on ``PATH`` is used when it is good. What is missing is fetched, unpacked in the cache with the
shared libraries this machine lacks, and run through a small wrapper: nothing is installed.
"""

import functools
import os
import platform
import shutil
import stat
import subprocess

from . import build, python_env
from .apt import Apt, release_name
from .console import SetupError, run
from .paths import cache_dir, digest

BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
POPPLER = ("pdftotext", "pdftoppm", "pdfinfo")

#: Letters look the same everywhere: these fonts are ours even where the machine has others.
_FONTS = ("fonts-dejavu-core", "fonts-liberation")
_WKHTMLTOPDF_LIBRARIES = ("libxrender1", "libfontconfig1", "libxext6", "libx11-6")

_WRAPPER = """#!/bin/sh
# Written by dev/tools.py: the program with the shared libraries this machine lacks.
export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
exec "{program}" {options}"$@"
"""

_FONTS_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<!-- Written by dev/tools.py. -->
<fontconfig>
  <include ignore_missing="yes">{configuration}</include>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


@functools.cache
def environment():
    """Return ``PATH`` with our wrappers, and the font configuration, for Odoo and the tests."""
    wanted = _wanted()
    key = digest(release_name(), platform.machine(), *sorted(wanted))
    packages = build.folder(
        cache_dir() / f"debian-{key}",
        f"fetching {', '.join(sorted(wanted))}",
        lambda root: _fetch(root, sorted(wanted)),
    )
    virtual = python_env.find()
    tools = cache_dir() / f"tools-{digest(key, virtual)}"
    title = "preparing wkhtmltopdf, Chromium and poppler"
    build.folder_in_place(tools, title, lambda path: _wrap(path, packages))
    variables = {
        "PATH": os.pathsep.join((str(tools / "bin"), str(virtual / "bin"), _machine_path())),
        "FONTCONFIG_FILE": str(tools / "fonts.conf"),
    }
    if (tools / "lib").is_dir():
        variables["LD_LIBRARY_PATH"] = str(tools / "lib")
        variables["MAGIC"] = str(packages / "usr/lib/file/magic.mgc")
    return variables


def which(name):
    """Return the path of a program as Odoo and the tests find it, ``None`` when there is none."""
    return shutil.which(name, path=environment()["PATH"])


def browser():
    """Return the path of the Chromium (or Chrome) that the tests use."""
    return next(filter(None, map(which, BROWSERS)))


def _machine_path():
    """Return ``PATH`` without what we added to it ourselves, for a process that we started."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not folder.startswith(str(cache_dir())))


def _wanted():
    """Return the Debian packages that stand for what ``PATH`` does not offer."""
    wanted = set(_FONTS)
    # Without libmagic Odoo guesses what a file is, and logs a warning for many.
    if "libmagic.so.1" not in run(["/sbin/ldconfig", "-p"], "install libc-bin"):
        wanted.add("libmagic1")
    if not _patched_wkhtmltopdf():
        wanted.update(_WKHTMLTOPDF_LIBRARIES)
    if not any(_answers(name) for name in BROWSERS):
        wanted.add("chromium")
    if not all(shutil.which(name, path=_machine_path()) for name in POPPLER):
        wanted.add("poppler-utils")
    return wanted


def _answers(name):
    """Tell whether a program of that name is on ``PATH`` and can say its version."""
    path = shutil.which(name, path=_machine_path())
    if not path:
        return ""
    try:
        result = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def _patched_wkhtmltopdf():
    """Tell whether ``PATH`` has a wkhtmltopdf that can print headers and footers."""
    return "with patched qt" in _answers("wkhtmltopdf")


def _fetch(root, wanted):
    machine = Apt()
    machine.update()
    machine.unpack(root, *sorted({*machine.missing(*wanted), *_FONTS}))
    machine.forget()


def _wrap(tools, packages):
    """Write the wrappers and the font configuration, and check that each program starts."""
    folders = tools / "bin"
    folders.mkdir(parents=True)
    programs = {name: (packages / "usr/bin" / name, "") for name in POPPLER}
    # Its sandbox needs a file owned by root with a special mode, or user namespaces; we only
    # show it our own pages.
    programs["chromium"] = (packages / "usr/lib/chromium/chromium", "--no-sandbox ")
    programs["wkhtmltopdf"] = (python_env.find() / "bin" / "wkhtmltopdf-pack", "")
    if _patched_wkhtmltopdf():
        del programs["wkhtmltopdf"]
    # Python loads this one itself; only this one, for it shall take the others from the machine.
    for library in packages.glob("usr/lib/*/libmagic.so.1"):
        (tools / "lib").mkdir()
        (tools / "lib" / library.name).symlink_to(library)
    libraries = os.pathsep.join(map(str, _library_folders(packages)))
    _write_fonts_configuration(tools, packages)
    for name, (program, options) in programs.items():
        if program.exists():
            wrapper = folders / name
            text = _WRAPPER.format(libraries=libraries, program=program, options=options)
            wrapper.write_text(text, encoding="utf-8")
            wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
            _check(wrapper, tools / "fonts.conf")


def _library_folders(packages):
    """Return the folders that hold the unpacked shared libraries."""
    names = sorted({path.parent for path in packages.glob("**/lib/**/lib*.so*")})
    return [path for path in names if "chromium" not in path.parts]


def _write_fonts_configuration(tools, packages):
    machine = "/etc/fonts/fonts.conf"
    unpacked = packages / "etc/fonts/fonts.conf"
    text = _FONTS_CONFIGURATION.format(
        configuration=unpacked if unpacked.exists() and not os.path.exists(machine) else machine,
        fonts=packages / "usr/share/fonts",
        cache=tools / "fontconfig",
    )
    (tools / "fonts.conf").write_text(text, encoding="utf-8")


def _check(wrapper, fonts):
    option = "-v" if wrapper.name in POPPLER else "--version"
    environment = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
    result = subprocess.run([wrapper, option], capture_output=True, text=True, check=False, env=environment)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SetupError(f"the fetched {wrapper.name} does not start ({reason}); put a working one on PATH")
