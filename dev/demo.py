"""A running Odoo with the addon, its e-mail kept by a local SMTP server: ``make demo``."""

import signal

from . import databases, serving
from .console import say, step
from .paths import cache_dir
from .smtp import Sink

DATABASE = "relance_fr_demo"


def main(_arguments):
    """Make the demo database when there is none, serve it, and print where it is, until interrupted."""
    mail = cache_dir() / "demo-mail"
    if not databases.exists(DATABASE):
        databases.create(DATABASE)
    with Sink(mail) as sink:
        with step("starting Odoo"):
            server = serving.Server(DATABASE, cache_dir() / "demo.log", smtp=sink)
        say(f"e-mails are kept in {mail}, Odoo's log in {server.log_file}; Ctrl-C stops")
        print(f"{server.url}  (user admin, password admin)", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        server.stop()
