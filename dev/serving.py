"""A running Odoo: started on a free port with its e-mail going to a local SMTP server, stopped at will."""

import contextlib
import subprocess
import time
import urllib.request
from pathlib import Path

from . import databases, launcher
from .console import SetupError
from .smtp import HOST, free_port

#: How long Odoo may take to answer its first request (seconds).
_TIMEOUT = 120


class Server:
    """An Odoo that serves one database on 127.0.0.1.

    :param database: name of the database
    :param log: file that receives what it says
    :param arguments: more arguments for Odoo, such as ``"--max-cron-threads=0"``
    :param smtp: a :class:`dev.smtp.Sink` that receives its e-mail
    :param port: 0 for a free one
    """

    def __init__(self, database, log, *arguments, smtp=None, port=0):
        self.log_file = Path(log)
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        options = ["-d", database, "--db-filter", f"^{database}$", "--http-port", self.port]
        if smtp:
            options += ["--smtp", HOST, "--smtp-port", smtp.port]
        databases.serve_at(database, self.port)
        with self.log_file.open("wb") as said:
            self.process = subprocess.Popen(
                launcher.command(*options, *arguments),
                env=launcher.environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self):
        limit = time.monotonic() + _TIMEOUT
        while time.monotonic() < limit and self.process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/web/health", timeout=5):
                return
            time.sleep(0.2)
        raise SetupError(f"Odoo does not answer on {self.url}: {self.log()[-1000:]}")

    def log(self):
        """Return what it said so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def kill(self):
        """End it as a power cut would: it finishes nothing."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Stop it; after half a minute, at once."""
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
