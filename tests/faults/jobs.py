"""Odoo's jobs in a process of their own, to be killed and started again."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from dev import launcher, scripts
from dev.paths import ROOT
from dev.smtp import HOST

_CODE = """
import json, sys
sys.path[:0] = values.pop("path")
from faults import inside
result = inside.work(env, **values)
"""
PATH = [str(ROOT / "tests"), str(ROOT)]


class JobsFailed(Exception):
    """The process ended by itself before its work was done; its text is the end of Odoo's log."""


class Jobs:
    """One process that runs the jobs on ``database``, its e-mail going to ``smtp``.

    :param environment: variables that differ from those of Odoo's own processes
    :param values: what :func:`faults.inside.work` takes
    """

    def __init__(self, database, folder, smtp, arguments=(), environment=None, **values):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.marker, self.output = self.folder / "working", self.folder / "result.json"
        for path in (self.marker, self.output):
            path.unlink(missing_ok=True)
        values = {"path": PATH, "marker": str(self.marker), **values}
        source = self.folder / "script.py"
        source.write_text(scripts.text_of(_CODE, self.output, **values), encoding="utf-8")
        options = ["-d", database.name, "--no-http", "--smtp", HOST, "--smtp-port", smtp.port, *arguments]
        self.log_file = self.folder / "log"
        with source.open("rb") as stdin, self.log_file.open("ab") as said:
            self.process = subprocess.Popen(
                launcher.command("shell", *options),
                env={**launcher.environment(), **(environment or {})},
                stdin=stdin,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def wait_until_working(self, timeout=120):
        """Wait until Odoo is loaded and the jobs begin."""
        self._wait(self.marker.exists, timeout)

    def kill_after(self, seconds):
        """Kill the process as a power cut would, that long after its work began; tell whether it was still at it."""
        self.wait_until_working()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.kill()

    def kill(self):
        """Kill the process and what it started; tell whether it was still at work."""
        alive = self.process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return alive and not self.output.exists()

    def finish(self, timeout=300):
        """Wait until it ends; return what :func:`faults.inside.work` did, or None when it was killed.

        :raise JobsFailed: when it ended by an error
        """
        self.process.wait(timeout)
        if self.process.returncode == -signal.SIGKILL:
            return None
        if not self.output.exists():
            raise JobsFailed(self.log()[-4000:])
        return json.loads(self.output.read_text(encoding="utf-8"))

    def log(self):
        """Return what Odoo said."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def _wait(self, condition, timeout):
        limit = time.monotonic() + timeout
        while not condition():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise JobsFailed(self.log()[-4000:])
            time.sleep(0.01)
