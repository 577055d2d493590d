"""Fetch Debian packages with a private apt: own sources, lists and cache; the machine's stay untouched."""

import os
import re
from pathlib import Path

from .build import remove
from .console import SetupError, run, step
from .paths import cache_dir

ADVICE = "needs apt and a reachable Debian archive; or set ODOO_HOME and put the missing tools on PATH"

#: Settings of the machine that a private apt needs: how to reach the archive and check what came.
#: Its hooks (``Post-Invoke``...) are left out: they act on the machine.
_KEPT = ("Acquire", "APT::Architecture", "Dir::Bin", "Dir::Etc", "Dir::State::status")


class Apt:
    """An apt whose sources are the machine's own Debian archives, at the suites asked for.

    :param suite: ``None`` for the suites of the machine, else one suite (``"sid"``) from the same archive
    """

    def __init__(self, suite=None):
        self.suite = suite
        self.home = cache_dir() / f"apt-{suite or 'machine'}"

    def update(self):
        """Fetch the lists of packages, once per process."""
        sources = machine_sources()
        wanted = [sources, [source for source in sources if source[2] == release_name()]]
        if self.suite:
            wanted = [[(options, uri, self.suite) for options, uri, _suite in wanted[1][:1]]]
        if not wanted[-1]:
            raise SetupError(f"no Debian archive in /etc/apt/sources.list*; {ADVICE}")
        with step(f"reading the package lists of {self.suite or 'this machine'} (private apt)"):
            # Some archives do not carry the update and security suites: the release alone will do.
            for number, attempt in enumerate(wanted):
                self._configure(attempt)
                try:
                    self._run("apt-get", "update", "-q")
                    return
                except SetupError:
                    if number == len(wanted) - 1:
                        raise

    def version(self, package):
        """Return the candidate version of a package, ``None`` when there is none."""
        match = re.search(r"Candidate: (\S+)", self._run("apt-cache", "policy", package))
        return match[1] if match and match[1] != "(none)" else None

    def missing(self, *packages):
        """Return the packages this machine lacks for ``packages`` to work; those it has are left out."""
        plan = self._run("apt-get", "install", "--simulate", "-q", "--no-install-recommends", *packages)
        names = re.findall(r"^Inst (\S+)", plan, re.M)
        # The C library must be the one of the machine: its loader goes with it.
        return sorted(set(names) - {"libc6", "libc-bin"})

    def unpack(self, target, *packages):
        """Download packages (signatures checked by apt) and unpack them below ``target``."""
        archives = self.home / "archives"
        remove(archives)
        archives.mkdir()
        self._run("apt-get", "download", "-q", *packages, cwd=archives)
        for archive in sorted(archives.glob("*.deb")):
            run(["dpkg", "-x", archive, target], ADVICE)
        remove(archives)

    def forget(self):
        """Delete the lists: a hundred megabytes that only a new version would need."""
        remove(self.home)

    def _configure(self, sources):
        remove(self.home)
        for name in ("lists/partial", "cache/archives/partial", "sources", "none"):
            (self.home / name).mkdir(parents=True)
        stanzas = [
            f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: main\n{options}" for options, uri, suite in sources
        ]
        (self.home / "sources" / "debian.sources").write_text("\n".join(stanzas), encoding="utf-8")
        kept = [line for line in run(["apt-config", "dump"], ADVICE).splitlines() if line.startswith(_KEPT)]
        own = {
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": self.home / "sources",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": self.home / "none",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": self.home / "none",
            "Dir::State": self.home,
            "Dir::State::lists": self.home / "lists",
            "Dir::Cache": self.home / "cache",
            "Dir::Log": self.home,
            # No lock of the machine is needed: nothing is installed.
            "Debug::NoLocking": "true",
            "APT::Sandbox::User": "root",
        }
        lines = kept + [f'{key} "{value}";' for key, value in own.items()]
        (self.home / "apt.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _run(self, *command, **options):
        environment = dict(os.environ, LC_ALL="C", APT_CONFIG=str(self.home / "apt.conf"))
        return run(command, ADVICE, env=environment, **options)


def machine_sources(etc="/etc/apt"):
    """Return the Debian archives the machine uses, as ``(options, uri, suite)``.

    Both formats are read (one line and deb822). Other vendors' archives are left out: a Debian
    suite is the release of this machine or one of its update and security suites.
    """
    files = [Path(etc, "sources.list"), *sorted(Path(etc, "sources.list.d").glob("*"))]
    found = []
    for path in files:
        if path.is_file() and path.suffix in (".list", ".sources"):
            read = _read_deb822 if path.suffix == ".sources" else _read_one_line
            found += read(path.read_text(encoding="utf-8", errors="replace"))
    release = release_name()
    ours = (release, f"{release}-updates", f"{release}-security", f"{release}/updates")
    return list(dict.fromkeys(source for source in found if source[2] in ours))


def release_name():
    """Return the code name of the machine's Debian release, such as ``bookworm``."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    match = re.search(r'^VERSION_CODENAME="?(\w+)', text, re.M)
    return match[1] if match else "sid"


def _read_deb822(text):
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        lines = "\n".join(line for line in stanza.splitlines() if not line.startswith("#"))
        pairs = re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", lines, re.M)
        fields = {key.lower(): value.strip() for key, value in pairs}
        if fields.get("enabled", "yes") == "no" or "deb" not in fields.get("types", "").split():
            continue
        if "main" in fields.get("components", "").split():
            signed = f"Signed-By: {fields['signed-by']}\n" if "signed-by" in fields else ""
            suites = fields.get("suites", "").split()
            found += [(signed, uri, suite) for uri in fields.get("uris", "").split() for suite in suites]
    return found


def _read_one_line(text):
    found = []
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line)
        if match and "main" in match[4].split():
            signed = re.search(r"signed-by=(\S+)", match[1] or "")
            found.append((f"Signed-By: {signed[1]}\n" if signed else "", match[2], match[3]))
    return found
