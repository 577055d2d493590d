"""A French company that duns its debtors for a month, then a running Odoo to look at it: ``make demo``.

The database is made anew each time (``KEEP=1`` serves the last one again). Everything it writes is below
``~/.cache/relance_fr/demo``. ``DEMO_SERVE=0`` stops after the summary.
"""

import argparse
import datetime
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from . import build, databases, demo_data, demo_ledger, demo_summary, launcher, serving
from .console import PATIENCE, SetupError, say, step
from .paths import DATABASE_PREFIX, ROOT, cache_dir
from .smtp import HOST, Sink, free_port

DATABASE = f"{DATABASE_PREFIX}demo"

#: Where people look for an Odoo; another port is taken when somebody listens there.
_USUAL_PORT = 8069


def main(arguments):
    """Make the demo, print its summary, serve it until interrupted."""
    options = _parse(arguments)
    folder = options.folder.resolve() / options.database
    with build.lock(f"demo-{options.database}"):
        port = _choose_port()
        if not options.keep or not _summary_file(folder).exists() or not databases.exists(options.database):
            _make(options, folder, port)
        summary = json.loads(_summary_file(folder).read_text(encoding="utf-8"))
        print(demo_summary.text(summary), flush=True)
        if options.serve:
            _serve(options.database, folder, port)
        if not all(register["valid"] for register in summary["registers"]):
            return 1
    return 0


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python3 dev demo", description=main.__doc__)
    environment = os.environ.get
    parser.add_argument(
        "--keep", action="store_true", default=environment("KEEP", "0") != "0", help="serve the last demo again"
    )
    parser.add_argument(
        "--no-serve",
        dest="serve",
        action="store_false",
        default=environment("DEMO_SERVE", "1") != "0",
        help="stop after the summary",
    )
    parser.add_argument("--database", default=DATABASE, help=f"default: {DATABASE}")
    parser.add_argument("--days", type=int, default=demo_ledger.STORY_DAYS, help="days played (default: 31)")
    parser.add_argument(
        "--until", type=datetime.date.fromisoformat, default=datetime.date.today(), help="last day (default: today)"
    )
    parser.add_argument("--folder", type=Path, default=cache_dir() / "demo", help="where e-mails and PDFs go")
    options = parser.parse_args(arguments)
    if not options.database.startswith(DATABASE_PREFIX):
        raise SetupError(f"--database {options.database}: it must start with {DATABASE_PREFIX}")
    if not 1 <= options.days <= demo_ledger.STORY_DAYS:
        raise SetupError(f"--days {options.days}: the story has 1 to {demo_ledger.STORY_DAYS} days")
    if options.until > datetime.date.today():
        raise SetupError(f"--until {options.until}: a day to come; choose today or an earlier day")
    return options


def _summary_file(folder):
    """Return the file written last: where it is, the demo is whole."""
    return folder / "summary.json"


# -- making it


def _make(options, folder, port):
    """Make the database and everything in it, and write the summary."""
    start = time.monotonic()
    databases.drop(options.database)
    build.remove(folder)
    folder.mkdir(parents=True)
    databases.create(options.database)
    mail = folder / "mail"
    with Sink(mail, refuse=demo_data.refused_addresses()) as sink:
        with step("starting Odoo, which gives the invoices their styles"):
            server = serving.Server(options.database, folder / "print.log", "--max-cron-threads=0", port=port)
        try:
            values = {"last_day": str(options.until), "days": options.days, "folder": str(folder)}
            say(f"-> playing {options.days} days up to {options.until}")
            _play(options.database, sink, values)
        finally:
            server.stop()
        summary = json.loads((folder / "played.json").read_text(encoding="utf-8"))
        summary |= {"received": len(sink.files()), "refused": len(sink.refused), "mail_folder": str(mail)}
    (folder / "played.json").unlink()
    _summary_file(folder).write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")
    say(f"   made in {time.monotonic() - start:.0f} s")


def _play(database, sink, values):
    """Run :func:`dev.demo_play.play` in a shell of Odoo whose e-mail goes to ``sink``; show what it tells."""
    log = Path(values["folder"]) / "story.log"
    command = launcher.command(
        "shell", "-d", database, "--no-http", "--smtp", HOST, "--smtp-port", sink.port, "--logfile", log
    )
    code = f"from dev.demo_play import play\nplay(env, {values!r})\n"
    with (log.parent / "story.err").open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=launcher.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        process.stdin.write(code.encode())
        process.stdin.close()
        _follow(process.stdout.fileno())
        status = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        process.stdout.close()
    if status or not (log.parent / "played.json").exists():
        said = (log.parent / "story.err").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        reason = said[-1] if said else f"status {status}"
        raise SetupError(f"the demo stopped: {reason}; read {log.parent}/story.err and story.log")


def _follow(descriptor):
    """Say the lines that come from a pipe until it closes, and that time passes when none comes."""
    start, rest = time.monotonic(), b""
    while True:
        if not select.select([descriptor], [], [], PATIENCE)[0]:
            say(f"   ... {time.monotonic() - start:.0f} s")
            continue
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            say(f"   {line.decode(errors='replace')}")


# -- serving it


def _choose_port():
    """Return the usual port when nobody listens on it, else a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, _USUAL_PORT))
        except OSError:
            return free_port()
    return _USUAL_PORT


def _serve(database, folder, port):
    """Serve the demo until Ctrl-C, its e-mail still kept."""
    stopped = threading.Event()
    with Sink(folder / "mail", refuse=demo_data.refused_addresses()) as sink:
        with step("starting Odoo"):
            server = serving.Server(database, folder / "server.log", smtp=sink, port=port)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_arguments: stopped.set())
        print(_invitation(server.url), flush=True)
        while not stopped.wait(1) and server.process.poll() is None:
            pass
        if server.process.poll() is not None and not stopped.is_set():
            raise SetupError(f"Odoo ended; read {server.log_file}")
        server.stop()


def _invitation(url):
    """Return the address of the web client and who may log in."""
    logins = ["admin", *(user["login"] for user in demo_data.USERS)]
    return (
        f"\n{url}\nlogin     {', '.join(logins)}: the password is the login; "
        "for this demo only, never on a server others reach\nCtrl-C stops; KEEP=1 make demo serves it again"
    )
